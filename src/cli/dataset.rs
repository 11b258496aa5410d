//! The datasets: the views that `export` offers, their short names, and what a row of each is.

use std::fmt::Write as _;

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
    }
}

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
    ),
    dataset(
        "operation_history",
        Some("history"),
        "a version of an operation",
        operation_key!("version"),
    ),
    dataset(
        "status_timeline",
        Some("timeline"),
        "a stretch of one status, of operations and results",
        operation_key!("scope", "target_account_id", "target_region_id", "sequence"),
    ),
    dataset(
        "operation_timeline",
        None,
        "the same, of operations alone",
        operation_key!("sequence"),
    ),
    dataset(
        "result_timeline",
        None,
        "the same, of results alone",
        operation_key!("target_account_id", "target_region_id", "sequence"),
    ),
    dataset(
        "ros_operations",
        None,
        "a stack-group operation with every field",
        operation_key!(),
    ),
    dataset(
        "ros_operation_history",
        None,
        "a version of one",
        operation_key!("version"),
    ),
    dataset(
        "ros_operation_lists",
        None,
        "an entry of a list in a version of one",
        operation_key!("version", "list", "position"),
    ),
    dataset(
        "results",
        None,
        "a target account and region of a stack-group operation",
        operation_key!("target_account_id", "target_region_id"),
    ),
    dataset(
        "result_history",
        None,
        "a version of one",
        operation_key!("target_account_id", "target_region_id", "version"),
    ),
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
    ),
    dataset("drift_checks", None, "a drift detection", operation_key!()),
    dataset(
        "bpstudio_operations",
        None,
        "a CADT operation with every field",
        operation_key!(),
    ),
    dataset(
        "bpstudio_operation_history",
        None,
        "a version of one",
        operation_key!("version"),
    ),
    dataset(
        "batches",
        None,
        "a DNS batch task with its counts",
        operation_key!(),
    ),
    dataset(
        "batch_counts",
        None,
        "a version of one",
        operation_key!("version"),
    ),
    dataset(
        "batch_details",
        None,
        "a row of a DNS batch task that has ended",
        operation_key!("position"),
    ),
    dataset(
        "interventions",
        None,
        "a stop: who, why, what came of it",
        operation_key!("intervention_id"),
    ),
    dataset(
        "listings",
        None,
        "a reading of all pages, and whether it was whole",
        &["listing_id"],
    ),
    dataset("requests", None, "an HTTP exchange", &["exchange_id"]),
    dataset("collection_runs", None, "a run of collect", &["run_id"]),
    dataset(
        "watches",
        None,
        "a watch: state, origin, who and why",
        &["watch_id"],
    ),
    dataset(
        "stack_groups",
        Some("groups"),
        "a stack group, as last seen",
        &["account_id", "region_id", "stack_group_id"],
    ),
    dataset(
        "stack_group_history",
        None,
        "a version of one",
        &["account_id", "region_id", "stack_group_id", "version"],
    ),
    dataset(
        "unknowns",
        None,
        "a word or field that the program does not know, counted",
        &["action", "kind", "name", "value"],
    ),
    dataset(
        "coverage_gaps",
        Some("gaps"),
        "a stretch in which something due was not seen",
        operation_key!("scope", "gap_from", "gap_id"),
    ),
    dataset(
        "accounts",
        None,
        "an account: its names, and when it was met",
        &["account_id", "labels"],
    ),
    dataset(
        "runs_skipped",
        None,
        "a collector that asked nothing, and why",
        &["skipped_id"],
    ),
    dataset(
        "run_notes",
        None,
        "an account of a run that could not be asked",
        &["note_id"],
    ),
    dataset(
        "credential_calls",
        None,
        "a call for credentials, without its answer",
        &["credential_call_id"],
    ),
    dataset(
        "clock_steps",
        None,
        "a step of the recorder's own clock",
        &["clock_step_id"],
    ),
    dataset(
        "checkpoints",
        None,
        "a signed head of the tree",
        &["evidence_size"],
    ),
    dataset(
        "signing_keys",
        None,
        "an event of a key that signs checkpoints",
        &["key_event_id"],
    ),
    dataset(
        "restores",
        None,
        "a time at which the log was taken up again",
        &["restore_id"],
    ),
    dataset(
        "schema_changes",
        None,
        "a time at which the file was brought to a newer schema",
        &["schema_change_id"],
    ),
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
#[error("'{name}' is no dataset; did you mean {nearest}? `optrail export --help` lists them")]
pub struct UnknownDataset {
    name: String,
    nearest: &'static str,
}

/// The dataset of a name, with `_` or `-`, or of a short name.
pub fn find(name: &str) -> Result<&'static Dataset, UnknownDataset> {
    let view = name.replace('-', "_");
    DATASETS
        .iter()
        .find(|dataset| dataset.view == view || dataset.short_name == Some(&view))
        .ok_or_else(|| UnknownDataset {
            name: name.to_owned(),
            nearest: nearest(&view),
        })
}

/// The name that takes the fewest changes; of several the first.
fn nearest(typed: &str) -> &'static str {
    let names = DATASETS
        .iter()
        .flat_map(|dataset| [Some(dataset.view), dataset.short_name])
        .flatten();
    names
        .min_by_key(|name| edit_distance(typed, name))
        .unwrap_or_default()
}

/// Characters to insert, remove or replace to make one text of the other (Levenshtein).
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, c) in from.chars().enumerate() {
        let mut diagonal = row;
        above[0] = row + 1;
        for (column, &other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(c != other);
            diagonal = above[column + 1];
            above[column + 1] = replaced.min(diagonal + 1).min(above[column] + 1);
        }
    }
    above[to.len()]
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
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_spelling_finds_its_view() {
        for name in ["status_timeline", "status-timeline", "timeline"] {
            assert_eq!(find(name).unwrap().view, "status_timeline");
        }
        assert_eq!(find("history").unwrap().view, "operation_history");
        assert!(find("sqlite_master").is_err());
        assert!(find("Operations").is_err());
    }

    #[test]
    fn a_slip_of_the_hand_is_answered_with_the_nearest_name() {
        for (typed, meant) in [
            ("operation", "operations"),
            ("resluts", "results"),
            ("time_line", "timeline"),
            ("Operations", "operations"),
        ] {
            assert_eq!(find(typed).unwrap_err().nearest, meant);
        }
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }

    #[test]
    fn every_dataset_is_a_view_with_its_key_and_every_view_a_dataset() {
        let home = tempfile::tempdir().unwrap();
        let connection = crate::store::open::create(&home.path().join("optrail.db"))
            .unwrap()
            .connection;
        for dataset in &DATASETS {
            let columns = crate::store::selection::columns(&connection, dataset.view).unwrap();
            for column in dataset.key {
                assert!(
                    columns.iter().any(|c| c == column),
                    "{}.{column}",
                    dataset.view
                );
            }
        }
        let views: Vec<_> = crate::store::views::names().collect();
        for view in &views {
            assert!(
                DATASETS.iter().any(|dataset| dataset.view == *view),
                "{view}"
            );
        }
        assert_eq!(views.len(), DATASETS.len());
    }

    #[test]
    fn every_json_column_is_one_of_a_view() {
        let home = tempfile::tempdir().unwrap();
        let connection = crate::store::open::create(&home.path().join("optrail.db"))
            .unwrap()
            .connection;
        let columns: Vec<String> = DATASETS
            .iter()
            .flat_map(|dataset| {
                crate::store::selection::columns(&connection, dataset.view).unwrap()
            })
            .collect();
        for column in JSON_COLUMNS {
            assert!(columns.iter().any(|known| known == column), "{column}");
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = DATASETS.iter().map(|dataset| dataset.view).collect();
        names.extend(DATASETS.iter().filter_map(|dataset| dataset.short_name));
        let total = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), total);
    }
}
