//! A few rows as a part of an answer: a table for people, or values of a JSON document.

use serde_json::value::RawValue;

use super::dataset::JSON_COLUMNS;
use super::output;
use crate::config::Config;
use crate::export::{Cell, Format, Layout, encoder};
use crate::store::query::{Rows, Value};

/// A column of a table: its name in the rows, and the word above it.
pub(super) type Column = (&'static str, &'static str);

/// How tables are set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Terminal columns that a line may take; `None`: as many as it needs.
    width: Option<usize>,
    color: bool,
}

impl Look {
    /// For tables on stdout.
    pub(super) fn of_stdout(config: &Config) -> Self {
        let width = output::stdout_width();
        Self {
            width,
            // A width is known of terminals only.
            color: config.color.allows(width.is_some()),
        }
    }
}

/// Some columns of the rows, as a table. Instants are cut to seconds; they are UTC.
pub(super) fn table(rows: &Rows, columns: &[Column], look: Look) -> anyhow::Result<String> {
    let layout = Layout {
        width: look.width,
        color: look.color,
        ..Layout::default()
    };
    let places: Vec<(Option<usize>, bool)> = columns
        .iter()
        .map(|(name, _)| {
            (
                rows.column(name),
                name.ends_with("_at") || *name == "expires_by",
            )
        })
        .collect();
    let mut encoder = encoder(Format::Table, &layout)?;
    let mut out = Vec::new();
    let titles: Vec<&str> = columns.iter().map(|(_, title)| *title).collect();
    encoder.header(&titles, &mut out)?;
    for row in &rows.rows {
        let instants: Vec<Option<String>> = places
            .iter()
            .map(
                |&(place, is_instant)| match place.map(|place| Value::from(&row[place])) {
                    Some(Value::Text(text)) if is_instant => Some(to_seconds(text)),
                    _ => None,
                },
            )
            .collect();
        let cells: Vec<Cell<'_>> = places
            .iter()
            .zip(&instants)
            .map(|(&(place, _), instant)| match (instant, place) {
                (Some(text), _) => Cell::Text(text),
                (None, Some(place)) => cell(Value::from(&row[place])),
                (None, None) => Cell::Null,
            })
            .collect();
        encoder.row(&cells, &mut out)?;
    }
    encoder.finish(&mut out)?;
    Ok(String::from_utf8(out)?)
}

/// A title over a table of the first rows, and how many more there are.
pub(super) fn section(
    title: &str,
    rows: &Rows,
    columns: &[Column],
    most: usize,
    look: Look,
) -> anyhow::Result<String> {
    let shown = Rows {
        columns: rows.columns.clone(),
        rows: rows.rows.iter().take(most).cloned().collect(),
    };
    let mut text = format!("\n{title}\n{}", table(&shown, columns, look)?);
    let more = rows.rows.len() - shown.rows.len();
    if more > 0 {
        text.push_str(&format!("and {more} more; --format json has all\n"));
    }
    Ok(text)
}

/// The rows as a JSON array of objects, all columns.
pub(super) fn json(rows: &Rows) -> anyhow::Result<Box<RawValue>> {
    let mut encoder = encoder(Format::Json, &json_layout())?;
    let mut out = Vec::new();
    let columns: Vec<&str> = rows.columns.iter().map(String::as_str).collect();
    encoder.header(&columns, &mut out)?;
    for row in &rows.rows {
        let cells: Vec<Cell<'_>> = row.iter().map(|value| cell(Value::from(value))).collect();
        encoder.row(&cells, &mut out)?;
    }
    encoder.finish(&mut out)?;
    Ok(RawValue::from_string(
        String::from_utf8(out)?.trim_end().to_owned(),
    )?)
}

/// The first row as a JSON object, or `null`.
pub(super) fn json_first(rows: &Rows) -> anyhow::Result<Box<RawValue>> {
    let first = Rows {
        columns: rows.columns.clone(),
        rows: rows.rows.first().cloned().into_iter().collect(),
    };
    let objects: Vec<Box<RawValue>> = serde_json::from_str(json(&first)?.get())?;
    match objects.into_iter().next() {
        Some(object) => Ok(object),
        None => Ok(RawValue::from_string("null".to_owned())?),
    }
}

/// A layout under which columns that hold JSON are written as values.
pub(super) fn json_layout() -> Layout {
    Layout {
        json_columns: JSON_COLUMNS.map(str::to_owned).to_vec(),
        ..Layout::default()
    }
}

/// A value of a row as a cell of an export.
pub(super) fn cell(value: Value<'_>) -> Cell<'_> {
    match value {
        Value::Null => Cell::Null,
        Value::Integer(number) => Cell::Integer(number),
        Value::Real(number) => Cell::Real(number),
        Value::Text(text) => Cell::Text(text),
        Value::Blob(bytes) => Cell::Blob(bytes),
    }
}

/// Our instants without the fraction and the letters; any other text as it is.
pub(super) fn to_seconds(text: &str) -> String {
    match (
        text.get(..10),
        text.get(10..11),
        text.get(11..19),
        text.get(19..),
    ) {
        (Some(day), Some("T"), Some(time), Some(rest)) if rest.ends_with('Z') => {
            format!("{day} {time}")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rows() -> Rows {
        Rows {
            columns: ["id", "seen_at", "changed"].map(str::to_owned).to_vec(),
            rows: vec![vec![
                "a\u{1b}".to_owned().into(),
                "2026-01-31T08:00:05.123Z".to_owned().into(),
                "[\"status\"]".to_owned().into(),
            ]],
        }
    }

    #[test]
    fn people_get_seconds_and_no_escape_sequences() {
        let look = Look {
            width: Some(80),
            color: false,
        };
        let shown = table(
            &rows(),
            &[("seen_at", "seen"), ("id", "id"), ("no", "none")],
            look,
        );
        let shown = shown.unwrap();
        assert!(shown.contains("2026-01-31 08:00:05  a\\u{1b}"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }

    #[test]
    fn programs_get_everything() {
        assert_eq!(
            json_first(&rows()).unwrap().get(),
            "{\"id\":\"a\\u001b\",\"seen_at\":\"2026-01-31T08:00:05.123Z\",\"changed\":[\"status\"]}"
        );
        assert_eq!(json(&Rows::default()).unwrap().get(), "[]");
        assert_eq!(json_first(&Rows::default()).unwrap().get(), "null");
    }

    #[test]
    fn what_is_no_instant_of_ours_is_left_as_it_is() {
        for text in ["", "2020-01-20T09:22:3", "2026-01-31 08:00:05.123Z", "é"] {
            assert_eq!(to_seconds(text), text);
        }
    }
}
