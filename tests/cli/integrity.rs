//! `verify` and `rebuild`, and a file that someone changed.

use std::fs::File;

use optrail::collect::Lock;
use optrail::config::lock_path;
use rusqlite::Connection;
use serde_json::Value;

use super::bench::Bench;

const LIMIT: &str = "compared with no external copy";

#[test]
fn what_agrees_is_said_with_its_limit() {
    let bench = Bench::with_story();
    for depth in [
        &["verify"][..],
        &["verify", "--quick"],
        &["verify", "--leaves"],
    ] {
        let said = bench.out(depth);
        assert!(said.starts_with("all agrees: "), "{said}");
        assert!(said.trim_end().ends_with(LIMIT), "{said}");
    }
    let json: Value = serde_json::from_str(&bench.out(&["verify", "--format", "json"])).unwrap();
    assert_eq!(
        (&json["agrees"], &json["evidence_size"]),
        (&true.into(), &24.into())
    );
    assert_eq!(json["evidence_root"].as_str().map(str::len), Some(64));
    assert_eq!(json["limits"], LIMIT);
}

#[test]
fn a_changed_row_is_named_and_a_rebuild_makes_it_right() {
    let bench = Bench::with_story();
    let before = bench.out(&["export", "timeline"]);
    Connection::open(bench.database())
        .unwrap()
        .execute(
            "UPDATE operation_version SET status = 'FAILED' WHERE op = 1 AND version = 2",
            [],
        )
        .unwrap();
    let said = bench.run(&["verify"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(
        said.out.contains("operation_version op=1, version=2"),
        "{}",
        said.out
    );
    assert!(said.out.trim_end().ends_with(LIMIT), "{}", said.out);
    let said = bench.run(&["verify", "--format", "json"]);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &json["agrees"]), (3, &false.into()));
    assert_eq!(json["differences"][0]["table"], "operation_version");

    let rebuilt = bench.out(&["rebuild"]);
    assert!(
        rebuilt.ends_with("rows derived from 24 leaves of evidence\n"),
        "{rebuilt}"
    );
    bench.verifies();
    assert_eq!(bench.out(&["export", "timeline"]), before);
}

#[test]
fn a_rebuild_does_not_wait_for_a_collector() {
    let bench = Bench::with_story();
    let lock = File::create(bench.path("optrail.db.lock")).unwrap();
    lock.lock().unwrap();
    let said = bench.complaint(5, &["rebuild"]);
    assert!(said.contains("optrail.db.lock; try again when"), "{said}");
    drop(lock);
    bench.out(&["rebuild"]);
    bench.verifies();
}

#[test]
fn rows_that_lag_behind_are_announced() {
    let bench = Bench::with_story();
    Connection::open(bench.database())
        .unwrap()
        .execute("UPDATE derivation SET derived_through = 19", [])
        .unwrap();
    let said = bench.run(&["export", "operations"]);
    assert_eq!(said.code, 0);
    assert!(
        said.err.contains("the first 20 of 24 leaves"),
        "{}",
        said.err
    );
    assert_eq!(bench.out(&["-q", "export", "operations"]), said.out);
    let status = bench.run(&["status"]).out;
    assert!(
        status.contains("rows of the last 4 not derived yet"),
        "{status}"
    );
}

/// Says of rows that they were derived by the rules of an older version.
fn set_rules_back(bench: &Bench) {
    Connection::open(bench.database())
        .unwrap()
        .execute("UPDATE derivation SET derive_version = 1", [])
        .unwrap();
}

const ANEW: &str = "rows are derived anew by this version's rules";

#[test]
fn fault_50_rows_of_older_rules_are_derived_anew_before_anything_is_recorded() {
    let bench = Bench::with_story();
    let add = ["watch", "add", "cadt", "op_new"];
    set_rules_back(&bench);
    let said = bench.run(&add);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("op_new"), "{said:?}");
    assert!(said.err.contains(ANEW), "{said:?}");
    let again = bench.out(&add);
    assert!(again.contains("is there already"), "{again}");

    set_rules_back(&bench);
    // There are no credentials: what is asked fails, and that is recorded.
    let said = bench.run(&["collect"]);
    assert!(said.err.contains(ANEW), "{said:?}");
    assert!(said.err.contains("account 'default'"), "{said:?}");
    bench.verifies();
}

#[test]
fn a_file_of_an_older_schema_is_not_read_and_says_what_to_do() {
    let bench = Bench::with_story();
    Connection::open(bench.database())
        .unwrap()
        .pragma_update(None, "user_version", 2)
        .unwrap();
    for reader in [
        &["status"][..],
        &["watch", "list"],
        &["collect", "--dry-run"],
        &["export", "operations"],
        &["sql", "select * from operations"],
    ] {
        let said = bench.run(reader);
        assert_eq!(said.code, 1, "{reader:?}: {said:?}");
        assert!(said.err.contains("`optrail rebuild`"), "{said:?}");
        assert!(said.err.contains("has schema 2"), "{said:?}");
    }
}

#[test]
fn a_skipped_run_is_not_kept_in_a_file_whose_views_are_of_another_version() {
    let bench = Bench::with_story();
    let _lock = Lock::exclusive(&lock_path(&bench.database())).unwrap();
    let db = Connection::open(bench.database()).unwrap();
    let count = |sql: &str| -> i64 { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    let skipped = "SELECT count(*) FROM leaf WHERE json_extract(record, '$.t') = 'run_skipped'";
    assert_eq!(bench.run(&["collect"]).code, 5);
    assert_eq!(count(skipped), 1);

    db.execute_batch("DROP VIEW watches").unwrap();
    assert_eq!(bench.run(&["collect"]).code, 5);
    assert_eq!(count(skipped), 1);
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = 'watches'";
    assert_eq!(count(there), 0);
}
