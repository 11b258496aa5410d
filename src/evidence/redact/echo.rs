//! What an authentication error says about the request: the string that the service signed, with the
//! key id and the token in it, in whatever encoding. Known by the places where it stands, so that it
//! is cut even where no form of a secret is recognized.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::Cut;
use super::search::{Needle, Search};
use super::shape;

/// Codes of errors that may carry an echo, by how they begin. Found anywhere in the body: what they
/// allow to be cut are only the places below, so that a stray mention costs nothing.
static CODES: LazyLock<Search> = LazyLock::new(|| {
    let codes = [
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "IncompleteSignature",
        "InvalidSecurityToken",
        "InvalidTimeStamp",
    ];
    let needle = |code: &'static str| Needle {
        rule: code,
        bytes: Zeroizing::new(code.into()),
    };
    Search::new(codes.map(needle).into())
});

/// Fields that are blanked, by how their names begin: `StringToSignBytes` is one of the first.
const FIELDS: [(&str, &str); 3] = [
    ("StringToSign", "string-to-sign"),
    ("SignatureProvided", "signature-provided"),
    ("OSSAccessKeyId", "access-key-id"),
];

/// The words in a message after which everything is blanked, in lower case.
const MESSAGE: &[u8] = b"string to sign is:";

/// Places of one kind that are looked at one by one; real answers have two. What follows them is cut as a
/// whole: each place may take a pass over the body, and a body of millions of them would take for ever.
const PLACES_MAX: usize = 16;

/// The cuts that the places demand.
pub(super) fn cuts(body: &[u8]) -> Vec<Cut> {
    if CODES.find(body).next().is_none() {
        return Vec::new();
    }
    let mut cuts = Vec::new();
    for (field, rule) in FIELDS {
        let places = memmem::find_iter(body, field.as_bytes());
        each_place(body, rule, places, &mut cuts, |start| {
            let value = field_value(body, start)?;
            Some(Cut {
                range: value.range,
                rule,
                is_quoted: value.is_bare,
            })
        });
    }
    let rule = "string-to-sign";
    let places = body
        .windows(MESSAGE.len())
        .enumerate()
        .filter(|(_, window)| window.eq_ignore_ascii_case(MESSAGE))
        .map(|(start, _)| start + MESSAGE.len());
    each_place(body, rule, places, &mut cuts, |from| {
        Some(Cut::new(from..text_end(body, from), rule))
    });
    cuts.retain(|cut| !cut.range.is_empty());
    cuts
}

/// Adds the cut at each place, and one to the end of the body from the place on that is one too many.
fn each_place(
    body: &[u8],
    rule: &'static str,
    places: impl Iterator<Item = usize>,
    cuts: &mut Vec<Cut>,
    cut_at: impl Fn(usize) -> Option<Cut>,
) {
    for (number, place) in places.enumerate() {
        if number == PLACES_MAX {
            cuts.push(Cut::new(place..body.len(), rule));
            return;
        }
        cuts.extend(cut_at(place));
    }
}

/// What a field holds.
struct Value {
    range: Range<usize>,
    /// Whether it is a JSON value that is no string, so that its marker has to become one.
    is_bare: bool,
}

/// What the field whose name begins at `start` holds. `None` where this is no field's name.
fn field_value(body: &[u8], start: usize) -> Option<Value> {
    let end = start + run_length(&body[start..], |byte| byte.is_ascii_alphanumeric());
    match body.get(start.checked_sub(1)?)? {
        b'<' if body.get(end) == Some(&b'>') => Some(Value {
            range: xml_value(body, &body[start..end], end + 1),
            is_bare: false,
        }),
        b'"' => json_value(body, end),
        _ => None,
    }
}

/// From after the opening tag to the closing one, also where the slash is escaped because the XML
/// stands in a JSON string; an element that is not closed goes on to the end of what it stands in.
fn xml_value(body: &[u8], name: &[u8], from: usize) -> Range<usize> {
    let limit = if shape::is_json(body) {
        text_end(body, from)
    } else {
        body.len()
    };
    let length = [&b"</"[..], b"<\\/"]
        .iter()
        .filter_map(|opening| memmem::find(&body[from..limit], &[opening, name, b">"].concat()))
        .min();
    from..length.map_or(limit, |length| from + length)
}

/// The value after a JSON key whose name ends at `from`, be the object a document or the text of a
/// string in one, where all its quotes are escaped. Of a string the quotes stay.
fn json_value(body: &[u8], from: usize) -> Option<Value> {
    let depth = run_length(&body[from..], |byte| byte == b'\\');
    let rest = body[from + depth..].strip_prefix(b"\"")?;
    let rest = rest
        .trim_ascii_start()
        .strip_prefix(b":")?
        .trim_ascii_start();
    let start = body.len() - rest.len();
    let quote = [&body[from..from + depth], b"\""].concat();
    if let Some(text) = rest.strip_prefix(quote.as_slice()) {
        let start = start + quote.len();
        return Some(Value {
            range: start..start + text_length(text, depth),
            is_bare: false,
        });
    }
    // No string, thus a shape that no service is known to send: the whole value, whatever it is,
    // and all that is left where it cannot be told how long it is.
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
    let end = match values.next() {
        Some(Ok(value)) => start + value.get().len(),
        _ if depth > 0 => text_end(body, start),
        _ => body.len(),
    };
    Some(Value {
        range: start..end,
        is_bare: depth == 0,
    })
}

/// The length of a JSON string's text up to its closing quote, in a string `depth` backslashes deep:
/// 0 in a document, 1 in JSON inside a string of one, 3 inside a string of that. A text that is cut
/// off goes on to the quote that closes a string around it, else to the end.
fn text_length(text: &[u8], depth: usize) -> usize {
    let mut at = 0;
    while at < text.len() {
        let backslashes = run_length(&text[at..], |byte| byte == b'\\');
        if text.get(at + backslashes) == Some(&b'"') {
            // Of the backslashes before a closing quote, `depth` are its own and the others make up
            // backslashes of the text, each of which is written as 2·(depth + 1).
            match backslashes.checked_sub(depth) {
                None => return at,
                Some(others) if others.is_multiple_of(2 * (depth + 1)) => return at + others,
                Some(_) => {}
            }
        }
        at += backslashes + 1;
    }
    text.len()
}

/// The end of the text that `from` stands in: of its JSON string, else of its XML element, else of
/// the body.
fn text_end(body: &[u8], from: usize) -> usize {
    let rest = &body[from..];
    let length = if shape::is_json(body) {
        text_length(rest, 0)
    } else {
        run_length(rest, |byte| byte != b'<')
    };
    from + length
}

/// How many bytes at the start are of a kind.
fn run_length(bytes: &[u8], is_of_kind: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_of_kind(**byte)).count()
}
