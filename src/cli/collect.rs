//! `optrail collect`.

mod bar;
mod checkpoint;
mod declared;
mod dry_run;
mod folding;
mod metrics;
mod on_end;
mod skipping;
mod telling;

use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use tokio::runtime::Runtime;

use super::hook::Hook;
use super::output::DataFormat;
use super::run::exit_of as exit_of_error;
use super::values::{FileOrStd, duration, service, some_text};
use super::{Exit, asking, init, output, renewal, sealing};
use crate::collect::{
    Collector, CollectorError, Lock, LockError, RoundEnd, RoundOptions, Stopping, summary_line,
};
use crate::config::{CONCURRENCY_MAX, Config};
use crate::evidence::leaf::SkipCause;
use crate::model::{Clock as _, RunOutcome, Service, SystemClock};
use crate::record::Recorder;
use crate::seal::{SealError, Sealed};
use crate::store::fold::Log;
use crate::store::progress::Progress;
use crate::store::{StoreError, open, watches};
use bar::Bar;

/// From the start of one run to that of the next while following, where nothing else is asked for.
const DEFAULT_FOLLOW_EVERY: Duration = Duration::from_secs(10);

/// Ask once about everything that is due
///
/// Made for cron: silent on success, and a failure is told on stderr when it begins, changes or ends, and once
/// a day while it lasts (-v tells all that fails in each run). Each answer is kept before it is read. What the
/// deadline leaves over comes first next time. Watches that the configuration declares are added first.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail collect
  optrail collect --service cadt --deadline 20s
  optrail collect --recheck --summary runs.jsonl
  optrail collect --follow --every 30s
  optrail collect --dry-run
  */5 * * * * optrail collect --metrics /var/lib/node_exporter/optrail.prom

Metrics: optrail_last_run_* (id, start and end, outcome, watches, requests), optrail_last_success_timestamp_seconds
(0: never), optrail_last_collect_* (time, exit code), optrail_watches by state, optrail_watches_failing by account,
optrail_cadt_pending, optrail_cadt_expires_first_timestamp_seconds, optrail_expired_unseen_total,
optrail_evidence_leaves, optrail_evidence_sealed_leaves, optrail_database_bytes, optrail_database_wal_bytes,
optrail_disk_free_bytes, optrail_clock_offset_seconds, optrail_build_info.

The command of --on-end finds OPTRAIL_RUN_ID, OPTRAIL_OUTCOME, OPTRAIL_EXIT in its environment, that of --on-checkpoint
OPTRAIL_ORIGIN and OPTRAIL_EVIDENCE_SIZE; both find no keys, and have 60 seconds each.

--deadline bounds when the last watch is begun, not when the run ends: a listing that has begun is read to its last
page, however many there are.

Exit status: 0 done, 1 could not go on or no watch got an answer, 3 the database does not go on from its
newest checkpoint, 4 something was not answered, or the run is not sealed by a checkpoint, 5 another collector runs, 130 or 143
ended by a signal. Whatever was answered is kept. A summary, or the line of a checkpoint, that cannot be written gives
1; metrics that cannot be written, or a command of --on-end or --on-checkpoint that fails, are told on stderr and
change no exit status.")]
pub struct CollectArgs {
    /// Only watches of this service: ros, bpstudio (or cadt), alidns; repeatable
    #[arg(long, value_name = "SERVICE", value_parser = service)]
    pub service: Vec<Service>,

    /// Begin no further watch after this long (250ms, 50s, 5m, 1h); a listing that has begun is read to its end
    /// [default: that of the configuration, 50s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub deadline: Option<Duration>,

    /// Requests in flight of each account at most [default: that of the configuration, 8]
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=i64::from(CONCURRENCY_MAX))
    )]
    pub concurrency: Option<u16>,

    /// Go on with further runs until no operation is active any more
    #[arg(long)]
    pub follow: bool,

    /// From the start of one run to that of the next while following [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "follow")]
    pub every: Option<Duration>,

    /// Ask about operations that have ended, too
    #[arg(long)]
    pub recheck: bool,

    /// Print what would be asked, in order and why, and ask and write nothing
    #[arg(long, conflicts_with_all = ["follow", "summary", "metrics", "checkpoint_line", "on_checkpoint", "on_end"])]
    pub dry_run: bool,

    /// Exit with 0 where it would be 4
    #[arg(long)]
    pub allow_partial: bool,

    /// Append one line of JSON about each run to a file, or print it (-)
    #[arg(long, value_name = "FILE|-")]
    pub summary: Option<FileOrStd>,

    /// Write how the recorder stands, in the text format of Prometheus
    #[arg(long, value_name = "FILE.prom")]
    pub metrics: Option<PathBuf>,

    /// Append one line about each run's checkpoint to a file, or print it (-): origin, size, root, time
    #[arg(long, value_name = "FILE|-")]
    pub checkpoint_line: Option<FileOrStd>,

    /// Run `sh -c CMD` after each run, with its checkpoint (a C2SP signed note) on stdin
    #[arg(long, value_name = "CMD", value_parser = some_text)]
    pub on_checkpoint: Option<String>,

    /// Run `sh -c CMD` after each run, with the summary on its stdin
    #[arg(long, value_name = "CMD", value_parser = some_text)]
    pub on_end: Option<String>,
}

/// Asks about everything that is due.
pub fn run(args: &CollectArgs, config: &Config) -> anyhow::Result<Exit> {
    if args.dry_run {
        dry_run::guard(config)?;
        let collector = asking::collector(config, Stopping::default())?;
        dry_run::print(config, &collector, &options(args, config))?;
        return Ok(Exit::Done);
    }
    let ended = collect(args, config);
    // Whoever holds the lock writes the metrics of its own run.
    if !matches!(ended, Ok(Exit::Locked)) {
        write_metrics(
            args,
            config,
            ended.as_ref().map_or_else(exit_of_error, |exit| *exit),
        );
    }
    ended
}

fn options(args: &CollectArgs, config: &Config) -> RoundOptions {
    RoundOptions {
        services: args.service.clone(),
        only_these_accounts: !config.accounts.is_empty(),
        deadline: args.deadline.unwrap_or(config.deadline),
        concurrency: usize::from(args.concurrency.unwrap_or(config.concurrency)),
        recheck: args.recheck,
    }
}

fn collect(args: &CollectArgs, config: &Config) -> anyhow::Result<Exit> {
    sealing::guard_writing(config)?;
    let declares = config.configured.iter().any(|a| !a.watches.is_empty());
    if !declares {
        refuse_nothing(config)?;
    }
    if !config.database.exists() {
        init::open_or_create(config)?;
    }
    open::refuse_snapshot(&config.database)?;
    let _lock = match Lock::exclusive(&config.lock_path()) {
        Ok(lock) => lock,
        Err(LockError::Held(path)) => {
            tracing::info!(lock = %path.display(), "another collector holds the lock");
            skipping::keep(config, SkipCause::Locked, None);
            return Ok(Exit::Locked);
        }
        Err(error) => return Err(error.into()),
    };
    let stopping = Stopping::default();
    let collector = asking::collector(config, stopping.clone())?;
    let runtime = asking::runtime()?;
    runtime.block_on(async { stopping.listen() })?;
    let recorder = prepare(config, &runtime)?;
    let rounds = Rounds {
        args,
        config,
        collector: &collector,
        runtime: &runtime,
        is_stopped_up: Cell::new(false),
    };
    if args.follow {
        // Between two runs nobody holds the database.
        drop(recorder);
        return rounds.follow();
    }
    let options = options(args, config);
    let end = rounds.ask(&options)?;
    let exit = rounds.finish(&options, &end);
    // Open until here: who closes a database last moves its log into it and syncs twice, and each step opens its
    // own.
    drop(recorder);
    Ok(exit)
}

/// Where nothing was ever to be recorded, that is said before anything else can be wrong. Evidence whose rows
/// are still to be derived may hold a watch, if the command that added it died; then the run itself will see.
fn refuse_nothing(config: &Config) -> Result<(), CollectorError> {
    let connection = match open::read_only(&config.database) {
        Ok(connection) => connection,
        Err(StoreError::Missing(path)) => return Err(CollectorError::NoDatabase(path)),
        // Seen once it is migrated, under the lock.
        Err(StoreError::Older { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if watches::count(&connection)? == 0 && Progress::read(&connection)?.leaves_behind() == 0 {
        return Err(CollectorError::NothingWatched(config.database.clone()));
    }
    Ok(())
}

/// Brings the database to what the configuration says, and gives it open.
fn prepare(config: &Config, runtime: &Runtime) -> anyhow::Result<Recorder> {
    renewal::renew(config)?;
    let recorder = Recorder::open(&config.database)?;
    runtime.block_on(declared::keep(config, &recorder))?;
    sealing::make_first_key(config, &recorder)?;
    declared::apply(config, &recorder)?;
    Ok(recorder)
}

/// What a run that has ended left of its deadline.
fn time_left(options: &RoundOptions, end: &RoundEnd) -> Duration {
    let used_ms = SystemClock.now().0.saturating_sub(end.started_at.0);
    let used = Duration::from_millis(u64::try_from(used_ms).unwrap_or_default());
    options.deadline.saturating_sub(used)
}

/// The runs of one command.
struct Rounds<'a> {
    args: &'a CollectArgs,
    config: &'a Config,
    collector: &'a Collector,
    runtime: &'a Runtime,
    /// Whether a summary, a checkpoint or failures could not be told in one of them, or its log not be folded.
    is_stopped_up: Cell<bool>,
}

impl Rounds<'_> {
    /// One run.
    fn ask(&self, options: &RoundOptions) -> anyhow::Result<RoundEnd> {
        let ended = self.runtime.block_on(self.collector.round(options));
        if let Err(CollectorError::DiskFull { free_bytes, .. }) = &ended {
            let detail = format!("{free_bytes} bytes free");
            skipping::keep(self.config, SkipCause::Disk, Some(detail));
        }
        Ok(ended?)
    }

    /// Seals what a run recorded, and tells what it came to, to everybody who wants to know.
    fn finish(&self, options: &RoundOptions, end: &RoundEnd) -> Exit {
        let (args, config) = (self.args, self.config);
        // First: no outlet that is stopped up may leave the run unsealed.
        let sealed = sealing::seal_run(config);
        let mut is_told = true;
        if let Some(target) = &args.summary {
            let printed = append_line(target, DataFormat::Json, "the summary", &summary_line(end));
            is_told &= self.is_told(printed);
        }
        if let Ok(sealed) = &sealed {
            is_told &= self.hand_out(sealed);
        }
        let folded = folding::fold_log(config, &self.collector.stopping, time_left(options, end));
        let log = *folded.as_ref().unwrap_or(&Log::Unsettled);
        is_told &= self.is_told(folded.map(drop));
        let unsealed = sealed.as_ref().err();
        let told = telling::tell(config, options, end, unsealed, log);
        if let (Err(_), Some(error)) = (&told, unsealed) {
            output::complaint(config, &sealing::unsealed_text(config, error));
        }
        is_told &= self.is_told(told.map_err(anyhow::Error::from));
        if std::io::stderr().is_terminal() {
            output::notice(config, &closing_line(end));
        }
        let exit = match exit_of(end, args.allow_partial) {
            _ if unsealed.is_some_and(SealError::is_bad_news) => Exit::BadNews,
            _ if !is_told => Exit::Failed,
            Exit::Done if unsealed.is_some() && !args.allow_partial => Exit::Partial,
            exit => exit,
        };
        if let Some(command) = &args.on_end {
            self.call(&on_end::hook(command, end, exit));
        }
        exit
    }

    /// Hands a checkpoint to whoever wants it; whether that was possible.
    fn hand_out(&self, sealed: &Sealed) -> bool {
        if let Some(command) = &self.args.on_checkpoint {
            self.call(&checkpoint::hook(command, sealed));
        }
        let Some(target) = &self.args.checkpoint_line else {
            return true;
        };
        self.is_told(append_line(
            target,
            DataFormat::Raw,
            "the checkpoint",
            &checkpoint::line(sealed),
        ))
    }

    /// One outlet that is stopped up does not silence the others: that is told, and the exit status is 1.
    fn is_told(&self, done: anyhow::Result<()>) -> bool {
        if let Err(error) = &done {
            output::complaint(self.config, &format!("{error:#}"));
            self.is_stopped_up.set(true);
        }
        done.is_ok()
    }

    /// Runs a command of the user's; that it failed is told, and changes nothing.
    fn call(&self, hook: &Hook<'_>) {
        let ran = hook.run(&self.collector.stopping);
        if let Err(reason) = self.runtime.block_on(ran) {
            output::complaint(self.config, &reason);
        }
    }

    /// Runs until nothing goes on any more, or a signal comes.
    fn follow(&self) -> anyhow::Result<Exit> {
        let every = self.args.every.unwrap_or(DEFAULT_FOLLOW_EVERY);
        let bar = Bar::start(self.config, self.collector.progress.clone(), self.runtime);
        let stopping = &self.collector.stopping;
        let mut options = options(self.args, self.config);
        let mut lost = false;
        loop {
            let begun = Instant::now();
            let end = self.ask(&options)?;
            let exit = bar.aside(|| self.finish(&options, &end));
            if exit == Exit::BadNews {
                // As `collect` refuses to begin on such a file, this one records nothing further into it.
                return Ok(exit);
            }
            lost |= end.row.watches_failed + end.row.not_found + end.row.expired_unseen > 0
                || end.row.outcome == RunOutcome::Failed;
            // What has ended is asked again once, not in every run.
            options.recheck = false;
            let active = self.collector.operations_active(&options)?;
            bar.ended(&end, active);
            if end.signal.is_none() && active == 0 {
                return Ok(match exit {
                    Exit::Done | Exit::Partial if self.is_stopped_up.get() => Exit::Failed,
                    Exit::Done if lost && !self.args.allow_partial => Exit::Partial,
                    exit => exit,
                });
            }
            self.runtime.block_on(async {
                tokio::select! {
                    () = tokio::time::sleep(every.saturating_sub(begun.elapsed())) => {}
                    () = stopping.stopped() => {}
                }
            });
            if let Some(signal) = stopping.signal() {
                return Ok(signal.into());
            }
            write_metrics(self.args, self.config, exit);
            // The file may have been replaced while nothing ran.
            sealing::guard_writing(self.config)?;
        }
    }
}

/// Metrics that cannot be written are told, and change nothing.
fn write_metrics(args: &CollectArgs, config: &Config, exit: Exit) {
    if let Some(path) = &args.metrics
        && let Err(error) = metrics::write(path, config, exit)
    {
        let text = format!("cannot write the metrics to {}: {error:#}", path.display());
        output::complaint(config, &text);
    }
}

/// What the run came to, as the exit code tells it.
fn exit_of(end: &RoundEnd, allow_partial: bool) -> Exit {
    if let Some(signal) = end.signal {
        return signal.into();
    }
    let row = &end.row;
    if row.outcome == RunOutcome::Failed {
        return Exit::Failed;
    }
    let missing = row.watches_failed
        + row.not_found
        + row.expired_unseen
        + row.deferred_again
        + end.lists_incomplete;
    if missing > 0 && !allow_partial {
        Exit::Partial
    } else {
        Exit::Done
    }
}

fn closing_line(end: &RoundEnd) -> String {
    let row = &end.row;
    format!(
        "run {}: {}; {} of {} watches asked, {} new versions, {} requests, evidence {}",
        row.run_id,
        row.outcome,
        row.watches_polled,
        row.watches_due,
        row.counts.versions_new,
        row.counts.requests,
        end.evidence_size
    )
}

/// Prints a line, or adds it to a file.
fn append_line(
    target: &FileOrStd,
    format: DataFormat,
    what: &str,
    line: &str,
) -> anyhow::Result<()> {
    match target {
        FileOrStd::Std => {
            output::line_to_stdout(format, line).with_context(|| format!("cannot print {what}"))
        }
        FileOrStd::File(path) => OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            // In one piece: runs of other databases may append to the same file.
            .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
            .with_context(|| format!("cannot append {what} to {}", path.display())),
    }
}
