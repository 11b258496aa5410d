//! A document as CSV files: one for its head, one for its sentences, one for the table of each section.
//!
//! The same encoder, so the same rules as any export: exact, NULL told from the empty text. Columns are named for
//! machines. Files are numbered by section, also where a section before has no table and so no file.

use std::iter;

use super::{Document, Fact, Paragraph, Section, Table};
use crate::export::csv::Csv;
use crate::export::{Cell, Encoder as _, Layout};

/// Name of the file of a section's table; `number` from 1.
pub(super) fn file_name(number: usize, id: &str) -> String {
    format!("{number:02}-{id}.csv")
}

/// The files: name and bytes, in the order of the document.
pub fn files(document: &Document) -> impl Iterator<Item = (String, Vec<u8>)> {
    let head = (file_name(0, "facts"), facts(&document.facts));
    let said = (file_name(0, "statements"), statements(&document.sections));
    let tables = (1..)
        .zip(&document.sections)
        .filter_map(|(number, section)| {
            let table = section.table.as_ref()?;
            Some((file_name(number, section.id), bytes_of(table)))
        });
    [head, said].into_iter().chain(tables)
}

fn facts(facts: &[Fact]) -> Vec<u8> {
    encode(&["fact", "label", "value"], facts.iter(), |fact, push| {
        super::with_cells(iter::once(&fact.value), |value| {
            push(&[Cell::Text(fact.id), Cell::Text(&fact.label), value[0]]);
        });
    })
}

fn statements(sections: &[Section]) -> Vec<u8> {
    let said = sections
        .iter()
        .flat_map(|section| section.paragraphs.iter().map(move |said| (section, said)));
    encode(
        &["section", "tone", "text"],
        said,
        |(section, Paragraph { tone, text }), push| {
            push(&[
                Cell::Text(section.id),
                Cell::Text(tone.as_str()),
                Cell::Text(text),
            ]);
        },
    )
}

fn bytes_of(table: &Table) -> Vec<u8> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    encode(&names, table.rows.iter(), |row, push| {
        super::with_cells(row, |cells| push(cells));
    })
}

/// A header, and what `cells` pushes for each row.
fn encode<R>(
    columns: &[&str],
    rows: impl Iterator<Item = R>,
    cells: impl Fn(R, &mut dyn FnMut(&[Cell<'_>])),
) -> Vec<u8> {
    let mut out = Vec::new();
    let Ok(mut encoder) = Csv::new(&Layout::default()) else {
        // The default layout has no text for NULL, and only such a text is ever refused.
        return out;
    };
    // A Vec takes every write.
    let _ = encoder.header(columns, &mut out);
    for row in rows {
        cells(row, &mut |cells| {
            let _ = encoder.row(cells, &mut out);
        });
    }
    let _ = encoder.finish(&mut out);
    out
}
