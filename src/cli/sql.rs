//! `optrail sql`.

mod rows;
mod statement;

use std::io::{IsTerminal as _, stdout};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use self::rows::{Shown, write_some};
use super::output::{notice, stdout_width, to_stdout};
use super::sections::json_layout;
use super::values::{duration, some_text, words};
use super::when::{AsOf, as_of};
use super::{Exit, UsageError, database};
use crate::config::Config;
use crate::export::{Format, Layout, encoder};
use crate::model::{Clock as _, SystemClock};
use crate::store::StoreError;
use crate::store::query::{Query, end_after, restrict_to_select};

/// Rows that a terminal shows where nobody says how many: what somebody may still scroll through.
const TERMINAL_ROWS: u64 = 1_000;

/// How long somebody who sits before a terminal is kept waiting.
const TERMINAL_PATIENCE: Duration = Duration::from_secs(60);

/// Ask the views in SQL, read-only
///
/// Nothing can be written, attached or set. `optrail schema` and the view data_dictionary explain the views.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail sql 'select * from operations where has_failures'
  optrail sql --format csv 'select status, count(*) from results group by status'
  optrail sql --as-of 2026-01-31 'select status, count(*) from operations group by status'
  optrail query 'select * from status_timeline order by entered_latest_at desc limit 5'
  optrail sql --file report.sql --format jsonl --timeout 10m")]
pub struct SqlArgs {
    /// One SELECT statement; '-' reads it from stdin
    #[arg(value_name = "SQL", value_parser = some_text, required_unless_present = "file", conflicts_with = "file")]
    pub sql: Option<String>,

    /// Read the statement from a file
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// As it was at a time (2026-01-31, yesterday, -7d), or with so many leaves of evidence
    #[arg(long, value_name = "TIME|SIZE", value_parser = as_of, allow_hyphen_values = true)]
    pub as_of: Option<AsOf>,

    /// How to write rows [default: table on a terminal, else csv]
    #[arg(long, value_name = "FORMAT", value_parser = words(&Format::ALL, Format::as_str))]
    pub format: Option<Format>,

    /// Write so many rows at most; 0 for all [default: 1000 on a terminal, else all]
    #[arg(long, value_name = "ROWS")]
    pub limit: Option<u64>,

    /// End a statement that takes longer [default: 60s on a terminal, else none]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
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

    /// How many rows to write at most; `None` for all.
    fn limit(&self, is_terminal: bool) -> Option<u64> {
        let default = is_terminal.then_some(TERMINAL_ROWS);
        self.limit
            .map_or(default, |rows| Some(rows).filter(|rows| *rows > 0))
    }

    fn timeout(&self, is_terminal: bool) -> Option<Duration> {
        self.timeout
            .or_else(|| is_terminal.then_some(TERMINAL_PATIENCE))
    }
}

/// Asks, and writes the answer to stdout.
pub fn run(args: &SqlArgs, config: &Config) -> anyhow::Result<Exit> {
    if !config.accounts.is_empty() {
        return Err(UsageError(
            "--account does not narrow a statement: write WHERE account_id = '…' in it, or use `optrail export`".to_owned(),
        )
        .into());
    }
    let sql = statement::read(args.sql.as_deref(), args.file.as_deref())?;
    let mut database = database::to_read_as_of(config, args.as_of, SystemClock.now())?;
    database.warn_if_behind()?;
    restrict_to_select(&mut database.connection)?;
    let is_terminal = stdout().is_terminal();
    let timeout = args.timeout(is_terminal);
    if let Some(timeout) = timeout {
        end_after(&mut database.connection, timeout)?;
    }
    let format = args.format(is_terminal);
    let width = stdout_width();
    let layout = Layout {
        width,
        color: config.color.allows(width.is_some()),
        ..json_layout()
    };
    let mut encoder = encoder(format, &layout)?;
    let mut query = Query::prepare(&database.connection, &sql)
        .map_err(|error| UsageError(error.to_string()))?;
    let limit = args.limit(is_terminal);
    let names = rows::column_names(query.columns(), format);
    let written = to_stdout(format.into(), |out| {
        write_some(&mut query, &names, limit, encoder.as_mut(), out)
    });
    let shown = written.map_err(|error| match timeout {
        Some(timeout) if is_interrupted(&error) => error.context(format!(
            "the statement was ended after {} s; narrow it, or give it longer with --timeout (as in --timeout 10m)",
            timeout.as_secs_f64()
        )),
        _ => error,
    })?;
    if let (Some(Shown::First(rows)), None) = (shown, args.limit) {
        let text =
            format!("these are the first {rows} rows; --limit 0 shows all, and so does a pipe");
        notice(config, &text);
    }
    Ok(Exit::Done)
}

fn is_interrupted(error: &anyhow::Error) -> bool {
    let causes = error.chain().filter_map(|cause| cause.downcast_ref());
    causes.into_iter().any(StoreError::is_interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(limit: Option<u64>, timeout: Option<u64>) -> SqlArgs {
        SqlArgs {
            sql: Some("SELECT 1".to_owned()),
            file: None,
            as_of: None,
            format: None,
            limit,
            timeout: timeout.map(Duration::from_secs),
        }
    }

    #[test]
    fn a_terminal_is_spared_and_a_pipe_gets_all() {
        let plain = typed(None, None);
        assert_eq!(plain.limit(true), Some(TERMINAL_ROWS));
        assert_eq!(plain.limit(false), None);
        assert_eq!(plain.timeout(true), Some(TERMINAL_PATIENCE));
        assert_eq!(plain.timeout(false), None);
        let all = typed(Some(0), Some(1));
        assert_eq!(all.limit(true), None);
        assert_eq!(typed(Some(7), None).limit(false), Some(7));
        assert_eq!(all.timeout(false), Some(Duration::from_secs(1)));
    }
}
