//! The numbers that a monitoring system asks a recorder for.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use super::StoreError;
use super::query::{Rows, Value};
use super::status::Status;
use crate::model::{RunOutcome, UtcMillis};

/// How the recorder stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// The newest collect run that has ended.
    pub last_run: Option<LastRun>,
    /// When the newest collect run ended that was complete.
    pub last_success_at: Option<UtcMillis>,
    /// Watches by state.
    pub watches: Vec<(String, i64)>,
    /// Watches still asked about whose last look was not good, by the label of each account that is watched.
    pub watches_failing: BTreeMap<String, u64>,
    /// CADT operations that have not ended.
    pub cadt_pending: usize,
    /// When the id of the first of them dies.
    pub cadt_expires_first_at: Option<UtcMillis>,
    /// Ids that died before their end was seen, in all runs.
    pub expired_unseen: i64,
    /// Leaves of evidence.
    pub evidence_size: i64,
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `collection_runs`, explained there
pub struct LastRun {
    pub run_id: i64,
    pub started_at: UtcMillis,
    /// `None` for one that died.
    pub ended_at: Option<UtcMillis>,
    pub outcome: RunOutcome,
    pub watches_due: i64,
    pub watches_polled: i64,
    pub watches_failed: i64,
    pub watches_deferred: i64,
    pub requests: i64,
    pub retries: i64,
    pub throttled: i64,
    pub versions_new: i64,
    pub listings_incomplete: i64,
    pub clock_offset_ms: Option<i64>,
}

impl Metrics {
    /// Reads them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(connection: &Connection) -> Result<Self, StoreError> {
        let status = Status::read(connection, &[])?;
        Ok(Self {
            last_run: last_run(connection)?,
            last_success_at: last_success_at(connection)?,
            watches: by_state(&status.watches),
            watches_failing: failing_by_label(connection, &status.failing)?,
            cadt_pending: status.expiring.rows.len(),
            cadt_expires_first_at: status
                .expiring
                .text("expires_by")
                .and_then(UtcMillis::parse_rfc3339),
            expired_unseen: connection.query_row(
                "SELECT coalesce(sum(expired_unseen), 0) FROM run_end",
                [],
                |row| row.get(0),
            )?,
            evidence_size: status.progress.evidence_size,
        })
    }
}

/// Rows of state and number of watches.
fn by_state(rows: &Rows) -> Vec<(String, i64)> {
    let pair = |row: &Vec<_>| match (row.first().map(Value::from), row.get(1).map(Value::from)) {
        (Some(Value::Text(state)), Some(Value::Integer(count))) => Some((state.to_owned(), count)),
        _ => None,
    };
    rows.rows.iter().filter_map(pair).collect()
}

/// How many of these failing watches each account has that is watched; none is a number, too.
fn failing_by_label(
    connection: &Connection,
    failing: &Rows,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT label FROM watch w
         WHERE NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)",
    )?;
    let labels = statement.query_map([], |row| Ok((row.get(0)?, 0)))?;
    let mut by_label: BTreeMap<String, u64> = labels.collect::<Result<_, _>>()?;
    let Some(place) = failing.column("label") else {
        return Ok(by_label);
    };
    for row in &failing.rows {
        if let Value::Text(label) = Value::from(&row[place]) {
            *by_label.entry(label.to_owned()).or_default() += 1;
        }
    }
    Ok(by_label)
}

fn last_run(connection: &Connection) -> Result<Option<LastRun>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT r.run_id, r.started_at, e.ended_at, e.outcome, e.watches_due, e.watches_polled,
                 e.watches_failed, e.watches_deferred, e.requests, e.retries, e.throttled, e.versions_new,
                 e.listings_incomplete, c.offset_ms
             FROM run r JOIN run_end e ON e.run_id = r.run_id LEFT JOIN run_clock c ON c.run_id = r.run_id
             WHERE r.kind = 'collect' ORDER BY r.run_id DESC LIMIT 1",
        )?
        .query_row([], |row| {
            Ok(LastRun {
                run_id: row.get(0)?,
                started_at: row.get(1)?,
                ended_at: row.get(2)?,
                outcome: row.get(3)?,
                watches_due: row.get(4)?,
                watches_polled: row.get(5)?,
                watches_failed: row.get(6)?,
                watches_deferred: row.get(7)?,
                requests: row.get(8)?,
                retries: row.get(9)?,
                throttled: row.get(10)?,
                versions_new: row.get(11)?,
                listings_incomplete: row.get(12)?,
                clock_offset_ms: row.get(13)?,
            })
        })
        .optional()?)
}

fn last_success_at(connection: &Connection) -> Result<Option<UtcMillis>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT e.ended_at FROM run_end e JOIN run r ON r.run_id = e.run_id
             WHERE r.kind = 'collect' AND NOT r.is_filtered AND e.outcome = 'complete' ORDER BY e.run_id DESC LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_has_numbers_too() {
        let home = tempfile::tempdir().unwrap();
        let connection = crate::store::open::create(&home.path().join("optrail.db"))
            .unwrap()
            .connection;
        let metrics = Metrics::read(&connection).unwrap();
        assert_eq!(metrics, Metrics::default());
    }
}
