//! Runs that have too little time, that overlap, or that die.

use std::collections::BTreeSet;
use std::time::Duration;

use optrail::collect::RoundOptions;
use optrail::sandbox::{BpSpec, BpState, Schedule};

use crate::oracle::{assert_cadt, assert_ros};
use crate::scene::{OWN, cadt, ended, patient, real_time, ros, watch};
use crate::world::{World, running, sign_by_machine_clock, signal, wait_until};

/// How long every answer takes.
const LATENCY_MS: u64 = 40;

/// Operations, more than a short run can ask.
const OPERATIONS: usize = 60;

/// Looks that a run of two requests in flight begins at the same time: their order is the network's.
const FIRST_WAVE: usize = 8;

fn slow_world(seed: u64) -> World {
    World::with(seed, |config| {
        sign_by_machine_clock(config);
        config.latency_ms = LATENCY_MS;
    })
}

/// The operations that a run asked, in the order in which it did.
fn asked(world: &World, run_id: i64) -> Vec<String> {
    world.lines(&format!(
        "SELECT operation_id FROM requests WHERE run_id = {run_id} AND attempt = 1 \
         AND action IN ('GetStackGroupOperation', 'GetExecuteOperationResult') ORDER BY requested_at, exchange_id"
    ))
}

#[test]
fn a_deadline_defers_whole_watches_and_the_most_overdue_come_first_next_time() {
    let world = slow_world(51);
    for _ in 0..OPERATIONS {
        world.add_ros(running(&world, 120));
    }
    let mut cadt_ids = BTreeSet::new();
    for _ in 0..3 {
        let id = world.cloud.add_bpstudio(BpSpec {
            account_id: OWN.to_owned(),
            operation_id: None,
            states: Schedule::starting(world.cloud.now(), BpState::of("RUNNING")),
        });
        watch(&world, cadt(&id));
        cadt_ids.insert(id);
    }
    let short = RoundOptions {
        deadline: Duration::from_millis(1_500),
        concurrency: 2,
        ..patient()
    };
    let end = world.collect_within(&world.collector(), &short);
    assert_eq!(end.row.outcome.as_str(), "partial");
    assert!(end.row.watches_deferred > 0, "{:?}", end.row);
    assert_eq!(end.row.watches_failed, 0);
    let first = asked(&world, 1);
    let soonest: BTreeSet<String> = first.iter().take(FIRST_WAVE).cloned().collect();
    assert!(soonest.is_superset(&cadt_ids), "ids that die come first");
    // What was begun was finished: no listing stands half read.
    let torn = "SELECT count(*) FROM listings WHERE verdict IS NOT 'complete'";
    assert_eq!(world.number(torn), 0);
    let looked = world
        .number("SELECT count(*) FROM listings WHERE action = 'ListStackGroupOperationResults'");
    assert_eq!(
        usize::try_from(looked).unwrap(),
        first.len() - cadt_ids.len()
    );

    let end = world.collect_within(&world.collector(), &short);
    assert!(end.row.watches_deferred > 0);
    let second = asked(&world, 2);
    let soonest: BTreeSet<String> = second.iter().take(FIRST_WAVE).cloned().collect();
    assert!(soonest.is_superset(&cadt_ids));
    let again = second
        .iter()
        .filter(|id| !cadt_ids.contains(*id) && first.contains(id));
    let asked_once = first.len() + second.len() - 2 * cadt_ids.len();
    assert!(
        asked_once < OPERATIONS,
        "more was asked than a short run can"
    );
    assert_eq!(again.count(), 0, "asked before what was left over");
    let cause = "SELECT DISTINCT cause FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(cause), ["deferred"]);

    let end = world.collect_within(&world.collector(), &patient());
    assert_eq!(
        (end.row.outcome.as_str(), end.row.watches_deferred),
        ("complete", 0)
    );
    assert_ros(&world, OWN, |_| true);
    assert_cadt(&world, OWN);
    let open = "SELECT count(*) FROM coverage_gaps WHERE gap_until IS NULL";
    assert_eq!(world.number(open), 0);
    world.verify();
}

#[test]
fn a_listing_that_has_begun_is_read_to_its_end_whatever_the_deadline() {
    let world = slow_world(52);
    let id = world.cloud.add_ros_operation(ended(&world, OWN, 4_000));
    watch(&world, ros(&id));
    let short = RoundOptions {
        deadline: Duration::from_millis(400),
        concurrency: 2,
        ..patient()
    };
    let end = world.collect_within(&world.collector(), &short);
    assert_eq!(end.row.outcome.as_str(), "complete", "{:?}", end.failures);
    assert_ros(&world, OWN, |_| true);
    assert_eq!(
        world.lines("SELECT pages, verdict FROM listings"),
        ["80,complete"]
    );
    world.verify();
}

#[test]
fn fault_26_a_second_collector_leaves_at_once_and_a_dead_one_is_named_by_the_next() {
    let world = World::with(53, |config| {
        real_time(config);
        config.latency_ms = 100;
    });
    for _ in 0..OPERATIONS {
        let id = world.cloud.add_ros_operation(ended(&world, OWN, 60));
        watch(&world, ros(&id));
    }
    let mut first = world.start(&["collect", "--concurrency", "2"]);
    world.wait_for_requests(8);
    let asked = world.cloud.requests().len();
    let ended = world.run(&["collect"]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert_eq!((&*ended.stdout, &*ended.stderr), ("", ""));
    assert!(
        world.cloud.requests().len() < asked + 40,
        "it asked nothing itself"
    );
    signal(&first, "KILL");
    assert!(!first.wait().unwrap().success());
    let kept = world.number("SELECT count(*) FROM requests");
    assert!(kept > 0);
    let ended = world.run(&["collect"]).expect(0);
    assert!(ended.stderr.contains("died"), "{ended:?}");
    wait_until("the dead run is named", || {
        world.lines("SELECT outcome FROM collection_runs WHERE kind = 'collect' ORDER BY run_id")
            == ["aborted", "complete"]
    });
    assert_ros(&world, OWN, |_| true);
    let causes = "SELECT DISTINCT cause FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(causes), ["aborted"]);
    let open = "SELECT count(*) FROM coverage_gaps WHERE gap_until IS NULL";
    assert_eq!(world.number(open), 0);
    world.verify();
}
