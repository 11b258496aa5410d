//! A document as JSON: for programs, by names that are the same in every language.
//!
//! One object; a fact, a paragraph, a row, a timeline each on a line of its own, so that two reports can be
//! compared line by line. Evidence is the text of its ranges, `12-15 88 91`; instants are texts of 24 characters.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::{Blind, Document, Section, Stretch, Table, Timeline, Value};
use crate::export::object::Objects;

/// Version of this form; a change that a reader must know of makes the next.
const FORMAT_VERSION: u32 = 1;

/// Writes the document.
pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{{")?;
    writeln!(out, "\"format\":{FORMAT_VERSION},")?;
    writeln!(out, "\"language\":{},", json!(document.language.as_str()))?;
    writeln!(out, "\"title\":{},", json!(document.title))?;
    let facts = document
        .facts
        .iter()
        .map(|fact| json!({ "id": fact.id, "label": fact.label, "value": value(&fact.value) }));
    lines(out, "facts", facts)?;
    write!(out, ",\n\"sections\":[")?;
    for (index, part) in document.sections.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        section(part, out)?;
    }
    out.write_all(b"\n]\n}\n")
}

fn section(section: &Section, out: &mut dyn Write) -> io::Result<()> {
    let (id, title) = (json!(section.id), json!(section.title));
    writeln!(out, "{{\"id\":{id},\"title\":{title},")?;
    let paragraphs = section.paragraphs.iter();
    let paragraphs =
        paragraphs.map(|said| json!({ "tone": said.tone.as_str(), "text": said.text }));
    lines(out, "paragraphs", paragraphs)?;
    if let Some(table) = &section.table {
        out.write_all(b",\n")?;
        rows(table, out)?;
    }
    if !section.timelines.is_empty() {
        out.write_all(b",\n")?;
        lines(out, "timelines", section.timelines.iter().map(timeline))?;
    }
    out.write_all(b"}")
}

/// `"name":[…]`, an element a line.
fn lines(out: &mut dyn Write, name: &str, elements: impl Iterator<Item = Json>) -> io::Result<()> {
    write!(out, "\"{name}\":[")?;
    for (index, element) in elements.enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &element)?;
    }
    out.write_all(b"]")
}

/// The columns, and the rows as objects: as `export --format json` writes them.
fn rows(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let columns = table.columns.iter().map(
        |column| json!({ "name": column.name, "label": column.label, "kind": column.kind.as_str() }),
    );
    lines(out, "columns", columns)?;
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

fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Text(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Evidence(evidence) => json!(evidence.to_string()),
    }
}

fn timeline(timeline: &Timeline) -> Json {
    json!({
        "id": timeline.id,
        "label": timeline.label,
        "stretches": timeline.stretches.iter().map(stretch).collect::<Vec<_>>(),
        "gaps": timeline.gaps.iter().map(blind).collect::<Vec<_>>(),
    })
}

fn stretch(stretch: &Stretch) -> Json {
    json!({
        "status": stretch.status,
        "phase": stretch.phase.as_str(),
        "entered_earliest_at": stretch.entered_earliest.map(|at| at.to_string()),
        "entered_latest_at": stretch.entered_latest.to_string(),
        "left_earliest_at": stretch.left_earliest.to_string(),
        "left_latest_at": stretch.left_latest.map(|at| at.to_string()),
    })
}

fn blind(blind: &Blind) -> Json {
    json!({
        "gap_from": blind.from.to_string(),
        "gap_until": blind.until.map(|at| at.to_string()),
        "cause": blind.cause,
    })
}
