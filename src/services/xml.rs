//! An XML answer as the object that its JSON form would be.
//!
//! The root element (`<…Response>`, or `<Error>`) is dropped; an element that holds elements is an
//! object, any other its text; an element that is repeated is an array. That a list of one row
//! looks like a single object is for the getters to know ([`super::fields`]). Attributes and
//! comments are not data. A document type is refused, and with it every entity but the five
//! of XML and character references, so that nothing expands.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use serde_json::{Map, Value};

use super::reading::InvalidAnswer;

/// Elements inside each other at most. Documented answers have five.
const DEPTH_MAX: usize = 32;
/// Characters of an element's name that a message shows.
const SHOWN_NAME_CHARS_MAX: usize = 60;

/// Reads a document that begins with `<`.
pub(super) fn parse(text: &str) -> Result<Map<String, Value>, InvalidAnswer> {
    if text.contains('\0') {
        return Err(InvalidAnswer::new("the XML holds a NUL"));
    }
    let mut reader = Reader::from_str(text);
    let mut builder = Builder::default();
    loop {
        let event = reader.read_event().map_err(|_| {
            InvalidAnswer::new(format!(
                "the XML is malformed at byte {}",
                reader.error_position()
            ))
        })?;
        match event {
            Event::Start(start) => builder.open(&start)?,
            Event::Empty(start) => {
                builder.open(&start)?;
                builder.close()?;
            }
            Event::End(_) => builder.close()?,
            Event::Text(text) => builder.text(&text.xml10_content())?,
            Event::CData(data) => builder.text(&data.xml10_content())?,
            Event::GeneralRef(reference) => builder.text(&resolve(&reference)?)?,
            Event::Decl(declaration) => require_utf8(&declaration)?,
            Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) => {
                return Err(InvalidAnswer::new(
                    "the body is HTML, or XML with a document type",
                ));
            }
            Event::Eof => return builder.finish(),
        }
    }
}

/// An element that has begun.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Map<String, Value>,
}

impl Element {
    fn into_value(self) -> Result<Value, InvalidAnswer> {
        if self.children.is_empty() {
            return Ok(Value::String(self.text));
        }
        if !self.text.trim().is_empty() {
            return Err(InvalidAnswer::new(format!(
                "<{}> holds text beside elements",
                shown(&self.name)
            )));
        }
        Ok(Value::Object(self.children))
    }
}

/// The elements that have begun, outermost first, and the root once it has ended.
#[derive(Debug, Default)]
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
}

impl Builder {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), InvalidAnswer> {
        let name = start.local_name().as_ref().to_owned();
        if self.root.is_some() {
            return Err(InvalidAnswer::new("the XML has more than one root"));
        }
        if self.open.is_empty() && name != "Error" && !name.ends_with("Response") {
            return Err(InvalidAnswer::new(format!(
                "the root <{}> is that of no answer",
                shown(&name)
            )));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(InvalidAnswer::new(format!(
                "the XML is nested deeper than {DEPTH_MAX} elements"
            )));
        }
        self.open.push(Element {
            name,
            ..Element::default()
        });
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), InvalidAnswer> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(InvalidAnswer::new("the XML has text outside of its root")),
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), InvalidAnswer> {
        let Some(element) = self.open.pop() else {
            return Err(InvalidAnswer::new("the XML closes what it has not opened"));
        };
        match self.open.last_mut() {
            Some(parent) => {
                let name = element.name.clone();
                add(&mut parent.children, name, element.into_value()?);
            }
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn finish(self) -> Result<Map<String, Value>, InvalidAnswer> {
        let Some(root) = self.root else {
            return Err(InvalidAnswer::new(
                "the XML breaks off before its root ends",
            ));
        };
        let is_error = root.name == "Error";
        match root.into_value()? {
            // An error that does not say which one must not pass for a success without fields.
            Value::Object(object) if is_error && !object.contains_key("Code") => {
                Err(InvalidAnswer::new("<Error> without Code"))
            }
            Value::Object(object) => Ok(object),
            Value::String(text) if !is_error && text.trim().is_empty() => Ok(Map::new()),
            _ => Err(InvalidAnswer::new("the root holds no elements")),
        }
    }
}

/// An element's name for a message.
fn shown(name: &str) -> String {
    name.chars().take(SHOWN_NAME_CHARS_MAX).collect()
}

/// Adds a field; the second of a name makes a list of both.
fn add(object: &mut Map<String, Value>, name: String, value: Value) {
    match object.get_mut(&name) {
        None => {
            object.insert(name, value);
        }
        // An element is never itself an array, so an array here is one made by repetition.
        Some(Value::Array(items)) => items.push(value),
        Some(single) => {
            let first = single.take();
            *single = Value::Array(vec![first, value]);
        }
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, InvalidAnswer> {
    if let Some(text) = resolve_predefined_entity(reference) {
        return Ok(text.to_owned());
    }
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => Err(InvalidAnswer::new("the XML names an entity of its own")),
        Err(_) => Err(InvalidAnswer::new(
            "the XML refers to a character that does not exist",
        )),
    }
}

/// The text has been read as UTF-8; a declaration that says otherwise would make that a guess.
fn require_utf8(declaration: &BytesDecl<'_>) -> Result<(), InvalidAnswer> {
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name))
            if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") =>
        {
            Ok(())
        }
        Some(_) => Err(InvalidAnswer::new(
            "the XML declares an encoding other than UTF-8",
        )),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Value {
        Value::Object(parse(text).unwrap())
    }

    fn refused(text: &str) -> String {
        parse(text).expect_err("must be refused").reason
    }

    #[test]
    fn elements_are_fields_and_repetition_is_a_list() {
        let text = "<?xml version='1.0' encoding='UTF-8'?>\n<AResponse xmlns=\"urn:x\">\n <One>1</One>\n \
                    <Many>a</Many><Many>b</Many><Many>c</Many><None/><!-- x --></AResponse>\n";
        assert_eq!(
            read(text),
            json!({"One": "1", "Many": ["a", "b", "c"], "None": ""})
        );
    }

    #[test]
    fn text_is_decoded_and_otherwise_as_sent() {
        let text = "<AResponse><A>a &amp;&lt;&#x57DF;&#10;</A><B> x\r\n</B><C><![CDATA[<&>]]></C></AResponse>";
        assert_eq!(
            read(text),
            json!({"A": "a &<域\n", "B": " x\n", "C": "<&>"})
        );
    }

    #[test]
    fn an_empty_response_is_an_object_without_fields() {
        assert_eq!(read("<AResponse/>"), json!({}));
        assert_eq!(read("<AResponse>\n</AResponse>"), json!({}));
    }

    #[test]
    fn nothing_expands() {
        let bomb =
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><AResponse>&b;</AResponse>";
        assert!(refused(bomb).contains("document type"));
        assert!(refused("<AResponse><A>&b;</A></AResponse>").contains("entity of its own"));
        assert!(refused("<AResponse><A>&#0;</A></AResponse>").contains("does not exist"));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        assert!(refused("<!DOCTYPE html><html></html>").contains("HTML"));
        assert!(refused("<html><body>502</body></html>").contains("<html>"));
        assert!(refused("<Error><RequestId>R</RequestId></Error>").contains("without Code"));
        assert!(refused("<Error/>").contains("no elements"));
        assert!(refused("<AResponse>text</AResponse>").contains("no elements"));
        assert!(refused("<AResponse/><BResponse/>").contains("more than one root"));
        assert!(refused("<AResponse/>x").contains("outside"));
        assert!(refused("<AResponse><A>1</A>").contains("breaks off"));
        assert!(refused("<AResponse><A>1</B></AResponse>").contains("malformed"));
        assert!(refused("<AResponse>x<A>1</A></AResponse>").contains("beside elements"));
        assert!(refused("<?xml version='1.0' encoding='GBK'?><AResponse/>").contains("encoding"));
    }
}
