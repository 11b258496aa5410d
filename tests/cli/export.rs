//! `export`: exact bytes, filters, and files that appear whole.

use std::fs;

use optrail::cli::dataset::DATASETS;

use super::bench::Bench;
use super::story::{ACCOUNT, BATCH, CADT, ROS};

const RESULTS_CSV: &str = "\
service,account_id,region_id,operation_id,resource_name,kind,target_account_id,target_region_id,folder_id,status,phase,status_reason,first_seen_at,last_seen_at,version,present
ros,1000000000000001,cn-hangzhou,6da106ca-1784-4a6f-a7e1-e723863d0000,网络,CREATE,2000000000000002,cn-beijing,,FAILED,failed,\"quota \"\"ecs\"\", region
full \u{1b}[31m\",2026-01-31T08:05:00.060Z,2026-01-31T08:10:00.060Z,1,1
ros,1000000000000001,cn-hangzhou,6da106ca-1784-4a6f-a7e1-e723863d0000,网络,CREATE,2000000000000002,cn-hangzhou,,SUCCEEDED,succeeded,\"\",2026-01-31T08:05:00.060Z,2026-01-31T08:10:00.060Z,2,1
";

const BATCH_COUNTS_JSONL: &str = r#"{"service":"alidns","account_id":"1000000000000001","region_id":"","operation_id":"123456","version":1,"first_seen_at":"2026-01-31T08:05:00.100Z","replaced_at":"2026-01-31T08:10:00.100Z","is_current":0,"changed":null,"phase":"running","task_id":"123456","batch_type":"RR_ADD","status":0,"total_count":4,"success_count":1,"failed_count":0,"reason":null}
{"service":"alidns","account_id":"1000000000000001","region_id":"","operation_id":"123456","version":2,"first_seen_at":"2026-01-31T08:10:00.100Z","replaced_at":null,"is_current":1,"changed":["status","success_count","failed_count"],"phase":"succeeded","task_id":"123456","batch_type":"RR_ADD","status":1,"total_count":4,"success_count":3,"failed_count":1,"reason":null}
"#;

#[test]
fn csv_is_exact() {
    let bench = Bench::with_story();
    assert_eq!(bench.out(&["export", "results"]), RESULTS_CSV);
    let other = bench.out(&[
        "export",
        "results",
        "--no-header",
        "--delimiter",
        "|",
        "--null",
        "NA",
        "--status",
        "SUCCEEDED",
    ]);
    assert_eq!(
        other,
        format!(
            "ros|{ACCOUNT}|cn-hangzhou|{ROS}|网络|CREATE|2000000000000002|cn-hangzhou|NA|SUCCEEDED|succeeded|\"\"|2026-01-31T08:05:00.060Z|2026-01-31T08:10:00.060Z|2|1\n"
        )
    );
    bench.verifies();
}

#[test]
fn json_is_exact_and_holds_json_as_values() {
    let bench = Bench::with_story();
    let lines = bench.out(&["export", "batch-counts", "--format", "jsonl"]);
    assert_eq!(lines, BATCH_COUNTS_JSONL);
    let array = bench.out(&["export", "batch_counts", "--format", "json"]);
    let expected = BATCH_COUNTS_JSONL.trim_end().replace('\n', ",\n");
    assert_eq!(array, format!("[\n{expected}\n]\n"));
    let none = bench.out(&["export", "drift_checks", "--format", "json"]);
    assert_eq!(none, "[]\n");
}

#[test]
fn a_table_shows_no_escape_sequences() {
    let bench = Bench::with_story();
    let table = bench.out(&[
        "export", "results", "--format", "table", "--status", "FAILED",
    ]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(
        lines[2].contains(r#"quota "ecs", region\nfull \u{1b}[31m"#),
        "{table}"
    );
    assert!(!table.contains('\u{1b}'));
}

#[test]
fn every_dataset_can_be_exported_by_all_its_names() {
    let bench = Bench::with_story();
    for dataset in &DATASETS {
        let by_view = bench.out(&["export", dataset.view]);
        assert!(by_view.lines().count() >= 1, "{}", dataset.view);
        assert_eq!(
            by_view,
            bench.out(&["export", &dataset.view.replace('_', "-")])
        );
        if let Some(short) = dataset.short_name {
            assert_eq!(by_view, bench.out(&["export", short]));
        }
    }
    bench.verifies();
}

#[test]
fn rows_stand_in_the_order_of_their_keys() {
    let bench = Bench::with_story();
    for dataset in &DATASETS {
        let key = dataset.key.join(", ");
        let sql = format!("SELECT {key} FROM {} ORDER BY {key}", dataset.view);
        let in_order = bench.out(&["sql", "--format", "csv", &sql]);
        let mut unique: Vec<&str> = in_order.lines().skip(1).collect();
        let rows = unique.len();
        unique.dedup();
        assert_eq!(
            unique.len(),
            rows,
            "{} is not told apart by {key}",
            dataset.view
        );

        let sql = format!("SELECT * FROM {} ORDER BY {key}", dataset.view);
        let all = bench.out(&["sql", "--format", "csv", &sql]);
        assert_eq!(bench.out(&["export", dataset.view]), all);
    }
}

#[test]
fn filters_narrow_each_other() {
    let bench = Bench::with_story();
    let ids = |filters: &[&str]| {
        let arguments = [&["export", "operations", "--no-header"], filters].concat();
        let out = bench.out(&arguments);
        let id = |line: &str| line.split(',').nth(3).unwrap().to_owned();
        out.lines().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[]), [BATCH, CADT, ROS]);
    assert_eq!(ids(&["--service", "cadt", "--service", "ros"]), [CADT, ROS]);
    assert_eq!(
        ids(&["--service", "cadt", "--status", "SUCCEEDED"]),
        [""; 0]
    );
    assert_eq!(ids(&["--region", "cn-hangzhou"]), [ROS]);
    assert_eq!(
        ids(&["--operation", CADT, "--operation", "x' OR '1'='1"]),
        [CADT]
    );
    assert_eq!(ids(&["--account", ACCOUNT, "--status", "SUCCESS"]), [CADT]);
    assert_eq!(ids(&["--account", "1"]), [""; 0]);
    // The credentials of the one account are called so.
    assert_eq!(ids(&["--account", "default"]), [BATCH, CADT, ROS]);
    // DNS batches have a number for a status.
    assert_eq!(
        bench
            .out(&["export", "batches", "--status", "1"])
            .lines()
            .count(),
        2
    );
    assert_eq!(
        bench
            .out(&["export", "batches", "--status", "0"])
            .lines()
            .count(),
        1
    );
}

#[test]
fn a_filter_that_a_dataset_cannot_have_is_a_usage_error() {
    let bench = Bench::with_story();
    let complaint = bench.complaint(2, &["export", "watches", "--status", "ok"]);
    assert_eq!(
        complaint,
        "error: watches has no column status; leave --status out\n"
    );
    let complaint = bench.complaint(2, &["export", "unknowns", "--account", ACCOUNT]);
    assert!(complaint.contains("--account"), "{complaint}");
}

#[test]
fn a_name_that_is_no_dataset_is_answered_with_the_nearest() {
    let bench = Bench::new();
    let complaint = bench.complaint(2, &["export", "resluts"]);
    assert!(complaint.contains("did you mean results?"), "{complaint}");
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let bench = Bench::with_story();
    let out = bench.path("out.csv");
    fs::write(&out, "old").unwrap();
    assert_eq!(bench.out(&["export", "results", "--output", "out.csv"]), "");
    assert_eq!(fs::read_to_string(&out).unwrap(), RESULTS_CSV);
    assert_eq!(
        bench.out(&["export", "results", "--output", "-"]),
        RESULTS_CSV
    );

    let complaint = bench.complaint(1, &["export", "results", "-o", "no/out.csv"]);
    assert!(complaint.contains("no/.out.csv"), "{complaint}");
    bench.complaint(2, &["export", "watches", "--status", "x", "-o", "out.csv"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), RESULTS_CSV);
    let left: Vec<_> = fs::read_dir(bench.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("tmp"))
        .collect();
    assert_eq!(left, [""; 0]);
}
