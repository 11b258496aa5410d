//! Secrets in bodies: cut out wherever a service repeats them, in every spelling.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use optrail::evidence::redact::Redactor;
use serde_json::{Value, json};

use crate::{pick, text};

/// Ways to spell a secret; written here anew, so that both must agree.
const SPELLINGS: [fn(&str) -> String; 12] = [
    |secret| secret.to_owned(),
    |secret| percent(secret, "-_.~", "%02X"),
    |secret| percent(secret, "-_.~", "%02x"),
    |secret| percent(&percent(secret, "-_.~", "%02X"), "-_.~", "%02X"),
    |secret| percent(secret, "-_.* ", "%02X").replace(' ', "+"),
    |secret| json_inside(secret),
    |secret| json_inside(&json_inside(secret)),
    xml,
    |secret| STANDARD.encode(secret),
    |secret| URL_SAFE.encode(secret),
    |secret| hex(secret, "", false),
    |secret| hex(secret, " ", true),
];

fn percent(text: &str, left: &str, form: &str) -> String {
    let of_byte = |byte: u8| match char::from(byte) {
        c if c.is_ascii_alphanumeric() || left.contains(c) => c.to_string(),
        _ if form == "%02X" => format!("%{byte:02X}"),
        _ => format!("%{byte:02x}"),
    };
    text.bytes().map(of_byte).collect()
}

fn json_inside(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn hex(text: &str, between: &str, upper: bool) -> String {
    let pair = |byte: u8| match upper {
        true => format!("{byte:02X}"),
        false => format!("{byte:02x}"),
    };
    text.bytes().map(pair).collect::<Vec<_>>().join(between)
}

/// The secret is what stands before the first line feed, the first byte picks how the body, which is the rest, spells it:
/// within the body, and within a string of a JSON document.
pub fn redact(bytes: &[u8]) {
    let (how, bytes) = pick(bytes);
    let (secret, body) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (&b""[..], bytes),
    };
    let Some(secret) = text(secret).filter(|secret| is_key_like(secret)) else {
        spans_fit(body, &Redactor::new(&["AKIDc4n4rySECRET"]));
        return;
    };
    let redactor = Redactor::new(&[secret]);
    let spelled = SPELLINGS[how % SPELLINGS.len()](secret);
    let half = body.len() / 2;
    let with = [&body[..half], spelled.as_bytes(), &body[half..]].concat();
    is_gone(secret, &spans_fit(&with, &redactor));
    // Sent with one request alone, it is cut likewise.
    is_gone(secret, &Redactor::new(&[]).redact(with, &[secret]).bytes);

    let (Some(before), Some(after)) = (text(&body[..half]), text(&body[half..])) else {
        return;
    };
    let document = json!({"Code": "Wrong", "Message": format!("{before}{spelled}{after}"), "n": 1});
    let cut = spans_fit(document.to_string().as_bytes(), &redactor);
    is_gone(secret, &cut);
    let again: Value = serde_json::from_slice(&cut).expect("JSON stays JSON");
    is_gone(
        secret,
        again["Message"].as_str().expect("a string").as_bytes(),
    );
    let sent = Redactor::new(&[]).redact(document.to_string().into_bytes(), &[secret]);
    assert_eq!(sent.bytes, cut);
}

/// What keys, tokens and signatures are made of, with the signs that spellings differ in; as long as is looked for in
/// every form, and no part of a marker.
fn is_key_like(secret: &str) -> bool {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || "+/=-_.~*% &<>\\é".contains(c);
    let letters = secret.chars().filter(char::is_ascii_alphanumeric).count();
    let in_marker = [
        "redacted:secret-percent-twice",
        "redacted:secret-base64",
        "redacted:secret-hex-blanks",
        "redacted:secret-json",
        "redacted:secret-xml",
        "redacted:echo",
    ];
    (8..400).contains(&secret.len())
        && letters >= 8
        && secret.chars().all(is_of_key)
        && !in_marker.iter().any(|marker| marker.contains(secret))
}

/// Redacts; checks that the spans are where the markers are, and that nothing is changed without one.
fn spans_fit(body: &[u8], redactor: &Redactor) -> Vec<u8> {
    let redacted = redactor.redact(body.to_vec(), &[]);
    assert_eq!(redacted.spans.is_empty(), redacted.bytes == body);
    let mut end = 0;
    for span in &redacted.spans {
        assert!(span.offset >= end, "spans in order");
        end = span.offset + span.length;
        let marker = &redacted.bytes[span.offset as usize..end as usize];
        let expected = format!("[redacted:{}]", span.rule);
        let quoted = format!("\"{expected}\"");
        assert!(marker == expected.as_bytes() || marker == quoted.as_bytes());
    }
    redacted.bytes
}

/// The promise: none of the spellings is left.
fn is_gone(secret: &str, bytes: &[u8]) {
    for spelling in SPELLINGS {
        let form = spelling(secret);
        let is_there = bytes
            .windows(form.len())
            .any(|window| window == form.as_bytes());
        assert!(!is_there, "{secret:?} is left as {form:?}");
    }
}
