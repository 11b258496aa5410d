//! One call, with its repeats: send, keep, and only then read.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::Stopping;
use crate::cloud::{Client, Credentials, End, Exchange, retry};
use crate::evidence::digest::Digest;
use crate::evidence::leaf::{self, Ask, Call, KeptBody, Lack, Parameters, ServerDate};
use crate::evidence::redact::Redactor;
use crate::model::{Action, Outcome};
use crate::record::Recorder;
use crate::services::{self, Answer, Asked, Content, Request};
use crate::store::StoreError;

/// What a run asks with: one set of credentials, one recorder, a number of requests in flight.
pub struct Caller {
    client: Client,
    credentials: Credentials,
    redactor: Redactor,
    /// Where everything is kept.
    pub recorder: Recorder,
    in_flight: Semaphore,
    /// Whether to end.
    pub stopping: Stopping,
    failures: Mutex<Vec<Failure>>,
}

/// A call that failed for good, for messages and summaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The account, where it was known.
    pub account_id: Option<String>,
    /// The call.
    pub action: Action,
    /// The region asked for.
    pub region_id: Option<String>,
    /// The operation or task asked for.
    pub operation_id: Option<String>,
    /// What became of it: a request's outcome, or `incomplete` of a list of which every page was answered.
    pub outcome: &'static str,
    /// Code of the answer.
    pub code: Option<String>,
    /// Message of the answer, or why there was none.
    pub message: Option<String>,
    /// RequestId of the answer.
    pub request_id: Option<String>,
}

/// How a call is asked.
pub(super) struct How<'a> {
    /// The run.
    pub(super) run_id: i64,
    /// The account, once it is known.
    pub(super) account_id: Option<&'a str>,
    /// The listing that the call is a page of, and the page.
    pub(super) page: Option<(i64, u32)>,
    /// The intervention that the call carries out.
    pub(super) intervention: Option<i64>,
    /// Until when it may be repeated.
    pub(super) repeat_until: Instant,
    /// When the first request must have been sent, if it matters.
    pub(super) begin_until: Option<Instant>,
}

impl Caller {
    /// A caller with up to `concurrency` requests in flight.
    pub fn new(
        client: Client,
        credentials: Credentials,
        recorder: Recorder,
        concurrency: usize,
        stopping: Stopping,
    ) -> Self {
        let mut secrets = vec![credentials.access_key_secret().expose()];
        secrets.extend(credentials.security_token().map(|token| token.expose()));
        let redactor = Redactor::new(&secrets);
        let in_flight = Semaphore::new(concurrency);
        Self {
            client,
            credentials,
            redactor,
            recorder,
            in_flight,
            stopping,
            failures: Mutex::default(),
        }
    }

    /// The failures so far, in the order in which they were noticed.
    pub(super) fn take_failures(&self) -> Vec<Failure> {
        std::mem::take(&mut *self.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks, repeating what may be repeated. `None` where nothing was sent: the time to begin was over, or
    /// the run is to end. Only for calls that change nothing.
    pub(super) async fn ask(
        &self,
        request: &Request,
        how: &How<'_>,
    ) -> Result<Option<Answer>, StoreError> {
        let mut last = None;
        for attempt in 1.. {
            let Some(exchange) = self.attempt(request, how, attempt).await else {
                break;
            };
            let (answer, retry_after_ms) = self.keep(request, how, attempt, exchange).await?;
            let code = answer.code.as_deref();
            let delay = retry::next_delay(
                answer.outcome,
                code,
                attempt,
                retry_after_ms,
                fastrand::f64(),
            );
            last = Some(answer);
            let Some(delay) = delay else { break };
            if !self.wait(delay, how.repeat_until).await {
                break;
            }
        }
        if let Some(answer) = &last {
            self.note(request, how, answer);
        }
        Ok(last)
    }

    /// Asks once, as the `attempt`th request for the same thing: for the call that changes the world, which
    /// decides for itself whether it may be sent again.
    pub(super) async fn ask_once(
        &self,
        request: &Request,
        how: &How<'_>,
        attempt: u32,
    ) -> Result<Option<Answer>, StoreError> {
        let Some(exchange) = self.attempt(request, how, attempt).await else {
            return Ok(None);
        };
        let (answer, _) = self.keep(request, how, attempt, exchange).await?;
        self.note(request, how, &answer);
        Ok(Some(answer))
    }

    /// Waits before a call that was throttled is sent again; `false` where there is no time for it.
    pub(super) async fn wait_for_retry(&self, attempt: u32, until: Instant) -> bool {
        match retry::next_delay(Outcome::Throttled, None, attempt, None, fastrand::f64()) {
            Some(delay) => self.wait(delay, until).await,
            None => false,
        }
    }

    /// Sends once, when there is room.
    async fn attempt(&self, request: &Request, how: &How<'_>, attempt: u32) -> Option<Exchange> {
        // The semaphore is never closed.
        let _room = self.in_flight.acquire().await.ok()?;
        let too_late = attempt == 1 && how.begin_until.is_some_and(|until| Instant::now() >= until);
        if too_late || self.stopping.signal().is_some() {
            return None;
        }
        Some(self.client.send(request, &self.credentials, None).await)
    }

    /// Waits before a repeat; `false` where there is no time for it.
    async fn wait(&self, delay: Duration, until: Instant) -> bool {
        if Instant::now() + delay >= until {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => true,
            () = self.stopping.stopped() => false,
        }
    }

    /// Keeps what came, durably, and then reads it.
    async fn keep(
        &self,
        request: &Request,
        how: &How<'_>,
        attempt: u32,
        exchange: Exchange,
    ) -> Result<(Answer, Option<u64>), StoreError> {
        let ask = self.leaf_ask(request, how)?;
        tell(request, how, attempt, &exchange);
        let sent = [exchange.signature.expose()];
        let (requested_at, received_at) = (exchange.requested_at, exchange.received_at);
        match exchange.end {
            End::Answer(answer) => {
                let (body, kept) = self.without_secrets(answer.body, &sent);
                let leaf = leaf::Exchange {
                    run: how.run_id,
                    ask,
                    attempt,
                    requested_at,
                    received_at,
                    http_status: answer.http_status,
                    date: answer.date.as_deref().map(ServerDate::from_header),
                    retry_after_ms: answer.retry_after_ms,
                    framing: framing(answer.framing),
                    body: kept,
                };
                self.recorder.keep_answer(leaf, body.clone()).await?;
                let asked = Asked::from(request);
                let mut read = services::read(request.action, &asked, answer.http_status, &body);
                if read.outcome != Outcome::Ok {
                    read.message = read.explanation(answer.http_status);
                }
                Ok((read, answer.retry_after_ms))
            }
            End::NoAnswer(no_answer) => {
                let reason = no_answer.reason.clone();
                let (body, kept) = self.without_secrets(no_answer.partial, &sent);
                let has_body = !body.is_empty();
                let leaf = leaf::NoAnswer {
                    run: how.run_id,
                    ask,
                    attempt,
                    requested_at,
                    received_at,
                    outcome: lack(no_answer.outcome),
                    reason: no_answer.reason,
                    http_status: no_answer.http_status,
                    partial: has_body.then_some(kept),
                };
                self.recorder
                    .keep_no_answer(leaf, has_body.then_some(body))
                    .await?;
                let answer = Answer {
                    outcome: no_answer.outcome,
                    code: None,
                    message: Some(reason),
                    request_id: None,
                    content: Content::Nothing,
                };
                Ok((answer, None))
            }
        }
    }

    fn without_secrets(&self, body: Vec<u8>, sent: &[&str]) -> (Vec<u8>, KeptBody) {
        let redacted = self.redactor.redact(body, sent);
        let kept = KeptBody {
            length: u64::try_from(redacted.bytes.len()).unwrap_or(u64::MAX),
            digest: Digest::of(&redacted.bytes),
            redacted: redacted.spans,
        };
        (redacted.bytes, kept)
    }

    fn leaf_ask(&self, request: &Request, how: &How<'_>) -> Result<Ask, StoreError> {
        if let Some((listing, page)) = how.page {
            return Ok(Ask::Page { listing, page });
        }
        let pairs = request
            .parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let parameters = Parameters::new(pairs).map_err(|name| {
            StoreError::Inconsistent(format!(
                "{} was to be asked with {name} twice",
                request.action
            ))
        })?;
        Ok(Ask::Call(Call {
            // The label ties the account to its credentials; afterwards the account says it all.
            label: how
                .account_id
                .is_none()
                .then(|| super::round::DEFAULT_LABEL.to_owned()),
            account: how.account_id.map(str::to_owned),
            action: request.action,
            region: request.parameter("RegionId").map(str::to_owned),
            parameters,
            intervention: how.intervention,
            watch: None,
        }))
    }

    fn note(&self, request: &Request, how: &How<'_>, answer: &Answer) {
        if answer.outcome == Outcome::Ok {
            return;
        }
        let failure = Failure {
            account_id: how.account_id.map(str::to_owned),
            action: request.action,
            region_id: request.parameter("RegionId").map(str::to_owned),
            operation_id: request.operation_id().map(str::to_owned),
            outcome: answer.outcome.as_str(),
            code: answer.code.clone(),
            message: answer.message.clone(),
            request_id: answer.request_id.clone(),
        };
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(failure);
    }
}

/// What was sent and what came, for `-vv`: nothing of the answer itself.
fn tell(request: &Request, how: &How<'_>, attempt: u32, exchange: &Exchange) {
    let came = match &exchange.end {
        End::Answer(answer) => format!("HTTP {}, {} bytes", answer.http_status, answer.body.len()),
        End::NoAnswer(no_answer) => format!("{}: {}", no_answer.outcome, no_answer.reason),
    };
    tracing::debug!(
        action = request.action.as_str(),
        operation = request.operation_id(),
        page = how.page.map(|(_, number)| number),
        attempt,
        duration_ms = exchange.received_at.0 - exchange.requested_at.0,
        "{came}"
    );
}

const fn framing(framing: crate::cloud::Framing) -> leaf::Framing {
    match framing {
        crate::cloud::Framing::Length => leaf::Framing::Length,
        crate::cloud::Framing::Chunked => leaf::Framing::Chunked,
        crate::cloud::Framing::Close => leaf::Framing::Close,
    }
}

/// The word of evidence for an attempt without an answer.
const fn lack(outcome: Outcome) -> Lack {
    match outcome {
        Outcome::Truncated => Lack::Truncated,
        Outcome::TooLarge => Lack::TooLarge,
        _ => Lack::Unreachable,
    }
}
