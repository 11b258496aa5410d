//! `export`: rows of a period, of a target, as of an earlier evidence; the same bytes everywhere.

use std::fs;

use optrail::cli::dataset::DATASETS;

use super::bench::{Bench, said};
use super::story::{self, BATCH, CADT, ROS};

/// The rows of an export.
fn rows(bench: &Bench, arguments: &[&str]) -> Vec<String> {
    // A line is a row: a reason may hold a line end.
    let arguments = [&["export"], arguments, &["--format", "jsonl"]].concat();
    let out = bench.out(&arguments);
    out.lines().map(str::to_owned).collect()
}

#[test]
fn targets_narrow() {
    let bench = Bench::with_story();
    let count = |arguments: &[&str]| rows(&bench, arguments).len();
    let all = count(&["result_history"]);
    let one = count(&["result_history", "--target-region", "cn-hangzhou"]);
    assert_eq!((all, one), (3, 2));
    let target = ["--target-account", "2000000000000002"];
    assert_eq!(count(&[&["result_history"][..], &target].concat()), 3);
    assert_eq!(count(&["results", "--target-account", "2"]), 0);
    let complaint = bench.complaint(2, &["export", "operations", "--target-region", "cn-x"]);
    assert!(
        complaint.contains("leave --target-region out"),
        "{complaint}"
    );
}

#[test]
fn points_are_inside_a_period_and_stretches_overlap_it() {
    let bench = Bench::with_story();
    let count = |arguments: &[&str]| rows(&bench, arguments).len();
    // Two runs, which begin at 08:05 and 08:10.
    let second = "2026-01-31T08:10:00Z";
    assert_eq!(count(&["collection_runs"]), 2);
    assert_eq!(count(&["collection_runs", "--since", second]), 1);
    assert_eq!(count(&["collection_runs", "--until", second]), 1);
    assert_eq!(
        count(&["collection_runs", "--since", "2026-01-31T08:10:00.001Z"]),
        0
    );
    assert_eq!(
        count(&[
            "collection_runs",
            "--since",
            "2026-01-31",
            "--until",
            "2026-02-01"
        ]),
        2
    );
    // The same days where it is eight hours later: 08:05Z is 16:05 there.
    let there = ["--tz", "+08:00", "--until", "2026-01-31 16:07"];
    assert_eq!(count(&[&["collection_runs"][..], &there].concat()), 1);

    // Each operation has two versions; the first of each was replaced at 08:10, the second is current.
    assert_eq!(count(&["operation_history"]), 6);
    assert_eq!(count(&["operation_history", "--until", second]), 3);
    assert_eq!(
        count(&["operation_history", "--since", "2026-01-31T08:11:00Z"]),
        3
    );
    assert_eq!(count(&["operation_history", "--since", second]), 6);
    // A status lasts: what began earlier and has not ended is of every later period. One that was found at 08:10
    // can have begun right after the look at 08:05.
    assert_eq!(count(&["operation_timeline", "--since", "2030-01-01"]), 3);
    assert_eq!(
        count(&["operation_timeline", "--until", "2026-01-31T08:06:00Z"]),
        6
    );
    assert_eq!(
        count(&["operation_timeline", "--until", "2026-01-31T08:05:00Z"]),
        0
    );
    // Operations are of the time in which they were seen.
    assert_eq!(count(&["operations", "--since", "2026-02-01"]), 0);
    assert_eq!(count(&["operations", "--since", second]), 3);
}

#[test]
fn a_period_is_a_usage_error_where_it_says_nothing() {
    let bench = Bench::with_story();
    let complaint = bench.complaint(2, &["export", "ros_operation_lists", "--since", "-7d"]);
    assert!(
        complaint.contains("a row of ros_operation_lists has no time")
            && complaint.contains("operations, operation_history"),
        "{complaint}"
    );
    let complaint = bench.complaint(
        2,
        &["export", "requests", "--since", "today", "--until", "-7d"],
    );
    assert!(complaint.contains("nothing is between"), "{complaint}");
    bench.complaint(2, &["export", "requests", "--since", "tomorrow"]);
    bench.complaint(2, &["export", "requests", "--as-of", "999"]);
}

/// Datasets whose rows have no time.
const WITHOUT: [&str; 2] = ["ros_operation_lists", "data_dictionary"];

#[test]
fn every_dataset_with_a_time_takes_a_period() {
    let bench = Bench::with_story();
    let mut with_time = 0;
    for dataset in DATASETS.iter().filter(|dataset| dataset.time.is_some()) {
        let period = ["--since", "2026-01-01", "--until", "2027-01-01"];
        let of_year = rows(&bench, &[&[dataset.view][..], &period].concat());
        let all = rows(&bench, &[dataset.view]);
        assert_eq!(of_year, all, "{}", dataset.view);
        let never = ["--until", "2000-01-01"];
        let none = rows(&bench, &[&[dataset.view][..], &never].concat());
        assert_eq!(none, [""; 0], "{}", dataset.view);
        with_time += 1;
    }
    let without = DATASETS.iter().filter(|dataset| dataset.time.is_none());
    let without: Vec<&str> = without.map(|dataset| dataset.view).collect();
    assert_eq!(without, WITHOUT);
    assert_eq!(with_time, DATASETS.len() - WITHOUT.len());
}

#[test]
fn as_of_a_size_is_what_was_exported_then() {
    let bench = Bench::new();
    story::record_first_run(&bench.database());
    let views = [
        "operations",
        "operation_history",
        "operation_timeline",
        "results",
        "result_history",
        "result_timeline",
        "requests",
        "listings",
        "collection_runs",
    ];
    let before: Vec<String> = views.map(|view| bench.out(&["export", view])).into();
    bench.out(&["export", "results", "-o", "then.csv"]);
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(bench.path("then.csv.manifest.json")).unwrap())
            .unwrap();
    let size = manifest["evidence_size"].as_i64().unwrap().to_string();
    story::record_second_run(&bench.database());
    for (view, before) in views.iter().zip(&before) {
        assert_ne!(bench.out(&["export", view]), *before, "{view}");
        let then = bench.out(&["-q", "export", view, "--as-of", &size]);
        assert_eq!(then, *before, "{view}");
    }
    // A time says which size it means.
    let arguments = ["export", "results", "--as-of", "2026-01-31T08:07:00Z"];
    let told = bench.run(&arguments);
    assert_eq!((told.code, &told.out), (0, &before[3]));
    assert!(
        told.err.contains(&format!("the first {size} of ")),
        "{}",
        told.err
    );
    bench.verifies();
}

#[test]
fn fault_78_bytes_do_not_depend_on_where_and_when_they_are_written() {
    let bench = Bench::with_story();
    fs::create_dir(bench.path("elsewhere")).unwrap();
    for dataset in ["results", "status_timeline", "requests", "watches"] {
        for format in ["csv", "jsonl", "json"] {
            let arguments = ["export", dataset, "--format", format];
            let here = bench.out(&arguments);
            for (locale, zone) in [("de_DE.UTF-8", "Asia/Shanghai"), ("C", "America/New_York")] {
                let mut command = bench.command(&arguments);
                command
                    .env("LC_ALL", locale)
                    .env("LANG", locale)
                    .env("TZ", zone)
                    .env("COLUMNS", "40")
                    .current_dir(bench.path("elsewhere"));
                assert_eq!(said(&mut command).out, here, "{dataset} {format} {locale}");
            }
        }
    }
}

#[test]
fn operations_in_their_order_are_the_rows_sorted_with_any_filter() {
    let bench = Bench::with_story();
    for (view, filter, condition) in [
        (
            "operation_history",
            &["--status", "RUNNING"][..],
            "status = 'RUNNING'",
        ),
        (
            "operation_history",
            &["--operation", CADT],
            "operation_id = 'op_1a2b3c'",
        ),
        ("status_timeline", &["--service", "ros"], "service = 'ros'"),
        (
            "operations",
            &["--operation", ROS, "--operation", BATCH],
            "service <> 'bpstudio'",
        ),
    ] {
        let dataset = DATASETS.iter().find(|d| d.view == view).unwrap();
        let order = dataset.key.join(", ");
        let sql = format!("SELECT * FROM {view} WHERE {condition} ORDER BY {order}");
        let sorted = bench.out(&["sql", "--format", "csv", &sql]);
        assert!(sorted.lines().count() > 1, "{sql}");
        assert_eq!(bench.out(&[&["export", view][..], filter].concat()), sorted);
    }
}
