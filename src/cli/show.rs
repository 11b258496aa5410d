//! `optrail show`.

mod text;

use anyhow::bail;
use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::account_words::account_words;
use super::output::{DataFormat, to_stdout};
use super::sections::{Look, json, json_first};
use super::values::{ReportFormat, region, some_text};
use super::when::{AsOf, as_of};
use super::{Exit, database};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::model::{Clock as _, OperationKey, SystemClock};
use crate::store::Connection;
use crate::store::dictionary::REMOVED;
use crate::store::query::Rows;
use crate::store::show::{CHOICES, Shown, find, watches_on};

/// Show one operation with its timeline and results
///
/// Bars draw the timeline: solid where looks have shown a status, shaded where it changed between two looks. Of more
/// than 50 results it shows how many there are of each status, region and reason, and the command that writes them
/// all. --tz chooses the zone of times.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail show 6da106ca-1784-4a6f-a7e1-e723863d0000
  optrail show 6da1
  optrail show 6da1 --as-of yesterday
  optrail show 6da1 --tz +08:00
  optrail show 6da1 --format json")]
pub struct ShowArgs {
    /// Operation; a prefix will do if only one operation has it
    #[arg(value_name = "ID", value_parser = some_text)]
    pub id: String,

    /// Region of the stack group, where operations of several have the id
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Option<String>,

    /// As it was at a time (2026-01-31, yesterday, -7d), or with so many leaves of evidence
    #[arg(long, value_name = "TIME|SIZE", value_parser = as_of, allow_hyphen_values = true)]
    pub as_of: Option<AsOf>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// Answers what is known of one operation.
pub fn run(args: &ShowArgs, config: &Config) -> anyhow::Result<Exit> {
    let database = database::to_read_as_of(config, args.as_of, SystemClock.now())?;
    let shown = database.read(|connection| -> anyhow::Result<Shown> {
        let key = choose(connection, &args.id, args.region.as_deref(), config)?;
        Ok(Shown::read(connection, &key)?)
    })?;
    match args.format {
        ReportFormat::Text => {
            let text = text::write(&shown, &Look::of_stdout(config))?;
            to_stdout(DataFormat::Escaped, |out| {
                Ok(out.write_all(text.as_bytes())?)
            })?;
        }
        ReportFormat::Json => {
            let text = serde_json::to_string_pretty(&Document::new(&shown)?)?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        }
    }
    Ok(Exit::Done)
}

/// The one operation that is meant by an id or its beginning.
pub(super) fn choose(
    connection: &Connection,
    id: &str,
    region: Option<&str>,
    config: &Config,
) -> anyhow::Result<OperationKey> {
    let accounts = account_words(config, connection)?;
    let mut found = find(connection, id, region, &accounts)?;
    match found.len() {
        1 => return Ok(found.remove(0)),
        0 => {}
        _ => bail!(
            "several operations begin with '{}'; write more of the id, or --region or --account:{}",
            terminal(id),
            choices(&found)
        ),
    }
    let elsewhere = find(connection, id, None, &[])?;
    if elsewhere.is_empty() {
        bail!("{}", never_seen(id, &watches_on(connection, id)?));
    }
    bail!(
        "no operation that begins with '{}' is of that region and account:{}",
        terminal(id),
        choices(&elsewhere)
    )
}

/// The operations that could be meant, a line each.
fn choices(found: &[OperationKey]) -> String {
    let mut text = String::new();
    for key in found.iter().take(CHOICES) {
        text.push_str("\n  ");
        text.push_str(&name(key));
    }
    if found.len() > CHOICES {
        text.push_str("\n  and more");
    }
    text
}

/// An operation in a few words that are safe on a terminal.
fn name(key: &OperationKey) -> String {
    let (service, region) = (key.service, terminal(&key.region_id));
    let place = if region.is_empty() { "" } else { " " };
    format!(
        "{} ({service}{place}{region}, account {})",
        terminal(&key.operation_id),
        terminal(&key.account_id)
    )
}

/// What to say of an id that no answer has shown.
fn never_seen(id: &str, watches: &Rows) -> String {
    let id = terminal(id);
    let Some(state) = watches.text("state") else {
        return format!(
            "no operation seen has an id that begins with '{id}'; `optrail export operations` lists them"
        );
    };
    if state == REMOVED {
        return format!("operation '{id}' was watched, and given up before it was seen");
    }
    let outcome = match watches.text("last_outcome") {
        Some(outcome) => format!("the last answer was {outcome}"),
        None => "it has not been asked about; `optrail collect` asks".to_owned(),
    };
    format!("operation '{id}' is watched ({state}) and has never been seen: {outcome}")
}

/// The answer for programs; rows are those of the views.
#[derive(Serialize)]
struct Document {
    operation: Box<RawValue>,
    timeline: Box<RawValue>,
    history: Box<RawValue>,
    results: ResultsPart,
    interventions: Box<RawValue>,
}

/// Results, counted, and one by one where they are not too many.
#[derive(Serialize)]
struct ResultsPart {
    total: i64,
    by_status: Box<RawValue>,
    by_region: Box<RawValue>,
    failures: Box<RawValue>,
    failure_reasons: i64,
    rows: Option<Box<RawValue>>,
}

impl Document {
    fn new(shown: &Shown) -> anyhow::Result<Self> {
        Ok(Self {
            operation: json_first(&shown.operation)?,
            timeline: json(&shown.timeline)?,
            history: json(&shown.history)?,
            results: ResultsPart {
                total: shown.results_total,
                by_status: json(&shown.results_by_status)?,
                by_region: json(&shown.results_by_region)?,
                failures: json(&shown.failures)?,
                failure_reasons: shown.failure_reasons,
                rows: shown.results.as_ref().map(json).transpose()?,
            },
            interventions: json(&shown.interventions)?,
        })
    }
}
