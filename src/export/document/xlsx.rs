//! A document as a workbook: its head, its sentences, then a sheet for the table of each section.
//!
//! Sheets are named for machines, the same in every language; columns are named for people.

use std::io::{self, Write};
use std::iter;

use super::{Document, Kind, Section};
use crate::export::Cell;
use crate::export::xlsx::{Book, Column, ROWS_PER_SHEET, Style};

/// Writes the document.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut book = Book::in_memory(ROWS_PER_SHEET);
    book.begin("facts", columns(&["fact", "label", "value"]))?;
    book.row(&[Cell::Text("title"), Cell::Null, Cell::Text(&document.title)])?;
    for fact in &document.facts {
        super::with_cells(iter::once(&fact.value), |value| {
            book.row(&[Cell::Text(fact.id), Cell::Text(&fact.label), value[0]])
        })?;
    }
    book.begin("statements", columns(&["section", "title", "tone", "text"]))?;
    for section in &document.sections {
        for said in &section.paragraphs {
            book.row(&[
                Cell::Text(section.id),
                Cell::Text(&section.title),
                Cell::Text(said.tone.as_str()),
                Cell::Text(&said.text),
            ])?;
        }
    }
    for section in &document.sections {
        sheet(section, &mut book)?;
    }
    book.finish(out)
}

fn columns(headers: &[&str]) -> Vec<Column> {
    headers
        .iter()
        .map(|&header| Column {
            header: header.to_owned(),
            style: Style::Wrapped,
        })
        .collect()
}

fn sheet(section: &Section, book: &mut Book) -> io::Result<()> {
    let Some(table) = &section.table else {
        return Ok(());
    };
    let columns = table.columns.iter().map(|column| Column {
        header: column.label.clone(),
        style: match column.kind {
            Kind::Time => Style::Time,
            Kind::Text | Kind::Evidence => Style::Wrapped,
            Kind::Id | Kind::Word | Kind::Count | Kind::Seconds | Kind::Millis => Style::Plain,
        },
    });
    book.begin(section.id, columns.collect())?;
    for row in &table.rows {
        super::with_cells(row, |cells| book.row(cells))?;
    }
    Ok(())
}
