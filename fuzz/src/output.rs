//! What is written of foreign texts: on terminals, in exports, in workbooks; and the manifests beside exports.

use std::io::{Cursor, Read as _, Write as _};

use optrail::export::escape::{Notation, is_unsafe, terminal as escaped, terminal_lines};
use optrail::export::{Cell, Format, Layout, TerminalWriter, encoder};
use optrail::report::manifest::Manifest;
use serde_json::Value;

use crate::{pick, text};

/// Nothing that a terminal would obey gets through, wherever the text is cut in two.
pub fn terminal(bytes: &[u8]) {
    let (cut, rest) = pick(bytes);
    for notation in [Notation::Braces, Notation::Json] {
        let mut writer = TerminalWriter::new(Vec::new(), notation);
        let (first, second) = rest.split_at(cut.min(rest.len()));
        for part in [first, second] {
            writer.write_all(part).expect("a Vec takes all");
        }
        let shown = writer.into_inner();
        let shown = text(&shown).expect("whole characters");
        assert!(!shown.chars().any(|c| c != '\n' && is_unsafe(c)));
        if let Some(text) = text(rest) {
            assert_eq!(shown, terminal_lines(text, notation));
        }
    }
    let Some(text) = text(rest) else { return };
    assert!(!escaped(text).chars().any(is_unsafe));
    let json = Value::from(text).to_string();
    let shown = terminal_lines(&json, Notation::Json);
    assert_eq!(
        serde_json::from_str::<String>(&shown).ok().as_deref(),
        Some(text)
    );
}

/// Columns of the rows that are tried.
const COLUMNS: [&str; 3] = ["a", "b", "raw"];

/// A cell that owns its text.
enum Owned {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Owned {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Integer(number) => Cell::Integer(*number),
            Self::Real(number) => Cell::Real(*number),
            Self::Text(text) => Cell::Text(text),
            Self::Blob(bytes) => Cell::Blob(bytes),
        }
    }
}

/// Rows of cells; 0xfe and 0xff, which no text has, end a cell: its first byte says of which kind it is.
fn cells(bytes: &[u8]) -> Vec<Vec<Owned>> {
    let cell = |bytes: &[u8]| {
        let (kind, rest) = pick(bytes);
        let number = rest
            .first_chunk::<8>()
            .map(|chunk| i64::from_be_bytes(*chunk));
        match (kind % 8, number) {
            (0, _) => Owned::Null,
            (1, Some(number)) => Owned::Integer(number),
            (2, Some(number)) => match f64::from_bits(number as u64) {
                // SQLite has none.
                real if real.is_nan() => Owned::Null,
                real => Owned::Real(real),
            },
            (3, _) => Owned::Blob(rest.to_vec()),
            _ => Owned::Text(String::from_utf8_lossy(rest).into_owned()),
        }
    };
    let all: Vec<Owned> = bytes.split(|byte| *byte >= 0xfe).map(cell).collect();
    let mut rows = Vec::new();
    let mut row = Vec::new();
    for cell in all {
        row.push(cell);
        if row.len() == COLUMNS.len() {
            rows.push(std::mem::take(&mut row));
        }
    }
    rows
}

fn written(format: Format, layout: &Layout, rows: &[Vec<Owned>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = encoder(format, layout).expect("a layout that fits");
    encoder.header(&COLUMNS, &mut out).expect("a Vec takes all");
    for row in rows {
        let cells: Vec<Cell<'_>> = row.iter().map(Owned::cell).collect();
        encoder.row(&cells, &mut out).expect("a Vec takes all");
    }
    encoder.finish(&mut out).expect("a Vec takes all");
    out
}

/// What is written reads back, cell for cell. The first byte picks the delimiter.
pub fn rows(bytes: &[u8]) {
    let (delimiter, bytes) = pick(bytes);
    let delimiter = [",", ";", "tab", "|", " "][delimiter % 5];
    let rows = cells(bytes);
    let layout = Layout {
        delimiter: delimiter.parse().ok(),
        ..Layout::default()
    };
    let plain = written(Format::Csv, &layout, &rows);
    assert_eq!(csv_texts(&plain, delimiter), expected_texts(&rows));
    let safe = Layout {
        spreadsheet_safe: true,
        bom: true,
        ..layout.clone()
    };
    safe_in_spreadsheets(&written(Format::Csv, &safe, &rows), delimiter, &rows);

    let layout = Layout {
        json_columns: vec!["raw".to_owned()],
        ..Layout::default()
    };
    let lines = written(Format::Jsonl, &layout, &rows);
    let lines = text(&lines).expect("UTF-8");
    assert_eq!(lines.lines().count(), rows.len());
    assert_eq!(
        lines.bytes().filter(|byte| *byte == b'\n').count(),
        rows.len()
    );
    for (line, row) in lines.split_terminator('\n').zip(&rows) {
        is_object_of(line, row);
    }
    let array = written(Format::Json, &layout, &rows);
    serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(&array).expect("an array");
    let table = written(Format::Table, &Layout::default(), &rows);
    let table = text(&table).expect("UTF-8");
    assert!(!table.chars().any(|c| c != '\n' && is_unsafe(c)));
}

fn csv_texts(bytes: &[u8], delimiter: &str) -> Vec<Vec<String>> {
    let delimiter = if delimiter == "tab" {
        b'\t'
    } else {
        delimiter.as_bytes()[0]
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(bytes);
    let record = |record: csv::Result<csv::StringRecord>| {
        let record = record.expect("CSV");
        record.iter().map(str::to_owned).collect()
    };
    reader.records().map(record).collect()
}

/// What stands in CSV for the cells.
fn expected_texts(rows: &[Vec<Owned>]) -> Vec<Vec<String>> {
    let of_cell = |cell: &Owned| match cell {
        Owned::Null => String::new(),
        Owned::Integer(number) => number.to_string(),
        Owned::Real(number) if number.is_finite() => format!("{number:?}"),
        Owned::Real(number) if *number > 0.0 => "1e999".to_owned(),
        Owned::Real(_) => "-1e999".to_owned(),
        Owned::Text(text) => text.clone(),
        Owned::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    rows.iter()
        .map(|row| row.iter().map(of_cell).collect())
        .collect()
}

/// No text begins as a formula does, and the exact texts can be had back.
fn safe_in_spreadsheets(bytes: &[u8], delimiter: &str, rows: &[Vec<Owned>]) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a mark");
    for ((found, exact), row) in csv_texts(bytes, delimiter)
        .into_iter()
        .zip(expected_texts(rows))
        .zip(rows)
    {
        let (changed, found) = found.split_last().expect("a last column");
        let changed: Vec<String> = match changed.as_str() {
            "" => Vec::new(),
            names => serde_json::from_str(names).expect("a list of names"),
        };
        for (column, (found, exact)) in COLUMNS.iter().zip(found.iter().zip(&exact)) {
            let is_changed = changed.iter().any(|name| name == column);
            let back = match is_changed {
                true => found.strip_prefix('\'').expect("a mark"),
                false => found,
            };
            assert_eq!(back, exact);
        }
        for (cell, found) in row.iter().zip(found) {
            if matches!(cell, Owned::Text(_)) {
                assert!(!found.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']));
            }
        }
    }
}

fn is_object_of(line: &str, row: &[Owned]) {
    // What is deep, or has numbers beyond a double, is JSON all the same.
    let object: std::collections::BTreeMap<&str, &serde_json::value::RawValue> =
        serde_json::from_str(line).expect("an object");
    assert_eq!(object.len(), COLUMNS.len());
    for (column, cell) in COLUMNS.iter().zip(row).take(2) {
        if let Owned::Text(text) = cell {
            let found: String = serde_json::from_str(object[column].get()).expect("a string");
            assert_eq!(found, *text);
        }
    }
}

/// A workbook is a whole archive, whatever the texts are.
pub fn workbook(bytes: &[u8]) {
    let layout = Layout {
        time_columns: vec!["a".to_owned()],
        ..Layout::default()
    };
    let rows = cells(bytes);
    let too_long = |cell: &Owned| matches!(cell, Owned::Text(text) if text.len() > 32_000);
    if rows.iter().flatten().any(too_long) {
        return;
    }
    let book = written(Format::Xlsx, &layout, &rows);
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).expect("an archive");
    let mut sheet = String::new();
    archive
        .by_name("xl/worksheets/sheet1.xml")
        .expect("a sheet")
        .read_to_string(&mut sheet)
        .expect("UTF-8");
    assert!(sheet.ends_with("</worksheet>"));
    let is_of_xml = |c: char| c >= ' ' || matches!(c, '\t' | '\n' | '\r');
    assert!(sheet.chars().all(is_of_xml), "a character that XML refuses");
    // A row without any value is none of the sheet.
    assert!(sheet.matches("<row ").count() <= rows.len() + 1);
}

/// What is as written is written so.
pub fn manifest(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Ok((manifest, is_as_written)) = Manifest::parse(text) else {
        return;
    };
    let written = manifest.to_text().expect("a text");
    if is_as_written {
        assert_eq!(written, text);
    }
    let (again, is_as_written) = Manifest::parse(&written).expect("its own text");
    assert!(is_as_written);
    assert_eq!(
        (again.content, again.facts),
        (manifest.content, manifest.facts)
    );
}
