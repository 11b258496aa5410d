//! Rows of DNS batch tasks.

use rusqlite::{Connection, params};

use super::StoreError;
use crate::model::BatchDetail;

/// Adds a row of a task: its place in the list, from 1, and the page that held it.
pub fn insert(
    connection: &Connection,
    op: i64,
    position: i64,
    sequence: i64,
    row: &BatchDetail,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO batch_detail (op, position, sequence, batch_type, domain, rr, record_type, value, line, ttl,
                 priority, new_rr, new_value, record_id, remark, rr_status, reason, status, status_raw,
                 operate_date_raw)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            op,
            position,
            sequence,
            row.batch_type,
            row.domain,
            row.rr,
            row.record_type,
            row.value,
            row.line,
            row.ttl,
            row.priority,
            row.new_rr,
            row.new_value,
            row.record_id,
            row.remark,
            row.rr_status,
            row.reason,
            row.status,
            row.status_raw,
            row.operate_date_raw
        ])?;
    Ok(())
}
