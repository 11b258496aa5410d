//! Rows as a workbook, for people who work in spreadsheets.
//!
//! A spreadsheet likes to guess: it makes dates of version numbers and rounds long identifiers. So every cell says
//! what it is: text is text (never a formula, a number, or a link), a number is a number where a spreadsheet can
//! hold it exactly, an instant of ours is a date. What a spreadsheet cannot hold is a text that says so. The exact
//! form of the same rows is CSV.
//!
//! Rows go through a temporary file, since the archive that a workbook is must name its first part last: memory is
//! the same for any number of rows.

mod book;
mod cell;
mod stream;

use std::io::{self, Write};

use super::{Cell, Encoder, Layout};

pub(super) use book::{Book, Column, ROWS_PER_SHEET, Style};

/// Name of the sheet of rows that nobody named.
const SHEET: &str = "rows";

/// Writes a workbook.
pub(super) struct Xlsx {
    layout: Layout,
    book: Option<Book>,
}

impl Xlsx {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            layout: layout.clone(),
            book: None,
        }
    }

    fn book(&mut self) -> io::Result<&mut Book> {
        self.book
            .as_mut()
            .ok_or_else(|| io::Error::other("rows of a workbook without its header"))
    }
}

impl Encoder for Xlsx {
    fn header(&mut self, columns: &[&str], _out: &mut dyn Write) -> io::Result<()> {
        let mut book = Book::streaming(self.layout.temporary.as_deref(), ROWS_PER_SHEET);
        let columns = columns
            .iter()
            .map(|&name| Column {
                header: name.to_owned(),
                style: match self.layout.time_columns.iter().any(|time| time == name) {
                    true => Style::Time,
                    false => Style::Plain,
                },
            })
            .collect();
        book.begin(self.layout.sheet.as_deref().unwrap_or(SHEET), columns)?;
        self.book = Some(book);
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>], _out: &mut dyn Write) -> io::Result<()> {
        self.book()?.row(cells)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.book.take() {
            Some(book) => book.finish(out),
            None => Err(io::Error::other("the end of a workbook without its header")),
        }
    }
}
