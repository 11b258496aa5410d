//! Stopping a stack-group operation: the intent is kept alone before the call, then the call, then what
//! came of it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::account::Account;
use super::ask::{Caller, How};
use super::failures::Failure;
use super::fleet;
use super::lock::{Lock, LockError, stop_lock_path};
use super::patience::RepeatUntil;
use super::round::{Collector, CollectorError};
use super::shared::Shared;
use crate::evidence::leaf::{Intervention, RunEnd};
use crate::model::{CallerIdentity, Outcome, Phase};
use crate::record::Recorder;
use crate::services::{Answer, Content, ros};
use crate::store::StoreError;

/// How often a stop is sent. Again only where the answer proves that it was not carried out.
const STOPS_MAX: u32 = 4;

/// How long each call of a stop may be repeated.
const RETRY_BUDGET: Duration = Duration::from_secs(30);

/// How long a collector may take to begin its run: one transaction, which waits for others' at most as long.
const LOCK_BUDGET: Duration = Duration::from_secs(30);

/// Time between two attempts to take the lock.
const LOCK_INTERVAL: Duration = Duration::from_millis(20);

/// Time between two looks while waiting for the end.
const WAIT_INTERVAL: Duration = Duration::from_secs(5);

/// What is to be stopped, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopOrder {
    /// Region of the stack group.
    pub region_id: String,
    /// The operation.
    pub operation_id: String,
    /// Why.
    pub reason: String,
    /// Ticket or change.
    pub ticket: Option<String>,
    /// Look on until the operation has ended.
    pub wait: bool,
    /// Name of the account in the configuration whose credentials are used.
    pub label: String,
}

/// What came of a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopResult {
    /// The operation had ended before; nothing was sent.
    HadEnded {
        /// Its status.
        status: String,
    },
    /// The cloud accepted.
    Accepted {
        /// Status before.
        before: Option<String>,
        /// Status in the last look after.
        after: Option<String>,
        /// RequestId of the answer.
        request_id: Option<String>,
    },
    /// It was not stopped: the last failure says why.
    NotStopped,
    /// Whether it was carried out is not known: no answer came back.
    Unknown,
}

/// How a stop ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopEnd {
    /// What came of it.
    pub result: StopResult,
    /// The account that asked.
    pub account_id: Option<String>,
    /// Calls that failed for good.
    pub failures: Vec<Failure>,
}

impl Collector {
    /// Stops an operation. Works while a collector runs.
    pub async fn stop(&self, order: &StopOrder) -> Result<StopEnd, CollectorError> {
        let begun = Instant::now();
        let account = self.account(&order.label)?;
        let recorder = Arc::new(Recorder::open(&self.database)?);
        let _running = shared_lock(&stop_lock_path(&self.database)).await?;
        let now = self.clock.now();
        let started = recorder
            .begin_run(self.run_start(now, None), Vec::new(), Vec::new())
            .await?;
        let shared = self.shared(started.run_id, recorder);
        let outcome = self.stop_in_run(&shared, account, order).await;
        let reason = match (&outcome, self.stopping.signal()) {
            (Err(error), _) => format!("error: {error}"),
            (Ok((StopResult::NotStopped | StopResult::Unknown, _)), None) => {
                "error: not stopped".to_owned()
            }
            (Ok(_), None) => "done".to_owned(),
            (Ok(_), Some(signal)) => signal.as_str().to_owned(),
        };
        let end = RunEnd {
            run: started.run_id,
            ended_at: self.clock.after(now, begun.elapsed()),
            reason,
        };
        let ended = shared.recorder.end_run(end).await;
        let (result, account_id) = outcome?;
        ended?;
        Ok(StopEnd {
            result,
            account_id,
            failures: once_each(shared.failures.take()),
        })
    }

    async fn stop_in_run(
        &self,
        shared: &Shared,
        account: &Account,
        order: &StopOrder,
    ) -> Result<(StopResult, Option<String>), CollectorError> {
        let limiter = fleet::limiter(shared, account).await?;
        let caller = Caller::new(account.asking(limiter), shared, 1);
        let Some(CallerIdentity {
            account_id, arn, ..
        }) = fleet::whose(&caller, account).await?
        else {
            return Ok((StopResult::NotStopped, None));
        };
        let stop = Stop {
            caller: &caller,
            account_id: &account_id,
            arn,
            order,
        };
        let Look::Status(before) = stop.look().await? else {
            return Ok((StopResult::NotStopped, Some(account_id)));
        };
        if let Some(status) = before
            .as_deref()
            .filter(|status| Phase::of_word(status).is_final())
        {
            let result = StopResult::HadEnded {
                status: status.to_owned(),
            };
            return Ok((result, Some(account_id)));
        }
        let intervention = self.keep_intent(&stop, before.clone()).await?;
        let result = match stop.send(intervention).await? {
            Some(answer) if answer.outcome == Outcome::Ok => {
                let after = stop.look_after().await?;
                StopResult::Accepted {
                    before,
                    after,
                    request_id: answer.request_id,
                }
            }
            Some(answer) if is_unanswered(&answer) => {
                stop.look_after().await?;
                StopResult::Unknown
            }
            _ => StopResult::NotStopped,
        };
        Ok((result, Some(account_id)))
    }

    async fn keep_intent(
        &self,
        stop: &Stop<'_>,
        status_before: Option<String>,
    ) -> Result<i64, StoreError> {
        stop.caller
            .recorder()
            .keep_intervention(Intervention {
                run: stop.caller.run_id(),
                account: stop.account_id.to_owned(),
                region: stop.order.region_id.clone(),
                operation: stop.order.operation_id.clone(),
                reason: stop.order.reason.clone(),
                ticket: stop.order.ticket.clone(),
                user: self.user.clone(),
                caller_arn: stop.arn.clone(),
                status_before,
                requested_at: self.clock.now(),
            })
            .await
    }
}

/// The lock that stops share. A collector that finds it free knows that none is running and takes it alone
/// while it begins its run: without it, a stop that lives would be declared dead.
async fn shared_lock(path: &Path) -> Result<Lock, LockError> {
    let until = Instant::now() + LOCK_BUDGET;
    loop {
        match Lock::shared(path) {
            Err(LockError::Held(_)) if Instant::now() < until => {
                tokio::time::sleep(LOCK_INTERVAL).await;
            }
            taken => return taken,
        }
    }
}

/// What a look at the operation came to.
enum Look {
    /// It was seen, with its status where it has one.
    Status(Option<String>),
    /// The cloud was too busy or too far; another look may see it.
    Missed,
    /// Another look would see no more.
    Futile,
}

struct Stop<'a> {
    caller: &'a Caller,
    account_id: &'a str,
    arn: Option<String>,
    order: &'a StopOrder,
}

impl Stop<'_> {
    /// One look at the operation.
    async fn look(&self) -> Result<Look, StoreError> {
        let request = ros::get_operation(&self.order.region_id, &self.order.operation_id);
        let Some(answer) = self.caller.ask(&request, &self.how(None)).await? else {
            // The account cannot be asked any more in this run, or the run is to end.
            return Ok(Look::Futile);
        };
        Ok(match (answer.outcome, answer.content) {
            (Outcome::Ok, Content::RosOperation(reading)) => Look::Status(reading.value.status),
            (
                Outcome::Throttled
                | Outcome::ServerError
                | Outcome::Unreachable
                | Outcome::Truncated,
                _,
            ) => Look::Missed,
            _ => Look::Futile,
        })
    }

    /// Sends the stop, and again while the answer proves that it was not carried out.
    async fn send(&self, intervention: i64) -> Result<Option<Answer>, StoreError> {
        let request = ros::stop_operation(&self.order.region_id, &self.order.operation_id);
        let how = self.how(Some(intervention));
        let mut last = None;
        for attempt in 1..=STOPS_MAX {
            let Some(answer) = self.caller.ask_once(&request, &how, attempt).await? else {
                break;
            };
            let refused = answer.outcome == Outcome::Throttled;
            last = Some(answer);
            if !refused || !self.caller.wait_for_retry(attempt, how.repeat_until).await {
                break;
            }
        }
        Ok(last)
    }

    /// Looks after the call: once, or until the operation has ended, or cannot be seen any more.
    async fn look_after(&self) -> Result<Option<String>, StoreError> {
        loop {
            let (status, is_last) = match self.look().await? {
                Look::Status(status) => {
                    let word = status.as_deref();
                    let has_ended = word.is_some_and(|word| Phase::of_word(word).is_final());
                    (status, has_ended)
                }
                Look::Missed => (None, false),
                Look::Futile => (None, true),
            };
            if !self.order.wait || is_last || self.caller.is_stopping() {
                return Ok(status);
            }
            tokio::select! {
                () = tokio::time::sleep(WAIT_INTERVAL) => {}
                () = self.caller.shared.stopping.stopped() => return Ok(status),
            }
        }
    }

    fn how(&self, intervention: Option<i64>) -> How<'_> {
        How {
            account_id: Some(self.account_id),
            intervention,
            repeat_until: RepeatUntil::Instant(Instant::now() + RETRY_BUDGET),
            ..How::default()
        }
    }
}

/// Calls that failed in the same way one after another are one failure, the last of them: looks that are missed
/// while somebody waits are many.
fn once_each(failures: Vec<Failure>) -> Vec<Failure> {
    let mut once: Vec<Failure> = Vec::new();
    for failure in failures {
        let kind = |of: &Failure| (of.action, of.outcome, of.code.clone());
        let _ = once.pop_if(|last| kind(last) == kind(&failure));
        once.push(failure);
    }
    once
}

/// Whether nothing says if the call was carried out.
fn is_unanswered(answer: &Answer) -> bool {
    matches!(
        answer.outcome,
        Outcome::Unreachable
            | Outcome::Truncated
            | Outcome::TooLarge
            | Outcome::InvalidAnswer
            | Outcome::ServerError
            | Outcome::WrongEntity
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Action;

    #[test]
    fn looks_that_were_missed_in_the_same_way_are_told_once() {
        let failure = |outcome: Outcome, request_id: &str| Failure {
            label: "default".to_owned(),
            account_id: None,
            action: Some(Action::GetStackGroupOperation),
            region_id: None,
            operation_id: None,
            stack_group_name: None,
            outcome: outcome.as_str(),
            code: None,
            message: None,
            request_id: Some(request_id.to_owned()),
        };
        let all = vec![
            failure(Outcome::Throttled, "1"),
            failure(Outcome::Throttled, "2"),
            failure(Outcome::Denied, "3"),
            failure(Outcome::Throttled, "4"),
        ];
        let told: Vec<_> = once_each(all).into_iter().map(|f| f.request_id).collect();
        assert_eq!(told, ["2", "3", "4"].map(|id| Some(id.to_owned())));
    }
}
