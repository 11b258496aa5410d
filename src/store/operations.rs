//! Rows of operations: identities, versions, the state in which they are watched.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::StoreError;
use crate::model::{
    FieldValue, OperationKey, OperationState, Phase, Service, VersionPlace, WatchState,
};

/// The columns of `ros_operation_version` after its key, in the order of the insert.
pub const ROS_COLUMNS: [&str; 27] = [
    "action",
    "status",
    "operation_description",
    "stack_group_id",
    "stack_group_name",
    "create_time",
    "end_time",
    "administration_role_name",
    "execution_role_name",
    "retain_stacks",
    "account_ids",
    "rd_folder_ids",
    "region_ids_order",
    "failure_tolerance_count",
    "failure_tolerance_percentage",
    "max_concurrent_count",
    "max_concurrent_percentage",
    "drift_detection_status",
    "stack_group_drift_status",
    "drift_detection_time",
    "total_stack_instances_count",
    "drifted_stack_instances_count",
    "in_sync_stack_instances_count",
    "in_progress_stack_instances_count",
    "failed_stack_instances_count",
    "cancelled_stack_instances_count",
    "drift_detected_at",
];

/// The columns of `bpstudio_operation_version` after its key.
pub const BPSTUDIO_COLUMNS: [&str; 9] = [
    "code",
    "response_message",
    "status",
    "message",
    "arguments",
    "message_json",
    "arguments_json",
    "message_sha256",
    "arguments_sha256",
];

/// The columns of `alidns_batch_version` after its key.
pub const ALIDNS_COLUMNS: [&str; 7] = [
    "task_id",
    "batch_type",
    "status",
    "total_count",
    "success_count",
    "failed_count",
    "reason",
];

/// The table with a service's own columns, and these columns.
pub fn service_table(service: Service) -> Option<(&'static str, &'static [&'static str])> {
    match service {
        Service::Ros => Some(("ros_operation_version", &ROS_COLUMNS)),
        Service::Bpstudio => Some(("bpstudio_operation_version", &BPSTUDIO_COLUMNS)),
        Service::Alidns => Some(("alidns_batch_version", &ALIDNS_COLUMNS)),
        Service::Sts => None,
    }
}

/// Our number of an operation.
pub fn find(connection: &Connection, key: &OperationKey) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT op FROM operation
             WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4",
        )?
        .query_row(
            params![key.service, key.account_id, key.region_id, key.operation_id],
            |row| row.get(0),
        )
        .optional()?)
}

/// Our number of an operation, which is new with the leaf `first_sequence` (an exchange, a listing or a stop) if it has
/// none yet.
pub fn find_or_insert(
    connection: &Connection,
    key: &OperationKey,
    first_sequence: i64,
) -> Result<i64, StoreError> {
    if let Some(op) = find(connection, key)? {
        return Ok(op);
    }
    connection
        .prepare_cached(
            "INSERT INTO operation (service, account_id, region_id, operation_id, first_sequence)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            key.service.as_str(),
            key.account_id,
            key.region_id,
            key.operation_id,
            first_sequence
        ])?;
    Ok(connection.last_insert_rowid())
}

/// The newest version of an operation, as far as the next one has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Its place.
    pub place: VersionPlace,
    /// Its status, trimmed.
    pub status: Option<String>,
    /// Its phase.
    pub phase: Phase,
}

/// The newest version of an operation.
pub fn newest(connection: &Connection, op: i64) -> Result<Option<Newest>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT version, from_sequence, stretch, starts_stretch, status, phase FROM operation_version
             WHERE op = ?1 ORDER BY version DESC LIMIT 1",
        )?
        .query_row([op], |row| {
            let place = VersionPlace {
                op,
                version: row.get(0)?,
                from_sequence: row.get(1)?,
                stretch: row.get(2)?,
                starts_stretch: row.get(3)?,
            };
            Ok(Newest { place, status: row.get(4)?, phase: row.get(5)? })
        })
        .optional()?)
}

/// The service's own columns of a version, in the order of [`service_table`].
pub fn service_fields(
    connection: &Connection,
    service: Service,
    op: i64,
    version: i64,
) -> Result<Vec<FieldValue>, StoreError> {
    let Some((table, columns)) = service_table(service) else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "SELECT {} FROM {table} WHERE op = ?1 AND version = ?2",
        columns.join(", ")
    );
    let read = |row: &Row<'_>| {
        (0..columns.len())
            .map(|column| field(row, column))
            .collect()
    };
    let fields = connection
        .prepare_cached(&sql)?
        .query_row([op, version], read)
        .optional()?;
    fields.ok_or_else(|| StoreError::Inconsistent(format!("{table} has no row ({op}, {version})")))
}

pub(super) fn field(row: &Row<'_>, column: usize) -> rusqlite::Result<FieldValue> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => FieldValue::Null,
        ValueRef::Integer(number) => FieldValue::Integer(number),
        other => FieldValue::Text(other.as_str()?.to_owned()),
    })
}

/// Adds the common columns of a version.
pub fn insert_version(
    connection: &Connection,
    place: &VersionPlace,
    state: &OperationState,
    changed: Option<&str>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO operation_version (op, version, from_sequence, stretch, starts_stretch, status,
                 status_raw, phase, changed, kind, resource_id, resource_name, reason, cloud_started_at,
                 cloud_started_at_raw, cloud_ended_at, cloud_ended_at_raw, unknown_fields)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        )?
        .execute(params![
            place.op,
            place.version,
            place.from_sequence,
            place.stretch,
            place.starts_stretch,
            state.status,
            state.status_raw,
            state.phase,
            changed,
            state.kind,
            state.resource_id,
            state.resource_name,
            state.reason,
            state.cloud_started_at,
            state.cloud_started_at_raw,
            state.cloud_ended_at,
            state.cloud_ended_at_raw,
            state.unknown_fields,
        ])?;
    Ok(())
}

/// Adds the service's own columns of a version.
pub fn insert_service_fields(
    connection: &Connection,
    service: Service,
    op: i64,
    version: i64,
    fields: &[FieldValue],
) -> Result<(), StoreError> {
    let Some((table, columns)) = service_table(service) else {
        return Ok(());
    };
    let marks: Vec<String> = (3..columns.len() + 3)
        .map(|number| format!("?{number}"))
        .collect();
    let sql = format!(
        "INSERT INTO {table} (op, version, {}) VALUES (?1, ?2, {})",
        columns.join(", "),
        marks.join(", ")
    );
    let key = [FieldValue::Integer(op), FieldValue::Integer(version)];
    connection
        .prepare_cached(&sql)?
        .execute(params_from_iter(key.iter().chain(fields)))?;
    Ok(())
}

/// Adds the values of one list of a stack-group operation.
pub fn insert_list(
    connection: &Connection,
    op: i64,
    version: i64,
    list: &str,
    values: &[String],
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO ros_operation_list (op, version, list, position, value) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, value) in (1_i64..).zip(values) {
        statement.execute(params![op, version, list, position, value])?;
    }
    Ok(())
}

/// The state in which an operation is watched, with the number of the change that brought it.
pub fn watch_state(
    connection: &Connection,
    op: i64,
) -> Result<Option<(i64, WatchState)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT number, state FROM operation_state WHERE op = ?1 ORDER BY number DESC LIMIT 1",
        )?
        .query_row([op], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Adds a change of that state.
pub fn insert_watch_state(
    connection: &Connection,
    op: i64,
    number: i64,
    from_sequence: i64,
    state: WatchState,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO operation_state (op, number, from_sequence, state) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![op, number, from_sequence, state])?;
    Ok(())
}

/// The answer that first showed the present stretch of final phases of the operation ?1.
macro_rules! final_since {
    () => {
        concat!(
            "SELECT min(v.from_sequence) FROM operation_version v
             WHERE v.op = ?1 AND v.version > coalesce((
                 SELECT max(o.version) FROM operation_version o
                 WHERE o.op = ?1 AND o.phase NOT IN (",
            final_phases!(),
            ")), 0)"
        )
    };
}

/// How many looks there were since the operation was seen in a final phase for the present stretch of
/// final phases.
pub fn final_looks(connection: &Connection, op: i64) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached(
            concat!(
                "SELECT count(*) FROM exchange e WHERE e.op = ?1 AND e.look IS NOT NULL AND e.sequence >= (",
                final_since!(),
                ")"
            ),
        )?
        .query_row([op], |row| row.get(0))?)
}

/// The answer that first showed the present stretch of final phases of an operation; `None` where its newest
/// version is not final.
pub fn final_since(connection: &Connection, op: i64) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(final_since!())?
        .query_row([op], |row| row.get(0))?)
}
