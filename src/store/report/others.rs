//! Drift detections, DNS batches, interventions, and what the program does not know.

use rusqlite::Connection;

use super::{Columns, Key, Window, all, in_scope};
use crate::model::Phase;
use crate::store::values::shown_phase;
use crate::store::{StoreError, views};

/// One drift detection as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `drift_checks`, explained there
pub struct Drift {
    pub key: Key,
    pub resource_name: Option<String>,
    pub drift_detection_status: Option<String>,
    pub stack_group_drift_status: Option<String>,
    /// Stack instances: all, drifted, in sync, in progress, failed, cancelled.
    pub instances: [Option<i64>; 6],
    pub drift_detection_time: Option<String>,
    /// The leaf that first showed this.
    pub sequence: i64,
}

/// One DNS batch task as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `batches`, explained there
pub struct Batch {
    pub key: Key,
    pub batch_type: Option<String>,
    pub status: Option<i64>,
    pub phase: Phase,
    pub total_count: Option<i64>,
    pub success_count: Option<i64>,
    pub failed_count: Option<i64>,
    pub reason: Option<String>,
    /// The leaf that first showed this.
    pub sequence: i64,
}

/// One stop.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `interventions`, explained there
pub struct Intervention {
    pub key: Key,
    pub intervention_id: i64,
    pub requested_at: String,
    pub os_user: Option<String>,
    pub caller_arn: Option<String>,
    pub reason: Option<String>,
    pub ticket: Option<String>,
    pub status_before: Option<String>,
    pub outcome: Option<String>,
    pub request_id: Option<String>,
    pub effect: String,
    pub effect_seen_at: Option<String>,
    /// The leaves of its calls, and of the version that first came after it.
    pub calls: Vec<i64>,
}

/// A word or a field that the program does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `unknowns`, explained there
pub struct Unknown {
    pub action: String,
    pub kind: String,
    pub name: String,
    pub value: String,
    /// Answers of the period that held it.
    pub answers: i64,
    /// The first and the last of them.
    pub span: (i64, i64),
}

/// The newest version of each operation in scope that was seen in the period; `v` and `o` are joined to it.
const SEEN: &str = "JOIN operation o ON o.service = v.service AND o.account_id = v.account_id
        AND o.region_id = v.region_id AND o.operation_id = v.operation_id
    JOIN operation_version n ON n.op = o.op AND n.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
    JOIN operations s ON s.service = v.service AND s.account_id = v.account_id
        AND s.region_id = v.region_id AND s.operation_id = v.operation_id
    WHERE s.first_seen_at < :until_at AND s.last_seen_at >= :since_at";

const KEY: &str = "v.service, v.account_id, v.region_id, v.operation_id";

fn scope() -> String {
    in_scope(&["v.account_id"], "v.service", "v.region_id")
}

/// Drift detections of operations that overlap the period, in the order of their keys.
pub fn drift(connection: &Connection, window: &Window) -> Result<Vec<Drift>, StoreError> {
    let sql = format!(
        "SELECT {KEY}, v.resource_name, v.drift_detection_status, v.stack_group_drift_status, v.total_stack_instances_count,
            v.drifted_stack_instances_count, v.in_sync_stack_instances_count, v.in_progress_stack_instances_count,
            v.failed_stack_instances_count, v.cancelled_stack_instances_count, v.drift_detection_time, n.from_sequence
        FROM drift_checks v {SEEN} AND {} ORDER BY {KEY}",
        scope()
    );
    all(connection, &sql, window, |row| {
        let mut columns = Columns::of(row);
        let mut drift = Drift {
            key: columns.key()?,
            resource_name: columns.next()?,
            drift_detection_status: columns.next()?,
            stack_group_drift_status: columns.next()?,
            instances: [None; 6],
            drift_detection_time: None,
            sequence: 0,
        };
        for count in &mut drift.instances {
            *count = columns.next()?;
        }
        drift.drift_detection_time = columns.next()?;
        drift.sequence = columns.next()?;
        Ok(drift)
    })
}

/// DNS batch tasks that overlap the period, in the order of their keys.
pub fn batches(connection: &Connection, window: &Window) -> Result<Vec<Batch>, StoreError> {
    let sql = format!(
        "SELECT {KEY}, v.batch_type, v.status, v.phase, v.total_count, v.success_count, v.failed_count, v.reason,
            n.from_sequence
        FROM batches v {SEEN} AND {} ORDER BY {KEY}",
        scope()
    );
    all(connection, &sql, window, |row| {
        let mut columns = Columns::of(row);
        Ok(Batch {
            key: columns.key()?,
            batch_type: columns.next()?,
            status: columns.next()?,
            phase: shown_phase(&columns.next::<String>()?),
            total_count: columns.next()?,
            success_count: columns.next()?,
            failed_count: columns.next()?,
            reason: columns.next()?,
            sequence: columns.next()?,
        })
    })
}

/// Stops that were asked for in the period, in the order of their leaves.
pub fn interventions(
    connection: &Connection,
    window: &Window,
) -> Result<Vec<Intervention>, StoreError> {
    let sql = format!(
        "SELECT {KEY}, v.intervention_id, v.requested_at, v.os_user, v.caller_arn, v.reason, v.ticket, v.status_before,
            v.outcome, v.request_id, v.effect, v.effect_seen_at
        FROM interventions v
        WHERE v.requested_at >= :since_at AND v.requested_at < :until_at AND {} ORDER BY v.intervention_id",
        scope()
    );
    let mut found = all(connection, &sql, window, |row| {
        let mut columns = Columns::of(row);
        Ok(Intervention {
            key: columns.key()?,
            intervention_id: columns.next()?,
            requested_at: columns.next()?,
            os_user: columns.next()?,
            caller_arn: columns.next()?,
            reason: columns.next()?,
            ticket: columns.next()?,
            status_before: columns.next()?,
            outcome: columns.next()?,
            request_id: columns.next()?,
            effect: columns.next()?,
            effect_seen_at: columns.next()?,
            calls: Vec::new(),
        })
    })?;
    let mut calls = connection.prepare(
        "SELECT sequence FROM intervention_call WHERE intervention = ?1 ORDER BY sequence",
    )?;
    for intervention in &mut found {
        let rows = calls.query_map([intervention.intervention_id], |row| row.get(0))?;
        intervention.calls = rows.collect::<Result<_, _>>()?;
    }
    Ok(found)
}

/// Words and fields met in answers that were received in the period.
pub fn unknowns(connection: &Connection, window: &Window) -> Result<Vec<Unknown>, StoreError> {
    let sql = format!(
        "SELECT u.action, u.kind, u.name, u.value, count(*), min(s.sequence), max(s.sequence)
        FROM unknown u
        JOIN unknown_seen s ON s.unknown_id = u.unknown_id
        JOIN exchange e ON e.sequence = s.sequence
        JOIN leaf l ON l.sequence = e.sequence
        JOIN leaf ask ON ask.sequence = coalesce(e.listing_id, e.sequence)
        WHERE l.record ->> '$.received_at' >= :since AND l.record ->> '$.received_at' < :until AND {}
        GROUP BY u.unknown_id ORDER BY u.action, u.kind, u.name, u.value",
        in_scope(
            &[
                "ask.record ->> '$.account'",
                "ask.record ->> '$.label'",
                "(SELECT i.account_id FROM run_identity i
                    WHERE i.run_id = e.run_id AND i.label = ask.record ->> '$.label')",
            ],
            &views::expand("service_of(u.action)"),
            "ask.record ->> '$.region'"
        )
    );
    all(connection, &sql, window, |row| {
        let mut columns = Columns::of(row);
        Ok(Unknown {
            action: columns.next()?,
            kind: columns.next()?,
            name: columns.next()?,
            value: columns.next()?,
            answers: columns.next()?,
            span: (columns.next()?, columns.next()?),
        })
    })
}
