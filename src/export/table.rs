//! A table for people: aligned columns, every cell escaped, fitted to the width of the terminal.
//!
//! It is the one format that is not exact. The first rows are held back to measure the columns;
//! the rest streams with those widths. Where a column is too narrow a cell is cut and ends in `…`;
//! where the columns cannot all be shown legibly, each row is written as a block of
//! `name  value` lines instead, uncut, so that nothing is left out on a narrow terminal.

mod fit;

use std::borrow::Cow;
use std::io::{self, Write};

use super::buffer::{Buffer, push_hex, push_integer, push_real};
use super::escape::terminal;
use super::paint::{PLAIN, Paint};
use super::{Cell, Encoder, Layout};
pub use fit::shorten;
use fit::{GAP, push_padded, widths_that_fit};
use unicode_width::UnicodeWidthStr;

/// Rows held back to measure the columns: more than anyone reads, few enough to be at once.
const SAMPLE_ROWS: usize = 1_000;

/// Text held back at most, in bytes, so that rows of a megabyte each do not fill the memory.
const SAMPLE_BYTES: usize = 1 << 20;

/// What stands for NULL where nothing else is asked for.
const DEFAULT_NULL: &str = "-";

/// A cell as it will be shown: escaped, not yet cut.
struct Shown {
    text: String,
    is_number: bool,
    /// Its color, if it has one and colors are wanted.
    paint: Option<Paint>,
}

/// How rows are laid out, known once the sample is measured.
enum Shape {
    /// Columns side by side, each this many terminal columns wide.
    Columns { widths: Vec<usize>, cut: bool },
    /// A block of lines for each row; names padded to this many columns.
    Blocks {
        name_width: usize,
        rows_written: u64,
    },
}

/// Writes a table.
pub(super) struct Table {
    width: Option<usize>,
    header: bool,
    color: bool,
    null: String,
    columns: Vec<String>,
    painted_columns: Vec<String>,
    sample: Vec<Vec<Shown>>,
    sample_bytes: usize,
    shape: Option<Shape>,
    buffer: Buffer,
}

impl Table {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            width: layout.width,
            header: !layout.no_header,
            color: layout.color,
            null: layout.null.as_deref().map_or_else(
                || DEFAULT_NULL.to_owned(),
                |text| terminal(text).into_owned(),
            ),
            columns: Vec::new(),
            painted_columns: layout.painted_columns.clone(),
            sample: Vec::new(),
            sample_bytes: 0,
            shape: None,
            buffer: Buffer::default(),
        }
    }

    fn show(&self, column: usize, cell: Cell<'_>) -> Shown {
        let (text, is_number) = match cell {
            Cell::Null => (self.null.clone(), false),
            Cell::Integer(value) => (ascii(|out| push_integer(out, value)), true),
            Cell::Real(value) => (ascii(|out| push_real(out, value)), true),
            Cell::Text(text) => (terminal(text).into_owned(), false),
            Cell::Blob(bytes) => (ascii(|out| push_hex(out, bytes)), false),
        };
        let is_painted = self.color && self.painted_columns.contains(&self.columns[column]);
        let paint = is_painted.then(|| Paint::of_word(&text)).flatten();
        Shown {
            text,
            is_number,
            paint,
        }
    }

    /// Chooses the shape from the sample and writes what was held back.
    fn settle(&mut self) {
        let natural = self.natural_widths();
        let mut shape = match self.width {
            None => Shape::Columns {
                widths: natural,
                cut: false,
            },
            Some(width) => match widths_that_fit(&natural, width) {
                Some(widths) => Shape::Columns { widths, cut: true },
                None => Shape::Blocks {
                    name_width: self
                        .columns
                        .iter()
                        .map(|name| name.width())
                        .max()
                        .unwrap_or(0),
                    rows_written: 0,
                },
            },
        };
        let sample = std::mem::take(&mut self.sample);
        if let Shape::Columns { widths, .. } = &shape
            && self.header
        {
            self.push_header(widths, &sample);
        }
        for row in &sample {
            self.push_row(&mut shape, row);
        }
        self.shape = Some(shape);
    }

    fn natural_widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .map(|name| if self.header { name.width() } else { 0 })
            .collect();
        for row in &self.sample {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        widths
    }

    /// The names over a rule; a name stands at the right where its column holds numbers.
    fn push_header(&mut self, widths: &[usize], sample: &[Vec<Shown>]) {
        let (bold, plain) = if self.color {
            ("\u{1b}[1m", "\u{1b}[0m")
        } else {
            ("", "")
        };
        let names: Vec<Shown> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, name)| Shown {
                text: name.clone(),
                is_number: sample.iter().any(|row| row[index].is_number),
                paint: None,
            })
            .collect();
        self.buffer.bytes.extend_from_slice(bold.as_bytes());
        push_line(&mut self.buffer.bytes, widths, &names, true);
        self.buffer.bytes.extend_from_slice(plain.as_bytes());
        self.buffer.bytes.push(b'\n');
        let rule: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
        self.buffer
            .bytes
            .extend_from_slice(rule.join(GAP).as_bytes());
        self.buffer.bytes.push(b'\n');
    }

    fn push_row(&mut self, shape: &mut Shape, row: &[Shown]) {
        let out = &mut self.buffer.bytes;
        match shape {
            Shape::Columns { widths, cut } => {
                push_line(out, widths, row, *cut);
                out.push(b'\n');
            }
            Shape::Blocks {
                name_width,
                rows_written,
            } => {
                *rows_written += 1;
                out.extend_from_slice(format!("── {rows_written} ──\n").as_bytes());
                for (name, cell) in self.columns.iter().zip(row) {
                    push_padded(out, name, *name_width, false);
                    out.extend_from_slice(GAP.as_bytes());
                    out.extend_from_slice(cell.text.as_bytes());
                    out.push(b'\n');
                }
            }
        }
    }
}

impl Encoder for Table {
    fn header(&mut self, columns: &[&str], _out: &mut dyn Write) -> io::Result<()> {
        self.columns = columns
            .iter()
            .map(|name| terminal(name).into_owned())
            .collect();
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        let row = cells.iter().enumerate();
        let row: Vec<Shown> = row.map(|(column, &cell)| self.show(column, cell)).collect();
        if let Some(mut shape) = self.shape.take() {
            self.push_row(&mut shape, &row);
            self.shape = Some(shape);
        } else {
            self.sample_bytes += row.iter().map(|cell| cell.text.len()).sum::<usize>();
            self.sample.push(row);
            if self.sample.len() >= SAMPLE_ROWS || self.sample_bytes >= SAMPLE_BYTES {
                self.settle();
            }
        }
        self.buffer.flush_if_full(out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.shape.is_none() {
            self.settle();
        }
        self.buffer.flush(out)
    }
}

/// Appends the cells of one line, without its end and without blanks at its end.
fn push_line(out: &mut Vec<u8>, widths: &[usize], row: &[Shown], cut: bool) {
    let start = out.len();
    for (index, (cell, &width)) in row.iter().zip(widths).enumerate() {
        if index > 0 {
            out.extend_from_slice(GAP.as_bytes());
        }
        let text = match cut {
            true => shorten(&cell.text, width),
            false => Cow::Borrowed(cell.text.as_str()),
        };
        match cell.paint {
            Some(paint) => push_painted(out, &text, width, paint),
            None => push_padded(out, &text, width, cell.is_number),
        }
    }
    while out.len() > start && out.ends_with(b" ") {
        out.pop();
    }
}

/// A word in its color, and blanks without one up to the width of its column.
fn push_painted(out: &mut Vec<u8>, word: &str, width: usize, paint: Paint) {
    out.extend_from_slice(paint.start().as_bytes());
    out.extend_from_slice(word.as_bytes());
    out.extend_from_slice(PLAIN.as_bytes());
    out.resize(out.len() + width.saturating_sub(word.width()), b' ');
}

/// What `push` appends; it appends ASCII.
fn ascii(push: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    push(&mut out);
    out.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests;
