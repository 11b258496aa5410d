//! The dictionary for people, in lines of 80 columns.

use std::fmt::Write as _;

use crate::store::dictionary::{Column, View};

/// Columns of a line: what every terminal and every mail shows.
const WIDTH: usize = 80;

/// Each view with its columns.
pub(super) fn write(views: &[&View]) -> String {
    let mut text = String::new();
    for view in views {
        if !text.is_empty() {
            text.push('\n');
        }
        // Writing to a String has no way to fail.
        let _ = writeln!(text, "{}", view.name);
        wrap(&mut text, "  ", &view.row);
        for column in &view.columns {
            let _ = writeln!(text, "  {}  {}", column.name, kind(column));
            wrap(&mut text, "      ", &column.meaning);
            if let Some(values) = column.kind.values() {
                let values = values.as_array().into_iter().flatten();
                let words = values.map(|value| match value.as_str() {
                    Some(word) => word.to_owned(),
                    None => value.to_string(),
                });
                let words: Vec<String> = words.collect();
                wrap(
                    &mut text,
                    "      ",
                    &format!("one of: {}", words.join(", ")),
                );
            }
        }
        text.push_str("  Example:\n");
        wrap(&mut text, "      ", &view.example);
    }
    text
}

/// Type and unit.
fn kind(column: &Column) -> String {
    let sql_type = column.kind.sql_type();
    match column.kind.unit() {
        Some(unit) => format!("{sql_type}, {unit}"),
        None => sql_type.to_owned(),
    }
}

/// Adds a paragraph whose lines begin with `indent`.
fn wrap(text: &mut String, indent: &str, paragraph: &str) {
    let mut used = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if used == 0 {
            text.push_str(indent);
            used = indent.len();
        } else if used + 1 + length > WIDTH {
            text.push('\n');
            text.push_str(indent);
            used = indent.len();
        } else {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::dictionary;

    #[test]
    fn lines_fit_and_no_word_is_lost() {
        let views: Vec<&View> = dictionary::all().iter().collect();
        let text = write(&views);
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
        let words = |text: &str| text.split_whitespace().count();
        for view in views {
            assert!(write(&[view]).contains(&format!("{}\n  ", view.name)));
            assert!(words(&write(&[view])) > words(&view.row) + 4 * view.columns.len());
        }
        let mut wrapped = String::new();
        wrap(&mut wrapped, "  ", &"word ".repeat(40));
        assert_eq!(words(&wrapped), 40);
        assert!(wrapped.starts_with("  word word") && !wrapped.contains("\n\n"));
    }
}
