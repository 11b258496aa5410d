//! `optrail collect`.

use std::time::Duration;

use clap::Args;

use super::values::{FileOrStd, duration, service};
use crate::model::Service;

/// Requests in flight where nothing else is asked for: the cloud's published limits allow tens of
/// calls a second, and a call takes some tens of milliseconds.
pub const DEFAULT_CONCURRENCY: u16 = 8;

/// Requests in flight at most; more would only wait for the cloud's limits.
pub const MAX_CONCURRENCY: u16 = 256;

/// Ask once about everything that is due
///
/// Made for cron: silent on success, one line when something begins to fail, changes or ends. Each
/// answer is kept before it is read. What the deadline leaves over comes first next time.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail collect
  optrail collect --service cadt --deadline 20s
  optrail collect --recheck --summary runs.jsonl
  */5 * * * * optrail collect

Exit status: 0 done, 1 nothing could be asked, 4 something was not answered, 5 another collector
runs, 130 or 143 ended by a signal. Whatever was answered is kept.")]
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
