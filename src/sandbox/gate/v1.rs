//! Signature version 1.0: HMAC-SHA1 over the parameters of query and form together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::encoding::{canonical_pairs, encode};
use super::{Asked, Pairs, RawRequest, Signed, find_key, read_timestamp};
use crate::model::UtcMillis;
use crate::sandbox::key::Key;
use crate::sandbox::refusal::Refusal;

/// Whether a parameter belongs to the protocol, not to the action.
pub(super) fn is_common_parameter(name: &str) -> bool {
    matches!(
        name,
        "Action"
            | "Version"
            | "Format"
            | "Timestamp"
            | "SignatureNonce"
            | "SignatureMethod"
            | "SignatureVersion"
            | "SignatureType"
            | "AccessKeyId"
            | "SecurityToken"
            | "Signature"
    )
}

/// Checks a request that is signed by parameters.
pub(super) fn check<'a>(
    raw: &RawRequest,
    query: Pairs,
    form: Pairs,
    keys: &'a [Key],
    now: UtcMillis,
) -> Result<Signed<'a>, Refusal> {
    let optional = |name: &str| query.get(name).or_else(|| form.get(name));
    let required = |name: &str| {
        optional(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Refusal::missing(name))
    };
    if let Some((name, _)) = query.iter().find(|(name, _)| form.get(name).is_some()) {
        return Err(Refusal::invalid(name, "it stands in query and form"));
    }
    let action = required("Action")?;
    let version = required("Version")?;
    let access_key_id = required("AccessKeyId")?;
    let signature = required("Signature")?;
    let nonce = required("SignatureNonce")?;
    let timestamp = required("Timestamp")?;
    if required("SignatureMethod")? != "HMAC-SHA1" || required("SignatureVersion")? != "1.0" {
        return Err(Refusal::incomplete_signature(
            "only HMAC-SHA1 of version 1.0 is known",
        ));
    }
    if optional("SignatureType").is_some_and(|kind| !kind.is_empty()) {
        return Err(Refusal::incomplete_signature(
            "no SignatureType is supported",
        ));
    }
    // The newest SDKs repeat both in headers, which V1 does not sign: they must not say otherwise.
    for (name, parameter) in [("x-acs-action", action), ("x-acs-version", version)] {
        let is_there = raw.headers.iter().any(|(header, _)| header == name);
        if is_there && raw.header(name) != Some(parameter) {
            return Err(Refusal::invalid(name, "the parameter says otherwise"));
        }
    }
    let key = find_key(keys, access_key_id, optional("SecurityToken"))?;
    let timestamp = read_timestamp(timestamp, now)?;

    let all = query.iter().chain(form.iter());
    let canonical = canonical_pairs(all.filter(|(name, _)| *name != "Signature"));
    let string_to_sign = format!("{}&{}&{}", raw.method, encode("/"), encode(&canonical));
    if sign(&key.access_key_secret, &string_to_sign) != signature {
        return Err(Refusal::signature_mismatch(&string_to_sign));
    }
    Ok(Signed {
        key,
        nonce: nonce.to_owned(),
        timestamp,
        string_to_sign,
        signature: signature.to_owned(),
        asked: Asked {
            action: action.to_owned(),
            version: version.to_owned(),
            query,
            form,
        },
    })
}

/// Base64 text; compared as text, so that no other spelling of the same bytes passes.
fn sign(secret: &str, string_to_sign: &str) -> String {
    // HMAC takes keys of every length.
    #[allow(clippy::expect_used)]
    let mut mac =
        Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).expect("any key length");
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
