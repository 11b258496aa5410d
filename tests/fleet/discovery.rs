//! What is found by itself: stack groups, their operations, and DNS tasks.

use optrail::collect::{RoundEnd, summary_line};
use optrail::model::UtcMillis;
use optrail::sandbox::scenario::{FLEET_REGIONS, FleetAccount, GROUPS_OF_FLEET, fleet};
use optrail::sandbox::{Fault, FaultKind, Paging, RosOperation, TotalCount};
use optrail::store::watches::WatchTarget;

use crate::oracle::{
    assert_batches, assert_details, assert_groups, assert_nothing_gone, assert_ros,
};
use crate::scene::{OWN, last_task, patient, stack_groups, watch};
use crate::world::{MINUTE_MS, World};

/// Minutes from run to run.
const STEP_MINUTES: u32 = 10;

/// Runs until the last operation that the scenario begins has ended.
const ROUNDS: u32 = 15;

fn fleet_world(seed: u64) -> (World, FleetAccount) {
    let world = World::new(seed);
    let account = fleet(&world.cloud, &[OWN.to_owned()]).remove(0);
    (world, account)
}

fn collect(world: &World) -> RoundEnd {
    world.collect_within(&world.collector(), &patient())
}

fn advance(world: &World) {
    world.clock.advance_ms(i64::from(STEP_MINUTES * MINUTE_MS));
}

#[test]
fn one_watch_for_each_region_finds_every_operation_of_forty_groups_within_one_run() {
    let (world, account) = fleet_world(1);
    for region in FLEET_REGIONS {
        watch(&world, stack_groups(region));
    }
    for round in 0..ROUNDS {
        let end = collect(&world);
        assert_eq!(
            (end.row.outcome.as_str(), end.failures.len()),
            ("complete", 0)
        );
        // All that is there now, also what began since the run before.
        assert_ros(&world, OWN, |_| true);
        assert_groups(&world, OWN);
        if round == 0 {
            let groups = "SELECT count(*) FROM stack_groups";
            assert_eq!(world.number(groups), i64::from(GROUPS_OF_FLEET));
        }
        advance(&world);
    }
    let again = format!(
        "SELECT status FROM stack_groups WHERE stack_group_name = '{}' ORDER BY create_time",
        account.recreated_group
    );
    assert_eq!(world.lines(&again), ["DELETED", "ACTIVE"]);
    let found = "SELECT count(*) FROM watches WHERE operation_id <> '' AND parent IS NULL";
    assert_eq!(
        world.number(found),
        0,
        "whatever is found says who found it"
    );
    let open = "SELECT count(*) FROM watches WHERE operation_id <> '' AND state <> 'settled'";
    assert_eq!(world.number(open), 0, "everything has ended");
    // What has ended is asked no more: only the lists are.
    let before = world.requests_of("GetStackGroupOperation");
    assert_eq!(collect(&world).row.outcome.as_str(), "complete");
    assert_eq!(world.requests_of("GetStackGroupOperation"), before);
    assert_eq!(
        world.number("SELECT count(*) FROM coverage_gaps WHERE scope = 'watch'"),
        0
    );
    world.verify();
}

#[test]
fn one_watch_for_all_regions_finds_the_same() {
    let (world, _) = fleet_world(2);
    watch(&world, stack_groups("all"));
    for _ in 0..3 {
        assert_eq!(collect(&world).row.outcome.as_str(), "complete");
        assert_ros(&world, OWN, |_| true);
        assert_groups(&world, OWN);
        for _ in 0..4 {
            advance(&world);
        }
    }
    world.verify();
}

#[test]
fn names_and_a_time_narrow_what_is_taken_up() {
    let (world, _) = fleet_world(3);
    let since = world.cloud.now().plus_ms(-7 * 24 * 3_600_000);
    watch(
        &world,
        WatchTarget {
            names: vec!["network-*".to_owned(), "dns-?8".to_owned()],
            since: Some(since),
            ..stack_groups("all")
        },
    );
    let is_meant = |operation: &RosOperation| {
        let name = &operation.spec.stack_group_name;
        let begun: UtcMillis = operation.spec.status.steps()[0].0;
        let is_dns = name.len() == 6 && name.starts_with("dns-") && name.ends_with('8');
        (name.starts_with("network-") || is_dns) && begun >= since
    };
    for _ in 0..2 {
        assert_eq!(collect(&world).row.outcome.as_str(), "complete");
        assert_ros(&world, OWN, is_meant);
        // Which groups there are is known of all of them: one list says it.
        assert_groups(&world, OWN);
        for _ in 0..4 {
            advance(&world);
        }
    }
    let others = "SELECT count(*) FROM listings WHERE action = 'ListStackGroupOperations' \
                  AND stack_group_name NOT GLOB 'network-*' AND stack_group_name NOT GLOB 'dns-?8'";
    assert_eq!(world.number(others), 0, "groups that nobody asked for");
    let dns = "SELECT count(*) FROM operations WHERE resource_name GLOB 'dns-?8'";
    assert!(world.number(dns) > 0, "the second pattern means something");
    world.verify();
}

#[test]
fn the_last_task_is_followed_and_each_task_that_was_met_is_recorded_to_its_end() {
    let (world, account) = fleet_world(4);
    watch(&world, last_task(None));
    watch(&world, last_task(Some("RR_ADD")));
    for _ in 0..8 {
        let end = collect(&world);
        assert_eq!(
            (end.row.outcome.as_str(), end.failures.len()),
            ("complete", 0)
        );
        world.clock.advance_ms(i64::from(5 * MINUTE_MS));
    }
    assert_eq!(collect(&world).row.outcome.as_str(), "complete");
    let tasks = &account.batch_task_ids;
    assert_batches(&world, OWN, tasks);
    for task in tasks {
        assert_details(&world, *task);
    }
    // Read once, all pages, after the end: they do not change any more.
    let readings = world.lines(
        "SELECT operation_id, count(*) FROM listings WHERE action = 'DescribeBatchResultDetail' \
         AND verdict = 'complete' GROUP BY operation_id ORDER BY operation_id",
    );
    let mut expected: Vec<String> = tasks.iter().map(|task| format!("{task},1")).collect();
    expected.sort();
    assert_eq!(readings, expected);
    let languages = world.lines(
        "SELECT DISTINCT json_extract(parameters, '$.Lang') FROM requests WHERE service = 'alidns'",
    );
    assert_eq!(languages, ["en"]);
    world.verify();
}

#[test]
fn a_list_of_groups_that_is_denied_takes_nothing_away() {
    one_list_fails(11, "denied", FaultKind::Denied);
}

#[test]
fn a_list_of_groups_that_is_throttled_takes_nothing_away() {
    let throttle = FaultKind::Throttle {
        retry_after_ms: Some(10),
    };
    one_list_fails(12, "throttled", throttle);
}

#[test]
fn a_list_of_groups_that_says_nothing_takes_nothing_away() {
    one_list_fails(13, "invalid_answer", FaultKind::NullBody);
}

/// The lists of groups fail for good, in one run.
fn one_list_fails(seed: u64, outcome: &str, kind: FaultKind) {
    let (world, _) = fleet_world(seed);
    for region in FLEET_REGIONS {
        watch(&world, stack_groups(region));
    }
    assert_eq!(collect(&world).row.outcome.as_str(), "complete");
    advance(&world);
    let groups = "SELECT stack_group_id, status, present FROM stack_groups ORDER BY 1";
    let before = world.lines(groups);
    let fault = Fault::times(kind, u32::MAX).on_action("ListStackGroups");
    world.cloud.script(fault);
    let end = collect(&world);
    let failed: Vec<&str> = end.failures.iter().map(|failure| failure.outcome).collect();
    assert_eq!(end.row.outcome.as_str(), "partial");
    assert_eq!(failed, [outcome; 3], "one for each region");
    assert_eq!(world.lines(groups), before, "nothing went, nothing came");
    assert_nothing_gone(&world);
    let gaps =
        "SELECT watch_id, gap_until FROM coverage_gaps WHERE scope = 'watch' AND operation_id = ''";
    assert_eq!(
        world.lines(gaps),
        ["1,-", "2,-", "3,-"],
        "of each discovery"
    );
    // What was found before is asked all the same, and so are the operations of the groups that are known.
    assert_ros(&world, OWN, |_| true);
    world.verify();
}

#[test]
fn a_list_of_operations_that_fails_is_told_with_its_stack_group() {
    let (world, _) = fleet_world(15);
    watch(&world, stack_groups("all"));
    assert_eq!(collect(&world).row.outcome.as_str(), "complete");
    advance(&world);
    let fault = Fault::times(FaultKind::NullBody, u32::MAX).on_action("ListStackGroupOperations");
    world.cloud.script(fault);
    let end = collect(&world);
    let summary: serde_json::Value = serde_json::from_str(&summary_line(&end)).unwrap();
    let errors = summary["errors"].as_array().unwrap();
    let names = "SELECT stack_group_name FROM stack_groups";
    let names = world.lines(names);
    assert!(!errors.is_empty());
    for error in errors {
        assert_eq!(error["action"], "ListStackGroupOperations", "{error}");
        assert!(error["operation_id"].is_null(), "{error}");
        let name = error["stack_group_name"].as_str().unwrap();
        assert!(names.iter().any(|known| known == name), "{error}");
    }
    world.verify();
}

#[test]
fn a_torn_list_of_groups_takes_nothing_away() {
    let torn = Paging {
        page_size_cap: Some(5),
        total_count: TotalCount::Changing,
        ..Paging::default()
    };
    let (world, _) = fleet_world(14);
    watch(&world, stack_groups("all"));
    assert_eq!(collect(&world).row.outcome.as_str(), "complete");
    let groups = "SELECT stack_group_id, status, present FROM stack_groups ORDER BY 1";
    let before = world.lines(groups);
    advance(&world);
    world.cloud.set_list_paging("ListStackGroups", torn);
    world
        .cloud
        .set_list_paging("ListStackGroupOperations", torn);
    let end = collect(&world);
    let incomplete = "SELECT count(*) FROM listings WHERE verdict = 'incomplete'";
    if world.number(incomplete) == 0 {
        panic!("a list whose total changes from page to page is not whole: {end:?}");
    }
    assert_eq!(world.lines(groups), before, "nothing went");
    assert_ros(&world, OWN, |_| true);
    world
        .cloud
        .set_list_paging("ListStackGroups", Paging::default());
    world
        .cloud
        .set_list_paging("ListStackGroupOperations", Paging::default());
    world.clock.advance_ms(i64::from(MINUTE_MS));
    assert_eq!(collect(&world).row.outcome.as_str(), "complete");
    assert_groups(&world, OWN);
    world.verify();
}
