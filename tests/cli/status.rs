//! `status`: how the recorder is doing.

use serde_json::Value;

use super::bench::Bench;
use super::story::{self, CADT};

#[test]
fn a_new_database_says_what_to_do() {
    let bench = Bench::new();
    bench.out(&["init"]);
    let status = bench.out(&["status"]);
    assert!(
        status.contains("Watches   none; `optrail watch add`"),
        "{status}"
    );
    assert!(
        status.contains("Evidence  2 leaves, rows derived from all"),
        "{status}"
    );
}

#[test]
fn people_get_eighty_columns() {
    let bench = Bench::with_story();
    bench.out(&[
        "watch",
        "add",
        "cadt",
        "op_new",
        "--declared-started-at",
        "2026-01-31T08:00:00Z",
    ]);
    let status = bench.out(&["status"]);
    assert!(
        status.contains("Watches   4: 1 active, 3 settled\n"),
        "{status}"
    );
    assert!(
        status.contains("    4  op_new     2026-01-31 09:00:00  overdue\n"),
        "{status}"
    );
    assert!(
        status.contains("  2  collect  2026-01-31 08:10:00  complete    3       0         6\n"),
        "{status}"
    );
    assert!(status.contains("Unknown   no word or field\n"), "{status}");
    assert!(
        status.contains("\nRuns      ▁▁  the newest last: ▁ complete\n"),
        "{status}"
    );
    assert!(
        status.contains("\nExpires   op_new: its hour is over\n"),
        "{status}"
    );
    assert!(status.contains("\nSimulated "), "{status}");
    let widest = status.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{status}");
    bench.verifies();
}

#[test]
fn programs_get_one_document() {
    let bench = Bench::with_story();
    bench.out(&[
        "watch",
        "add",
        "cadt",
        "op_new",
        "--declared-started-at",
        "2026-01-31T08:00:00Z",
    ]);
    let status: Value = serde_json::from_str(&bench.out(&["status", "--format", "json"])).unwrap();
    assert_eq!(status["evidence_size"], 25);
    assert_eq!(status["derived_through"], 24);
    assert_eq!(status["unknowns"], 0);
    assert_eq!(status["watches"][0]["state"], "active");
    assert_eq!(status["expiring"][0]["operation_id"], "op_new");
    assert_eq!(
        status["expiring"][0]["expires_by"],
        "2026-01-31T09:00:00.000Z"
    );
    assert!(status["expiring"][0]["seconds_left"].as_i64() < Some(0));
    assert_eq!(status["simulated"], true);
    assert_eq!(status["accounts"][0]["label"], "default");
    assert_eq!(status["accounts"][0]["failing"], Value::Null);
    for none in ["failing", "gaps", "discovery", "limits"] {
        assert_eq!(status[none], serde_json::json!([]), "{none}");
    }
    let runs: Vec<_> = status["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["run_id"])
        .collect();
    assert_eq!(runs, [2, 1]);
    let outcomes = serde_json::json!([
        {"run_id": 2, "outcome": "complete"},
        {"run_id": 1, "outcome": "complete"},
    ]);
    assert_eq!(status["outcomes"], outcomes);
    assert_eq!(status["database"], bench.database().to_str().unwrap());
    assert!(status["database_bytes"].as_u64() > Some(0));
}

#[test]
fn an_account_narrows_the_watches() {
    let bench = Bench::with_story();
    let status = bench.out(&["status", "--account", "1"]);
    assert!(status.contains("Watches   none"), "{status}");
    let complaint = bench.complaint(2, &["status", "--account", "defualt"]);
    assert!(complaint.contains("did you mean 'default'?"), "{complaint}");
    let status = bench.out(&["status", "--account", "default"]);
    assert!(status.contains("Watches   3: 3 settled"), "{status}");
}

#[test]
fn a_watch_fails_until_it_is_seen_again() {
    let bench = Bench::new();
    story::record_deferred(&bench.database());
    let status =
        || -> Value { serde_json::from_str(&bench.out(&["status", "--format", "json"])).unwrap() };
    let before = status();
    let causes: Vec<_> = before["failing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| &w["cause"])
        .collect();
    assert_eq!(causes, ["deferred"; 3]);
    let text = bench.out(&["status"]);
    assert!(
        text.contains(
            "\nWrong     3 watches fail, 3 things are not seen now; `optrail check` tells all\n"
        ),
        "{text}"
    );
    assert!(text.contains("Failing"), "{text}");
    assert!(text.contains("Not seen now"), "{text}");
    assert_eq!(before["gaps"][0]["cause"], "deferred", "{before}");
    assert!(before["gaps"][0]["gap_from"].is_string(), "{before}");
    assert!(
        text.contains("    2  bpstudio               op_1a2b3c"),
        "{text}"
    );

    story::record_first_run(&bench.database());
    let after = status();
    assert_eq!(after["failing"], serde_json::json!([]));
    assert_eq!(after["gaps"], serde_json::json!([]));
    assert_eq!(after["watches"][0]["watches"], 3);
    // An hour after the watch was added, which is before it was first seen.
    assert_eq!(after["expiring"][0]["operation_id"], CADT);
    assert_eq!(
        after["expiring"][0]["expires_by"],
        "2026-01-31T09:00:00.000Z"
    );
    bench.verifies();
}

#[test]
fn what_finds_operations_is_told_apart_from_what_it_found() {
    let bench = Bench::new();
    bench.out(&[
        "watch",
        "add",
        "ros-stack-groups",
        "--region",
        "all",
        "--name",
        "prod-*",
    ]);
    bench.out(&["watch", "add", "alidns", "--batch-type", "RR_ADD"]);
    let text = bench.out(&["status"]);
    for line in [
        "    1  default  all     groups prod-*         0  -",
        "    2  default          last task RR_ADD      0  -",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let status: Value = serde_json::from_str(&bench.out(&["status", "--format", "json"])).unwrap();
    assert_eq!(status["discovery"][0]["target"], "groups prod-*");
    assert_eq!(status["discovery"][1]["found"], 0);
}

#[test]
fn each_account_is_told_of() {
    let bench = Bench::new();
    std::fs::write(
        bench.path("fleet.toml"),
        "[[account]]\nname = \"prod\"\n[[account]]\nname = \"test\"\nprofile = \"t\"\n",
    )
    .unwrap();
    bench.out(&["--config", "fleet.toml", "watch", "add", "alidns"]);
    let text = bench.out(&["--config", "fleet.toml", "status"]);
    assert!(text.contains("\nAccounts\n"), "{text}");
    let status = bench.out(&[
        "--config",
        "fleet.toml",
        "status",
        "--account",
        "test",
        "--format",
        "json",
    ]);
    let status: Value = serde_json::from_str(&status).unwrap();
    let accounts = status["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 1, "{status}");
    assert_eq!(accounts[0]["label"], "test");
    assert_eq!(accounts[0]["watches"], 1);
}

/// A file of two accounts that the configuration names, of which the second has gone from it since. Neither has
/// credentials.
fn bench_of_one_gone() -> Bench {
    let bench = Bench::new();
    let test = "[[account]]\nname = \"test\"\naccount_id = \"1000000000000002\"\nprofile = \"none\"\n\
                owner = \"team-a\"\nenvironment = \"staging\"\n[[account.watch]]\nkind = \"alidns\"\n";
    let prod = "[collect]\nevery = \"10s\"\n[[account]]\nname = \"prod\"\nprofile = \"none\"\n\
                [[account.watch]]\nkind = \"alidns\"\n";
    for config in [format!("{prod}{test}"), prod.to_owned()] {
        std::fs::write(bench.path("fleet.toml"), config).unwrap();
        bench.complaint(1, &["--config", "fleet.toml", "collect"]);
    }
    bench
}

#[test]
fn an_account_that_has_gone_keeps_its_names() {
    let bench = bench_of_one_gone();
    let of_test =
        "SELECT name, owner, environment FROM accounts WHERE account_id = '1000000000000002'";
    let rows = bench.out(&["sql", of_test, "--format", "csv"]);
    assert_eq!(rows, "name,owner,environment\ntest,team-a,staging\n");
    let watches = |account: &str| {
        let rows = bench.out(&["export", "watches", "--account", account]);
        rows.lines().count() - 1
    };
    for (account, expected) in [("test", 1), ("prod", 1), ("1000000000000003", 0)] {
        assert_eq!(watches(account), expected, "{account}");
    }
    let complaint = bench.complaint(2, &["export", "watches", "--account", "tset"]);
    assert!(complaint.contains("did you mean 'test'?"), "{complaint}");
}

#[test]
fn each_failing_watch_is_told_with_its_account() {
    let bench = bench_of_one_gone();
    let text = bench.out(&["--config", "fleet.toml", "status"]);
    assert!(text.contains("Failing"), "{text}");
    let header = text
        .lines()
        .find(|line| line.starts_with("watch  account  service"));
    assert!(header.is_some(), "{text}");
    assert!(text.contains("    1  prod     alidns"), "{text}");
    let status = bench.out(&["--config", "fleet.toml", "status", "--format", "json"]);
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["failing"][0]["label"], "prod");
    assert_eq!(status["gaps"][0]["label"], "prod");
}

#[test]
fn a_declared_schedule_is_told_and_whether_it_is_kept() {
    let bench = Bench::with_story();
    let schedule = |arguments: &[&str]| -> Value {
        let status = bench.out(&[arguments, &["status", "--format", "json"]].concat());
        let status: Value = serde_json::from_str(&status).unwrap();
        status["schedule"].clone()
    };
    assert_eq!(schedule(&[]), Value::Null);
    assert!(!bench.out(&["status"]).contains("Schedule"));
    std::fs::write(bench.path("optrail.toml"), "[collect]\nevery = \"10s\"\n").unwrap();
    let configured = ["--config", "optrail.toml"];
    let told = schedule(&configured);
    assert_eq!(told["every_ms"], 10_000);
    assert_eq!(told["last_run_at"], "2026-01-31T08:10:00.000Z");
    assert_eq!(told["next_run_at"], "2026-01-31T08:10:10.000Z");
    assert_eq!(told["overdue"], true);
    let text = bench.out(&[&configured[..], &["status"]].concat());
    assert!(text.contains("\nSchedule  last run "), "{text}");
    assert!(
        text.contains(" ago, declared every 10s: overdue\n"),
        "{text}"
    );
}
