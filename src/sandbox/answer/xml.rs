//! An answer as XML: a list is its element repeated, an empty list is nothing at all.

use super::{Object, Value};

/// The object as an XML document with that root.
pub(in crate::sandbox) fn write_xml(root: &str, object: &Object) -> String {
    let mut out = String::with_capacity(1024);
    out.push_str("<?xml version='1.0' encoding='UTF-8'?>");
    write_object(&mut out, root, object);
    out
}

fn write_object(out: &mut String, name: &str, object: &Object) {
    write_tag(out, "<", name);
    for (name, value) in object.fields() {
        write_value(out, name, value);
    }
    write_tag(out, "</", name);
}

fn write_value(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Bool(value) => write_leaf(out, name, if *value { "true" } else { "false" }),
        Value::Int(value) => write_leaf(out, name, &value.to_string()),
        Value::Text(text) => write_leaf(out, name, text),
        Value::List(items) => {
            for item in items {
                write_value(out, name, item);
            }
        }
        Value::Object(object) => write_object(out, name, object),
    }
}

fn write_leaf(out: &mut String, name: &str, text: &str) {
    write_tag(out, "<", name);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A reader turns a bare carriage return into a line feed.
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(c),
            // XML 1.0 has no way to write these at all.
            c if u32::from(c) < 0x20 || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            c => out.push(c),
        }
    }
    write_tag(out, "</", name);
}

fn write_tag(out: &mut String, open: &str, name: &str) {
    out.push_str(open);
    out.push_str(name);
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_repeats_its_element_and_an_empty_one_is_nothing() {
        let row = |status: &'static str| Value::from(Object::new().with("Status", status));
        let object = Object::new()
            .with("TotalCount", 2_i64)
            .with("Results", Value::List(vec![row("A<B"), row("C\u{1b}")]))
            .with("None", Value::List(Vec::new()));
        assert_eq!(
            write_xml("ListResponse", &object),
            "<?xml version='1.0' encoding='UTF-8'?><ListResponse><TotalCount>2</TotalCount>\
             <Results><Status>A&lt;B</Status></Results><Results><Status>C\u{fffd}</Status></Results>\
             </ListResponse>"
        );
    }
}
