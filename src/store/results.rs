//! Rows of results, and the dictionaries that keep them small.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use crate::model::{Phase, ResultVersion};

/// Our number of a status word as sent.
pub fn status(
    connection: &Connection,
    raw: Option<&str>,
    trimmed: Option<&str>,
    phase: Phase,
) -> Result<i64, StoreError> {
    let known = connection
        .prepare_cached("SELECT status_no FROM result_status WHERE status_raw IS ?1")?
        .query_row([raw], |row| row.get(0))
        .optional()?;
    if let Some(status_no) = known {
        return Ok(status_no);
    }
    connection
        .prepare_cached(
            "INSERT INTO result_status (status_raw, status, phase) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![raw, trimmed, phase])?;
    Ok(connection.last_insert_rowid())
}

/// What a status word is once trimmed, and its phase.
pub fn status_word(
    connection: &Connection,
    status_no: i64,
) -> Result<(Option<String>, Phase), StoreError> {
    Ok(connection
        .prepare_cached("SELECT status, phase FROM result_status WHERE status_no = ?1")?
        .query_row([status_no], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Our number of a reason or folder.
pub fn text(connection: &Connection, value: &str) -> Result<i64, StoreError> {
    let known = connection
        .prepare_cached("SELECT text_no FROM result_text WHERE value = ?1")?
        .query_row([value], |row| row.get(0))
        .optional()?;
    if let Some(text_no) = known {
        return Ok(text_no);
    }
    connection
        .prepare_cached("INSERT INTO result_text (value) VALUES (?1)")?
        .execute([value])?;
    Ok(connection.last_insert_rowid())
}

/// The newest version of each known row of an operation whose target is above `after`, by target; at most
/// `limit`.
pub fn newest(
    connection: &Connection,
    op: i64,
    after: i64,
    limit: usize,
) -> Result<Vec<ResultVersion>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT target, version, from_sequence, stretch, flags, status_no, reason_no, folder_no
         FROM result_version WHERE op = ?1 AND target > ?2 ORDER BY target, version",
    )?;
    let mut rows = statement.query([op, after])?;
    let mut newest: Vec<ResultVersion> = Vec::new();
    while let Some(row) = rows.next()? {
        let version = ResultVersion {
            target: row.get(0)?,
            version: row.get(1)?,
            from_sequence: row.get(2)?,
            stretch: row.get(3)?,
            flags: row.get(4)?,
            status_no: row.get(5)?,
            reason_no: row.get(6)?,
            folder_no: row.get(7)?,
        };
        let is_full = newest.len() == limit;
        match newest.last_mut() {
            Some(last) if last.target == version.target => *last = version,
            _ if is_full => break,
            _ => newest.push(version),
        }
    }
    Ok(newest)
}

/// Rows that one statement adds: 16 take a third less time than each by itself.
const ROWS_AT_ONCE: usize = 16;

/// Columns of a row.
const COLUMNS: usize = 9;

/// Adds versions of rows of an operation.
pub fn insert(
    connection: &Connection,
    op: i64,
    versions: &[ResultVersion],
) -> Result<(), StoreError> {
    let (many, rest) = versions.as_chunks::<ROWS_AT_ONCE>();
    let many = many.iter().map(|rows| rows.as_slice());
    insert_each(connection, op, many, ROWS_AT_ONCE)?;
    insert_each(connection, op, rest.chunks(1), 1)
}

/// Adds rows with a statement for `length` of them.
fn insert_each<'v>(
    connection: &Connection,
    op: i64,
    parts: impl ExactSizeIterator<Item = &'v [ResultVersion]>,
    length: usize,
) -> Result<(), StoreError> {
    if parts.len() == 0 {
        return Ok(());
    }
    let values = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?)"; length].join(", ");
    let mut statement = connection.prepare_cached(&format!(
        "INSERT INTO result_version
             (op, target, version, from_sequence, stretch, flags, status_no, reason_no, folder_no)
         VALUES {values}"
    ))?;
    for part in parts {
        for (row, first) in part.iter().zip((1..).step_by(COLUMNS)) {
            let numbers: [Option<i64>; COLUMNS] = [
                Some(op),
                Some(row.target),
                Some(row.version),
                Some(row.from_sequence),
                Some(row.stretch),
                Some(row.flags),
                Some(row.status_no),
                row.reason_no,
                row.folder_no,
            ];
            for (number, place) in numbers.into_iter().zip(first..) {
                statement.raw_bind_parameter(place, number)?;
            }
        }
        statement.raw_execute()?;
    }
    Ok(())
}
