//! Small parts of which sections are made.

use super::words::Text;
use super::words::columns::Col;
use super::words::sentences::NONE;
use crate::export::document::{Evidence, Language, Paragraph, Section, Table, Tone, Value};
use crate::model::{RunOutcome, UtcMillis};
use crate::store::report::Key;

/// A value that may not be known.
pub(super) fn text(text: &Option<String>) -> Value {
    text.as_ref()
        .map_or(Value::Null, |text| Value::Text(text.clone()))
}

/// A text that is known.
pub(super) fn known(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// What a run came to; not known of one that has not ended.
pub(super) fn outcome(outcome: Option<RunOutcome>) -> Value {
    outcome.map_or(Value::Null, |outcome| known(outcome.as_str()))
}

/// A number that may not be known.
pub(super) fn number(number: Option<i64>) -> Value {
    number.map_or(Value::Null, Value::Integer)
}

/// An instant that may not be known.
pub(super) fn time(at: Option<UtcMillis>) -> Value {
    at.map_or(Value::Null, |at| Value::Text(at.to_string()))
}

/// Leaves, in any order.
pub(super) fn evidence(leaves: impl IntoIterator<Item = i64>) -> Value {
    Value::Evidence(leaves.into_iter().collect::<Evidence>())
}

/// All leaves from the first to the last.
pub(super) fn span((first, last): (i64, i64)) -> Value {
    Value::Evidence(Evidence::span(first, last))
}

/// The four values of the key of an operation.
pub(super) fn key(key: &Key) -> [Value; 4] {
    [
        known(&key.service),
        known(&key.account_id),
        known(&key.region_id),
        known(&key.operation_id),
    ]
}

/// How many, as the tables count.
pub(super) fn count(things: usize) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}

/// A plain paragraph.
pub(super) fn plain(text: impl Into<String>) -> Paragraph {
    toned(Tone::Plain, text)
}

/// A paragraph.
pub(super) fn toned(tone: Tone, text: impl Into<String>) -> Paragraph {
    Paragraph {
        tone,
        text: text.into(),
    }
}

/// A section of one table, with a sentence about it, and one more where it has no rows: nothing is ever blank.
pub(super) fn section(
    language: Language,
    id: &'static str,
    title: Text,
    about: impl Into<String>,
    columns: &[Col],
    rows: Vec<Vec<Value>>,
) -> Section {
    debug_assert!(rows.iter().all(|row| row.len() == columns.len()), "{id}");
    let mut paragraphs = vec![plain(about)];
    if rows.is_empty() {
        paragraphs.push(plain(NONE.of(language)));
    }
    Section {
        id,
        title: title.of(language).to_owned(),
        paragraphs,
        table: Some(Table {
            columns: columns.iter().map(|column| column.of(language)).collect(),
            rows,
        }),
        timelines: Vec::new(),
    }
}
