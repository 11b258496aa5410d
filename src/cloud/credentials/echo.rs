//! Keeps what a service says about a call from repeating the call's secrets: an error about a signature
//! quotes what was signed, key id and token included.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::cloud::sign::{hex, percent_encode};

/// Stands for words that are not told.
const WITHHELD: &str = "(not told: it repeats parts of the request)";
/// Codes, in lower case, whose messages quote what was signed.
const QUOTING_CODES: [&str; 2] = ["signaturedoesnotmatch", "incompletesignature"];
/// Secrets of fewer letters and digits are met by chance.
const SHORTEST: usize = 6;
/// So many letters and digits of a longer secret are not met by chance: a part of a token is told no more
/// than the whole.
const PART: usize = 16;
/// How often a text may be percent-encoded in what was signed.
const ENCODED_AT_MOST: usize = 3;

/// The text, unless it repeats one of the secrets in any of the usual encodings.
pub fn without(secrets: &[&str], code: Option<&str>, text: String) -> String {
    let code = code.unwrap_or_default().to_ascii_lowercase();
    let quotes = QUOTING_CODES
        .iter()
        .any(|quoting| code.starts_with(quoting));
    if quotes || secrets.iter().any(|secret| repeats(&text, secret)) {
        return WITHHELD.to_owned();
    }
    text
}

/// Whether the text holds the secret: letters and digits are compared, so that no escaping of what is between
/// them matters.
fn repeats(text: &str, secret: &str) -> bool {
    let forms = [
        secret.to_owned(),
        hex(secret.as_bytes()),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ];
    // Encoded, too: decoding takes a sign of percent that stands before a secret, and two of its characters, for one.
    let encoded = std::iter::successors(Some(percent_encode(secret)), |form| {
        Some(percent_encode(form))
    });
    let forms = forms.into_iter().chain(encoded.take(ENCODED_AT_MOST));
    let needles: Vec<String> = forms.map(|form| squeezed(&form)).collect();
    let mut text = text.to_owned();
    for _ in 0..=ENCODED_AT_MOST {
        let hay = squeezed(&text);
        let parts: HashSet<&[u8]> = hay.as_bytes().windows(PART).collect();
        let holds = |needle: &String| match needle.len() {
            0..SHORTEST => false,
            SHORTEST..PART => hay.contains(needle.as_str()),
            _ => needle
                .as_bytes()
                .windows(PART)
                .any(|part| parts.contains(part)),
        };
        if needles.iter().any(holds) {
            return true;
        }
        text = percent_decoded(&text);
    }
    false
}

/// Letters and digits, in lower case.
fn squeezed(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

/// Once decoded; what is no encoding stays.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = text.get(at + 1..at + 3);
        let byte = pair.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if bytes[at] == b'%' => {
                decoded.push(byte);
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "CAIS+abc/def==tok~en42";

    #[test]
    fn a_secret_is_met_in_every_encoding() {
        let echoes = [
            TOKEN.to_owned(),
            "x SecurityToken%3DCAIS%252Babc%252Fdef%253D%253Dtok~en42&".to_owned(),
            "CAIS%2Babc%2Fdef%3D%3Dtok%7Een42".to_owned(),
            "CAIS+abc\\/def==tok~en42".to_owned(),
            STANDARD.encode(TOKEN),
            hex(TOKEN.as_bytes()).to_uppercase(),
            "x-security-token: CAIS+abc/def==tok~en4...".to_owned(),
            "100%CA15%2Babc%2Fdef".to_owned(),
            "100%CA15%252Babc%252Fdef".to_owned(),
        ];
        for echo in echoes {
            let told = without(
                &["testsecret", "CA15+abc/def", TOKEN],
                None,
                format!("refused: {echo}!"),
            );
            assert_eq!(told, WITHHELD, "{echo}");
        }
    }

    #[test]
    fn other_words_are_told() {
        let told = |code, text: &str| without(&[TOKEN, "", "a"], code, text.to_owned());
        let words = "You are not authorized to assume acs:ram::1:role/r, 100%";
        assert_eq!(told(Some("NoPermission"), words), words);
        assert_eq!(told(Some("SignatureDoesNotMatch"), words), WITHHELD);
        assert_eq!(told(None, "%é%"), "%é%");
    }
}
