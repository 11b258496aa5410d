//! Leaf of a call that answers with credentials: everything about it but the answer.

use serde::{Deserialize, Serialize};

use super::ask::Parameters;
use super::fields::{millis, optional_millis, optional_word, word};
use crate::model::{Action, Outcome, UtcMillis};

/// `credential`: credentials were asked for, at the token service, a metadata service or an address that
/// hands them out. The answer itself is never kept: it is the secret. What is kept of it here is what
/// names no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialCall {
    /// The run.
    pub run: i64,
    /// The account by its name in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The cloud account, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What was asked, as the program names it: `ecs metadata`, `ram role arn`.
    pub source: String,
    /// The call, where it is one of the cloud's API.
    #[serde(
        default,
        with = "optional_word",
        skip_serializing_if = "Option::is_none"
    )]
    pub action: Option<Action>,
    /// Parameters of that call, without what is secret in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Parameters>,
    /// Which attempt at it; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// When the request was sent.
    #[serde(with = "millis")]
    pub requested_at: UtcMillis,
    /// When the answer was there, or the attempt given up.
    #[serde(with = "millis")]
    pub received_at: UtcMillis,
    /// What became of it.
    #[serde(with = "word")]
    pub outcome: Outcome,
    /// The HTTP status, where an answer arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Code of an answer that is a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its message, without secrets, or why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// RequestId of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The last four characters of the id of the key that was got.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id_tail: Option<String>,
    /// When that key ends.
    #[serde(
        default,
        with = "optional_millis",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<UtcMillis>,
}
