//! From a query to an encoder, row by row: memory does not grow with their number.

use std::io::Write;

use super::sections::cell;
use crate::export::{Cell, Encoder};
use crate::store::query::Query;

/// Writes all rows of a query.
pub(super) fn write_rows(
    query: &mut Query<'_>,
    parameters: &[&str],
    encoder: &mut dyn Encoder,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let columns = query.columns();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    encoder.header(&columns, out)?;
    query.each_row(parameters, |values| -> anyhow::Result<()> {
        let cells: Vec<Cell<'_>> = values.iter().map(|value| cell(*value)).collect();
        Ok(encoder.row(&cells, out)?)
    })?;
    encoder.finish(out)?;
    Ok(())
}
