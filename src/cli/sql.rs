//! `optrail sql`.

use std::io::{IsTerminal as _, stdout};

use clap::Args;

use super::output::{stdout_width, to_stdout};
use super::rows::write_rows;
use super::sections::json_layout;
use super::values::{some_text, words};
use super::when::{AsOf, as_of};
use super::{Exit, UsageError, database};
use crate::config::Config;
use crate::export::{Format, Layout, encoder};
use crate::model::{Clock as _, SystemClock};
use crate::store::query::{Query, restrict_to_select};

/// Ask the views in SQL, read-only
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail sql 'select * from operations where has_failures'
  optrail sql --format csv 'select status, count(*) from results group by status'
  optrail sql --as-of 2026-01-31 'select status, count(*) from operations group by status'
  optrail query 'select * from status_timeline order by entered_latest_at desc limit 5'")]
pub struct SqlArgs {
    /// One SELECT statement
    #[arg(value_name = "SQL", value_parser = some_text)]
    pub sql: String,

    /// As it was at a time (2026-01-31, yesterday, -7d), or with so many leaves of evidence
    #[arg(long, value_name = "TIME|SIZE", value_parser = as_of, allow_hyphen_values = true)]
    pub as_of: Option<AsOf>,

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

/// Asks, and writes the answer to stdout.
pub fn run(args: &SqlArgs, config: &Config) -> anyhow::Result<Exit> {
    let mut database = database::to_read_as_of(config, args.as_of, SystemClock.now())?;
    database.warn_if_behind()?;
    restrict_to_select(&mut database.connection)?;
    let format = args.format(stdout().is_terminal());
    let width = stdout_width();
    let layout = Layout {
        width,
        color: config.color.allows(width.is_some()),
        ..json_layout()
    };
    let mut encoder = encoder(format, &layout)?;
    let mut query = Query::prepare(&database.connection, &args.sql)
        .map_err(|error| UsageError(error.to_string()))?;
    to_stdout(format.into(), |out| {
        write_rows(&mut query, &[], encoder.as_mut(), out)
    })?;
    Ok(Exit::Done)
}
