//! The bytes of an answer as one object, whether they are JSON or XML.
//!
//! The first byte that is not blank decides, never `Content-Type`: gateways send XML errors where
//! JSON was asked for, and mislabel both. Refused are an empty body, anything but one object (`null`,
//! `[]`, HTML, a document followed by more), bytes that are no UTF-8, and nesting beyond a bound.
//! A byte order mark of UTF-8 is skipped. Where a JSON object names a field twice the last one
//! holds, as for every official client; the bytes are kept anyway.
//!
//! Depends on nothing of ours beside this room.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::reading::{InvalidAnswer, kind_of};
use super::xml;

/// One object, read from an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    object: Map<String, Value>,
}

impl Document {
    /// Reads the bytes of an answer.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidAnswer> {
        let text = text_of(body)?;
        match text.bytes().next() {
            None => Err(InvalidAnswer::new("the body is empty")),
            Some(b'<') => xml::parse(text).map(|object| Self { object }),
            Some(_) => parse_json(text).map(|object| Self { object }),
        }
    }

    /// The fields of the answer; `path` names them in messages and unknown items.
    pub(super) fn fields(&self, path: &'static str) -> Fields<'_> {
        Fields::new(path, &self.object)
    }

    /// Whether the answer bears that field with a value.
    pub fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| !value.is_null())
    }

    /// The code, whether it was sent as text or number; a blank one is none.
    pub fn code(&self) -> Option<String> {
        self.scalars(&["Code", "code"])
            .find(|code| !code.trim().is_empty())
    }

    /// The message beside the code.
    pub fn message(&self) -> Option<String> {
        self.scalars(&["Message", "message"]).next()
    }

    /// The id that the cloud gave this request.
    pub fn request_id(&self) -> Option<String> {
        self.scalars(&["RequestId", "requestId", "RequestID"])
            .next()
    }

    /// The scalars that these names bear, in their order; gateways differ in the case of the first letter.
    fn scalars(&self, names: &[&str]) -> impl Iterator<Item = String> {
        let values = names.iter().filter_map(|name| self.object.get(*name));
        values.filter_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
        })
    }
}

/// The body as text without a byte order mark and blanks before the document.
pub(super) fn text_of(body: &[u8]) -> Result<&str, InvalidAnswer> {
    let text = std::str::from_utf8(body).map_err(|error| {
        InvalidAnswer::new(format!(
            "the body is no UTF-8 from byte {}",
            error.valid_up_to()
        ))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok(text.trim_start_matches([' ', '\t', '\r', '\n']))
}

fn parse_json(text: &str) -> Result<Map<String, Value>, InvalidAnswer> {
    // The parser bounds nesting at 128 by itself. Its message names a place, not the content.
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(InvalidAnswer::new(format!(
            "the body is JSON, but not an object ({})",
            kind_of(&other)
        ))),
        Err(error) if text.starts_with('{') => Err(InvalidAnswer::new(format!(
            "the body is no valid JSON: {error}"
        ))),
        Err(_) => Err(InvalidAnswer::new("the body is neither JSON nor XML")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn refused(body: &[u8]) -> String {
        Document::parse(body).expect_err("must be refused").reason
    }

    #[test]
    fn the_first_byte_decides_the_form() {
        let json = Document::parse(b"\r\n {\"RequestId\":\"R\"}").unwrap();
        let xml = Document::parse(b"\r\n <AResponse><RequestId>R</RequestId></AResponse>").unwrap();
        assert_eq!(json, xml);
        assert_eq!(json.request_id().as_deref(), Some("R"));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let body = "\u{feff}{\"RequestId\":\"R\"}";
        assert!(Document::parse(body.as_bytes()).is_ok());
        let body = "\u{feff}<AResponse/>";
        assert!(Document::parse(body.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        assert_eq!(refused(b""), "the body is empty");
        assert_eq!(refused(b" \n"), "the body is empty");
        assert!(refused(b"null").contains("not an object (null)"));
        assert!(refused(b"[]").contains("not an object (array)"));
        assert!(refused(b"\"text\"").contains("not an object (string)"));
        assert!(refused(b"{\"a\":1} x").contains("trailing"));
        assert!(refused(b"{\"a\":1").contains("EOF"));
        assert!(refused(b"{\"a\":\"\xff\"}").contains("no UTF-8 from byte 6"));
        assert!(refused(b"{\"a\":1e400}").contains("out of range"));
        assert!(refused(br#"{"a":"\ud800"}"#).contains("no valid JSON"));
        assert!(refused(b"upstream failed").contains("neither JSON nor XML"));
    }

    #[test]
    fn utf_16_is_refused() {
        for text in ["{\"a\":1}", "<AResponse/>"] {
            let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let marked = [&[0xff, 0xfe], &le[..]].concat();
            for body in [le, be, marked] {
                assert!(Document::parse(&body).is_err(), "{body:?}");
            }
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let json = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
        assert!(refused(json.as_bytes()).contains("recursion limit"));
        let xml = format!(
            "<AResponse>{}{}</AResponse>",
            "<a>".repeat(10_000),
            "</a>".repeat(10_000)
        );
        assert!(refused(xml.as_bytes()).contains("nested deeper"));
    }

    #[test]
    fn the_last_of_two_equal_names_holds() {
        let document = Document::parse(br#"{"Code":"a","Code":"b"}"#).unwrap();
        assert_eq!(document.code().as_deref(), Some("b"));
    }

    #[test]
    fn codes_are_read_in_either_case_and_as_numbers() {
        let code = |body: &str| Document::parse(body.as_bytes()).unwrap().code();
        assert_eq!(
            code(r#"{"code":"Throttling"}"#).as_deref(),
            Some("Throttling")
        );
        assert_eq!(code(r#"{"Code":200}"#).as_deref(), Some("200"));
        assert_eq!(code(r#"{"Code":""}"#), None);
        assert_eq!(code(r#"{"Code":{}}"#), None);
        assert_eq!(
            code(r#"{"Code":" ","code":"Throttling"}"#).as_deref(),
            Some("Throttling")
        );
    }
}
