//! Rows of what kept the recorder from its work: skipped runs, accounts that could not be asked, calls for
//! credentials, steps of the clock and how far it was off.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use crate::model::Cause;

/// An account of a run that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    /// Its note leaf.
    pub sequence: i64,
    /// The run.
    pub run_id: i64,
    /// Name of the credentials in the configuration.
    pub label: String,
    /// Account as which they answer, where that is why.
    pub account_id: Option<String>,
    /// The cause.
    pub cause: Cause,
    /// When that was found, ms.
    pub at: i64,
}

/// Adds a skipped run.
pub fn insert_skipped(
    connection: &Connection,
    sequence: i64,
    at: i64,
    cause: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO run_skipped (sequence, at, cause) VALUES (?1, ?2, ?3)")?
        .execute(params![sequence, at, cause])?;
    Ok(())
}

/// Adds a note.
pub fn insert_note(connection: &Connection, note: &NoteRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO run_note (sequence, run_id, label, account_id, cause, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            note.sequence,
            note.run_id,
            note.label,
            note.account_id,
            note.cause,
            note.at
        ])?;
    Ok(())
}

/// The note of a run on these credentials that says most: one that refuses an identity before one that
/// found none, of several the first.
pub fn note(
    connection: &Connection,
    run_id: i64,
    label: &str,
) -> Result<Option<NoteRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT sequence, run_id, label, account_id, cause, at FROM run_note
             WHERE run_id = ?1 AND label = ?2 ORDER BY account_id IS NULL, sequence LIMIT 1",
        )?
        .query_row(params![run_id, label], |row| {
            Ok(NoteRow {
                sequence: row.get(0)?,
                run_id: row.get(1)?,
                label: row.get(2)?,
                account_id: row.get(3)?,
                cause: row.get(4)?,
                at: row.get(5)?,
            })
        })
        .optional()?)
}

/// Adds a call for credentials.
pub fn insert_credential_call(
    connection: &Connection,
    sequence: i64,
    run_id: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO credential_call (sequence, run_id) VALUES (?1, ?2)")?
        .execute([sequence, run_id])?;
    Ok(())
}

/// Adds a step of our clock.
pub fn insert_clock_step(
    connection: &Connection,
    sequence: i64,
    run_id: Option<i64>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO clock_step (sequence, run_id) VALUES (?1, ?2)")?
        .execute(params![sequence, run_id])?;
    Ok(())
}

/// Adds how far our clock was off in a run.
pub fn insert_run_clock(
    connection: &Connection,
    run_id: i64,
    offset_ms: i64,
    samples: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO run_clock (run_id, offset_ms, samples) VALUES (?1, ?2, ?3)")?
        .execute([run_id, offset_ms, samples])?;
    Ok(())
}

/// How far our clock was off in a run: the cloud's clock less ours in ms, and the answers that say so.
pub fn run_clock(connection: &Connection, run_id: i64) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT offset_ms, samples FROM run_clock WHERE run_id = ?1")?
        .query_row([run_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}
