//! `optrail init`.

use clap::Args;

/// Create the database
///
/// Needed once at most: the first `watch add` creates it too. A database that exists is left as
/// it is. The file and its directory are for their owner only.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail init
  optrail init --db /srv/audit/optrail.db")]
pub struct InitArgs {}
