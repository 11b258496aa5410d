//! One row as a JSON object: what [`json`](super::json) and [`jsonl`](super::jsonl) share.
//!
//! Identifiers are strings because they are text in the views; integers stay integers. A column
//! that is known to hold JSON is written as a value where its text is valid JSON, byte for byte:
//! numbers of any length and repeated keys survive.

use serde_json::value::RawValue;

use super::Cell;
use super::buffer::{push_hex, push_integer, push_real};

/// One column: its key as it stands in every object, and whether its text is JSON.
struct Column {
    /// `"name":`, escaped once.
    key: Vec<u8>,
    holds_json: bool,
}

/// Writes rows as objects.
pub(super) struct Objects {
    json_columns: Vec<String>,
    columns: Vec<Column>,
}

impl Objects {
    pub(super) fn new(json_columns: &[String]) -> Self {
        Self {
            json_columns: json_columns.to_vec(),
            columns: Vec::new(),
        }
    }

    /// Takes the column names of the rows that follow.
    pub(super) fn set_columns(&mut self, names: &[&str]) {
        self.columns = names
            .iter()
            .map(|&name| {
                let mut key = Vec::with_capacity(name.len() + 3);
                push_string(&mut key, name);
                key.push(b':');
                Column {
                    key,
                    holds_json: self.json_columns.iter().any(|known| known == name),
                }
            })
            .collect();
    }

    /// Appends one row as `{…}`, on one line.
    pub(super) fn push(&self, cells: &[Cell<'_>], out: &mut Vec<u8>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        out.push(b'{');
        for (index, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&column.key);
            match *cell {
                Cell::Null => out.extend_from_slice(b"null"),
                Cell::Integer(value) => push_integer(out, value),
                Cell::Real(value) => push_real(out, value),
                Cell::Text(text) if column.holds_json => push_json(out, text),
                Cell::Text(text) => push_string(out, text),
                Cell::Blob(bytes) => {
                    out.push(b'"');
                    push_hex(out, bytes);
                    out.push(b'"');
                }
            }
        }
        out.push(b'}');
    }
}

/// Appends a JSON string.
fn push_string(out: &mut Vec<u8>, text: &str) {
    // Serializing a &str into a Vec has no way to fail: no I/O, no non-string key.
    let _ = serde_json::to_writer(&mut *out, text);
}

/// Appends a text that should be JSON: as it is where it is valid, as a string where not. Line ends
/// can only stand between its tokens (inside a string they are escaped), so they are left out to
/// keep a row on one line.
fn push_json(out: &mut Vec<u8>, text: &str) {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(value) => out.extend(
            value
                .get()
                .bytes()
                .filter(|byte| !matches!(byte, b'\n' | b'\r')),
        ),
        Err(_) => push_string(out, text),
    }
}
