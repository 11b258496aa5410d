//! `optrail collect`.

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::values::{FileOrStd, duration, service};
use super::{Exit, asking, output};
use crate::collect::{
    CollectorError, Lock, LockError, RoundEnd, RoundOptions, Stopping, summary_line,
};
use crate::config::Config;
use crate::model::Service;
use crate::store::progress::Progress;
use crate::store::{StoreError, open, watches};

/// Requests in flight where nothing else is asked for: the cloud's published limits allow tens of
/// calls a second, and a call takes some tens of milliseconds.
pub const DEFAULT_CONCURRENCY: u16 = 8;

/// Requests in flight at most; more would only wait for the cloud's limits.
pub const MAX_CONCURRENCY: u16 = 256;

/// Lines about failures that one run prints: enough to see the pattern, few enough for a mail.
const FAILURE_LINES_MAX: usize = 20;

/// Ask once about everything that is due
///
/// Made for cron: silent on success, a line on stderr for each call that failed. Each answer is kept
/// before it is read. What the deadline leaves over comes first next time.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail collect
  optrail collect --service cadt --deadline 20s
  optrail collect --recheck --summary runs.jsonl
  */5 * * * * optrail collect

Exit status: 0 done, 1 could not go on or no watch got an answer, 4 something was not answered,
5 another collector runs, 130 or 143 ended by a signal. Whatever was answered is kept.")]
pub struct CollectArgs {
    /// Only watches of this service: ros, bpstudio (or cadt), alidns; repeatable
    #[arg(long, value_name = "SERVICE", value_parser = service)]
    pub service: Vec<Service>,

    /// Begin no further watch after this long (250ms, 50s, 5m, 1h)
    #[arg(long, value_name = "DURATION", default_value = "50s", value_parser = duration)]
    pub deadline: Duration,

    /// Requests in flight at most
    #[arg(
        long,
        value_name = "N",
        default_value_t = DEFAULT_CONCURRENCY,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_CONCURRENCY))
    )]
    pub concurrency: u16,

    /// Ask about operations that have ended, too
    #[arg(long)]
    pub recheck: bool,

    /// Exit with 0 where it would be 4
    #[arg(long)]
    pub allow_partial: bool,

    /// Append one line of JSON about this run to a file, or print it (-)
    #[arg(long, value_name = "FILE|-")]
    pub summary: Option<FileOrStd>,
}

/// Asks once about everything that is due.
pub fn run(args: &CollectArgs, config: &Config) -> anyhow::Result<Exit> {
    if nothing_watched(config)? {
        return Err(CollectorError::NothingWatched(config.database.clone()).into());
    }
    let _lock = match Lock::exclusive(&config.lock_path()) {
        Ok(lock) => lock,
        Err(LockError::Held(path)) => {
            tracing::info!(lock = %path.display(), "another collector holds the lock");
            return Ok(Exit::Locked);
        }
        Err(error) => return Err(error.into()),
    };
    let stopping = Stopping::default();
    let collector = asking::collector(config, stopping.clone())?;
    let options = RoundOptions {
        services: args.service.clone(),
        only_these_accounts: !config.accounts.is_empty(),
        deadline: args.deadline,
        concurrency: usize::from(args.concurrency),
        recheck: args.recheck,
    };
    let end = asking::runtime()?.block_on(async {
        stopping.listen()?;
        anyhow::Ok(collector.round(&options).await?)
    })?;
    report(args, config, &end)
}

/// Whether nothing was ever to be recorded: said before anything else can be wrong. Evidence whose rows are
/// still to be derived may hold a watch, if the command that added it died; then the run itself will see.
fn nothing_watched(config: &Config) -> anyhow::Result<bool> {
    match open::read_only(&config.database) {
        Ok(connection) => {
            Ok(watches::count(&connection)? == 0
                && Progress::read(&connection)?.leaves_behind() == 0)
        }
        Err(StoreError::Missing(_)) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn report(args: &CollectArgs, config: &Config, end: &RoundEnd) -> anyhow::Result<Exit> {
    if let Some(target) = &args.summary {
        append_summary(target, &summary_line(end))?;
    }
    let exit = exit_of(end, args.allow_partial);
    for failure in failures_worth_a_line(end) {
        output::complaint(config, &failure);
    }
    if end.aborted > 0 {
        output::complaint(config, "the run before this one died; its answers are kept");
    }
    if std::io::stderr().is_terminal() {
        output::notice(config, &closing_line(end));
    }
    Ok(exit)
}

/// Failures as lines, each once: what refuses one watch often refuses many.
fn failures_worth_a_line(end: &RoundEnd) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut more = 0;
    for failure in &end.failures {
        let line = asking::failure_line(failure);
        if lines.contains(&line) {
            continue;
        }
        if lines.len() < FAILURE_LINES_MAX {
            lines.push(line);
        } else {
            more += 1;
        }
    }
    if more > 0 {
        lines.push(format!("… and {more} more failed calls"));
    }
    if end.row.deferred_again > 0 && end.signal.is_none() {
        lines.push(format!(
            "{} watches were left over twice running: give the run more time (--deadline) or more requests in flight (--concurrency)",
            end.row.deferred_again
        ));
    }
    lines
}

/// What the run came to, as the exit code tells it.
fn exit_of(end: &RoundEnd, allow_partial: bool) -> Exit {
    if let Some(signal) = end.signal {
        return signal.into();
    }
    let row = &end.row;
    if row.outcome == "failed" {
        return Exit::Failed;
    }
    let missing = row.watches_failed + row.not_found + row.expired_unseen + row.deferred_again;
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

fn append_summary(target: &FileOrStd, line: &str) -> anyhow::Result<()> {
    match target {
        FileOrStd::Std => {
            let mut stdout = std::io::stdout().lock();
            writeln!(stdout, "{line}").context("cannot print the summary")
        }
        FileOrStd::File(path) => OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            // In one piece: runs of other databases may append to the same file.
            .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
            .with_context(|| format!("cannot append the summary to {}", path.display())),
    }
}
