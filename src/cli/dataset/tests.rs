//! That every view is a dataset with its key and its time, and every name is found.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::store::selection::OPERATION_KEY;

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
        assert_eq!(find(typed).unwrap_err().nearest, Some(meant));
    }
    let strange = find("zzz").unwrap_err().to_string();
    assert!(!strange.contains("did you mean"), "{strange}");
}

#[test]
fn every_dataset_is_a_view_with_its_key_and_every_view_a_dataset() {
    let home = tempfile::tempdir().unwrap();
    let connection = crate::store::open::create(&home.path().join("optrail.db"))
        .unwrap()
        .connection;
    for dataset in &DATASETS {
        let columns = crate::store::selection::columns(&connection, dataset.view).unwrap();
        let times = match dataset.time {
            Some(Time::Point(column)) => vec![column],
            Some(Time::Stretch { from, until }) => [from, &[until]].concat(),
            None => Vec::new(),
        };
        for column in dataset.key.iter().chain(&times) {
            assert!(
                columns.iter().any(|c| c == column),
                "{}.{column}",
                dataset.view
            );
        }
        let begins = dataset.key.starts_with(&OPERATION_KEY);
        assert!(begins || !dataset.is_by_operation, "{}", dataset.view);
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
        .flat_map(|dataset| crate::store::selection::columns(&connection, dataset.view).unwrap())
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
