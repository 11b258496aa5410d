//! `optrail stop`.

use clap::Args;

use super::values::{region, some_text};

/// Stop a stack-group operation, and record who, why, and what came of it
///
/// The only command that changes anything in the cloud. The intent is kept before the call is
/// sent; the call is sent again only where the answer proves that it was not carried out. Works
/// while a collector runs.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail stop 6da106ca-1784-4a6f-a7e1-e723863d0000 --reason 'wrong template'
  optrail stop 6da106ca-1784-4a6f-a7e1-e723863d0000 --region cn-hangzhou \\
      --reason 'wrong template' --ticket CHG-1042 --yes --wait")]
pub struct StopArgs {
    /// Operation to stop
    #[arg(value_name = "ID", value_parser = some_text)]
    pub id: String,

    /// Why; kept for ever
    #[arg(long, value_name = "TEXT", value_parser = some_text)]
    pub reason: String,

    /// Region of the stack group [default: the watch's, else that of the profile or environment]
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Option<String>,

    /// Ticket or change that asks for it
    #[arg(long, value_name = "TICKET", value_parser = some_text)]
    pub ticket: Option<String>,

    /// Do not ask for confirmation; required where stdin is no terminal
    #[arg(long)]
    pub yes: bool,

    /// Collect until the operation has ended, and say how
    #[arg(long)]
    pub wait: bool,
}
