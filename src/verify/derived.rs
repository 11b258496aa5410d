//! Derived rows: everything is derived again into a private database, and both are compared row by row.

use super::report::{Findings, Kind, Report};
use crate::record::{DERIVE_VERSION, Deriver};
use crate::store::catalogue::Table;
use crate::store::compare::{Cell, Unlike, ValueRef, compare};
use crate::store::{Connection, StoreError, derived};

/// Columns whose values no message shows: they may hold customers' secrets.
const PRIVATE: [&str; 4] = ["message", "arguments", "message_json", "arguments_json"];

/// The table of these columns.
const PRIVATE_TABLE: &str = "bpstudio_operation_version";

/// Characters of a value that a message shows: enough to recognize it.
const SHOWN_CHARS: usize = 40;

/// Derives every leaf up to `through` into `aside` and compares all derived tables.
pub(super) fn check(
    live: &Connection,
    aside: &mut Connection,
    through: i64,
    findings: &mut Findings,
    report: &mut Report,
) -> Result<(), StoreError> {
    let aside = aside.transaction()?;
    derived::clear(&aside, DERIVE_VERSION)?;
    let mut deriver = Deriver::default();
    match deriver.catch_up(live, &aside, through) {
        Ok(()) => {}
        Err(error) if error.is_damage() => {
            let key = format_args!("sequence={}", deriver.reached());
            let what = format_args!("cannot be derived: {error}; derived rows were not compared");
            findings.add(Kind::Invalid, "leaf", key, what);
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    for name in derived::TABLES.into_iter().rev() {
        let table = Table::read(&aside, name)?;
        let compared = compare(live, &aside, &table, |key, unlike| match unlike {
            Unlike::OnlyFirst => {
                findings.add(Kind::Extra, name, key, "the evidence gives no such row")
            }
            Unlike::OnlySecond => {
                findings.add(Kind::Missing, name, key, "the evidence gives this row")
            }
            Unlike::Values(cells) => findings.add(Kind::Invalid, name, key, describe(name, &cells)),
        });
        report.rows_compared += findings.unless_damaged(name, compared)?.unwrap_or(0);
    }
    Ok(())
}

/// Names the columns that differ, with what they hold and what they should.
fn describe(table: &str, cells: &[Cell<'_>]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| {
            let column = cell.column;
            if table == PRIVATE_TABLE && PRIVATE.contains(&column) {
                return format!("{column} differs from the evidence");
            }
            let (kept, derived) = (show(cell.first), show(cell.second));
            format!("{column} is {kept}, the evidence gives {derived}")
        })
        .collect();
    cells.join("; ")
}

fn show(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let shown: String = text.chars().take(SHOWN_CHARS).collect();
            let cut = if shown.len() < text.len() { "…" } else { "" };
            format!("{shown:?}{cut}")
        }
        ValueRef::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_but_for_private_ones() {
        let long = "é".repeat(SHOWN_CHARS + 1);
        let cells = [
            Cell {
                column: "message",
                first: ValueRef::Text(b"secret"),
                second: ValueRef::Null,
            },
            Cell {
                column: "status",
                first: ValueRef::Text(b"\x1b[2J\xff"),
                second: ValueRef::Text(long.as_bytes()),
            },
        ];
        let text = describe(PRIVATE_TABLE, &cells);
        assert!(!text.contains("secret") && !text.contains('\x1b'), "{text}");
        assert!(text.starts_with("message differs from the evidence; status is \"\\u{1b}[2J"));
        assert!(text.ends_with("é\"…"), "{text}");
        assert!(describe("exchange_error", &cells[..1]).contains("secret"));
    }
}
