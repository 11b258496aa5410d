//! Percent encoding and the canonical query string, which both signatures share.

/// Digits of percent escapes, upper case as the signatures demand (RFC 3986, 2.1).
const UPPER_HEX: &[u8; 16] = b"0123456789ABCDEF";
/// Digits of hashes and V3 signatures.
const LOWER_HEX: &[u8; 16] = b"0123456789abcdef";

/// Encodes the UTF-8 bytes of `text`: RFC 3986's unreserved characters (`A–Z a–z 0–9 - _ . ~`)
/// stay, every other byte becomes `%XX`. A blank is `%20`, never `+`.
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        push_encoded(&mut encoded, byte);
    }
    encoded
}

/// Appends one byte, escaped unless unreserved.
pub(super) fn push_encoded(encoded: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        encoded.push(char::from(byte));
    } else {
        encoded.push('%');
        push_hex(encoded, byte, UPPER_HEX);
    }
}

/// `name=value` pairs joined by `&`, sorted by the bytes of the raw names (so `Tags.10` comes before
/// `Tags.2`, and upper case before `_` before lower case). An empty value keeps its `=`.
pub fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_by_key(|(name, _)| *name);
    let pairs: Vec<String> = sorted
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect();
    pairs.join("&")
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        push_hex(&mut text, *byte, LOWER_HEX);
    }
    text
}

fn push_hex(text: &mut String, byte: u8, digits: &[u8; 16]) {
    text.push(char::from(digits[usize::from(byte >> 4)]));
    text.push(char::from(digits[usize::from(byte & 0x0f)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(percent_encode("azAZ09-_.~"), "azAZ09-_.~");
        assert_eq!(
            percent_encode(" *+/'!()&=%"),
            "%20%2A%2B%2F%27%21%28%29%26%3D%25"
        );
        assert_eq!(percent_encode("域\n😀"), "%E5%9F%9F%0A%F0%9F%98%80");
    }

    #[test]
    fn names_sort_by_their_raw_bytes() {
        let query = canonical_query(&[("a", "1"), ("_", ""), ("T.2", "x"), ("T.10", "y z")]);
        assert_eq!(query, "T.10=y%20z&T.2=x&_=&a=1");
        assert_eq!(canonical_query(&[]), "");
    }
}
