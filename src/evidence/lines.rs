//! How numbers and hashes stand in the lines of checkpoints and proofs. Each value has one text; any
//! other text is refused, so that two files that differ never mean the same.
//!
//! It knows no format: which line comes after which is told where the format is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::tree::Hash;

/// The largest number of leaves, and the largest index: SQLite's integers end there.
pub(super) const NUMBER_LARGEST: u64 = i64::MAX.unsigned_abs();

/// A number in decimal: digits alone, no zero in front of others, at most [`NUMBER_LARGEST`].
pub(super) fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let has_leading_zero = text.len() > 1 && text.starts_with('0');
    if !is_plain || has_leading_zero {
        return None;
    }
    let number = text.parse().ok()?;
    (number <= NUMBER_LARGEST).then_some(number)
}

/// Bytes as base64 with padding (RFC 4648, section 4).
pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a base64 text: padded, and without a stray bit behind the last byte.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A hash from its 44 characters of base64.
pub(super) fn hash(text: &str) -> Option<Hash> {
    from_base64(text)?.try_into().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_one_text() {
        for number in [0, 1, 9, 10, 123_456_789_012, NUMBER_LARGEST] {
            assert_eq!(decimal(&number.to_string()), Some(number));
        }
        for other in [
            "",
            "00",
            "01",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1\r",
            "1_0",
            "0x1",
            "1e3",
            "1.0",
            "١",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999999999999999",
        ] {
            assert_eq!(decimal(other), None, "{other:?}");
        }
    }

    #[test]
    fn each_hash_has_one_text() {
        let text = to_base64(&[0xfb; 32]);
        assert_eq!(hash(&text).unwrap(), [0xfb; 32]);
        let changed_end = |end: &str| format!("{}{end}", &text[..42]);
        assert_eq!(changed_end("s="), text);
        for other in [
            String::new(),
            to_base64(&[0xfb; 31]),
            to_base64(&[0xfb; 33]),
            changed_end("t="), // a stray bit
            changed_end("s"),  // no padding
            changed_end("s=="),
            changed_end("s=\n"),
            changed_end("s=\r"),
            text.replace('+', "-"), // the alphabet of URLs
            format!(" {text}"),
        ] {
            assert_ne!(other, text);
            assert_eq!(hash(&other), None, "{other:?}");
        }
    }
}
