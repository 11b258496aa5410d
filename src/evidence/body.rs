//! Splits a body into what repeats and what never does: every answer has a fresh RequestId, so whole
//! bodies are all different, while the same body without its RequestId (the *template*) comes again
//! at each look that saw nothing new, and is stored once, under its digest.
//!
//! # The split
//! A *marker* is either the eleven bytes `"RequestId"` (a JSON key; `\"RequestId\"` inside a JSON
//! string has other bytes and is none) or the eleven bytes `<RequestId>` (an XML element). Where
//! the whole body holds exactly one marker, and its value follows, the value is cut out:
//! - JSON: blanks (space, tab, CR, LF), `:`, blanks, `"`, the value, `"`;
//! - XML: the value, `</RequestId>`;
//! - the value: 1 to 64 printable ASCII characters, none of `"`, `\`, `<`, `&`.
//!
//! The template is the body without the value (the quotes or tags stay), and the value goes back in
//! at its byte offset: `template[..offset] ‖ value ‖ template[offset..]`. Any other body is its own
//! template. Nothing is parsed, so every body comes back byte for byte, whatever it is.

use std::borrow::Cow;

use memchr::memmem;

/// The longest RequestId that is cut out. The cloud's are UUIDs of 36; what is longer is kept within
/// its template, which costs space and nothing else.
const REQUEST_ID_LONGEST_BYTES: usize = 64;

/// The part that both markers share; its last byte is followed by `"` or `>`.
const NAME: &[u8] = b"RequestId";

/// A body, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<'a> {
    /// The body without its RequestId.
    pub template: Cow<'a, [u8]>,
    /// Where the RequestId stood, and which; `None` where the template is the whole body.
    pub request_id: Option<(usize, String)>,
}

/// Splits a body; [`join`] is the way back.
pub fn split(body: &[u8]) -> Split<'_> {
    let Some((offset, request_id)) = place_of_request_id(body) else {
        return Split {
            template: Cow::Borrowed(body),
            request_id: None,
        };
    };
    let mut template = Vec::with_capacity(body.len() - request_id.len());
    template.extend_from_slice(&body[..offset]);
    template.extend_from_slice(&body[offset + request_id.len()..]);
    Split {
        request_id: Some((offset, request_id.to_owned())),
        template: Cow::Owned(template),
    }
}

/// A RequestId is to go where its template has no such place: one of the two was changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a RequestId stands at byte {offset} of a template that has {length} bytes")]
pub struct MisplacedRequestId {
    /// Where it should go.
    pub offset: usize,
    /// The template's length in bytes.
    pub length: usize,
}

/// The body whose template and RequestId these are.
pub fn join(
    template: &[u8],
    request_id: Option<(usize, &str)>,
) -> Result<Vec<u8>, MisplacedRequestId> {
    let Some((offset, request_id)) = request_id else {
        return Ok(template.to_vec());
    };
    let Some((before, after)) = template.split_at_checked(offset) else {
        let length = template.len();
        return Err(MisplacedRequestId { offset, length });
    };
    Ok([before, request_id.as_bytes(), after].concat())
}

/// Where [`split`] cuts: the offset and the text of the RequestId, if there is one marker and its value follows.
pub fn place_of_request_id(body: &[u8]) -> Option<(usize, &str)> {
    let mut markers = memmem::find_iter(body, NAME).filter_map(|start| Marker::at(body, start));
    let marker = markers.next()?;
    if markers.next().is_some() {
        return None;
    }
    marker.value(body)
}

/// One marker, by the offset of the byte after it.
enum Marker {
    Json { end: usize },
    Xml { end: usize },
}

impl Marker {
    /// The marker whose name starts at `start`, if the bytes around the name make it one.
    fn at(body: &[u8], start: usize) -> Option<Self> {
        let before = body.get(start.checked_sub(1)?)?;
        let after = start + NAME.len();
        let end = after + 1;
        match (before, body.get(after)?) {
            (b'"', b'"') => Some(Self::Json { end }),
            (b'<', b'>') => Some(Self::Xml { end }),
            _ => None,
        }
    }

    /// The offset and the text of the value that follows.
    fn value(self, body: &[u8]) -> Option<(usize, &str)> {
        let (start, closing): (usize, &[u8]) = match self {
            Self::Json { end } => {
                let colon = after_blanks(body, end);
                let quote = after_blanks(body, colon + 1);
                if body.get(colon) != Some(&b':') || body.get(quote) != Some(&b'"') {
                    return None;
                }
                (quote + 1, b"\"")
            }
            Self::Xml { end } => (end, b"</RequestId>"),
        };
        let rest = &body[start..];
        let length = rest
            .iter()
            .take(REQUEST_ID_LONGEST_BYTES + 1)
            .take_while(|byte| is_value_byte(**byte))
            .count();
        let (value, rest) = rest.split_at(length);
        if !(1..=REQUEST_ID_LONGEST_BYTES).contains(&length) || !rest.starts_with(closing) {
            return None;
        }
        Some((start, std::str::from_utf8(value).ok()?))
    }
}

/// The first offset from `at` on that holds no blank of JSON.
fn after_blanks(body: &[u8], at: usize) -> usize {
    let blanks = body
        .iter()
        .skip(at)
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        .count();
    at + blanks
}

/// Whether a RequestId may hold this byte: printable, and itself in both JSON and XML.
fn is_value_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<' | b'&')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Splits, checks the way back, and gives the template as text with what was cut out.
    fn cut(body: &str) -> (String, Option<String>) {
        let split = split(body.as_bytes());
        let request_id = split.request_id.as_ref().map(|(at, id)| (*at, id.as_str()));
        let joined = join(&split.template, request_id).unwrap();
        assert_eq!(joined, body.as_bytes());
        let template = String::from_utf8(split.template.into_owned()).unwrap();
        (template, split.request_id.map(|(_, id)| id))
    }

    #[test]
    fn a_request_id_is_cut_out_of_json_and_xml() {
        for (body, template) in [
            (r#"{"RequestId":"R-1","N":1}"#, r#"{"RequestId":"","N":1}"#),
            (
                "{\"N\":1, \"RequestId\" :\r\n\t \"R-1\"}",
                "{\"N\":1, \"RequestId\" :\r\n\t \"\"}",
            ),
            (
                "<Error><RequestId>R-1</RequestId><Code>C</Code></Error>",
                "<Error><RequestId></RequestId><Code>C</Code></Error>",
            ),
            // The name alone is no marker, nor is one inside a JSON string.
            (
                r#"{"RequestId":"R-1","M":"RequestIds \"RequestId\":\"R-2\""}"#,
                r#"{"RequestId":"","M":"RequestIds \"RequestId\":\"R-2\""}"#,
            ),
        ] {
            assert_eq!(cut(body), (template.to_owned(), Some("R-1".to_owned())));
        }
    }

    #[test]
    fn two_answers_that_differ_in_the_request_id_alone_share_a_template() {
        let body = |id: &str| format!(r#"{{"TotalCount":2,"RequestId":"{id}","Rows":[]}}"#);
        let first = cut(&body("14A07460-EBE7-47CA-9757-12CC4761D47A"));
        assert_eq!(first.0, cut(&body("R-2")).0);
    }

    #[test]
    fn any_other_body_is_its_own_template() {
        let longest = "x".repeat(REQUEST_ID_LONGEST_BYTES);
        assert!(
            cut(&format!(r#"{{"RequestId":"{longest}"}}"#)).1.is_some(),
            "64 characters are cut out"
        );
        for body in [
            "",
            "RequestId",
            "\"RequestId\"",
            "\"RequestId\":",
            "<RequestId>",
            r#"{"requestId":"R"}"#,
            r#"{"RequestId":""}"#,
            r#"{"RequestId":null}"#,
            r#"{"RequestId":"R"#,
            r#"{"RequestId":"R\u002d1"}"#,
            r#"{"RequestId":"é"}"#,
            r#"{"RequestId":"R","Data":{"RequestId":"R"}}"#,
            r#"{"RequestId":"R","Body":"<RequestId>R</RequestId>"}"#,
            r#"{"Key":"RequestId","RequestId":"R"}"#,
            "<RequestId>R</Request>",
            "<RequestId>a&amp;b</RequestId>",
            &format!(r#"{{"RequestId":"{longest}x"}}"#),
        ] {
            assert_eq!(cut(body), (body.to_owned(), None));
        }
    }

    #[test]
    fn a_place_beyond_the_template_is_an_error() {
        let error = MisplacedRequestId {
            offset: 4,
            length: 3,
        };
        assert_eq!(join(b"abc", Some((4, "R"))), Err(error));
        assert_eq!(join(b"abc", Some((3, "R"))).unwrap(), b"abcR");
    }

    /// Bytes in which markers, whole and broken, are likely.
    fn bodies() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::sample::select(vec![
                "\"RequestId\"",
                "<RequestId>",
                "</RequestId>",
                ":",
                " ",
                "\"",
                "\\",
                "R-1",
                "\"RequestId\":\"R-1\"",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_body_comes_back(body in bodies()) {
            let split = split(&body);
            let request_id = split.request_id.as_ref().map(|(at, id)| (*at, id.as_str()));
            prop_assert_eq!(join(&split.template, request_id).unwrap(), body);
        }
    }
}
