//! A client for tests that signs by itself, from the documentation and not with the gate's code.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::Key;
use super::gate::RawRequest;
use crate::model::UtcMillis;

type Parameters<'a> = &'a [(&'a str, &'a str)];

/// Signs with one key; every request has a fresh nonce.
pub(super) struct TestClient {
    pub(super) key: Key,
    pub(super) host: String,
}

pub(super) const ROS: &str = "2019-09-10";
pub(super) const BPSTUDIO: &str = "2021-09-31";
pub(super) const ALIDNS: &str = "2015-01-09";
pub(super) const STS: &str = "2015-04-01";

impl TestClient {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            host: "gateway.test".to_owned(),
        }
    }

    /// A V3 request that asks for JSON.
    pub(super) fn v3(
        &self,
        at: UtcMillis,
        (version, action): (&str, &str),
        query: Parameters<'_>,
        form: Parameters<'_>,
    ) -> RawRequest {
        let body = pairs(form);
        let mut signed = vec![
            ("host", self.host.clone()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-content-sha256", hex(&Sha256::digest(&body))),
            ("x-acs-date", at.to_seconds_text()),
            ("x-acs-signature-nonce", fresh_nonce()),
            ("x-acs-version", version.to_owned()),
        ];
        if !body.is_empty() {
            let form_type = "application/x-www-form-urlencoded".to_owned();
            signed.push(("content-type", form_type));
        }
        if let Some(token) = &self.key.security_token {
            signed.push(("x-acs-security-token", token.clone()));
        }
        signed.sort();
        let mut sorted = query.to_vec();
        sorted.sort_unstable();
        let lines: String = signed.iter().map(|(n, v)| format!("{n}:{v}\n")).collect();
        let names: Vec<_> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let hash = hex(&Sha256::digest(&body));
        let canonical = format!("POST\n/\n{}\n{lines}\n{names}\n{hash}", pairs(&sorted));
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical)));
        let secret = self.key.access_key_secret.as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(to_sign.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let id = &self.key.access_key_id;
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}");
        signed.push(("authorization", authorization));
        signed.push(("accept", "application/json".to_owned()));
        raw(signed, pairs(query), body)
    }

    /// A V1 request.
    pub(super) fn v1(
        &self,
        at: UtcMillis,
        (version, action): (&str, &str),
        query: Parameters<'_>,
        form: Parameters<'_>,
    ) -> RawRequest {
        let (nonce, timestamp) = (fresh_nonce(), at.to_seconds_text());
        let mut in_query = query.to_vec();
        in_query.extend([
            ("Action", action),
            ("Version", version),
            ("Timestamp", &timestamp),
            ("SignatureNonce", &nonce),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("AccessKeyId", &self.key.access_key_id),
        ]);
        let token = self.key.security_token.as_deref();
        in_query.extend(token.map(|token| ("SecurityToken", token)));
        let mut all = [&in_query[..], form].concat();
        all.sort_unstable();
        let to_sign = format!("POST&%2F&{}", percent(&pairs(&all)));
        let secret = format!("{}&", self.key.access_key_secret);
        let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        in_query.push(("Signature", &signature));
        let mut headers = vec![("host", self.host.clone())];
        if !form.is_empty() {
            let form_type = "application/x-www-form-urlencoded".to_owned();
            headers.push(("content-type", form_type));
        }
        raw(headers, pairs(&in_query), pairs(form))
    }
}

fn fresh_nonce() -> String {
    static USED: AtomicU64 = AtomicU64::new(0);
    format!("nonce-{}", USED.fetch_add(1, Ordering::Relaxed))
}

fn raw(headers: Vec<(&str, String)>, query: String, body: String) -> RawRequest {
    let headers = headers.into_iter();
    RawRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: query.into(),
        headers: headers.map(|(n, v)| (n.to_owned(), v.into())).collect(),
        body: body.into(),
    }
}

fn pairs(parameters: Parameters<'_>) -> String {
    let parameters = parameters.iter();
    let pairs = parameters.map(|(name, value)| format!("{}={}", percent(name), percent(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn percent(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
