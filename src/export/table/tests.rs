//! Tables as a person would see them.
#![allow(clippy::unwrap_used)]

use super::super::{Format, encode};
use super::*;

fn table(layout: Layout, columns: &[&str], rows: &[&[Cell<'_>]]) -> String {
    encode(Format::Table, &layout, columns, rows)
}

const COLUMNS: [&str; 4] = ["operation_id", "status", "failed_count", "reason"];

const ROWS: [&[Cell<'_>]; 3] = [
    &[
        Cell::Text("6da106ca-1784-4a6f-a7e1-e723863d0000"),
        Cell::Text("RUNNING"),
        Cell::Null,
        Cell::Null,
    ],
    &[
        Cell::Text("操作-1"),
        Cell::Text("FAILED"),
        Cell::Integer(12),
        Cell::Text("quota of vpc exceeded in cn-hangzhou\u{1b}[2J"),
    ],
    &[
        Cell::Text("b"),
        Cell::Text("SUCCEEDED"),
        Cell::Integer(0),
        Cell::Text(""),
    ],
];

#[test]
fn columns_are_aligned_and_numbers_stand_at_the_right() {
    let shown = table(Layout::default(), &COLUMNS, &ROWS);
    let expected = "\
operation_id                          status     failed_count  reason
────────────────────────────────────  ─────────  ────────────  ─────────────────────────────────────────────
6da106ca-1784-4a6f-a7e1-e723863d0000  RUNNING    -             -
操作-1                                FAILED               12  quota of vpc exceeded in cn-hangzhou\\u{1b}[2J
b                                     SUCCEEDED             0
";
    assert_eq!(shown, expected);
}

#[test]
fn eighty_columns_are_kept() {
    let layout = Layout {
        width: Some(80),
        ..Layout::default()
    };
    let shown = table(layout, &COLUMNS, &ROWS);
    let expected = "\
operation_id                 status     failed_count  reason
───────────────────────────  ─────────  ────────────  ──────────────────────────
6da106ca-1784-4a6f-a7e1-e7…  RUNNING    -             -
操作-1                       FAILED               12  quota of vpc exceeded in …
b                            SUCCEEDED             0
";
    assert_eq!(shown, expected);
}

#[test]
fn too_many_columns_become_blocks_that_leave_nothing_out() {
    let layout = Layout {
        width: Some(30),
        ..Layout::default()
    };
    let shown = table(layout, &COLUMNS, &ROWS[1..2]);
    let expected = "\
── 1 ──
operation_id  操作-1
status        FAILED
failed_count  12
reason        quota of vpc exceeded in cn-hangzhou\\u{1b}[2J
";
    assert_eq!(shown, expected);
}

#[test]
fn header_null_and_bold_are_options() {
    let layout = Layout {
        no_header: true,
        null: Some("∅".to_owned()),
        ..Layout::default()
    };
    assert_eq!(
        table(
            layout,
            &["a", "long_name"],
            &[&[Cell::Null, Cell::Integer(1)]]
        ),
        "∅  1\n"
    );
    let layout = Layout {
        color: true,
        ..Layout::default()
    };
    assert_eq!(
        table(layout, &["a"], &[&[Cell::Text("\u{1b}[0m")]]),
        "\u{1b}[1ma\u{1b}[0m\n─────────\n\\u{1b}[0m\n"
    );
}

#[test]
fn no_rows_are_a_header_alone() {
    assert_eq!(table(Layout::default(), &["a", "b"], &[]), "a  b\n─  ─\n");
}

#[test]
fn rows_after_the_sample_keep_its_widths() {
    let long = "x".repeat(100);
    let mut rows: Vec<[Cell<'_>; 2]> = vec![[Cell::Text("short"), Cell::Integer(1)]; SAMPLE_ROWS];
    rows.push([Cell::Text(&long), Cell::Integer(2)]);
    let rows: Vec<&[Cell<'_>]> = rows.iter().map(|row| &row[..]).collect();
    let layout = Layout {
        width: Some(80),
        ..Layout::default()
    };
    let shown = table(layout, &["name", "n"], &rows);
    assert_eq!(shown.lines().count(), SAMPLE_ROWS + 3);
    assert_eq!(shown.lines().last(), Some("xxxx…  2"));
}

#[test]
fn the_sample_is_bounded_in_bytes() {
    let huge = "x".repeat(SAMPLE_BYTES);
    let mut encoder = Table::new(&Layout {
        width: Some(80),
        ..Layout::default()
    });
    let mut out = Vec::new();
    encoder.header(&["t"], &mut out).unwrap();
    encoder.row(&[Cell::Text(&huge)], &mut out).unwrap();
    assert!(encoder.sample.is_empty(), "nothing is held back any more");
}
