//! Rows of words and fields that the program does not know.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;

/// Counts an unknown word or field of the answer `sequence`.
pub fn count(
    connection: &Connection,
    action: &str,
    kind: &str,
    name: &str,
    value: &str,
    sequence: i64,
) -> Result<(), StoreError> {
    let known = connection
        .prepare_cached(
            "SELECT unknown_id FROM unknown WHERE action = ?1 AND kind = ?2 AND name = ?3 AND value = ?4",
        )?
        .query_row([action, kind, name, value], |row| row.get(0))
        .optional()?;
    let unknown_id: i64 = match known {
        Some(unknown_id) => unknown_id,
        None => {
            connection
                .prepare_cached(
                    "INSERT INTO unknown (action, kind, name, value) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute([action, kind, name, value])?;
            connection.last_insert_rowid()
        }
    };
    connection
        .prepare_cached("INSERT INTO unknown_seen (unknown_id, sequence) VALUES (?1, ?2)")?
        .execute(params![unknown_id, sequence])?;
    Ok(())
}

/// Whether any answer from `first` to `last` held one.
pub fn any_between(connection: &Connection, first: i64, last: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (
                 SELECT 1 FROM unknown u CROSS JOIN unknown_seen s
                     ON s.unknown_id = u.unknown_id AND s.sequence BETWEEN ?1 AND ?2)",
        )?
        .query_row([first, last], |row| row.get(0))?)
}
