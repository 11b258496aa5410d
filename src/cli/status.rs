//! `optrail status`.

mod schedule;

use std::path::Path;

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use self::schedule::Schedule;
use super::account_words::account_words;
use super::output::{DataFormat, to_stdout};
use super::sections::{Column, Look, json, section};
use super::values::ReportFormat;
use super::{Exit, database};
use crate::config::{Config, DEFAULT_LABEL};
use crate::evidence::checkpoint::Checkpoint;
use crate::export::escape::terminal;
use crate::model::{Clock as _, SystemClock, UtcMillis};
use crate::store::query::{OwnedValue, Rows, Value};
use crate::store::status::Status;

/// Rows that people are shown of a list; programs get all.
const ROWS_SHOWN: usize = 10;

/// One day, in ms.
const DAY_MS: u128 = 24 * 60 * 60 * 1000;

/// Show watches, the last runs, what expires soon, and the file's size
///
/// And accounts, what nobody sees now, what watches of stack groups and last tasks have found, and the pace
/// that was learned. Growth is the file's size by its age.
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
            let text = text(
                &status,
                &config.database,
                size,
                schedule.as_ref(),
                now,
                Look::of_stdout(config),
                seal.as_ref(),
            )?;
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
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self {
            database: length(path),
            log: length(Path::new(&log)),
        }
    }

    /// Bytes a day since the file was made; `None` in its first day.
    fn growth(self, created_at: UtcMillis, now: UtcMillis) -> Option<u64> {
        let age_ms = u128::try_from(now.0.checked_sub(created_at.0)?).ok()?;
        let a_day = u128::from(self.database) * DAY_MS / age_ms.max(1);
        u64::try_from(a_day).ok().filter(|_| age_ms >= DAY_MS)
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
            limits: json(&status.limits)?,
        })
    }
}

/// Where there are several.
const ACCOUNT: Column = ("label", "account");

const ACCOUNTS: [Column; 6] = [
    ("label", "account"),
    ("account_id", "id"),
    ("name", "name"),
    ("watches", "watches"),
    ("last_answer_at", "last answer"),
    ("failing", "failing"),
];

const DISCOVERY: [Column; 6] = [
    ("watch_id", "watch"),
    ("label", "account"),
    ("region_id", "region"),
    ("target", "what"),
    ("found", "found"),
    ("last_asked_at", "last asked"),
];

const GAPS: [Column; 5] = [
    ("watch_id", "watch"),
    ("service", "service"),
    ("operation_id", "operation"),
    ("cause", "cause"),
    ("gap_from_at", "since"),
];

const LIMITS: [Column; 4] = [
    ("label", "account"),
    ("action", "call"),
    ("per_second", "a second"),
    ("learned_at", "learned"),
];

const FAILING: [Column; 6] = [
    ("watch_id", "watch"),
    ("service", "service"),
    ("region_id", "region"),
    ("operation_id", "operation"),
    ("cause", "cause"),
    ("last_failed_at", "last failed"),
];

const EXPIRING: [Column; 4] = [
    ("watch_id", "watch"),
    ("operation_id", "operation"),
    ("expires_by", "expires by"),
    ("remaining", "left"),
];

const RUNS: [Column; 7] = [
    ("run_id", "run"),
    ("kind", "kind"),
    ("started_at", "started"),
    ("outcome", "outcome"),
    ("watches_due", "due"),
    ("watches_failed", "failed"),
    ("requests", "requests"),
];

/// The answer for people.
fn text(
    status: &Status,
    path: &Path,
    size: FileSize,
    schedule: Option<&Schedule>,
    now: UtcMillis,
    look: Look,
    seal: Option<&Seal>,
) -> anyhow::Result<String> {
    let behind = match status.progress.leaves_behind() {
        0 => "rows derived from all".to_owned(),
        behind => format!("rows of the last {behind} not derived yet"),
    };
    let growth = match size.growth(status.created_at, now) {
        Some(a_day) => format!(", {} a day", bytes(a_day)),
        None => String::new(),
    };
    let simulated = if status.is_simulated {
        "Simulated runs in this file asked the simulated cloud: it is no record of yours\n"
    } else {
        ""
    };
    let schedule = match schedule {
        Some(schedule) => format!("Schedule  {}\n", schedule.text()),
        None => String::new(),
    };
    let mut text = format!(
        "Database  {}\n\
         {:10}{}, write-ahead log {}{growth}\n\
         {simulated}Evidence  {} leaves, {behind}\n\
         Sealed    {}\n\
         Watches   {}\n\
         {schedule}\
         Unknown   {}\n",
        path_text(path),
        "",
        bytes(size.database),
        bytes(size.log),
        status.progress.evidence_size,
        sealed(seal, status.progress.evidence_size),
        watches(&status.watches),
        match status.unknowns {
            0 => "no word or field".to_owned(),
            some => format!("{some} words or fields; `optrail export unknowns`"),
        },
    );
    let mut add = |title: &str, rows: &Rows, columns: &[Column]| -> anyhow::Result<()> {
        if !rows.rows.is_empty() {
            text.push_str(&section(title, rows, columns, ROWS_SHOWN, look)?);
        }
        Ok(())
    };
    let has_accounts = has_accounts(&status.accounts);
    let with_account = |columns: &[Column]| match has_accounts {
        true => [&columns[..1], &[ACCOUNT], &columns[1..]].concat(),
        false => columns.to_vec(),
    };
    if has_accounts {
        add("Accounts (times are UTC)", &status.accounts, &ACCOUNTS)?;
    }
    add("Watches that find others", &status.discovery, &DISCOVERY)?;
    add(
        "Failing (times are UTC)",
        &status.failing,
        &with_account(&FAILING),
    )?;
    add(
        "CADT operations that have not ended (their ids die an hour after the start)",
        &status.expiring,
        &EXPIRING,
    )?;
    add(
        "Not seen now; `optrail export gaps` has the past",
        &status.gaps,
        &with_account(&GAPS),
    )?;
    add("Last runs", &status.runs, &RUNS)?;
    add(
        "Pace that the cloud allows, as learned",
        &status.limits,
        &LIMITS,
    )?;
    Ok(text)
}

/// How far the log is signed, and by which key.
fn sealed(seal: Option<&Seal>, evidence_size: i64) -> String {
    let Some(seal) = seal else {
        return "not yet".to_owned();
    };
    let (size, origin) = (seal.size, terminal(&seal.origin));
    match seal.is_checked {
        true => format!("up to {size} of {evidence_size} leaves, by {origin}"),
        false => format!(
            "nobody has checked it; the file says up to {size} of {evidence_size} leaves, by {origin}"
        ),
    }
}

/// Columns of a terminal that a path may take beside its title, in a line of 80.
const PATH_COLUMNS_MAX: usize = 70;

/// A path that fits its line; of a long one the end, which tells files apart.
fn path_text(path: &Path) -> String {
    let text = path.display().to_string();
    let text = terminal(&text);
    let length = text.chars().count();
    if length <= PATH_COLUMNS_MAX {
        return text.into_owned();
    }
    let end = text.chars().skip(length + 1 - PATH_COLUMNS_MAX);
    std::iter::once('…').chain(end).collect()
}

/// One account without a name that works is not worth a table.
fn has_accounts(accounts: &Rows) -> bool {
    let is_plain =
        accounts.text("label") == Some(DEFAULT_LABEL) && accounts.text("failing").is_none();
    accounts.rows.len() > 1 || (accounts.rows.len() == 1 && !is_plain)
}

/// `12: 3 active, 9 settled`; those given up are not counted.
fn watches(rows: &Rows) -> String {
    let mut total = 0;
    let mut parts = Vec::new();
    for row in &rows.rows {
        if let [Value::Text(state), Value::Integer(count)] =
            row.iter().map(Value::from).collect::<Vec<_>>()[..]
            && state != "removed"
        {
            total += count;
            parts.push(format!("{count} {state}"));
        }
    }
    match total {
        0 => "none; `optrail watch add` says what to record".to_owned(),
        total => format!("{total}: {}", parts.join(", ")),
    }
}

/// A size in the largest unit that leaves something before the point.
fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_keeps_its_end() {
        assert_eq!(path_text(Path::new("/a/optrail.db")), "/a/optrail.db");
        let long = format!("/{}/optrail.db", "d".repeat(80));
        let text = path_text(Path::new(&long));
        assert_eq!(text.chars().count(), PATH_COLUMNS_MAX);
        assert!(text.starts_with("…d") && text.ends_with("/optrail.db"));
    }

    #[test]
    fn sizes_have_one_digit_after_the_point() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1_023), "1023 B");
        assert_eq!(bytes(1 << 20), "1.0 MiB");
        assert_eq!(bytes(315_392), "308.0 KiB");
        assert_eq!(bytes(u64::MAX), "17179869183.9 GiB");
    }
}
