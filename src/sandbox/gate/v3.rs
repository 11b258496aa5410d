//! Signature version 3: ACS3-HMAC-SHA256 over method, path, query, headers and the body's hash.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::encoding::{canonical_pairs, hex};
use super::{Asked, Pairs, RawRequest, Signed, find_key, read_timestamp};
use crate::model::UtcMillis;
use crate::sandbox::key::Key;
use crate::sandbox::refusal::Refusal;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…`, in this order and without
    /// blanks behind the commas, as every official client writes it.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix(ALGORITHM)?.strip_prefix(' ')?.split(',');
        let read = Self {
            credential: parts.next()?.strip_prefix("Credential=")?,
            signed_headers: parts.next()?.strip_prefix("SignedHeaders=")?,
            signature: parts.next()?.strip_prefix("Signature=")?,
        };
        parts.next().is_none().then_some(read)
    }
}

/// The id of the key that an `Authorization` header claims.
pub(super) fn credential(text: &str) -> Option<&str> {
    Authorization::read(text).map(|read| read.credential)
}

/// Checks a request that is signed by headers.
pub(super) fn check<'a>(
    raw: &RawRequest,
    query: Pairs,
    form: Pairs,
    keys: &'a [Key],
    now: UtcMillis,
) -> Result<Signed<'a>, Refusal> {
    let authorization = raw.required_header("authorization")?;
    let authorization = Authorization::read(authorization).ok_or_else(|| {
        Refusal::incomplete_signature(
            "Authorization has to be \
             'ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…'",
        )
    })?;
    raw.required_header("host")?;
    let action = raw.required_header("x-acs-action")?;
    let version = raw.required_header("x-acs-version")?;
    let date = raw.required_header("x-acs-date")?;
    let nonce = raw.required_header("x-acs-signature-nonce")?;
    let body_sha256 = raw.required_header("x-acs-content-sha256")?;

    let token = raw
        .headers
        .iter()
        .find(|(n, _)| n == "x-acs-security-token");
    let token = token.map(|_| raw.header("x-acs-security-token").unwrap_or_default());
    let key = find_key(keys, authorization.credential, token)?;
    if raw
        .header("x-acs-accesskey-id")
        .is_some_and(|id| id != key.access_key_id)
    {
        return Err(Refusal::token_mismatch());
    }
    let timestamp = read_timestamp(date, now)?;
    if body_sha256 != hex(&Sha256::digest(&raw.body)) {
        return Err(Refusal::invalid(
            "x-acs-content-sha256",
            "it is not the hash of the body",
        ));
    }
    let canonical_headers = canonical_headers(raw, authorization.signed_headers)?;

    let mut request = Vec::new();
    request.extend_from_slice(format!("{}\n{}\n", raw.method, raw.path).as_bytes());
    request.extend_from_slice(canonical_pairs(query.iter()).as_bytes());
    request.push(b'\n');
    request.extend_from_slice(&canonical_headers);
    request
        .extend_from_slice(format!("\n{}\n{body_sha256}", authorization.signed_headers).as_bytes());
    let string_to_sign = format!("{ALGORITHM}\n{}", hex(&Sha256::digest(&request)));
    if sign(&key.access_key_secret, &string_to_sign) != authorization.signature {
        // The hash alone would tell a client nothing, so the text that was hashed is shown too.
        let request = String::from_utf8_lossy(&request);
        let shown = format!("{string_to_sign}\nserver canonical request is:{request}");
        return Err(Refusal::signature_mismatch(&shown));
    }
    Ok(Signed {
        key,
        nonce: nonce.to_owned(),
        timestamp,
        string_to_sign,
        signature: authorization.signature.to_owned(),
        asked: Asked {
            action: action.to_owned(),
            version: version.to_owned(),
            query,
            form,
        },
    })
}

/// `name:value` LF of each signed header, after checking that the list is in order and covers what
/// has to be signed: host, every `x-acs-*`, and content-type when there is a body.
fn canonical_headers(raw: &RawRequest, signed_headers: &str) -> Result<Vec<u8>, Refusal> {
    let names: Vec<_> = signed_headers.split(';').collect();
    if !names.is_sorted_by(|a, b| a < b) {
        return Err(Refusal::incomplete_signature(
            "SignedHeaders is not sorted or names a header twice",
        ));
    }
    for (name, _) in &raw.headers {
        let must_be_signed = name == "host"
            || name.starts_with("x-acs-")
            || (name == "content-type" && !raw.body.is_empty());
        if must_be_signed && !names.contains(&&**name) {
            return Err(Refusal::incomplete_signature(&format!(
                "SignedHeaders does not name {name}"
            )));
        }
    }
    let mut canonical = Vec::new();
    for name in names {
        let mut values = raw.headers.iter().filter(|(header, _)| header == name);
        let (Some((_, value)), None) = (values.next(), values.next()) else {
            return Err(Refusal::incomplete_signature(&format!(
                "the signed header {name} is missing or stands there twice"
            )));
        };
        canonical.extend_from_slice(name.as_bytes());
        canonical.push(b':');
        canonical.extend_from_slice(value.trim_ascii());
        canonical.push(b'\n');
    }
    Ok(canonical)
}

/// Lower-case hexadecimal; compared as text.
fn sign(secret: &str, string_to_sign: &str) -> String {
    // HMAC takes keys of every length.
    #[allow(clippy::expect_used)]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}
