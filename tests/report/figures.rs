//! Figures and rows of a world whose figures are known by hand.

use super::bench::Bench;
use super::scene::{self, ACCOUNT, BATCH, CADT, CREATE, GONE, OTHER, OTHER_ACCOUNT, REASON};
use super::told::{Told, leaves, map};

fn recorded() -> (Bench, scene::Leaves) {
    let bench = Bench::new();
    let leaves = scene::record(&bench.database());
    (bench, leaves)
}

#[test]
fn the_whole_of_it() {
    let (bench, known) = recorded();
    let told = Told::ask(&bench, &[]);
    let last = told.fact("evidence_size").as_i64().unwrap() - 1;
    let wanted = map(&[
        ("runs_made", 5),
        ("runs_missed", 2),
        ("runs_expected", 7),
        ("runs_complete", 1),
        ("runs_partial", 3),
        ("runs_aborted", 1),
        ("runs_skipped", 1),
        ("longest_run_interval_seconds", 3_000),
        ("watches", 5),
        ("watches_added", 5),
        ("watches_removed", 1),
        ("operations", 4),
        ("coverage_gaps", 5),
        ("coverage_gaps_open", 1),
        ("longest_blind_interval_seconds", 5_100),
        ("listings", 6),
        ("listings_complete", 5),
        ("listings_incomplete", 1),
        ("ids_expired_unseen", 1),
        ("ids_not_found", 1),
        ("requests", 32),
        ("requests_ok", 26),
        ("requests_throttled", 1),
        ("leaves", 54),
        ("leaves_last", last),
        ("redactions", 1),
        ("clock_offset_worst_ms", 30_450),
        ("clock_steps", 1),
    ]);
    assert_eq!(told.figures(), wanted);
    for (figure, wanted) in [
        ("runs_made", known.starts.clone()),
        ("runs_missed", known.starts[1..=2].to_vec()),
        ("longest_run_interval_seconds", known.starts[1..=2].to_vec()),
        ("runs_aborted", vec![known.starts[3]]),
        ("runs_complete", vec![known.starts[0]]),
        ("clock_offset_worst_ms", vec![known.starts[2]]),
        ("clock_steps", vec![known.step]),
        ("runs_skipped", vec![known.skipped]),
        ("listings_incomplete", vec![known.incomplete]),
        ("redactions", vec![known.redacted]),
        ("leaves", (0..=last).collect()),
        ("leaves_last", vec![last]),
    ] {
        assert_eq!(told.leaves_of(figure), wanted, "{figure}");
    }
    let (tone, verdict) = told.paragraphs("completeness")[0];
    assert_eq!(tone, "bad");
    let (_, runs) = told.paragraphs("completeness")[1];
    let statement = format!("{verdict} {runs}");
    for said in [
        "runs missed: 2;",
        "runs that were not complete: 4;",
        "coverage gaps: 5, of them of the recorder itself: 1;",
        "Schedule every 15 min: runs expected: 7, made: 5, missed: 2.",
        "Coverage gaps: 5, of which 1 still open;",
        "longest blind interval 1 h 25 min",
    ] {
        assert!(statement.contains(said), "{said}: {statement}");
    }
    let (_, read) = told.paragraphs("completeness")[2];
    let requests = "Requests: 32, of which 26 were answered as asked and 1 throttled.";
    assert!(read.contains(requests), "{read}");
}

#[test]
fn rows_of_every_section() {
    let (bench, known) = recorded();
    let told = Told::ask(&bench, &[]);
    let values = |id: &str, columns: &[&str]| told.values(id, columns);
    assert_eq!(
        values(
            "coverage_gaps",
            &["scope", "operation_id", "cause", "gap_seconds"]
        ),
        [
            format!(r#""watch" "{CREATE}" "deferred" 3901"#),
            format!(r#""watch" "{OTHER}" "unreachable" 3901"#),
            r#""recorder" "" "not_run" 3000"#.to_owned(),
            format!(r#""watch" "{CADT}" "expired_unseen" null"#),
            format!(r#""watch" "{OTHER}" "aborted" 1800"#),
        ]
    );
    assert_eq!(
        values("runs_not_complete", &["run_id", "outcome", "watches_due"]),
        [
            r#"2 "partial" 5"#,
            r#"3 "partial" 5"#,
            r#"5 "aborted" 1"#,
            r#"6 "partial" 2"#
        ]
    );
    assert_eq!(
        values(
            "listings_incomplete",
            &["operation_id", "first_total_count", "distinct_keys"]
        ),
        [format!(r#""{CREATE}" 3 2"#)]
    );
    assert_eq!(
        values(
            "watched",
            &[
                "operation_id",
                "state",
                "added_by",
                "removed_by",
                "removal_reason"
            ]
        ),
        [
            format!(r#""{CREATE}" "settled" "ann" null null"#),
            format!(r#""{CADT}" "expired" "ann" null null"#),
            format!(r#""{BATCH}" "active" "ann" null null"#),
            format!(r#""{OTHER}" "settled" "ann" null null"#),
            format!(r#""{GONE}" "removed" "ann" "cem" "a typing error""#),
        ]
    );
    assert_eq!(
        values("identities", &["label", "account_id", "requests"]),
        [
            format!(r#""dev" "{OTHER_ACCOUNT}" 11"#),
            format!(r#""prod" "{ACCOUNT}" 13"#)
        ]
    );
    let by_status = [
        "service",
        "kind",
        "status",
        "phase",
        "operations",
        "with_failures",
    ];
    assert_eq!(
        values("operations_by_status", &by_status),
        [
            r#""alidns" "RR_ADD" "1" "succeeded" 1 1"#,
            r#""bpstudio" null "RUNNING" "running" 1 0"#,
            r#""ros" "CREATE" "SUCCEEDED" "succeeded" 1 1"#,
            r#""ros" "UPDATE" "STOPPED" "stopped" 1 0"#,
        ]
    );
    assert_eq!(
        values(
            "operations",
            &[
                "operation_id",
                "looks",
                "widest_look_gap_seconds",
                "duration_ms"
            ]
        ),
        [
            format!(r#""{BATCH}" 3 901 null"#),
            format!(r#""{CADT}" 2 901 null"#),
            format!(r#""{CREATE}" 3 901 3600000"#),
            format!(r#""{OTHER}" 3 3901 4860000"#),
        ]
    );
    let create = &told.rows("operations")[2];
    assert_eq!(
        leaves(&create["evidence"]),
        [known.create_first, known.create]
    );
    assert_eq!(told.rows("failures").len(), 1);
    let failed = &told.rows("failures")[0];
    assert_eq!(failed["reason"], REASON);
    assert_eq!(failed["entered_latest_at"], "2026-03-01T00:15:00.400Z");
    assert_eq!(leaves(&failed["evidence"]), [known.failed]);
}

#[test]
fn where_the_recorder_was_blind_so_is_the_line_of_every_operation() {
    let (bench, _) = recorded();
    let told = Told::ask(&bench, &[]);
    let timelines = told.section("operations")["timelines"].as_array().unwrap();
    let causes = timelines.iter().map(|timeline| {
        let gaps = timeline["gaps"].as_array().unwrap().iter();
        let causes: Vec<&str> = gaps.map(|gap| gap["cause"].as_str().unwrap()).collect();
        (timeline["id"].as_str().unwrap(), causes)
    });
    assert_eq!(
        causes.collect::<Vec<_>>(),
        [
            (BATCH, vec!["not_run"]),
            (CADT, vec!["not_run", "expired_unseen"]),
            (CREATE, vec!["deferred", "not_run"]),
            (OTHER, vec!["unreachable", "not_run", "aborted"]),
        ]
    );
}

#[test]
fn a_run_that_was_limited_stands_for_no_run_of_the_schedule() {
    let bench = Bench::new();
    let mut scene = scene::Scene::until_the_gap(&bench.database());
    scene.limited_run(45);
    scene.after_the_gap();
    scene.close();
    let told = Told::ask(&bench, &[]);
    let figures = told.figures();
    for (figure, wanted) in [
        ("runs_made", 6),
        ("runs_missed", 2),
        ("runs_expected", 7),
        ("longest_run_interval_seconds", 3_000),
        ("coverage_gaps", 5),
    ] {
        assert_eq!(figures.get(figure), Some(&wanted), "{figure}");
    }
    let meaning = &told.rows("completeness")[0]["meaning"];
    let meaning = meaning.as_str().unwrap();
    assert!(meaning.ends_with("no run of the schedule: 1"), "{meaning}");
    let statement = told.paragraphs("completeness")[1].1;
    for said in [
        "runs expected: 7, made: 5, missed: 2.",
        "limited to some services or accounts, which stand for no run of the schedule: 1.",
    ] {
        assert!(statement.contains(said), "{said}: {statement}");
    }
}

#[test]
fn rows_of_the_other_sections() {
    let (bench, known) = recorded();
    let told = Told::ask(&bench, &[]);
    let values = |id: &str, columns: &[&str]| told.values(id, columns);
    let target = [
        "target_region_id",
        "results",
        "succeeded",
        "failed",
        "cancelled",
        "operations",
    ];
    assert_eq!(
        values("results_by_target", &target),
        [r#""cn-beijing" 2 0 1 1 2"#, r#""cn-hangzhou" 1 1 0 0 1"#]
    );
    let durations = [
        "kind",
        "with_duration",
        "median_ms",
        "p95_ms",
        "schedule_seconds",
        "widest_look_gap_seconds",
    ];
    assert_eq!(
        values("durations", &durations),
        [
            r#""RR_ADD" 0 null null 900 901"#,
            r#""CREATE" 1 3600000 3600000 900 901"#,
            r#""UPDATE" 1 4860000 4860000 900 3901"#,
        ]
    );
    assert!(
        told.paragraphs("durations")[0]
            .1
            .contains("Declared schedule: 15 min")
    );
    assert_eq!(
        values("batches", &["total_count", "success_count", "failed_count"]),
        ["4 3 1"]
    );
    assert_eq!(leaves(&told.rows("batches")[0]["evidence"]), [known.batch]);
    assert_eq!(
        values("interventions", &["os_user", "ticket", "outcome", "effect"]),
        [r#""bob" "CHG-7" "ok" "stopped""#]
    );
    let stop = &told.rows("interventions")[0];
    assert_eq!(leaves(&stop["evidence"]), [known.intervention, known.stop]);
    assert_eq!(
        values(
            "unknowns",
            &["action", "kind", "name", "answers", "evidence"]
        ),
        [format!(
            r#""GetStackGroupOperation" "field" "StackGroupOperation.Surprise" 1 "{}""#,
            known.create
        )]
    );
    assert_eq!(
        values("requests", &["action", "outcome", "requests"]),
        [
            r#""DescribeBatchResultCount" "ok" 3"#,
            r#""GetExecuteOperationResult" "expired" 1"#,
            r#""GetExecuteOperationResult" "ok" 2"#,
            r#""GetStackGroupOperation" "not_found" 3"#,
            r#""GetStackGroupOperation" "ok" 6"#,
            r#""GetStackGroupOperation" "throttled" 1"#,
            r#""GetStackGroupOperation" "unreachable" 1"#,
            r#""ListStackGroupOperationResults" "ok" 6"#,
            r#""StopStackGroupOperation" "ok" 1"#,
            r#""GetCallerIdentity" "ok" 8"#,
        ]
    );
    assert!(told.rows("drift_checks").is_empty());
    assert_eq!(
        told.paragraphs("drift_checks").len(),
        2,
        "an empty table says so"
    );
}

#[test]
fn a_period_without_a_run_is_a_gap_and_not_blank() {
    let (bench, _) = recorded();
    let period = [
        "--since",
        "2026-03-01T00:40:00Z",
        "--until",
        "2026-03-01T01:10:00Z",
    ];
    let told = Told::ask(&bench, &period);
    let wanted = map(&[
        ("runs_missed", 2),
        ("runs_expected", 2),
        ("longest_run_interval_seconds", 3_000),
        ("watches", 5),
        ("operations", 3),
        ("coverage_gaps", 4),
        ("coverage_gaps_open", 1),
        ("longest_blind_interval_seconds", 1_800),
    ]);
    assert_eq!(told.figures(), wanted);
    let (tone, statement) = told.paragraphs("completeness")[0];
    assert!(
        tone == "bad" && statement.starts_with("No run began in this period"),
        "{statement}"
    );
    assert_eq!(told.rows("coverage_gaps").len(), 4);
    assert_eq!(told.paragraphs("requests").len(), 2);

    let after = ["--since", "2026-04-01", "--until", "2026-05-01"];
    let told = Told::ask(&bench, &after);
    assert_eq!(told.figures(), map(&[("watches", 4)]));
    let paragraphs = told.paragraphs("completeness");
    assert_eq!(paragraphs[0].0, "bad");
    assert!(!paragraphs[0].1.contains("schedule"), "{paragraphs:?}");
    assert!(
        paragraphs[3].1.contains("nothing is known"),
        "{paragraphs:?}"
    );
}

#[test]
fn filters_narrow_what_bears_an_account_and_nothing_else() {
    let (bench, _) = recorded();
    let told = Told::ask(&bench, &["--account", OTHER_ACCOUNT]);
    let figures = told.figures();
    for (figure, wanted) in [
        ("runs_made", 5),
        ("watches", 2),
        ("operations", 1),
        ("coverage_gaps", 3),
        ("listings", 3),
        ("requests", 16),
        ("leaves", 54),
        ("ids_not_found", 1),
    ] {
        assert_eq!(figures.get(figure), Some(&wanted), "{figure}");
    }
    assert_eq!(figures.get("ids_expired_unseen"), None);
    assert_eq!(told.fact("accounts"), OTHER_ACCOUNT);
    assert_eq!(told.fact("regions"), &serde_json::Value::Null);
    assert_eq!(told.values("identities", &["label"]), [r#""dev""#]);
    assert_eq!(told.rows("failures").len(), 0);

    // What asks whose the credentials are bears their label alone, and is of the account that they turned out to be.
    let requests = |account: &[&str]| Told::ask(&bench, account).figures()["requests"];
    let of_accounts = requests(&["--account", ACCOUNT]) + requests(&["--account", OTHER_ACCOUNT]);
    assert_eq!(of_accounts, requests(&[]));
    let exported = |account: &[&str]| {
        let rows = bench.out(&[&["export", "requests", "--format", "jsonl"], account].concat());
        rows.lines().count()
    };
    let of_labels = exported(&["--account", "prod"]) + exported(&["--account", "dev"]);
    assert_eq!(of_labels, exported(&[]));
    // By the id, too, which no configuration knows: each run was told it.
    let of_accounts = exported(&["--account", ACCOUNT]) + exported(&["--account", OTHER_ACCOUNT]);
    assert_eq!(of_accounts, exported(&[]));

    let told = Told::ask(&bench, &["--service", "alidns"]);
    assert_eq!(
        told.values("operations", &["operation_id"]),
        [format!(r#""{BATCH}""#)]
    );
    assert_eq!(told.figures().get("requests"), Some(&3));
    let told = Told::ask(&bench, &["--region", "cn-hangzhou"]);
    assert_eq!(told.figures().get("operations"), Some(&2));
    let told = Told::ask(&bench, &["--account", "dev"]);
    assert_eq!(told.figures().get("watches"), Some(&2));
}

#[test]
fn an_empty_database_says_that_nothing_was_recorded() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["init"]).code, 0);
    let told = Told::ask(&bench, &[]);
    let (tone, statement) = told.paragraphs("completeness")[0];
    assert!(
        tone == "unknown" && statement.starts_with("Nothing was recorded"),
        "{statement}"
    );
    assert_eq!(told.sections().len(), 18);
    assert_eq!(told.figures().get("runs_made"), None);
    let bench = Bench::new();
    bench.complaint(1, &["report", "compliance"]);
}
