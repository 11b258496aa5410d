//! The question behind `status`: what is watched, what fails, what dies soon, how the last runs went.

use rusqlite::{Connection, OptionalExtension};

use super::custody::CheckpointRow;
use super::progress::Progress;
use super::query::Rows;
use super::{StoreError, accounts, custody, views};
use crate::model::UtcMillis;

/// Runs that are shown.
const RUNS: &str = "5";

/// Runs of which only the outcome is shown.
const RUNS_AT_A_GLANCE: &str = "30";

/// How long the cloud answers about a CADT operation (BPStudio, GetExecuteOperationResult), as a modifier
/// of SQLite's date functions.
const CADT_ID_LIFETIME: &str = "+1 hour";

/// How the recorder is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Evidence and derivation.
    pub progress: Progress,
    /// Whether a run asked the simulated cloud.
    pub is_simulated: bool,
    /// Accounts as the watches and the configuration name them: label, name, account_id, watches (not given
    /// up), last_answer_at (the last that said whose the credentials are), failing (why none does now).
    pub accounts: Rows,
    /// state, watches.
    pub watches: Rows,
    /// Watches that find operations: watch_id, label, service, region_id, target, found, last_asked_at,
    /// last_outcome.
    pub discovery: Rows,
    /// Watches still asked about whose last look was not good: watch_id, label, service, account_id, region_id,
    /// operation_id, cause, last_failed_at, last_outcome, last_asked_at.
    pub failing: Rows,
    /// CADT operations that have not ended, those first whose id dies first: watch_id, account_id,
    /// operation_id, expires_by (at the latest, if the clocks agree).
    pub expiring: Rows,
    /// Stretches that nobody sees now: watch_id, label, scope, service, account_id, region_id, operation_id, cause,
    /// gap_from, detail.
    pub gaps: Rows,
    /// The newest runs: run_id, kind, started_at, ended_at, outcome, watches_due, watches_failed,
    /// watches_deferred, requests, versions_new.
    pub runs: Rows,
    /// How the newest runs went, the newest first: run_id, outcome (`open` where it has none yet).
    pub outcomes: Rows,
    /// What was learned of the pace that the cloud allows: label, action, per_second, learned_at.
    pub limits: Rows,
    /// The newest collect run over everything.
    pub last_collect: LastCollect,
    /// Words and fields that the program does not know.
    pub unknowns: i64,
    /// The newest checkpoint in the file; nobody has looked at its signature: anybody may have put it there.
    pub said_sealed: Option<CheckpointRow>,
    /// When the file was made.
    pub created_at: UtcMillis,
}

/// The newest collect run over everything, as far as a schedule is about it: one that was limited to some services
/// or accounts stands for no run of the schedule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastCollect {
    /// When it began; `None` where there was none.
    pub started_at: Option<UtcMillis>,
    /// The schedule that was declared then: from start to start of runs, ms.
    pub every_ms: Option<u64>,
}

const LAST_COLLECT: &str = "
SELECT r.started_at, json_extract(l.record, '$.every_ms')
FROM run r JOIN leaf l ON l.sequence = r.start_sequence
WHERE r.kind = 'collect' AND NOT r.is_filtered ORDER BY r.run_id DESC LIMIT 1";

/// Watches by state, of all accounts: those that are not settled are few, the others are only counted.
const WATCHES: &str = "
WITH rare AS MATERIALIZED (
    SELECT w.watch_id AS watch_id, w.state AS state FROM watches w
    WHERE w.watch_id IN (
        SELECT p.watch_id FROM watch_open p
        UNION SELECT r.watch_id FROM watch_removal r
        UNION SELECT x.watch_id FROM operation_state s CROSS JOIN watch_operation x ON x.op = s.op
            WHERE s.state IN ('expired', 'not_found'))
        AND w.state <> 'settled'
)
SELECT state, watches FROM (
    SELECT state, count(*) AS watches FROM rare GROUP BY state
    UNION ALL SELECT 'settled', (SELECT count(*) FROM watch) - (SELECT count(*) FROM rare))
WHERE watches > 0 ORDER BY state";

/// The same, of some accounts.
const WATCHES_OF: &str = "
SELECT state, count(*) AS watches FROM watches
WHERE account_id IN (SELECT value FROM json_each(?1)) OR label IN (SELECT value FROM json_each(?1))
GROUP BY state ORDER BY state";

/// A look was missed and none was good since; or the last answer was about no operation.
const FAILING: &str = "
SELECT w.watch_id, w.label, w.service, w.account_id, w.region_id, w.operation_id, coalesce(m.cause, w.last_outcome) AS cause,
    CASE WHEN m.watch_id IS NULL THEN w.last_asked_at
        ELSE utc(m.at) END AS last_failed_at,
    w.last_outcome, w.last_asked_at
FROM watches w
LEFT JOIN missed_look m ON m.watch_id = w.watch_id
    AND m.run_id = (SELECT max(x.run_id) FROM missed_look x WHERE x.watch_id = w.watch_id)
    AND NOT EXISTS (
        SELECT 1 FROM exchange e
        WHERE e.op = coalesce(m.op, (SELECT max(o.op) FROM watch_operation o WHERE o.watch_id = m.watch_id))
            AND e.look IS NOT NULL AND e.sequence > m.sequence)
    AND NOT EXISTS (SELECT 1 FROM watch_look k WHERE k.watch_id = m.watch_id AND k.run_id > m.run_id)
WHERE w.watch_id IN (SELECT p.watch_id FROM watch_open p) AND w.state IN ('active', 'unsettled')
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
WHERE w.watch_id IN (SELECT p.watch_id FROM watch_open p) AND w.service = 'bpstudio' AND w.state = 'active'
    AND (?1 = '[]' OR w.account_id IN (SELECT value FROM json_each(?1)) OR w.label IN (SELECT value FROM json_each(?1)))
ORDER BY expires_by, w.watch_id";

/// What a run says of an account that it could not ask counts until a later run knows again whose it is. Labels are
/// found one by one in their index: they are few, and watches are many.
const ACCOUNTS: &str = "
WITH RECURSIVE label (label) AS (
    SELECT min(w.label) FROM watch w
    UNION ALL SELECT (SELECT min(w.label) FROM watch w WHERE w.label > b.label) FROM label b WHERE b.label IS NOT NULL
)
SELECT l.label AS label, l.name AS name, coalesce(i.account_id, l.account_id) AS account_id,
    (SELECT count(*) FROM watch w WHERE w.label = l.label)
        - (SELECT count(*) FROM watch_removal r CROSS JOIN watch w ON w.watch_id = r.watch_id WHERE w.label = l.label) AS watches,
    (SELECT utc(json_extract(x.record, '$.received_at'))
        FROM leaf x WHERE x.sequence = i.sequence) AS last_answer_at,
    coalesce(
        (SELECT n.cause FROM run_note n WHERE n.label = l.label AND n.run_id >= coalesce(i.run_id, 0)
            ORDER BY n.run_id DESC, n.sequence DESC LIMIT 1),
        (SELECT x.outcome FROM identity_failure f JOIN exchange x ON x.sequence = f.sequence
            WHERE f.label = l.label AND f.run_id > coalesce(i.run_id, 0)
            ORDER BY f.run_id DESC, f.sequence DESC LIMIT 1)) AS failing
FROM (
    SELECT label, max(name) AS name, max(account_id) AS account_id FROM (
        SELECT label, name, account_id FROM account_name WHERE sequence = (SELECT max(sequence) FROM config)
        UNION ALL
        SELECT b.label, NULL, NULL FROM label b WHERE b.label IS NOT NULL AND EXISTS (
            SELECT 1 FROM watch w WHERE w.label = b.label
                AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)))
    GROUP BY label
) l
LEFT JOIN run_identity i ON i.label = l.label
    AND i.run_id = (SELECT max(m.run_id) FROM run_identity m WHERE m.label = l.label)
WHERE ?1 = '[]' OR coalesce(i.account_id, l.account_id) IN (SELECT value FROM json_each(?1))
    OR l.label IN (SELECT value FROM json_each(?1)) OR l.name IN (SELECT value FROM json_each(?1))
ORDER BY failing IS NULL, l.label";

const DISCOVERY: &str = "
SELECT w.watch_id, w.label, w.service, w.region_id,
    CASE WHEN w.kind IS NULL THEN 'last task' || coalesce(' ' || w.batch_type, '')
        ELSE 'groups ' || coalesce((SELECT group_concat(value, ' ') FROM json_each(w.names)), '*') END AS target,
    (SELECT count(*) FROM watch f WHERE f.parent = w.watch_id) AS found, w.last_asked_at, w.last_outcome
FROM watches w
WHERE w.operation_id = '' AND w.state <> 'removed'
    AND (?1 = '[]' OR w.account_id IN (SELECT value FROM json_each(?1)) OR w.label IN (SELECT value FROM json_each(?1)))
ORDER BY w.watch_id";

const GAPS: &str = "
SELECT g.watch_id, (SELECT w.label FROM watch w WHERE w.watch_id = g.watch_id) AS label, g.scope, g.service,
    g.account_id, g.region_id, g.operation_id, g.cause, g.gap_from, g.detail
FROM coverage_gaps g
WHERE g.gap_until IS NULL AND (?1 = '[]' OR g.account_id IN (SELECT value FROM json_each(?1))
    OR (SELECT w.label FROM watch w WHERE w.watch_id = g.watch_id) IN (SELECT value FROM json_each(?1)))
ORDER BY g.gap_from, g.gap_id";

const LIMITS: &str = "
SELECT label, action, per_second_milli / 1000.0 AS per_second,
    utc(learned_at) AS learned_at
FROM limit_learned
WHERE ?1 = '[]' OR label IN (SELECT value FROM json_each(?1))
ORDER BY label, action";

/// The first condition is that of an index.
const SIMULATED: &str = "
SELECT EXISTS (SELECT 1 FROM leaf l WHERE instr(l.record, '\"simulated\":1') > 0 AND json_extract(l.record, '$.simulated') = 1)";

const CREATED_AT: &str = "SELECT coalesce((SELECT json_extract(record, '$.created_at') FROM leaf WHERE sequence = 0), 0)";

const LAST_RUNS: &str = "
SELECT run_id, kind, started_at, ended_at, outcome, watches_due, watches_failed, watches_deferred, requests, versions_new
FROM collection_runs ORDER BY run_id DESC LIMIT ?1";

const OUTCOMES: &str = "
SELECT r.run_id, coalesce(e.outcome, 'open') AS outcome
FROM run r LEFT JOIN run_end e ON e.run_id = r.run_id
ORDER BY r.run_id DESC LIMIT ?1";

impl Status {
    /// Reads it; `account_names` are ids, or names that watches bear, and none means all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(connection: &Connection, account_names: &[String]) -> Result<Self, StoreError> {
        let accounts = accounts::parameter(account_names);
        let created_at: i64 = connection.query_row(CREATED_AT, [], |row| row.get(0))?;
        let ask =
            |sql: &str, parameters: &[&str]| Rows::ask(connection, &views::expand(sql), parameters);
        Ok(Self {
            progress: Progress::read(connection)?,
            is_simulated: connection.query_row(SIMULATED, [], |row| row.get(0))?,
            accounts: ask(ACCOUNTS, &[&accounts])?,
            watches: match account_names {
                [] => ask(WATCHES, &[])?,
                _ => ask(WATCHES_OF, &[&accounts])?,
            },
            discovery: ask(DISCOVERY, &[&accounts])?,
            failing: ask(FAILING, &[&accounts])?,
            expiring: ask(EXPIRING, &[&accounts, CADT_ID_LIFETIME])?,
            gaps: ask(GAPS, &[&accounts])?,
            limits: ask(LIMITS, &[&accounts])?,
            created_at: UtcMillis(created_at),
            runs: ask(LAST_RUNS, &[RUNS])?,
            outcomes: ask(OUTCOMES, &[RUNS_AT_A_GLANCE])?,
            last_collect: last_collect(connection)?,
            said_sealed: custody::newest_checkpoint(connection)?,
            unknowns: connection.query_row("SELECT count(*) FROM unknown", [], |row| row.get(0))?,
        })
    }
}

/// The newest collect run over everything, as far as a schedule is about it.
///
/// # Errors
/// [`StoreError`].
pub fn last_collect(connection: &Connection) -> Result<LastCollect, StoreError> {
    let read = |row: &rusqlite::Row<'_>| {
        let every_ms: Option<i64> = row.get(1)?;
        Ok(LastCollect {
            started_at: row.get(0)?,
            every_ms: every_ms.and_then(|ms| u64::try_from(ms).ok()),
        })
    };
    let last = connection.query_row(LAST_COLLECT, [], read).optional()?;
    Ok(last.unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A file with watches in each state, written past the rules: state by state of the newest operation.
    fn database() -> (tempfile::TempDir, Connection) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        let connection = crate::store::open::create(&path).unwrap().connection;
        connection
            .execute_batch(
                "INSERT INTO leaf (sequence, record, hash) VALUES (0, '{}', zeroblob(32));
                 INSERT INTO operation VALUES (1, 'ros', '1', 'r', 'a', 0), (2, 'ros', '1', 'r', 'b', 0),
                     (3, 'ros', '1', 'r', 'c', 0), (4, 'ros', '1', 'r', 'd', 0), (5, 'ros', '2', 'r', 'a', 0);",
            )
            .unwrap();
        for (watch, label, id) in [
            (1, "p", "a"),
            (2, "p", "b"),
            (3, "q", "c"),
            (4, "q", "d"),
            (5, "q", "e"),
            (6, "q", "a"),
        ] {
            connection
                .execute(
                    "INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id)
                     VALUES (?1, 0, 'ros', ?2, 'r', ?3)",
                    rusqlite::params![watch, label, id],
                )
                .unwrap();
        }
        (home, connection)
    }

    fn counts(connection: &Connection) -> Vec<(String, i64)> {
        let of = |rows: Rows| -> Vec<(String, i64)> {
            let pairs = rows.rows.into_iter().map(|row| match row.as_slice() {
                [
                    super::super::query::OwnedValue::Text(state),
                    super::super::query::OwnedValue::Integer(watches),
                ] => (state.clone(), *watches),
                other => panic!("{other:?}"),
            });
            pairs.collect()
        };
        let quick = of(Status::read(connection, &[]).unwrap().watches);
        let slow = "SELECT state, count(*) FROM watches GROUP BY state ORDER BY state";
        assert_eq!(quick, of(Rows::ask(connection, slow, &[]).unwrap()));
        let open = "SELECT (SELECT group_concat(watch_id) FROM (SELECT watch_id FROM watch_open ORDER BY watch_id)) IS
            (SELECT group_concat(watch_id) FROM (SELECT watch_id FROM watches WHERE state IN ('active', 'unsettled') ORDER BY watch_id))";
        assert!(
            connection
                .query_row(open, [], |row| row.get::<_, bool>(0))
                .unwrap()
        );
        quick
    }

    #[test]
    fn a_limited_run_is_not_the_last_one_of_the_schedule() {
        let (_home, connection) = database();
        connection
            .execute_batch(
                "INSERT INTO run (run_id, start_sequence, kind, started_at, is_filtered)
                 VALUES (1, 0, 'collect', 5, 0), (2, 0, 'collect', 7, 1), (3, 0, 'stop', 9, 0);",
            )
            .unwrap();
        let last = last_collect(&connection).unwrap();
        assert_eq!(last.started_at, Some(UtcMillis(5)));
    }

    #[test]
    fn open_watches_are_known_whatever_comes_in_whichever_order() {
        let (_home, connection) = database();
        assert_eq!(counts(&connection), [("active".to_owned(), 6)]);
        for step in [
            "INSERT INTO watch_operation VALUES (1, 1, 0)",
            "INSERT INTO operation_state VALUES (1, 1, 0, 'active')",
            "INSERT INTO operation_state VALUES (1, 2, 0, 'settled')",
            // The state is known before the watch is.
            "INSERT INTO operation_state VALUES (2, 1, 0, 'not_found')",
            "INSERT INTO watch_operation VALUES (2, 2, 0)",
            "INSERT INTO watch_operation VALUES (3, 3, 0)",
            "INSERT INTO operation_state VALUES (3, 1, 0, 'unsettled')",
            "INSERT INTO operation_state VALUES (3, 2, 0, 'settled')",
            "INSERT INTO operation_state VALUES (3, 3, 0, 'active')",
            "INSERT INTO watch_operation VALUES (4, 4, 0)",
            "INSERT INTO operation_state VALUES (4, 1, 0, 'expired')",
            // The same credentials answered as another account.
            "INSERT INTO watch_operation VALUES (6, 1, 0)",
            "INSERT INTO watch_operation VALUES (6, 5, 0)",
            "INSERT INTO operation_state VALUES (1, 3, 0, 'active')",
            "INSERT INTO operation_state VALUES (1, 4, 0, 'settled')",
            "INSERT INTO watch_removal VALUES (5, 0)",
            "INSERT INTO watch_removal VALUES (3, 0)",
            "INSERT INTO operation_state VALUES (3, 4, 0, 'settled')",
            "INSERT INTO operation_state VALUES (3, 5, 0, 'active')",
        ] {
            connection.execute(step, []).unwrap();
            counts(&connection);
        }
        let named: Vec<(String, i64)> = counts(&connection);
        let named: Vec<(&str, i64)> = named.iter().map(|(s, n)| (s.as_str(), *n)).collect();
        let wanted = [
            ("active", 1),
            ("expired", 1),
            ("not_found", 1),
            ("removed", 2),
            ("settled", 1),
        ];
        assert_eq!(named, wanted);
        let accounts = Status::read(&connection, &[]).unwrap().accounts;
        assert_eq!(accounts.rows.len(), 2);
    }
}
