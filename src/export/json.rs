//! One JSON array of objects, a row a line.

use std::io::{self, Write};

use super::buffer::Buffer;
use super::object::Objects;
use super::{Cell, Encoder, Layout};

/// Writes a JSON array.
pub(super) struct Json {
    objects: Objects,
    buffer: Buffer,
    is_empty: bool,
}

impl Json {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            objects: Objects::new(&layout.json_columns),
            buffer: Buffer::default(),
            is_empty: true,
        }
    }
}

impl Encoder for Json {
    fn header(&mut self, columns: &[&str], _out: &mut dyn Write) -> io::Result<()> {
        self.objects.set_columns(columns);
        self.buffer.bytes.push(b'[');
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
        let before: &[u8] = if self.is_empty { b"\n" } else { b",\n" };
        self.is_empty = false;
        self.buffer.bytes.extend_from_slice(before);
        self.objects.push(cells, &mut self.buffer.bytes);
        self.buffer.flush_if_full(out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let end: &[u8] = if self.is_empty { b"]\n" } else { b"\n]\n" };
        self.buffer.bytes.extend_from_slice(end);
        self.buffer.flush(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, encode};
    use super::*;

    #[test]
    fn an_array_of_objects() {
        let rows: &[&[Cell<'_>]] = &[
            &[Cell::Text("a"), Cell::Integer(1)],
            &[Cell::Null, Cell::Blob(&[0xab])],
        ];
        assert_eq!(
            encode(Format::Json, &Layout::default(), &["id", "n"], rows),
            "[\n{\"id\":\"a\",\"n\":1},\n{\"id\":null,\"n\":\"ab\"}\n]\n"
        );
    }

    #[test]
    fn no_rows_are_an_empty_array() {
        assert_eq!(
            encode(Format::Json, &Layout::default(), &["id"], &[]),
            "[]\n"
        );
    }
}
