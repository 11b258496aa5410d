//! `optrail show`.

use clap::Args;

use super::values::{ReportFormat, some_text};

/// Show one operation with its timeline and results
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail show 6da106ca-1784-4a6f-a7e1-e723863d0000
  optrail show 6da1
  optrail show 6da1 --format json")]
pub struct ShowArgs {
    /// Operation; a prefix will do if only one operation has it
    #[arg(value_name = "ID", value_parser = some_text)]
    pub id: String,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}
