//! One operation, as people read it.

use crate::cli::sections::{Column, Look, section, to_seconds};
use crate::export::escape::terminal;
use crate::store::query::Rows;
use crate::store::show::{RESULTS_SHOWN, Shown};

/// Rows that people are shown of a list; programs get all.
const ROWS_SHOWN: usize = 50;

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
pub(super) fn write(shown: &Shown, look: Look) -> anyhow::Result<String> {
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
