//! Operations that were seen in a period, their versions and their stretches of status.

use rusqlite::{Connection, Row, params};

use super::{Columns, Key, Window, all, in_scope};
use crate::model::{Phase, UtcMillis};
use crate::store::StoreError;
use crate::store::values::shown_phase;

/// One operation as last seen; texts as the view `operations` has them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `operations`, explained there
pub struct Operation {
    /// Our number for it.
    pub op: i64,
    pub key: Key,
    pub kind: Option<String>,
    pub resource_name: Option<String>,
    pub status: Option<String>,
    pub phase: Phase,
    pub has_failures: Option<bool>,
    pub reason: Option<String>,
    pub first_seen_at: String,
    pub last_seen_at: String,
    pub cloud_started_at: Option<String>,
    pub cloud_ended_at: Option<String>,
    pub duration_ms: Option<i64>,
    /// Its versions, in order; never none.
    pub versions: Vec<Version>,
    /// Its stretches of status, in order.
    pub stretches: Vec<Stretch>,
}

/// One version of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The leaf that first showed it.
    pub sequence: i64,
    /// Whether another status begins with it.
    pub starts_stretch: bool,
}

/// One stretch of one status, as the view `operation_timeline` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of that view, explained there
pub struct Stretch {
    pub status: Option<String>,
    pub phase: Phase,
    pub entered_earliest: Option<UtcMillis>,
    pub entered_latest: UtcMillis,
    pub left_earliest: UtcMillis,
    pub left_latest: Option<UtcMillis>,
    pub looks: i64,
    pub widest_look_gap_seconds: Option<i64>,
}

impl Operation {
    /// The leaf of the version that is counted: the newest.
    pub fn current(&self) -> Option<i64> {
        self.versions.last().map(|version| version.sequence)
    }

    /// The leaf with which its present stretch of status began.
    pub fn stretch_begin(&self) -> Option<i64> {
        let mut begins = self.versions.iter().rev();
        begins
            .find(|version| version.starts_stretch)
            .map(|version| version.sequence)
    }

    /// Looks that showed it.
    pub fn looks(&self) -> i64 {
        self.stretches.iter().map(|stretch| stretch.looks).sum()
    }

    /// Longest time between two looks within one stretch, seconds.
    pub fn widest_look_gap_seconds(&self) -> Option<i64> {
        let gaps = self.stretches.iter();
        gaps.filter_map(|stretch| stretch.widest_look_gap_seconds)
            .max()
    }
}

/// Operations that were seen first before the end of the period and last not before its begin, in the order of
/// their keys.
pub fn overlapping(connection: &Connection, window: &Window) -> Result<Vec<Operation>, StoreError> {
    let sql = format!(
        "SELECT o.op, v.service, v.account_id, v.region_id, v.operation_id, v.kind, v.resource_name, v.status, v.phase,
            v.has_failures, v.reason, v.first_seen_at, v.last_seen_at, v.cloud_started_at, v.cloud_ended_at, v.duration_ms
        FROM operations v JOIN operation o ON o.service = v.service AND o.account_id = v.account_id
            AND o.region_id = v.region_id AND o.operation_id = v.operation_id
        WHERE v.first_seen_at < :until_at AND v.last_seen_at >= :since_at AND {}
        ORDER BY v.service, v.account_id, v.region_id, v.operation_id",
        in_scope(&["v.account_id"], "v.service", "v.region_id")
    );
    let mut operations = all(connection, &sql, window, operation)?;
    for operation in &mut operations {
        operation.versions = versions(connection, operation.op)?;
        operation.stretches = stretches(connection, &operation.key)?;
    }
    Ok(operations)
}

fn operation(row: &Row<'_>) -> rusqlite::Result<Operation> {
    let mut columns = Columns::of(row);
    Ok(Operation {
        op: columns.next()?,
        key: columns.key()?,
        kind: columns.next()?,
        resource_name: columns.next()?,
        status: columns.next()?,
        phase: shown_phase(&columns.next::<String>()?),
        has_failures: columns.next()?,
        reason: columns.next()?,
        first_seen_at: columns.next()?,
        last_seen_at: columns.next()?,
        cloud_started_at: columns.next()?,
        cloud_ended_at: columns.next()?,
        duration_ms: columns.next()?,
        versions: Vec::new(),
        stretches: Vec::new(),
    })
}

fn versions(connection: &Connection, op: i64) -> Result<Vec<Version>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT from_sequence, starts_stretch FROM operation_version WHERE op = ?1 ORDER BY version",
    )?;
    let rows = statement.query_map([op], |row| {
        Ok(Version {
            sequence: row.get(0)?,
            starts_stretch: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn stretches(connection: &Connection, key: &Key) -> Result<Vec<Stretch>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT status, phase, entered_earliest_at, entered_latest_at, left_earliest_at, left_latest_at, looks,
            widest_look_gap_seconds
        FROM operation_timeline
        WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4 ORDER BY sequence",
    )?;
    let Key {
        service,
        account_id,
        region_id,
        operation_id,
    } = key;
    let mut rows = statement.query(params![service, account_id, region_id, operation_id])?;
    let mut stretches = Vec::new();
    while let Some(row) = rows.next()? {
        stretches.push(Stretch {
            status: row.get(0)?,
            phase: shown_phase(&row.get::<_, String>(1)?),
            entered_earliest: row
                .get::<_, Option<String>>(2)?
                .map(|text| instant(&text))
                .transpose()?,
            entered_latest: instant(&row.get::<_, String>(3)?)?,
            left_earliest: instant(&row.get::<_, String>(4)?)?,
            left_latest: row
                .get::<_, Option<String>>(5)?
                .map(|text| instant(&text))
                .transpose()?,
            looks: row.get(6)?,
            widest_look_gap_seconds: row.get(7)?,
        });
    }
    Ok(stretches)
}

/// An instant of a view.
fn instant(text: &str) -> Result<UtcMillis, StoreError> {
    UtcMillis::parse_rfc3339(text)
        .ok_or_else(|| StoreError::Inconsistent(format!("a view writes '{text}' for an instant")))
}
