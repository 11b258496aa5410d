//! What an answer means for the request: its [`Outcome`], from HTTP status and `Code`.
//!
//! A known code decides before the status: throttling comes as HTTP 400, and an unknown operation
//! as 404 just as an unknown action does. ROS, AliDNS and STS send no code with a success, so a
//! code there counts only where what was asked for is missing. BPStudio sends one always, `200`
//! for success, and fails inside HTTP 200. The codes themselves are in `codes`.
//!
//! [`Outcome::Ok`] is provisional here: the reading may still find another entity than asked.

use super::codes::{business_outcome, code_outcome};
use super::document::Document;
use super::reading::InvalidAnswer;
use crate::model::{Action, Outcome, Service};

/// The code of BPStudio's successes.
pub(super) const BPSTUDIO_SUCCESS: &str = "200";

/// Codes that clients of the vendor take for a success, should a service ever send one. To take
/// such an answer to a stop for a refusal would claim that nothing was stopped.
const SUCCESS_WORDS: [&str; 4] = ["200", "ok", "success", "0"];

/// The outcome of an answer, and what the cloud said about it unless it succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classified {
    /// What became of the request.
    pub outcome: Outcome,
    /// `Code` as sent; `None` for [`Outcome::Ok`].
    pub code: Option<String>,
    /// `Message` as sent; `None` for [`Outcome::Ok`].
    pub message: Option<String>,
}

/// Classifies an answer to `action`. `document` is its body or why that cannot be read: a failed
/// service is known by its status, whatever a proxy put into the body.
pub fn classify(
    action: Action,
    http_status: u16,
    document: Result<&Document, &InvalidAnswer>,
) -> Classified {
    let (outcome, code, message) = match document {
        Err(_) => (status_outcome(http_status, false), None, None),
        Ok(document) => {
            let code = document.code();
            let message = document.message();
            let outcome = outcome(
                action,
                http_status,
                document,
                code.as_deref(),
                message.as_deref(),
            );
            (outcome, code, message)
        }
    };
    if outcome == Outcome::Ok {
        return Classified {
            outcome,
            code: None,
            message: None,
        };
    }
    Classified {
        outcome,
        code,
        message,
    }
}

fn outcome(
    action: Action,
    http_status: u16,
    document: &Document,
    code: Option<&str>,
    message: Option<&str>,
) -> Outcome {
    let code = code.map(str::trim);
    match http_status {
        200..=299 if succeeded(action, document, code) => Outcome::Ok,
        200..=299 | 400..=599 => {
            let by_code = code.and_then(code_outcome);
            let by_business = || match action.service() {
                Service::Bpstudio => business_outcome(code?, message),
                Service::Ros | Service::Alidns | Service::Sts => None,
            };
            by_code
                .or_else(by_business)
                .unwrap_or_else(|| status_outcome(http_status, code.is_some()))
        }
        // A redirect is not followed, so what it says comes from no service of ours.
        _ => Outcome::InvalidAnswer,
    }
}

/// Whether an answer with a 2xx status is a success, as far as its code tells.
fn succeeded(action: Action, document: &Document, code: Option<&str>) -> bool {
    let Some(code) = code else { return true };
    match action.service() {
        Service::Bpstudio => code == BPSTUDIO_SUCCESS,
        Service::Ros | Service::Alidns | Service::Sts => {
            bears_entity(action, document)
                || SUCCESS_WORDS.contains(&code.to_ascii_lowercase().as_str())
        }
    }
}

/// Whether the answer bears what the action asks for.
fn bears_entity(action: Action, document: &Document) -> bool {
    match action {
        Action::GetStackGroupOperation => document.has("StackGroupOperation"),
        Action::ListStackGroupOperationResults => document.has("StackGroupOperationResults"),
        Action::StopStackGroupOperation => false,
        Action::GetExecuteOperationResult => document.has("Data"),
        Action::DescribeBatchResultCount => document.has("TaskId") || document.has("TotalCount"),
        Action::DescribeBatchResultDetail => document.has("BatchResultDetails"),
        Action::DescribeRegions => document.has("Regions"),
        Action::ListStackGroups => document.has("StackGroups"),
        Action::ListStackGroupOperations => document.has("StackGroupOperations"),
        Action::GetCallerIdentity => document.has("AccountId"),
        Action::AssumeRole | Action::AssumeRoleWithOidc => document.has("Credentials"),
    }
}

/// The outcome where no code that we know decides: of an unreadable answer, which has none, too.
fn status_outcome(http_status: u16, has_code: bool) -> Outcome {
    match http_status {
        429 => Outcome::Throttled,
        500..=599 => Outcome::ServerError,
        // Without any code this is a gateway's or proxy's word, not the service's.
        _ if !has_code => Outcome::InvalidAnswer,
        401 => Outcome::Credential,
        403 => Outcome::Denied,
        _ => Outcome::InvalidRequest,
    }
}

#[cfg(test)]
mod tests;
