//! `optrail status`.

use clap::Args;

use super::values::ReportFormat;

/// Show watches, the last runs, what expires soon, and the file's size
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail status
  optrail status --format json")]
pub struct StatusArgs {
    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}
