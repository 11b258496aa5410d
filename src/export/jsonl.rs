//! JSON lines: one object a row, one row a line.

use std::io::{self, Write};

use super::buffer::Buffer;
use super::object::Objects;
use super::{Cell, Encoder, Layout};

/// Writes JSON lines.
pub(super) struct Jsonl {
    objects: Objects,
    buffer: Buffer,
}

impl Jsonl {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            objects: Objects::new(&layout.json_columns),
            buffer: Buffer::default(),
        }
    }
}

impl Encoder for Jsonl {
    fn header(&mut self, columns: &[&str], _out: &mut dyn Write) -> io::Result<()> {
        self.objects.set_columns(columns);
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
        self.objects.push(cells, &mut self.buffer.bytes);
        self.buffer.bytes.push(b'\n');
        self.buffer.flush_if_full(out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.buffer.flush(out)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Format, encode};
    use super::*;

    fn lines(json_columns: &[&str], columns: &[&str], rows: &[&[Cell<'_>]]) -> String {
        let layout = Layout {
            json_columns: json_columns.iter().map(|&name| name.to_owned()).collect(),
            ..Layout::default()
        };
        encode(Format::Jsonl, &layout, columns, rows)
    }

    #[test]
    fn identifiers_are_strings_and_counts_are_numbers() {
        let text = lines(
            &[],
            &["account_id", "total_count", "reason", "average"],
            &[
                &[
                    Cell::Text("1234567890123456"),
                    Cell::Integer(i64::MAX),
                    Cell::Null,
                    Cell::Real(0.5),
                ],
                &[
                    Cell::Text(""),
                    Cell::Integer(0),
                    Cell::Text("a\"b\\\n"),
                    Cell::Null,
                ],
            ],
        );
        assert_eq!(
            text,
            concat!(
                r#"{"account_id":"1234567890123456","total_count":9223372036854775807,"reason":null,"average":0.5}"#,
                "\n",
                r#"{"account_id":"","total_count":0,"reason":"a\"b\\\n","average":null}"#,
                "\n"
            )
        );
    }

    #[test]
    fn json_in_a_json_column_is_a_value_and_stays_exact() {
        let exact = r#"{"n":12345678901234567890123,"n":1.50,"s":"\u00e9"}"#;
        let text = lines(
            &["details"],
            &["details", "reason"],
            &[
                &[Cell::Text(exact), Cell::Text("[1]")],
                &[Cell::Text("[1,\r\n 2]"), Cell::Null],
                &[Cell::Text("{not json"), Cell::Null],
                &[Cell::Text(""), Cell::Null],
                &[Cell::Text("[1] [2]"), Cell::Null],
            ],
        );
        let expected = [
            &format!(r#"{{"details":{exact},"reason":"[1]"}}"#),
            r#"{"details":[1, 2],"reason":null}"#,
            r#"{"details":"{not json","reason":null}"#,
            r#"{"details":"","reason":null}"#,
            r#"{"details":"[1] [2]","reason":null}"#,
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn hostile_text_stays_on_its_line_and_reads_back() {
        let hostile = "\u{1b}]52;c;x\u{7}\r\n\u{2028}\u{202e}\u{0}\"},{\"x\":\"";
        let text = lines(&[], &["t"], &[&[Cell::Text(hostile)]]);
        assert_eq!(text.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, serde_json::json!({ "t": hostile }));
    }
}
