//! What the manifests of all files have that were made at once: what was asked for, what may be missing, from which
//! evidence, by whom, when and with what.

use serde::{Deserialize, Serialize};

/// What all files have that one command made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What was asked for.
    pub filters: Filters,
    /// What is missing.
    pub completeness: Completeness,
    /// From what it was made.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// By whom, when and with what.
    #[serde(flatten)]
    pub making: Making,
}

/// Which rows: values of one filter are alternatives, different ones narrow each other, an empty one lets all pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filters {
    /// `--account`, as the ids and names that rows bear.
    pub account: Vec<String>,
    /// `--service`.
    pub service: Vec<String>,
    /// `--region`.
    pub region: Vec<String>,
    /// `--operation`.
    pub operation: Vec<String>,
    /// `--target-account`.
    pub target_account: Vec<String>,
    /// `--target-region`.
    pub target_region: Vec<String>,
    /// `--status`.
    pub status: Vec<String>,
    /// `--since`, resolved: the first instant, UTC. A report always has one.
    pub since: Option<String>,
    /// `--until`, resolved: the first instant after, UTC. A report always has one.
    pub until: Option<String>,
    /// `--as-of`, resolved: leaves of evidence; null where all were asked for.
    pub as_of: Option<i64>,
}

/// What the rows may lack, over the accounts, services, regions, operations and period of the filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Complete where all that follow are 0.
    pub verdict: Verdict,
    /// Stretches in which something due was not seen; those in which no run began count whatever the filters are.
    pub coverage_gaps: i64,
    /// Of them without an end.
    pub coverage_gaps_open: i64,
    /// Lists that are not whole.
    pub listings_incomplete: i64,
    /// Leaves of evidence that were kept already, and from which no rows were derived yet.
    pub leaves_not_derived: i64,
}

/// Whether something is known to be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is.
    Complete,
    /// Something is.
    Incomplete,
}

/// The evidence that the rows follow from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Name of the log, 32 hexadecimal digits; null for a file without evidence.
    pub log: Option<String>,
    /// Name of the key that signs its checkpoints; null while there is none.
    pub origin: Option<String>,
    /// Leaves that the rows were derived from.
    pub evidence_size: i64,
    /// Root of the tree over these leaves, hexadecimal.
    pub evidence_root: String,
    /// The newest run among them; null before the first.
    pub last_run: Option<Run>,
    /// The newest checkpoint that covers no more than them; null where there is none.
    pub checkpoint: Option<SignedHead>,
}

/// A run of the recorder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Number of the run.
    pub run_id: i64,
    /// When it began, UTC.
    pub started_at: String,
    /// When it ended, UTC; null for one that died or goes on.
    pub ended_at: Option<String>,
    /// How it ended; null while it goes on.
    pub outcome: Option<String>,
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// Leaves that it covers.
    pub size: i64,
    /// Name of the log and of the key.
    pub origin: String,
    /// The signed note, byte for byte.
    pub note: String,
}

/// How a file was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// The command line as typed, without passwords in addresses.
    pub command: Vec<String>,
    /// The program's name and version.
    pub program: String,
    /// The commit that it was built from, where the build was told.
    pub commit: Option<String>,
    /// Version of the database's schema.
    pub schema_version: i64,
    /// Version of the rules by which rows are derived.
    pub derive_version: i64,
    /// The database's path.
    pub database: String,
    /// The machine.
    pub host: String,
    /// The user of the operating system.
    pub os_user: String,
    /// When, UTC, by that machine's clock.
    pub generated_at: String,
}

impl Completeness {
    /// What these counts come to.
    pub fn of(
        coverage_gaps: i64,
        coverage_gaps_open: i64,
        listings_incomplete: i64,
        leaves_not_derived: i64,
    ) -> Self {
        let is_complete = [coverage_gaps, listings_incomplete, leaves_not_derived] == [0, 0, 0];
        Self {
            verdict: match is_complete {
                true => Verdict::Complete,
                false => Verdict::Incomplete,
            },
            coverage_gaps,
            coverage_gaps_open,
            listings_incomplete,
            leaves_not_derived,
        }
    }
}
