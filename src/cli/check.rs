//! `optrail check`.

use std::io::{IsTerminal as _, stderr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::account_words::account_words;
use super::output::{DataFormat, notice, to_stdout};
use super::read::{self, STATEMENT_LONGEST_BYTES};
use super::schedule::Schedule;
use super::sections::Look;
use super::values::{ReportFormat, duration};
use super::when::{When, when};
use super::{Exit, database};
use crate::config::{Config, Verbosity};
use crate::export::escape::terminal;
use crate::export::paint::painted;
use crate::export::wrap::wrap;
use crate::model::{Clock as _, DAY_MS, SystemClock, UtcMillis};
use crate::report::check::{Finding, Scope, Status, counts, look, of_query, seal};
use crate::store::progress::Progress;
use crate::store::query::{end_after, restrict_to_select};
use crate::store::status::last_collect;
use crate::store::{Connection, StoreError};

/// Days that a drift detection may be old at most: a century.
const DRIFT_DAYS_MAX: i64 = 36_525;

/// Where the reason begins below its resource.
const INDENT: usize = 7;

/// Look for what needs a person
///
/// One line for each finding, and nothing at all where all is well, so that cron is silent.
///
/// What lasts is told however old it is: operations of stack groups that failed, until a later operation of the
/// group has ended for the same targets or the group is gone; ids that the cloud does not know; watches that are not
/// seen; groups that drifted; stops that were refused, or have no effect after 15 minutes; a run that is overdue. What
/// is a point in the past is told while it is younger than --since: CADT operations and DNS batches that failed, ids
/// that expired unseen, stretches without runs, words and fields that are new to this program. What a person has
/// dealt with ends by `optrail watch remove ID --reason TEXT`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail check
  optrail check --since 30d --drift-days 90
  optrail check --sql untagged.sql --timeout 5m --format json
  17 8 * * * optrail check                  in a crontab: mail in the morning, if anything is wrong

A file of --sql holds one SELECT that answers the columns resource, status and reason; status is one
of ok, info, skip, alarm, error. Further columns stand in the JSON. A query that fails is a finding.

Exit status: 0 nothing needs a person, 3 something does (status alarm or error), 1 nothing could be
looked at.")]
pub struct CheckArgs {
    /// Points in the past count from here on: a time, a day, or so long ago
    #[arg(long, value_name = "TIME", value_parser = when, default_value = "7d", allow_hyphen_values = true)]
    pub since: When,

    /// A query of your own, whose rows are findings; repeatable
    #[arg(long, value_name = "FILE")]
    pub sql: Vec<PathBuf>,

    /// End each query of --sql that takes longer, and tell so as a finding
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub timeout: Duration,

    /// Tell stack groups whose drift was not detected for so many days, too
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=DRIFT_DAYS_MAX))]
    pub drift_days: Option<i64>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// What was found, and of what.
struct Answer {
    findings: Vec<Finding>,
    since: UtcMillis,
    progress: Progress,
}

/// Looks at everything, and tells what needs a person.
pub fn run(args: &CheckArgs, config: &Config) -> anyhow::Result<Exit> {
    let now = SystemClock.now();
    let answer = find(args, config, now)?;
    let is_bad = answer
        .findings
        .iter()
        .any(|finding| finding.status.is_bad());
    match args.format {
        ReportFormat::Text => {
            let shown = Look::of_stdout(config);
            let text = text(&answer.findings, &shown, config.verbosity);
            to_stdout(DataFormat::Escaped, |out| {
                Ok(out.write_all(text.as_bytes())?)
            })?;
            if stderr().is_terminal() {
                notice(config, &closing(&answer));
            }
        }
        ReportFormat::Json => {
            let text = serde_json::to_string_pretty(&document(&answer))?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        }
    }
    Ok(if is_bad { Exit::BadNews } else { Exit::Done })
}

fn find(args: &CheckArgs, config: &Config, now: UtcMillis) -> anyhow::Result<Answer> {
    let mut database = database::to_read(config)?;
    let since = args.since.resolve(now, &config.zone);
    let sealed = database.sealed.as_ref().map(|checkpoint| checkpoint.size);
    // Everything is of one moment, the user's own queries included.
    database.stay()?;
    let connection = &database.connection;
    let scope = Scope {
        accounts: account_words(config, connection)?,
        now,
        since,
        drift_max_ms: args.drift_days.map(|days| days * DAY_MS),
        overdue_since: overdue_since(connection, config, now)?,
    };
    let mut findings = look(connection, &scope)?;
    let progress = Progress::read(connection)?;
    findings.push(seal(sealed, progress.evidence_size));
    if !args.sql.is_empty() {
        restrict_to_select(&mut database.connection)?;
        for file in &args.sql {
            findings.extend(of_file(&mut database.connection, file, args.timeout)?);
        }
    }
    Ok(Answer {
        findings,
        since,
        progress,
    })
}

/// The start of the last run, where the next one is overdue: as `status` and `doctor` judge it.
fn overdue_since(
    connection: &Connection,
    config: &Config,
    now: UtcMillis,
) -> Result<Option<UtcMillis>, StoreError> {
    let last = last_collect(connection)?;
    let schedule = Schedule::of(last, config.every, now);
    let is_overdue = schedule.is_some_and(|schedule| schedule.is_overdue());
    Ok(last.started_at.filter(|_| is_overdue))
}

/// The findings of one file, whose query may take so long.
fn of_file(
    connection: &mut Connection,
    file: &Path,
    timeout: Duration,
) -> Result<Vec<Finding>, StoreError> {
    let name = file.display().to_string();
    let sql = match read::file(file, STATEMENT_LONGEST_BYTES) {
        Ok(sql) => sql,
        Err(why) => {
            let why = format!("it cannot be read: {why:#}");
            return Ok(vec![Finding::unreadable(&name, &why)]);
        }
    };
    end_after(connection, timeout)?;
    Ok(of_query(connection, &name, &sql))
}

/// Whether a finding is told to people.
fn is_told(finding: &Finding, verbosity: Verbosity) -> bool {
    let wants_all = matches!(verbosity, Verbosity::Verbose | Verbosity::Debug);
    wants_all || finding.status.is_bad()
}

/// The answer for people: a line for each finding, and on a terminal as many as it needs.
fn text(findings: &[Finding], look: &Look, verbosity: Verbosity) -> String {
    let mut out = String::new();
    for finding in findings
        .iter()
        .filter(|finding| is_told(finding, verbosity))
    {
        let word = finding.status.as_str();
        out.push_str(&painted(word, look.color));
        out.extend(std::iter::repeat_n(' ', INDENT - word.len()));
        let mut line = terminal(&finding.resource).into_owned();
        if !finding.reason.is_empty() {
            line.push_str(": ");
            line.push_str(&terminal(&finding.reason));
        }
        let mut where_to = Vec::new();
        where_to.extend(
            finding
                .since
                .map(|at| format!("since {}", look.zone.to_text(at))),
        );
        where_to.extend(finding.see.as_deref().map(|see| terminal(see).into_owned()));
        let tail = where_to.join("; ");
        match look.width {
            Some(_) => {
                wrap(&line, INDENT, INDENT, look.width, &mut out);
                if !tail.is_empty() {
                    out.push_str(&" ".repeat(INDENT));
                    wrap(&tail, INDENT, INDENT, look.width, &mut out);
                }
            }
            None if tail.is_empty() => out.push_str(&format!("{line}\n")),
            None => out.push_str(&format!("{line} ({tail})\n")),
        }
    }
    look.spelled(out)
}

/// What is said last on a terminal.
fn closing(answer: &Answer) -> String {
    let counts = counts(&answer.findings);
    let size = answer.progress.evidence_size;
    let bad = counts[Status::Alarm.as_str()] + counts[Status::Error.as_str()];
    match bad {
        0 => format!("nothing needs a person, says evidence of {size} leaves"),
        1 => format!("1 thing needs a person, says evidence of {size} leaves"),
        several => format!("{several} things need a person, says evidence of {size} leaves"),
    }
}

/// The answer for programs: every finding, also that all is well.
fn document(answer: &Answer) -> Json {
    let findings: Vec<Json> = answer.findings.iter().map(row).collect();
    json!({
        "since": answer.since.to_string(),
        "evidence_size": answer.progress.evidence_size,
        "derived_through": answer.progress.derived_through,
        "counts": counts(&answer.findings),
        "findings": findings,
    })
}

fn row(finding: &Finding) -> Json {
    let key = finding.key.clone().unwrap_or_default();
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let evidence = finding.evidence.ranges().flatten();
    let more: Map<String, Json> = finding
        .more
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let mut row = json!({
        "resource": finding.resource,
        "status": finding.status.as_str(),
        "reason": finding.reason,
        "kind": finding.kind.as_str(),
        "service": some(key.service),
        "account_id": some(key.account_id),
        "region_id": finding.key.as_ref().map(|key| &key.region_id),
        "operation_id": some(key.operation_id),
        "since_at": finding.since.map(|at| at.to_string()),
        "evidence": evidence.collect::<Vec<i64>>(),
        "evidence_left_out": finding.evidence_left_out,
        "see": finding.see,
    });
    if !more.is_empty() {
        row["more"] = Json::Object(more);
    }
    row
}
