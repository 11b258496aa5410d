//! `optrail rebuild`.

use clap::Args;

/// Derive every row again from the evidence
///
/// Replaces all derived rows in one transaction, under the collector's lock. Needed after an
/// update that reads answers better than before; the evidence itself is never touched.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail rebuild
  optrail rebuild && optrail verify")]
pub struct RebuildArgs {}
