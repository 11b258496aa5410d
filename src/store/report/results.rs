//! Results of operations as last seen: one for each account and region that was deployed to.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::model::Phase;
use crate::store::StoreError;
use crate::store::values::shown_phase;

/// The dictionaries of results, read once: statuses, texts and targets by their numbers.
pub struct Dictionary {
    statuses: HashMap<i64, Status>,
    targets: HashMap<i64, Target>,
}

/// A status word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The word, trimmed.
    pub status: Option<String>,
    /// Its meaning.
    pub phase: Phase,
}

/// Where something is deployed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The account.
    pub account_id: String,
    /// The region.
    pub region_id: String,
}

/// One result as last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultNow<'d> {
    /// Our number for the target.
    pub target_no: i64,
    /// Where.
    pub target: &'d Target,
    /// What came of it.
    pub status: &'d Status,
    /// Number of the reason given with it.
    pub reason: Option<i64>,
    /// The leaf that first showed its newest version.
    pub sequence: i64,
    /// The leaf with which its present stretch of status began.
    pub stretch_begin: i64,
}

impl Dictionary {
    /// Reads it.
    pub fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut dictionary = Self {
            statuses: HashMap::new(),
            targets: HashMap::new(),
        };
        let mut statement =
            connection.prepare("SELECT status_no, status, phase FROM result_status")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let status = Status {
                status: row.get(1)?,
                phase: shown_phase(&row.get::<_, String>(2)?),
            };
            dictionary.statuses.insert(row.get(0)?, status);
        }
        let mut statement =
            connection.prepare("SELECT target, account_id, region_id FROM target")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let target = Target {
                account_id: row.get(1)?,
                region_id: row.get(2)?,
            };
            dictionary.targets.insert(row.get(0)?, target);
        }
        Ok(dictionary)
    }

    /// Calls `visit` with each result of an operation that is still listed, one version after another in one
    /// walk: no row is looked up twice.
    pub fn each_present<'d>(
        &'d self,
        connection: &Connection,
        op: i64,
        mut visit: impl FnMut(ResultNow<'d>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT target, from_sequence, flags & 1, flags & 2, status_no, reason_no FROM result_version
            WHERE op = ?1 ORDER BY target, version",
        )?;
        let mut rows = statement.query([op])?;
        let mut last: Option<Walked> = None;
        while let Some(row) = rows.next()? {
            let version = Walked {
                target: row.get(0)?,
                sequence: row.get(1)?,
                is_present: row.get(2)?,
                stretch_begin: row.get(1)?,
                status: row.get(4)?,
                reason: row.get(5)?,
            };
            let starts_stretch: bool = row.get(3)?;
            last = Some(match last {
                Some(before) if before.target == version.target => Walked {
                    stretch_begin: if starts_stretch {
                        version.sequence
                    } else {
                        before.stretch_begin
                    },
                    ..version
                },
                before => {
                    self.tell(before, &mut visit)?;
                    version
                }
            });
        }
        self.tell(last, &mut visit)
    }

    /// The targets by their numbers, in no order.
    pub fn into_targets(self) -> impl Iterator<Item = (i64, Target)> {
        self.targets.into_iter()
    }

    fn tell<'d>(
        &'d self,
        walked: Option<Walked>,
        visit: &mut impl FnMut(ResultNow<'d>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Some(walked) = walked.filter(|walked| walked.is_present) else {
            return Ok(());
        };
        let lacks = |what: &str, number: i64| {
            StoreError::Inconsistent(format!("a result names {what} {number}, and there is none"))
        };
        let target = self.targets.get(&walked.target);
        let status = self.statuses.get(&walked.status);
        visit(ResultNow {
            target_no: walked.target,
            target: target.ok_or_else(|| lacks("target", walked.target))?,
            status: status.ok_or_else(|| lacks("status", walked.status))?,
            reason: walked.reason,
            sequence: walked.sequence,
            stretch_begin: walked.stretch_begin,
        })
    }
}

/// The newest version of a result so far.
#[derive(Clone, Copy)]
struct Walked {
    target: i64,
    sequence: i64,
    is_present: bool,
    stretch_begin: i64,
    status: i64,
    reason: Option<i64>,
}

/// The text of a reason.
pub fn reason(connection: &Connection, number: i64) -> Result<String, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT value FROM result_text WHERE text_no = ?1")?;
    Ok(statement.query_row([number], |row| row.get(0))?)
}
