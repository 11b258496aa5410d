//! One run: what is due is planned, asked, and counted.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinSet};

use super::ask::{Caller, Failure, How};
use super::due::{Watched, due};
use super::lock::{Lock, LockError, stop_lock_path};
use super::poll::{self, Run};
use super::{Signal, Stopping};
use crate::cloud::{Client, ClientConfig, CloudError, Credentials};
use crate::evidence::leaf::{Leaf, RunEnd, RunKind, RunStart, Watch};
use crate::model::{Action, CallerIdentity, Clock, Outcome, Service, UtcMillis, Verdict};
use crate::record::{PlanEntry, Recorder, leaf_at};
use crate::services::{Content, sts};
use crate::store::runs::RunEndRow;
use crate::store::{Connection, StoreError, listings, watches};

/// The name of the only credentials there are where no account is configured: those of the default chain,
/// or of `--profile`.
pub const DEFAULT_LABEL: &str = "default";

/// Watches that are looked at at the same time, for each request in flight: while one waits for its answer
/// to be synced, another can ask.
const LOOKS_FOR_EACH_REQUEST: usize = 4;

/// How long the question of whose credentials these are may be repeated before the run is given up.
const IDENTITY_RETRY_BUDGET: Duration = Duration::from_secs(20);

/// What is the same for all runs of a process.
pub struct Collector {
    /// The database.
    pub database: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How to ask.
    pub client: ClientConfig,
    /// With which key.
    pub credentials: Credentials,
    /// Endpoint other than the cloud's own, for the record.
    pub endpoint: Option<String>,
    /// Whether the simulated cloud is asked.
    pub simulated: bool,
    /// User of the operating system, for the record.
    pub user: String,
    /// Machine, for the record.
    pub host: String,
    /// Whether to end.
    pub stopping: Stopping,
}

/// What one run is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundOptions {
    /// Only these services; all if empty.
    pub services: Vec<Service>,
    /// Only if the credentials belong to one of these accounts; any if empty.
    pub accounts: Vec<String>,
    /// No watch is begun after this long.
    pub deadline: Duration,
    /// Requests in flight.
    pub concurrency: usize,
    /// Ask what has ended, too.
    pub recheck: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundEnd {
    /// When it began.
    pub started_at: UtcMillis,
    /// What it came to.
    pub row: RunEndRow,
    /// Calls that failed for good.
    pub failures: Vec<Failure>,
    /// Leaves of the tree.
    pub evidence_size: i64,
    /// Its root.
    pub evidence_root: [u8; 32],
    /// The signal that ended it, if one did.
    pub signal: Option<Signal>,
    /// Runs before it that were found dead.
    pub aborted: usize,
}

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// Nothing was ever to be recorded.
    #[error(
        "nothing is watched yet in {0}; tell optrail what to record, for example: optrail watch add ros --region cn-hangzhou OPERATION_ID"
    )]
    NothingWatched(PathBuf),
    /// The credentials are those of another account than was asked for.
    #[error(
        "the credentials belong to account {found}, not to {}; choose others with --profile, or leave --account out",
        .wanted.join(", ")
    )]
    OtherAccount {
        /// Whose they are.
        found: String,
        /// Whose they should be.
        wanted: Vec<String>,
    },
    /// A part of the run ended by a panic: a mistake in this program.
    #[error(
        "a part of the run broke off ({0}); what was answered before is kept: please report it"
    )]
    Broken(#[from] JoinError),
    /// The lock that tells collectors that a stop is running.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The client cannot be made.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Collector {
    /// One run. The caller holds the collector's lock.
    pub async fn round(&self, options: &RoundOptions) -> Result<RoundEnd, CollectorError> {
        let begun = Instant::now();
        let recorder = Recorder::open(&self.database)?;
        let now = self.clock.now();
        let (ever, watched) = recorder
            .read(|db| Ok((watches::count(db)?, read_watches(db)?)))
            .await?;
        if ever == 0 {
            return Err(CollectorError::NothingWatched(self.database.clone()));
        }
        let planned = due(watched, &options.services, options.recheck, now);
        let client = Client::new(self.client.clone(), Arc::clone(&self.clock))?;
        let started = {
            // Whoever holds this lock alone knows that a stop without an end has died.
            let no_stop_runs = Lock::exclusive(&stop_lock_path(&self.database));
            let dead = match no_stop_runs {
                Ok(_) => vec![RunKind::Collect, RunKind::Stop],
                Err(_) => vec![RunKind::Collect],
            };
            let entries = planned.iter().map(plan_entry).collect();
            recorder
                .begin_run(self.run_start(now, Some(options)), dead, entries)
                .await?
        };
        tracing::info!(run_id = started.run_id, "began to ask");
        let caller = Arc::new(Caller::new(
            client,
            self.credentials.clone(),
            recorder,
            options.concurrency,
            self.stopping.clone(),
        ));
        let deadline = begun + options.deadline;
        let asked = self
            .ask_all(&caller, started.run_id, options, planned, deadline)
            .await;
        let reason = match &asked {
            Err(error) => format!("error: {error}"),
            Ok(()) => match self.stopping.signal() {
                Some(signal) => signal.as_str().to_owned(),
                None if Instant::now() >= deadline => "deadline".to_owned(),
                None => "done".to_owned(),
            },
        };
        let end = RunEnd {
            run: started.run_id,
            ended_at: self.clock.after(now, begun.elapsed()),
            reason,
        };
        let ended = caller.recorder.end_run(end).await;
        asked?;
        let (row, evidence_size, evidence_root) = ended?;
        let run_id = started.run_id;
        let unfinished = caller
            .recorder
            .read(move |db| listings::unfinished(db, run_id))
            .await?;
        let mut failures = caller.take_failures();
        failures.extend(unfinished.into_iter().map(incomplete));
        Ok(RoundEnd {
            started_at: now,
            row,
            failures,
            evidence_size,
            evidence_root,
            signal: self.stopping.signal(),
            aborted: started.aborted,
        })
    }

    /// The leaf that begins a run; its number is filled in when it is kept.
    pub(super) fn run_start(&self, now: UtcMillis, options: Option<&RoundOptions>) -> RunStart {
        RunStart {
            run: 0,
            kind: if options.is_some() {
                RunKind::Collect
            } else {
                RunKind::Stop
            },
            started_at: now,
            program: String::new(),
            user: self.user.clone(),
            host: self.host.clone(),
            process_id: std::process::id(),
            deadline_ms: options.map(|o| u64::try_from(o.deadline.as_millis()).unwrap_or(u64::MAX)),
            concurrency: options.map(|o| u32::try_from(o.concurrency).unwrap_or(u32::MAX)),
            endpoint: self.endpoint.clone(),
            simulated: self.simulated,
            every_ms: None,
        }
    }

    async fn ask_all(
        &self,
        caller: &Arc<Caller>,
        run_id: i64,
        options: &RoundOptions,
        planned: Vec<Watched>,
        deadline: Instant,
    ) -> Result<(), CollectorError> {
        if planned.is_empty() {
            return Ok(());
        }
        let Some(CallerIdentity {
            account_id, arn, ..
        }) = identity(caller, run_id).await?
        else {
            return Ok(());
        };
        require_account(&options.accounts, &account_id)?;
        tracing::info!(account_id, arn, watches = planned.len(), "asking as");
        let run = Run {
            run_id,
            account_id,
            deadline,
        };
        let mut waiting = planned.into_iter();
        let mut looks: JoinSet<Result<(), CollectorError>> = JoinSet::new();
        loop {
            while looks.len() < options.concurrency * LOOKS_FOR_EACH_REQUEST
                && Instant::now() < deadline
                && self.stopping.signal().is_none()
                && let Some(watched) = waiting.next()
            {
                looks.spawn(poll::look(Arc::clone(caller), run.clone(), watched));
            }
            let Some(look) = looks.join_next().await else {
                return Ok(());
            };
            look??;
        }
    }
}

/// Refuses credentials of another account than one of those wanted; any will do if none is named.
pub(super) fn require_account(wanted: &[String], found: &str) -> Result<(), CollectorError> {
    let is_meant = |name: &String| name == found || name == DEFAULT_LABEL;
    if wanted.is_empty() || wanted.iter().any(is_meant) {
        return Ok(());
    }
    Err(CollectorError::OtherAccount {
        found: found.to_owned(),
        wanted: wanted.to_vec(),
    })
}

/// Whose credentials these are, asked once a run; `None` where the cloud does not say.
pub(super) async fn identity(
    caller: &Caller,
    run_id: i64,
) -> Result<Option<CallerIdentity>, StoreError> {
    let how = How {
        run_id,
        account_id: None,
        page: None,
        intervention: None,
        repeat_until: Instant::now() + IDENTITY_RETRY_BUDGET,
        begin_until: None,
    };
    let answer = caller.ask(&sts::caller_identity(), &how).await?;
    Ok(answer.and_then(|answer| match answer.content {
        Content::CallerIdentity(identity) if answer.outcome == Outcome::Ok => Some(identity.value),
        _ => None,
    }))
}

/// A list that stayed incomplete, as a failure to tell.
fn incomplete(list: listings::Unfinished) -> Failure {
    Failure {
        account_id: Some(list.account_id),
        action: Action::ListStackGroupOperationResults,
        region_id: Some(list.region_id),
        operation_id: Some(list.operation_id),
        outcome: Verdict::Incomplete.as_str(),
        code: None,
        message: list.reason,
        request_id: None,
    }
}

fn plan_entry(watched: &Watched) -> PlanEntry {
    let target = &watched.row.target;
    PlanEntry {
        watch: watched.row.watch_id,
        service: target.service.clone(),
        label: target.label.clone(),
        region: target.region_id.clone(),
        operation: target.operation_id.clone(),
        group: None,
        batch_type: target.batch_type.clone(),
    }
}

/// All watches with what was declared of them and when they were asked last.
fn read_watches(db: &Connection) -> Result<Vec<Watched>, StoreError> {
    let mut watched = Vec::new();
    for row in watches::all(db)? {
        let service = row.target.service.parse().map_err(|_| {
            StoreError::Inconsistent(format!("watch {} is about no service", row.watch_id))
        })?;
        let declared = declared(db, &row)?;
        let last_asked_at = match row.last_sequence {
            Some(sequence) => requested_at(db, sequence)?,
            None => None,
        };
        watched.push(Watched {
            row,
            declared,
            service,
            last_asked_at,
        });
    }
    Ok(watched)
}

fn declared(db: &Connection, row: &watches::WatchRow) -> Result<Watch, StoreError> {
    match leaf_at(db, row.add_sequence)?.1 {
        Leaf::Watch(watch) => Ok(watch),
        _ => Err(StoreError::Inconsistent(format!(
            "leaf {} is no watch",
            row.add_sequence
        ))),
    }
}

fn requested_at(db: &Connection, sequence: i64) -> Result<Option<UtcMillis>, StoreError> {
    Ok(match leaf_at(db, sequence)?.1 {
        Leaf::Exchange(exchange) => Some(exchange.requested_at),
        Leaf::NoAnswer(no_answer) => Some(no_answer.requested_at),
        _ => None,
    })
}
