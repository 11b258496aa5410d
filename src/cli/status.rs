//! `optrail status`.

mod text;

use std::path::Path;

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::account_words::account_words;
use super::output::{DataFormat, to_stdout};
use super::schedule::Schedule;
use super::sections::{Look, json};
use super::values::ReportFormat;
use super::{Exit, database};
use crate::config::Config;
use crate::evidence::checkpoint::Checkpoint;
use crate::model::{Clock as _, DAY_MS, SystemClock, UtcMillis};
use crate::store::disk;
use crate::store::query::{OwnedValue, Rows};
use crate::store::status::Status;

/// Show what is wrong, the last runs, what expires soon, watches, and the file's size
///
/// And accounts, what nobody sees now, what watches of stack groups and last tasks have found, and the pace
/// that was learned. Growth is the file's size by its age. --tz chooses the zone of times. `optrail check` looks
/// further, and its exit status says whether anything needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail status
  optrail status --tz Asia/Shanghai
  optrail status --format json")]
pub struct StatusArgs {
    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// Answers how the recorder is doing.
pub fn run(args: &StatusArgs, config: &Config) -> anyhow::Result<Exit> {
    let database = database::to_read(config)?;
    let now = SystemClock.now();
    let mut status = database.read(|connection| -> anyhow::Result<Status> {
        let accounts = account_words(config, connection)?;
        Ok(Status::read(connection, &accounts)?)
    })?;
    add_remaining(&mut status.expiring, now);
    let seal = Seal::of(database.sealed.as_ref(), &status);
    let size = FileSize::of(&config.database);
    let schedule = Schedule::of(status.last_collect, config.every, now);
    match args.format {
        ReportFormat::Text => {
            let shown = text::Shown {
                status: &status,
                path: &config.database,
                size,
                schedule: schedule.as_ref(),
                seal: seal.as_ref(),
            };
            let look = Look {
                now,
                ..Look::of_stdout(config)
            };
            let text = text::write(&shown, &look)?;
            to_stdout(DataFormat::Escaped, |out| {
                Ok(out.write_all(text.as_bytes())?)
            })?;
        }
        ReportFormat::Json => {
            let document = Document::new(
                &status,
                &config.database,
                size,
                schedule,
                now,
                seal.as_ref(),
            )?;
            let text = serde_json::to_string_pretty(&document)?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        }
    }
    Ok(Exit::Done)
}

/// How far the log is signed.
struct Seal {
    size: i64,
    origin: String,
    /// Whether the state directory says so, and the leaves agree; else a row of the file, which anybody may have
    /// put there.
    is_checked: bool,
}

impl Seal {
    fn of(checked: Option<&Checkpoint>, status: &Status) -> Option<Self> {
        let checked = checked.map(|checkpoint| Self {
            // The log has that many leaves.
            size: i64::try_from(checkpoint.size).unwrap_or(i64::MAX),
            origin: checkpoint.origin.clone(),
            is_checked: true,
        });
        let said = status.said_sealed.as_ref().map(|row| Self {
            size: row.size,
            origin: row.origin.clone(),
            is_checked: false,
        });
        checked.or(said)
    }
}

/// Adds how long the ids still live, or that they are overdue: seconds_left, and remaining for people.
fn add_remaining(expiring: &mut Rows, now: UtcMillis) {
    let Some(place) = expiring.column("expires_by") else {
        return;
    };
    for row in &mut expiring.rows {
        let at = row.get(place).and_then(|value| match value {
            OwnedValue::Text(text) => UtcMillis::parse_rfc3339(text),
            _ => None,
        });
        let seconds = at.map(|at| at.unix_seconds() - now.unix_seconds());
        let remaining = seconds.map(|seconds| match seconds {
            ..0 => "overdue".to_owned(),
            left => format!("{} min", left / 60),
        });
        row.push(seconds.map_or(OwnedValue::Null, OwnedValue::Integer));
        row.push(remaining.map_or(OwnedValue::Null, OwnedValue::Text));
    }
    let names = ["seconds_left", "remaining"];
    expiring.columns.extend(names.map(str::to_owned));
}

/// Bytes on disk; a file that is not there has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileSize {
    pub(super) database: u64,
    /// The write-ahead log, which the database takes in from time to time.
    pub(super) log: u64,
}

impl FileSize {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            database: disk::bytes_of(path),
            log: disk::log_bytes(path),
        }
    }

    /// Bytes a day since the file was made; `None` in its first day.
    fn growth(self, created_at: UtcMillis, now: UtcMillis) -> Option<u64> {
        let age_ms = now
            .0
            .checked_sub(created_at.0)
            .filter(|age| *age >= DAY_MS)?;
        let a_day = i128::from(self.database) * i128::from(DAY_MS) / i128::from(age_ms);
        u64::try_from(a_day).ok()
    }
}

/// The answer for programs.
#[derive(Serialize)]
struct Document {
    database: String,
    database_bytes: u64,
    write_ahead_log_bytes: u64,
    bytes_per_day: Option<u64>,
    simulated: bool,
    evidence_size: i64,
    derived_through: i64,
    sealed_size: i64,
    sealed_by: Option<String>,
    /// Whether that was compared with the state directory; else a checkpoint in the file says so.
    seal_checked: bool,
    unknowns: i64,
    schedule: Option<Schedule>,
    accounts: Box<RawValue>,
    watches: Box<RawValue>,
    discovery: Box<RawValue>,
    failing: Box<RawValue>,
    expiring: Box<RawValue>,
    gaps: Box<RawValue>,
    runs: Box<RawValue>,
    outcomes: Box<RawValue>,
    limits: Box<RawValue>,
}

impl Document {
    fn new(
        status: &Status,
        path: &Path,
        size: FileSize,
        schedule: Option<Schedule>,
        now: UtcMillis,
        seal: Option<&Seal>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            database: path.display().to_string(),
            database_bytes: size.database,
            write_ahead_log_bytes: size.log,
            bytes_per_day: size.growth(status.created_at, now),
            simulated: status.is_simulated,
            evidence_size: status.progress.evidence_size,
            derived_through: status.progress.derived_through,
            sealed_size: seal.as_ref().map_or(0, |seal| seal.size),
            sealed_by: seal.as_ref().map(|seal| seal.origin.clone()),
            seal_checked: seal.is_some_and(|seal| seal.is_checked),
            unknowns: status.unknowns,
            schedule,
            accounts: json(&status.accounts)?,
            watches: json(&status.watches)?,
            discovery: json(&status.discovery)?,
            failing: json(&status.failing)?,
            expiring: json(&status.expiring)?,
            gaps: json(&status.gaps)?,
            runs: json(&status.runs)?,
            outcomes: json(&status.outcomes)?,
            limits: json(&status.limits)?,
        })
    }
}
