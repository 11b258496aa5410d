//! Captured requests of the official SDKs are accepted, and refused with any single wrong byte.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod refusals;

use serde_json::Value;

use super::*;

/// Whole requests as the official Python SDK puts them on the wire; keys are made up.
const VECTORS: &str = include_str!("../../../tests/data/signature-vectors.json");

/// The instant at which the requests were captured.
fn captured_at() -> UtcMillis {
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

#[test]
fn requests_of_the_official_sdk_are_accepted() {
    let captured = captured();
    assert_eq!(captured.len(), 7, "all signed requests are there");
    for request in captured {
        let accepted = request.check(&request.raw);
        assert_eq!(accepted, Ok(captured_at()), "{}", request.name);
    }
}

/// A vector of the file as a request: V1 wholly in the query, V3 with query and body.
fn vector(entry: &Value, is_v3: bool) -> Captured {
    let text = |field: &str| entry[field].as_str().unwrap().to_owned();
    let mut query = text("canonical_query");
    let mut headers = Vec::new();
    if is_v3 {
        let given = entry["headers"].as_object().unwrap().iter();
        headers.extend(given.map(|(n, v)| (n.to_ascii_lowercase(), v.as_str().unwrap().into())));
        headers.push(("authorization".to_owned(), text("authorization").into()));
    } else {
        query = format!("{query}&Signature={}", text("signature_urlencoded"));
    }
    let token = if is_v3 {
        entry["headers"]["x-acs-security-token"].as_str()
    } else {
        entry["flat_params"]["SecurityToken"].as_str()
    };
    Captured {
        name: text("name"),
        is_v3,
        raw: RawRequest {
            method: text("method"),
            path: "/".to_owned(),
            query: query.into(),
            headers,
            body: entry["body"].as_str().unwrap_or_default().into(),
        },
        keys: vec![Key {
            access_key_id: text("access_key_id"),
            access_key_secret: text("access_key_secret"),
            security_token: token.map(str::to_owned),
            ..Key::default()
        }],
    }
}

#[test]
fn every_signing_vector_is_accepted() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    for (version, is_v3) in [("v1", false), ("v3", true)] {
        let entries = vectors[version].as_array().unwrap();
        assert_eq!(entries.len(), 11);
        for entry in entries {
            let vector = vector(entry, is_v3);
            let date = if is_v3 {
                entry["headers"]["x-acs-date"].as_str()
            } else {
                entry["flat_params"]["Timestamp"].as_str()
            };
            let now = UtcMillis::parse_rfc3339(date.unwrap()).unwrap();
            let checked = check(&vector.raw, &vector.keys, now);
            assert!(checked.is_ok(), "{version} {}: {checked:?}", vector.name);
        }
    }
}

/// What is put in place of a right byte besides its eight neighbours at one bit's distance: the
/// bytes that mean something in a query, a form or a header.
const MEANINGFUL: &[u8] = b" \t\r\n%+&=;,:/?#-_.~*09afAFzZ\x00\x7f\xff";

/// Puts wrong bytes in place of each byte that `part` selects, one at a time.
fn assert_each_byte_counts(
    request: &Captured,
    what: &str,
    part: impl Fn(&mut RawRequest) -> &mut Vec<u8>,
) {
    let mut raw = request.raw.clone();
    for place in 0..part(&mut raw).len() {
        let right = part(&mut raw)[place];
        let neighbours = (0..8).map(|bit| right ^ (1 << bit));
        let wrong = neighbours.chain(MEANINGFUL.iter().copied());
        for wrong in wrong.filter(|wrong| *wrong != right) {
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
