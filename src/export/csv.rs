//! CSV as RFC 4180 has it, with LF and with NULL told from the empty text.
//!
//! The RFC knows one kind of empty field; here an empty field is NULL and `""` is the empty text,
//! as PostgreSQL and DuckDB read it. A field is quoted only where it must be: it holds the
//! delimiter, a quote or a line end, it is empty, or it reads like the text chosen for NULL.
//! Leading and trailing blanks belong to a field (RFC 4180, 2.4) and need no quotes.
//!
//! A NULL that is alone in its row makes an empty line, which many readers skip, and lose the row. No spelling of
//! CSV tells it from a line that is not there: who writes one column chooses a text for NULL.

use std::io::{self, Write};

use super::buffer::{Buffer, push_hex, push_integer, push_real};
use super::{Cell, Delimiter, Encoder, Layout, LayoutError};

/// U+FEFF in UTF-8: what spreadsheets take for a sign that a file is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Writes CSV.
pub(super) struct Csv {
    delimiter: u8,
    /// What stands for NULL.
    null: Vec<u8>,
    header: bool,
    bom: bool,
    /// For each byte, whether a field that holds it must be quoted.
    special: [bool; 256],
    buffer: Buffer,
}

impl Csv {
    /// Refuses a NULL text that would have to be quoted, since quoted it would be a text.
    pub(super) fn new(layout: &Layout) -> Result<Self, LayoutError> {
        let delimiter = layout.delimiter.unwrap_or(Delimiter::COMMA).byte();
        let mut special = [false; 256];
        for byte in [delimiter, b'"', b'\r', b'\n'] {
            special[usize::from(byte)] = true;
        }
        let null = layout.null.clone().unwrap_or_default();
        if null.bytes().any(|byte| special[usize::from(byte)]) {
            return Err(LayoutError::Null(null));
        }
        Ok(Self {
            delimiter,
            null: null.into_bytes(),
            header: !layout.no_header,
            bom: layout.bom,
            special,
            buffer: Buffer::default(),
        })
    }

    fn push_cell(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Null => self.buffer.bytes.extend_from_slice(&self.null),
            Cell::Text(text) => self.push_text(text.as_bytes()),
            Cell::Integer(value) => self.push_plain(|out| push_integer(out, value)),
            Cell::Real(value) => self.push_plain(|out| push_real(out, value)),
            Cell::Blob([]) => self.push_text(b""),
            Cell::Blob(bytes) => self.push_plain(|out| push_hex(out, bytes)),
        }
    }

    /// A value that holds nothing special by construction; quoted only where it reads like NULL.
    fn push_plain(&mut self, push: impl FnOnce(&mut Vec<u8>)) {
        let start = self.buffer.bytes.len();
        push(&mut self.buffer.bytes);
        if self.buffer.bytes[start..] == self.null[..] {
            self.buffer.bytes.insert(start, b'"');
            self.buffer.bytes.push(b'"');
        }
    }

    fn push_text(&mut self, text: &[u8]) {
        let plain = !text.is_empty()
            && !text.iter().any(|&byte| self.special[usize::from(byte)])
            && text != self.null;
        let out = &mut self.buffer.bytes;
        if plain {
            out.extend_from_slice(text);
            return;
        }
        out.push(b'"');
        for (index, piece) in text.split(|&byte| byte == b'"').enumerate() {
            if index > 0 {
                out.extend_from_slice(b"\"\"");
            }
            out.extend_from_slice(piece);
        }
        out.push(b'"');
    }

    fn push_line<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) {
        for (index, cell) in cells.enumerate() {
            if index > 0 {
                self.buffer.bytes.push(self.delimiter);
            }
            self.push_cell(cell);
        }
        self.buffer.bytes.push(b'\n');
    }
}

impl Encoder for Csv {
    fn header(&mut self, columns: &[&str], out: &mut dyn Write) -> io::Result<()> {
        if self.bom {
            self.buffer.bytes.extend_from_slice(BYTE_ORDER_MARK);
        }
        if self.header {
            self.push_line(columns.iter().map(|name| Cell::Text(name)));
        }
        self.buffer.flush_if_full(out)
    }

    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
        self.push_line(cells.iter().copied());
        self.buffer.flush_if_full(out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.buffer.flush(out)
    }
}

#[cfg(test)]
mod tests;
