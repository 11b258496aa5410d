//! A call of STS that answers with credentials, repeated while it may pass, and told without secrets.

use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::answer;
use super::context::Context;
use super::{Credentials, CredentialsError, FetchReport, Lease, echo};
use crate::cloud::endpoint::Endpoint;
use crate::cloud::exchange::{Answer, End, Exchange, NoAnswer};
use crate::cloud::retry::next_delay;
use crate::model::{Outcome, UtcMillis};
use crate::services::Request;
use crate::services::classify::classify;
use crate::services::document::Document;

/// How long one call may take with all its attempts and the delays between them. What needs the credentials waits
/// for it, and a run has a minute.
const CALL_LIMIT: Duration = Duration::from_secs(40);
/// Parameters that no report tells: a token, and a word that a role's owner may take for a secret.
const UNTOLD: [&str; 2] = ["OIDCToken", "ExternalId"];

/// One call.
pub(super) struct Call<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) request: Request,
    /// Who signs; `None` for the call that needs no key.
    pub(super) credentials: Option<&'a Credentials>,
    /// Who is asked for what, in words.
    pub(super) origin: String,
}

/// How one attempt ended.
struct Ended {
    result: Result<Lease, CredentialsError>,
    outcome: Outcome,
    http_status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    retry_after_ms: Option<u64>,
}

impl Call<'_> {
    /// Makes the call; each attempt waits for a turn of its own and adds a report.
    pub(super) async fn make(
        &self,
        context: &Context,
        reports: &mut Vec<FetchReport>,
    ) -> Result<Lease, CredentialsError> {
        let mut attempt = 1;
        let mut spent = Duration::ZERO;
        let mut patience = context.sts_patience;
        let mut refused = None;
        loop {
            // Waiting for a turn may take long where hundreds of roles are taken on: that is no part of the limit.
            let queued = tokio::time::Instant::now();
            let turn = context.sts_turn(self.request.action, queued + patience);
            let Some(mut turn) = turn.await else {
                // What an attempt was answered says more than that another had no turn.
                return Err(refused.unwrap_or_else(|| CredentialsError::NoTurn {
                    origin: self.origin.clone(),
                    action: self.request.action,
                    waited: queued.elapsed(),
                }));
            };
            patience = patience.saturating_sub(queued.elapsed());
            let begun = Instant::now();
            let exchange = context
                .client
                .send_to(
                    &self.endpoint,
                    &self.request,
                    self.credentials,
                    Some(begun + CALL_LIMIT.saturating_sub(spent)),
                )
                .await;
            let (requested_at, received_at) = (exchange.requested_at, exchange.received_at);
            let ended = self.read(exchange);
            reports.push(self.report(attempt, requested_at, received_at, &ended));
            if ended.http_status.is_some() {
                let was_throttled = ended.outcome == Outcome::Throttled;
                let retry_after = ended.retry_after_ms.map(Duration::from_millis);
                turn.answered(was_throttled, retry_after);
            }
            // Before the next is waited for: calls that each keep one would wait for one another for ever.
            drop(turn);
            spent += begun.elapsed();
            let delay = next_delay(
                ended.outcome,
                ended.code.as_deref(),
                attempt,
                ended.retry_after_ms,
                (context.jitter)(),
            );
            let Some(delay) = delay.filter(|delay| spent + *delay < CALL_LIMIT) else {
                let now = context.clock.now();
                return ended.result.and_then(|lease| answer::not_ended(lease, now));
            };
            refused = ended.result.err();
            tokio::time::sleep(delay).await;
            spent += delay;
            attempt += 1;
        }
    }

    fn read(&self, exchange: Exchange) -> Ended {
        match exchange.end {
            End::Answer(answer) => self.read_answer(answer, exchange.signature.expose()),
            End::NoAnswer(none) => self.unanswered(none),
        }
    }

    fn unanswered(&self, none: NoAnswer) -> Ended {
        // It may hold half a secret.
        drop(Zeroizing::new(none.partial));
        Ended {
            result: Err(CredentialsError::Unreachable {
                origin: self.origin.clone(),
                reason: none.reason.clone(),
            }),
            outcome: none.outcome,
            http_status: none.http_status,
            code: None,
            message: Some(none.reason),
            request_id: None,
            retry_after_ms: None,
        }
    }

    fn read_answer(&self, answer: Answer, signature: &str) -> Ended {
        let body = Zeroizing::new(answer.body);
        if (200..300).contains(&answer.http_status)
            && let Some(granted) = answer::read_sts(&body, &self.origin)
        {
            return Ended {
                outcome: match granted.lease {
                    Ok(_) => Outcome::Ok,
                    Err(_) => Outcome::InvalidAnswer,
                },
                result: granted.lease,
                http_status: Some(answer.http_status),
                code: None,
                message: None,
                request_id: granted.request_id,
                retry_after_ms: None,
            };
        }
        self.refused(answer.http_status, answer.retry_after_ms, &body, signature)
    }

    /// An answer without credentials.
    fn refused(
        &self,
        http_status: u16,
        retry_after_ms: Option<u64>,
        body: &[u8],
        signature: &str,
    ) -> Ended {
        let action = self.request.action;
        let document = Document::parse(body);
        let classified = classify(action, http_status, document.as_ref());
        let outcome = match classified.outcome {
            // It says that all is well, and has no credentials.
            Outcome::Ok => Outcome::InvalidAnswer,
            other => other,
        };
        let secrets = self.secrets(signature);
        let code_as_sent = classified.code.as_deref();
        let told = |text: String| echo::without(&secrets, code_as_sent, text);
        let message = classified.message.clone().map(told);
        let code = classified.code.clone();
        let code = code.map(|text| echo::without(&secrets, None, text));
        let request_id = document.ok().and_then(|document| document.request_id());
        let request_id = request_id.map(|text| echo::without(&secrets, None, text));
        let result = Err(match outcome {
            Outcome::InvalidAnswer => CredentialsError::InvalidAnswer {
                origin: self.origin.clone(),
                reason: format!("HTTP {http_status}, neither credentials nor an error of STS"),
            },
            outcome => CredentialsError::Refused {
                origin: self.origin.clone(),
                action,
                outcome,
                code: code.clone(),
                message: message.clone(),
                request_id: request_id.clone(),
            },
        });
        Ended {
            result,
            outcome,
            http_status: Some(http_status),
            code,
            message,
            request_id,
            retry_after_ms,
        }
    }

    /// What no message may repeat.
    fn secrets<'s>(&'s self, signature: &'s str) -> Vec<&'s str> {
        let mut secrets = vec![signature];
        if let Some(key) = self.credentials {
            secrets.extend([key.access_key_id(), key.access_key_secret().expose()]);
            secrets.extend(key.security_token().map(|token| token.expose()));
        }
        let untold = UNTOLD
            .iter()
            .filter_map(|name| self.request.parameter(name));
        secrets.extend(untold);
        secrets
    }

    fn report(
        &self,
        attempt: u32,
        requested_at: UtcMillis,
        received_at: UtcMillis,
        ended: &Ended,
    ) -> FetchReport {
        let told = |(name, _): &&(&'static str, String)| !UNTOLD.contains(name);
        let lease = ended.result.as_ref().ok();
        FetchReport {
            source: self.origin.clone(),
            action: Some(self.request.action),
            parameters: self
                .request
                .parameters
                .iter()
                .filter(told)
                .cloned()
                .collect(),
            attempt,
            requested_at,
            received_at,
            http_status: ended.http_status,
            outcome: ended.outcome,
            code: ended.code.clone(),
            message: ended.message.clone(),
            request_id: ended.request_id.clone(),
            key_id_tail: lease.map(|lease| lease.credentials.key_id_tail().to_owned()),
            expires_at: lease.and_then(|lease| lease.expires_at),
        }
    }
}
