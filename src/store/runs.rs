//! Rows of runs: how they began, what they planned, whose credentials they used, how they ended.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use crate::model::{RunKind, RunOutcome};

/// A run that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Number of the run, from 1.
    pub run_id: i64,
    /// Its run_start leaf.
    pub start_sequence: i64,
    /// What it is for.
    pub kind: RunKind,
    /// When it began, ms.
    pub started_at: i64,
    /// Whether it was limited to some services or accounts.
    pub is_filtered: bool,
}

/// How a run ended, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of `run_end`, explained in the migration
pub struct RunEndRow {
    pub run_id: i64,
    pub end_sequence: i64,
    pub ended_at: Option<i64>,
    pub outcome: RunOutcome,
    pub watches_due: i64,
    pub watches_polled: i64,
    pub watches_failed: i64,
    pub watches_deferred: i64,
    pub not_found: i64,
    pub expired_unseen: i64,
    pub deferred_again: i64,
    pub bytes_received: i64,
    pub counts: RunCounts,
}

/// What can be counted from the rows of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of `run_end`, explained in the migration
pub struct RunCounts {
    pub operations_new: i64,
    pub versions_new: i64,
    pub looks_unchanged: i64,
    pub results_seen: i64,
    pub listings_complete: i64,
    pub listings_incomplete: i64,
    pub requests: i64,
    pub retries: i64,
    pub throttled: i64,
}

/// The number that the next run gets.
pub fn next_id(connection: &Connection) -> Result<i64, StoreError> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(run_id) FROM run")?
        .query_row([], |row| row.get(0))?;
    Ok(last.unwrap_or(0) + 1)
}

/// Adds a run.
pub fn insert(connection: &Connection, run: &RunRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO run (run_id, start_sequence, kind, started_at, is_filtered) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            run.run_id,
            run.start_sequence,
            run.kind,
            run.started_at,
            run.is_filtered
        ])?;
    Ok(())
}

/// One run.
pub fn find(connection: &Connection, run_id: i64) -> Result<Option<RunRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT run_id, start_sequence, kind, started_at, is_filtered FROM run WHERE run_id = ?1",
        )?
        .query_row([run_id], read)
        .optional()?)
}

/// The runs without an end, as a table with the columns of `run`.
///
/// A log has 100,000 runs after a year, and none of the old ones is open: each collect run ends those that died
/// before it, as it begins. So of these the newest 16 are looked at, although more than the last two cannot be
/// open; and all of a stop, which wait for the next collect run and are few.
pub(super) const OPEN: &str = "(
    SELECT o.run_id, o.start_sequence, o.kind, o.started_at, o.is_filtered FROM (
        SELECT run_id, start_sequence, kind, started_at, is_filtered FROM run
        WHERE kind = 'collect' ORDER BY run_id DESC LIMIT 16) o
    WHERE NOT EXISTS (SELECT 1 FROM run_end e WHERE e.run_id = o.run_id)
    UNION ALL
    SELECT o.run_id, o.start_sequence, o.kind, o.started_at, o.is_filtered FROM run o
    WHERE o.kind = 'stop' AND NOT EXISTS (SELECT 1 FROM run_end e WHERE e.run_id = o.run_id))";

/// Runs without an end, in order.
pub fn open(connection: &Connection) -> Result<Vec<RunRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT run_id, start_sequence, kind, started_at, is_filtered FROM {OPEN} ORDER BY run_id"
    ))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run_id: row.get(0)?,
        start_sequence: row.get(1)?,
        kind: row.get(2)?,
        started_at: row.get(3)?,
        is_filtered: row.get(4)?,
    })
}

/// Adds a plan of a run.
pub fn insert_plan(connection: &Connection, sequence: i64, run_id: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO run_plan (sequence, run_id) VALUES (?1, ?2)")?
        .execute([sequence, run_id])?;
    Ok(())
}

/// The plan leaves of a run.
pub fn plans(connection: &Connection, run_id: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT sequence FROM run_plan WHERE run_id = ?1 ORDER BY sequence")?;
    let rows = statement.query_map([run_id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Remembers whose credentials a label stands for in a run; the first answer counts.
pub fn insert_identity(
    connection: &Connection,
    run_id: i64,
    label: &str,
    sequence: i64,
    account_id: &str,
    arn: Option<&str>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO run_identity (run_id, label, sequence, account_id, arn) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (run_id, label) DO NOTHING",
        )?
        .execute(params![run_id, label, sequence, account_id, arn])?;
    connection
        .prepare_cached(
            "INSERT INTO account_label (account_id, label, first_sequence) VALUES (?1, ?2, ?3)
             ON CONFLICT (account_id, label) DO NOTHING",
        )?
        .execute(params![account_id, label, sequence])?;
    Ok(())
}

/// The account that a label stands for in a run.
pub fn identity(
    connection: &Connection,
    run_id: i64,
    label: &str,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT account_id FROM run_identity WHERE run_id = ?1 AND label = ?2")?
        .query_row(params![run_id, label], |row| row.get(0))
        .optional()?)
}

/// The accounts that the label ?1 stood for in runs before ?2, where no note says that it was refused.
macro_rules! told_identity {
    () => {
        "SELECT i.account_id FROM run_identity i
             WHERE i.label = ?1 AND i.run_id < ?2 AND NOT EXISTS (
                 SELECT 1 FROM run_note n
                 WHERE n.run_id = i.run_id AND n.label = i.label AND n.account_id = i.account_id)"
    };
}

/// The account that a label stood for in the newest run before `before_run` of which it is sure that it was not
/// refused: no note says so, and the run ended well, or something that the label watches was asked as that
/// account. A process that is killed may know an identity and not have written yet that it refuses it.
pub fn last_identity(
    connection: &Connection,
    label: &str,
    before_run: i64,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached(
            concat!(
                told_identity!(),
                " AND (EXISTS (
                     SELECT 1 FROM run_end d
                     WHERE d.run_id = i.run_id AND d.outcome IN ('complete', 'partial', 'interrupted'))
                 OR EXISTS (
                     SELECT 1 FROM exchange e
                     LEFT JOIN exchange_watch x ON x.sequence = e.sequence
                     LEFT JOIN page_listing p ON p.listing_id = e.listing_id
                     LEFT JOIN listing l ON l.listing_id = e.listing_id
                     LEFT JOIN operation o ON o.op = coalesce(e.op, l.op, p.op)
                     WHERE e.sequence > i.sequence AND e.run_id = i.run_id AND e.sequence <= coalesce((
                             SELECT d.end_sequence FROM run_end d WHERE d.run_id = i.run_id), 9223372036854775807)
                       AND EXISTS (
                             SELECT 1 FROM watch w
                             WHERE w.watch_id = coalesce(x.watch_id, p.watch_id) AND w.label = i.label
                             UNION ALL
                             SELECT 1 FROM watch w
                             WHERE w.operation_id = o.operation_id AND w.service = o.service
                               AND w.region_id = o.region_id AND w.label = i.label
                               AND o.account_id = i.account_id)))
             ORDER BY i.run_id DESC LIMIT 1"
            ),
        )?
        .query_row(params![label, before_run], |row| row.get(0))
        .optional()?)
}

/// The account that a label stood for in the newest run before `before_run` with no note that it was refused. For
/// telling what a run was about while it is on; what is asked next has to rest on [`last_identity`].
pub fn last_told_identity(
    connection: &Connection,
    label: &str,
    before_run: i64,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached(concat!(told_identity!(), " ORDER BY i.run_id DESC LIMIT 1"))?
        .query_row(params![label, before_run], |row| row.get(0))
        .optional()?)
}

/// Counts what the leaves from `first` to `last` were for a run.
pub fn counts(
    connection: &Connection,
    run_id: i64,
    first: i64,
    last: i64,
) -> Result<RunCounts, StoreError> {
    let mut counts = connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(attempt > 1), 0), coalesce(sum(outcome = 'throttled'), 0),
                 coalesce(sum(look IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM operation_version v WHERE v.from_sequence = e.sequence)), 0)
             FROM exchange e WHERE e.sequence BETWEEN ?2 AND ?3 AND e.run_id = ?1",
        )?
        .query_row([run_id, first, last], |row| {
            Ok(RunCounts {
                requests: row.get(0)?,
                retries: row.get(1)?,
                throttled: row.get(2)?,
                looks_unchanged: row.get(3)?,
                ..RunCounts::default()
            })
        })?;
    (counts.operations_new, counts.versions_new) = connection
        .prepare_cached(
            "SELECT coalesce(sum(v.version = 1), 0), count(*)
             FROM operation_version v JOIN exchange e ON e.sequence = v.from_sequence
             WHERE v.from_sequence BETWEEN ?2 AND ?3 AND e.run_id = ?1",
        )?
        .query_row([run_id, first, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let results_new: i64;
    (counts.listings_complete, counts.listings_incomplete, results_new) = connection
        .prepare_cached(
            "SELECT coalesce(sum(e.verdict = 'complete'), 0), coalesce(sum(e.verdict = 'incomplete'), 0),
                 coalesce(sum(e.versions_new), 0)
             FROM listing l JOIN listing_end e ON e.listing_id = l.listing_id WHERE l.run_id = ?1",
        )?
        .query_row([run_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    counts.versions_new += results_new;
    let (complete, incomplete): (i64, i64) = connection
        .prepare_cached(
            "SELECT coalesce(sum(e.verdict = 'complete'), 0), coalesce(sum(e.verdict = 'incomplete'), 0)
             FROM page_listing l JOIN page_listing_end e ON e.listing_id = l.listing_id WHERE l.run_id = ?1",
        )?
        .query_row([run_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    counts.listings_complete += complete;
    counts.listings_incomplete += incomplete;
    counts.results_seen = connection
        .prepare_cached(
            "SELECT coalesce(sum(rows), 0) FROM (
                 SELECT max(e.distinct_keys) AS rows FROM listing l
                 JOIN listing_end e ON e.listing_id = l.listing_id WHERE l.run_id = ?1 GROUP BY l.op)",
        )?
        .query_row([run_id], |row| row.get(0))?;
    Ok(counts)
}

/// Adds the end of a run.
pub fn insert_end(connection: &Connection, end: &RunEndRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO run_end (run_id, end_sequence, ended_at, outcome, watches_due, watches_polled,
                 watches_failed, watches_deferred, operations_new, versions_new, looks_unchanged, results_seen,
                 listings_complete, listings_incomplete, not_found, expired_unseen, deferred_again, requests,
                 retries, throttled, bytes_received)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?
        .execute(params![
            end.run_id,
            end.end_sequence,
            end.ended_at,
            end.outcome,
            end.watches_due,
            end.watches_polled,
            end.watches_failed,
            end.watches_deferred,
            end.counts.operations_new,
            end.counts.versions_new,
            end.counts.looks_unchanged,
            end.counts.results_seen,
            end.counts.listings_complete,
            end.counts.listings_incomplete,
            end.not_found,
            end.expired_unseen,
            end.deferred_again,
            end.counts.requests,
            end.counts.retries,
            end.counts.throttled,
            end.bytes_received
        ])?;
    Ok(())
}

/// The end of a run.
pub fn end(connection: &Connection, run_id: i64) -> Result<Option<RunEndRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT run_id, end_sequence, ended_at, outcome, watches_due, watches_polled, watches_failed,
                 watches_deferred, operations_new, versions_new, looks_unchanged, results_seen,
                 listings_complete, listings_incomplete, not_found, expired_unseen, deferred_again, requests,
                 retries, throttled, bytes_received
             FROM run_end WHERE run_id = ?1",
        )?
        .query_row([run_id], |row| {
            Ok(RunEndRow {
                run_id: row.get(0)?,
                end_sequence: row.get(1)?,
                ended_at: row.get(2)?,
                outcome: row.get(3)?,
                watches_due: row.get(4)?,
                watches_polled: row.get(5)?,
                watches_failed: row.get(6)?,
                watches_deferred: row.get(7)?,
                not_found: row.get(14)?,
                expired_unseen: row.get(15)?,
                deferred_again: row.get(16)?,
                bytes_received: row.get(20)?,
                counts: RunCounts {
                    operations_new: row.get(8)?,
                    versions_new: row.get(9)?,
                    looks_unchanged: row.get(10)?,
                    results_seen: row.get(11)?,
                    listings_complete: row.get(12)?,
                    listings_incomplete: row.get(13)?,
                    requests: row.get(17)?,
                    retries: row.get(18)?,
                    throttled: row.get(19)?,
                },
            })
        })
        .optional()?)
}

/// When the newest run ended that ended by itself, ms.
pub fn last_ended_at(connection: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT ended_at FROM run_end WHERE ended_at IS NOT NULL ORDER BY run_id DESC LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?)
}

/// The collect run before `run_id` that was about everything.
pub fn whole_before(connection: &Connection, run_id: i64) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT max(run_id) FROM run WHERE run_id < ?1 AND kind = 'collect' AND NOT is_filtered",
        )?
        .query_row([run_id], |row| row.get(0))?)
}

/// The collect run before `run_id`.
pub fn before(connection: &Connection, run_id: i64) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT max(run_id) FROM run WHERE run_id < ?1 AND kind = 'collect'")?
        .query_row([run_id], |row| row.get(0))?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::aside::open_aside;

    #[test]
    fn open_runs_are_found_without_a_look_at_all_runs() {
        let connection = open_aside().unwrap();
        let ids = |connection: &Connection| -> Vec<i64> {
            let open = open(connection).unwrap();
            open.iter().map(|run| run.run_id).collect()
        };
        assert!(ids(&connection).is_empty());
        connection
            .execute_batch(
                "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 3000)
                 INSERT INTO run (run_id, start_sequence, kind, started_at)
                 SELECT n, n, iif(n % 700 = 0, 'stop', 'collect'), 0 FROM n;
                 INSERT INTO run_end
                 SELECT run_id, 9, 0, 'complete', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM run
                 WHERE run_id NOT IN (700, 2100, 2800, 2999, 3000);",
            )
            .unwrap();
        assert_eq!(ids(&connection), [700, 2100, 2800, 2999, 3000]);
    }

    #[test]
    fn an_identity_counts_once_something_was_asked_with_it() {
        let connection = open_aside().unwrap();
        connection
            .execute_batch(
                "INSERT INTO run (run_id, start_sequence, kind, started_at)
                 VALUES (1, 0, 'collect', 0), (2, 10, 'collect', 0), (3, 20, 'collect', 0);
                 INSERT INTO run_identity (run_id, label, sequence, account_id)
                 VALUES (1, 'prod', 2, '1'), (2, 'prod', 12, '2'), (2, 'test', 13, '2'), (3, 'prod', 22, '2');
                 INSERT INTO run_end SELECT 1, 9, 0, 'complete', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0;
                 INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id)
                 VALUES (1, 0, 'bpstudio', 'prod', '', 'a'), (2, 0, 'bpstudio', 'test', '', 'b');
                 INSERT INTO operation (op, service, account_id, region_id, operation_id, first_sequence)
                 VALUES (1, 'bpstudio', '1', '', 'a', 3), (2, 'bpstudio', '2', '', 'b', 14),
                        (3, 'bpstudio', '2', '', 'a', 23);
                 INSERT INTO exchange (sequence, run_id, attempt, outcome, op)
                 VALUES (2, 1, 1, 'ok', NULL), (12, 2, 1, 'ok', NULL), (13, 2, 1, 'ok', NULL), (14, 2, 1, 'ok', 2),
                        (22, 3, 1, 'ok', NULL);",
            )
            .unwrap();
        let last = |label: &str| last_identity(&connection, label, 4).unwrap();
        // Killed in runs 2 and 3 before it wrote that it refused the second account for the first label; what
        // another label asked as that account proves nothing for this one.
        assert_eq!(last("prod").as_deref(), Some("1"));
        assert_eq!(last("test").as_deref(), Some("2"));
        connection
            .execute("INSERT INTO exchange (sequence, run_id, attempt, outcome, op) VALUES (23, 3, 1, 'ok', 3)", [])
            .unwrap();
        assert_eq!(last("prod").as_deref(), Some("2"));
    }
}
