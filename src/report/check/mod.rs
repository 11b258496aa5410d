//! What needs a person: findings, each about one resource, with a reason, evidence, and the command that shows more.
//!
//! What lasts is found however old it is; what is a point in the past counts while it is younger than a limit. It
//! writes nothing and asks no clock: what "now" is, comes in. Depends on `store` and the shapes of `export`.

mod failures;
mod lost;
mod own;
mod stack_groups;

use std::collections::BTreeMap;
use std::fmt;

pub use own::{ROWS_OF_A_FILE_MAX, of_query};

use crate::export::document::Evidence;
use crate::export::shell::operand;
use crate::model::{OperationKey, Service, UtcMillis};
use crate::store::progress::Progress;
use crate::store::{Connection, StoreError};

/// What is looked at, and when it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Ids and labels of accounts; empty: all.
    pub accounts: Vec<String>,
    /// The present.
    pub now: UtcMillis,
    /// Points in the past count from here on.
    pub since: UtcMillis,
    /// How old a drift detection may be, ms; `None`: its age is not judged.
    pub drift_max_ms: Option<i64>,
    /// The start of the last run, where the next one is overdue.
    pub overdue_since: Option<UtcMillis>,
}

/// How a finding stands. The words are those that `--sql` files may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It needs a person.
    Alarm,
    /// It could not be looked at.
    Error,
    /// Worth knowing, and nothing to do.
    Info,
    /// Not looked at, on purpose.
    Skip,
    /// Looked at, and all is well.
    Ok,
}

impl Status {
    /// Every status, what needs a person first.
    pub const ALL: [Self; 5] = [Self::Alarm, Self::Error, Self::Info, Self::Skip, Self::Ok];

    /// The word that people and programs read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Error => "error",
            Self::Info => "info",
            Self::Skip => "skip",
            Self::Ok => "ok",
        }
    }

    /// The status of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether somebody has to do something.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Alarm | Self::Error)
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An operation that failed, as a whole or for some targets or records.
    OperationFailed,
    /// An id that died before the end of its operation was seen.
    IdExpired,
    /// An id that the cloud does not know.
    IdNotFound,
    /// A watch that is not seen.
    WatchFailing,
    /// A stretch without runs.
    RecorderBlind,
    /// A word or a field that this program does not know.
    Unknown,
    /// Stacks that are not as their templates say, or that nobody looked at for long.
    Drift,
    /// A stop of which nothing came.
    StopWithoutEffect,
    /// Rows that are not derived yet.
    Database,
    /// Leaves that no checkpoint signs yet.
    Seal,
    /// A row of the user's own query.
    Query,
}

impl Kind {
    /// The word that programs read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OperationFailed => "operation_failed",
            Self::IdExpired => "id_expired",
            Self::IdNotFound => "id_not_found",
            Self::WatchFailing => "watch_failing",
            Self::RecorderBlind => "recorder_blind",
            Self::Unknown => "unknown",
            Self::Drift => "drift",
            Self::StopWithoutEffect => "stop_without_effect",
            Self::Database => "database",
            Self::Seal => "seal",
            Self::Query => "query",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub kind: Kind,
    /// How it stands.
    pub status: Status,
    /// The thing, in a few words of the cloud: not escaped.
    pub resource: String,
    /// Why, in words; may repeat what the cloud wrote, not escaped.
    pub reason: String,
    /// The operation, where it is about one.
    pub key: Option<Key>,
    /// Since when, or when it was.
    pub since: Option<UtcMillis>,
    /// Leaves that show it.
    pub evidence: Evidence,
    /// How many more leaves show it, where only some are named.
    pub evidence_left_out: usize,
    /// A command that shows more.
    pub see: Option<String>,
    /// Further columns of the user's own query, as text.
    pub more: Vec<(String, Option<String>)>,
}

/// Service, account, region and id; what is not known, or does not apply, is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// ros, bpstudio or alidns.
    pub service: String,
    /// Account whose credentials ask.
    pub account_id: String,
    /// Region of the stack group.
    pub region_id: String,
    /// The cloud's id.
    pub operation_id: String,
}

impl From<&OperationKey> for Key {
    fn from(key: &OperationKey) -> Self {
        Self {
            service: key.service.as_str().to_owned(),
            account_id: key.account_id.clone(),
            region_id: key.region_id.clone(),
            operation_id: key.operation_id.clone(),
        }
    }
}

impl Finding {
    fn new(
        kind: Kind,
        status: Status,
        resource: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            status,
            resource: resource.into(),
            reason: reason.into(),
            key: None,
            since: None,
            evidence: Evidence::default(),
            evidence_left_out: 0,
            see: None,
            more: Vec::new(),
        }
    }

    /// Nothing of that kind was found.
    fn well(kind: Kind, resource: &str, reason: &str) -> Self {
        Self::new(kind, Status::Ok, resource, reason)
    }

    /// A query of the user's that cannot be read.
    pub fn unreadable(name: &str, why: &str) -> Self {
        Self::new(Kind::Query, Status::Error, name, why)
    }

    fn of_operation(mut self, key: &OperationKey) -> Self {
        self.see = Some(format!("optrail show {}", operand(&key.operation_id)));
        self.key = Some(Key::from(key));
        self
    }

    fn shown_by(
        mut self,
        since: Option<UtcMillis>,
        evidence: impl IntoIterator<Item = i64>,
    ) -> Self {
        self.since = since;
        self.evidence = evidence.into_iter().collect();
        self
    }

    fn see(mut self, command: impl Into<String>) -> Self {
        self.see = Some(command.into());
        self
    }
}

/// How many findings of each status there are; each status is there.
pub fn counts(findings: &[Finding]) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<_, _> = Status::ALL.map(|status| (status.as_str(), 0)).into();
    for finding in findings {
        *counts.entry(finding.status.as_str()).or_default() += 1;
    }
    counts
}

/// Looks at everything that one transaction shows, in the order in which it is told.
///
/// # Errors
/// [`StoreError`].
pub fn look(connection: &Connection, scope: &Scope) -> Result<Vec<Finding>, StoreError> {
    let mut findings = failures::look(connection, scope)?;
    let lost = lost::ids(connection, scope)?;
    findings.extend(lost.findings);
    findings.extend(lost::blind(connection, scope, &lost.keys)?);
    findings.extend(lost::unknown(connection, scope)?);
    findings.extend(stack_groups::drift(connection, scope)?);
    findings.extend(stack_groups::stops(connection, scope)?);
    findings.push(database(Progress::read(connection)?));
    Ok(findings)
}

/// Whether rows follow from all evidence. They are looked at as they are: that is no alarm of its own.
fn database(progress: Progress) -> Finding {
    match progress.leaves_behind() {
        0 => Finding::well(
            Kind::Database,
            "database",
            "rows are derived from all evidence",
        ),
        behind => Finding::new(
            Kind::Database,
            Status::Info,
            "database",
            format!("rows of the last {behind} leaves are not derived yet, and were not looked at"),
        )
        .see("optrail status"),
    }
}

/// How far a checkpoint signs the log, as the state directory says: `None` where there is none yet.
pub fn seal(sealed_size: Option<u64>, evidence_size: i64) -> Finding {
    let evidence_size = u64::try_from(evidence_size).unwrap_or_default();
    let info = |reason: String| {
        Finding::new(Kind::Seal, Status::Info, "log", reason).see("optrail doctor")
    };
    match sealed_size {
        None => info("no checkpoint in the state directory signs it".to_owned()),
        Some(size) if size < evidence_size => info(format!(
            "{} of {evidence_size} leaves came after the newest checkpoint",
            evidence_size - size
        )),
        Some(_) => Finding::well(Kind::Seal, "log", "a checkpoint signs all of it"),
    }
}

/// A name in a few words: service, region, and what it is called.
fn resource(service: Service, region_id: &str, name: Option<&str>, id: &str) -> String {
    let name = name.filter(|name| !name.is_empty()).unwrap_or(id);
    let words = [service.as_str(), region_id, name];
    let words = words.into_iter().filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Characters of a text of the cloud that a reason repeats; `show` has all of it.
const QUOTE_CHARS_MAX: usize = 200;

/// The beginning of a text that may be long.
struct Quote<'a>(&'a str);

impl fmt::Display for Quote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(QUOTE_CHARS_MAX) {
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
            None => f.write_str(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_quoted_from_its_beginning() {
        assert_eq!(Quote("操作失败").to_string(), "操作失败");
        let long = "é".repeat(QUOTE_CHARS_MAX + 1);
        assert_eq!(
            Quote(&long).to_string().chars().count(),
            QUOTE_CHARS_MAX + 1
        );
    }

    #[test]
    fn each_status_is_counted() {
        let findings = [
            Finding::well(Kind::Database, "a", "b"),
            seal(None, 3),
            seal(Some(2), 3),
            seal(Some(3), 3),
        ];
        let counts = counts(&findings);
        assert_eq!((counts["ok"], counts["info"], counts["alarm"]), (2, 2, 0));
        assert_eq!(
            Status::ALL.map(|s| Status::from_word(s.as_str())),
            Status::ALL.map(Some)
        );
    }
}
