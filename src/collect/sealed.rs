//! Credentials together with what recognizes their secrets in an answer.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::cloud::credentials::Lease;
use crate::evidence::digest::Digest;
use crate::evidence::leaf::KeptBody;
use crate::evidence::redact::Redactor;

/// A lease and the redactor made for it: an answer is searched for the secrets that its request was
/// signed with, whatever has been fetched since.
pub(super) struct Sealed {
    pub(super) lease: Arc<Lease>,
    redactor: Redactor,
    /// Whether these were found to belong to the account that the run asks for.
    pub(super) is_checked: OnceCell<bool>,
}

impl Sealed {
    pub(super) fn new(lease: Arc<Lease>) -> Self {
        let credentials = &lease.credentials;
        let mut secrets = vec![credentials.access_key_secret().expose()];
        secrets.extend(credentials.security_token().map(|token| token.expose()));
        let redactor = Redactor::new(&secrets);
        Self {
            lease,
            redactor,
            is_checked: OnceCell::new(),
        }
    }

    /// The body as it may be kept, and what evidence says of it. `sent` are secrets of this one request.
    pub(super) fn without_secrets(&self, body: Vec<u8>, sent: &[&str]) -> (Vec<u8>, KeptBody) {
        let redacted = self.redactor.redact(body, sent);
        let kept = KeptBody {
            length: u64::try_from(redacted.bytes.len()).unwrap_or(u64::MAX),
            digest: Digest::of(&redacted.bytes),
            redacted: redacted.spans,
        };
        (redacted.bytes, kept)
    }
}
