//! Leaves of what kept the recorder from its work, and of what it was told to do: skipped runs, accounts that
//! could not be asked, steps of the clock, the configuration in effect.

use serde::{Deserialize, Serialize};

use super::fields::{millis, word, words};
use crate::evidence::digest::Digest;
use crate::model::{Cause, UtcMillis};

/// Why a collector ended before it began a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipCause {
    /// Another collector held the lock.
    Locked,
    /// Too little room on the disk.
    Disk,
}

words!(SkipCause, "cause of a skipped run", { Locked => "locked", Disk => "disk" });

/// `run_skipped`: a collector was started and asked nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSkipped {
    /// When.
    #[serde(with = "millis")]
    pub at: UtcMillis,
    /// The operating system's user.
    pub user: String,
    /// The host's name.
    pub host: String,
    /// The process, by the operating system's number.
    pub process_id: u32,
    /// Why.
    #[serde(with = "word")]
    pub cause: SkipCause,
    /// More about it, as `12 MB free, 64 MB wanted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// `note`: an account of a run could not be asked. With `account` it answers as that account, which is not
/// the one that it was before, and the identity is refused; without it there were no credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The run.
    pub run: i64,
    /// The account by its name in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The cloud account as which it answers, if that is why it is not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why its watches miss their looks.
    #[serde(with = "word")]
    pub cause: Cause,
    /// The same in words.
    pub text: String,
    /// When that was found.
    #[serde(with = "millis")]
    pub at: UtcMillis,
}

/// `clock`: our clock was set, as its difference to the monotonic one shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStep {
    /// The run in which it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// When, by the clock after the step.
    #[serde(with = "millis")]
    pub at: UtcMillis,
    /// How far it was set forward; negative where back.
    pub stepped_ms: i64,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// `config`: what the configuration says that rows are derived with, when it differs from what was kept
/// last. The accounts are a body: a JSON array of objects with `label`, and where they are known `name`,
/// `account_id`, `owner`, `environment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// When it was met.
    #[serde(with = "millis")]
    pub at: UtcMillis,
    /// The declared schedule: time from start to start of collect runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<u64>,
    /// Zone in which AliDNS writes its times, minutes east of UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alidns_offset_minutes: Option<i32>,
    /// Zone in which BPStudio writes its times, minutes east of UTC. Unused: it tells no time; earlier programs wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bpstudio_offset_minutes: Option<i32>,
    /// Accounts in the list.
    pub entries: u64,
    /// The list, by its digest.
    pub body: Digest,
    /// The list's length in bytes.
    pub length: u64,
}
