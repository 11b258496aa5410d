//! `optrail sql`.

use clap::Args;

use super::values::{some_text, words};
use crate::export::Format;

/// Ask the views in SQL, read-only
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail sql 'select * from operations where has_failures'
  optrail sql --format csv 'select status, count(*) from results group by status'
  optrail query 'select * from status_timeline order by entered_latest_at desc limit 5'")]
pub struct SqlArgs {
    /// One SELECT statement
    #[arg(value_name = "SQL", value_parser = some_text)]
    pub sql: String,

    /// How to write rows [default: table on a terminal, else csv]
    #[arg(long, value_name = "FORMAT", value_parser = words(&Format::ALL, Format::as_str))]
    pub format: Option<Format>,
}

impl SqlArgs {
    /// The format to use for a stdout that is, or is not, a terminal.
    pub fn format(&self, is_terminal: bool) -> Format {
        let default = if is_terminal {
            Format::Table
        } else {
            Format::Csv
        };
        self.format.unwrap_or(default)
    }
}
