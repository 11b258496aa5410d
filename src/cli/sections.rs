//! A few rows as a part of an answer: a table for people, or values of a JSON document.

use serde_json::value::RawValue;

use super::dataset::JSON_COLUMNS;
use super::output;
use crate::config::{Config, Zone};
use crate::export::wrap::wrap;
use crate::export::{Cell, Format, Layout, encoder};
use crate::model::{Clock as _, SystemClock, UtcMillis};
use crate::store::dictionary;
use crate::store::query::{Rows, Value};

/// A column of a table: its name in the rows, and the word above it.
pub(super) type Column = (&'static str, &'static str);

/// Columns under these names hold statuses, phases and outcomes, which are painted.
const PAINTED: [&str; 4] = ["status", "outcome", "effect", "answer"];

/// How answers for people are set.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// Terminal columns that a line may take; `None`: as many as it needs.
    pub(super) width: Option<usize>,
    /// Whether words are painted.
    pub(super) color: bool,
    /// Whether the terminal shows nothing but ASCII.
    pub(super) ascii: bool,
    /// The zone in which times are shown.
    pub(super) zone: Zone,
    /// The present, whose offset from UTC the title tells.
    pub(super) now: UtcMillis,
}

impl Look {
    /// For answers on stdout. Into a file or a pipe they are the same everywhere: uncut, in UTF-8.
    pub(super) fn of_stdout(config: &Config) -> Self {
        let width = output::stdout_width();
        Self {
            width,
            // A width is known of terminals only.
            color: config.color.allows(width.is_some()),
            ascii: width.is_some() && !output::is_utf8(&|name| std::env::var(name).ok()),
            zone: config.zone.clone(),
            now: SystemClock.now(),
        }
    }

    /// An instant as the zone's clocks show it, to the second. Its offset from UTC stands beside it only where it is
    /// another one than the title tells, as in winter for who reads in summer.
    pub(super) fn time(&self, at: UtcMillis) -> String {
        if self.zone.offset_minutes(at) == self.zone.offset_minutes(self.now) {
            return self.zone.to_text_without_offset(at);
        }
        self.zone.to_text(at)
    }

    /// An instant that stands as text, in the same way; any other text as it is.
    pub(super) fn time_of(&self, text: &str) -> String {
        UtcMillis::parse_rfc3339(text).map_or_else(|| text.to_owned(), |at| self.time(at))
    }

    /// The offset that holds for times that bear none: `UTC`, or `+08:00`.
    pub(super) fn offset(&self) -> String {
        self.zone.offset_text(self.now)
    }

    /// `name      value` lines, the values one below the other and within the width.
    pub(super) fn facts(&self, name_width: usize, facts: &[(&str, String)]) -> String {
        let mut text = String::new();
        for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
            text.push_str(&format!("{name:<name_width$}"));
            wrap(value, name_width, name_width, self.width, &mut text);
        }
        text
    }

    /// A text in the characters that the terminal has: ours are replaced, those of names stay.
    pub(super) fn spelled(&self, text: String) -> String {
        match self.ascii {
            true => text.replace('─', "-").replace('…', "~").replace('→', ">"),
            false => text,
        }
    }
}

/// Some columns of the rows, as a table. Instants are cut to seconds.
pub(super) fn table(rows: &Rows, columns: &[Column], look: &Look) -> anyhow::Result<String> {
    let layout = Layout {
        width: look.width,
        color: look.color,
        painted_columns: PAINTED.map(str::to_owned).to_vec(),
        ..Layout::default()
    };
    let places: Vec<(Option<usize>, bool)> = columns
        .iter()
        .map(|(name, _)| (rows.column(name), is_instant(name)))
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
                    Some(Value::Text(text)) if is_instant => Some(look.time_of(text)),
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
    Ok(look.spelled(String::from_utf8(out)?))
}

/// Whether a column holds instants: one of a view, or one that is made for an answer and has a name as such.
fn is_instant(name: &str) -> bool {
    name.ends_with("_at")
        || name == "expires_by"
        || dictionary::time_columns().any(|time| time == name)
}

/// A title over a table of the first rows, and how many more there are.
pub(super) fn section(
    title: &str,
    rows: &Rows,
    columns: &[Column],
    most: usize,
    look: &Look,
) -> anyhow::Result<String> {
    let shown = Rows {
        columns: rows.columns.clone(),
        rows: rows.rows.iter().take(most).cloned().collect(),
    };
    let mut text = "\n".to_owned();
    wrap(title, 0, 0, look.width, &mut text);
    text.push_str(&table(&shown, columns, look)?);
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
        time_columns: dictionary::time_columns().map(str::to_owned).collect(),
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
        let columns = [("seen_at", "seen"), ("id", "id"), ("no", "none")];
        let shown = table(&rows(), &columns, &look("UTC"));
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

    fn look(zone: &str) -> Look {
        Look {
            width: Some(80),
            color: false,
            ascii: false,
            zone: Zone::parse(zone).unwrap(),
            now: UtcMillis(0),
        }
    }

    #[test]
    fn what_is_no_instant_of_ours_is_left_as_it_is() {
        for text in ["", "2020-01-20T09:22:3", "2026-01-31 08:00", "é"] {
            assert_eq!(look("UTC").time_of(text), text);
        }
        let at = "2026-01-31T08:00:05.123Z";
        assert_eq!(look("UTC").time_of(at), "2026-01-31 08:00:05");
        assert_eq!(look("+08:00").time_of(at), "2026-01-31 16:00:05");
        assert_eq!(look("+08:00").offset(), "+08:00");
    }

    #[test]
    fn facts_stand_below_each_other_and_fit() {
        let facts = [("Reason", "word ".repeat(30)), ("None", String::new())];
        let text = look("UTC").facts(10, &facts);
        assert!(text.starts_with("Reason    word word"), "{text}");
        assert!(
            text.lines().count() == 3 && text.lines().all(|line| line.len() <= 80),
            "{text}"
        );
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with("          word")),
            "{text}"
        );
        let ascii = Look {
            ascii: true,
            ..look("UTC")
        };
        assert_eq!(ascii.spelled("── a…".to_owned()), "-- a~");
    }
}
