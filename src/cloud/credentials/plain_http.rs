//! One HTTP request that is not signed: to the metadata service, or to a URI that answers with credentials.

use std::time::Instant;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Url};
use tokio::time::timeout_at;
use zeroize::Zeroizing;

use super::answer::{self, Flat};
use super::{CredentialsError, FetchReport, Lease};
use crate::cloud::client::Limits;
use crate::cloud::exchange::{End, NoAnswer};
use crate::cloud::failure;
use crate::cloud::receive::{Until, receive};
use crate::model::{Clock, Outcome, UtcMillis};

/// What is asked, and how long.
pub(super) struct Ask<'a> {
    pub(super) http: &'a reqwest::Client,
    pub(super) limits: Limits,
    pub(super) clock: &'a dyn Clock,
    /// Who is asked, in words.
    pub(super) origin: String,
}

/// What came, and when.
pub(super) struct Got {
    pub(super) requested_at: UtcMillis,
    pub(super) received_at: UtcMillis,
    /// Status and body, or why there is none.
    pub(super) answer: Result<(u16, Zeroizing<Vec<u8>>), NoAnswer>,
}

impl Ask<'_> {
    /// Sends one request without a body.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        header: Option<(&'static str, &str)>,
    ) -> Got {
        let requested_at = self.clock.now();
        let begun = Instant::now();
        let mut request = reqwest::Request::new(method, url);
        let value = header.and_then(|(name, text)| Some((name, HeaderValue::from_str(text).ok()?)));
        if let Some((name, mut value)) = value {
            value.set_sensitive(true);
            request
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        let until = Until {
            instant: (begun + self.limits.total).into(),
            word: "timeout",
        };
        let end = match timeout_at(until.instant, self.http.execute(request)).await {
            Ok(Ok(response)) => receive(response, self.limits.body_bytes, until).await,
            Ok(Err(error)) => End::NoAnswer(failure::before_answer(&error)),
            Err(_) => End::NoAnswer(NoAnswer::unreachable(until.word)),
        };
        Got {
            requested_at,
            received_at: self.clock.after(requested_at, begun.elapsed()),
            answer: match end {
                End::Answer(answer) => Ok((answer.http_status, Zeroizing::new(answer.body))),
                End::NoAnswer(none) => Err(none),
            },
        }
    }

    /// Reads credentials from what came, and reports on it.
    pub(super) fn read(
        &self,
        got: Got,
        parameters: Vec<(&'static str, String)>,
        reports: &mut Vec<FetchReport>,
    ) -> Result<Lease, CredentialsError> {
        let read_body = |body: &[u8]| answer::read_flat(body, &self.origin);
        self.read_as(got, parameters, reports, read_body)
    }

    /// Reports on what came where `step` was asked for and could not be read.
    pub(super) fn fail(
        &self,
        got: Got,
        step: &str,
        reports: &mut Vec<FetchReport>,
    ) -> Result<Lease, CredentialsError> {
        let parameters = vec![("step", step.to_owned())];
        self.read_as(got, parameters, reports, |_| {
            let error = CredentialsError::InvalidAnswer {
                origin: self.origin.clone(),
                reason: format!("no {step} in its answer"),
            };
            Flat {
                lease: Err(error),
                code: None,
            }
        })
    }

    fn read_as(
        &self,
        got: Got,
        parameters: Vec<(&'static str, String)>,
        reports: &mut Vec<FetchReport>,
        read_body: impl FnOnce(&[u8]) -> Flat,
    ) -> Result<Lease, CredentialsError> {
        let mut report = FetchReport {
            source: self.origin.clone(),
            action: None,
            parameters,
            attempt: 1,
            requested_at: got.requested_at,
            received_at: got.received_at,
            http_status: None,
            outcome: Outcome::Ok,
            code: None,
            message: None,
            request_id: None,
            key_id_tail: None,
            expires_at: None,
        };
        let result = match got.answer {
            Err(none) => {
                report.http_status = none.http_status;
                report.outcome = none.outcome;
                Err(self.unreachable(&none))
            }
            Ok((200, body)) => {
                report.http_status = Some(200);
                let flat = read_body(&body);
                report.code = flat.code;
                if flat.lease.is_err() {
                    report.outcome = Outcome::InvalidAnswer;
                }
                flat.lease
            }
            Ok((status, _)) => {
                report.http_status = Some(status);
                report.outcome = outcome_of(status);
                Err(self.without_credentials(status))
            }
        };
        match &result {
            Ok(lease) => {
                report.key_id_tail = Some(lease.credentials.key_id_tail().to_owned());
                report.expires_at = lease.expires_at;
            }
            Err(error) => report.message = Some(error.to_string()),
        }
        reports.push(report);
        result.and_then(|lease| answer::not_ended(lease, self.clock.now()))
    }

    /// The error for a request without an answer.
    fn unreachable(&self, none: &NoAnswer) -> CredentialsError {
        CredentialsError::Unreachable {
            origin: self.origin.clone(),
            reason: none.reason.clone(),
        }
    }

    /// The error for an answer with another status than 200.
    fn without_credentials(&self, status: u16) -> CredentialsError {
        CredentialsError::InvalidAnswer {
            origin: self.origin.clone(),
            reason: format!("HTTP {status}"),
        }
    }
}

fn outcome_of(status: u16) -> Outcome {
    match status {
        401 | 403 => Outcome::Denied,
        404 => Outcome::NotFound,
        429 => Outcome::Throttled,
        500..=599 => Outcome::ServerError,
        _ => Outcome::InvalidAnswer,
    }
}
