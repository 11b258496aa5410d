//! The rows of a bundle: those of the views, with the numbers of the leaves that they come from, as CSV.

use std::io::Write;

use super::ProveError;
use super::scope::Scope;
use crate::export::{Cell, Encoder, Format, Layout, encoder};
use crate::store::proving::{DATASETS, Dataset, Of};
use crate::store::query::Value;
use crate::store::{Connection, StoreError};

/// The tables that a bundle of this scope has. Empty ones too: that there is nothing is said, not left open.
pub(super) fn tables(scope: &Scope) -> impl Iterator<Item = &'static Dataset> {
    let is_about_operations = scope.is_about_operations;
    DATASETS
        .iter()
        .filter(move |dataset| is_about_operations || dataset.of != Of::Operation)
}

/// Writes one table; tells how many rows it has.
pub(super) fn write(
    connection: &Connection,
    dataset: &Dataset,
    scope: &Scope,
    out: &mut dyn Write,
) -> Result<u64, ProveError> {
    let mut encoder = encoder(Format::Csv, &Layout::default())
        .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    let mut query = dataset.query(connection)?;
    let columns = query.columns();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    encoder.header(&columns, out)?;
    let mut rows = 0;
    let mut row = |values: &[Value<'_>]| -> Result<(), ProveError> {
        rows += 1;
        Ok(write_row(encoder.as_mut(), values, out)?)
    };
    if dataset.of == Of::Leaves {
        for stretch in scope.stretches() {
            dataset.each_row_between(&mut query, stretch, &mut row)?;
        }
    } else {
        for (key, op) in &scope.operations {
            dataset.each_row_of_operation(&mut query, key, *op, scope.between, &mut row)?;
        }
    }
    encoder.finish(out)?;
    Ok(rows)
}

fn write_row(
    encoder: &mut dyn Encoder,
    values: &[Value<'_>],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let cells: Vec<Cell<'_>> = values.iter().map(|value| cell(*value)).collect();
    encoder.row(&cells, out)
}

fn cell(value: Value<'_>) -> Cell<'_> {
    match value {
        Value::Null => Cell::Null,
        Value::Integer(number) => Cell::Integer(number),
        Value::Real(number) => Cell::Real(number),
        Value::Text(text) => Cell::Text(text),
        Value::Blob(bytes) => Cell::Blob(bytes),
    }
}
