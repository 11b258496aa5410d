//! What is bound, what is written, and that rows read by operation are those that are sorted.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::store::open;

fn filter(columns: &[&'static str], values: &[&str]) -> Filter {
    Filter {
        columns: columns.to_vec(),
        values: values.iter().map(|&value| value.to_owned()).collect(),
    }
}

#[test]
fn values_are_bound_and_never_written() {
    let filters = [
        filter(&["status"], &["FAILED", "' OR 1=1 --"]),
        filter(&["region_id", "target_region_id"], &["cn-x"]),
    ];
    let period = Period {
        time: Time::Stretch {
            from: &["entered_earliest_at", "entered_latest_at"],
            until: "left_latest_at",
        },
        since: Some("S".to_owned()),
        until: Some("U".to_owned()),
    };
    let conditions = Conditions::of(&filters, Some(&period));
    assert_eq!(
        conditions.where_clause(),
        " WHERE status IN (?1, ?2) AND (region_id IN (?3) OR target_region_id IN (?3)) \
         AND (left_latest_at >= ?4 OR left_latest_at IS NULL) \
         AND (coalesce(entered_earliest_at, entered_latest_at) < ?5 \
         OR coalesce(entered_earliest_at, entered_latest_at) IS NULL)"
    );
    assert_eq!(
        conditions.parameters(),
        ["FAILED", "' OR 1=1 --", "cn-x", "S", "U"]
    );
    assert_eq!(Conditions::default().where_clause(), "");
}

#[test]
fn a_point_is_in_a_period_that_begins_with_it_and_not_in_one_that_ends_with_it() {
    let found = |since: Option<&str>, until: Option<&str>| {
        let period = Period {
            time: Time::Point("t"),
            since: since.map(str::to_owned),
            until: until.map(str::to_owned),
        };
        let conditions = Conditions::of(&[], Some(&period));
        let connection = Connection::open_in_memory().unwrap();
        let sql = format!(
            "SELECT group_concat(t, '') FROM p{}",
            conditions.where_clause()
        );
        connection
            .execute_batch(
                "CREATE TABLE p (t TEXT); INSERT INTO p VALUES ('a'), ('b'), ('c'), (NULL)",
            )
            .unwrap();
        let parameters = rusqlite::params_from_iter(conditions.parameters());
        connection
            .query_row(&sql, parameters, |row| row.get::<_, String>(0))
            .unwrap()
    };
    assert_eq!(found(Some("b"), None), "bc");
    assert_eq!(found(None, Some("b")), "a");
    assert_eq!(found(Some("a"), Some("c")), "ab");
}

/// Every view whose rows are read by operation is asked by seeks alone, one operation at a time.
#[test]
fn one_operation_at_a_time_is_read_by_seeks() {
    let home = tempfile::tempdir().unwrap();
    let connection = open::create(&home.path().join("optrail.db"))
        .unwrap()
        .connection;
    for view in [
        "operations",
        "operation_history",
        "status_timeline",
        "operation_timeline",
        "result_timeline",
        "ros_operations",
        "ros_operation_history",
        "ros_operation_lists",
        "results",
        "result_history",
        "drift_checks",
        "bpstudio_operations",
        "bpstudio_operation_history",
        "batches",
        "batch_counts",
        "batch_details",
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT operation_id FROM {view}
             WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4"
        );
        let mut statement = connection.prepare(&sql).unwrap();
        let steps = statement
            .query_map(["", "", "", ""], |row| row.get::<_, String>(3))
            .unwrap();
        for step in steps {
            let step = step.unwrap();
            // The union itself is a table to walk; both of its arms are searched.
            assert!(
                !step.starts_with("SCAN") || step.starts_with("SCAN (subquery-"),
                "{view}: {step}"
            );
        }
    }
}

#[test]
fn operations_that_are_asked_for_are_found_by_a_search() {
    let home = tempfile::tempdir().unwrap();
    let connection = open::create(&home.path().join("optrail.db"))
        .unwrap()
        .connection;
    for column in ["operation_id", "service"] {
        let which = Conditions::of(&[filter(&[column], &["x"])], None);
        let sql = format!("EXPLAIN QUERY PLAN {}", operations(&which));
        let step: String = connection.query_row(&sql, ["x"], |row| row.get(3)).unwrap();
        assert!(step.starts_with("SEARCH operation"), "{step}");
    }
}
