//! The question behind `status`: what is watched, what fails, what dies soon, how the last runs went.

use rusqlite::Connection;

use super::progress::Progress;
use super::query::Rows;
use super::{StoreError, accounts};

/// Runs that are shown.
const RUNS: &str = "5";

/// How long the cloud answers about a CADT operation (BPStudio, GetExecuteOperationResult), as a modifier
/// of SQLite's date functions.
const CADT_ID_LIFETIME: &str = "+1 hour";

/// How the recorder is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Evidence and derivation.
    pub progress: Progress,
    /// state, watches.
    pub watches: Rows,
    /// Watches still asked about whose last look was not good: watch_id, service, account_id, region_id,
    /// operation_id, cause, last_failed_at, last_outcome, last_asked_at.
    pub failing: Rows,
    /// CADT operations that have not ended, those first whose id dies first: watch_id, account_id,
    /// operation_id, expires_by (at the latest, if the clocks agree).
    pub expiring: Rows,
    /// The newest runs: run_id, kind, started_at, ended_at, outcome, watches_due, watches_failed,
    /// watches_deferred, requests, versions_new.
    pub runs: Rows,
    /// Words and fields that the program does not know.
    pub unknowns: i64,
}

const WATCHES: &str = "
SELECT state, count(*) AS watches FROM watches
WHERE ?1 = '[]' OR account_id IN (SELECT value FROM json_each(?1)) OR label IN (SELECT value FROM json_each(?1))
GROUP BY state ORDER BY state";

/// A look was missed and none was good since; or the last answer was about no operation.
const FAILING: &str = "
SELECT w.watch_id, w.service, w.account_id, w.region_id, w.operation_id, coalesce(m.cause, w.last_outcome) AS cause,
    CASE WHEN m.watch_id IS NULL THEN w.last_asked_at
        ELSE strftime('%Y-%m-%dT%H:%M:%fZ', m.at / 1000.0, 'unixepoch') END AS last_failed_at,
    w.last_outcome, w.last_asked_at
FROM watches w
LEFT JOIN missed_look m ON m.watch_id = w.watch_id
    AND m.run_id = (SELECT max(x.run_id) FROM missed_look x WHERE x.watch_id = w.watch_id)
    AND NOT EXISTS (
        SELECT 1 FROM exchange e
        WHERE e.op = coalesce(m.op, (SELECT max(o.op) FROM watch_operation o WHERE o.watch_id = m.watch_id))
            AND e.look IS NOT NULL AND e.sequence > m.sequence)
WHERE w.state IN ('active', 'unsettled')
    AND (m.watch_id IS NOT NULL OR w.last_outcome <> 'ok')
    AND (?1 = '[]' OR w.account_id IN (SELECT value FROM json_each(?1)) OR w.label IN (SELECT value FROM json_each(?1)))
ORDER BY w.watch_id";

const EXPIRING: &str = "
SELECT w.watch_id, w.account_id, w.operation_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(w.declared_started_at, min(w.added_at, coalesce((
        SELECT o.first_seen_at FROM operations o
        WHERE o.service = w.service AND o.account_id = w.account_id AND o.region_id = w.region_id
            AND o.operation_id = w.operation_id), w.added_at))), ?2) AS expires_by
FROM watches w
WHERE w.service = 'bpstudio' AND w.state = 'active'
    AND (?1 = '[]' OR w.account_id IN (SELECT value FROM json_each(?1)) OR w.label IN (SELECT value FROM json_each(?1)))
ORDER BY expires_by, w.watch_id";

const LAST_RUNS: &str = "
SELECT run_id, kind, started_at, ended_at, outcome, watches_due, watches_failed, watches_deferred, requests, versions_new
FROM collection_runs ORDER BY run_id DESC LIMIT ?1";

impl Status {
    /// Reads it; `account_names` are ids, or names that watches bear, and none means all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(connection: &Connection, account_names: &[String]) -> Result<Self, StoreError> {
        let accounts = accounts::parameter(account_names);
        let ask = |sql: &str, parameters: &[&str]| Rows::ask(connection, sql, parameters);
        Ok(Self {
            progress: Progress::read(connection)?,
            watches: ask(WATCHES, &[&accounts])?,
            failing: ask(FAILING, &[&accounts])?,
            expiring: ask(EXPIRING, &[&accounts, CADT_ID_LIFETIME])?,
            runs: ask(LAST_RUNS, &[RUNS])?,
            unknowns: connection.query_row("SELECT count(*) FROM unknown", [], |row| row.get(0))?,
        })
    }
}
