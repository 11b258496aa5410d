//! Rows of stack groups: identities, versions, and which lists lacked them.

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::{StoreError, operations};
use crate::model::FieldValue;

/// The columns of `stack_group_version` that hold the fields of a group, in the order of the insert.
pub const COLUMNS: [&str; 16] = [
    "stack_group_name",
    "status",
    "status_raw",
    "description",
    "permission_model",
    "resource_group_id",
    "stack_group_drift_status",
    "drift_detection_time",
    "create_time",
    "update_time",
    "auto_deployment_enabled",
    "retain_stacks_on_account_removal",
    "tags",
    "drift_detected_at",
    "created_at",
    "updated_at",
];

/// Our number of a group, which is new with the page `first_sequence` if it has none yet.
pub fn find_or_insert(
    connection: &Connection,
    (account_id, region_id): (&str, &str),
    stack_group_id: &str,
    first_sequence: i64,
) -> Result<i64, StoreError> {
    let known = connection
        .prepare_cached(
            "SELECT stack_group FROM stack_group WHERE account_id = ?1 AND region_id = ?2 AND stack_group_id = ?3",
        )?
        .query_row(params![account_id, region_id, stack_group_id], |row| row.get(0))
        .optional()?;
    if let Some(stack_group) = known {
        return Ok(stack_group);
    }
    connection
        .prepare_cached(
            "INSERT INTO stack_group (account_id, region_id, stack_group_id, first_sequence) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![account_id, region_id, stack_group_id, first_sequence])?;
    Ok(connection.last_insert_rowid())
}

/// The newest version of a group: its number, and its fields in the order of [`COLUMNS`].
pub fn newest(
    connection: &Connection,
    stack_group: i64,
) -> Result<Option<(i64, Vec<FieldValue>)>, StoreError> {
    let sql = format!(
        "SELECT version, {} FROM stack_group_version WHERE stack_group = ?1 ORDER BY version DESC LIMIT 1",
        COLUMNS.join(", ")
    );
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([stack_group], |row| {
            let values = (1..=COLUMNS.len()).map(|place| operations::field(row, place));
            Ok((row.get(0)?, values.collect::<Result<_, _>>()?))
        })
        .optional()?)
}

/// Adds a version.
pub fn insert_version(
    connection: &Connection,
    (stack_group, version): (i64, i64),
    from_sequence: i64,
    changed: Option<&str>,
    fields: &[FieldValue],
) -> Result<(), StoreError> {
    let marks: Vec<String> = (5..COLUMNS.len() + 5)
        .map(|number| format!("?{number}"))
        .collect();
    let sql = format!(
        "INSERT INTO stack_group_version (stack_group, version, from_sequence, changed, {}) VALUES (?1, ?2, ?3, ?4, {})",
        COLUMNS.join(", "),
        marks.join(", ")
    );
    let key = [
        FieldValue::Integer(stack_group),
        FieldValue::Integer(version),
        FieldValue::Integer(from_sequence),
        changed.map(str::to_owned).into(),
    ];
    connection
        .prepare_cached(&sql)?
        .execute(params_from_iter(key.iter().chain(fields)))?;
    Ok(())
}

/// The known groups of an account and region, in order: our number, the cloud's id, and whether the newest
/// complete list holds it.
pub fn known(
    connection: &Connection,
    account_id: &str,
    region_id: &str,
) -> Result<Vec<(i64, String, bool)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT g.stack_group, g.stack_group_id, coalesce((
             SELECT p.is_listed FROM stack_group_presence p WHERE p.stack_group = g.stack_group
             ORDER BY p.listing_id DESC LIMIT 1), 1)
         FROM stack_group g WHERE g.account_id = ?1 AND g.region_id = ?2 ORDER BY g.stack_group",
    )?;
    let rows = statement.query_map([account_id, region_id], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that a complete list lacks a group that the one before held, or holds it again.
pub fn insert_presence(
    connection: &Connection,
    stack_group: i64,
    listing_id: i64,
    is_listed: bool,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO stack_group_presence (stack_group, listing_id, is_listed) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![stack_group, listing_id, is_listed])?;
    Ok(())
}

/// The names whose operations have to be listed, first those that never were, then those whose last list began
/// earliest, so that what ends a run early does not leave out the same ones for ever: those of the groups in the newest complete list,
/// and of groups that only an incomplete one has shown. A name all of whose groups are deleted is left out
/// once its operations were listed completely after that was first seen, or the cloud knew the name no more.
pub fn names_to_list(
    connection: &Connection,
    account_id: &str,
    region_id: &str,
) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "WITH listed AS (
             SELECT v.stack_group_name AS name, v.status AS status, (
                 SELECT min(d.from_sequence) FROM stack_group_version d
                 WHERE d.stack_group = g.stack_group AND d.version > coalesce((
                     SELECT max(a.version) FROM stack_group_version a
                     WHERE a.stack_group = g.stack_group AND a.status IS NOT 'DELETED'), 0)) AS deleted_sequence
             FROM stack_group g
             JOIN stack_group_version v ON v.stack_group = g.stack_group AND v.version = (
                 SELECT max(m.version) FROM stack_group_version m WHERE m.stack_group = g.stack_group)
             WHERE g.account_id = ?1 AND g.region_id = ?2 AND v.stack_group_name <> '' AND coalesce((
                 SELECT p.is_listed FROM stack_group_presence p WHERE p.stack_group = g.stack_group
                 ORDER BY p.listing_id DESC LIMIT 1), 1)
         ), named AS (
             SELECT name, max(status IS NOT 'DELETED') AS is_live, max(deleted_sequence) AS deleted_sequence
             FROM listed GROUP BY name
         )
         SELECT n.name FROM named n
         WHERE n.is_live OR NOT EXISTS (
             SELECT 1 FROM page_listing l JOIN page_listing_end e ON e.listing_id = l.listing_id
             WHERE l.action = 'ListStackGroupOperations' AND l.account_id = ?1 AND l.region_id = ?2
               AND l.stack_group_name = n.name AND l.listing_id > n.deleted_sequence
               AND (e.verdict = 'complete' OR e.failed_outcome = 'not_found'))
         ORDER BY coalesce((
             SELECT max(l.listing_id) FROM page_listing l
             WHERE l.action = 'ListStackGroupOperations' AND l.account_id = ?1 AND l.region_id = ?2
               AND l.stack_group_name = n.name), -1), n.name",
    )?;
    let rows = statement.query_map([account_id, region_id], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
