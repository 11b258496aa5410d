//! JSON inside the texts of a CADT operation (`Data.Message`, `Data.Arguments`).
//!
//! The texts hold JSON often, not always: plain, as a JSON string once more, or merely between two
//! quotation marks, as in the published example. The JSON is only compacted, never parsed into
//! values and written again, so that numbers, order and repeated names stay as they were.

use serde::de::IgnoredAny;

/// Arrays and objects inside each other at most; SQLite reads a thousand.
const DEPTH_MAX: usize = 128;

/// The object or array that the text holds, as compact JSON; `None` where it holds none.
pub fn embedded_json(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(json) = compact(text) {
        return Some(json);
    }
    if let Ok(inner) = serde_json::from_str::<String>(text) {
        return compact(inner.trim());
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    compact(inner.trim())
}

/// Removes the blanks between the tokens of an object or array.
fn compact(text: &str) -> Option<String> {
    if !text.starts_with(['{', '[']) || !is_nested_within(text, DEPTH_MAX) {
        return None;
    }
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut json = String::with_capacity(text.len());
    let mut scan = Scan::default();
    json.extend(
        text.chars()
            .filter(|&character| scan.is_in_string(character) || !is_blank(character)),
    );
    Some(json)
}

fn is_nested_within(text: &str, depth_max: usize) -> bool {
    let mut scan = Scan::default();
    let mut depth = 0_usize;
    for character in text.chars() {
        if scan.is_in_string(character) {
            continue;
        }
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > depth_max {
            return false;
        }
    }
    true
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Tells the characters inside of strings from those between tokens.
#[derive(Default)]
struct Scan {
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Whether the next character belongs to a string, its quotation marks included.
    fn is_in_string(&mut self, character: char) -> bool {
        if !self.in_string {
            self.in_string = character == '"';
            return self.in_string;
        }
        if self.escaped {
            self.escaped = false;
        } else if character == '\\' {
            self.escaped = true;
        } else if character == '"' {
            self.in_string = false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_plain_quoted_and_between_quotation_marks() {
        for text in [
            r#" { "b": 1, "a": [1e400, 1.10] } "#,
            r#""{ \"b\": 1, \"a\": [1e400, 1.10] }""#,
            r#""{ "b": 1, "a": [1e400, 1.10] }""#,
        ] {
            assert_eq!(
                embedded_json(text).as_deref(),
                Some(r#"{"b":1,"a":[1e400,1.10]}"#),
                "{text}"
            );
        }
    }

    #[test]
    fn blanks_and_quotation_marks_in_strings_stay() {
        assert_eq!(
            embedded_json(r#"[ "a  \" [ b" , "\\" ]"#).as_deref(),
            Some(r#"["a  \" [ b","\\"]"#)
        );
    }

    #[test]
    fn what_is_no_object_or_array_is_none() {
        for text in [
            "",
            " ",
            "\" \"",
            "plain",
            "7",
            "null",
            "\"",
            "{",
            "[1,]",
            "\"[1\"",
            "\"plain\"",
        ] {
            assert_eq!(embedded_json(text), None, "{text}");
        }
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(embedded_json(&deep), None);
    }
}
