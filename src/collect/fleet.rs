//! The part of one account in a run: credentials, whose they are, and then everything that is due.
//!
//! Each account is a task of its own, with its own requests in flight and its own pace: what refuses,
//! throttles or silences one never delays another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::account::{Account, DEFAULT_LABEL};
use super::ask::{Caller, How};
use super::due::Watched;
use super::jobs::{Job, Run, Waiting};
use super::patience::RepeatUntil;
use super::round::{CollectorError, RoundOptions};
use super::shared::Shared;
use crate::cloud::limiter::{Learned, Limiter};
use crate::model::{Action, CallerIdentity, Outcome, UtcMillis};
use crate::services::{Content, sts};
use crate::store::limits::LearnedLimit;
use crate::store::{StoreError, limits, runs};

/// Jobs begun at the same time, for each request in flight: while one waits for its answer to be synced,
/// another can ask.
const JOBS_FOR_EACH_REQUEST: usize = 4;

/// How long the question of whose credentials these are may be repeated before the account is given up.
const IDENTITY_RETRY_BUDGET: Duration = Duration::from_secs(20);

/// Asks for one account what is due. Ends early, without an error, where the account cannot be asked: that
/// is kept and told.
pub(super) async fn ask_account(
    shared: Shared,
    account: Arc<Account>,
    options: Arc<RoundOptions>,
    planned: Vec<Watched>,
    deadline: Instant,
) -> Result<(), CollectorError> {
    let limiter = limiter(&shared, &account).await?;
    let asking = account.asking(Arc::clone(&limiter));
    let caller = Arc::new(Caller::new(asking, &shared, options.concurrency));
    let asked = match whose(&caller, &account).await? {
        Some(identity) => {
            let run = Run {
                account_id: identity.account_id.into(),
                deadline,
            };
            ask_all(&caller, &run, options.concurrency, planned).await
        }
        None => Ok(()),
    };
    remember(&shared, &account, &limiter).await?;
    asked
}

/// Keeps the pace that was learned for the next run.
async fn remember(shared: &Shared, account: &Account, limiter: &Limiter) -> Result<(), StoreError> {
    let learned = limiter.learned().into_iter().map(|learned| LearnedLimit {
        label: account.label.clone(),
        action: learned.action.as_str().to_owned(),
        per_second_milli: learned.per_second_milli,
        learned_at: learned.learned_at.0,
    });
    let learned: Vec<LearnedLimit> = learned.collect();
    if learned.is_empty() {
        return Ok(());
    }
    shared.recorder.remember_limits(learned).await
}

/// Whose the credentials are, if they are those that are meant; else that is kept and told.
pub(super) async fn whose(
    caller: &Caller,
    account: &Account,
) -> Result<Option<CallerIdentity>, CollectorError> {
    let Some(sealed) = caller.sealed().await? else {
        return Ok(None);
    };
    let Some(identity) = identity(caller).await? else {
        return Ok(None);
    };
    let account_id = &identity.account_id;
    let (run_id, label) = (caller.run_id(), account.label.clone());
    let before = caller
        .recorder()
        .read(move |db| runs::last_identity(db, &label, run_id))
        .await?;
    if let Some(text) = mistaken(account, account_id, before.as_deref()) {
        caller
            .refuse(Outcome::Credential, &text, Some(account_id))
            .await?;
        return Ok(None);
    }
    caller.settle(account_id, &sealed);
    tracing::info!(
        label = account.label,
        account_id,
        arn = identity.arn,
        "asking as"
    );
    Ok(Some(identity))
}

/// Why credentials of the account `found` must not be used for this account of the configuration.
pub(super) fn mistaken(account: &Account, found: &str, before: Option<&str>) -> Option<String> {
    let is_meant = account.account_ids.iter().any(|id| id == found);
    if !account.account_ids.is_empty() && !is_meant {
        return Some(format!(
            "the credentials belong to account {found}, not to {}: nothing was asked; choose others",
            account.account_ids.join(", ")
        ));
    }
    match before {
        Some(before) if before != found && !is_meant => Some(format!(
            "the credentials belong to account {found}, and until the last run to {before}: nothing was asked; \
             if this is meant, {}",
            match account.label.as_str() {
                DEFAULT_LABEL => format!("run `optrail collect --account {found}` once"),
                label => format!("say account_id = \"{found}\" in the configuration of '{label}'"),
            }
        )),
        _ => None,
    }
}

/// Whose credentials these are, asked once a run; `None` where the cloud does not say.
async fn identity(caller: &Caller) -> Result<Option<CallerIdentity>, StoreError> {
    let how = How {
        repeat_until: RepeatUntil::Instant(Instant::now() + IDENTITY_RETRY_BUDGET),
        ..How::default()
    };
    let answer = caller.ask(&sts::caller_identity(), &how).await?;
    Ok(answer.and_then(|answer| match answer.content {
        Content::CallerIdentity(identity) if answer.outcome == Outcome::Ok => Some(identity.value),
        _ => None,
    }))
}

/// The pace that earlier runs learned.
pub(super) async fn limiter(
    shared: &Shared,
    account: &Account,
) -> Result<Arc<Limiter>, StoreError> {
    let label = account.label.clone();
    let known = shared
        .recorder
        .read(move |db| limits::load(db, &label))
        .await?;
    let learned: Vec<Learned> = known
        .into_iter()
        .filter_map(|known| {
            Some(Learned {
                action: Action::from_wire(&known.action)?,
                per_second_milli: known.per_second_milli,
                learned_at: UtcMillis(known.learned_at),
            })
        })
        .collect();
    let clock = Arc::clone(&shared.clock);
    Ok(Arc::new(Limiter::new(&account.caps, &learned, clock)))
}

/// Does what is due, and what turns out to be on the way; begins nothing after the deadline.
async fn ask_all(
    caller: &Arc<Caller>,
    run: &Run,
    concurrency: usize,
    planned: Vec<Watched>,
) -> Result<(), CollectorError> {
    let mut waiting = Waiting::new(planned);
    let mut jobs: JoinSet<Result<VecDeque<Job>, CollectorError>> = JoinSet::new();
    loop {
        while jobs.len() < concurrency * JOBS_FOR_EACH_REQUEST
            && Instant::now() < run.deadline
            && !caller.is_stopping()
            && !caller.is_refused()
            && let Some(job) = waiting.next()
        {
            jobs.spawn(job.run(Arc::clone(caller), run.clone()));
        }
        let Some(found) = jobs.join_next().await else {
            return Ok(());
        };
        let found = found??;
        caller.shared.progress.found(found.len());
        caller.shared.progress.finished();
        waiting.add(found);
    }
}
