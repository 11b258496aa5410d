//! Signature version 1.0 of the RPC interface: HMAC-SHA1 over the parameters, query and form taken
//! together.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::encode::{canonical_query, percent_encode};

/// What is signed: `METHOD&%2F&` and the canonical query, encoded once more. `parameters` are all of
/// the query and of the form, without `Signature`; `method` is the one really used, in upper case.
pub fn string_to_sign(method: &str, parameters: &[(&str, &str)]) -> String {
    let canonical = canonical_query(parameters);
    format!("{method}&%2F&{}", percent_encode(&canonical))
}

/// The value of the `Signature` parameter, not yet percent-encoded: Base64 (standard alphabet,
/// padded) of the HMAC. Version 1.0 appends `&` to the secret to make the key.
pub fn signature(access_key_secret: &str, string_to_sign: &str) -> String {
    let key = Zeroizing::new(format!("{access_key_secret}&"));
    #[expect(clippy::expect_used, reason = "HMAC hashes a key of any length to fit")]
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
