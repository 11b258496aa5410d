//! Rows of interventions: intents to stop an operation, and the calls that they made.

use rusqlite::Connection;

use super::StoreError;

/// Adds an intent.
pub fn insert(
    connection: &Connection,
    sequence: i64,
    op: i64,
    run_id: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO intervention (sequence, op, run_id) VALUES (?1, ?2, ?3)")?
        .execute([sequence, op, run_id])?;
    Ok(())
}

/// Adds a call that an intent made.
pub fn insert_call(
    connection: &Connection,
    sequence: i64,
    intervention: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO intervention_call (sequence, intervention) VALUES (?1, ?2)")?
        .execute([sequence, intervention])?;
    Ok(())
}
