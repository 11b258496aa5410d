//! That nothing is without a rule, and that being limited keeps a question as quick as it was. What is shown is
//! compared with derivation itself in `tests/as_of.rs`.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::size::tests::keep;
use super::*;
use crate::model::UtcMillis;

/// A file of a run, a listing of results and one of stack groups in it that are open at size 3.
fn file() -> (tempfile::TempDir, std::path::PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    let connection = open::create(&path).unwrap().connection;
    keep(&connection, &[1, 2, 3, 4]);
    connection
        .execute_batch(
            "INSERT INTO operation (op, service, account_id, region_id, operation_id, first_sequence) VALUES (1, 'ros', 'a', 'r', 'x', 1);
             INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'collect', 0);
             INSERT INTO listing (listing_id, op, run_id) VALUES (1, 1, 1);
             INSERT INTO page_listing (listing_id, run_id, action, account_id, region_id, stack_group_name)
             VALUES (2, 1, 'ListStackGroups', 'a', 'r', '')",
        )
        .unwrap();
    (home, path)
}

#[test]
fn every_table_has_one_rule() {
    let connection = crate::store::aside::open_aside().unwrap();
    let mut found: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'refinery_schema_history'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut ruled: Vec<&str> = RULES.iter().map(|(table, _)| *table).collect();
    found.sort();
    ruled.sort();
    assert_eq!(found, ruled);
}

/// The tables of the file that a statement reads, through however many views.
fn tables_read(connection: &mut Connection, sql: &str) -> BTreeSet<String> {
    let read = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&read);
    connection
        .authorizer(Some(move |context: AuthContext<'_>| {
            if let AuthAction::Read { table_name, .. } = context.action {
                seen.lock().unwrap().insert(table_name.to_owned());
            }
            Authorization::Allow
        }))
        .unwrap();
    connection.prepare(sql).unwrap();
    connection
        .authorizer(None::<fn(AuthContext<'_>) -> Authorization>)
        .unwrap();
    let read = read.lock().unwrap().clone();
    let is_table = |name: &&String| views::names().all(|view| view != **name);
    read.iter().filter(is_table).cloned().collect()
}

#[test]
fn every_view_reads_tables_that_have_a_past() {
    let mut connection = crate::store::aside::open_aside().unwrap();
    views::install(&mut connection).unwrap();
    let mut rules = BTreeSet::new();
    for view in views::names() {
        for table in tables_read(&mut connection, &format!("SELECT * FROM {view}")) {
            let rule = RULES.iter().find(|(name, _)| *name == table);
            // Functions that give rows (json_each) are no tables of the file.
            let Some((_, rule)) = rule else {
                assert!(table.starts_with("json_"), "{view} reads {table}");
                continue;
            };
            assert_ne!(*rule, Now, "{view} reads {table}");
            rules.insert(table);
        }
    }
    assert!(rules.len() > 35, "{rules:?}");
}

#[test]
fn what_waits_for_the_end_of_a_listing_is_not_shown() {
    let (_home, path) = file();
    let connection = open::read_only(&path).unwrap();
    for (size, since) in [(0, 0), (1, 1), (2, 1), (3, 1), (4, 1)] {
        assert_eq!(listed_since(&connection, size).unwrap(), since, "{size}");
    }
    assert_eq!(OpenLists::at(&connection, 3).unwrap().oldest(), Some(1));
}

#[test]
fn the_newest_run_is_found_by_halving() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    let connection = open::create(&path).unwrap().connection;
    let run = |run_id: i64, start: i64| {
        connection
            .execute(
                "INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (?1, ?2, 'collect', 0)",
                [run_id, start],
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO listing (listing_id, op, run_id) SELECT ?2 + 1, op, ?1 FROM operation",
                [run_id, start],
            )
            .unwrap();
    };
    connection
        .execute_batch(
            "INSERT INTO operation (op, service, account_id, region_id, operation_id, first_sequence) VALUES (1, 'ros', 'a', 'r', 'x', 1)",
        )
        .unwrap();
    for (run_id, start) in [(1, 1), (2, 11), (5, 21), (6, 31), (9, 41)] {
        run(run_id, start);
    }
    // Each listing closes the one before it; the newest that had begun is open.
    for size in 0..60 {
        let open = OpenLists::at(&connection, size).unwrap().oldest();
        let newest = [2, 12, 22, 32, 42].into_iter().filter(|id| *id < size);
        assert_eq!(open, newest.max(), "{size}");
    }
}

/// The steps of a plan.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let parameters = vec![1; statement.parameter_count()];
    statement
        .query_map(rusqlite::params_from_iter(parameters), |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn one_operation_is_found_by_seeks_alone() {
    let (_home, path) = file();
    let whole = open::read_only(&path).unwrap();
    let mut compared = 0;
    for size in [0, 3] {
        let limited = open_at(&path, size).unwrap();
        for view in views::names() {
            let sql = format!("SELECT * FROM {view} WHERE operation_id = 'x'");
            if whole.prepare(&sql).is_err() {
                continue;
            }
            let scans = |connection: &Connection| {
                let steps = plan(connection, &sql);
                steps.iter().filter(|step| step.starts_with("SCAN")).count()
            };
            // Some views walk something small, or what has no index, whatever the size.
            let (new, old) = (scans(&limited), scans(&whole));
            assert!(new <= old, "{view} at {size}: {:#?}", plan(&limited, &sql));
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared} views say little");
}

#[test]
fn a_size_is_set_without_a_walk_through_the_file() {
    let (_home, path) = file();
    let connection = open::read_only(&path).unwrap();
    for sql in [closing::NEXT_RUN, closing::STILL_OPEN] {
        for step in plan(&connection, sql) {
            let is_small = ["SCAN o", "SCAN open_run"].contains(&step.as_str());
            assert!(!step.starts_with("SCAN") || is_small, "{step}: {sql}");
        }
    }
}

#[test]
fn derivation_is_as_far_as_the_leaves_are() {
    let (_home, path) = file();
    let connection = open::create(&path).unwrap().connection;
    crate::store::derived::advance(&connection, 3).unwrap();
    for size in [0, 2, 4] {
        let limited = open_at(&path, size).unwrap();
        let progress = crate::store::progress::Progress::read(&limited).unwrap();
        assert_eq!(
            (progress.evidence_size, progress.leaves_behind()),
            (size, 0)
        );
    }
    assert_eq!(size_at(&connection, 0, UtcMillis(3)).unwrap(), 3);
}
