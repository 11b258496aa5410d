//! Workbooks are read back as the archives of XML that they are.

use std::io::Read as _;

use super::*;
use crate::export::{Cell, Format, Layout, encoder};

/// The parts of a workbook.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

fn part(bytes: &[u8], name: &str) -> String {
    let parts = parts(bytes);
    let found = parts.iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name}")).1.clone()
}

/// The rows of an export as a workbook.
fn exported(columns: &[&str], rows: &[&[Cell<'_>]]) -> Vec<u8> {
    let mut out = Vec::new();
    let layout = Layout {
        time_columns: ["started_at", "gap_from"].map(str::to_owned).to_vec(),
        ..Layout::default()
    };
    let mut encoder = encoder(Format::Xlsx, &layout).unwrap();
    encoder.header(columns, &mut out).unwrap();
    for row in rows {
        encoder.row(row, &mut out).unwrap();
    }
    encoder.finish(&mut out).unwrap();
    out
}

/// A cell: its type, and what stands in it.
fn cell(sheet: &str, place: &str) -> Option<(String, String)> {
    let (_, rest) = sheet.split_once(&format!("<c r=\"{place}\""))?;
    let (head, rest) = rest.split_once('>')?;
    let kind = head
        .split_once(" t=\"")
        .map_or("", |(_, kind)| kind.trim_end_matches('"'));
    let body = rest.split("</c>").next()?;
    let inner = body.replace("<is><t>", "").replace("</t></is>", "");
    let inner = inner
        .replace("<is><t xml:space=\"preserve\">", "")
        .replace("<v>", "")
        .replace("</v>", "");
    Some((kind.to_owned(), inner))
}

#[test]
fn cells_are_what_their_values_are() {
    let columns = ["account_id", "n", "started_at", "gap_from", "note", "x"];
    let bytes = exported(
        &columns,
        &[
            &[
                Cell::Text("1234567890123456789"),
                Cell::Integer(42),
                Cell::Text("2026-03-01T12:00:00.000Z"),
                Cell::Text("2026-03-01 12:00"),
                Cell::Text("2026-03-01T12:00:00.000Z"),
                Cell::Null,
            ],
            &[
                Cell::Text("=1+1"),
                Cell::Integer(i64::MAX),
                Cell::Null,
                Cell::Text("2026-03-01T00:00:00.500Z"),
                Cell::Text(" <b>&\u{1b}_x001B_\r\n"),
                Cell::Blob(&[0xab]),
            ],
        ],
    );
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    let text = |place, expected: &str| {
        assert_eq!(
            cell(&sheet, place),
            Some(("inlineStr".to_owned(), expected.to_owned())),
            "{place}"
        );
    };
    let number = |place, expected: f64| {
        let (kind, value) = cell(&sheet, place).unwrap();
        assert_eq!(
            (kind.as_str(), value.parse()),
            ("", Ok(expected)),
            "{place}"
        );
    };
    text("A1", "account_id");
    text("A2", "1234567890123456789");
    number("B2", 42.0);
    number("C2", 46_082.5);
    text("D2", "2026-03-01 12:00");
    text("E2", "2026-03-01T12:00:00.000Z");
    assert_eq!(cell(&sheet, "F2"), None);
    text("A3", "=1+1");
    text("B3", "9223372036854775807");
    number("D3", 46_082.0 + 0.5 / 86_400.0);
    text("E3", " &lt;b&gt;&amp;_x001B__x005F_x001B__x000D_\n");
    text("F3", "ab");
    assert!(!sheet.contains("<f>"));
    assert!(sheet.contains("<autoFilter ref=\"A1:F3\"/>") && sheet.contains("state=\"frozen\""));
    assert!(part(&bytes, "xl/styles.xml").contains("yyyy-mm-dd hh:mm:ss.000&quot; UTC&quot;"));
}

#[test]
fn a_document_has_a_sheet_for_each_section() {
    let bytes = written(&fixture::sample(Language::En, 3), DocumentFormat::Xlsx);
    let workbook = part(&bytes, "xl/workbook.xml");
    let names: Vec<&str> = workbook
        .split("<sheet name=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(
        names,
        [
            "facts",
            "statements",
            "completeness",
            "coverage_gaps",
            "drift_checks",
            "operations"
        ]
    );
    assert!(part(&bytes, "docProps/core.xml").contains("2000-01-01T00:00:00Z"));
}

#[test]
fn no_text_becomes_a_formula_a_link_or_markup() {
    let bytes = written(&hostile::hostile(), DocumentFormat::Xlsx);
    for (name, text) in parts(&bytes) {
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader
                .read_event()
                .unwrap_or_else(|error| panic!("{name}: {error}"))
            {
                quick_xml::events::Event::Start(start) => {
                    let element = start.name();
                    assert!(
                        !matches!(element.as_ref(), "f" | "hyperlink" | "script"),
                        "{name}"
                    );
                }
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert!(
            !text.contains("\u{ffff}") && !text.contains('\u{1b}'),
            "{name}"
        );
    }
    let strings = part(&bytes, "xl/sharedStrings.xml");
    assert!(strings.contains("=cmd|'/c calc'!A0"));
    assert!(strings.contains("[…cut: 40966 characters; whole in csv and json]"));
}
