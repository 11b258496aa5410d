//! Two copies of a table, row by row: a merge of both in the order of the primary key, so that memory does
//! not grow with the table.

use std::cmp::Ordering;
use std::fmt::Write as _;

use rusqlite::{Connection, Row};

pub use rusqlite::types::ValueRef;

use super::StoreError;
use super::catalogue::Table;

/// A row that is not the same in both copies.
#[derive(Debug)]
pub enum Unlike<'a> {
    /// Only the first copy has it.
    OnlyFirst,
    /// Only the second copy has it.
    OnlySecond,
    /// Both have it, with other values in these columns.
    Values(Vec<Cell<'a>>),
}

/// One column of a row in both copies.
#[derive(Debug)]
pub struct Cell<'a> {
    /// Name of the column.
    pub column: &'a str,
    /// Value in the first copy.
    pub first: ValueRef<'a>,
    /// Value in the second copy.
    pub second: ValueRef<'a>,
}

/// Compares all rows of `table`, calls `visit` with the key of each that is not the same, and tells how many
/// keys there are in both copies together. A key is written `column=value, column=value`.
pub fn compare(
    first: &Connection,
    second: &Connection,
    table: &Table,
    mut visit: impl FnMut(&str, Unlike<'_>),
) -> Result<i64, StoreError> {
    let sql = table.select_in_order();
    let (mut first, mut second) = (first.prepare(&sql)?, second.prepare(&sql)?);
    let (mut first, mut second) = (first.query([])?, second.query([])?);
    let (mut a, mut b) = (first.next()?, second.next()?);
    let mut keys = 0;
    loop {
        let order = match (a, b) {
            (None, None) => return Ok(keys),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => key_order(table, a, b)?,
        };
        keys += 1;
        match (order, a, b) {
            (Ordering::Less, Some(row), _) => visit(&key_text(table, row)?, Unlike::OnlyFirst),
            (Ordering::Greater, _, Some(row)) => visit(&key_text(table, row)?, Unlike::OnlySecond),
            (Ordering::Equal, Some(a), Some(b)) => {
                let cells = unlike_cells(table, a, b)?;
                if !cells.is_empty() {
                    visit(&key_text(table, a)?, Unlike::Values(cells));
                }
            }
            _ => {}
        }
        if order.is_le() {
            a = first.next()?;
        }
        if order.is_ge() {
            b = second.next()?;
        }
    }
}

fn key_order(table: &Table, a: &Row<'_>, b: &Row<'_>) -> Result<Ordering, StoreError> {
    for column in &table.key {
        let order = value_order(a.get_ref(*column)?, b.get_ref(*column)?);
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

fn unlike_cells<'a>(
    table: &'a Table,
    a: &'a Row<'_>,
    b: &'a Row<'_>,
) -> Result<Vec<Cell<'a>>, StoreError> {
    let mut cells = Vec::new();
    for (place, column) in table.columns.iter().enumerate() {
        let (first, second) = (a.get_ref(place)?, b.get_ref(place)?);
        if first != second {
            cells.push(Cell {
                column,
                first,
                second,
            });
        }
    }
    Ok(cells)
}

/// SQLite's order of values under binary collation: NULL, numbers, text, blobs. The tables are STRICT and
/// have no REAL column, so that numbers are integers.
fn value_order(a: ValueRef<'_>, b: ValueRef<'_>) -> Ordering {
    match (a, b) {
        (ValueRef::Integer(a), ValueRef::Integer(b)) => a.cmp(&b),
        (ValueRef::Text(a), ValueRef::Text(b)) | (ValueRef::Blob(a), ValueRef::Blob(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: ValueRef<'_>) -> u8 {
    match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) | ValueRef::Real(_) => 1,
        ValueRef::Text(_) => 2,
        ValueRef::Blob(_) => 3,
    }
}

fn key_text(table: &Table, row: &Row<'_>) -> Result<String, StoreError> {
    let mut text = String::new();
    for column in &table.key {
        if !text.is_empty() {
            text.push_str(", ");
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{}=", table.columns[*column]);
        let _ = match row.get_ref(*column)? {
            ValueRef::Integer(number) => write!(text, "{number}"),
            ValueRef::Text(bytes) => {
                write!(text, "{}", String::from_utf8_lossy(bytes).escape_debug())
            }
            other => write!(text, "{other:?}"),
        };
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn copy(rows: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (a INTEGER NOT NULL, b TEXT NOT NULL, c BLOB, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID",
            )
            .unwrap();
        if !rows.is_empty() {
            connection
                .execute_batch(&format!("INSERT INTO t VALUES {rows}"))
                .unwrap();
        }
        connection
    }

    fn differences(first: &str, second: &str) -> (i64, Vec<String>) {
        let (first, second) = (copy(first), copy(second));
        let table = Table::read(&first, "t").unwrap();
        let mut found = Vec::new();
        let keys = compare(&first, &second, &table, |key, unlike| {
            let what = match unlike {
                Unlike::OnlyFirst => "first".to_owned(),
                Unlike::OnlySecond => "second".to_owned(),
                Unlike::Values(cells) => cells.iter().map(|cell| cell.column).collect(),
            };
            found.push(format!("{key}: {what}"));
        })
        .unwrap();
        (keys, found)
    }

    #[test]
    fn copies_are_merged_by_key() {
        let rows = "(1, 'x', NULL), (2, 'x', x'00'), (2, 'y', x'00')";
        assert_eq!(differences(rows, rows), (3, vec![]));
        assert_eq!(differences("", ""), (0, vec![]));
        assert_eq!(
            differences(
                "(1, 'x', NULL), (2, 'y', x'00')",
                "(0, 'é\n', NULL), (1, 'x', x''), (2, 'x', NULL), (2, 'y', x'00')",
            ),
            (
                4,
                vec![
                    "a=0, b=é\\n: second".to_owned(),
                    "a=1, b=x: c".to_owned(),
                    "a=2, b=x: second".to_owned()
                ]
            )
        );
        assert_eq!(
            differences("(1, 'x', NULL), (3, 'x', NULL)", "(2, 'x', NULL)").1,
            ["a=1, b=x: first", "a=2, b=x: second", "a=3, b=x: first"]
        );
    }
}
