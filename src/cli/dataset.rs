//! The datasets: the views that `export` offers, their short names, and what a row of each is.

use std::fmt::Write as _;

use crate::config::nearest;
use crate::store::selection::Time;

/// One view that can be exported.
#[derive(Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The view's name.
    pub view: &'static str,
    /// A shorter name, where there is one.
    pub short_name: Option<&'static str>,
    /// What a row is.
    pub row: &'static str,
    /// The columns that tell rows apart; rows are written in their order.
    pub key: &'static [&'static str],
    /// What `--since` and `--until` are about; `None` where a row has no time.
    pub time: Option<Time>,
    /// Whether each row is about one operation, with whose key its own begins.
    pub is_by_operation: bool,
}

impl Dataset {
    /// A row is of one instant.
    const fn at(self, column: &'static str) -> Self {
        Self {
            time: Some(Time::Point(column)),
            ..self
        }
    }

    /// A row is of a stretch of time.
    const fn between(self, from: &'static [&'static str], until: &'static str) -> Self {
        Self {
            time: Some(Time::Stretch { from, until }),
            ..self
        }
    }

    /// Each row is about one operation that is known.
    const fn by_operation(self) -> Self {
        Self {
            is_by_operation: true,
            ..self
        }
    }
}

const fn dataset(
    view: &'static str,
    short_name: Option<&'static str>,
    row: &'static str,
    key: &'static [&'static str],
) -> Dataset {
    Dataset {
        view,
        short_name,
        row,
        key,
        time: None,
        is_by_operation: false,
    }
}

/// When a stretch of a status began: at the earliest, or, of a first one, when it was first seen.
const ENTERED: &[&str] = &["entered_earliest_at", "entered_latest_at"];

/// The key of an operation, and more columns after it.
macro_rules! operation_key {
    ($($more:literal),*) => {
        &["service", "account_id", "region_id", "operation_id", $($more),*]
    };
}

/// Every dataset, in the order of the documentation.
pub const DATASETS: [Dataset; 36] = [
    dataset(
        "operations",
        None,
        "an operation of any service, as last seen",
        operation_key!(),
    )
    .between(&["first_seen_at"], "last_seen_at")
    .by_operation(),
    dataset(
        "operation_history",
        Some("history"),
        "a version of an operation",
        operation_key!("version"),
    )
    .between(&["first_seen_at"], "replaced_at")
    .by_operation(),
    dataset(
        "status_timeline",
        Some("timeline"),
        "a stretch of one status, of operations and results",
        operation_key!("scope", "target_account_id", "target_region_id", "sequence"),
    )
    .between(ENTERED, "left_latest_at")
    .by_operation(),
    dataset(
        "operation_timeline",
        None,
        "the same, of operations alone",
        operation_key!("sequence"),
    )
    .between(ENTERED, "left_latest_at")
    .by_operation(),
    dataset(
        "result_timeline",
        None,
        "the same, of results alone",
        operation_key!("target_account_id", "target_region_id", "sequence"),
    )
    .between(ENTERED, "left_latest_at")
    .by_operation(),
    dataset(
        "ros_operations",
        None,
        "a stack-group operation with every field",
        operation_key!(),
    )
    .at("first_seen_at")
    .by_operation(),
    dataset(
        "ros_operation_history",
        None,
        "a version of one",
        operation_key!("version"),
    )
    .between(&["first_seen_at"], "replaced_at")
    .by_operation(),
    dataset(
        "ros_operation_lists",
        None,
        "an entry of a list in a version of one",
        operation_key!("version", "list", "position"),
    )
    .by_operation(),
    dataset(
        "results",
        None,
        "a target account and region of a stack-group operation",
        operation_key!("target_account_id", "target_region_id"),
    )
    .between(&["first_seen_at"], "last_seen_at")
    .by_operation(),
    dataset(
        "result_history",
        None,
        "a version of one",
        operation_key!("target_account_id", "target_region_id", "version"),
    )
    .between(&["first_seen_at"], "replaced_at")
    .by_operation(),
    dataset(
        "targets",
        None,
        "an account and region of a stack group: its latest deployment",
        &[
            "service",
            "account_id",
            "region_id",
            "resource_id",
            "target_account_id",
            "target_region_id",
        ],
    )
    .at("since"),
    dataset("drift_checks", None, "a drift detection", operation_key!())
        .at("drift_detection_time")
        .by_operation(),
    dataset(
        "bpstudio_operations",
        None,
        "a CADT operation with every field",
        operation_key!(),
    )
    .at("first_seen_at")
    .by_operation(),
    dataset(
        "bpstudio_operation_history",
        None,
        "a version of one",
        operation_key!("version"),
    )
    .between(&["first_seen_at"], "replaced_at")
    .by_operation(),
    dataset(
        "batches",
        None,
        "a DNS batch task with its counts",
        operation_key!(),
    )
    .at("first_seen_at")
    .by_operation(),
    dataset(
        "batch_counts",
        None,
        "a version of one",
        operation_key!("version"),
    )
    .between(&["first_seen_at"], "replaced_at")
    .by_operation(),
    dataset(
        "batch_details",
        None,
        "a row of a DNS batch task that has ended",
        operation_key!("position"),
    )
    .at("seen_at")
    .by_operation(),
    dataset(
        "interventions",
        None,
        "a stop: who, why, what came of it",
        operation_key!("intervention_id"),
    )
    .at("requested_at"),
    dataset(
        "listings",
        None,
        "a reading of all pages, and whether it was whole",
        &["listing_id"],
    )
    .at("started_at"),
    dataset("requests", None, "an HTTP exchange", &["exchange_id"]).at("requested_at"),
    dataset("collection_runs", None, "a run of collect", &["run_id"]).at("started_at"),
    dataset(
        "watches",
        None,
        "a watch: state, origin, who and why",
        &["watch_id"],
    )
    .between(&["added_at"], "removed_at"),
    dataset(
        "stack_groups",
        Some("groups"),
        "a stack group, as last seen",
        &["account_id", "region_id", "stack_group_id"],
    )
    .between(&["first_seen_at"], "last_seen_at"),
    dataset(
        "stack_group_history",
        None,
        "a version of one",
        &["account_id", "region_id", "stack_group_id", "version"],
    )
    .between(&["first_seen_at"], "replaced_at"),
    dataset(
        "unknowns",
        None,
        "a word or field that the program does not know, counted",
        &["action", "kind", "name", "value"],
    )
    .between(&["first_seen_at"], "last_seen_at"),
    dataset(
        "coverage_gaps",
        Some("gaps"),
        "a stretch in which something due was not seen",
        operation_key!("scope", "gap_from", "gap_id"),
    )
    .between(&["gap_from"], "gap_until"),
    dataset(
        "accounts",
        None,
        "an account: its names, and when it was met",
        &["account_id", "labels"],
    )
    .between(&["first_seen_at"], "last_seen_at"),
    dataset(
        "runs_skipped",
        None,
        "a collector that asked nothing, and why",
        &["skipped_id"],
    )
    .at("skipped_at"),
    dataset(
        "run_notes",
        None,
        "an account of a run that could not be asked",
        &["note_id"],
    )
    .at("noted_at"),
    dataset(
        "credential_calls",
        None,
        "a call for credentials, without its answer",
        &["credential_call_id"],
    )
    .at("requested_at"),
    dataset(
        "clock_steps",
        None,
        "a step of the recorder's own clock",
        &["clock_step_id"],
    )
    .at("found_at"),
    dataset(
        "checkpoints",
        None,
        "a signed head of the tree",
        &["evidence_size"],
    )
    .at("covers_until"),
    dataset(
        "signing_keys",
        None,
        "an event of a key that signs checkpoints",
        &["key_event_id"],
    )
    .at("happened_at"),
    dataset(
        "restores",
        None,
        "a time at which the log was taken up again",
        &["restore_id"],
    )
    .at("restored_at"),
    dataset(
        "schema_changes",
        None,
        "a time at which the file was brought to a newer schema",
        &["schema_change_id"],
    )
    .at("changed_at"),
    dataset(
        "data_dictionary",
        Some("dictionary"),
        "a column of a view, and what it means",
        &["view_name", "position"],
    ),
];

/// Columns of these views whose text is JSON; `json` and `jsonl` write them as values.
pub const JSON_COLUMNS: [&str; 14] = [
    "account_ids",
    "accounts",
    "allowed_values",
    "arguments_json",
    "changed",
    "details",
    "labels",
    "message_json",
    "names",
    "parameters",
    "rd_folder_ids",
    "region_ids_order",
    "services",
    "tags",
];

/// A name that is no dataset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{name}' is no dataset; {}`optrail export --help` lists them",
    nearest.map(|nearest| format!("did you mean {nearest}? ")).unwrap_or_default()
)]
pub struct UnknownDataset {
    name: String,
    nearest: Option<&'static str>,
}

/// The dataset of a name, with `_` or `-`, or of a short name.
pub fn find(name: &str) -> Result<&'static Dataset, UnknownDataset> {
    let view = name.replace('-', "_");
    DATASETS
        .iter()
        .find(|dataset| dataset.view == view || dataset.short_name == Some(&view))
        .ok_or_else(|| UnknownDataset {
            name: name.to_owned(),
            nearest: nearest(&view, names()),
        })
}

/// Every name, short or not.
fn names() -> impl Iterator<Item = &'static str> {
    let names = |dataset: &'static Dataset| [Some(dataset.view), dataset.short_name];
    DATASETS.iter().flat_map(names).flatten()
}

/// The list for the help text, a line each.
pub(super) fn help() -> String {
    let mut text = String::from("Datasets:\n");
    for dataset in &DATASETS {
        let name = match dataset.short_name {
            Some(short) => format!("{} ({short})", dataset.view),
            None => dataset.view.to_owned(),
        };
        // Writing to a String has no way to fail.
        let _ = writeln!(text, "  {name:<27}  {}", dataset.row);
    }
    text
}

#[cfg(test)]
mod tests;
