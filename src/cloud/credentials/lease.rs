//! What a fetch of credentials brings: the credentials with their end, and an account of the calls it took.

use std::sync::Arc;

use super::{Credentials, CredentialsError};
use crate::model::{Action, Outcome, UtcMillis};

/// Credentials until they end.
#[derive(Debug, Clone)]
pub struct Lease {
    /// What signs.
    pub credentials: Credentials,
    /// When they end; `None` for a key of long standing, or a token whose end nobody told.
    pub expires_at: Option<UtcMillis>,
}

impl Lease {
    /// Whether they still hold `margin_ms` after `now`.
    pub(super) fn holds(&self, now: UtcMillis, margin_ms: i64) -> bool {
        self.expires_at
            .is_none_or(|end| end > now.plus_ms(margin_ms))
    }

    /// Whether both are the same key with the same token.
    pub(super) fn is_same_key(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.credentials, &other.credentials);
        ours.access_key_id() == theirs.access_key_id()
            && ours.access_key_secret() == theirs.access_key_secret()
            && ours.security_token() == theirs.security_token()
    }
}

/// What [`super::Keeper::lease`] and [`super::Keeper::refresh`] answer.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The credentials, or why there are none.
    pub lease: Result<Arc<Lease>, Arc<CredentialsError>>,
    /// The calls that were made for this answer, in their order; none if it was there already, or if
    /// somebody else was just fetching it.
    pub reports: Vec<FetchReport>,
}

/// A call that answers with credentials, for evidence: never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchReport {
    /// Who was asked, in words.
    pub source: String,
    /// The call; `None` where no service of the cloud's API answers (metadata, URI).
    pub action: Option<Action>,
    /// Its parameters but for tokens and the external id, which a role's owner may take for a secret.
    pub parameters: Vec<(&'static str, String)>,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// When it was sent.
    pub requested_at: UtcMillis,
    /// When its answer, or the failure, was there.
    pub received_at: UtcMillis,
    /// The HTTP status, where an answer began.
    pub http_status: Option<u16>,
    /// What became of it.
    pub outcome: Outcome,
    /// The error code of the answer.
    pub code: Option<String>,
    /// The message beside the code, unless it repeats a secret; or why there was no answer.
    pub message: Option<String>,
    /// The id that the cloud gave the request.
    pub request_id: Option<String>,
    /// The last four characters of the id of the key that was got.
    pub key_id_tail: Option<String>,
    /// When that key ends.
    pub expires_at: Option<UtcMillis>,
}
