//! A document as JSON: for programs, by names that are the same in every language.
//!
//! One object; a fact, a paragraph, a row, a timeline each on a line of its own, so that two reports can be
//! compared line by line. Evidence is the text of its ranges, `12-15 88 91`; instants are texts of 24 characters.

use std::io::{self, Write};

use serde::Serialize;

use super::{Blind, Column, Document, Fact, Paragraph, Section, Stretch, Table, Timeline, Value};
use crate::export::object::Objects;

/// Version of this form; a change that a reader must know of makes the next.
const FORMAT_VERSION: u32 = 1;

/// Writes the document.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{{")?;
    writeln!(out, "\"format\":{FORMAT_VERSION},")?;
    let language = serde_json::to_string(document.language.as_str())?;
    writeln!(out, "\"language\":{language},")?;
    let title = serde_json::to_string(&document.title)?;
    writeln!(out, "\"title\":{title},")?;
    lines(out, "facts", document.facts.iter().map(FactLine::of))?;
    write!(out, ",\n\"sections\":[")?;
    for (index, part) in document.sections.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        section(part, out)?;
    }
    out.write_all(b"\n]\n}\n")
}

fn section(section: &Section, out: &mut dyn Write) -> io::Result<()> {
    let (id, title) = (
        serde_json::to_string(section.id)?,
        serde_json::to_string(&section.title)?,
    );
    writeln!(out, "{{\"id\":{id},\"title\":{title},")?;
    lines(
        out,
        "paragraphs",
        section.paragraphs.iter().map(ParagraphLine::of),
    )?;
    if let Some(table) = &section.table {
        out.write_all(b",\n")?;
        rows(table, out)?;
    }
    if !section.timelines.is_empty() {
        out.write_all(b",\n")?;
        lines(
            out,
            "timelines",
            section.timelines.iter().map(TimelineLine::of),
        )?;
    }
    out.write_all(b"}")
}

/// `"name":[…]`, an element a line.
fn lines(
    out: &mut dyn Write,
    name: &str,
    elements: impl Iterator<Item = impl Serialize>,
) -> io::Result<()> {
    write!(out, "\"{name}\":[")?;
    for (index, element) in elements.enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &element)?;
    }
    out.write_all(b"]")
}

/// The columns, and the rows as objects: as `export --format json` writes them.
fn rows(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    lines(out, "columns", table.columns.iter().map(ColumnLine::of))?;
    let mut objects = Objects::new(&[]);
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    objects.set_columns(&names);
    out.write_all(b",\n\"rows\":[")?;
    let mut line = Vec::new();
    for (index, row) in table.rows.iter().enumerate() {
        line.clear();
        line.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        super::with_cells(row, |cells| objects.push(cells, &mut line));
        out.write_all(&line)?;
    }
    out.write_all(b"]")
}

#[derive(Serialize)]
struct FactLine<'d> {
    id: &'static str,
    label: &'d str,
    value: Scalar<'d>,
}

/// A value outside of a table.
#[derive(Serialize)]
#[serde(untagged)]
enum Scalar<'d> {
    Null,
    Integer(i64),
    Text(&'d str),
    Ranges(String),
}

impl<'d> FactLine<'d> {
    fn of(fact: &'d Fact) -> Self {
        Self {
            id: fact.id,
            label: &fact.label,
            value: match &fact.value {
                Value::Null => Scalar::Null,
                Value::Integer(number) => Scalar::Integer(*number),
                Value::Flag(is_so) => Scalar::Integer(i64::from(*is_so)),
                Value::Text(text) => Scalar::Text(text),
                Value::Evidence(evidence) => Scalar::Ranges(evidence.to_string()),
            },
        }
    }
}

#[derive(Serialize)]
struct ParagraphLine<'d> {
    tone: &'static str,
    text: &'d str,
}

impl<'d> ParagraphLine<'d> {
    fn of(said: &'d Paragraph) -> Self {
        Self {
            tone: said.tone.as_str(),
            text: &said.text,
        }
    }
}

#[derive(Serialize)]
struct ColumnLine<'d> {
    name: &'static str,
    kind: &'static str,
    label: &'d str,
}

impl<'d> ColumnLine<'d> {
    fn of(column: &'d Column) -> Self {
        Self {
            name: column.name,
            kind: column.kind.as_str(),
            label: &column.label,
        }
    }
}

#[derive(Serialize)]
struct TimelineLine<'d> {
    id: &'d str,
    label: &'d str,
    stretches: Vec<StretchPart<'d>>,
    gaps: Vec<GapPart<'d>>,
}

#[derive(Serialize)]
struct StretchPart<'d> {
    status: &'d str,
    phase: &'static str,
    entered_earliest_at: Option<String>,
    entered_latest_at: String,
    left_earliest_at: String,
    left_latest_at: Option<String>,
}

#[derive(Serialize)]
struct GapPart<'d> {
    gap_from: String,
    gap_until: Option<String>,
    cause: &'d str,
}

impl<'d> TimelineLine<'d> {
    fn of(timeline: &'d Timeline) -> Self {
        let stretch = |stretch: &'d Stretch| StretchPart {
            status: &stretch.status,
            phase: stretch.phase.as_str(),
            entered_earliest_at: stretch.entered_earliest.map(|at| at.to_string()),
            entered_latest_at: stretch.entered_latest.to_string(),
            left_earliest_at: stretch.left_earliest.to_string(),
            left_latest_at: stretch.left_latest.map(|at| at.to_string()),
        };
        let gap = |gap: &'d Blind| GapPart {
            gap_from: gap.from.to_string(),
            gap_until: gap.until.map(|at| at.to_string()),
            cause: &gap.cause,
        };
        Self {
            id: &timeline.id,
            label: &timeline.label,
            stretches: timeline.stretches.iter().map(stretch).collect(),
            gaps: timeline.gaps.iter().map(gap).collect(),
        }
    }
}
