//! An answer as JSON: compact, fields in the order given, text as UTF-8.

use std::fmt::Write as _;

use super::{Object, Value};

/// The object as one line of JSON.
pub(in crate::sandbox) fn write_json(object: &Object) -> String {
    let mut out = String::with_capacity(1024);
    write_object(&mut out, object);
    out
}

fn write_object(out: &mut String, object: &Object) {
    out.push('{');
    for (position, (name, value)) in object.fields().iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_text(out, name);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Text(text) => write_text(out, text),
        Value::List(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(object) => write_object(out, object),
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let awkward = "a\"b\\c\n\r\t\u{1b}\u{0}/\u{202e}域\u{1f600}";
        let object = Object::new()
            .with("Text", awkward)
            .with("Long", 9_007_199_254_740_993_i64)
            .with("Yes", true)
            .with("List", Value::List(vec![Value::Int(1), Value::Int(2)]));
        let text = write_json(&object);
        assert!(text.starts_with("{\"Text\":\"a\\\"b"));
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["Text"], awkward);
        assert_eq!(read["Long"], 9_007_199_254_740_993_i64);
        assert_eq!(read["List"], serde_json::json!([1, 2]));
    }
}
