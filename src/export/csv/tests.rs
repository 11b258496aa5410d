//! CSV against a strict reader of its own, which tells NULL from the empty text.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::super::{Format, encode, encoder};
use super::*;

/// Reads what [`Csv`] writes and nothing looser: a bare quote inside an unquoted field, text after
/// a closing quote, or a missing last line end is a panic. An unquoted `null` is `None`.
fn read_strictly(text: &str, delimiter: char, null: &str) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut row = Vec::new();
        loop {
            let (field, after) = read_field(rest, delimiter, null);
            row.push(field);
            let mut following = after.chars();
            match following.next().expect("a line ends with a line feed") {
                '\n' => {
                    rest = following.as_str();
                    break;
                }
                c if c == delimiter => rest = following.as_str(),
                other => panic!("{other:?} after a field"),
            }
        }
        rows.push(row);
    }
    rows
}

/// One field, and what follows it.
fn read_field<'a>(text: &'a str, delimiter: char, null: &str) -> (Option<String>, &'a str) {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([delimiter, '\n']).unwrap_or(text.len());
        let field = &text[..end];
        assert!(!field.contains(['"', '\r']), "bare special in {field:?}");
        return ((field != null).then(|| field.to_owned()), &text[end..]);
    };
    let mut field = String::new();
    loop {
        let quote = rest.find('"').expect("a quoted field is closed");
        field.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return (Some(field), rest),
        }
    }
}

#[test]
fn null_and_the_empty_text_differ() {
    let text = encode(
        Format::Csv,
        &Layout::default(),
        &["id", "reason", "count"],
        &[
            &[Cell::Text("a"), Cell::Null, Cell::Integer(-7)],
            &[Cell::Text(""), Cell::Text("quota, \"hard\""), Cell::Null],
            &[
                Cell::Text(" b "),
                Cell::Text("two\nlines\r\n"),
                Cell::Integer(0),
            ],
        ],
    );
    assert_eq!(
        text,
        "id,reason,count\n\
         a,,-7\n\
         \"\",\"quota, \"\"hard\"\"\",\n\
         \x20b ,\"two\nlines\r\n\",0\n"
    );
}

#[test]
fn reals_and_bytes_have_a_text() {
    let text = encode(
        Format::Csv,
        &Layout::default(),
        &["average", "digest", "nothing"],
        &[&[Cell::Real(2.5), Cell::Blob(&[0xde, 0xad]), Cell::Blob(&[])]],
    );
    assert_eq!(text, "average,digest,nothing\n2.5,dead,\"\"\n");
}

#[test]
fn options_are_honoured() {
    let layout = Layout {
        no_header: true,
        delimiter: Some("tab".parse().unwrap()),
        null: Some("0".to_owned()),
        ..Layout::default()
    };
    let text = encode(
        Format::Csv,
        &layout,
        &["a", "b", "c", "d"],
        &[&[
            Cell::Null,
            Cell::Text("0"),
            Cell::Integer(0),
            Cell::Text("1,2\t3"),
        ]],
    );
    assert_eq!(text, "0\t\"0\"\t\"0\"\t\"1,2\t3\"\n");
}

#[test]
fn a_null_text_that_needs_quotes_is_refused() {
    for bad in [",", "\"\"", "a\nb"] {
        let layout = Layout {
            null: Some(bad.to_owned()),
            ..Layout::default()
        };
        assert_eq!(
            encoder(Format::Csv, &layout).err(),
            Some(LayoutError::Null(bad.to_owned()))
        );
    }
}

#[test]
fn many_rows_come_out_whole_and_in_order() {
    let rows: Vec<[Cell<'_>; 2]> = (0..20_000)
        .map(|n| [Cell::Integer(n), Cell::Text("ünïcödé")])
        .collect();
    let rows: Vec<&[Cell<'_>]> = rows.iter().map(|row| &row[..]).collect();
    let text = encode(Format::Csv, &Layout::default(), &["n", "t"], &rows);
    assert_eq!(text.lines().count(), 20_001);
    for (n, line) in text.lines().skip(1).enumerate() {
        assert_eq!(line, format!("{n},ünïcödé"));
    }
}

#[derive(Debug, Clone)]
enum Value {
    Null,
    Integer(i64),
    Text(String),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        prop_oneof![any::<i64>(), 0..3_i64].prop_map(Value::Integer),
        // Mostly the characters that CSV cares about, so that they meet often.
        "[,;\"\r\n\t NA01é\u{1b}\u{202e}]{0,6}".prop_map(Value::Text),
        any::<String>().prop_map(Value::Text),
    ]
}

proptest! {
    #[test]
    fn fault_70_a_strict_reader_gets_back_what_was_written(
        rows in (1..5_usize).prop_flat_map(|width| {
            prop::collection::vec(prop::collection::vec(value(), width), 0..8)
        }),
        delimiter in prop::sample::select(vec![",", ";", "\t", " "]),
        null in prop::sample::select(vec!["", "NA", "0", "\\N"]),
    ) {
        let layout = Layout {
            no_header: true,
            delimiter: Some(delimiter.parse().unwrap()),
            null: Some(null.to_owned()),
            ..Layout::default()
        };
        let cells: Vec<Vec<Cell<'_>>> = rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|value| match value {
                        Value::Null => Cell::Null,
                        Value::Integer(n) => Cell::Integer(*n),
                        Value::Text(text) => Cell::Text(text),
                    })
                    .collect()
            })
            .collect();
        let cells: Vec<&[Cell<'_>]> = cells.iter().map(|row| &row[..]).collect();
        let names: Vec<&str> = cells.first().map_or(Vec::new(), |row| vec!["c"; row.len()]);
        let written = encode(Format::Csv, &layout, &names, &cells);
        let expected: Vec<Vec<Option<String>>> = rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|value| match value {
                        Value::Null => None,
                        Value::Integer(n) => Some(n.to_string()),
                        Value::Text(text) => Some(text.clone()),
                    })
                    .collect()
            })
            .collect();
        let delimiter = delimiter.chars().next().unwrap();
        prop_assert_eq!(read_strictly(&written, delimiter, null), expected);
    }
}
