//! The questions behind `check`: what failed, which ids were lost, what nobody sees, what drifted, which stops came
//! to nothing. Whether any of it needs a person is judged in `report`.
//!
//! Instants are asked as milliseconds: the judge compares them. Partial indexes keep each question away from what
//! went well, which is nearly everything.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, accounts};
use crate::model::{OperationKey, Phase, Service, UtcMillis};

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

/// Whether `o` is watched by nobody any more: somebody gave it up, and said why.
macro_rules! is_given_up {
    () => {
        "(EXISTS (SELECT 1 FROM watch_operation w WHERE w.op = o.op)
            AND NOT EXISTS (SELECT 1 FROM watch_operation w WHERE w.op = o.op
                AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)))"
    };
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
            key: key(row)?,
            op: row.get(4)?,
            kind: row.get(5)?,
            resource_id: row.get(6)?,
            resource_name: row.get(7)?,
            status: row.get(8)?,
            phase: phase(row.get(9)?),
            reason: row.get(10)?,
            place: Place {
                cloud_started_ms: row.get(11)?,
                first_sequence: row.get(12)?,
            },
            sequence: row.get(13)?,
            since: UtcMillis(row.get(14)?),
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

const OF_GROUP: &str = "
SELECT o.op, v.kind, v.phase, coalesce(v.cloud_started_at, -1), o.first_sequence
FROM operation_version g
JOIN operation o ON o.op = g.op AND o.service = 'ros' AND o.account_id = ?2 AND o.region_id = ?3
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
            phase: phase(row.get(2)?),
            place: Place {
                cloud_started_ms: row.get(3)?,
                first_sequence: row.get(4)?,
            },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the newest complete list of its region lacks the group, or says that it is deleted.
const GONE: &str = "
SELECT EXISTS (
    SELECT 1 FROM stack_group g
    LEFT JOIN stack_group_presence p ON p.stack_group = g.stack_group
        AND p.listing_id = (SELECT max(x.listing_id) FROM stack_group_presence x WHERE x.stack_group = g.stack_group)
    JOIN stack_group_version v ON v.stack_group = g.stack_group
        AND v.version = (SELECT max(m.version) FROM stack_group_version m WHERE m.stack_group = g.stack_group)
    WHERE g.account_id = ?1 AND g.region_id = ?2 AND g.stack_group_id = ?3 AND (p.is_listed = 0 OR v.status = 'DELETED'))";

/// Whether a stack group that was listed is so no longer. Of a group that nobody listed nothing is known.
///
/// # Errors
/// [`StoreError`].
pub fn is_group_gone(
    connection: &Connection,
    account_id: &str,
    region_id: &str,
    stack_group_id: &str,
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(GONE)?;
    Ok(statement.query_row([account_id, region_id, stack_group_id], |row| row.get(0))?)
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

const FAILED_TARGETS: &str = "
SELECT v.target, r.value, (
    SELECT max(x.from_sequence) FROM result_version x WHERE x.op = v.op AND x.target = v.target AND x.flags & 2)
FROM result_version v
JOIN result_status s ON s.status_no = v.status_no AND s.phase = 'failed'
LEFT JOIN result_text r ON r.text_no = v.reason_no
WHERE v.op = ?1 AND v.flags & 1 AND NOT EXISTS (
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
    Ok(newest.and_then(|(is_present, word)| is_present.then(|| phase(word))))
}

/// When an answer was received.
///
/// # Errors
/// [`StoreError`].
pub fn received_at(
    connection: &Connection,
    sequence: i64,
) -> Result<Option<UtcMillis>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT json_extract(record, '$.received_at') FROM leaf WHERE sequence = ?1",
    )?;
    let at: Option<Option<i64>> = statement
        .query_row([sequence], |row| row.get(0))
        .optional()?;
    Ok(at.flatten().map(UtcMillis))
}

/// An id that is not asked about any more, because the cloud does not know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which operation.
    pub key: OperationKey,
    /// Its name, if it was ever seen.
    pub resource_name: Option<String>,
    /// Whether it died before its end was seen; else the cloud never knew it, or did no more in three runs.
    pub is_expired: bool,
    /// Status as last seen; `None` where it was never seen.
    pub last_status: Option<String>,
    /// End of the run that found it so.
    pub sequence: i64,
    /// When that run ended, where its leaf says so.
    pub since: Option<UtcMillis>,
}

const LOST: &str = concat!(
    "
SELECT o.service, o.account_id, o.region_id, o.operation_id, v.resource_name, s.state = 'expired', v.status, s.from_sequence,
    coalesce(l.record ->> '$.ended_at', l.record ->> '$.at', l.record ->> '$.found_at')
FROM operation_state s
JOIN operation o ON o.op = s.op
JOIN leaf l ON l.sequence = s.from_sequence
LEFT JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
WHERE s.state IN ('expired', 'not_found')
    AND NOT EXISTS (SELECT 1 FROM operation_state n WHERE n.op = s.op AND n.number = s.number + 1)
    AND (?1 = '[]' OR o.account_id IN (SELECT value FROM json_each(?1)))
    AND NOT ",
    is_given_up!(),
    "
ORDER BY s.from_sequence, o.op"
);

/// Ids that are not asked about any more, and that nobody has given up.
///
/// # Errors
/// [`StoreError`].
pub fn lost(connection: &Connection, accounts: &[String]) -> Result<Vec<Lost>, StoreError> {
    let accounts = accounts::parameter(accounts);
    let mut statement = connection.prepare_cached(LOST)?;
    let mut rows = statement.query([&accounts])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Lost {
            key: key(row)?,
            resource_name: row.get(4)?,
            is_expired: row.get(5)?,
            last_status: row.get(6)?,
            sequence: row.get(7)?,
            since: row.get::<_, Option<i64>>(8)?.map(UtcMillis),
        });
    }
    Ok(found)
}

/// A stretch in which something due was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blind {
    /// Watch of the first look that was missed; `None` for the recorder itself.
    pub watch_id: Option<i64>,
    /// Name of its credentials in the configuration.
    pub label: Option<String>,
    /// Service, account, region and id of what was not seen; empty where there is none.
    pub service: String,
    /// As above.
    pub account_id: String,
    /// As above.
    pub region_id: String,
    /// As above.
    pub operation_id: String,
    /// Why.
    pub cause: String,
    /// In words.
    pub detail: String,
    /// From when.
    pub from: UtcMillis,
    /// Until when; `None` while it lasts.
    pub until: Option<UtcMillis>,
    /// Leaf with which it became known.
    pub sequence: i64,
}

/// Stretches that last, and those of the recorder that ended after ?2.
const BLIND: &str = "
SELECT c.watch_id, c.label, coalesce(c.service, ''), coalesce(c.account_id, ''), c.region_id, c.operation_id, c.cause, c.detail,
    g.gap_from, e.gap_until, g.sequence
FROM gap g
LEFT JOIN gap_end e ON e.gap_id = g.gap_id
JOIN coverage_gaps c ON c.gap_id = g.gap_id
WHERE (e.gap_id IS NULL OR (g.subject = 'recorder' AND e.gap_until >= ?2))
    AND (?1 = '[]' OR g.subject = 'recorder' OR c.account_id IN (SELECT value FROM json_each(?1))
        OR c.label IN (SELECT value FROM json_each(?1)))
ORDER BY g.gap_from, g.gap_id";

/// What nobody sees now, and when the recorder did not run, as far as that ended after `since`.
///
/// # Errors
/// [`StoreError`].
pub fn blind(
    connection: &Connection,
    accounts: &[String],
    since: UtcMillis,
) -> Result<Vec<Blind>, StoreError> {
    let accounts = accounts::parameter(accounts);
    let mut statement = connection.prepare_cached(BLIND)?;
    let rows = statement.query_map(params![accounts, since.0], |row| {
        Ok(Blind {
            watch_id: row.get(0)?,
            label: row.get(1)?,
            service: row.get(2)?,
            account_id: row.get(3)?,
            region_id: row.get(4)?,
            operation_id: row.get(5)?,
            cause: row.get(6)?,
            detail: row.get(7)?,
            from: UtcMillis(row.get(8)?),
            until: row.get::<_, Option<i64>>(9)?.map(UtcMillis),
            sequence: row.get(10)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A word or field that the program does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Call whose answer held it.
    pub action: String,
    /// Whether it is a whole field; else a word in a known one.
    pub is_field: bool,
    /// The field.
    pub name: String,
    /// The word; of an unknown field its JSON type.
    pub value: String,
    /// Answer that first held it.
    pub sequence: i64,
    /// Receipt of that answer.
    pub first_seen: UtcMillis,
}

const UNKNOWN: &str = "
SELECT u.action, u.kind = 'field', u.name, u.value, u.first, json_extract(l.record, '$.received_at')
FROM (SELECT x.action, x.kind, x.name, x.value,
        (SELECT min(s.sequence) FROM unknown_seen s WHERE s.unknown_id = x.unknown_id) AS first FROM unknown x) u
JOIN leaf l ON l.sequence = u.first
WHERE json_extract(l.record, '$.received_at') >= ?1
ORDER BY u.first, u.action, u.name, u.value";

/// Words and fields that were first met after `since`.
///
/// # Errors
/// [`StoreError`].
pub fn unknown(connection: &Connection, since: UtcMillis) -> Result<Vec<Unknown>, StoreError> {
    let mut statement = connection.prepare_cached(UNKNOWN)?;
    let rows = statement.query_map([since.0], |row| {
        Ok(Unknown {
            action: row.get(0)?,
            is_field: row.get(1)?,
            name: row.get(2)?,
            value: row.get(3)?,
            sequence: row.get(4)?,
            first_seen: UtcMillis(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What is known of the drift of one stack group: from a detection, or from a list of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Account whose credentials asked.
    pub account_id: String,
    /// Region of the group.
    pub region_id: String,
    /// The group.
    pub stack_group_id: String,
    /// Its name.
    pub stack_group_name: Option<String>,
    /// The detection; `None` where a list of groups says so.
    pub operation_id: Option<String>,
    /// `DRIFTED`, `IN_SYNC`, `NOT_CHECKED`, or another word of the cloud.
    pub drift_status: Option<String>,
    /// Instances that drifted, of all.
    pub drifted_of: Option<(i64, i64)>,
    /// When drift was detected, as the cloud tells it; `None` for never.
    pub detected_at: Option<UtcMillis>,
    /// Answer that says so.
    pub sequence: i64,
}

const DRIFT: &str = "
SELECT o.account_id, o.region_id, r.stack_group_id, r.stack_group_name, o.operation_id, r.stack_group_drift_status,
    r.drifted_stack_instances_count, r.total_stack_instances_count, r.drift_detected_at, v.from_sequence
FROM ros_operation_version r
JOIN operation o ON o.op = r.op
JOIN operation_version v ON v.op = r.op AND v.version = r.version
WHERE r.drift_detection_status IS NOT NULL AND r.stack_group_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM operation_version n WHERE n.op = r.op AND n.version = r.version + 1)
    AND (?1 = '[]' OR o.account_id IN (SELECT value FROM json_each(?1)))
UNION ALL
SELECT g.account_id, g.region_id, g.stack_group_id, v.stack_group_name, NULL, v.stack_group_drift_status,
    NULL, NULL, v.drift_detected_at, v.from_sequence
FROM stack_group g
JOIN stack_group_version v ON v.stack_group = g.stack_group AND v.version = (
    SELECT max(m.version) FROM stack_group_version m WHERE m.stack_group = g.stack_group)
WHERE coalesce(v.status, '') <> 'DELETED'
    AND (?1 = '[]' OR g.account_id IN (SELECT value FROM json_each(?1)))
ORDER BY 1, 2, 3, 10";

/// What is known of the drift of stack groups, those of one group one after the other.
///
/// # Errors
/// [`StoreError`].
pub fn drift(connection: &Connection, accounts: &[String]) -> Result<Vec<Drift>, StoreError> {
    let accounts = accounts::parameter(accounts);
    let mut statement = connection.prepare_cached(DRIFT)?;
    let rows = statement.query_map([&accounts], |row| {
        let drifted: Option<i64> = row.get(6)?;
        Ok(Drift {
            account_id: row.get(0)?,
            region_id: row.get(1)?,
            stack_group_id: row.get(2)?,
            stack_group_name: row.get(3)?,
            operation_id: row.get(4)?,
            drift_status: row.get(5)?,
            drifted_of: drifted.zip(row.get(7)?),
            detected_at: row.get::<_, Option<i64>>(8)?.map(UtcMillis),
            sequence: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A stop of which nothing came so far, while its operation has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The operation.
    pub key: OperationKey,
    /// Name of its stack group.
    pub resource_name: Option<String>,
    /// Who stopped it.
    pub os_user: Option<String>,
    /// What became of the call; `None` where it was never sent.
    pub outcome: Option<String>,
    /// Status of the operation as last seen.
    pub status: Option<String>,
    /// When the intent was recorded.
    pub at: UtcMillis,
    /// Its leaf.
    pub sequence: i64,
}

const STOPS: &str = "
SELECT i.service, i.account_id, i.region_id, i.operation_id, v.resource_name, i.os_user, i.outcome, v.status,
    json_extract(l.record, '$.requested_at'), i.intervention_id
FROM interventions i
JOIN operation o ON o.service = i.service AND o.account_id = i.account_id AND o.region_id = i.region_id
    AND o.operation_id = i.operation_id
JOIN leaf l ON l.sequence = i.intervention_id
LEFT JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
WHERE i.effect = 'none_seen' AND coalesce(v.phase, '') NOT IN ('succeeded', 'failed', 'cancelled', 'stopped')
    AND (?1 = '[]' OR i.account_id IN (SELECT value FROM json_each(?1)))
ORDER BY i.intervention_id";

/// Stops of which nothing came so far, while their operations have not ended.
///
/// # Errors
/// [`StoreError`].
pub fn stops(connection: &Connection, accounts: &[String]) -> Result<Vec<Stop>, StoreError> {
    let accounts = accounts::parameter(accounts);
    let mut statement = connection.prepare_cached(STOPS)?;
    let mut rows = statement.query([&accounts])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Stop {
            key: key(row)?,
            resource_name: row.get(4)?,
            os_user: row.get(5)?,
            outcome: row.get(6)?,
            status: row.get(7)?,
            at: UtcMillis(row.get(8)?),
            sequence: row.get(9)?,
        });
    }
    Ok(found)
}

/// The key in the first four columns of a row.
fn key(row: &Row<'_>) -> Result<OperationKey, StoreError> {
    let service: String = row.get(0)?;
    Ok(OperationKey {
        service: service.parse::<Service>().map_err(|error| {
            StoreError::Inconsistent(format!("an operation of '{service}': {error}"))
        })?,
        account_id: row.get(1)?,
        region_id: row.get(2)?,
        operation_id: row.get(3)?,
    })
}

/// A word of the views; one that is none of them means nothing that is known.
fn phase(word: String) -> Phase {
    Phase::from_word(&word).unwrap_or(Phase::Unknown)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::views;

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
        assert!(unknown(&connection, UtcMillis(0)).unwrap().is_empty());
        assert!(of_group(&connection, "1", "r", "g").unwrap().is_empty());
        assert!(failed_targets(&connection, 1).unwrap().is_empty());
        assert!(!is_group_gone(&connection, "1", "r", "g").unwrap());
        assert_eq!(phase_of(&connection, 1, 1).unwrap(), None);
        assert_eq!(received_at(&connection, 1).unwrap(), None);
    }

    /// A database with leaves 0 to 9, each received at its sequence in seconds.
    fn database(rows: &str) -> Connection {
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
    fn stretches_without_runs_grow_old_and_open_gaps_do_not() {
        let connection = database(
            "INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id)
                 VALUES (1, 0, 'ros', 'prod', 'r', 'o');
             INSERT INTO gap (gap_id, sequence, subject, watch_id, service, account_id, region_id, operation_id, cause, gap_from)
                 VALUES (1, 1, 'recorder', NULL, '', '', '', '', 'not_run', 1000),
                     (2, 2, 'recorder', NULL, '', '', '', '', 'not_run', 5000),
                     (3, 3, 'operation', 1, 'ros', '7', 'r', 'o', 'denied', 10),
                     (4, 4, 'operation', 1, 'ros', '7', 'r', 'o', 'denied', 20),
                     (5, 5, 'recorder', NULL, '', '', '', '', 'disk', 30);
             INSERT INTO gap_end (gap_id, sequence, how, gap_until, run_id)
                 VALUES (1, 2, 'run', 4000, 1), (2, 3, 'run', 6000, 2), (3, 4, 'seen', 15, 2);",
        );
        let found = |accounts: &[&str], since: i64| -> Vec<(i64, String)> {
            let accounts: Vec<String> = accounts.iter().map(|&id| id.to_owned()).collect();
            let gaps = blind(&connection, &accounts, UtcMillis(since)).unwrap();
            gaps.into_iter()
                .map(|gap| (gap.from.0, gap.cause))
                .collect()
        };
        let denied = (20, "denied".to_owned());
        let disk = (30, "disk".to_owned());
        let missed = |from| (from, "not_run".to_owned());
        assert_eq!(
            found(&[], 0),
            [denied.clone(), disk.clone(), missed(1000), missed(5000)]
        );
        assert_eq!(
            found(&["7"], 5000),
            [denied.clone(), disk.clone(), missed(5000)]
        );
        assert_eq!(found(&["prod"], 6001), [denied, disk.clone()]);
        assert_eq!(found(&["8"], 6001), [disk]);
    }

    #[test]
    fn a_stop_without_effect_is_told_while_its_operation_goes_on() {
        let connection = database(
            "INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'stop', 0);
             INSERT INTO operation VALUES (1, 'ros', '7', 'r', 'going', 1), (2, 'ros', '7', 'r', 'ended', 1), (3, 'ros', '7', 'r', 'stopped', 1);
             INSERT INTO operation_version (op, version, from_sequence, stretch, starts_stretch, status, phase)
                 VALUES (1, 1, 2, 1, 1, 'RUNNING', 'running'), (2, 1, 2, 1, 1, 'SUCCEEDED', 'succeeded'),
                     (3, 1, 2, 1, 1, 'RUNNING', 'running'), (3, 2, 8, 2, 1, 'STOPPING', 'stopping');
             INSERT INTO intervention VALUES (4, 1, 1), (5, 2, 1), (6, 3, 1);
             INSERT INTO exchange (sequence, run_id, op, attempt, outcome) VALUES (7, 1, 1, 1, 'denied');
             INSERT INTO intervention_call VALUES (7, 4);",
        );
        let found = stops(&connection, &[]).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|stop| {
                (
                    stop.key.operation_id.as_str(),
                    stop.outcome.as_deref(),
                    stop.at.0,
                    stop.sequence,
                )
            })
            .collect();
        assert_eq!(found, [("going", Some("denied"), 4_000, 4)]);
    }

    #[test]
    fn words_count_from_the_answer_that_first_held_them() {
        let connection = database(
            "INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'collect', 0);
             INSERT INTO exchange (sequence, run_id, attempt, outcome) VALUES (2, 1, 1, 'ok'), (6, 1, 1, 'ok');
             INSERT INTO unknown VALUES (1, 'GetStackGroupOperation', 'word', 'Status', 'PAUSED'),
                 (2, 'GetStackGroupOperation', 'field', 'New', 'string');
             INSERT INTO unknown_seen VALUES (1, 2), (1, 6), (2, 6);",
        );
        let since = |ms| -> Vec<String> {
            let found = unknown(&connection, UtcMillis(ms)).unwrap();
            found.into_iter().map(|word| word.value).collect()
        };
        assert_eq!(since(2_000), ["PAUSED", "string"]);
        assert_eq!(since(2_001), ["string"]);
        assert_eq!(since(6_001), [""; 0]);
    }

    #[test]
    fn a_group_is_gone_when_a_list_lacks_it_or_says_so() {
        let connection = database(
            "INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'collect', 0);
             INSERT INTO page_listing (listing_id, run_id, action, account_id, region_id, stack_group_name)
                 VALUES (1, 1, 'ListStackGroups', '7', 'r', ''), (3, 1, 'ListStackGroups', '7', 'r', '');
             INSERT INTO page_listing_end (listing_id, end_sequence, verdict, pages, distinct_keys, lacks_pages)
                 VALUES (1, 2, 'complete', 1, 0, 0), (3, 4, 'complete', 1, 1, 0);
             INSERT INTO stack_group VALUES (1, '7', 'r', 'there', 1), (2, '7', 'r', 'went', 1), (3, '7', 'r', 'back', 1),
                 (4, '7', 'r', 'deleted', 1);
             INSERT INTO stack_group_version (stack_group, version, from_sequence, status)
                 VALUES (1, 1, 1, 'ACTIVE'), (2, 1, 1, 'ACTIVE'), (3, 1, 1, 'ACTIVE'), (4, 1, 1, 'ACTIVE'), (4, 2, 4, 'DELETED');
             INSERT INTO stack_group_presence VALUES (2, 1, 0), (3, 1, 0), (3, 3, 1);",
        );
        for (id, expected) in [
            ("there", false),
            ("went", true),
            ("back", false),
            ("deleted", true),
            ("unheard", false),
        ] {
            assert_eq!(
                is_group_gone(&connection, "7", "r", id).unwrap(),
                expected,
                "{id}"
            );
        }
    }
}
