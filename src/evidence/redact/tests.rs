//! Canaries in every form that an answer may echo them in.

#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Canaries: a token as long and as odd as real ones, an AccessKeySecret, a V1 signature.
const TOKEN: &str =
    "CAIS8gF1q6Ft5B2yfSjIr5fk/Ov+nOxG=4/Kpj&'<>\"\\canary/token+0123456789abcdefghij==";
const SECRET: &str = "cAnArYsEcReT0123456789abcdefgh";
const SIGNATURE: &str = "NUh3otvAoYYuOMO/7JsSVXQ4+CQ=";

fn redact(body: &str) -> (String, Vec<Span>) {
    let redacted = Redactor::new(&[SECRET, TOKEN]).redact(body.as_bytes().to_vec(), &[SIGNATURE]);
    for span in &redacted.spans {
        let (offset, length) = (span.offset as usize, span.length as usize);
        let marker = std::str::from_utf8(&redacted.bytes[offset..offset + length]).unwrap();
        assert_eq!(
            marker.trim_matches('"'),
            format!("[redacted:{}]", span.rule)
        );
    }
    (String::from_utf8(redacted.bytes).unwrap(), redacted.spans)
}

/// What is left of the body, and the rules of the cuts.
fn cut(body: &str) -> (String, Vec<String>) {
    let (body, spans) = redact(body);
    (
        body,
        spans.into_iter().map(|span| span.rule.into()).collect(),
    )
}

#[track_caller]
fn assert_cut(body: &str, left: &str) {
    assert_eq!(cut(body).0, left);
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn hex(text: &str, separator: &str) -> String {
    let pairs: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(separator)
}

fn xml(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// The text of a JSON string, without its quotes.
fn json_text(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The eight forms, written by encoders that are not the code's own.
fn eight_forms(secret: &str) -> [(&'static str, String); 8] {
    [
        ("secret", secret.to_owned()),
        ("secret-percent", percent(secret)),
        ("secret-percent-twice", percent(&percent(secret))),
        ("secret-xml", xml(secret)),
        ("secret-json", json_text(secret)),
        ("secret-base64", STANDARD.encode(secret)),
        ("secret-hex", hex(secret, "")),
        ("secret-hex-blanks", hex(secret, " ")),
    ]
}

#[test]
fn every_form_of_every_secret_is_cut() {
    for secret in [TOKEN, SECRET, SIGNATURE] {
        for (rule, form) in eight_forms(secret) {
            let (left, spans) = redact(&format!("before {form} after"));
            let [span] = spans.as_slice() else {
                panic!("{rule} of {secret}: {spans:?}");
            };
            assert_eq!(left, format!("before [redacted:{}] after", span.rule));
            assert_eq!(span.offset, 7);
            assert_eq!(span.length as usize, left.len() - 13);
            // A form that changes nothing is found as the raw one.
            assert!(span.rule == rule || form == secret, "{rule} of {secret}");
        }
    }
}

#[test]
fn the_case_of_hexadecimal_does_not_matter() {
    let percent_lower = |text: &str| {
        let mut text = text.to_owned();
        for (at, _) in percent(TOKEN).match_indices('%') {
            text[at + 1..at + 3].make_ascii_lowercase();
        }
        text
    };
    for form in [
        hex(TOKEN, ""),
        hex(TOKEN, " "),
        hex(TOKEN, "").to_uppercase(),
        hex(TOKEN, " ").to_uppercase(),
        percent(TOKEN),
        percent_lower(&percent(TOKEN)),
        percent(&percent_lower(&percent(TOKEN))),
    ] {
        assert_eq!(cut(&form).1.len(), 1, "{form}");
    }
}

#[test]
fn forms_within_forms_are_cut() {
    let in_json = json!({ "Message": format!("token {} sent", xml(TOKEN)) }).to_string();
    let in_xml = format!("<Message>{}</Message>", xml(&percent(TOKEN)));
    let in_base64 = STANDARD.encode(format!("GET /?SecurityToken={TOKEN}&Version=1"));
    let in_json_in_json = json!({ "Body": json!({ "Token": SECRET }).to_string() }).to_string();
    let with_slashes = json_text(TOKEN).replace('/', "\\/");
    for body in [in_json, in_xml, in_base64, in_json_in_json, with_slashes] {
        let (left, rules) = cut(&body);
        assert_eq!(rules.len(), 1, "{left}");
        for (_, form) in eight_forms(TOKEN).into_iter().chain(eight_forms(SECRET)) {
            assert!(!left.contains(&form), "{left}");
        }
    }
}

#[test]
fn several_secrets_in_one_body_are_several_spans() {
    let body = format!("{SECRET}{SECRET} {} {SIGNATURE}", percent(TOKEN));
    assert_cut(
        &body,
        "[redacted:secret][redacted:secret] [redacted:secret-percent] [redacted:secret]",
    );
}

#[test]
fn a_body_without_secrets_is_unchanged() {
    let redactor = Redactor::new(&[SECRET, TOKEN]);
    for body in [
        &b""[..],
        b"\xff\x00 not text",
        br#"{"RequestId":"R","StringToSign":"none of ours","M":"string to sign is: x"}"#,
        &SECRET.as_bytes()[..SECRET.len() - 1],
    ] {
        let redacted = redactor.redact(body.to_vec(), &[SIGNATURE]);
        assert_eq!(redacted.bytes, body);
        assert_eq!(redacted.spans, []);
    }
}

#[test]
fn the_echo_of_the_rpc_gateway_is_cut() {
    let sent = format!(
        "POST&%2F&AccessKeyId%3DLTAI5t%26SecurityToken%3D{}",
        percent(&percent(TOKEN))
    );
    let message = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{sent}"
    );
    let body = json!({ "Code": "SignatureDoesNotMatch", "HostId": "ros.aliyuncs.com", "Message": message });
    let (left, rules) = cut(&body.to_string());
    assert_eq!(rules, ["string-to-sign"]);
    let left: Value = serde_json::from_str(&left).unwrap();
    assert_eq!(
        left,
        json!({
            "Code": "SignatureDoesNotMatch",
            "HostId": "ros.aliyuncs.com",
            "Message": "Specified signature is not matched with our calculation. server string to sign is:[redacted:string-to-sign]",
        })
    );

    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>String To Sign is:{}</Message><RequestId>R</RequestId></Error>",
        xml(&sent)
    );
    assert_cut(
        &body,
        "<Error><Code>SignatureDoesNotMatch</Code><Message>String To Sign is:[redacted:string-to-sign]</Message><RequestId>R</RequestId></Error>",
    );
}

#[test]
fn the_echo_of_the_object_store_is_cut() {
    let string_to_sign = format!("GET\n\n\nx-oss-security-token:{TOKEN}\n/");
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><RequestId>R</RequestId><OSSAccessKeyId>STS.NTcanary</OSSAccessKeyId>\
         <SignatureProvided>{SIGNATURE}</SignatureProvided><StringToSign>{}</StringToSign>\
         <StringToSignBytes>{}</StringToSignBytes><EC>0002</EC></Error>",
        xml(&string_to_sign),
        hex(&string_to_sign, " ").to_uppercase(),
    );
    let left = "<Error><Code>SignatureDoesNotMatch</Code><RequestId>R</RequestId><OSSAccessKeyId>[redacted:access-key-id]</OSSAccessKeyId>\
         <SignatureProvided>[redacted:signature-provided]</SignatureProvided><StringToSign>[redacted:string-to-sign]</StringToSign>\
         <StringToSignBytes>[redacted:string-to-sign]</StringToSignBytes><EC>0002</EC></Error>";
    assert_cut(&body, left);
    // A proxy may hand the XML on in a string of its own.
    let wrapped = json!({ "error": body }).to_string();
    assert_cut(&wrapped, &json!({ "error": left }).to_string());
    let slashed = wrapped.replace('/', "\\/");
    assert_cut(
        &slashed,
        &json!({ "error": left }).to_string().replace('/', "\\/"),
    );
}

#[test]
fn echo_fields_are_blanked_at_any_depth_and_of_any_type() {
    let error = |fields: &str| format!(r#"{{"Code":"IncompleteSignature",{fields},"Z":1}}"#);
    for (fields, left) in [
        (
            r#""StringToSign" : "a\"b\\","SignatureProvided":"""#,
            r#""StringToSign" : "[redacted:string-to-sign]","SignatureProvided":"""#,
        ),
        (
            r#""StringToSignBytes":[71, {"a":"]"}]"#,
            r#""StringToSignBytes":"[redacted:string-to-sign]""#,
        ),
        (
            r#""StringToSignBytes":["71"]"#,
            r#""StringToSignBytes":"[redacted:string-to-sign]""#,
        ),
        (
            r#""OSSAccessKeyId":12"#,
            r#""OSSAccessKeyId":"[redacted:access-key-id]""#,
        ),
        (
            r#""M":"{\"StringToSign\":\"a\\\"b\\\\\",\"Y\":2}""#,
            r#""M":"{\"StringToSign\":\"[redacted:string-to-sign]\",\"Y\":2}""#,
        ),
        (
            r#""M":"{\"StringToSign\":\"cut off"#,
            r#""M":"{\"StringToSign\":\"[redacted:string-to-sign]"#,
        ),
        (
            r#""M":"<StringToSign>cut off","N":"</StringToSign>""#,
            r#""M":"<StringToSign>[redacted:string-to-sign]","N":"</StringToSign>""#,
        ),
    ] {
        // Where the string is cut off, the quote after it is that of the string around it.
        let closing = if fields.ends_with("off") { "\"" } else { "" };
        assert_cut(
            &error(&format!("{fields}{closing}")),
            &error(&format!("{left}{closing}")),
        );
    }
    assert_cut(
        r#"{"Code":"InvalidTimeStamp.Expired","StringToSign":"POST&%2F&Acc"#,
        r#"{"Code":"InvalidTimeStamp.Expired","StringToSign":"[redacted:string-to-sign]"#,
    );
    assert_cut(
        "<Code>InvalidSecurityToken.Expired</Code><StringToSign><![CDATA[x<y",
        "<Code>InvalidSecurityToken.Expired</Code><StringToSign>[redacted:string-to-sign]",
    );
}

#[test]
fn a_cut_takes_whole_escapes_references_and_numbers() {
    let redactor = Redactor::new(&[
        "nab0123456789",
        "003dabcdefgh",
        "amp;01234567",
        "1234567890",
    ]);
    let cut = |body: &str| {
        let redacted = redactor.redact(body.as_bytes().to_vec(), &[]);
        String::from_utf8(redacted.bytes).unwrap()
    };
    for (body, left) in [
        (
            r#"{"a":"x\nab0123456789y"}"#,
            r#"{"a":"x[redacted:secret]y"}"#,
        ),
        (
            r#"{"a":"x\u003dabcdefgh"}"#,
            r#"{"a":"x[redacted:secret]"}"#,
        ),
        ("<a>x&amp;01234567</a>", "<a>x[redacted:secret]</a>"),
        (
            r#"{"a":-1234567890.5,"b":1}"#,
            r#"{"a":"[redacted:secret]","b":1}"#,
        ),
        (r#"[12345678901234567890]"#, r#"["[redacted:secret]"]"#),
        (
            r#"{"a":"-1234567890.5"}"#,
            r#"{"a":"-[redacted:secret].5"}"#,
        ),
    ] {
        assert_eq!(cut(body), left);
    }
}

#[test]
fn the_redactor_shows_nothing() {
    let shown = format!("{:?}", Redactor::new(&[SECRET, TOKEN]));
    assert!(
        shown.starts_with("Redactor(") && shown.len() < 24,
        "{shown}"
    );
}

/// Texts in which secrets, echoes and what could confuse a lexer are likely.
fn text() -> impl Strategy<Value = String> {
    let mut pieces: Vec<String> = [TOKEN, SECRET]
        .into_iter()
        .flat_map(eight_forms)
        .map(|(_, form)| form)
        .collect();
    pieces.extend(
        [
            "string to sign is:",
            "<StringToSign>",
            "</StringToSign>",
            r#"{"StringToSign":"x\"y"}"#,
            r#"\"StringToSign\":\""#,
            "SignatureDoesNotMatch",
            "\\",
            "\"",
            "&",
            "停\n",
        ]
        .map(str::to_owned),
    );
    let piece = prop_oneof![prop::sample::select(pieces), any::<String>()];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let key = prop_oneof![
        Just("StringToSign".to_owned()),
        Just("SignatureProvided".to_owned()),
        text(),
    ];
    let tree = leaf.prop_recursive(3, 20, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner.clone(), 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            inner.prop_map(|value| Value::from(value.to_string())),
        ]
    });
    tree.prop_map(|value| json!({ "Code": "SignatureDoesNotMatch", "Data": value }))
}

proptest! {
    #[test]
    fn no_form_is_left_and_json_stays_json(document in document(), is_pretty in any::<bool>()) {
        let body = if is_pretty {
            serde_json::to_string_pretty(&document).unwrap()
        } else {
            document.to_string()
        };
        let (left, _) = redact(&body);
        for needle in forms::needles(TOKEN).iter().chain(&forms::needles(SECRET)) {
            let form = std::str::from_utf8(&needle.bytes).unwrap();
            prop_assert!(!left.contains(form), "{} in {}", needle.rule, left);
        }
        prop_assert!(serde_json::from_str::<Value>(&left).is_ok(), "{} from {}", left, body);
    }

    #[test]
    fn any_bytes_are_searched(bytes in prop::collection::vec(any::<u8>(), 0..200), body in text()) {
        let bytes = [&bytes[..], b"InvalidAccessKeyId", body.as_bytes(), &bytes].concat();
        let redacted = Redactor::new(&[SECRET]).redact(bytes, &[]);
        prop_assert!(memmem::find(&redacted.bytes, SECRET.as_bytes()).is_none());
    }
}

#[test]
fn a_flood_of_echoes_is_cut_as_a_whole_and_in_no_time() {
    for place in ["<StringToSign>", "string to sign is: "] {
        let body = format!(
            "<Error><Code>SignatureDoesNotMatch</Code>{}",
            place.repeat(50_000)
        );
        let redacted = Redactor::new(&[]).redact(body.into_bytes(), &[]);
        assert!(redacted.bytes.len() < 10_000, "{}", redacted.bytes.len());
        assert!(redacted.bytes.ends_with(b"[redacted:string-to-sign]"));
    }
}
