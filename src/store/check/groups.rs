//! Stack groups: whether they are gone, how they drifted, and which stops of their operations came to nothing.

use rusqlite::Connection;

use crate::model::{OperationKey, UtcMillis};
use crate::store::operation_key::of_row;
use crate::store::{StoreError, accounts};

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
    /// Whether nobody watches the detection any more: somebody gave it up, and said why.
    pub is_given_up: bool,
}

const DRIFT: &str = concat!(
    "
SELECT o.account_id, o.region_id, r.stack_group_id, r.stack_group_name, o.operation_id, r.stack_group_drift_status,
    r.drifted_stack_instances_count, r.total_stack_instances_count, r.drift_detected_at, v.from_sequence, ",
    is_given_up!(),
    "
FROM ros_operation_version r
JOIN operation o ON o.op = r.op
JOIN operation_version v ON v.op = r.op AND v.version = r.version
WHERE r.drift_detection_status IS NOT NULL AND r.stack_group_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM operation_version n WHERE n.op = r.op AND n.version = r.version + 1)
    AND (?1 = '[]' OR o.account_id IN (SELECT value FROM json_each(?1)))
UNION ALL
SELECT g.account_id, g.region_id, g.stack_group_id, v.stack_group_name, NULL, v.stack_group_drift_status,
    NULL, NULL, v.drift_detected_at, v.from_sequence, 0
FROM stack_group g
JOIN stack_group_version v ON v.stack_group = g.stack_group AND v.version = (
    SELECT max(m.version) FROM stack_group_version m WHERE m.stack_group = g.stack_group)
WHERE coalesce(v.status, '') <> 'DELETED'
    AND (?1 = '[]' OR g.account_id IN (SELECT value FROM json_each(?1)))
ORDER BY 1, 2, 3, 10"
);

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
            detected_at: row.get(8)?,
            sequence: row.get(9)?,
            is_given_up: row.get(10)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest stop of an operation, of which nothing came so far while the operation goes on as if nothing was.
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

const STOPS: &str = concat!(
    "
SELECT i.service, i.account_id, i.region_id, i.operation_id, v.resource_name, i.os_user, i.outcome, v.status,
    json_extract(l.record, '$.requested_at'), i.intervention_id
FROM interventions i
JOIN operation o ON o.service = i.service AND o.account_id = i.account_id AND o.region_id = i.region_id
    AND o.operation_id = i.operation_id
JOIN leaf l ON l.sequence = i.intervention_id
LEFT JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
WHERE i.effect = 'none_seen' AND coalesce(v.phase, '') NOT IN ('stopping', ",
    final_phases!(),
    ")
    AND NOT EXISTS (SELECT 1 FROM intervention n WHERE n.op = o.op AND n.sequence > i.intervention_id)
    AND (?1 = '[]' OR i.account_id IN (SELECT value FROM json_each(?1)))
    AND NOT ",
    is_given_up!(),
    "
ORDER BY i.intervention_id"
);

/// Stops of which nothing came so far, of operations that go on and that nobody has given up. Of several stops of one
/// operation the newest counts.
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
            key: of_row(row)?,
            resource_name: row.get(4)?,
            os_user: row.get(5)?,
            outcome: row.get(6)?,
            status: row.get(7)?,
            at: row.get(8)?,
            sequence: row.get(9)?,
        });
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::database;
    use super::*;

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
    fn a_stop_is_told_once_and_ends_with_its_watch() {
        let connection = database(
            "INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'stop', 0);
             INSERT INTO operation VALUES (1, 'ros', '7', 'r', 'twice', 1), (2, 'ros', '7', 'r', 'given up', 1),
                 (3, 'ros', '7', 'r', 'stopping', 1);
             INSERT INTO operation_version (op, version, from_sequence, stretch, starts_stretch, status, phase)
                 VALUES (1, 1, 2, 1, 1, 'RUNNING', 'running'), (2, 1, 2, 1, 1, 'RUNNING', 'running'),
                     (3, 1, 2, 1, 1, 'STOPPING', 'stopping');
             INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id)
                 VALUES (1, 0, 'ros', 'prod', 'r', 'twice'), (2, 0, 'ros', 'prod', 'r', 'given up');
             INSERT INTO watch_operation VALUES (1, 1, 1), (2, 2, 1);
             INSERT INTO watch_removal VALUES (2, 8);
             INSERT INTO intervention VALUES (4, 1, 1), (5, 2, 1), (6, 3, 1), (7, 1, 1);",
        );
        let found = stops(&connection, &[]).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|stop| (stop.key.operation_id.as_str(), stop.sequence))
            .collect();
        assert_eq!(found, [("twice", 7)]);
    }

    #[test]
    fn a_detection_that_nobody_watches_any_more_is_given_up() {
        let connection = database(
            "INSERT INTO operation VALUES (1, 'ros', '7', 'r', 'watched', 1), (2, 'ros', '7', 'r', 'given up', 1);
             INSERT INTO operation_version (op, version, from_sequence, stretch, starts_stretch, status, phase)
                 VALUES (1, 1, 2, 1, 1, 'SUCCEEDED', 'succeeded'), (2, 1, 3, 1, 1, 'SUCCEEDED', 'succeeded');
             INSERT INTO ros_operation_version (op, version, stack_group_id, drift_detection_status, stack_group_drift_status)
                 VALUES (1, 1, 'g', 'COMPLETED', 'DRIFTED'), (2, 1, 'g', 'COMPLETED', 'DRIFTED');
             INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id)
                 VALUES (1, 0, 'ros', 'prod', 'r', 'watched'), (2, 0, 'ros', 'prod', 'r', 'given up');
             INSERT INTO watch_operation VALUES (1, 1, 1), (2, 2, 1);
             INSERT INTO watch_removal VALUES (2, 8);
             INSERT INTO stack_group VALUES (1, '7', 'r', 'g', 1);
             INSERT INTO stack_group_version (stack_group, version, from_sequence, status) VALUES (1, 1, 4, 'ACTIVE');",
        );
        let found = drift(&connection, &[]).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|drift| (drift.operation_id.as_deref(), drift.is_given_up))
            .collect();
        let expected = [
            (Some("watched"), false),
            (Some("given up"), true),
            (None, false),
        ];
        assert_eq!(found, expected);
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
