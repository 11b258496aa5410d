//! The forms in which a service may echo a secret. Each form of each secret is one needle, made once
//! and wiped from memory with its owner.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE};
use zeroize::Zeroizing;

use super::search::{GRAM_BYTES, Needle};

/// The shortest secret that is looked for at all. The cloud's are 30 characters and more; three
/// bytes would match by chance and destroy evidence.
const SEARCHED_SHORTEST_BYTES: usize = GRAM_BYTES;

/// The shortest secret that is looked for in every form. Below it only the raw form is: an encoded
/// form cut at a group's edge would be a handful of characters and match by chance.
const ALL_FORMS_SHORTEST_BYTES: usize = 8;

/// All forms of a secret that differ from each other, plainest first.
pub(super) fn needles(secret: &str) -> Vec<Needle> {
    let mut needles = Needles(Vec::new());
    let raw = secret.as_bytes();
    if raw.len() >= SEARCHED_SHORTEST_BYTES {
        needles.add("secret", raw.to_vec());
    }
    if raw.len() < ALL_FORMS_SHORTEST_BYTES {
        return needles.0;
    }
    // Letters and digits are escaped nowhere, and a signature of V3, which each request has anew, is nothing else.
    if !raw.iter().all(u8::is_ascii_alphanumeric) {
        needles.add_escaped(raw);
    }
    for engine in [&STANDARD, &URL_SAFE] {
        needles.add("secret-base64", engine.encode(raw).into_bytes());
        for bytes_before in 0..3 {
            needles.add("secret-base64", base64_within(engine, raw, bytes_before));
        }
    }
    for hex_digits in [UPPER, LOWER] {
        needles.add("secret-hex", hex(raw, hex_digits, ""));
        needles.add("secret-hex-blanks", hex(raw, hex_digits, " "));
    }
    needles.0
}

/// Needles, none twice.
struct Needles(Vec<Needle>);

impl Needles {
    /// The forms that differ from the plain one in what they escape.
    fn add_escaped(&mut self, raw: &[u8]) {
        for hex_digits in [UPPER, LOWER] {
            for encode in [percent, form] {
                let once = encode(raw, hex_digits);
                let twice = encode(&once, hex_digits);
                self.add("secret-percent", once);
                self.add("secret-percent-twice", twice);
            }
        }
        for (rule, escapes) in ESCAPES {
            let once = replaced(raw, escapes);
            let twice = replaced(&once, escapes);
            // JSON and XML are themselves handed on in JSON strings, and those in others.
            let in_json = replaced(&once, &JSON_ESCAPES);
            let in_json_twice = replaced(&in_json, &JSON_ESCAPES);
            for form in [once, twice, in_json, in_json_twice] {
                self.add(rule, form);
            }
        }
    }

    /// A form that equals a plainer one is that one: its bytes are wiped and its rule is not used.
    fn add(&mut self, rule: &'static str, bytes: Vec<u8>) {
        let bytes = Zeroizing::new(bytes);
        if !self.0.iter().any(|needle| needle.bytes == bytes) {
            self.0.push(Needle { rule, bytes });
        }
    }
}

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

/// Percent encoding of RFC 3986: all but the unreserved characters.
fn percent(bytes: &[u8], hex_digits: &[u8; 16]) -> Vec<u8> {
    percent_unless(bytes, hex_digits, |byte| {
        matches!(byte, b'-' | b'_' | b'.' | b'~')
    })
}

/// `application/x-www-form-urlencoded`, as Java and browsers write it: `*` is left, `~` is not, and
/// a blank is `+`.
fn form(bytes: &[u8], hex_digits: &[u8; 16]) -> Vec<u8> {
    let mut encoded = percent_unless(bytes, hex_digits, |byte| {
        matches!(byte, b'-' | b'_' | b'.' | b'*' | b' ')
    });
    for byte in &mut encoded {
        if *byte == b' ' {
            *byte = b'+';
        }
    }
    encoded
}

/// Percent encoding that leaves ASCII letters, digits, and what `is_left` says.
fn percent_unless(bytes: &[u8], hex_digits: &[u8; 16], is_left: fn(u8) -> bool) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(3 * bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || is_left(*byte) {
            encoded.push(*byte);
        } else {
            encoded.push(b'%');
            encoded.extend(hex_pair(*byte, hex_digits));
        }
    }
    encoded
}

/// Each byte as two digits, with `separator` between.
fn hex(bytes: &[u8], hex_digits: &[u8; 16], separator: &str) -> Vec<u8> {
    let mut encoded = Vec::with_capacity((2 + separator.len()) * bytes.len());
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 {
            encoded.extend_from_slice(separator.as_bytes());
        }
        encoded.extend(hex_pair(*byte, hex_digits));
    }
    encoded
}

fn hex_pair(byte: u8, hex_digits: &[u8; 16]) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|digit| hex_digits[usize::from(digit)])
}

/// The characters of a base64 text that the secret alone decides when `bytes_before` (modulo 3)
/// bytes stand before it and anything after: found in the base64 of any text that holds it.
fn base64_within(engine: &GeneralPurpose, raw: &[u8], bytes_before: usize) -> Vec<u8> {
    let mut group = Zeroizing::new(vec![0; bytes_before]);
    group.extend_from_slice(raw);
    let mut encoded = engine.encode(group.as_slice()).into_bytes();
    // A character is six bits: those of the bytes before and after the secret are not its own.
    encoded.truncate(group.len() * 8 / 6);
    encoded.drain(..(bytes_before * 8).div_ceil(6));
    encoded
}

/// Characters, all of ASCII, and how they are written instead.
type Escapes = [(u8, &'static str)];

/// The ways of escaping that differ, by the rule that each is recorded under.
const ESCAPES: [(&str, &Escapes); 5] = [
    ("secret-json", &JSON_ESCAPES),
    ("secret-json", &JSON_SLASH_ESCAPES),
    ("secret-json", &JSON_HTML_ESCAPES),
    ("secret-xml", &XML_ESCAPES),
    ("secret-xml", &XML_NUMERIC_ESCAPES),
];

/// What JSON must escape and a secret can hold.
const JSON_ESCAPES: [(u8, &str); 2] = [(b'"', "\\\""), (b'\\', "\\\\")];

/// With the slash escaped as well, as PHP does; tokens are base64, which has slashes.
const JSON_SLASH_ESCAPES: [(u8, &str); 3] = [(b'"', "\\\""), (b'\\', "\\\\"), (b'/', "\\/")];

/// With the characters that Java's Gson escapes for HTML; `=` ends base64.
const JSON_HTML_ESCAPES: [(u8, &str); 7] = [
    (b'"', "\\\""),
    (b'\\', "\\\\"),
    (b'&', "\\u0026"),
    (b'<', "\\u003c"),
    (b'>', "\\u003e"),
    (b'\'', "\\u0027"),
    (b'=', "\\u003d"),
];

/// The characters that XML may escape, by name.
const XML_ESCAPES: [(u8, &str); 5] = [
    (b'&', "&amp;"),
    (b'<', "&lt;"),
    (b'>', "&gt;"),
    (b'"', "&quot;"),
    (b'\'', "&apos;"),
];

/// As HTML writers do it: the quotes by number.
const XML_NUMERIC_ESCAPES: [(u8, &str); 5] = [
    (b'&', "&amp;"),
    (b'<', "&lt;"),
    (b'>', "&gt;"),
    (b'"', "&#34;"),
    (b'\'', "&#39;"),
];

/// The text with some characters written otherwise.
fn replaced(text: &[u8], escapes: &Escapes) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(6 * text.len());
    for byte in text {
        match escapes.iter().find(|(plain, _)| plain == byte) {
            Some((_, escape)) => escaped.extend_from_slice(escape.as_bytes()),
            None => escaped.push(*byte),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(secret: &str, rule: &str) -> Vec<String> {
        needles(secret)
            .iter()
            .filter(|needle| needle.rule == rule)
            .map(|needle| String::from_utf8_lossy(&needle.bytes).into_owned())
            .collect()
    }

    #[test]
    fn each_form_is_written_as_its_encoders_write_it() {
        let secret = r#"a/b+c= "d&e"#;
        for (rule, forms) in [
            ("secret", &[secret][..]),
            (
                "secret-percent",
                &[
                    "a%2Fb%2Bc%3D%20%22d%26e",
                    "a%2Fb%2Bc%3D+%22d%26e",
                    "a%2fb%2bc%3d%20%22d%26e",
                    "a%2fb%2bc%3d+%22d%26e",
                ],
            ),
            (
                "secret-percent-twice",
                &[
                    "a%252Fb%252Bc%253D%2520%2522d%2526e",
                    "a%252Fb%252Bc%253D%2B%2522d%2526e",
                    "a%252fb%252bc%253d%2520%2522d%2526e",
                    "a%252fb%252bc%253d%2b%2522d%2526e",
                ],
            ),
            (
                "secret-xml",
                &[
                    "a/b+c= &quot;d&amp;e",
                    "a/b+c= &amp;quot;d&amp;amp;e",
                    "a/b+c= &#34;d&amp;e",
                    "a/b+c= &amp;#34;d&amp;amp;e",
                ],
            ),
            (
                "secret-json",
                &[
                    r#"a/b+c= \"d&e"#,
                    r#"a/b+c= \\\"d&e"#,
                    r#"a/b+c= \\\\\\\"d&e"#,
                    r#"a\/b+c= \"d&e"#,
                    r#"a\\\/b+c= \\\"d&e"#,
                    r#"a\\/b+c= \\\"d&e"#,
                    r#"a\\\\/b+c= \\\\\\\"d&e"#,
                    r#"a/b+c\u003d \"d\u0026e"#,
                    r#"a/b+c\\u003d \\\"d\\u0026e"#,
                    r#"a/b+c\\\\u003d \\\\\\\"d\\\\u0026e"#,
                ],
            ),
            (
                "secret-hex",
                &["612F622B633D2022642665", "612f622b633d2022642665"],
            ),
            (
                "secret-hex-blanks",
                &[
                    "61 2F 62 2B 63 3D 20 22 64 26 65",
                    "61 2f 62 2b 63 3d 20 22 64 26 65",
                ],
            ),
        ] {
            assert_eq!(texts(secret, rule), forms, "{rule}");
        }
    }

    #[test]
    fn base64_is_found_wherever_in_a_text_the_secret_stands() {
        let secret = "Qk9PVE9SRl8/_~+=secret";
        let forms = texts(secret, "secret-base64");
        for before in ["", "a", "ab", "abc", "abcd"] {
            for after in ["", "z", "zy", "zyx"] {
                let text = format!("{before}{secret}{after}");
                for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                    assert!(
                        forms.iter().any(|form| encoded.contains(form)),
                        "{before}…{after}"
                    );
                }
            }
        }
    }

    #[test]
    fn forms_that_are_the_same_are_one_needle() {
        assert_eq!(texts("LTAIabcdefgh", "secret"), ["LTAIabcdefgh"]);
        for rule in ["secret-percent", "secret-xml", "secret-json"] {
            assert!(texts("LTAIabcdefgh", rule).is_empty(), "{rule}");
        }
    }

    #[test]
    fn letters_and_digits_are_escaped_nowhere() {
        let raw: Vec<u8> = (0..=127).filter(u8::is_ascii_alphanumeric).collect();
        let mut needles = Needles(Vec::new());
        needles.add("secret", raw.clone());
        needles.add_escaped(&raw);
        assert_eq!(needles.0.len(), 1);
    }

    #[test]
    fn short_secrets_have_fewer_forms() {
        assert_eq!(needles("abc").len(), 0);
        assert_eq!(needles("a=c?e#g").len(), 1);
        assert!(needles("a=c?e#gh").len() > 8);
    }
}
