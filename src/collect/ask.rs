//! One call, with its repeats: wait for its turn, send, keep, and only then read.

mod leases;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::account::Asking;
use super::failures::Failure;
use super::patience::RepeatUntil;
use super::sealed::Sealed;
use super::shared::Shared;
use crate::cloud::credentials::TOKEN_ENDED;
use crate::cloud::limiter::Permit;
use crate::cloud::{End, Exchange, retry};
use crate::evidence::leaf::{self, Ask, Call, Lack, Parameters, ServerDate};
use crate::model::{Action, Outcome};
use crate::record::Recorder;
use crate::services::{Answer, Asked, Body, Content, Request};
use crate::store::StoreError;

/// What one account is asked with during one run.
pub struct Caller {
    asking: Asking,
    /// What it shares with the other accounts of the run.
    pub(super) shared: Shared,
    /// Requests in flight of this account: one that hangs leaves the others theirs.
    in_flight: Semaphore,
    /// The one of them that is taken from no other account.
    own_place: Semaphore,
    sealed: Mutex<Option<Arc<Sealed>>>,
    /// The account that the credentials belong to, once it is known.
    account_id: OnceLock<String>,
    is_refused: AtomicBool,
}

/// How a call is asked.
#[derive(Default)]
pub(super) struct How<'a> {
    /// The account, once it is known.
    pub(super) account_id: Option<&'a str>,
    /// The listing that the call is a page of, and the page.
    pub(super) page: Option<(i64, u32)>,
    /// The intervention that the call carries out.
    pub(super) intervention: Option<i64>,
    /// The watch for which a call is made that names no operation.
    pub(super) watch: Option<i64>,
    /// The credentials to call with, and no others; else those of now.
    pub(super) sealed: Option<Arc<Sealed>>,
    /// Until when it may be repeated.
    pub(super) repeat_until: RepeatUntil<'a>,
    /// When the first request must have been sent, if it matters.
    pub(super) begin_until: Option<Instant>,
}

impl Caller {
    /// A caller for one account with up to `concurrency` requests in flight.
    pub(super) fn new(asking: Asking, shared: &Shared, concurrency: usize) -> Self {
        Self {
            asking,
            shared: shared.clone(),
            in_flight: Semaphore::new(concurrency),
            own_place: Semaphore::new(1),
            sealed: Mutex::default(),
            account_id: OnceLock::new(),
            is_refused: AtomicBool::new(false),
        }
    }

    /// The run.
    pub(super) fn run_id(&self) -> i64 {
        self.shared.run_id
    }

    /// Where everything is kept.
    pub(super) fn recorder(&self) -> &Recorder {
        &self.shared.recorder
    }

    /// Whether this account cannot be asked (any more) in this run.
    pub(super) fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Relaxed)
    }

    /// Whether the run is to end.
    pub(super) fn is_stopping(&self) -> bool {
        self.shared.stopping.signal().is_some()
    }

    /// Asks, repeating what may be repeated. `None` where nothing was sent: the time to begin was over, the
    /// run is to end, or there are no credentials. Only for calls that change nothing.
    pub(super) async fn ask(
        &self,
        request: &Request,
        how: &How<'_>,
    ) -> Result<Option<Answer>, StoreError> {
        let mut last = None;
        let mut renewed = false;
        for attempt in 1.. {
            let Some(sent) = self.attempt(request, how, attempt).await? else {
                break;
            };
            let sealed = Arc::clone(&sent.sealed);
            let (answer, retry_after_ms) = self.keep(request, how, attempt, sent).await?;
            let code = answer.code.as_deref();
            let delay = retry::next_delay(
                answer.outcome,
                code,
                attempt,
                retry_after_ms,
                fastrand::f64(),
            );
            let token_expired = code == Some(TOKEN_ENDED);
            last = Some(answer);
            if token_expired && !renewed && how.sealed.is_none() && self.renew(&sealed).await? {
                renewed = true;
                continue;
            }
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
        let Some(sent) = self.attempt(request, how, attempt).await? else {
            return Ok(None);
        };
        let (answer, _) = self.keep(request, how, attempt, sent).await?;
        self.note(request, how, &answer);
        Ok(Some(answer))
    }

    /// Waits before a call that was throttled is sent again; `false` where there is no time for it.
    pub(super) async fn wait_for_retry(&self, attempt: u32, until: RepeatUntil<'_>) -> bool {
        match retry::next_delay(Outcome::Throttled, None, attempt, None, fastrand::f64()) {
            Some(delay) => self.wait(delay, until).await,
            None => false,
        }
    }

    /// Sends once, when its turn has come and there is room.
    async fn attempt(
        &self,
        request: &Request,
        how: &How<'_>,
        attempt: u32,
    ) -> Result<Option<Sent>, StoreError> {
        if !may_send(request.action, how.intervention) {
            return Err(StoreError::Inconsistent(format!(
                "{} changes the world, and no intervention was kept before it",
                request.action
            )));
        }
        let until = if attempt == 1 {
            how.begin_until
        } else {
            how.repeat_until.end()
        };
        let permit = tokio::select! {
            permit = self.asking.limiter.admit(request.action, until.map(Into::into)) => permit,
            () = self.shared.stopping.stopped() => None,
        };
        let Some(permit) = permit else {
            return Ok(None);
        };
        let sealed = match &how.sealed {
            Some(sealed) => Some(Arc::clone(sealed)),
            None => self.sealed_for(request.action).await?,
        };
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let Some(_room) = self.room().await else {
            return Ok(None);
        };
        let too_late = attempt == 1 && how.begin_until.is_some_and(|until| Instant::now() >= until);
        if too_late || self.is_stopping() {
            return Ok(None);
        }
        let credentials = &sealed.lease.credentials;
        let exchange = self.asking.client.send(request, credentials, None).await;
        Ok(Some(Sent {
            exchange,
            sealed,
            permit,
        }))
    }

    /// A place among the requests in flight. One is each account's own, whatever becomes of the others; the
    /// rest are shared with them.
    async fn room(&self) -> Option<Room<'_>> {
        // The semaphores are never closed.
        let of_account = self.in_flight.acquire().await.ok()?;
        let own = self.own_place.try_acquire().ok();
        let of_all = match own {
            Some(_) => None,
            None => Some(self.shared.in_flight.acquire().await.ok()?),
        };
        Some(Room {
            _of_account: of_account,
            _own: own,
            _of_all: of_all,
        })
    }

    /// Waits before a repeat; `false` where there is no time for it.
    async fn wait(&self, delay: Duration, until: RepeatUntil<'_>) -> bool {
        if until
            .end()
            .is_some_and(|until| Instant::now() + delay >= until)
        {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => true,
            () = self.shared.stopping.stopped() => false,
        }
    }

    /// Keeps what came, durably, and then reads it.
    async fn keep(
        &self,
        request: &Request,
        how: &How<'_>,
        attempt: u32,
        sent: Sent,
    ) -> Result<(Answer, Option<u64>), StoreError> {
        let ask = self.leaf_ask(request, how)?;
        let Sent {
            exchange,
            sealed,
            permit,
        } = sent;
        tell(request, how, attempt, &exchange);
        let signature = [exchange.signature.expose()];
        let (requested_at, received_at) = (exchange.requested_at, exchange.received_at);
        match exchange.end {
            End::Answer(answer) => {
                let (body, kept) = sealed.without_secrets(answer.body, &signature);
                let leaf = leaf::Exchange {
                    run: self.run_id(),
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
                let body = Body::from(body);
                self.recorder().keep_answer(leaf, body.clone()).await?;
                let asked = Asked::from(request);
                let mut read = body.read(request.action, &asked, answer.http_status);
                let was_throttled = read.outcome == Outcome::Throttled;
                let retry_after = answer.retry_after_ms.map(Duration::from_millis);
                self.asking
                    .limiter
                    .answered(permit, was_throttled, retry_after);
                if read.outcome != Outcome::Ok {
                    read.message = read.explanation(answer.http_status);
                }
                Ok((read, answer.retry_after_ms))
            }
            End::NoAnswer(no_answer) => {
                let reason = no_answer.reason.clone();
                let (body, kept) = sealed.without_secrets(no_answer.partial, &signature);
                let has_body = !body.is_empty();
                let leaf = leaf::NoAnswer {
                    run: self.run_id(),
                    ask,
                    attempt,
                    requested_at,
                    received_at,
                    outcome: lack(no_answer.outcome),
                    reason: no_answer.reason,
                    http_status: no_answer.http_status,
                    partial: has_body.then_some(kept),
                };
                self.recorder()
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
            label: how.account_id.is_none().then(|| self.asking.label.clone()),
            account: how.account_id.map(str::to_owned),
            action: request.action,
            region: request.parameter("RegionId").map(str::to_owned),
            parameters,
            intervention: how.intervention,
            watch: how.watch,
        }))
    }

    fn note(&self, request: &Request, how: &How<'_>, answer: &Answer) {
        // That a group has gone since it was listed is a fact about it, as derivation has it.
        let is_gone = request.action == Action::ListStackGroupOperations
            && answer.outcome == Outcome::NotFound;
        if answer.outcome == Outcome::Ok || is_gone {
            return;
        }
        self.shared.failures.note(Failure {
            label: self.asking.label.clone(),
            account_id: how.account_id.map(str::to_owned),
            action: Some(request.action),
            region_id: request.parameter("RegionId").map(str::to_owned),
            operation_id: request.operation_id().map(str::to_owned),
            stack_group_name: request.parameter("StackGroupName").map(str::to_owned),
            outcome: answer.outcome.as_str(),
            code: answer.code.clone(),
            message: answer.message.clone(),
            request_id: answer.request_id.clone(),
        });
    }
}

/// An attempt that was sent: what came, with which credentials, and whose turn it was.
struct Sent {
    exchange: Exchange,
    sealed: Arc<Sealed>,
    permit: Permit,
}

/// A place among the requests in flight.
struct Room<'c> {
    _of_account: SemaphorePermit<'c>,
    _own: Option<SemaphorePermit<'c>>,
    _of_all: Option<SemaphorePermit<'c>>,
}

/// What was sent and what came, for `-vv`: nothing of the answer itself.
fn tell(request: &Request, how: &How<'_>, attempt: u32, exchange: &Exchange) {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
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

/// The call that changes the world is sent for an intervention that was kept before, and for nothing else.
fn may_send(action: Action, intervention: Option<i64>) -> bool {
    action.is_read_only() || intervention.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_world_is_sent_for_a_kept_intervention_alone() {
        for action in Action::ALL {
            assert_eq!(may_send(action, None), action.is_read_only(), "{action}");
            assert!(may_send(action, Some(7)), "{action}");
        }
        assert!(!may_send(Action::StopStackGroupOperation, None));
    }
}
