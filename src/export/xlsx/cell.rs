//! What one value becomes in a cell, and what a spreadsheet cannot hold. Pure.

use std::borrow::Cow;

use crate::export::Cell;
use crate::export::buffer::{push_hex, push_real};
use crate::model::{DAY_MS, UtcMillis};

/// Longest text of a cell, UTF-16 units: the format's own limit.
const TEXT_UNITS_MAX: usize = 32_767;

/// Room that the mark of a cut text may take, UTF-16 units.
const MARK_UNITS: usize = 64;

/// Whole numbers up to here are exact in a spreadsheet, whose numbers are 64-bit floating point.
const EXACT_MAX: i64 = 1 << 53;

/// Days from a spreadsheet's day 0 (1899-12-30) to 1970-01-01.
const DAYS_TO_1970: f64 = 25_569.0;

/// The first instant of which all spreadsheets agree, 1900-03-01: before it some count a day that never was.
const FIRST_MS: i64 = -2_203_891_200_000;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content<'a> {
    /// Nothing: NULL.
    Empty,
    /// A number.
    Number(f64),
    /// Days since 1899-12-30 UTC.
    Date(f64),
    /// Text, short enough.
    Text(Cow<'a, str>),
}

/// The content of a cell; `is_time`: whether a text of our form is to be a date.
pub(super) fn content(cell: Cell<'_>, is_time: bool) -> Content<'_> {
    match cell {
        Cell::Null => Content::Empty,
        // Exact: the range was asked.
        #[allow(clippy::cast_precision_loss)]
        Cell::Integer(value) if (-EXACT_MAX..=EXACT_MAX).contains(&value) => {
            Content::Number(value as f64)
        }
        Cell::Integer(value) => Content::Text(Cow::Owned(value.to_string())),
        Cell::Real(value) if value.is_finite() => Content::Number(value),
        Cell::Real(value) => Content::Text(Cow::Owned(spelled(|out| push_real(out, value)))),
        Cell::Blob(bytes) => Content::Text(Cow::Owned(
            cut(Cow::Owned(spelled(|out| push_hex(out, bytes)))).into_owned(),
        )),
        Cell::Text(text) => match date(text).filter(|_| is_time) {
            Some(days) => Content::Date(days),
            None => Content::Text(cut(readable(text))),
        },
    }
}

/// The spelling of a value, ASCII.
fn spelled(push: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    push(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// An instant in exactly our form, as days since 1899-12-30.
fn date(text: &str) -> Option<f64> {
    if text.len() != 24 {
        return None;
    }
    let instant = UtcMillis::parse_rfc3339(text)?;
    // Milliseconds of four-digit years are below 2^53.
    #[allow(clippy::cast_precision_loss)]
    let days = instant.0 as f64 / DAY_MS as f64 + DAYS_TO_1970;
    (instant.0 >= FIRST_MS && instant.to_string() == text).then_some(days)
}

/// The text without the two characters that XML 1.0 has no way to write.
fn readable(text: &str) -> Cow<'_, str> {
    if text.contains(['\u{fffe}', '\u{ffff}']) {
        Cow::Owned(text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A text that fits, cut with a mark that says how long it was.
fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    // A byte is never more than one unit.
    if text.len() <= TEXT_UNITS_MAX || text.encode_utf16().count() <= TEXT_UNITS_MAX {
        return text;
    }
    let mut units = 0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= TEXT_UNITS_MAX - MARK_UNITS
        })
        .collect();
    let all = text.chars().count();
    Cow::Owned(format!(
        "{kept} […cut: {all} characters; whole in csv and json]"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_are_numbers_while_they_are_exact() {
        assert_eq!(content(Cell::Integer(-7), false), Content::Number(-7.0));
        assert_eq!(
            content(Cell::Integer(EXACT_MAX), false),
            Content::Number(9_007_199_254_740_992.0)
        );
        for beyond in [EXACT_MAX + 1, -EXACT_MAX - 1, i64::MAX, i64::MIN] {
            let text = Content::Text(Cow::Owned(beyond.to_string()));
            assert_eq!(content(Cell::Integer(beyond), false), text);
        }
        assert_eq!(
            content(Cell::Real(f64::INFINITY), false),
            Content::Text("1e999".into())
        );
    }

    #[test]
    fn only_our_own_form_of_an_instant_is_a_date() {
        let noon = "1970-01-02T12:00:00.000Z";
        assert_eq!(content(Cell::Text(noon), true), Content::Date(25_570.5));
        assert_eq!(content(Cell::Text(noon), false), Content::Text(noon.into()));
        for other in [
            "1970-01-02T12:00:00Z",
            "1970-01-02 12:00:00.000Z",
            "1970-01-02t12:00:00.000z",
            "1900-02-28T23:59:59.999Z",
            "2026-02-30T00:00:00.000Z",
            "12",
        ] {
            assert_eq!(
                content(Cell::Text(other), true),
                Content::Text(other.into())
            );
        }
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let fits = "x".repeat(TEXT_UNITS_MAX);
        assert_eq!(
            content(Cell::Text(&fits), false),
            Content::Text((&fits).into())
        );
        for long in ["x".repeat(40_000), "\u{1f600}".repeat(20_000)] {
            let Content::Text(cut) = content(Cell::Text(&long), false) else {
                panic!("a text is a text");
            };
            assert!(cut.encode_utf16().count() <= TEXT_UNITS_MAX);
            let all = long.chars().count().to_string();
            assert!(cut.ends_with(&format!("[…cut: {all} characters; whole in csv and json]")));
        }
        assert_eq!(
            content(Cell::Text("a\u{ffff}b"), false),
            Content::Text("a\u{fffd}b".into())
        );
    }
}
