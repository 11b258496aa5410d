//! CSV for people who open it in a spreadsheet, which takes some texts for formulas and runs them.
//!
//! A text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or NUL gets a `'` before it (OWASP ASVS 5.0,
//! 1.2.10), and so does a text that begins with `'`. Numbers stay as they are. That changes what stands in the file,
//! so a last column names the columns of a row that were changed: who takes the first `'` from each of these has the
//! exact text again. The default is the exact CSV, which this is not.

use std::io::{self, Write};

use super::csv::Csv;
use super::{Cell, Encoder, Layout, LayoutError};

/// Name of the column that names the changed columns of its row: a JSON array, or NULL.
const ESCAPED_COLUMN: &str = "_escaped";

/// Put before a text so that a spreadsheet takes it for text.
const MARK: char = '\'';

/// Whether a text gets a mark.
fn needs_mark(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0', MARK])
}

/// Writes CSV that a spreadsheet runs nothing of.
pub(super) struct SpreadsheetSafe {
    csv: Csv,
    columns: Vec<String>,
}

impl SpreadsheetSafe {
    /// Refuses a NULL text that would have to be marked, since marked it would be a text.
    pub(super) fn new(layout: &Layout) -> Result<Self, LayoutError> {
        match &layout.null {
            Some(null) if needs_mark(null) => Err(LayoutError::NullIsFormula(null.clone())),
            _ => Ok(Self {
                csv: Csv::new(layout)?,
                columns: Vec::new(),
            }),
        }
    }
}

impl Encoder for SpreadsheetSafe {
    fn header(&mut self, columns: &[&str], out: &mut dyn Write) -> io::Result<()> {
        self.columns = columns.iter().map(|&name| name.to_owned()).collect();
        self.csv.header(&[columns, &[ESCAPED_COLUMN]].concat(), out)
    }

    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
        let mut marked = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for (cell, name) in cells.iter().zip(&self.columns) {
            match cell {
                Cell::Text(text) if needs_mark(text) => {
                    marked.push(Some(format!("{MARK}{text}")));
                    names.push(name);
                }
                _ => marked.push(None),
            }
        }
        let escaped = serde_json::to_string(&names)?;
        let written = cells.iter().zip(&marked);
        let mut row: Vec<Cell<'_>> = written
            .map(|(cell, marked)| marked.as_deref().map_or(*cell, Cell::Text))
            .collect();
        row.push(match names.is_empty() {
            true => Cell::Null,
            false => Cell::Text(&escaped),
        });
        self.csv.row(&row, out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.csv.finish(out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Format, encode, encoder};
    use super::*;

    fn layout() -> Layout {
        Layout {
            spreadsheet_safe: true,
            ..Layout::default()
        }
    }

    #[test]
    fn fault_70_what_a_spreadsheet_would_run_is_marked_and_named() {
        let rows: &[&[Cell<'_>]] = &[
            &[Cell::Text("=cmd|'/c calc'!A0"), Cell::Integer(-5)],
            &[Cell::Text("plain"), Cell::Null],
            &[Cell::Text("'quoted"), Cell::Text("@a,b")],
            &[Cell::Text(""), Cell::Real(-0.5)],
        ];
        assert_eq!(
            encode(Format::Csv, &layout(), &["a", "b"], rows),
            "a,b,_escaped\n\
             '=cmd|'/c calc'!A0,-5,\"[\"\"a\"\"]\"\n\
             plain,,\n\
             ''quoted,\"'@a,b\",\"[\"\"a\"\",\"\"b\"\"]\"\n\
             \"\",-0.5,\n"
        );
    }

    #[test]
    fn fault_70_the_exact_text_comes_back() {
        let texts = [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "\t=1",
            "\r=1",
            "\0=1",
            "'",
            "''=1",
            "",
            "x=1",
            " =1",
            "＝1",
            "a'b",
            "1,\"=2\"\n=3",
        ];
        for text in texts {
            let columns = ["t", "other"];
            let row: &[Cell<'_>] = &[Cell::Text(text), Cell::Text("x")];
            let written = encode(Format::Csv, &layout(), &columns, &[row]);
            let mut reader = csv::Reader::from_reader(written.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            let escaped: Vec<String> = match &record[2] {
                "" => Vec::new(),
                names => serde_json::from_str(names).unwrap(),
            };
            let exact = match escaped.iter().any(|name| name == "t") {
                true => record[0].strip_prefix(MARK).unwrap(),
                false => &record[0],
            };
            assert_eq!(exact, text);
            let runs = ['=', '+', '-', '@', '\t', '\r', '\0'];
            assert!(!record[0].starts_with(runs), "{written:?}");
        }
    }

    #[test]
    fn a_mark_of_utf_8_stands_before_everything() {
        let layout = Layout {
            bom: true,
            ..layout()
        };
        let written = encode(Format::Csv, &layout, &["a"], &[]);
        assert_eq!(written, "\u{feff}a,_escaped\n");
    }

    #[test]
    fn it_belongs_to_csv_and_to_a_plain_null() {
        let refused = |format, layout: &Layout| encoder(format, layout).err().unwrap().to_string();
        let said = refused(Format::Jsonl, &layout());
        assert!(said.contains("--spreadsheet-safe"), "{said}");
        let bom = Layout {
            bom: true,
            ..Layout::default()
        };
        assert!(refused(Format::Table, &bom).contains("--bom"));
        let null = Layout {
            null: Some("-".to_owned()),
            ..layout()
        };
        assert!(refused(Format::Csv, &null).contains("formula"));
    }
}
