//! Signature version 3, ACS3-HMAC-SHA256: signs method, path, query, chosen headers and the hash of
//! the body.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::encode::{canonical_query, hex};

/// Name of the algorithm, first word of the string to sign and of the `Authorization` header.
const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// Every action of the RPC style is asked at this path.
const RPC_PATH: &str = "/";

/// What a V3 signature covers.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// Parameters of the query string, raw.
    pub query: &'a [(&'a str, &'a str)],
    /// The headers to sign, all of them; see [`is_signed_by_us`].
    pub headers: &'a [(&'a str, &'a str)],
    /// [`payload_hash`] of the body.
    pub payload_hash: &'a str,
}

impl Parts<'_> {
    /// Names lower case, sorted, values trimmed, `name:value` and a line feed each.
    pub fn canonical_headers(&self) -> String {
        self.sorted_headers()
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect()
    }

    /// Names of the signed headers, lower case, sorted, joined by `;`.
    pub fn signed_headers(&self) -> String {
        let names: Vec<String> = self.sorted_headers().into_iter().map(|(n, _)| n).collect();
        names.join(";")
    }

    /// The six parts of the canonical request, a line each; the headers end in a line feed of their
    /// own, which leaves an empty line after them.
    pub fn canonical_request(&self) -> String {
        [
            self.method,
            RPC_PATH,
            &canonical_query(self.query),
            &self.canonical_headers(),
            &self.signed_headers(),
            self.payload_hash,
        ]
        .join("\n")
    }

    /// What the secret signs: the algorithm's name and the hash of the canonical request.
    pub fn string_to_sign(&self) -> String {
        let hash = Sha256::digest(self.canonical_request());
        format!("{ALGORITHM}\n{}", hex(&hash))
    }

    /// The whole value of the `Authorization` header.
    pub fn authorization(&self, access_key_id: &str, access_key_secret: &str) -> String {
        let signed_headers = self.signed_headers();
        let signature = signature(access_key_secret, &self.string_to_sign());
        format!(
            "{ALGORITHM} Credential={access_key_id},SignedHeaders={signed_headers},Signature={signature}"
        )
    }

    fn sorted_headers(&self) -> Vec<(String, &str)> {
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect();
        headers.sort();
        headers
    }
}

/// Lower-case hex SHA-256 of the exact bytes of the body; goes into `x-acs-content-sha256` too.
pub fn payload_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// Lower-case hex HMAC-SHA256. Other than in version 1.0 the key is the plain secret.
pub fn signature(access_key_secret: &str, string_to_sign: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC hashes a key of any length to fit")]
    let mut mac =
        Hmac::<Sha256>::new_from_slice(access_key_secret.as_bytes()).expect("HMAC takes any key");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// Whether our own requests sign the header of that lower-case name: `host`, `content-type` and
/// every `x-acs-*`, the set of the documentation. Signing more, as one SDK does, is accepted too, but
/// fails behind a proxy that rewrites, say, the user agent.
pub fn is_signed_by_us(name: &str) -> bool {
    matches!(name, "host" | "content-type") || name.starts_with("x-acs-")
}
