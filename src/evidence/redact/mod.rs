//! Cuts secrets out of the bodies that services send back, before anything is hashed or kept: an
//! answer to a bad signature repeats the string to sign, and with it the key id and the token.
//!
//! It knows the secrets that it is given and a few places; it does not parse answers, prints nothing,
//! and wipes what it knows when it is dropped.
//!
//! # The rule
//! 1. Each live secret is cut wherever it stands in one of these forms: raw; percent-encoded once or
//!    twice (RFC 3986 or form encoding, upper or lower hexadecimal); XML-escaped or JSON-escaped,
//!    once or twice, or once in a JSON string, also in one that stands in another; base64 (either
//!    alphabet, also as a part of a longer encoded text); hexadecimal; hexadecimal with blanks
//!    between the bytes. A secret shorter than 8 bytes is looked for raw only, one shorter than 4
//!    not at all.
//! 2. In a body that names `SignatureDoesNotMatch`, `InvalidAccessKeyId…`, `IncompleteSignature`,
//!    `InvalidSecurityToken…` or `InvalidTimeStamp…`: the values of fields named `StringToSign…`,
//!    `SignatureProvided…`, `OSSAccessKeyId…`, in JSON or XML, and what follows
//!    "string to sign is:" in a message, to the end of that JSON string or XML element.
//!
//! A cut is replaced by `[redacted:RULE]`, and [`Span`] records where that stands. JSON and XML stay
//! well-formed: a cut takes whole escapes and references, and in place of a bare number the marker
//! is a string. The one exception is a secret that itself spans a document's structure; that it is
//! gone comes first. The kept body, and its digest, are those after the cut: no hash of the
//! original is kept, since from it a short secret could be guessed.

mod echo;
mod forms;
mod search;
mod shape;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use search::Search;

/// One cut, by where its marker stands in the redacted bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Bytes before the marker.
    pub offset: u64,
    /// Bytes of the marker.
    pub length: u64,
    /// The rule that made the cut; the marker names it too.
    pub rule: Cow<'static, str>,
}

/// A body without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The body, with a marker in the place of each cut.
    pub bytes: Vec<u8>,
    /// The markers, in order. Empty if and only if the body is as it came.
    pub spans: Vec<Span>,
}

/// Knows the secrets that live as long as a credential does, in every form.
pub struct Redactor {
    search: Search,
}

impl Redactor {
    /// Prepares to look for these secrets: AccessKeySecret and SecurityToken.
    pub fn new(secrets: &[&str]) -> Self {
        let needles = secrets.iter().flat_map(|secret| forms::needles(secret));
        Self {
            search: Search::new(needles.collect()),
        }
    }

    /// Cuts these secrets, and those that were `sent` with this one request (its Signature), out of
    /// an answer to it. An answer without them comes back as it was, uncopied.
    pub fn redact(&self, body: Vec<u8>, sent: &[&str]) -> Redacted {
        let mut cuts = echo::cuts(&body);
        let found = self.search.find(&body).map(|(at, needle)| needle.cut(at));
        cuts.extend(found);
        // These are looked for in this body alone: to index their forms takes longer than a pass for each.
        for needle in sent.iter().flat_map(|secret| forms::needles(secret)) {
            let places = needle.places(&body);
            cuts.extend(places.map(|at| needle.cut(at)));
        }
        if cuts.is_empty() {
            return Redacted {
                bytes: body,
                spans: Vec::new(),
            };
        }
        let mut cuts = merged(cuts);
        shape::widen(&body, &mut cuts);
        replace(&body, &merged(cuts))
    }
}

/// Says how much it knows and nothing of what.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} forms)", self.search.needles().len())
    }
}

/// Bytes of the original to be replaced by a marker.
struct Cut {
    range: Range<usize>,
    rule: &'static str,
    /// Whether the marker needs quotes to stand in this place.
    is_quoted: bool,
}

impl Cut {
    fn new(range: Range<usize>, rule: &'static str) -> Self {
        Self {
            range,
            rule,
            is_quoted: false,
        }
    }
}

/// The cuts in order, those that overlap made one under the rule of the longest.
fn merged(mut cuts: Vec<Cut>) -> Vec<Cut> {
    // Of those that begin together the longest first, so that it gives its rule.
    cuts.sort_by_key(|cut| (cut.range.start, std::cmp::Reverse(cut.range.end)));
    let mut merged: Vec<Cut> = Vec::with_capacity(cuts.len());
    for cut in cuts {
        match merged.last_mut() {
            Some(last) if cut.range.start < last.range.end => {
                if cut.range.len() > last.range.len() {
                    last.rule = cut.rule;
                }
                last.range.end = last.range.end.max(cut.range.end);
                last.is_quoted |= cut.is_quoted;
            }
            _ => merged.push(cut),
        }
    }
    merged
}

/// The body with markers in place of the cuts, which are in order and apart.
fn replace(body: &[u8], cuts: &[Cut]) -> Redacted {
    let mut bytes = Vec::with_capacity(body.len());
    let mut spans = Vec::with_capacity(cuts.len());
    let mut copied = 0;
    for cut in cuts {
        bytes.extend_from_slice(&body[copied..cut.range.start]);
        copied = cut.range.end;
        let quote = if cut.is_quoted { "\"" } else { "" };
        let marker = format!("{quote}[redacted:{}]{quote}", cut.rule);
        spans.push(Span {
            offset: bytes.len() as u64,
            length: marker.len() as u64,
            rule: Cow::Borrowed(cut.rule),
        });
        bytes.extend_from_slice(marker.as_bytes());
    }
    bytes.extend_from_slice(&body[copied..]);
    Redacted { bytes, spans }
}

/// In a leaf: `[offset, length, "rule"]`.
impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.offset, self.length, &self.rule).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (offset, length, rule) = Deserialize::deserialize(deserializer)?;
        Ok(Self {
            offset,
            length,
            rule: Cow::Owned(rule),
        })
    }
}

#[cfg(test)]
mod tests;
