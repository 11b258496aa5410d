//! `optrail verify`.

use clap::Args;

use super::values::ReportFormat;

/// Compute everything again from the evidence and compare
///
/// Each difference is named by table and key. Compared with no external copy: someone who can
/// write the file can re-write all of it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail verify
  optrail verify --quick
  optrail verify --format json

Exit status: 0 all agrees, 1 the database cannot be read, 3 something differs.")]
pub struct VerifyArgs {
    /// Leaves, tree, and the state of the file; bodies and derived rows are not read
    #[arg(long, conflicts_with = "leaves")]
    pub quick: bool,

    /// Leaves and tree alone
    #[arg(long)]
    pub leaves: bool,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Leaves and tree.
    Leaves,
    /// Those, and the state of the file.
    Quick,
    /// Everything.
    Full,
}

impl VerifyArgs {
    /// How much to compare.
    pub const fn depth(&self) -> Depth {
        match (self.leaves, self.quick) {
            (true, _) => Depth::Leaves,
            (false, true) => Depth::Quick,
            (false, false) => Depth::Full,
        }
    }
}
