//! One harmless call: what is asked so that the answer tells whether it is allowed, and what came back.
//!
//! The ids that are asked for cannot exist: an answer that does not know them was allowed.

use super::offset::Offset;
use crate::cloud::{Client, End, retry};
use crate::collect::sealed::Sealed;
use crate::model::{Action, CallerIdentity, Outcome};
use crate::services::{Asked, Body, Content, Request, alidns, bpstudio, ros, sts};

/// An operation of nobody: the nil UUID (RFC 9562).
const NO_OPERATION: &str = "00000000-0000-0000-0000-000000000000";

/// A stack group of nobody.
const NO_GROUP: &str = "optrail-doctor-no-such-group";

/// A batch task of nobody: tasks have numbers of many digits.
const NO_TASK: &str = "1";

/// Attempts at one call: one more than the first, so that a moment's trouble is not taken for a fault.
const ATTEMPTS: u32 = 2;

/// A repeat that the cloud puts off for longer is not waited for: somebody sits before the terminal.
const WAIT_MAX_MS: u128 = 5_000;

/// The call that tells whether `action` is allowed; `None` of an action that changes anything, or answers
/// with credentials.
pub(super) fn harmless(action: Action, region_id: &str) -> Option<Request> {
    Some(match action {
        Action::GetStackGroupOperation => ros::get_operation(region_id, NO_OPERATION),
        Action::ListStackGroupOperationResults => ros::list_results(region_id, NO_OPERATION, 1, 1),
        Action::DescribeRegions => ros::describe_regions(),
        Action::ListStackGroups => ros::list_groups(region_id, 1, 1),
        Action::ListStackGroupOperations => ros::list_group_operations(region_id, NO_GROUP, 1, 1),
        Action::GetExecuteOperationResult => bpstudio::get_result(NO_OPERATION, None),
        Action::DescribeBatchResultCount => {
            alidns::batch_count(Some(NO_TASK), None, alidns::DEFAULT_LANG)
        }
        Action::DescribeBatchResultDetail => {
            alidns::batch_detail(NO_TASK, None, alidns::DEFAULT_LANG, 1, 1)
        }
        Action::GetCallerIdentity => sts::caller_identity(),
        Action::StopStackGroupOperation | Action::AssumeRole | Action::AssumeRoleWithOidc => {
            return None;
        }
    })
}

/// What came of a call.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    pub(super) action: Action,
    pub(super) outcome: Outcome,
    pub(super) code: Option<String>,
    /// The cloud's message, without secrets; or why there was no answer.
    pub(super) message: Option<String>,
    /// Whose the credentials are, where that was asked and answered.
    pub(super) identity: Option<CallerIdentity>,
    /// Of this machine's clock.
    pub(super) offset: Option<Offset>,
}

impl Probe {
    /// Code and message, or the outcome where there are none.
    pub(super) fn said(&self) -> String {
        let parts: Vec<&str> = [&self.code, &self.message]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        match parts.is_empty() {
            true => self.outcome.to_string(),
            false => parts.join(": "),
        }
    }
}

/// Asks, once more if the trouble may pass.
pub(super) async fn ask(client: &Client, sealed: &Sealed, request: &Request) -> Probe {
    let mut attempt = 1;
    loop {
        let (probe, retry_after_ms) = ask_once(client, sealed, request).await;
        let may_pass = matches!(probe.outcome, Outcome::Throttled | Outcome::ServerError);
        if !may_pass || attempt == ATTEMPTS {
            return probe;
        }
        let code = probe.code.as_deref();
        let random = fastrand::f64();
        let delay = retry::next_delay(probe.outcome, code, attempt, retry_after_ms, random);
        match delay.filter(|delay| delay.as_millis() <= WAIT_MAX_MS) {
            Some(delay) => tokio::time::sleep(delay).await,
            None => return probe,
        }
        attempt += 1;
    }
}

async fn ask_once(client: &Client, sealed: &Sealed, request: &Request) -> (Probe, Option<u64>) {
    let credentials = &sealed.lease.credentials;
    let exchange = client.send(request, credentials, None).await;
    let action = request.action;
    let answer = match exchange.end {
        End::Answer(answer) => answer,
        End::NoAnswer(lack) => {
            let probe = Probe {
                action,
                outcome: lack.outcome,
                code: None,
                message: Some(lack.reason),
                identity: None,
                offset: None,
            };
            return (probe, None);
        }
    };
    let offset = answer
        .date
        .as_deref()
        .and_then(|date| Offset::of(date, exchange.requested_at, exchange.received_at));
    let (body, _) = sealed.without_secrets(answer.body, &[exchange.signature.expose()]);
    let read = Body::from(body).read(action, &Asked::from(request), answer.http_status);
    let message = match read.outcome {
        Outcome::Ok => None,
        _ => read.explanation(answer.http_status),
    };
    let probe = Probe {
        action,
        outcome: read.outcome,
        code: read.code,
        message,
        identity: match read.content {
            Content::CallerIdentity(identity) => Some(identity.value),
            _ => None,
        },
        offset,
    };
    (probe, answer.retry_after_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_asked_changes_anything_or_answers_with_credentials() {
        let refused: Vec<Action> = Action::ALL
            .into_iter()
            .filter(|action| harmless(*action, "cn-hangzhou").is_none())
            .collect();
        assert_eq!(
            refused,
            [
                Action::StopStackGroupOperation,
                Action::AssumeRole,
                Action::AssumeRoleWithOidc
            ]
        );
        for action in Action::ALL {
            if let Some(request) = harmless(action, "cn-hangzhou") {
                assert_eq!(request.action, action);
                assert!(action.is_read_only() && !action.answers_with_credentials());
            }
        }
    }
}
