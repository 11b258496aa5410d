//! One operation, as people read it.

use crate::cli::sections::{Column, Look, section};
use crate::export::bar::{BarStyle, bars};
use crate::export::document::Stretch;
use crate::export::escape::terminal;
use crate::export::paint::painted;
use crate::export::shell::option;
use crate::model::{Phase, UtcMillis};
use crate::store::query::{Rows, Value};
use crate::store::show::{RESULTS_SHOWN, Shown};

/// Rows that people are shown of a list; programs get all.
const ROWS_SHOWN: usize = 50;

/// Where the values of the head begin.
const NAME_WIDTH: usize = 11;

/// Columns that bars take where stdout is no terminal.
const BARS_WIDTH: usize = 80;

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

const BY_REGION: [Column; 6] = [
    ("target_region_id", "region"),
    ("results", "results"),
    ("succeeded", "succeeded"),
    ("failed", "failed"),
    ("cancelled", "cancelled"),
    ("other", "other"),
];

const FAILURES: [Column; 3] = [
    ("results", "results"),
    ("status", "status"),
    ("status_reason", "reason"),
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
pub(super) fn write(shown: &Shown, look: &Look) -> anyhow::Result<String> {
    let mut text = head(&shown.operation, look);
    text.push_str(&drawn(&shown.timeline, look));
    let mut add = |title: &str, rows: &Rows, columns: &[Column]| -> anyhow::Result<()> {
        if !rows.rows.is_empty() {
            text.push_str(&section(title, rows, columns, ROWS_SHOWN, look)?);
        }
        Ok(())
    };
    add("Timeline", &shown.timeline, &TIMELINE)?;
    add("Versions", &shown.history, &HISTORY)?;
    add("Results by status", &shown.results_by_status, &BY_STATUS)?;
    match &shown.results {
        Some(results) => add("Results", results, &RESULTS)?,
        None => {
            add("Results by region", &shown.results_by_region, &BY_REGION)?;
            add(&failures_title(shown), &shown.failures, &FAILURES)?;
        }
    }
    add("Interventions", &shown.interventions, &INTERVENTIONS)?;
    text.push_str(&how_to_get_all(shown));
    Ok(look.spelled(text))
}

/// That there are more reasons than are shown, if there are.
fn failures_title(shown: &Shown) -> String {
    match (shown.failures.rows.len(), shown.failure_reasons) {
        (some, all) if i64::try_from(some).is_ok_and(|some| some < all) => {
            format!("Why they failed ({some} most frequent of {all} reasons)")
        }
        _ => "Why they failed".to_owned(),
    }
}

/// The commands that write what was only counted.
fn how_to_get_all(shown: &Shown) -> String {
    if shown.results_total <= RESULTS_SHOWN {
        return String::new();
    }
    let id = shown.operation.text("operation_id").unwrap_or_default();
    let command = format!("optrail export results {}", option("--operation", id));
    let failed = match shown.failures.text("status") {
        Some(status) => {
            let chosen = option("--status", status);
            format!("Those of {}: {command} {chosen}\n", terminal(status))
        }
        None => String::new(),
    };
    format!("\nAll {} results: {command}\n{failed}", shown.results_total)
}

/// `name  value` lines about the operation; what is not known has no line.
fn head(operation: &Rows, look: &Look) -> String {
    let text = |name: &str| operation.text(name).map(terminal);
    let words = |names: &[&str]| {
        let words: Vec<_> = names.iter().filter_map(|name| text(name)).collect();
        words.join(" ").trim().to_owned()
    };
    let instant = |name: &str| operation.text(name).map(|at| look.time_of(at));
    let seen = match (instant("first_seen_at"), instant("last_seen_at")) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => String::new(),
    };
    let facts = [
        ("Operation", words(&["operation_id"])),
        ("Of", words(&["service", "region_id"])),
        ("Account", words(&["account_id"])),
        ("What", words(&["kind", "resource_name", "resource_id"])),
        ("Status", status(operation, look)),
        ("Reason", words(&["reason"])),
        ("Counts", counts(operation, look)),
        ("Started", cloud_time(operation, "cloud_started_at", look)),
        ("Ended", cloud_time(operation, "cloud_ended_at", look)),
        ("Seen", seen),
        ("Watch", words(&["watch_state"])),
        ("Times", look.offset()),
    ];
    look.facts(NAME_WIDTH, &facts)
}

/// `SUCCEEDED (succeeded), with failures`.
fn status(operation: &Rows, look: &Look) -> String {
    let word = terminal(operation.text("status").unwrap_or("none"));
    let phase = operation.text("phase").unwrap_or_default();
    let failures = match operation.integer("has_failures") {
        Some(1) => ", with failures",
        _ => "",
    };
    // A word that had to be wrapped would lose its color at the line's end; a longer one has none.
    let is_short = look
        .width
        .is_none_or(|width| word.chars().count() + NAME_WIDTH < width / 2);
    let phase_text = painted(phase, look.color && is_short);
    format!("{word} ({phase_text}){failures}")
}

/// `2 failed, 10 succeeded of 12, counted 2026-01-31 08:00:05`; nothing while nothing is counted.
fn counts(operation: &Rows, look: &Look) -> String {
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
    format!("{parts} of {total}, counted {}", look.time_of(at))
}

/// A time of the cloud, as read if it could be, else as sent.
fn cloud_time(operation: &Rows, column: &str, look: &Look) -> String {
    match operation.text(column) {
        Some(text) => format!("{}, says the cloud", look.time_of(text)),
        None => match operation.text(&format!("{column}_raw")) {
            Some(raw) => format!("'{}', says the cloud", terminal(raw)),
            None => String::new(),
        },
    }
}

/// The stretches as bars, below the times at which these begin and end.
fn drawn(timeline: &Rows, look: &Look) -> String {
    let stretches: Vec<Stretch> = (0..timeline.rows.len())
        .filter_map(|row| stretch(timeline, row))
        .collect();
    let style = BarStyle {
        width: look.width.unwrap_or(BARS_WIDTH),
        ascii: look.ascii,
        color: look.color,
    };
    let Some(bars) = bars(&stretches, style) else {
        return String::new();
    };
    let (from, until) = (look.time(bars.from), look.time(bars.until));
    format!("\nFrom {from} to {until}\n{}", bars.text)
}

/// One row of the timeline. A row that lacks what every stretch has is left out of the drawing.
fn stretch(timeline: &Rows, row: usize) -> Option<Stretch> {
    let text = |name: &str| match Value::from(timeline.rows.get(row)?.get(timeline.column(name)?)?)
    {
        Value::Text(text) => Some(text),
        _ => None,
    };
    let instant = |name: &str| text(name).and_then(UtcMillis::parse_rfc3339);
    Some(Stretch {
        status: text("status").unwrap_or("none").to_owned(),
        phase: text("phase")
            .and_then(Phase::from_word)
            .unwrap_or(Phase::Unknown),
        entered_earliest: instant("entered_earliest_at"),
        entered_latest: instant("entered_latest_at")?,
        left_earliest: instant("left_earliest_at")?,
        left_latest: instant("left_latest_at"),
    })
}
