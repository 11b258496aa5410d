//! Known-answer tests: published examples, cross-checked vectors, and whole requests captured from
//! the official Python SDK (`tests/data/signature-vectors.json`).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{canonical_query, form_encode, percent_encode, v1, v3};

type Map = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Vectors {
    v1: Vec<V1Vector>,
    v3: Vec<V3Vector>,
    sdk_requests: Vec<SdkRequest>,
}

#[derive(Deserialize)]
struct V1Vector {
    name: String,
    method: String,
    access_key_secret: String,
    flat_params: Map,
    canonical_query: String,
    string_to_sign: String,
    signature: String,
    signature_urlencoded: String,
}

#[derive(Deserialize)]
struct V3Vector {
    name: String,
    method: String,
    path: String,
    access_key_id: String,
    access_key_secret: String,
    flat_query_params: Map,
    flat_form_params: Map,
    body: String,
    hashed_payload: String,
    headers: Map,
    canonical_query: String,
    canonical_headers: String,
    signed_headers: String,
    canonical_request: String,
    string_to_sign: String,
    signature: String,
    authorization: String,
    authorization_when_only_host_content_type_and_x_acs_are_signed: Option<String>,
}

#[derive(Deserialize)]
struct SdkRequest {
    name: String,
    signature_version: String,
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
    method: String,
    url: String,
    headers: Map,
    user_agent: String,
    body: String,
}

fn vectors() -> Vectors {
    let text = include_str!("../../../tests/data/signature-vectors.json");
    serde_json::from_str(text).expect("the vectors are JSON of the known shape")
}

fn pairs(map: &Map) -> Vec<(&str, &str)> {
    map.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
}

/// The parameters of a form-encoded text.
fn decode(text: &str) -> Map {
    let url = reqwest::Url::parse(&format!("https://localhost/?{text}")).unwrap();
    url.query_pairs().into_owned().collect()
}

fn query_of(url: &str) -> Map {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    decode(query)
}

#[test]
fn v1_vectors() {
    let vectors = vectors().v1;
    assert_eq!(vectors.len(), 11);
    for vector in vectors {
        let parameters = pairs(&vector.flat_params);
        let name = &vector.name;
        assert_eq!(
            canonical_query(&parameters),
            vector.canonical_query,
            "{name}"
        );
        let text = v1::string_to_sign(&vector.method, &parameters);
        assert_eq!(text, vector.string_to_sign, "{name}");
        let signature = v1::signature(&vector.access_key_secret, &text);
        assert_eq!(signature, vector.signature, "{name}");
        assert_eq!(
            percent_encode(&signature),
            vector.signature_urlencoded,
            "{name}"
        );
    }
}

#[test]
fn v3_vectors() {
    let vectors = vectors().v3;
    assert_eq!(vectors.len(), 11);
    for vector in vectors {
        let name = &vector.name;
        assert_eq!(vector.path, "/", "{name}");
        assert_eq!(
            form_encode(&pairs(&vector.flat_form_params)),
            vector.body,
            "{name}"
        );
        let payload_hash = v3::payload_hash(vector.body.as_bytes());
        assert_eq!(payload_hash, vector.hashed_payload, "{name}");
        let parts = v3::Parts {
            method: &vector.method,
            query: &pairs(&vector.flat_query_params),
            headers: &pairs(&vector.headers),
            payload_hash: &payload_hash,
        };
        assert_eq!(
            canonical_query(parts.query),
            vector.canonical_query,
            "{name}"
        );
        assert_eq!(
            parts.canonical_headers(),
            vector.canonical_headers,
            "{name}"
        );
        assert_eq!(parts.signed_headers(), vector.signed_headers, "{name}");
        assert_eq!(
            parts.canonical_request(),
            vector.canonical_request,
            "{name}"
        );
        assert_eq!(parts.string_to_sign(), vector.string_to_sign, "{name}");
        let signature = v3::signature(&vector.access_key_secret, &parts.string_to_sign());
        assert_eq!(signature, vector.signature, "{name}");
        let authorization = parts.authorization(&vector.access_key_id, &vector.access_key_secret);
        assert_eq!(authorization, vector.authorization, "{name}");
    }
}

#[test]
fn the_documented_set_of_headers_is_signed_where_more_are_present() {
    let narrow = vectors().v3.into_iter().filter_map(|vector| {
        let expected = vector
            .authorization_when_only_host_content_type_and_x_acs_are_signed
            .clone()?;
        Some((vector, expected))
    });
    let mut seen = 0;
    for (vector, expected) in narrow {
        let mut headers = pairs(&vector.headers);
        headers.retain(|(name, _)| v3::is_signed_by_us(name));
        let parts = v3::Parts {
            method: &vector.method,
            query: &pairs(&vector.flat_query_params),
            headers: &headers,
            payload_hash: &vector.hashed_payload,
        };
        let authorization = parts.authorization(&vector.access_key_id, &vector.access_key_secret);
        assert_eq!(authorization, expected, "{}", vector.name);
        seen += 1;
    }
    assert_eq!(seen, 1);
}

#[test]
fn requests_of_the_sdk() {
    let mut seen = BTreeMap::new();
    for request in vectors().sdk_requests {
        match request.signature_version.as_str() {
            "v1" => check_v1_request(&request),
            "v3" => check_v3_request(&request),
            other => {
                assert_eq!(other, "none", "{}", request.name);
                assert!(!query_of(&request.url).contains_key("Signature"));
            }
        }
        *seen.entry(request.signature_version).or_insert(0) += 1;
    }
    let expected = [("none", 1), ("v1", 3), ("v3", 4)];
    assert_eq!(seen, expected.map(|(k, n)| (k.to_owned(), n)).into());
}

fn check_v1_request(request: &SdkRequest) {
    let mut parameters = query_of(&request.url);
    let sent = parameters.remove("Signature").unwrap();
    assert_eq!(
        parameters.get("SecurityToken"),
        request.security_token.as_ref()
    );
    parameters.extend(decode(&request.body));
    let text = v1::string_to_sign(&request.method, &pairs(&parameters));
    let signature = v1::signature(&request.access_key_secret, &text);
    assert_eq!(signature, sent, "{}", request.name);
}

fn check_v3_request(request: &SdkRequest) {
    let mut headers = request.headers.clone();
    let sent = headers.remove("authorization").unwrap();
    headers.insert("user-agent".to_owned(), request.user_agent.clone());
    assert_eq!(
        headers.get("x-acs-security-token"),
        request.security_token.as_ref()
    );
    let payload_hash = v3::payload_hash(request.body.as_bytes());
    assert_eq!(
        headers["x-acs-content-sha256"], payload_hash,
        "{}",
        request.name
    );
    let query = query_of(&request.url);
    let parts = v3::Parts {
        method: &request.method,
        query: &pairs(&query),
        headers: &pairs(&headers),
        payload_hash: &payload_hash,
    };
    let authorization = parts.authorization(&request.access_key_id, &request.access_key_secret);
    assert_eq!(authorization, sent, "{}", request.name);
}
