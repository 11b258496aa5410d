//! The dictionary for people, in lines of 80 columns.

use std::fmt::Write as _;

use crate::export::wrap::wrap_words;
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
        paragraph(&mut text, 2, &view.row);
        for column in &view.columns {
            let _ = writeln!(text, "  {}  {}", column.name, kind(column));
            paragraph(&mut text, 6, &column.meaning);
            if let Some(values) = column.kind.values() {
                let values = values.as_array().into_iter().flatten();
                let words = values.map(|value| match value.as_str() {
                    Some(word) => word.to_owned(),
                    None => value.to_string(),
                });
                let words: Vec<String> = words.collect();
                paragraph(&mut text, 6, &format!("one of: {}", words.join(", ")));
            }
        }
        text.push_str("  Example:\n");
        paragraph(&mut text, 6, &view.example);
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

/// Adds a paragraph whose lines begin at column `indent`; a name or a piece of SQL stays whole.
fn paragraph(text: &mut String, indent: usize, paragraph: &str) {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    text.extend(std::iter::repeat_n(' ', indent));
    wrap_words(&words.join(" "), indent, indent, WIDTH, text);
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

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
        paragraph(&mut wrapped, 2, &"word ".repeat(40));
        assert_eq!(words(&wrapped), 40);
        assert!(wrapped.starts_with("  word word") && !wrapped.contains("\n\n"));
        let mut wide = String::new();
        paragraph(&mut wide, 2, &"操作失败 ".repeat(20));
        assert!(wide.lines().all(|line| line.width() <= WIDTH), "{wide}");
    }
}
