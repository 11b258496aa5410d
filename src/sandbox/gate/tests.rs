//! Captured requests of the official SDKs are accepted, and refused with any single wrong byte.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;

use super::*;

/// Whole requests as the official Python SDK puts them on the wire; keys are made up.
const VECTORS: &str = include_str!("../../../tests/data/signature-vectors.json");

/// The instant at which the requests were captured.
pub(super) fn captured_at() -> UtcMillis {
    UtcMillis::parse_rfc3339("2026-01-02T03:04:05Z").unwrap()
}

struct Captured {
    name: String,
    is_v3: bool,
    raw: RawRequest,
    keys: Vec<Key>,
}

impl Captured {
    fn of(entry: &Value) -> Self {
        let text = |field: &str| entry[field].as_str().unwrap().to_owned();
        let url = text("url");
        let after_scheme = url.split_once("://").unwrap().1;
        let target = &after_scheme[after_scheme.find('/').unwrap()..];
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = entry["headers"].as_object().unwrap();
        let mut headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().into()))
            .collect();
        headers.push(("user-agent".to_owned(), text("user_agent").into()));
        let access_key_id = text("access_key_id");
        Self {
            name: text("name"),
            is_v3: text("signature_version") == "v3",
            raw: RawRequest {
                method: text("method"),
                path: path.to_owned(),
                query: query.into(),
                headers,
                body: text("body").into(),
            },
            keys: vec![Key {
                access_key_id,
                access_key_secret: text("access_key_secret"),
                security_token: entry["security_token"].as_str().map(str::to_owned),
                ..Key::default()
            }],
        }
    }

    fn check(&self, raw: &RawRequest) -> Result<UtcMillis, Refusal> {
        check(raw, &self.keys, captured_at()).map(|signed| signed.timestamp)
    }

    fn code(&self, raw: &RawRequest) -> String {
        self.check(raw).expect_err("refused").code
    }
}

fn captured() -> Vec<Captured> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let requests = vectors["sdk_requests"].as_array().unwrap().iter();
    requests
        .filter(|entry| entry["signature_version"] != "none")
        .map(Captured::of)
        .collect()
}

fn named(name: &str) -> Captured {
    captured().into_iter().find(|c| c.name == name).unwrap()
}

fn header_mut<'a>(raw: &'a mut RawRequest, name: &str) -> &'a mut Vec<u8> {
    let mut headers = raw.headers.iter_mut();
    headers.find(|(n, _)| n == name).map(|(_, v)| v).unwrap()
}

fn without_header(raw: &RawRequest, name: &str) -> RawRequest {
    let mut raw = raw.clone();
    raw.headers.retain(|(header, _)| header != name);
    raw
}

#[test]
fn requests_of_the_official_sdk_are_accepted() {
    let captured = captured();
    assert_eq!(captured.len(), 7, "all signed requests are there");
    for request in captured {
        let accepted = request.check(&request.raw);
        assert_eq!(accepted, Ok(captured_at()), "{}", request.name);
    }
}

/// Puts every other byte in place of each byte that `part` selects, one at a time.
fn assert_each_byte_counts(
    request: &Captured,
    what: &str,
    part: impl Fn(&mut RawRequest) -> &mut Vec<u8>,
) {
    let mut raw = request.raw.clone();
    for place in 0..part(&mut raw).len() {
        let right = part(&mut raw)[place];
        for wrong in (0..=u8::MAX).filter(|byte| *byte != right) {
            part(&mut raw)[place] = wrong;
            assert!(
                request.check(&raw).is_err(),
                "{}: {what}, byte {place}: {wrong:#04x} for {right:#04x} was accepted",
                request.name
            );
        }
        part(&mut raw)[place] = right;
    }
    assert_eq!(raw, request.raw);
}

#[test]
fn every_single_wrong_byte_is_refused() {
    for request in captured() {
        assert_each_byte_counts(&request, "query", |raw| &mut raw.query);
        assert_each_byte_counts(&request, "body", |raw| &mut raw.body);
        // V1 signs no header; of those it sends, these two are compared with the parameters.
        let headers: &[&str] = if request.is_v3 {
            &[
                "host",
                "accept",
                "content-type",
                "user-agent",
                "authorization",
                "x-acs-version",
                "x-acs-action",
                "x-acs-date",
                "x-acs-signature-nonce",
                "x-acs-content-sha256",
                "x-acs-credentials-provider",
                "x-acs-accesskey-id",
                "x-acs-security-token",
            ]
        } else {
            &["x-acs-version", "x-acs-action"]
        };
        for (name, _) in &request.raw.headers {
            if headers.contains(&name.as_str()) {
                assert_each_byte_counts(&request, name, |raw| header_mut(raw, name));
            } else {
                assert!(!request.is_v3, "{name} is not covered");
            }
        }
    }
}

#[test]
fn each_missing_parameter_or_header_is_named() {
    let v1 = named("sdk-ros-get-operation");
    let query = String::from_utf8(v1.raw.query.clone()).unwrap();
    for name in [
        "Action",
        "Version",
        "Timestamp",
        "SignatureNonce",
        "SignatureMethod",
        "SignatureVersion",
        "AccessKeyId",
        "Signature",
    ] {
        let kept = query
            .split('&')
            .filter(|p| p.split('=').next() != Some(name));
        let mut raw = v1.raw.clone();
        raw.query = kept.collect::<Vec<_>>().join("&").into();
        let refusal = v1.check(&raw).unwrap_err();
        assert_eq!(refusal.code, "MissingParameter");
        assert!(refusal.message.starts_with(&format!("{name} ")));
    }
    let v3 = named("sdk-ros-list-results");
    for name in [
        "host",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
    ] {
        let refusal = v3.check(&without_header(&v3.raw, name)).unwrap_err();
        assert_eq!(refusal.code, "MissingParameter");
        assert!(refusal.message.starts_with(name));
    }
}

#[test]
fn method_path_and_algorithm_are_checked_first() {
    let v3 = named("sdk-ros-list-results");
    let mut raw = v3.raw.clone();
    raw.method = "PUT".to_owned();
    assert_eq!(v3.code(&raw), "UnsupportedHTTPMethod");
    let mut raw = v3.raw.clone();
    raw.path = "/V2/ListStackGroupOperationResults".to_owned();
    assert_eq!(v3.code(&raw), "InvalidApi.NotFound");
    let mut raw = v3.raw.clone();
    *header_mut(&mut raw, "authorization") = b"ACS3-HMAC-SM3 Credential=a".to_vec();
    assert_eq!(v3.code(&raw), "IncompleteSignature");
    let mut raw = v3.raw.clone();
    raw.method = "GET".to_owned();
    assert_eq!(v3.code(&raw), "SignatureDoesNotMatch");
}

#[test]
fn keys_and_tokens_are_told_apart() {
    let mut plain = named("sdk-ros-list-results");
    plain.keys[0].security_token = Some("token".to_owned());
    let mismatch = "InvalidSecurityToken.MismatchWithAccessKey";
    assert_eq!(plain.code(&plain.raw), mismatch, "the token is missing");
    plain.keys[0].access_key_id = "other".to_owned();
    assert_eq!(plain.code(&plain.raw), "InvalidAccessKeyId.NotFound");

    let mut temporary = named("sdk-sts-caller-identity-v3-sts");
    let mut raw = temporary.raw.clone();
    *header_mut(&mut raw, "x-acs-security-token") = b"two words".to_vec();
    assert_eq!(temporary.code(&raw), "InvalidSecurityToken.Malformed");
    temporary.keys[0].security_token = Some("CAISother".to_owned());
    assert_eq!(temporary.code(&temporary.raw), mismatch);
    temporary.keys[0].security_token = None;
    assert_eq!(temporary.code(&temporary.raw), mismatch, "of no use here");
}

#[test]
fn the_window_is_fifteen_minutes_on_either_side() {
    for name in ["sdk-ros-get-operation", "sdk-ros-list-results"] {
        let request = named(name);
        let code_at = |offset_ms: i64| {
            let now = captured_at().plus_ms(offset_ms);
            check(&request.raw, &request.keys, now)
                .err()
                .map(|r| r.code)
        };
        for side in [-1, 1] {
            assert_eq!(code_at(side * SIGNATURE_WINDOW_MS), None);
            let outside = code_at(side * (SIGNATURE_WINDOW_MS + 1));
            assert_eq!(outside.as_deref(), Some("InvalidTimeStamp.Expired"));
        }
    }
}

#[test]
fn timestamps_have_one_form() {
    let now = captured_at();
    assert_eq!(read_timestamp("2026-01-02T03:04:05Z", now), Ok(now));
    for other in [
        "2026-01-02T03:04:05.000Z",
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:04:5Z",
        "2026-13-02T03:04:05Z",
        "20260102T030405Z",
        "2026-01-02 03:04:05Z",
        "",
    ] {
        let code = read_timestamp(other, now).unwrap_err().code;
        assert_eq!(code, "InvalidTimeStamp.Format", "{other}");
    }
}

#[test]
fn signed_headers_have_to_cover_what_matters() {
    let request = named("sdk-bpstudio-result-v3");
    let authorization = request.raw.header("authorization").unwrap().to_owned();
    for name in [
        "host",
        "content-type",
        "x-acs-action",
        "x-acs-content-sha256",
    ] {
        let mut raw = request.raw.clone();
        let without = authorization.replace(&format!("{name};"), "");
        assert_ne!(without, authorization);
        *header_mut(&mut raw, "authorization") = without.into();
        let refusal = request.check(&raw).unwrap_err();
        assert_eq!(refusal.code, "IncompleteSignature");
        assert!(refusal.message.contains(&format!("does not name {name}")));
    }
    let mut raw = request.raw.clone();
    raw.headers.push(("x-acs-new".to_owned(), b"1".to_vec()));
    assert_eq!(request.code(&raw), "IncompleteSignature", "not signed");
    let mut raw = request.raw.clone();
    let twice = (
        String::from("x-acs-action"),
        b"GetExecuteOperationResult".to_vec(),
    );
    raw.headers.push(twice);
    assert_eq!(request.code(&raw), "MissingParameter", "twice is not once");
    let mut raw = request.raw.clone();
    let unsorted = authorization.replace("accept;content-type", "content-type;accept");
    *header_mut(&mut raw, "authorization") = unsorted.into();
    assert_eq!(request.code(&raw), "IncompleteSignature");
}

#[test]
fn a_wrong_signature_is_told_what_the_server_has_signed() {
    let v1 = named("sdk-alidns-count-sts");
    let mut raw = v1.raw.clone();
    let query = String::from_utf8(raw.query).unwrap();
    raw.query = query.replace("Lang=en", "Lang=zh").into();
    let refusal = v1.check(&raw).unwrap_err();
    assert_eq!(refusal.code, "SignatureDoesNotMatch");
    assert!(
        refusal
            .message
            .contains("server string to sign is:POST&%2F&AccessKeyId%3DSTS.testid%26")
    );
    assert!(
        refusal
            .message
            .contains("SecurityToken%3DCAIS%252Babc%252Fdef"),
        "the echo holds the token"
    );
}

#[test]
fn a_nonce_is_spent_once_for_as_long_as_its_timestamp_lives() {
    let request = named("sdk-ros-list-results");
    let signed = check(&request.raw, &request.keys, captured_at()).unwrap();
    let mut nonces = Nonces::default();
    let mut code_at = |offset_ms| {
        let now = captured_at().plus_ms(offset_ms);
        nonces.spend(&signed, now).err().map(|refusal| refusal.code)
    };
    assert_eq!(code_at(0), None);
    let used = Some("SignatureNonceUsed".to_owned());
    assert_eq!(code_at(0), used);
    assert_eq!(code_at(SIGNATURE_WINDOW_MS), used);
    assert_eq!(code_at(SIGNATURE_WINDOW_MS + 1), None, "forgotten");
}

#[test]
fn what_a_request_claims_is_read_without_belief() {
    let v1 = named("sdk-bpstudio-result");
    let claims = Claims::of(&v1.raw);
    assert_eq!(claims.format, Format::Json);
    assert_eq!(claims.action, "GetExecuteOperationResult");
    assert_eq!(claims.access_key_id, "testid");
    let parameter = ("OperationId".to_owned(), "op_test ecs+*~/域".to_owned());
    assert_eq!(claims.parameters, [parameter]);
    let v3 = named("sdk-ros-list-results");
    assert_eq!(Claims::of(&v3.raw).format, Format::Json);
    let raw = without_header(&v3.raw, "accept");
    assert_eq!(Claims::of(&raw).format, Format::Xml);
}
