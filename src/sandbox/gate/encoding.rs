//! Percent-encoding, written here on purpose: the client under test has its own.

use std::fmt::Write as _;

use super::Pairs;

/// Why a query or form text could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    /// A byte that must be escaped stands bare, or a parameter has no name.
    Syntax,
    /// A percent sign without two upper-case hexadecimal digits. Lower-case digits would mean the
    /// same to a lenient reader; every official encoder writes upper case, and refusing the others
    /// leaves one spelling only, so that each changed byte of a request is a refused request.
    Escape,
    /// Bytes that are no UTF-8.
    Utf8,
    /// One name twice.
    Duplicate,
}

/// Reads `a=1&b=2`: a blank is `%20` or `+`, a missing `=` an empty value.
pub(super) fn decode_pairs(raw: &[u8]) -> Result<Pairs, Malformed> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    if raw.is_empty() {
        return Ok(Pairs(pairs));
    }
    for part in raw.split(|byte| *byte == b'&') {
        let equals = part.iter().position(|byte| *byte == b'=');
        let (name, value) = match equals {
            Some(place) => (&part[..place], &part[place + 1..]),
            None => (part, &part[part.len()..]),
        };
        let (name, value) = (decode(name)?, decode(value)?);
        if name.is_empty() {
            return Err(Malformed::Syntax);
        }
        if pairs.iter().any(|(known, _)| *known == name) {
            return Err(Malformed::Duplicate);
        }
        pairs.push((name, value));
    }
    Ok(Pairs(pairs))
}

fn decode(raw: &[u8]) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let high = rest.next().copied().and_then(hex_digit);
                let low = rest.next().copied().and_then(hex_digit);
                let (high, low) = high.zip(low).ok_or(Malformed::Escape)?;
                bytes.push(high * 16 + low);
            }
            b'+' => bytes.push(b' '),
            b'#' => return Err(Malformed::Syntax),
            byte if byte.is_ascii_graphic() => bytes.push(*byte),
            _ => return Err(Malformed::Syntax),
        }
    }
    String::from_utf8(bytes).map_err(|_| Malformed::Utf8)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The canonical encoding of both signature versions: all but `A–Z a–z 0–9 - _ . ~` is `%XX`.
pub(in crate::sandbox) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `name=value` of each pair, encoded, sorted by the raw name in bytes, joined by `&`.
pub(super) fn canonical_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut sorted: Vec<_> = pairs.collect();
    sorted.sort_unstable();
    let encoded = sorted
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    encoded.collect::<Vec<_>>().join("&")
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_any_official_encoder_writes_it() {
        let pairs = decode_pairs(b"a=x+y%20z&b=%2A*~&c=&d&Tags.1.Key=%E5%9F%9F").unwrap();
        let expected = [
            ("a", "x y z"),
            ("b", "**~"),
            ("c", ""),
            ("d", ""),
            ("Tags.1.Key", "域"),
        ];
        let read: Vec<_> = pairs.iter().collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_not_clearly_one_thing_is_refused() {
        let refused = |raw: &[u8]| decode_pairs(raw).unwrap_err();
        assert_eq!(refused(b"a=%2f"), Malformed::Escape);
        assert_eq!(refused(b"a=%2"), Malformed::Escape);
        assert_eq!(refused(b"a=%"), Malformed::Escape);
        assert_eq!(refused(b"a=%FF"), Malformed::Utf8);
        assert_eq!(refused(b"a=1&a=1"), Malformed::Duplicate);
        assert_eq!(refused(b"a=1&&b=2"), Malformed::Syntax);
        assert_eq!(refused(b"=1"), Malformed::Syntax);
        assert_eq!(refused(b"a=b c"), Malformed::Syntax);
        assert_eq!(refused("a=域".as_bytes()), Malformed::Syntax);
        assert_eq!(refused(b"a=1#b"), Malformed::Syntax);
    }

    #[test]
    fn names_sort_as_bytes_before_they_are_encoded() {
        let pairs = [
            ("a", "lower"),
            ("B", "upper"),
            ("_", "u"),
            ("Tags.2.Key", "k2"),
            ("Tags.10.Key", "k 10"),
        ];
        assert_eq!(
            canonical_pairs(pairs.into_iter()),
            "B=upper&Tags.10.Key=k%2010&Tags.2.Key=k2&_=u&a=lower"
        );
    }
}
