//! One run: what is due is planned, asked for each account, and counted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::account::Account;
use super::due::{Watched, due, read_watches};
use super::failures::{Failure, Failures};
use super::lock::{Lock, LockError, stop_lock_path};
use super::progress::Progress;
use super::shared::Shared;
use super::{Signal, Stopping, fleet, wall};
use crate::evidence::leaf::{ClockStep, RunEnd, RunKind, RunStart};
use crate::model::{Action, Clock, Outcome, Service, UtcMillis, Verdict, millis};
use crate::record::Recorder;
use crate::store::runs::RunEndRow;
use crate::store::watches::WatchTarget;
use crate::store::{StoreError, disk, life, listings, watches};

/// Requests in flight of all accounts together: each has a socket and may hold an answer in memory.
const IN_FLIGHT_MAX: usize = 256;

/// What is said of watches whose account is not configured (any more).
const UNCONFIGURED: &str =
    "no account of this name is configured; configure it, or remove its watches";

/// What is the same for all runs of a process.
pub struct Collector {
    /// The database.
    pub database: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The accounts to ask.
    pub accounts: Vec<Arc<Account>>,
    /// Accounts that are configured and picked and cannot be asked, by their labels, and why: of a mistake in
    /// the configuration that the others do not share.
    pub unmade: BTreeMap<String, String>,
    /// How often runs are to begin, where that is declared.
    pub every: Option<Duration>,
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
    /// How far the present run has come.
    pub progress: Arc<Progress>,
}

/// What one run is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundOptions {
    /// Only these services; all if empty.
    pub services: Vec<Service>,
    /// Only the watches of the collector's accounts; else those of accounts that are not configured (any
    /// more) are told, too.
    pub only_these_accounts: bool,
    /// No watch is begun after this long.
    pub deadline: Duration,
    /// Requests in flight of each account.
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
    /// Lists other than results that stayed incomplete.
    pub lists_incomplete: i64,
    /// The watches that were planned at its beginning, and what became of them.
    pub looks: Vec<Look>,
    /// The cloud's clock less ours, median over its answers; `None` where none bore a date.
    pub clock_offset_ms: Option<i64>,
}

/// A watch that was planned in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What it is about.
    pub target: WatchTarget,
    /// Why there was no good look, if there was none.
    pub missed: Option<String>,
}

/// Why there was no run.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// Nothing was ever to be recorded.
    #[error(
        "nothing is watched yet in {0}; tell optrail what to record, for example: optrail watch add ros --region cn-hangzhou OPERATION_ID"
    )]
    NothingWatched(PathBuf),
    /// Nor is there a file.
    #[error(
        "no database at {0} yet; tell optrail what to record, which makes one, for example: optrail watch add ros --region cn-hangzhou OPERATION_ID"
    )]
    NoDatabase(PathBuf),
    /// The disk has hardly any room left.
    #[error(
        "only {free_bytes} bytes are free where {database} lies, and a run needs {}: nothing was asked; make room",
        disk::FREE_BYTES_MIN
    )]
    DiskFull {
        /// The database.
        database: PathBuf,
        /// What is left.
        free_bytes: u64,
    },
    /// An account that is configured, and not so that it could be asked.
    #[error("account '{label}' cannot be asked: {reason}")]
    Unmade {
        /// Its name in the configuration.
        label: String,
        /// Why.
        reason: String,
    },
    /// A label that is not in the configuration.
    #[error("no account '{0}' is configured; configure it, or name another with --account")]
    Unconfigured(String),
    /// A part of the run ended by a panic: a mistake in this program.
    #[error(
        "a part of the run broke off ({0}); what was answered before is kept: please report it"
    )]
    Broken(#[from] JoinError),
    /// The lock that tells collectors that a stop is running.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Collector {
    /// One run. The caller holds the collector's lock.
    pub async fn round(&self, options: &RoundOptions) -> Result<RoundEnd, CollectorError> {
        let deadline = Instant::now() + options.deadline;
        let recorder = Arc::new(Recorder::open(&self.database)?);
        let newest = recorder.read(wall::newest).await?;
        let (now, begun) = (self.clock.now(), Instant::now());
        let planned = self.planned(&recorder, options, now).await?;
        let (run_id, aborted) = self.begin(&recorder, options, now, &planned).await?;
        tracing::info!(run_id, "began to ask");
        if let Some(stepped_ms) = wall::set_back_ms(newest, now) {
            let detail = "the run began before the time of what was recorded last";
            let step = clock_step(run_id, now, stepped_ms, detail);
            recorder.keep_clock(step).await?;
        }
        self.progress.begin(planned.len());
        let targets: Vec<(i64, WatchTarget)> = planned
            .iter()
            .map(|watched| (watched.row.watch_id, watched.row.target.clone()))
            .collect();
        let shared = self.shared(run_id, recorder);
        let asked = self.ask_accounts(&shared, options, planned, deadline).await;
        let ended_at = self.clock.after(now, begun.elapsed());
        let stands_at = self.clock.now();
        if let Some(stepped_ms) = wall::step_ms(ended_at, stands_at) {
            let detail = "during the run, by the monotonic clock";
            let step = clock_step(run_id, stands_at, stepped_ms, detail);
            shared.recorder.keep_clock(step).await?;
        }
        let end = RunEnd {
            run: run_id,
            ended_at,
            reason: self.reason(&asked, deadline),
        };
        let ended = shared.recorder.end_run(end).await;
        asked?;
        let (row, evidence_size, evidence_root) = ended?;
        let ((unfinished, lists_incomplete), missed, clock) = shared
            .recorder
            .read(move |db| {
                Ok((
                    (
                        listings::unfinished(db, run_id)?,
                        listings::left_incomplete(db, run_id)?,
                    ),
                    watches::missed_in(db, run_id)?,
                    life::run_clock(db, run_id)?,
                ))
            })
            .await?;
        let mut failures = shared.failures.take();
        failures.extend(unfinished.into_iter().map(incomplete));
        Ok(RoundEnd {
            started_at: now,
            row,
            failures,
            evidence_size,
            evidence_root,
            signal: self.stopping.signal(),
            aborted,
            lists_incomplete,
            looks: looks(targets, missed),
            clock_offset_ms: clock.map(|(offset_ms, _)| offset_ms),
        })
    }

    async fn planned(
        &self,
        recorder: &Recorder,
        options: &RoundOptions,
        now: UtcMillis,
    ) -> Result<Vec<Watched>, CollectorError> {
        let recheck = options.recheck;
        let (ever, watched) = recorder
            .read(move |db| Ok((watches::count(db)?, read_watches(db, recheck)?)))
            .await?;
        if ever == 0 {
            return Err(CollectorError::NothingWatched(self.database.clone()));
        }
        let watched = watched
            .into_iter()
            .filter(|watched| self.is_asked_for(&watched.row.target.label, options))
            .collect();
        Ok(due(watched, &options.services, recheck, now))
    }

    /// Whether a run over these accounts is about watches of that label: of one that is not configured
    /// only where no account was picked, and then to say so.
    pub(super) fn is_asked_for(&self, label: &str, options: &RoundOptions) -> bool {
        !options.only_these_accounts
            || self.unmade.contains_key(label)
            || self.accounts.iter().any(|account| account.label == label)
    }

    async fn begin(
        &self,
        recorder: &Recorder,
        options: &RoundOptions,
        now: UtcMillis,
        planned: &[Watched],
    ) -> Result<(i64, usize), CollectorError> {
        if let Some(free_bytes) = disk::free_bytes(&self.database)
            && free_bytes < disk::FREE_BYTES_MIN
        {
            return Err(CollectorError::DiskFull {
                database: self.database.clone(),
                free_bytes,
            });
        }
        // Whoever holds this lock alone knows that a stop without an end has died.
        let no_stop_runs = Lock::exclusive(&stop_lock_path(&self.database));
        let dead = match no_stop_runs {
            Ok(_) => vec![RunKind::Collect, RunKind::Stop],
            Err(_) => vec![RunKind::Collect],
        };
        let entries = planned.iter().map(Watched::plan_entry).collect();
        let started = recorder
            .begin_run(self.run_start(now, Some(options)), dead, entries)
            .await?;
        Ok((started.run_id, started.aborted))
    }

    /// What the accounts of a run share.
    pub(super) fn shared(&self, run_id: i64, recorder: Arc<Recorder>) -> Shared {
        Shared {
            run_id,
            recorder,
            clock: Arc::clone(&self.clock),
            in_flight: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
            user: self.user.clone(),
            stopping: self.stopping.clone(),
            failures: Arc::new(Failures::default()),
            progress: Arc::clone(&self.progress),
        }
    }

    /// The account of that name.
    pub(super) fn account(&self, label: &str) -> Result<&Arc<Account>, CollectorError> {
        let found = self.accounts.iter().find(|account| account.label == label);
        found.ok_or_else(|| match self.unmade.get(label) {
            Some(reason) => CollectorError::Unmade {
                label: label.to_owned(),
                reason: reason.clone(),
            },
            None => CollectorError::Unconfigured(label.to_owned()),
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
            deadline_ms: options.map(|o| millis(o.deadline)),
            every_ms: options.and(self.every).map(millis),
            services: options.map_or_else(Vec::new, |o| words(&o.services)),
            accounts: options.map_or_else(Vec::new, |o| self.only(o)),
            concurrency: options.map(|o| u32::try_from(o.concurrency).unwrap_or(u32::MAX)),
            endpoint: self.endpoint.clone(),
            simulated: self.simulated,
        }
    }

    /// The accounts that a run is limited to, where it is.
    fn only(&self, options: &RoundOptions) -> Vec<String> {
        if !options.only_these_accounts {
            return Vec::new();
        }
        let labels = self.accounts.iter().map(|account| account.label.clone());
        labels.chain(self.unmade.keys().cloned()).collect()
    }

    /// Asks for all accounts at the same time, and waits for the last of them, whatever becomes of one.
    async fn ask_accounts(
        &self,
        shared: &Shared,
        options: &RoundOptions,
        planned: Vec<Watched>,
        deadline: Instant,
    ) -> Result<(), CollectorError> {
        let mut by_label: BTreeMap<String, Vec<Watched>> = BTreeMap::new();
        for watched in planned {
            let label = watched.row.target.label.clone();
            by_label.entry(label).or_default().push(watched);
        }
        let options = Arc::new(options.clone());
        let mut accounts: JoinSet<Result<(), CollectorError>> = JoinSet::new();
        for (label, watched) in by_label {
            match self.accounts.iter().find(|account| account.label == label) {
                Some(account) => {
                    accounts.spawn(fleet::ask_account(
                        shared.clone(),
                        Arc::clone(account),
                        Arc::clone(&options),
                        watched,
                        deadline,
                    ));
                }
                None => {
                    let unmade = self.unmade.get(&label);
                    let reason = unmade.map_or(UNCONFIGURED, String::as_str);
                    shared
                        .refuse(&label, None, Outcome::Credential, reason)
                        .await?;
                }
            }
        }
        let mut result = Ok(());
        while let Some(account) = accounts.join_next().await {
            let account = account.map_err(CollectorError::from).flatten();
            result = result.and(account);
        }
        result
    }

    /// Why the run ends, as evidence has it.
    fn reason(&self, asked: &Result<(), CollectorError>, deadline: Instant) -> String {
        match asked {
            Err(error) => format!("error: {error}"),
            Ok(()) => match self.stopping.signal() {
                Some(signal) => signal.as_str().to_owned(),
                None if Instant::now() >= deadline => "deadline".to_owned(),
                None => "done".to_owned(),
            },
        }
    }
}

fn clock_step(run_id: i64, at: UtcMillis, stepped_ms: i64, detail: &str) -> ClockStep {
    ClockStep {
        run: Some(run_id),
        at,
        stepped_ms,
        detail: Some(detail.to_owned()),
    }
}

fn looks(targets: Vec<(i64, WatchTarget)>, missed: Vec<(i64, String)>) -> Vec<Look> {
    let mut missed: BTreeMap<i64, String> = missed.into_iter().collect();
    targets
        .into_iter()
        .map(|(watch_id, target)| Look {
            target,
            missed: missed.remove(&watch_id),
        })
        .collect()
}

fn words(services: &[Service]) -> Vec<String> {
    let words = services.iter().map(|service| service.as_str().to_owned());
    words.collect()
}

/// A list that stayed incomplete, as a failure to tell.
fn incomplete(list: listings::Unfinished) -> Failure {
    Failure {
        label: list.label,
        account_id: Some(list.account_id),
        action: Action::from_wire(&list.action),
        region_id: Some(list.region_id).filter(|region| !region.is_empty()),
        operation_id: Some(list.operation_id).filter(|id| !id.is_empty()),
        stack_group_name: Some(list.stack_group_name).filter(|name| !name.is_empty()),
        outcome: Verdict::Incomplete.as_str(),
        code: None,
        message: list.reason,
        request_id: None,
    }
}
