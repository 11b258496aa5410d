//! Rows of who answers for the log: keys, checkpoints, restores, migrations.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;

/// A signed head of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Leaves that it covers.
    pub size: i64,
    /// Name of the log and of the key.
    pub origin: String,
    /// RFC 6962 root of these leaves.
    pub root: Vec<u8>,
    /// The checkpoint: a C2SP signed note.
    pub note: String,
}

/// Adds a checkpoint, unless there is one of its size.
pub fn insert_checkpoint(connection: &Connection, row: &CheckpointRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO checkpoint (size, origin, root, note) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (size) DO NOTHING",
        )?
        .execute(params![row.size, row.origin, row.root, row.note])?;
    Ok(())
}

/// The checkpoint that covers most.
pub fn newest_checkpoint(connection: &Connection) -> Result<Option<CheckpointRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT size, origin, root, note FROM checkpoint ORDER BY size DESC LIMIT 1",
        )?
        .query_row([], checkpoint)
        .optional()?)
}

/// The checkpoint that covers most of those that cover no more than `size` leaves.
pub fn newest_checkpoint_within(
    connection: &Connection,
    size: i64,
) -> Result<Option<CheckpointRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT size, origin, root, note FROM checkpoint WHERE size <= ?1 ORDER BY size DESC LIMIT 1",
        )?
        .query_row([size], checkpoint)
        .optional()?)
}

/// Calls `visit` with each checkpoint as it lies in the file, the one that covers most first, until that is `Break`.
pub fn each_raw_checkpoint_from_newest<T>(
    connection: &Connection,
    mut visit: impl FnMut(RawCheckpoint<'_>) -> ControlFlow<T>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT size, origin, root, note FROM checkpoint ORDER BY size DESC")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let ControlFlow::Break(found) = visit(raw_checkpoint(row)?) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether there is a checkpoint of this size.
pub fn has_checkpoint(connection: &Connection, size: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM checkpoint WHERE size = ?1)")?
        .query_row([size], |row| row.get(0))?)
}

/// A checkpoint as it lies in the file, before anything is believed of it: text may not be UTF-8, a root may
/// have any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of `checkpoint`, explained in the migration
pub struct RawCheckpoint<'a> {
    pub size: i64,
    pub origin: &'a [u8],
    pub root: &'a [u8],
    pub note: &'a [u8],
}

/// The size of the checkpoint that covers most.
pub fn newest_checkpoint_size(connection: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT max(size) FROM checkpoint")?
        .query_row([], |row| row.get(0))?)
}

/// The sizes of the checkpoints of `first` leaves and more, in order.
pub fn checkpoint_sizes(connection: &Connection, first: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        connection.prepare("SELECT size FROM checkpoint WHERE size >= ?1 ORDER BY size")?;
    let rows = statement.query_map([first], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Calls `visit` with each checkpoint of `first` leaves and more as it lies in the file, in the order of sizes.
pub fn each_raw_checkpoint(
    connection: &Connection,
    first: i64,
    mut visit: impl FnMut(RawCheckpoint<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT size, origin, root, note FROM checkpoint WHERE size >= ?1 ORDER BY size",
    )?;
    let mut rows = statement.query([first])?;
    while let Some(row) = rows.next()? {
        visit(raw_checkpoint(row)?)?;
    }
    Ok(())
}

fn raw_checkpoint<'a>(row: &'a Row<'_>) -> rusqlite::Result<RawCheckpoint<'a>> {
    Ok(RawCheckpoint {
        size: row.get(0)?,
        origin: row.get_ref(1)?.as_bytes()?,
        root: row.get_ref(2)?.as_bytes()?,
        note: row.get_ref(3)?.as_bytes()?,
    })
}

fn checkpoint(row: &Row<'_>) -> rusqlite::Result<CheckpointRow> {
    Ok(CheckpointRow {
        size: row.get(0)?,
        origin: row.get(1)?,
        root: row.get(2)?,
        note: row.get(3)?,
    })
}

/// Adds what became of a key.
pub fn insert_key_event(
    connection: &Connection,
    sequence: i64,
    change: &str,
    origin: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO key_event (sequence, change, origin) VALUES (?1, ?2, ?3)")?
        .execute(params![sequence, change, origin])?;
    Ok(())
}

/// The leaf of the newest event of a key.
pub fn last_key_event(connection: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT max(sequence) FROM key_event")?
        .query_row([], |row| row.get(0))?)
}

/// The leaves with which keys were made, in order.
pub fn keys_made(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT sequence FROM key_event WHERE change = 'made' ORDER BY sequence")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The key leaves, in order, as the evidence itself has them: reads every leaf.
pub fn key_leaves(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        r#"SELECT sequence FROM leaf WHERE substr(record, 1, 10) = '{"t":"key"' ORDER BY sequence"#,
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds that the log was taken up again.
pub fn insert_restoration(connection: &Connection, sequence: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO restoration (sequence) VALUES (?1)")?
        .execute([sequence])?;
    Ok(())
}

/// How often the log was taken up again.
pub fn restorations(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM restoration", [], |row| row.get(0))?)
}

/// Adds that the file was brought to a newer schema.
pub fn insert_schema_change(connection: &Connection, sequence: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO schema_change (sequence) VALUES (?1)")?
        .execute([sequence])?;
    Ok(())
}

/// The leaf of the newest migration.
pub fn last_schema_change(connection: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT max(sequence) FROM schema_change")?
        .query_row([], |row| row.get(0))?)
}
