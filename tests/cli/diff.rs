//! `diff`: what changed between two moments of a story that is known; and `--as-of`, which shows one of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bench::Bench;
use super::story::{ACCOUNT, BATCH, CADT, ROS, record_on};

/// Before the first run, between the first two, and so on: they began at 08:05, 08:10, … 08:25.
const BEFORE: [&str; 6] = [
    "2026-01-31T08:04:00Z",
    "2026-01-31T08:09:00Z",
    "2026-01-31T08:14:00Z",
    "2026-01-31T08:19:00Z",
    "2026-01-31T08:24:00Z",
    "2026-01-31T08:29:00Z",
];

fn told() -> Bench {
    let bench = Bench::new();
    record_on(&bench.database());
    bench
}

/// The rows between two moments.
fn rows(bench: &Bench, from: &str, to: &str) -> Vec<Value> {
    let json = bench.out(&["-q", "diff", "--from", from, "--to", to, "--format", "json"]);
    serde_json::from_str(&json).unwrap()
}

/// Scope, operation, target region, change, field, old and new value.
fn known(rows: &[Value]) -> BTreeSet<String> {
    let columns = [
        "operation_id",
        "target_region_id",
        "change",
        "field",
        "old_value",
        "new_value",
    ];
    let of = |row: &Value| columns.map(|column| row[column].to_string()).join(" ");
    rows.iter().map(of).collect()
}

fn expected(rows: &[Value]) -> BTreeSet<String> {
    let row = |row: &Value| {
        let parts = row.as_array().unwrap().iter().map(Value::to_string);
        parts.collect::<Vec<_>>().join(" ")
    };
    rows.iter().map(row).collect()
}

#[test]
fn each_field_that_differs_is_a_row() {
    let bench = told();
    let between = rows(&bench, BEFORE[1], BEFORE[2]);
    let changed = |id: &str, field: &str, old: Value, new: Value| {
        json!([id, null, "changed", field, old, new])
    };
    let mut wanted = vec![
        changed(BATCH, "failed_count", json!(0), json!(1)),
        changed(BATCH, "has_failures", json!(0), json!(1)),
        changed(BATCH, "is_final", json!(0), json!(1)),
        changed(BATCH, "phase", json!("running"), json!("succeeded")),
        changed(BATCH, "status", json!("0"), json!("1")),
        changed(BATCH, "status_raw", json!("0"), json!("1")),
        changed(BATCH, "succeeded_count", json!(1), json!(3)),
        changed(
            ROS,
            "cloud_ended_at",
            Value::Null,
            json!("2026-01-31T08:09:59.000Z"),
        ),
        changed(
            ROS,
            "cloud_ended_at_raw",
            Value::Null,
            json!("2026-01-31T08:09:59"),
        ),
        changed(ROS, "duration_ms", Value::Null, json!(359_000)),
        changed(ROS, "succeeded_count", json!(0), json!(1)),
    ];
    for (id, old, new) in [(CADT, "RUNNING", "SUCCESS"), (ROS, "RUNNING", "SUCCEEDED")] {
        wanted.push(changed(id, "is_final", json!(0), json!(1)));
        wanted.push(changed(id, "phase", json!("running"), json!("succeeded")));
        wanted.push(changed(id, "status", json!(old), json!(new)));
        wanted.push(changed(id, "status_raw", json!(old), json!(new)));
    }
    for (field, old, new) in [
        ("status", "RUNNING", "SUCCEEDED"),
        ("phase", "running", "succeeded"),
    ] {
        wanted.push(json!([ROS, "cn-hangzhou", "changed", field, old, new]));
    }
    assert_eq!(known(&between), expected(&wanted));
    for row in &between {
        let id = row["exchange_id"].to_string();
        let sql = format!(
            "select 1 from requests where run_id = 2 and exchange_id = {id} and operation_id = '{}'",
            row["operation_id"].as_str().unwrap()
        );
        assert_eq!(
            bench.out(&["sql", "--format", "csv", &sql]),
            "1\n1\n",
            "{row}"
        );
    }
    // The page that showed it is not the answer about the operation itself.
    let leaf = |field: &str, target: &Value| {
        let row = between.iter().find(|row| {
            row["operation_id"] == ROS
                && row["field"] == field
                && row["target_region_id"] == *target
        });
        row.unwrap()["exchange_id"].as_i64().unwrap()
    };
    assert_eq!(
        leaf("status", &json!("cn-hangzhou")),
        leaf("succeeded_count", &Value::Null)
    );
    assert!(leaf("status", &Value::Null) < leaf("succeeded_count", &Value::Null));
}

#[test]
fn what_was_taken_back_is_no_change() {
    let bench = told();
    let third = rows(&bench, BEFORE[2], BEFORE[3]);
    let has = |rows: &[Value], region: &str, change: &str| {
        rows.iter()
            .any(|row| row["target_region_id"] == region && row["change"] == change)
    };
    assert!(has(&third, "cn-hangzhou", "changed") && has(&third, "cn-shanghai", "added"));
    let back = rows(&bench, BEFORE[2], BEFORE[4]);
    assert!(!has(&back, "cn-hangzhou", "changed"), "{back:#?}");
    assert!(has(&back, "cn-shanghai", "added"));
    // A row that one whole list lacked may have been skipped; after the second it is gone.
    assert!(!has(&back, "cn-beijing", "gone"));
    let gone = rows(&bench, BEFORE[4], BEFORE[5]);
    let said = known(&gone);
    let went =
        |field: &str, old: Value| expected(&[json!([ROS, "cn-beijing", "gone", field, old, null])]);
    assert!(
        said.is_superset(&went("status", json!("FAILED"))),
        "{said:#?}"
    );
    assert!(said.is_superset(&went("phase", json!("failed"))));
    assert_eq!(
        gone.iter().filter(|row| row["scope"] == "result").count(),
        3
    );
}

#[test]
fn what_was_seen_first_is_added_and_nothing_is_nothing() {
    let bench = told();
    let first = rows(&bench, "0", BEFORE[1]);
    assert!(
        first
            .iter()
            .all(|row| row["change"] == "added" && row["old_value"].is_null())
    );
    let operations: BTreeSet<&str> = first
        .iter()
        .filter_map(|row| row["operation_id"].as_str())
        .collect();
    assert_eq!(operations, BTreeSet::from([BATCH, CADT, ROS]));
    assert!(rows(&bench, BEFORE[5], "now").is_empty());
    assert!(rows(&bench, BEFORE[1], BEFORE[1]).is_empty());
    assert!(rows(&bench, "0", "0").is_empty());
    // What comes between is what the steps come to.
    let all = rows(&bench, "0", "now");
    let sql = "select count(*) from operations";
    assert_eq!(bench.out(&["sql", "--format", "csv", sql]), "count(*)\n3\n");
    let status = |row: &&Value| row["field"] == "status" && row["scope"] == "result";
    let results: Vec<&Value> = all
        .iter()
        .filter(status)
        .map(|row| &row["target_region_id"])
        .collect();
    assert_eq!(results, ["cn-hangzhou", "cn-shanghai"]);
}

#[test]
fn people_read_it_by_operation() {
    let bench = told();
    let said = bench.run(&[
        "diff", "--from", BEFORE[1], "--to", BEFORE[2], "--tz", "+08:00",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let (size, later, all) = (
        size(&bench, BEFORE[1]),
        size(&bench, BEFORE[2]),
        size(&bench, "now"),
    );
    assert_eq!(
        said.err,
        format!(
            "from 2026-01-31 16:09:00 +08:00: the first {size} of {all} leaves of evidence\n\
             to 2026-01-31 16:14:00 +08:00: the first {later} of {all} leaves of evidence\n"
        )
    );
    assert_eq!(
        said.out,
        format!(
            "alidns 123456
  RR_ADD of account {ACCOUNT}
  status           0 → 1
  has_failures     0 → 1
  succeeded_count  1 → 3
  failed_count     0 → 1

bpstudio op_1a2b3c
  of account {ACCOUNT}
  status  RUNNING → SUCCESS

ros {ROS}
  CREATE 网络 in cn-hangzhou of account {ACCOUNT}
  status           RUNNING → SUCCEEDED
  cloud_ended_at   - → 2026-01-31 16:09:59 +08:00
  succeeded_count  0 → 1
  changed result 2000000000000002 cn-hangzhou
    status  RUNNING → SUCCEEDED

operations: 3 changed; results: 1 changed between {size} and {later} leaves of evidence
a change that was taken back in between is none; `optrail export history` has each
"
        )
    );
    let gone = bench.out(&["-q", "diff", "--from", BEFORE[4]]);
    assert!(
        gone.contains("  gone result 2000000000000002 cn-beijing\n    status         was FAILED\n"),
        "{gone}"
    );
    assert!(
        gone.contains("    status_reason  was quota \"ecs\", region\\nfull \\u{1b}[31m\n"),
        "{gone}"
    );
    assert!(!gone.contains('\u{1b}'));
    let nothing = bench.out(&["-q", "diff", "--from", "now"]);
    assert!(
        nothing.starts_with(&format!("nothing changed between {all} and {all} leaves")),
        "{nothing}"
    );
}

#[cfg(feature = "sandbox")]
#[test]
fn each_count_names_the_leaf_that_first_showed_it() {
    let bench = Bench::new();
    bench.out(&["demo", "--db", "demo.db"]);
    let demo = |typed: &[&str]| bench.out(&[&["--db", "demo.db", "-q"], typed].concat());
    let told = demo(&["diff", "--from", "0", "--format", "json"]);
    let told: Vec<Value> = serde_json::from_str(&told).unwrap();
    let counts = ["succeeded_count", "failed_count", "cancelled_count"];
    let mut leaves: BTreeSet<(String, i64)> = BTreeSet::new();
    for row in &told {
        let (id, field) = (&row["operation_id"], row["field"].as_str().unwrap());
        if row["service"] != "ros" || !counts.contains(&field) {
            continue;
        }
        let leaf = row["exchange_id"].as_i64().unwrap();
        let id = id.as_str().unwrap();
        let sql = format!("select {field} from operations where operation_id = '{id}'");
        let then = |size: i64| {
            let size = size.to_string();
            let csv = demo(&["sql", "--as-of", &size, "--format", "csv", &sql]);
            csv.lines().nth(1).map(str::to_owned)
        };
        let new = row["new_value"].to_string();
        assert_eq!(then(leaf + 1), Some(new.clone()), "{row}");
        assert_ne!(then(leaf), Some(new), "{row}");
        leaves.insert((id.to_owned(), leaf));
    }
    // Some operation's counts came with listings of their own.
    let operations: BTreeSet<&str> = leaves.iter().map(|(id, _)| id.as_str()).collect();
    assert!(leaves.len() > operations.len(), "{leaves:?}");
}

/// The size that a time means.
fn size(bench: &Bench, time: &str) -> i64 {
    let said = bench.run(&["sql", "--as-of", time, "--format", "csv", "select 1"]);
    let words: Vec<&str> = said.err.split_whitespace().collect();
    let place = words.iter().position(|word| *word == "first").unwrap();
    words[place + 1].parse().unwrap()
}

#[test]
fn a_script_asks_by_the_exit_code() {
    let bench = told();
    let exit = |from: &str, to: &str| {
        let said = bench.run(&["-q", "diff", "--exit-code", "--from", from, "--to", to]);
        assert_eq!(said.err, "");
        said.code
    };
    assert_eq!(exit(BEFORE[1], BEFORE[2]), 3);
    assert_eq!(exit(BEFORE[2], BEFORE[2]), 0);
    // Looks that showed nothing new.
    assert_eq!(exit(BEFORE[5], "now"), 0);
    assert_eq!(bench.run(&["-q", "diff", "--from", BEFORE[1]]).code, 0);
}

#[test]
fn rows_are_of_the_accounts_that_are_asked_for() {
    let bench = told();
    let csv = bench.out(&[
        "-q",
        "diff",
        "--from",
        "0",
        "--account",
        ACCOUNT,
        "--format",
        "csv",
    ]);
    let header = "scope,service,account_id,region_id,operation_id,target_account_id,target_region_id,change,field,old_value,new_value,exchange_id\n";
    assert!(csv.starts_with(header), "{csv}");
    assert_eq!(
        csv,
        bench.out(&["-q", "diff", "--from", "0", "--format", "csv"])
    );
    let none = bench.out(&[
        "-q",
        "diff",
        "--from",
        "0",
        "--account",
        "1",
        "--format",
        "csv",
    ]);
    assert_eq!(none, header);
    let lines = bench.out(&["-q", "diff", "--from", "0", "--format", "jsonl"]);
    assert_eq!(lines.lines().count() + 1, csv.lines().count());
}

#[test]
fn moments_that_cannot_be_are_refused() {
    let bench = told();
    for (from, to, said) in [
        (BEFORE[2], BEFORE[1], "--from is later than --to"),
        // The same leaves, and the other way round all the same.
        (
            "2026-01-31T08:14:01Z",
            BEFORE[2],
            "--from is later than --to",
        ),
        ("5", "4", "--from is later than --to"),
        ("0", "100000", "leaves, not 100000"),
        ("tomorrow", "4", "is no time"),
    ] {
        let complaint = bench.complaint(2, &["-q", "diff", "--from", from, "--to", to]);
        assert!(complaint.contains(said), "{complaint}");
    }
    bench.complaint(2, &["diff"]);
}

#[test]
fn an_operation_and_any_question_can_be_asked_as_it_was() {
    let bench = told();
    let show = |as_of: &str| {
        let json = bench.out(&["-q", "show", ROS, "--as-of", as_of, "--format", "json"]);
        serde_json::from_str::<Value>(&json).unwrap()
    };
    let (then, now) = (show(BEFORE[1]), show("now"));
    assert_eq!(then["operation"]["status"], "RUNNING");
    assert_eq!(then["history"].as_array().unwrap().len(), 1);
    assert_eq!(then["results"]["rows"][1]["status"], "RUNNING");
    assert_eq!(now["operation"]["status"], "SUCCEEDED");
    let unseen = bench.complaint(1, &["-q", "show", ROS, "--as-of", BEFORE[0]]);
    assert!(unseen.contains("has not been asked about"), "{unseen}");

    let sql = "select region_id from watches";
    assert_eq!(
        bench.out(&["-q", "sql", "--as-of", "0", "--format", "csv", sql]),
        "region_id\n"
    );
    let sql = "select max(run_id) from collection_runs";
    for (as_of, runs) in [(BEFORE[1], "1"), (BEFORE[4], "4"), ("now", "5")] {
        let csv = bench.out(&["-q", "sql", "--as-of", as_of, "--format", "csv", sql]);
        assert_eq!(csv, format!("max(run_id)\n{runs}\n"));
    }
    let said = bench.run(&["sql", "--as-of", "7", "--format", "csv", "select 1"]);
    assert!(
        said.err.starts_with("as of the first 7 of "),
        "{}",
        said.err
    );
    bench.complaint(2, &["sql", "--as-of", "7", "delete from operation"]);
    bench.verifies();
}
