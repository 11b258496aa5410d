//! `show`: one operation, found by the beginning of its id.

use serde_json::Value;

use super::bench::Bench;
use super::story::{ACCOUNT, CADT, ROS};

#[test]
fn an_operation_with_all_that_is_known() {
    let bench = Bench::with_story();
    let shown = bench.out(&["show", "6da1"]);
    for part in [
        "Operation  6da106ca-1784-4a6f-a7e1-e723863d0000\n",
        "Of         ros cn-hangzhou\n",
        "What       CREATE 网络 fd0ddef9\n",
        "Status     SUCCEEDED (succeeded), with failures\n",
        "Counts     1 failed, 1 succeeded of 2, counted 2026-01-31 08:10:00\n",
        "Ended      2026-01-31 08:09:59, says the cloud\n",
        "Times      UTC\n\nFrom 2026-01-31 08:05:00 to 2026-01-31 08:10:00\nRUNNING    █░░",
        "█ seen   ░ between two looks\n",
        "\nRUNNING    2026-01-31 08:05:00  2026-01-31 08:10:00      0  -          1  -\n",
        "\n      2  2026-01-31 08:10:00  SUCCEEDED  [\"status\",\"end_time\"]\n",
        "2000000000000002  cn-beijing   FAILED           1  quota \"ecs\", region\\nfull \\u{1b}[31m\n",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'));
    assert!(!shown.contains("Interventions"), "{shown}");
    bench.verifies();
}

#[test]
fn programs_get_the_rows_of_the_views() {
    let bench = Bench::with_story();
    let json = bench.out(&["show", ROS, "--format", "json"]);
    let shown: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(shown["operation"]["operation_id"], ROS);
    assert_eq!(shown["operation"]["has_failures"], 1);
    assert_eq!(shown["timeline"][1]["status"], "SUCCEEDED");
    assert_eq!(
        shown["history"][1]["changed"],
        serde_json::json!(["status", "end_time"])
    );
    assert_eq!(shown["results"]["total"], 2);
    assert_eq!(shown["results"]["by_status"][0]["results"], 1);
    assert_eq!(shown["results"]["rows"][1]["status_reason"], "");
    let regions = shown["results"]["by_region"].as_array().unwrap();
    assert_eq!(regions.len(), 2);
    assert_eq!(regions[0]["target_region_id"], "cn-beijing");
    assert_eq!(
        (&regions[0]["failed"], &regions[0]["results"]),
        (&1.into(), &1.into())
    );
    assert_eq!(shown["results"]["failures"][0]["results"], 1);
    assert_eq!(shown["results"]["failure_reasons"], 1);
    assert_eq!(shown["interventions"], serde_json::json!([]));

    let rows = bench.out(&["export", "results", "--format", "json", "--operation", ROS]);
    let exported: Value = serde_json::from_str(&rows).unwrap();
    assert_eq!(shown["results"]["rows"], exported);
}

#[test]
fn services_without_results_show_none() {
    let bench = Bench::with_story();
    let shown = bench.out(&["show", CADT]);
    assert!(shown.contains("Of         bpstudio\n"), "{shown}");
    assert!(
        !shown.contains("Results") && !shown.contains("Counts"),
        "{shown}"
    );
    let batch = bench.out(&["show", "1234"]);
    assert!(
        batch.contains("Counts     1 failed, 3 succeeded of 4"),
        "{batch}"
    );
}

#[test]
fn times_are_those_of_the_zone_that_was_asked_for() {
    let bench = Bench::with_story();
    let shown = bench.out(&["show", ROS, "--tz", "+08:00"]);
    for part in [
        "Ended      2026-01-31 16:09:59, says the cloud\n",
        "Times      +08:00\n",
        "RUNNING    2026-01-31 16:05:00  2026-01-31 16:10:00",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains("08:10:00"), "{shown}");
}

#[test]
fn what_is_not_one_operation_is_explained() {
    let bench = Bench::with_story();
    bench.out(&["watch", "add", "cadt", "op_unseen"]);
    let complaint = bench.complaint(1, &["show", "nothing"]);
    assert!(complaint.contains("no operation seen"), "{complaint}");
    let complaint = bench.complaint(1, &["show", "op_unseen"]);
    assert!(complaint.contains("is watched (active)"), "{complaint}");
    assert!(
        complaint.contains("has not been asked about"),
        "{complaint}"
    );
    for elsewhere in [["--region", "cn-beijing"], ["--account", "1"]] {
        let complaint = bench.complaint(1, &["show", ROS, elsewhere[0], elsewhere[1]]);
        assert!(
            complaint.contains("(ros cn-hangzhou, account 1000000000000001)"),
            "{complaint}"
        );
    }
    bench.out(&["show", ROS, "--region", "cn-hangzhou", "--account", ACCOUNT]);
    bench.out(&["show", ROS, "--account", "default"]);
    let complaint = bench.complaint(2, &["show", ROS, "--account", "deflt"]);
    assert!(complaint.contains("did you mean 'default'?"), "{complaint}");
}
