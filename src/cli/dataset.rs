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
}

const fn dataset(
    view: &'static str,
    short_name: Option<&'static str>,
    row: &'static str,
) -> Dataset {
    Dataset {
        view,
        short_name,
        row,
    }
}

/// Every dataset, in the order of the documentation.
pub const DATASETS: [Dataset; 21] = [
    dataset(
        "operations",
        None,
        "an operation of any service, as last seen",
    ),
    dataset(
        "operation_history",
        Some("history"),
        "a version of an operation",
    ),
    dataset(
        "status_timeline",
        Some("timeline"),
        "a stretch of one status, of operations and results",
    ),
    dataset("operation_timeline", None, "the same, of operations alone"),
    dataset("result_timeline", None, "the same, of results alone"),
    dataset(
        "ros_operations",
        None,
        "a stack-group operation with every field",
    ),
    dataset("ros_operation_history", None, "a version of one"),
    dataset(
        "ros_operation_lists",
        None,
        "an entry of a list in a version of one",
    ),
    dataset(
        "results",
        None,
        "a target account and region of a stack-group operation",
    ),
    dataset("result_history", None, "a version of one"),
    dataset("drift_checks", None, "a drift detection"),
    dataset(
        "bpstudio_operations",
        None,
        "a CADT operation with every field",
    ),
    dataset("bpstudio_operation_history", None, "a version of one"),
    dataset("batches", None, "a DNS batch task with its counts"),
    dataset("batch_counts", None, "a version of one"),
    dataset("interventions", None, "a stop: who, why, what came of it"),
    dataset(
        "listings",
        None,
        "a reading of all pages, and whether it was whole",
    ),
    dataset("requests", None, "an HTTP exchange"),
    dataset("collection_runs", None, "a run of collect"),
    dataset("watches", None, "a watch: state, origin, who and why"),
    dataset(
        "unknowns",
        None,
        "a word or field that the program does not know, counted",
    ),
];

/// Columns of these views whose text is JSON; `json` and `jsonl` write them as values.
pub const JSON_COLUMNS: [&str; 10] = [
    "account_ids",
    "arguments_json",
    "changed",
    "details",
    "message_json",
    "parameters",
    "rd_folder_ids",
    "redactions",
    "region_ids_order",
    "unknown_fields",
];

/// A name that is no dataset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no dataset; `optrail export --help` lists them")]
pub struct UnknownDataset(String);

/// The dataset of a name, with `_` or `-`, or of a short name.
pub fn find(name: &str) -> Result<&'static Dataset, UnknownDataset> {
    let view = name.replace('-', "_");
    DATASETS
        .iter()
        .find(|dataset| dataset.view == view || dataset.short_name == Some(&view))
        .ok_or_else(|| UnknownDataset(name.to_owned()))
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
    fn names_are_unique() {
        let mut names: Vec<&str> = DATASETS.iter().map(|dataset| dataset.view).collect();
        names.extend(DATASETS.iter().filter_map(|dataset| dataset.short_name));
        let total = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), total);
    }
}
