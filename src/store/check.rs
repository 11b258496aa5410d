//! The questions behind `check`: what failed, which ids were lost, what nobody sees, what drifted, which stops came
//! to nothing. Whether any of it needs a person is judged in `report`.
//!
//! Instants are asked as milliseconds: the judge compares them. Partial indexes keep each question away from what
//! went well, which is nearly everything.

use rusqlite::{Connection, OptionalExtension as _};

use super::operation_key::of_row;
use super::values::shown_phase;
use super::{StoreError, accounts};
use crate::model::{OperationKey, Phase, UtcMillis};

/// Whether `o` is watched by nobody any more: somebody gave it up, and said why.
macro_rules! is_given_up {
    () => {
        "(EXISTS (SELECT 1 FROM watch_operation w WHERE w.op = o.op)
            AND NOT EXISTS (SELECT 1 FROM watch_operation w WHERE w.op = o.op
                AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)))"
    };
}

mod groups;
mod unseen;

pub use groups::{Drift, Stop, drift, is_group_gone, stops};
pub use unseen::{Blind, Lost, Unknown, blind, lost, unknown};

/// An operation that failed, or in which something did at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Our number for it, for further questions.
    pub op: i64,
    /// Which it is.
    pub key: OperationKey,
    /// What it does: Action, BatchType.
    pub kind: Option<String>,
    /// Id of the stack group that it is about.
    pub resource_id: Option<String>,
    /// Its name.
    pub resource_name: Option<String>,
    /// Status as last seen.
    pub status: Option<String>,
    /// Its meaning.
    pub phase: Phase,
    /// Reason given with the status.
    pub reason: Option<String>,
    /// Where it stands among the operations of its group.
    pub place: Place,
    /// Answer that first showed it as it is.
    pub sequence: i64,
    /// Receipt of that answer.
    pub since: UtcMillis,
    /// Of a DNS batch: records that failed.
    pub failed_count: Option<i64>,
    /// Of a DNS batch: all its records.
    pub total_count: Option<i64>,
}

/// Order of the operations of one group: by start as the cloud tells it (-1 where it does not), then by the leaf
/// that first showed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Start, ms.
    pub cloud_started_ms: i64,
    /// First leaf about it.
    pub first_sequence: i64,
}

const FAILURES: &str = concat!(
    "
SELECT o.service, o.account_id, o.region_id, o.operation_id, o.op, v.kind, v.resource_id, v.resource_name, v.status,
    v.phase, v.reason, coalesce(v.cloud_started_at, -1), o.first_sequence, s.from_sequence,
    (SELECT json_extract(t.record, '$.received_at') FROM leaf t WHERE t.sequence = s.from_sequence),
    b.failed_count, b.total_count
FROM (
    SELECT op FROM operation_version WHERE phase = 'failed'
    UNION SELECT op FROM listing_end WHERE failed_count > 0
    UNION SELECT op FROM alidns_batch_version WHERE failed_count > 0
) c
JOIN operation o ON o.op = c.op
JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
JOIN operation_version s ON s.op = v.op AND s.version = (
    SELECT max(m.version) FROM operation_version m WHERE m.op = v.op AND m.starts_stretch = 1)
LEFT JOIN alidns_batch_version b ON b.op = v.op AND b.version = v.version
WHERE (?1 = '[]' OR o.account_id IN (SELECT value FROM json_each(?1)))
    AND NOT ",
    is_given_up!(),
    "
ORDER BY s.from_sequence, o.op"
);

/// Operations that failed or in which something did at some time, and that somebody still watches, in the order in
/// which that was seen.
///
/// # Errors
/// [`StoreError`].
pub fn failures(connection: &Connection, accounts: &[String]) -> Result<Vec<Failure>, StoreError> {
    let accounts = accounts::parameter(accounts);
    let mut statement = connection.prepare_cached(FAILURES)?;
    let mut rows = statement.query([&accounts])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Failure {
            key: of_row(row)?,
            op: row.get(4)?,
            kind: row.get(5)?,
            resource_id: row.get(6)?,
            resource_name: row.get(7)?,
            status: row.get(8)?,
            phase: shown_phase(&row.get::<_, String>(9)?),
            reason: row.get(10)?,
            place: Place {
                cloud_started_ms: row.get(11)?,
                first_sequence: row.get(12)?,
            },
            sequence: row.get(13)?,
            since: row.get(14)?,
            failed_count: row.get(15)?,
            total_count: row.get(16)?,
        });
    }
    Ok(found)
}

/// One operation of a stack group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfGroup {
    /// Our number for it.
    pub op: i64,
    /// What it does: Action.
    pub kind: Option<String>,
    /// What its status means.
    pub phase: Phase,
    /// Where it stands among the others.
    pub place: Place,
}

/// From the group to its operations, in this order: without statistics SQLite would begin with all of the region.
const OF_GROUP: &str = "
SELECT o.op, v.kind, v.phase, coalesce(v.cloud_started_at, -1), o.first_sequence
FROM operation_version g
CROSS JOIN operation o ON o.op = g.op AND o.service = 'ros' AND o.account_id = ?2 AND o.region_id = ?3
JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
WHERE g.resource_id = ?1 AND g.version = 1
ORDER BY 4 DESC, 5 DESC";

/// The operations of one stack group, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_group(
    connection: &Connection,
    account_id: &str,
    region_id: &str,
    stack_group_id: &str,
) -> Result<Vec<OfGroup>, StoreError> {
    let mut statement = connection.prepare_cached(OF_GROUP)?;
    let rows = statement.query_map([stack_group_id, account_id, region_id], |row| {
        Ok(OfGroup {
            op: row.get(0)?,
            kind: row.get(1)?,
            phase: shown_phase(&row.get::<_, String>(2)?),
            place: Place {
                cloud_started_ms: row.get(3)?,
                first_sequence: row.get(4)?,
            },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A target for which an operation failed, as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedTarget {
    /// Our number for account and region.
    pub target: i64,
    /// Reason given with the status.
    pub reason: Option<String>,
    /// Page that first showed that it failed.
    pub sequence: i64,
}

/// The statuses that mean a failure are few and come from a list: of ten million rows only theirs are looked at twice.
/// Most others are beyond the first and the last of that list, which is seen in a third of the time of a search in it.
const FAILED_TARGETS: &str = "
SELECT v.target, r.value, (
    SELECT max(x.from_sequence) FROM result_version x WHERE x.op = v.op AND x.target = v.target AND x.flags & 2)
FROM result_version v
LEFT JOIN result_text r ON r.text_no = v.reason_no
WHERE v.op = ?1
    AND v.status_no BETWEEN (SELECT min(s.status_no) FROM result_status s WHERE s.phase = 'failed')
        AND (SELECT max(s.status_no) FROM result_status s WHERE s.phase = 'failed')
    AND v.flags & 1 AND v.status_no IN (SELECT s.status_no FROM result_status s WHERE s.phase = 'failed')
    AND NOT EXISTS (
        SELECT 1 FROM result_version n WHERE n.op = v.op AND n.target = v.target AND n.version = v.version + 1)
ORDER BY v.target";

/// The targets for which an operation failed, as last seen.
///
/// # Errors
/// [`StoreError`].
pub fn failed_targets(connection: &Connection, op: i64) -> Result<Vec<FailedTarget>, StoreError> {
    let mut statement = connection.prepare_cached(FAILED_TARGETS)?;
    let rows = statement.query_map([op], |row| {
        Ok(FailedTarget {
            target: row.get(0)?,
            reason: row.get(1)?,
            sequence: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the status of one result means, as last seen; `None` where the operation has none for that target, or it
/// went.
///
/// # Errors
/// [`StoreError`].
pub fn phase_of(
    connection: &Connection,
    op: i64,
    target: i64,
) -> Result<Option<Phase>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT v.flags & 1, s.phase FROM result_version v JOIN result_status s ON s.status_no = v.status_no
         WHERE v.op = ?1 AND v.target = ?2 ORDER BY v.version DESC LIMIT 1",
    )?;
    let newest = statement
        .query_row([op, target], |row| {
            Ok((row.get::<_, bool>(0)?, row.get::<_, String>(1)?))
        })
        .optional()?;
    Ok(newest.and_then(|(is_present, word)| is_present.then(|| shown_phase(&word))))
}

/// In the order of the table: the last row of a target is its newest.
const VERSIONS: &str = "
SELECT target, flags & 1, status_no FROM result_version WHERE op = ?1 ORDER BY target, version";

/// The statuses with which something ends, well or badly.
const ENDS: &str = "SELECT status_no FROM result_status WHERE phase IN ('succeeded', 'failed')";

/// The targets for which an operation has ended, well or badly, as last seen. All versions are read once, in order: a
/// search for the newest one of each target takes ten times as long. What a status means is asked of the newest alone.
///
/// # Errors
/// [`StoreError`].
pub fn ended_targets(connection: &Connection, op: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(ENDS)?;
    let ends = statement.query_map([], |row| row.get(0))?;
    let ends: Vec<i64> = ends.collect::<Result<_, _>>()?;
    let has_ended = |(target, is_present, status): (i64, bool, i64)| {
        (is_present && ends.contains(&status)).then_some(target)
    };
    let mut statement = connection.prepare_cached(VERSIONS)?;
    let mut rows = statement.query([op])?;
    let mut ended = Vec::new();
    let mut before: Option<(i64, bool, i64)> = None;
    while let Some(row) = rows.next()? {
        let version = (row.get(0)?, row.get(1)?, row.get(2)?);
        if let Some(newest) = before.filter(|before| before.0 != version.0) {
            ended.extend(has_ended(newest));
        }
        before = Some(version);
    }
    ended.extend(before.and_then(has_ended));
    Ok(ended)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rusqlite::params;

    use super::*;
    use crate::store::leaf_time;
    use crate::store::views;

    /// A database with leaves 0 to 9, each received at its sequence in seconds.
    pub(super) fn database(rows: &str) -> Connection {
        let mut connection = crate::store::aside::open_aside().unwrap();
        views::install(&mut connection).unwrap();
        for sequence in 0..10_i64 {
            let record = format!(
                r#"{{"received_at":{0},"requested_at":{0},"user":"ann"}}"#,
                sequence * 1_000
            );
            connection
                .execute(
                    "INSERT INTO leaf (sequence, record, hash) VALUES (?1, ?2, zeroblob(32))",
                    params![sequence, record],
                )
                .unwrap();
        }
        connection.execute_batch(rows).unwrap();
        connection
    }

    #[test]
    fn the_newest_version_of_a_target_says_whether_it_has_ended() {
        let connection = database(
            "INSERT INTO operation VALUES (1, 'ros', '7', 'r', 'o', 1), (2, 'ros', '7', 'r', 'p', 1);
             INSERT INTO target VALUES (1, 'a', 'r'), (2, 'b', 'r'), (3, 'c', 'r'), (4, 'd', 'r'), (5, 'e', 'r');
             INSERT INTO result_status VALUES (1, 'RUNNING', 'RUNNING', 'running'), (2, 'FAILED', 'FAILED', 'failed'),
                 (3, 'SUCCEEDED', 'SUCCEEDED', 'succeeded');
             INSERT INTO result_version (op, target, version, from_sequence, stretch, flags, status_no)
                 VALUES (1, 1, 1, 2, 1, 3, 1), (1, 1, 2, 3, 2, 3, 3), (1, 2, 1, 2, 1, 3, 3), (1, 2, 2, 3, 2, 3, 1),
                     (1, 3, 1, 2, 1, 3, 2), (1, 4, 1, 2, 1, 3, 2), (1, 4, 2, 3, 1, 0, 2), (1, 5, 1, 2, 1, 3, 1),
                     (1, 5, 2, 4, 2, 3, 2), (1, 5, 3, 5, 2, 1, 2), (2, 2, 1, 2, 1, 3, 3);",
        );
        assert_eq!(ended_targets(&connection, 1).unwrap(), [1, 3, 5]);
        assert_eq!(ended_targets(&connection, 2).unwrap(), [2]);
        assert!(ended_targets(&connection, 3).unwrap().is_empty());
        let failed = failed_targets(&connection, 1).unwrap();
        // The fourth is gone, and so is its failure.
        let failed: Vec<_> = failed.iter().map(|of| (of.target, of.sequence)).collect();
        assert_eq!(failed, [(3, 2), (5, 4)]);
    }

    #[test]
    fn operations_are_found_from_their_group() {
        let connection = database("");
        let sql = format!("EXPLAIN QUERY PLAN {OF_GROUP}");
        let mut statement = connection.prepare(&sql).unwrap();
        let steps = statement.query_map(["g", "1", "r"], |row| row.get::<_, String>(3));
        let first = steps.unwrap().next().unwrap().unwrap();
        assert!(first.starts_with("SEARCH g "), "{first}");
        assert!(first.contains("operation_version_by_resource"), "{first}");
    }

    #[test]
    fn every_question_can_be_asked() {
        let mut connection = crate::store::aside::open_aside().unwrap();
        views::install(&mut connection).unwrap();
        let accounts = ["1".to_owned()];
        for accounts in [&[][..], &accounts] {
            assert!(failures(&connection, accounts).unwrap().is_empty());
            assert!(lost(&connection, accounts).unwrap().is_empty());
            assert!(
                blind(&connection, accounts, UtcMillis(0))
                    .unwrap()
                    .is_empty()
            );
            assert!(drift(&connection, accounts).unwrap().is_empty());
            assert!(stops(&connection, accounts).unwrap().is_empty());
        }
        assert!(unknown(&connection, &[], UtcMillis(0)).unwrap().is_empty());
        assert!(of_group(&connection, "1", "r", "g").unwrap().is_empty());
        assert!(failed_targets(&connection, 1).unwrap().is_empty());
        assert!(!is_group_gone(&connection, "1", "r", "g").unwrap());
        assert_eq!(phase_of(&connection, 1, 1).unwrap(), None);
        assert_eq!(leaf_time::received_at(&connection, 1).unwrap(), None);
    }
}
