//! Keeps a document well-formed when parts of it are cut out: a marker may stand wherever a
//! character of text may, so each cut is widened to whole characters, as the document writes them.

use std::ops::Range;

use super::Cut;

/// The longest reference that is taken for one in XML: `&#x10FFFF;` is ten bytes.
const REFERENCE_LONGEST_BYTES: usize = 12;

/// Whether a body looks like a JSON object or array.
pub(super) fn is_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Widens cuts, which are in order and apart, to whole characters.
pub(super) fn widen(body: &[u8], cuts: &mut [Cut]) {
    if is_json(body) {
        widen_to(json_units(body), cuts);
    } else {
        widen_to(xml_units(body), cuts);
    }
}

/// Bytes that stand or fall together.
struct Unit {
    range: Range<usize>,
    /// A number or a word outside of strings: in its place the marker has to be a string.
    is_bare: bool,
}

/// One pass over both, since both are in order.
fn widen_to(units: impl Iterator<Item = Unit>, cuts: &mut [Cut]) {
    let mut first = 0;
    for unit in units {
        while cuts
            .get(first)
            .is_some_and(|cut| cut.range.end <= unit.range.start)
        {
            first += 1;
        }
        for cut in &mut cuts[first..] {
            if cut.range.start >= unit.range.end {
                break;
            }
            cut.range.start = cut.range.start.min(unit.range.start);
            cut.range.end = cut.range.end.max(unit.range.end);
            cut.is_quoted |= unit.is_bare;
        }
        if first == cuts.len() {
            break;
        }
    }
}

/// Escapes inside the strings of a JSON document, and the tokens outside of them.
fn json_units(body: &[u8]) -> impl Iterator<Item = Unit> {
    let mut at = 0;
    let mut in_string = false;
    std::iter::from_fn(move || {
        loop {
            let start = at;
            match (in_string, *body.get(at)?) {
                (_, b'"') => {
                    in_string = !in_string;
                    at += 1;
                }
                (true, b'\\') => {
                    let length = if body.get(at + 1) == Some(&b'u') {
                        6
                    } else {
                        2
                    };
                    at = body.len().min(at + length);
                    return Some(Unit {
                        range: start..at,
                        is_bare: false,
                    });
                }
                (false, byte) if is_bare_byte(byte) => {
                    while body.get(at).is_some_and(|byte| is_bare_byte(*byte)) {
                        at += 1;
                    }
                    return Some(Unit {
                        range: start..at,
                        is_bare: true,
                    });
                }
                _ => at += 1,
            }
        }
    })
}

/// A byte of `true`, `null` or a number.
fn is_bare_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// References (`&amp;`) of an XML document.
fn xml_units(body: &[u8]) -> impl Iterator<Item = Unit> {
    memchr::memchr_iter(b'&', body).filter_map(|start| {
        let longest = body.len().min(start + REFERENCE_LONGEST_BYTES);
        let length = body[start..longest].iter().position(|byte| *byte == b';')?;
        Some(Unit {
            range: start..start + length + 1,
            is_bare: false,
        })
    })
}
