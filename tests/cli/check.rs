//! `check`: what needs a person, and silence where nothing does.

use std::fs;

use serde_json::Value;

use super::bench::{Bench, Said};
use super::story::{self, BATCH, LATER, ROS};

/// The story ended long ago: points in the past count only from here.
const EVER: [&str; 3] = ["check", "--since", "2026-01-01"];

fn alarms(bench: &Bench, typed: &[&str]) -> Vec<String> {
    let Said { code, out, err } = bench.run(typed);
    assert_eq!(err, "", "{typed:?}: {out}");
    assert_eq!(code == 3, !out.is_empty(), "{typed:?}: {code} {out}");
    out.lines().map(str::to_owned).collect()
}

fn json(bench: &Bench, typed: &[&str]) -> Value {
    let said = bench.run(&[typed, &["--format", "json"]].concat());
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn where_nothing_needs_a_person_it_is_silent() {
    let bench = Bench::new();
    bench.complaint(1, &["check"]);
    bench.out(&["init"]);
    assert_eq!(bench.out(&["check"]), "");
    let told = bench.out(&["check", "-v"]);
    assert!(
        told.lines().all(|line| !line.starts_with("alarm")),
        "{told}"
    );
    assert!(told.contains("ok     operations: none failed"), "{told}");
    let document = json(&bench, &["check"]);
    assert_eq!(document["counts"]["alarm"], 0);
    assert_eq!(document["counts"]["skip"], 1);
    assert_eq!(document["evidence_size"], 2);
}

#[test]
fn a_failure_of_a_stack_group_lasts_and_one_of_a_batch_grows_old() {
    let bench = Bench::with_story();
    let lasting = "alarm  ros cn-hangzhou 网络: 1 result of CREATE failed: 1 \"quota \"ecs\", region\\nfull \\u{1b}[31m\" \
                   (since 2026-01-31 08:05:00 UTC; optrail show 6da106ca-1784-4a6f-a7e1-e723863d0000)";
    assert_eq!(alarms(&bench, &["check"]), [lasting]);
    let past = "alarm  alidns 123456: RR_ADD 1 (succeeded); 1 of 4 records failed (since 2026-01-31 08:10:00 UTC; optrail show 123456)";
    let ever = alarms(&bench, &EVER);
    assert_eq!(ever.len(), 2, "{ever:?}");
    assert!(
        ever.contains(&lasting.to_owned()) && ever.contains(&past.to_owned()),
        "{ever:?}"
    );
    let in_zone = alarms(&bench, &["check", "--tz", "+08:00"]);
    assert!(
        in_zone[0].contains("(since 2026-01-31 16:05:00 +08:00;"),
        "{in_zone:?}"
    );
    assert_eq!(alarms(&bench, &["check", "--account", "1"]), [""; 0]);

    let document = json(&bench, &EVER);
    assert_eq!(document["counts"]["alarm"], 2);
    let findings = document["findings"].as_array().unwrap();
    let of = |id: &str| {
        findings
            .iter()
            .find(|row| row["operation_id"] == id)
            .unwrap()
    };
    let failed = of(ROS);
    assert_eq!(failed["kind"], "operation_failed");
    assert_eq!(failed["region_id"], "cn-hangzhou");
    assert_eq!(
        failed["since_at"].as_str().map(|at| &at[..19]),
        Some("2026-01-31T08:05:00")
    );
    let leaf = failed["evidence"][0].as_i64().unwrap();
    let sql = format!("SELECT action FROM requests WHERE exchange_id = {leaf}");
    let action = bench.out(&["sql", &sql, "--format", "csv"]);
    assert_eq!(action, "action\nListStackGroupOperationResults\n");
    assert_eq!(
        of(BATCH)["since_at"].as_str().map(|at| &at[..19]),
        Some("2026-01-31T08:10:00")
    );
}

#[test]
fn what_a_person_has_dealt_with_is_silent() {
    let bench = Bench::with_story();
    bench.out(&[
        "watch",
        "remove",
        ROS,
        "--reason",
        "quota was raised, CHG-7",
    ]);
    assert_eq!(bench.out(&["check"]), "");
}

#[test]
fn a_later_operation_mends_a_failure_or_is_told_in_its_place() {
    let bench = Bench::with_story();
    story::record_later(&bench.database(), "SUCCEEDED");
    assert_eq!(bench.out(&["check"]), "");
    bench.verifies();

    let bench = Bench::with_story();
    story::record_later(&bench.database(), "FAILED");
    let told = alarms(&bench, &["check"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("\"later\"") && told[0].ends_with(&format!("optrail show {LATER})")),
        "{told:?}"
    );

    // A retry that is under way says nothing yet.
    let bench = Bench::with_story();
    story::record_later(&bench.database(), "RUNNING");
    let told = alarms(&bench, &["check"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].ends_with(&format!("optrail show {ROS})")),
        "{told:?}"
    );
}

#[test]
fn words_that_are_new_to_the_program_are_told_while_they_are_new() {
    let bench = Bench::with_story();
    story::record_later(&bench.database(), "PAUSED");
    let told = alarms(&bench, &EVER);
    let expected =
        "alarm  ListStackGroupOperationResults: the word 'PAUSED' in ResultRow.Status is not known";
    assert!(
        told.iter().any(|line| line.starts_with(expected)),
        "{told:?}"
    );
    let told = alarms(&bench, &["check"]);
    assert!(told.iter().all(|line| !line.contains("PAUSED")), "{told:?}");
}

#[cfg(feature = "sandbox")]
#[test]
fn the_demo_has_something_of_each_kind() {
    let bench = Bench::new();
    bench.out(&["demo", "--db", "demo.db"]);
    let document = json(
        &bench,
        &[
            "--db",
            "demo.db",
            "check",
            "--since",
            "2026-01-01",
            "--drift-days",
            "30",
        ],
    );
    let bad: Vec<(&str, &str)> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["status"] == "alarm")
        .map(|row| {
            (
                row["kind"].as_str().unwrap(),
                row["resource"].as_str().unwrap(),
            )
        })
        .collect();
    let lost = bad
        .iter()
        .find(|(kind, _)| *kind == "id_expired")
        .unwrap()
        .1;
    assert!(lost.starts_with("bpstudio op_"), "{bad:?}");
    let expected = [
        ("operation_failed", "alidns 9007199254740993"),
        ("operation_failed", "ros cn-hangzhou security-baseline"),
        ("id_expired", lost),
        ("drift", "ros cn-hangzhou landing-zone-network"),
    ];
    assert_eq!(bad, expected);
}

#[test]
fn watches_that_are_not_seen_are_told_until_they_are() {
    let bench = Bench::new();
    story::record_deferred(&bench.database());
    let told = alarms(&bench, &["check"]);
    assert_eq!(told.len(), 3, "{told:?}");
    let expected = "alarm  watch 2 bpstudio op_1a2b3c: not seen: deferred; first missed in run 1: the run ended before its turn";
    assert!(
        told.iter().any(|line| line.starts_with(expected)),
        "{told:?}"
    );
    story::record_first_run(&bench.database());
    let told = alarms(&bench, &["check"]);
    assert!(
        told.iter().all(|line| !line.contains("not seen")),
        "{told:?}"
    );
    bench.verifies();
}

#[test]
fn a_run_that_is_overdue_is_told() {
    let bench = Bench::with_story();
    fs::write(bench.path("optrail.toml"), "[collect]\nevery = \"5m\"\n").unwrap();
    let told = alarms(&bench, &["--config", "optrail.toml", "check"]);
    let expected = "alarm  recorder: the next run is overdue";
    assert!(
        told.iter().any(|line| line.starts_with(expected)),
        "{told:?}"
    );
}

#[test]
fn the_users_own_queries_are_checks_too() {
    let bench = Bench::with_story();
    bench.out(&["watch", "remove", ROS, "--reason", "done"]);
    let file = |name: &str, sql: &str| fs::write(bench.path(name), sql).unwrap();
    file(
        "good.sql",
        "SELECT operation_id AS resource, 'ok' AS status, 'is watched' AS reason FROM watches;\n",
    );
    file(
        "bad.sql",
        "SELECT operation_id AS resource, 'alarm' AS status, 'too \u{1b}[2J slow' AS reason, duration_ms FROM operations WHERE service = 'bpstudio'",
    );
    file("broken.sql", "SELECT * FROM nowhere");
    file("writes.sql", "DELETE FROM watch");
    file(
        "word.sql",
        "SELECT 1 AS resource, 'critical' AS status, 2 AS reason",
    );
    assert_eq!(bench.out(&["check", "--sql", "good.sql"]), "");
    let told = alarms(&bench, &["check", "--sql", "good.sql", "--sql", "bad.sql"]);
    assert_eq!(told, ["alarm  op_1a2b3c: too \\u{1b}[2J slow"]);
    file(
        "endless.sql",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
         SELECT count(*) AS resource, 'ok' AS status, '' AS reason FROM n",
    );
    let told = alarms(
        &bench,
        &[
            "check",
            "--sql",
            "endless.sql",
            "--timeout",
            "100ms",
            "--sql",
            "bad.sql",
        ],
    );
    let ended = "error  endless.sql: it took too long and was ended; narrow it";
    assert!(told[0].starts_with(ended), "{told:?}");
    assert_eq!(told.len(), 2, "{told:?}");
    file("long.sql", &" ".repeat(1_000_001));
    for (name, why) in [
        ("long.sql", "it is longer than 1000000 bytes"),
        ("broken.sql", "no such table: nowhere"),
        ("writes.sql", "only a SELECT can be asked"),
        ("word.sql", "'critical' is no status"),
        ("missing.sql", "it cannot be read"),
    ] {
        let told = alarms(&bench, &["check", "--sql", name]);
        assert!(told[0].starts_with(&format!("error  {name}: ")), "{told:?}");
        assert!(told[0].contains(why), "{told:?}");
    }
    let document = json(
        &bench,
        &["check", "--sql", "bad.sql", "--sql", "broken.sql"],
    );
    assert_eq!(document["counts"]["error"], 1);
    let findings = document["findings"].as_array().unwrap();
    let own = findings
        .iter()
        .find(|row| row["resource"] == "op_1a2b3c")
        .unwrap();
    assert_eq!(own["kind"], "query");
    assert_eq!(own["more"]["query"], "bad.sql");
    assert!(own["more"].get("duration_ms").is_some());
    bench.verifies();
}

#[test]
fn what_was_typed_is_judged() {
    let bench = Bench::with_story();
    for typed in [
        &["check", "--since", "tomorrow"][..],
        &["check", "--drift-days", "0"],
        &["check", "--account", "defualt"],
    ] {
        bench.complaint(2, typed);
    }
}
