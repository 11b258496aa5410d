//! Rows of a statement that somebody typed: only so many, and under names that are told apart.

use std::collections::BTreeSet;
use std::io::Write;

use super::super::sections::cell;
use crate::export::{Cell, Encoder, Format};
use crate::store::query::Query;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// All rows.
    All,
    /// The first rows, so many; there are more.
    First(u64),
}

/// Writes rows, `limit` at most. A document is whole even where rows are left out.
pub(super) fn write_some(
    query: &mut Query<'_>,
    columns: &[String],
    limit: Option<u64>,
    encoder: &mut dyn Encoder,
    out: &mut dyn Write,
) -> anyhow::Result<Shown> {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    encoder.header(&columns, out)?;
    let mut written = 0;
    let were_all = query.first_rows(limit, |values| -> anyhow::Result<()> {
        written += 1;
        let cells: Vec<Cell<'_>> = values.iter().map(|value| cell(*value)).collect();
        Ok(encoder.row(&cells, out)?)
    })?;
    encoder.finish(out)?;
    Ok(match were_all {
        true => Shown::All,
        false => Shown::First(written),
    })
}

/// The names of the columns. An object has each name once: in JSON, the second `status` is `status_2`.
pub(super) fn column_names(columns: Vec<String>, format: Format) -> Vec<String> {
    if !matches!(format, Format::Json | Format::Jsonl) {
        return columns;
    }
    let all: BTreeSet<String> = columns.iter().cloned().collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let named = columns.into_iter().map(|column| {
        let mut name = column.clone();
        let mut number = 2_u32;
        while taken.contains(&name) || (name != column && all.contains(&name)) {
            name = format!("{column}_{number}");
            number += 1;
        }
        taken.insert(name.clone());
        name
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(columns: &[&str], format: Format) -> Vec<String> {
        let columns = columns.iter().map(|&column| column.to_owned());
        column_names(columns.collect(), format)
    }

    #[test]
    fn names_of_an_object_are_told_apart_and_no_other_name_is_taken() {
        let typed = ["a", "b", "a", "a", "a_2"];
        let wanted = ["a", "b", "a_3", "a_4", "a_2"];
        assert_eq!(named(&typed, Format::Json), wanted);
        assert_eq!(named(&typed, Format::Jsonl), wanted);
        assert_eq!(named(&typed, Format::Csv), typed);
        assert_eq!(named(&["x", "x"], Format::Json), ["x", "x_2"]);
    }
}
