//! From a query to an encoder, row by row: memory does not grow with their number.

use std::io::Write;

use super::sections::cell;
use crate::export::{Cell, Encoder};
use crate::store::Connection;
#[cfg(feature = "sandbox")]
use crate::store::query::Query;
use crate::store::query::{Value, emptied};
use crate::store::selection::Selection;

/// Writes all rows of a query.
#[cfg(feature = "sandbox")]
pub(super) fn write_rows(
    query: &mut Query<'_>,
    parameters: &[&str],
    encoder: &mut dyn Encoder,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let columns = query.columns();
    let mut rows = Rows::begin(&columns, encoder, out)?;
    query.each_row(parameters, |values| rows.write(values))?;
    rows.finish().map(drop)
}

/// Writes all rows of a selection, and tells how many they are.
pub(super) fn write_selection(
    connection: &Connection,
    selection: &Selection,
    encoder: &mut dyn Encoder,
    out: &mut dyn Write,
) -> anyhow::Result<u64> {
    let mut rows = Rows::begin(&selection.columns, encoder, out)?;
    selection.each_row(connection, |values| rows.write(values))?;
    rows.finish()
}

/// Rows on their way to an encoder.
struct Rows<'e> {
    encoder: &'e mut dyn Encoder,
    out: &'e mut dyn Write,
    count: u64,
    /// One allocation for all rows.
    room: Vec<Cell<'static>>,
}

impl<'e> Rows<'e> {
    fn begin(
        columns: &[String],
        encoder: &'e mut dyn Encoder,
        out: &'e mut dyn Write,
    ) -> anyhow::Result<Self> {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        encoder.header(&columns, out)?;
        Ok(Self {
            encoder,
            out,
            count: 0,
            room: Vec::with_capacity(columns.len()),
        })
    }

    fn write(&mut self, values: &[Value<'_>]) -> anyhow::Result<()> {
        let mut cells = emptied(std::mem::take(&mut self.room));
        cells.extend(values.iter().map(|value| cell(*value)));
        self.encoder.row(&cells, self.out)?;
        self.room = emptied(cells);
        self.count += 1;
        Ok(())
    }

    fn finish(self) -> anyhow::Result<u64> {
        self.encoder.finish(self.out)?;
        Ok(self.count)
    }
}
