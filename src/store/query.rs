//! Reading for people: any SELECT, row by row, without knowing its columns.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};

use super::StoreError;

/// One value of a row, borrowed from SQLite while the row is visited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(&'a str),
    /// BLOB.
    Blob(&'a [u8]),
}

/// Names of the columns of a SELECT.
pub fn columns(connection: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    let statement = connection.prepare(sql)?;
    Ok(statement.column_names().map(str::to_owned).collect())
}

/// Runs a SELECT with text parameters and calls `visit` with each row. `visit` ends the reading early by
/// returning `false`.
pub fn each_row(
    connection: &Connection,
    sql: &str,
    parameters: &[String],
    mut visit: impl FnMut(&[Value<'_>]) -> bool,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query(params_from_iter(parameters))?;
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(width);
        for column in 0..width {
            values.push(match row.get_ref(column)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|_| {
                    StoreError::Inconsistent(format!(
                        "column {column} holds text that is not UTF-8"
                    ))
                })?),
                ValueRef::Blob(bytes) => Value::Blob(bytes),
            });
        }
        if !visit(&values) {
            break;
        }
    }
    Ok(())
}
