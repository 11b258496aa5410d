//! Rows and documents to bytes: CSV, JSON lines, JSON, workbooks, a table for people, a page.
//!
//! It is not a query and not a file: what comes in are column names and cells, what goes out is
//! written to whatever the caller hands over. Same rows, same options, same bytes: nothing here
//! reads a clock, the environment or the terminal; workbooks alone use temporary files. Depends on `model` alone.

pub mod bar;
mod buffer;
mod csv;
pub mod document;
pub mod escape;
mod json;
mod jsonl;
mod layout;
mod object;
pub mod paint;
pub mod shell;
mod spreadsheet;
mod table;
mod terminal;
pub mod wrap;
mod xlsx;

use std::io::{self, Write};

pub use layout::{Delimiter, Format, Layout, LayoutError, UnknownFormat, encoder};
pub use table::shorten;
pub use terminal::TerminalWriter;

/// One value of a row. Borrowed, so that a million rows cost no allocation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// SQL NULL. Never the same as an empty text.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; no view has one, but a user's SQL may compute an average.
    /// Infinity is written as `1e999`, which reads back as infinity.
    Real(f64),
    /// Text, identifiers of the cloud included.
    Text(&'a str),
    /// Bytes; written as lower-case hexadecimal text.
    Blob(&'a [u8]),
}

/// Writes one result set. Called in this order: `header` once, `row` any number of times, `finish`
/// once. Encoders gather rows and write them in large pieces, so `out` needs no buffer of its own.
pub trait Encoder {
    /// The column names. Formats without a header line remember them.
    fn header(&mut self, columns: &[&str], out: &mut dyn Write) -> io::Result<()>;

    /// One row, with as many cells as there are columns.
    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()>;

    /// What is still held back, and the end of the document. Does not flush `out`.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// A whole result set at once, as text.
#[cfg(test)]
fn encode(format: Format, layout: &Layout, columns: &[&str], rows: &[&[Cell<'_>]]) -> String {
    let mut out = Vec::new();
    #[allow(clippy::unwrap_used)] // a Vec takes every write, and tests pass layouts that fit
    {
        let mut encoder = encoder(format, layout).unwrap();
        encoder.header(columns, &mut out).unwrap();
        for row in rows {
            encoder.row(row, &mut out).unwrap();
        }
        encoder.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}
