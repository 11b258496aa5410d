//! Runs, skipped runs, steps of the clock.

use rusqlite::Connection;

use super::{Columns, Window, all};
use crate::model::{RunOutcome, UtcMillis};
use crate::store::{StoreError, leaf_time};

/// One collect run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Number of the run.
    pub run_id: i64,
    /// Its first leaf.
    pub start_sequence: i64,
    /// Its last leaf, or that of the run that found it dead; `None` while it goes on.
    pub end_sequence: Option<i64>,
    /// When it began, milliseconds.
    pub started_at: i64,
    /// When it ended, milliseconds; `None` for one that died or goes on.
    pub ended_at: Option<i64>,
    /// Verdict; `None` while it goes on.
    pub outcome: Option<RunOutcome>,
    /// Whether it was limited to some services or accounts.
    pub is_filtered: bool,
    /// Declared schedule, milliseconds from start to start.
    pub every_ms: Option<i64>,
    /// Whether the simulated cloud was asked.
    pub simulated: bool,
    /// The cloud's clock less ours, milliseconds.
    pub clock_offset_ms: Option<i64>,
    /// Watches: planned, asked, without a good look, not begun. `None` while it goes on.
    pub watches: Option<[i64; 4]>,
}

/// All collect runs, in their order: what a period needs may lie before it.
pub fn collect_runs(connection: &Connection, window: &Window) -> Result<Vec<Run>, StoreError> {
    let sql =
        "SELECT r.run_id, r.start_sequence, e.end_sequence, r.started_at, e.ended_at, e.outcome, r.is_filtered,
            l.record ->> '$.every_ms', coalesce(l.record ->> '$.simulated', 0), c.offset_ms,
            e.watches_due, e.watches_polled, e.watches_failed, e.watches_deferred
        FROM run r JOIN leaf l ON l.sequence = r.start_sequence
        LEFT JOIN run_end e ON e.run_id = r.run_id
        LEFT JOIN run_clock c ON c.run_id = r.run_id
        WHERE r.kind = 'collect' ORDER BY r.run_id";
    all(connection, sql, window, |row| {
        let mut columns = Columns::of(row);
        Ok(Run {
            run_id: columns.next()?,
            start_sequence: columns.next()?,
            end_sequence: columns.next()?,
            started_at: columns.next()?,
            ended_at: columns.next()?,
            outcome: columns.next()?,
            is_filtered: columns.next()?,
            every_ms: columns.next()?,
            simulated: columns.next()?,
            clock_offset_ms: columns.next()?,
            watches: match columns.next::<Option<i64>>()? {
                Some(due) => Some([due, columns.next()?, columns.next()?, columns.next()?]),
                None => None,
            },
        })
    })
}

/// Collectors that were started in the period and asked nothing, by their leaves.
pub fn skipped(connection: &Connection, window: &Window) -> Result<Vec<i64>, StoreError> {
    let sql =
        "SELECT sequence FROM run_skipped WHERE at >= :since AND at < :until ORDER BY sequence";
    all(connection, sql, window, |row| row.get(0))
}

/// Steps of our clock found in the period, by their leaves.
pub fn clock_steps(connection: &Connection, window: &Window) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT c.sequence FROM clock_step c JOIN leaf l ON l.sequence = c.sequence
        WHERE {time} >= :since AND {time} < :until ORDER BY c.sequence",
        time = leaf_time::sql("l.record")
    );
    all(connection, &sql, window, |row| row.get(0))
}

/// A run by its number and times: for the head of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// Number of the run.
    pub run_id: i64,
    /// When it began.
    pub started_at: UtcMillis,
    /// Verdict; `None` while it goes on.
    pub outcome: Option<RunOutcome>,
}

impl From<&Run> for LastRun {
    fn from(run: &Run) -> Self {
        Self {
            run_id: run.run_id,
            started_at: UtcMillis(run.started_at),
            outcome: run.outcome,
        }
    }
}
