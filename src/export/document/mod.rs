//! A document: sections of words, one table each, and drawn timelines. What a report is before it has a format,
//! and the way to each format.
//!
//! It says nothing about how it looks: that is in the module of each format. Names (`id`, `name`) are for machines
//! and the same in every language; titles and labels are for people, in the document's language. Depends on the
//! words of `model`.

mod csv;
mod html;
mod json;
mod xlsx;

use std::fmt;
use std::io::{self, Write};
use std::ops::RangeInclusive;

pub use csv::files;

use super::Cell;

use crate::model::{Phase, UtcMillis};

/// The language of titles, labels and sentences. Words of the cloud stay as the cloud writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Language {
    /// Both, in the order in which help texts name them.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// The word of `--lang`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

/// A form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentFormat {
    /// One page that needs nothing but itself; timelines are drawn.
    Html,
    /// A file for the table of each section, in a directory: see [`files`].
    Csv,
    /// One JSON object.
    Json,
    /// A workbook, a sheet for each section.
    Xlsx,
}

impl DocumentFormat {
    /// Every form, in the order in which help texts name them.
    pub const ALL: [Self; 4] = [Self::Html, Self::Csv, Self::Json, Self::Xlsx];

    /// The word of `--format`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
        }
    }
}

/// Writes a document in a form that is one file. CSV is a file for each section, [`files`] gives those: asked for
/// here it is refused as [`io::ErrorKind::InvalidInput`], before anything is written.
///
/// Same document, same bytes, but for the version of the program that a workbook names.
pub fn write(document: &Document, format: DocumentFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        DocumentFormat::Json => json::write(document, out),
        DocumentFormat::Xlsx => xlsx::write(document, out),
        DocumentFormat::Html => html::write(document, out),
        DocumentFormat::Csv => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "CSV is a file for each section, not one; name a directory",
        )),
    }
}

/// A report, complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The language of its words.
    pub language: Language,
    /// What it is.
    pub title: String,
    /// What it is about and what made it, a line each.
    pub facts: Vec<Fact>,
    /// Its parts, in order.
    pub sections: Vec<Section>,
}

/// One line of a document's head.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Name for machines, snake_case.
    pub id: &'static str,
    /// Name for people.
    pub label: String,
    /// What it is.
    pub value: Value,
}

/// A part of a document: sentences, then one table, then timelines; each may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Name for machines, snake_case: a file name, a sheet, an anchor. Unique in its document.
    pub id: &'static str,
    /// Name for people.
    pub title: String,
    /// Sentences before the table.
    pub paragraphs: Vec<Paragraph>,
    /// Rows. `None` for a section of words alone.
    pub table: Option<Table>,
    /// Timelines to draw; formats that cannot draw leave them out, their numbers are in a table.
    pub timelines: Vec<Timeline>,
}

/// A few sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// How it is meant.
    pub tone: Tone,
    /// The sentences.
    pub text: String,
}

/// How a paragraph is meant. Never told by color alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A statement.
    Plain,
    /// What was checked and holds.
    Good,
    /// What does not hold, or is missing.
    Bad,
    /// What cannot be known.
    Unknown,
}

impl Tone {
    /// Every tone.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Good, Self::Bad, Self::Unknown];

    /// The word for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// Rows of one shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows, each as wide as there are columns.
    pub rows: Vec<Vec<Value>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name for machines, snake_case, units last.
    pub name: &'static str,
    /// Name for people.
    pub label: String,
    /// What its values are.
    pub kind: Kind,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text as it was written, often by the cloud or a stranger.
    Text,
    /// An identifier: text that is never a number, also where it is all digits.
    Id,
    /// A word of a closed vocabulary or of the cloud: a status, a phase, an outcome, a cause.
    Word,
    /// A whole number of things.
    Count,
    /// An instant, text `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    Time,
    /// Whole seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Leaves of evidence: [`Value::Evidence`].
    Evidence,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Id,
        Self::Word,
        Self::Count,
        Self::Time,
        Self::Seconds,
        Self::Millis,
        Self::Evidence,
    ];

    /// The word for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Id => "id",
            Self::Word => "word",
            Self::Count => "count",
            Self::Time => "time",
            Self::Seconds => "seconds",
            Self::Millis => "millis",
            Self::Evidence => "evidence",
        }
    }
}

/// A value in a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Not known, or does not apply.
    Null,
    /// Text, also instants.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Whether something is so: 0 or 1 for programs, a word for people.
    Flag(bool),
    /// Sequence numbers of leaves.
    Evidence(Evidence),
}

/// Hands the values of a row on as cells of an export; evidence as its text.
fn with_cells<'a, T>(
    values: impl IntoIterator<Item = &'a Value>,
    use_cells: impl FnOnce(&[Cell<'_>]) -> T,
) -> T {
    let texts: Vec<(&Value, Option<String>)> = values
        .into_iter()
        .map(|value| match value {
            Value::Evidence(evidence) => (value, Some(evidence.to_string())),
            _ => (value, None),
        })
        .collect();
    let cells: Vec<Cell<'_>> = texts
        .iter()
        .map(|(value, text)| match (value, text) {
            (_, Some(text)) => Cell::Text(text),
            (Value::Text(text), None) => Cell::Text(text),
            (Value::Integer(number), None) => Cell::Integer(*number),
            (Value::Flag(is_so), None) => Cell::Integer(i64::from(*is_so)),
            (Value::Null | Value::Evidence(_), None) => Cell::Null,
        })
        .collect();
    use_cells(&cells)
}

/// Leaves of evidence, by their sequence numbers from 0: ascending ranges that do not touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// First and last of each, in a box: a report has one of these for each of a million targets, most of one leaf.
    ranges: Box<[(i64, i64)]>,
}

impl Evidence {
    /// All from the first to the last; none if that is before the first.
    pub fn span(first: i64, last: i64) -> Self {
        Self {
            ranges: (first <= last)
                .then_some((first, last))
                .into_iter()
                .collect(),
        }
    }

    /// The ranges.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = RangeInclusive<i64>> {
        self.ranges.iter().map(|(first, last)| *first..=*last)
    }

    /// How many leaves.
    pub fn leaves(&self) -> i64 {
        self.ranges
            .iter()
            .map(|(first, last)| last - first + 1)
            .sum()
    }
}

impl FromIterator<i64> for Evidence {
    /// From sequence numbers in any order, each any number of times.
    fn from_iter<I: IntoIterator<Item = i64>>(sequences: I) -> Self {
        let mut sorted: Vec<i64> = sequences.into_iter().collect();
        sorted.sort_unstable();
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for sequence in sorted {
            match ranges.last_mut() {
                Some((_, last)) if sequence <= last.saturating_add(1) => *last = sequence,
                _ => ranges.push((sequence, sequence)),
            }
        }
        Self {
            ranges: ranges.into(),
        }
    }
}

impl fmt::Display for Evidence {
    /// `12-15 88 91`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            if first == last {
                write!(f, "{first}")?;
            } else {
                write!(f, "{first}-{last}")?;
            }
        }
        Ok(())
    }
}

/// The stretches of status of one thing, to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// What it is the timeline of, as `CREATE landing-zone-network`.
    pub label: String,
    /// Identifier of the thing.
    pub id: String,
    /// The stretches, in order; never none.
    pub stretches: Vec<Stretch>,
    /// When nobody saw it, though it was due.
    pub gaps: Vec<Blind>,
}

/// One stretch of one status; bounds as the view `status_timeline` has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Status, as the cloud writes it.
    pub status: String,
    /// Its meaning.
    pub phase: Phase,
    /// The last look with the former status; `None` for the first stretch.
    pub entered_earliest: Option<UtcMillis>,
    /// The first look with this one.
    pub entered_latest: UtcMillis,
    /// The last look with this one.
    pub left_earliest: UtcMillis,
    /// The first look with the next; `None` while it lasts.
    pub left_latest: Option<UtcMillis>,
}

/// One stretch in which something due was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blind {
    /// From when.
    pub from: UtcMillis,
    /// Until when; `None` while it lasts.
    pub until: Option<UtcMillis>,
    /// Why, a word.
    pub cause: String,
}

#[cfg(test)]
mod tests;
