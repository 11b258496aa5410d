//! How the program ends, and what it says: what cron lines and scripts are built on.

use std::fs;
use std::time::{Duration, Instant};

use optrail::model::Service;
use optrail::sandbox::{DEFAULT_ACCOUNT_ID, Fault, FaultKind};
use serde_json::Value;

use crate::world::{Ended, MINUTE_MS, World, running, sign_by_machine_clock, signal};

/// Operations of a world in which a run takes its time.
const SLOW_WATCHES: usize = 60;

/// How long every answer takes there.
const LATENCY_MS: u64 = 60;

/// A world whose answers take their time.
fn slow_world() -> World {
    let world = World::with(1, |config| {
        sign_by_machine_clock(config);
        config.latency_ms = LATENCY_MS;
    });
    for _ in 0..SLOW_WATCHES {
        world.add_ros(running(&world, 0));
    }
    world
}

/// The one line that was said.
fn line(ended: &Ended) -> &str {
    assert_eq!(ended.stdout, "");
    match ended.stderr.lines().collect::<Vec<_>>()[..] {
        [line] => line,
        _ => panic!("not one line: {}", ended.stderr),
    }
}

#[test]
fn an_unknown_id_is_partial_three_times_and_then_known_to_be_missing() {
    let world = World::for_program(1);
    let good = world.add_ros(running(&world, 2));
    let unknown = "00000000-0000-4000-8000-000000000000";
    world.watch(Service::Ros, unknown);
    for run in 0..3 {
        let ended = world.run(&["collect"]).expect(4);
        // Told when it begins, and not again while it lasts.
        if run == 0 {
            assert!(line(&ended).contains(unknown) && line(&ended).contains("not_found"));
        } else {
            assert_eq!(ended.stderr, "");
        }
        assert_eq!(world.run(&["collect", "--service", "alidns"]).code, Some(0));
    }
    let asked = world.cloud.requests().len();
    world.run(&["collect"]).expect_silence();
    assert_eq!(
        world.cloud.requests().len(),
        asked + 3,
        "identity, Get and a page of the good one"
    );
    assert_eq!(
        world.lines("SELECT operation_id, state FROM watches ORDER BY operation_id"),
        [format!("{unknown},not_found"), format!("{good},active")]
    );
    world.verify();
}

#[test]
fn an_expired_id_is_partial_once() {
    let world = World::for_program(2);
    world.watch(Service::Bpstudio, "op_long_gone");
    world.run(&["collect"]).expect(4);
    world.run(&["collect"]).expect_silence();
    assert_eq!(
        world.lines("SELECT state, last_outcome FROM watches"),
        ["expired,expired"]
    );
    world.verify();
}

#[test]
fn partial_can_be_allowed() {
    let world = World::for_program(3);
    world.add_ros(running(&world, 1));
    world.watch(Service::Ros, "00000000-0000-4000-8000-000000000000");
    world.run(&["collect", "--allow-partial"]).expect(0);
    world.verify();
}

#[test]
fn a_key_that_is_refused_is_one_clear_line() {
    let world = World::for_program(4);
    for _ in 0..3 {
        world.add_ros(running(&world, 1));
    }
    let refusals = [
        (
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "notTheSecretOfNobody",
            "SignatureDoesNotMatch",
        ),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "LTAIunknownKeyOfNobody",
            "InvalidAccessKeyId.NotFound",
        ),
        (
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            "notATokenOfNobody",
            "InvalidSecurityToken",
        ),
    ];
    for (variable, value, code) in refusals {
        let output = world.optrail(&["collect"]).env(variable, value).output();
        let ended = Ended::of(output.unwrap()).expect(1);
        assert!(line(&ended).contains(code), "{}", line(&ended));
        assert!(!ended.stderr.contains(value));
    }
    assert_eq!(world.requests_of("GetStackGroupOperation"), 0);
    world.verify();
}

#[test]
fn no_key_at_all_is_one_clear_line_and_no_run() {
    let world = World::for_program(5);
    world.add_ros(running(&world, 1));
    let mut command = world.optrail(&["collect"]);
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID");
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let ended = Ended::of(command.output().unwrap()).expect(1);
    assert!(
        line(&ended).contains("ALIBABA_CLOUD_ACCESS_KEY_ID"),
        "{}",
        line(&ended)
    );
    assert_eq!(world.cloud.requests().len(), 0);
    world.verify();
}

#[test]
fn fault_25_a_second_collector_ends_at_once_and_asks_nothing() {
    let world = World::for_program(6);
    world.add_ros(running(&world, 1));
    let held = Fault::once(FaultKind::Hang { ms: 4_000 });
    world.cloud.script(held.on_action("GetCallerIdentity"));
    let first = world.start(&["collect"]);
    world.wait_for_requests(1);
    let begun = Instant::now();
    let second = Ended::of(world.optrail(&["collect"]).output().unwrap()).expect(5);
    assert_eq!((&*second.stdout, &*second.stderr), ("", ""));
    let verbose = Ended::of(world.optrail(&["collect", "-v"]).output().unwrap()).expect(5);
    assert!(line(&verbose).contains("another collector"));
    assert_eq!(world.cloud.requests().len(), 1);
    assert!(
        begun.elapsed() < Duration::from_millis(3_500),
        "it waited for the first"
    );
    Ended::of(first.wait_with_output().unwrap()).expect_silence();
    assert_eq!(world.number("SELECT count(*) FROM collection_runs"), 1);
    world.verify();
}

#[test]
fn fault_03_a_signal_ends_the_run_and_keeps_what_was_answered() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let world = slow_world();
        let collector = world.start(&["collect"]);
        world.wait_for_requests(SLOW_WATCHES / 2);
        let begun = Instant::now();
        signal(&collector, name);
        Ended::of(collector.wait_with_output().unwrap()).expect(code);
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(world.request_ids_kept(), world.request_ids_served());
        assert!(world.cloud.requests().len() < 2 * SLOW_WATCHES);
        assert_eq!(
            world.lines("SELECT outcome FROM collection_runs"),
            ["interrupted"]
        );
        world.verify();
        world.run(&["collect"]).expect_silence();
        assert_eq!(
            world.number("SELECT count(*) FROM operations"),
            i64::try_from(SLOW_WATCHES).unwrap()
        );
        world.verify();
    }
}

#[test]
fn a_deadline_defers_and_twice_running_is_partial() {
    let world = slow_world();
    let hurried = ["collect", "--concurrency", "1", "--deadline", "400ms"];
    world.run(&hurried).expect_silence();
    let twice = world.run(&hurried).expect(4);
    assert!(line(&twice).contains("twice running"));
    let runs = "SELECT outcome, watches_deferred > 0, watches_polled > 0 FROM collection_runs ORDER BY run_id";
    assert_eq!(world.lines(runs)[0], "partial,1,1");
    // A list that has begun is read to its end, however late.
    assert_eq!(
        world.number("SELECT count(*) FROM listings WHERE verdict IS NOT 'complete'"),
        0
    );
    let ended = world.run(&["collect"]).expect(0);
    assert!(line(&ended).contains("again well"));
    world.run(&["collect"]).expect_silence();
    world.verify();
}

#[test]
fn without_a_watch_there_is_a_hint() {
    let world = World::for_program(7);
    let ended = world.run(&["collect"]).expect(1);
    assert!(line(&ended).contains("optrail watch add"));
    assert!(!world.database().exists());
    drop(world.recorder());
    let ended = world.run(&["collect"]).expect(1);
    assert!(line(&ended).contains("optrail watch add"));
    assert_eq!(world.cloud.requests().len(), 0);
}

#[test]
fn with_nothing_due_nothing_is_asked() {
    let world = World::for_program(8);
    let mut spec = running(&world, 0);
    spec.status = spec.status.then(MINUTE_MS, "SUCCEEDED".into());
    world.add_ros(spec);
    world.clock.advance_ms(i64::from(MINUTE_MS));
    world.run(&["collect"]).expect_silence();
    let asked = world.cloud.requests().len();
    world.run(&["collect"]).expect_silence();
    assert_eq!(world.cloud.requests().len(), asked);
    world.run(&["collect", "--recheck"]).expect_silence();
    assert_eq!(world.cloud.requests().len(), 2 * asked);
    world.verify();
}

#[test]
fn a_watch_command_that_died_before_its_rows_were_derived_has_added_its_watch() {
    let world = World::for_program(9);
    // The recorder returns once the leaf is committed; its rows come with the next transaction.
    world.add_ros(running(&world, 1));
    assert_eq!(world.number("SELECT count(*) FROM watches"), 0);
    world.run(&["collect"]).expect_silence();
    assert_eq!(world.number("SELECT count(*) FROM watches"), 1);
    world.verify();
}

/// Fields of the summary that are counts.
const COUNTS: [&str; 17] = [
    "duration_ms",
    "watches_due",
    "watches_polled",
    "watches_failed",
    "watches_deferred",
    "operations_new",
    "versions_new",
    "looks_unchanged",
    "results_seen",
    "listings_complete",
    "listings_incomplete",
    "expired_unseen",
    "requests",
    "retries",
    "throttled",
    "bytes_received",
    "evidence_size",
];

#[test]
fn the_summary_is_a_line_of_json() {
    let world = World::for_program(10);
    world.add_ros(running(&world, 3));
    let denied = world.add_ros(running(&world, 1));
    let refused = Fault::once(FaultKind::Denied).on_operation(&denied);
    world
        .cloud
        .script(refused.on_action("GetStackGroupOperation"));
    let ended = world.run(&["collect", "--summary", "-"]).expect(4);
    assert_eq!(ended.stdout.lines().count(), 1);
    let summary: Value = serde_json::from_str(&ended.stdout).unwrap();
    for count in COUNTS {
        assert!(summary[count].is_u64(), "{count}: {}", summary[count]);
    }
    assert_eq!(summary["run_id"], "1");
    assert_eq!(summary["outcome"], "partial");
    assert_eq!(
        [
            &summary["watches_due"],
            &summary["watches_failed"],
            &summary["results_seen"]
        ],
        [2, 1, 3]
    );
    assert_eq!(
        summary["evidence_size"],
        world.number("SELECT count(*) FROM leaf")
    );
    assert_eq!(summary["requests"], world.cloud.requests().len());
    assert_eq!(summary["evidence_root"].as_str().unwrap().len(), 64);
    let error = &summary["errors"][0];
    assert_eq!(summary["errors"].as_array().unwrap().len(), 1);
    assert_eq!(error["account_id"], DEFAULT_ACCOUNT_ID);
    assert_eq!(error["service"], "ros");
    assert_eq!(error["action"], "GetStackGroupOperation");
    assert_eq!(error["region_id"], "cn-hangzhou");
    assert_eq!(error["operation_id"], denied);
    assert_eq!(
        (&error["outcome"], &error["code"]),
        (&"denied".into(), &"Forbidden.RAM".into())
    );
    assert!(error["message"].is_string() && error["request_id"].is_string());

    let file = world.home().join("runs.jsonl");
    let path = file.to_str().unwrap();
    let well = world.run(&["collect", "--summary", path]).expect(0);
    assert!(line(&well).contains("again well"));
    world.run(&["collect", "--summary", path]).expect_silence();
    let lines = fs::read_to_string(file).unwrap();
    let runs: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        runs.iter().map(|run| &run["run_id"]).collect::<Vec<_>>(),
        ["2", "3"]
    );
    assert_eq!(
        [&runs[0]["operations_new"], &runs[1]["operations_new"]],
        [1, 0]
    );
    world.verify();
}
