//! What comes of reading one answer: the value, and what the program did not know in it.
//!
//! Depends on nothing of ours.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Characters kept of an unknown word or field name: enough to recognize it, and bounded, because
/// the cloud decides how long it is.
const EXCERPT_CHARS_MAX: usize = 200;

/// Unknown words and fields noted of one answer. A service that grows has a handful of new ones; an answer
/// with thousands has names that are data, and a row for each of them at each look would outgrow the
/// evidence. The body holds them all.
const UNKNOWN_ITEMS_MAX: usize = 1_000;

/// An answer that cannot be read: no document, or not the shape of its action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer cannot be read: {reason}; its bytes are kept as evidence")]
pub struct InvalidAnswer {
    /// What is wrong, and with which field; never a value of the answer.
    pub reason: String,
}

impl InvalidAnswer {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// A reading of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading<T> {
    /// The fields that the program knows.
    pub value: T,
    /// Words and fields that it does not know, each once an answer, in order of kind and name; a thousand
    /// at most.
    pub unknown: Vec<UnknownItem>,
    /// The unknown fields with their values: an object whose keys are [`UnknownItem::name`]. Of
    /// rows in lists the names alone are kept, since a page may hold fifty of each. For showing
    /// only: integers beyond 64 bits are rounded here, the body has them exactly.
    pub extra: Option<Value>,
}

#[cfg(test)]
impl<T> Reading<T> {
    /// Name and value of what is unknown.
    pub(super) fn told(&self) -> Vec<(&str, &str)> {
        let unknown = self.unknown.iter();
        unknown
            .map(|item| (item.name.as_str(), item.value.as_str()))
            .collect()
    }
}

/// What kind of thing is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnknownKind {
    /// A word in a field that has a vocabulary.
    Word,
    /// A field.
    Field,
}

impl UnknownKind {
    /// The word used in views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Field => "field",
        }
    }
}

/// A word or field that the program does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownItem {
    /// Word or field.
    pub kind: UnknownKind,
    /// The field with the entities that hold it, such as `StackGroupOperation.NewThing` or
    /// `ResultRow.Status`.
    pub name: String,
    /// The word, cut after 200 characters; of a field the kind of its value: `string`, `number`,
    /// `boolean`, `object`, `array` or `null`.
    pub value: String,
}

/// Collects unknown items while an answer is read.
#[derive(Debug, Default)]
pub(super) struct Unknowns {
    items: BTreeSet<UnknownItem>,
    extra: Map<String, Value>,
}

impl Unknowns {
    /// Notes an unknown word, unless it is empty: that names nothing.
    pub(super) fn word(&mut self, name: &str, word: &str) {
        if !word.trim().is_empty() {
            self.note(UnknownKind::Word, name.to_owned(), excerpt(word));
        }
    }

    /// Notes a word outside of its vocabulary.
    pub(super) fn word_outside(&mut self, known: &[&str], name: &str, word: Option<&str>) {
        if let Some(word) = word.map(str::trim)
            && !known.contains(&word)
        {
            self.word(name, word);
        }
    }

    /// Notes an unknown field and keeps its value.
    pub(super) fn field(&mut self, path: &str, name: &str, value: &Value) {
        let name = excerpt(&format!("{path}.{name}"));
        if self.extra.len() < UNKNOWN_ITEMS_MAX {
            self.extra.insert(name.clone(), value.clone());
        }
        self.note(UnknownKind::Field, name, kind_of(value).to_owned());
    }

    /// Notes an unknown field of a row in a list, without its value.
    pub(super) fn row_field(&mut self, path: &str, name: &str, value: &Value) {
        let name = excerpt(&format!("{path}.{name}"));
        self.note(UnknownKind::Field, name, kind_of(value).to_owned());
    }

    /// The reading of `value` with what was noted.
    pub(super) fn reading<T>(self, value: T) -> Reading<T> {
        Reading {
            value,
            unknown: self.items.into_iter().collect(),
            extra: (!self.extra.is_empty()).then_some(Value::Object(self.extra)),
        }
    }

    fn note(&mut self, kind: UnknownKind, name: String, value: String) {
        if self.items.len() < UNKNOWN_ITEMS_MAX {
            self.items.insert(UnknownItem { kind, name, value });
        }
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_CHARS_MAX).collect()
}

/// The kind of a JSON value, as messages and unknown items name it.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_unknown_is_noted_once_an_answer() {
        let mut unknowns = Unknowns::default();
        unknowns.word("ResultRow.Status", "PAUSED");
        unknowns.word("ResultRow.Status", "PAUSED");
        unknowns.word("ResultRow.Status", "");
        unknowns.field("Entity", "New", &json!({"a": 1}));
        let reading = unknowns.reading(());
        let told: Vec<_> = reading
            .unknown
            .iter()
            .map(|item| (item.kind.as_str(), item.name.as_str(), item.value.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("word", "ResultRow.Status", "PAUSED"),
                ("field", "Entity.New", "object")
            ]
        );
        assert_eq!(reading.extra, Some(json!({"Entity.New": {"a": 1}})));
    }

    #[test]
    fn names_that_are_data_are_bounded() {
        let mut unknowns = Unknowns::default();
        for number in 0..2 * UNKNOWN_ITEMS_MAX {
            unknowns.field("Entity", &number.to_string(), &Value::Null);
        }
        let reading = unknowns.reading(());
        assert_eq!(reading.unknown.len(), UNKNOWN_ITEMS_MAX);
        let extra = reading.extra.unwrap();
        assert_eq!(extra.as_object().unwrap().len(), UNKNOWN_ITEMS_MAX);
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let mut unknowns = Unknowns::default();
        unknowns.word("E.Status", &"域".repeat(1_000));
        let reading = unknowns.reading(());
        assert_eq!(reading.unknown[0].value, "域".repeat(EXCERPT_CHARS_MAX));
    }
}
