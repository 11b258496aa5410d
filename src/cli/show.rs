//! `optrail show`.

use anyhow::bail;
use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::output::{DataFormat, to_stdout};
use super::sections::{Column, Look, json, json_first, section, to_seconds};
use super::values::{ReportFormat, region, some_text};
use super::{Exit, database};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::model::OperationKey;
use crate::store::Connection;
use crate::store::query::Rows;
use crate::store::show::{CHOICES, RESULTS_SHOWN, Shown, find, watches_on};

/// Rows that people are shown of a list; programs get all.
const ROWS_SHOWN: usize = 50;

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

    /// Region of the stack group, where operations of several have the id
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Option<String>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// Answers what is known of one operation.
pub fn run(args: &ShowArgs, config: &Config) -> anyhow::Result<Exit> {
    let database = database::to_read(config)?;
    let shown = database.read(|connection| -> anyhow::Result<Shown> {
        let key = choose(connection, args, config)?;
        Ok(Shown::read(connection, &key)?)
    })?;
    match args.format {
        ReportFormat::Text => {
            let text = text(&shown, Look::of_stdout(config))?;
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

/// The one operation that is meant.
fn choose(
    connection: &Connection,
    args: &ShowArgs,
    config: &Config,
) -> anyhow::Result<OperationKey> {
    let (id, region) = (args.id.as_str(), args.region.as_deref());
    let mut found = find(connection, id, region, &config.accounts)?;
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
    if state == "removed" {
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
                rows: shown.results.as_ref().map(json).transpose()?,
            },
            interventions: json(&shown.interventions)?,
        })
    }
}

const TIMELINE: [Column; 7] = [
    ("status", "status"),
    ("entered_latest_at", "first seen"),
    ("left_latest_at", "next seen"),
    ("min_duration_seconds", "min s"),
    ("max_duration_seconds", "max s"),
    ("looks", "looks"),
    ("reason", "reason"),
];

const HISTORY: [Column; 4] = [
    ("version", "version"),
    ("first_seen_at", "first seen"),
    ("status", "status"),
    ("changed", "changed"),
];

const BY_STATUS: [Column; 3] = [
    ("status", "status"),
    ("present", "present"),
    ("results", "results"),
];

const RESULTS: [Column; 5] = [
    ("target_account_id", "account"),
    ("target_region_id", "region"),
    ("status", "status"),
    ("present", "present"),
    ("status_reason", "reason"),
];

const INTERVENTIONS: [Column; 5] = [
    ("requested_at", "stopped"),
    ("os_user", "by"),
    ("reason", "why"),
    ("outcome", "answer"),
    ("effect", "effect"),
];

/// The answer for people.
fn text(shown: &Shown, look: Look) -> anyhow::Result<String> {
    let mut text = header(&shown.operation);
    let mut add = |title: &str, rows: &Rows, columns: &[Column]| -> anyhow::Result<()> {
        if !rows.rows.is_empty() {
            text.push_str(&section(title, rows, columns, ROWS_SHOWN, look)?);
        }
        Ok(())
    };
    add("Timeline (times are UTC)", &shown.timeline, &TIMELINE)?;
    add("Versions", &shown.history, &HISTORY)?;
    add("Results by status", &shown.results_by_status, &BY_STATUS)?;
    if let Some(results) = &shown.results {
        add("Results", results, &RESULTS)?;
    }
    add("Interventions", &shown.interventions, &INTERVENTIONS)?;
    if shown.results_total > RESULTS_SHOWN {
        let id = shown.operation.text("operation_id").unwrap_or_default();
        text.push_str(&format!(
            "\nAll {} results: optrail export results --operation '{}'\n",
            shown.results_total,
            terminal(id)
        ));
    }
    Ok(text)
}

/// `name  value` lines about the operation; what is not known has no line.
fn header(operation: &Rows) -> String {
    let text = |name: &str| operation.text(name).map(terminal);
    let words = |names: &[&str]| {
        let words: Vec<_> = names.iter().filter_map(|name| text(name)).collect();
        words.join(" ").trim().to_owned()
    };
    let instant = |name: &str| operation.text(name).map(to_seconds);
    let mut lines = vec![
        ("Operation", words(&["operation_id"])),
        ("Of", words(&["service", "region_id"])),
        ("Account", words(&["account_id"])),
        ("What", words(&["kind", "resource_name", "resource_id"])),
        ("Status", status(operation)),
        ("Reason", words(&["reason"])),
        ("Counts", counts(operation)),
    ];
    lines.push(("Started", cloud_time(operation, "cloud_started_at")));
    lines.push(("Ended", cloud_time(operation, "cloud_ended_at")));
    if let (Some(first), Some(last)) = (instant("first_seen_at"), instant("last_seen_at")) {
        lines.push(("Seen", format!("{first} to {last} UTC")));
    }
    lines.push(("Watch", words(&["watch_state"])));
    lines
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<10} {value}\n"))
        .collect()
}

/// `SUCCEEDED (succeeded), with failures`.
fn status(operation: &Rows) -> String {
    let word = operation.text("status").unwrap_or("none");
    let phase = operation.text("phase").unwrap_or_default();
    let failures = match operation.integer("has_failures") {
        Some(1) => ", with failures",
        _ => "",
    };
    format!("{} ({phase}){failures}", terminal(word))
}

/// `2 failed, 10 succeeded of 12, counted 2026-01-31 08:00:05 UTC`; nothing while nothing is counted.
fn counts(operation: &Rows) -> String {
    let (Some(total), Some(at)) = (
        operation.integer("total_count"),
        operation.text("counted_at"),
    ) else {
        return String::new();
    };
    let counted = [
        ("failed_count", "failed"),
        ("cancelled_count", "cancelled"),
        ("succeeded_count", "succeeded"),
    ];
    let parts: Vec<String> = counted
        .into_iter()
        .filter_map(|(column, word)| {
            let count = operation.integer(column).filter(|count| *count > 0)?;
            Some(format!("{count} {word}"))
        })
        .collect();
    let parts = if parts.is_empty() {
        "none ended".to_owned()
    } else {
        parts.join(", ")
    };
    format!("{parts} of {total}, counted {} UTC", to_seconds(at))
}

/// A time of the cloud, as read if it could be, else as sent.
fn cloud_time(operation: &Rows, column: &str) -> String {
    match operation.text(column) {
        Some(text) => format!("{} UTC, says the cloud", to_seconds(text)),
        None => match operation.text(&format!("{column}_raw")) {
            Some(raw) => format!("'{}', says the cloud", terminal(raw)),
            None => String::new(),
        },
    }
}
