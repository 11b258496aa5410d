//! `optrail demo`.

use clap::Args;

/// Show it all in ten seconds, without an account or a network
///
/// Starts a simulated cloud on loopback, watches a few operations of each service, collects until
/// all has ended, and prints the timeline, some CSV, and what to try next. Records into a new file
/// in the temporary directory unless --db names one; OPTRAIL_DB is not used, so that simulated
/// rows never meet real ones.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail demo
  optrail demo --db demo.db --seed 7
  optrail --db demo.db verify")]
pub struct DemoArgs {
    /// Which story the simulated cloud tells: the same number, the same story
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}
