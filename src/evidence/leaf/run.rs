//! Leaves of the recorder's own life: that a log began, and that a run began, planned and ended.

use serde::{Deserialize, Serialize};

use super::fields::{flag, is_false, millis, word};
use crate::evidence::digest::Digest;
pub use crate::model::RunKind;
use crate::model::UtcMillis;

/// `genesis`: the first leaf of every log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// The log's name for ever: 32 lower-case hexadecimal digits of randomness.
    pub log: String,
    /// When the log was made.
    #[serde(with = "millis")]
    pub created_at: UtcMillis,
    /// Program and version that made it, as `optrail 0.1.0`.
    pub program: String,
}

/// `run_start`: a process began to ask. Every later leaf of the run bears its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// The run's number.
    pub run: i64,
    /// What it is for.
    #[serde(with = "word")]
    pub kind: RunKind,
    /// When it began.
    #[serde(with = "millis")]
    pub started_at: UtcMillis,
    /// Program and version, as `optrail 0.1.0`.
    pub program: String,
    /// The operating system's user.
    pub user: String,
    /// The host's name.
    pub host: String,
    /// The process, by the operating system's number.
    pub process_id: u32,
    /// How long it may take; none: until all is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Most requests in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// The address that was asked in place of the services' own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Whether a simulated cloud answered; 1 in the line, or absent.
    #[serde(default, with = "flag", skip_serializing_if = "is_false")]
    pub simulated: bool,
    /// The declared schedule: time from start to start of collect runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<u64>,
    /// The services that it was limited to, where it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// The accounts that it was limited to, by their names in the configuration, where it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
}

impl RunStart {
    /// A run of nobody, nowhere, over everything, with nothing but its number, what it is for and when it began.
    pub fn new(run: i64, kind: RunKind, started_at: UtcMillis) -> Self {
        Self {
            run,
            kind,
            started_at,
            program: String::new(),
            user: String::new(),
            host: String::new(),
            process_id: 0,
            deadline_ms: None,
            concurrency: None,
            endpoint: None,
            simulated: false,
            every_ms: None,
            services: Vec::new(),
            accounts: Vec::new(),
        }
    }
}

/// `plan`: what a run set out to ask, before its first call. The list itself is a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The run.
    pub run: i64,
    /// Entries of the list.
    pub entries: u64,
    /// The list, by its digest.
    pub body: Digest,
    /// The list's length in bytes.
    pub length: u64,
}

/// `run_end`: the run came to its end by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// The run.
    pub run: i64,
    /// When it ended.
    #[serde(with = "millis")]
    pub ended_at: UtcMillis,
    /// `done`, `deadline`, `SIGTERM`, `SIGINT`, or `error: …`.
    pub reason: String,
}

/// `run_aborted`: a run that has a start and no end was found dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAborted {
    /// The dead run.
    pub run: i64,
    /// The run that found it.
    pub found_by: i64,
    /// When it was found, which says nothing about when it died.
    #[serde(with = "millis")]
    pub found_at: UtcMillis,
}
