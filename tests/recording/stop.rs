//! The one call that changes the world: its intent is durable before it is sent, and it is sent again only
//! when the answer proves that it was not carried out.

use std::sync::{Arc, Mutex};

use optrail::sandbox::{Fault, FaultKind};

use crate::relay::Relay;
use crate::world::{Ended, MINUTE_MS, REGION, World, running, select};

const STOP: &str = "StopStackGroupOperation";

const INTERVENTIONS: &str = "SELECT status_before, outcome, effect FROM interventions";

/// What is typed to stop an operation.
fn typed(operation: &str) -> [&str; 9] {
    [
        "stop",
        operation,
        "--region",
        REGION,
        "--reason",
        "wrong template",
        "--ticket",
        "CHG-1042",
        "--yes",
    ]
}

/// A world with one operation that has rows to stop.
fn world_with_one() -> (World, String) {
    let world = World::for_program(1);
    let id = world.add_ros(running(&world, 3));
    (world, id)
}

#[test]
fn the_intent_is_durable_before_the_call_reaches_the_server() {
    let (world, id) = world_with_one();
    let at_arrival = Arc::new(Mutex::new(Vec::new()));
    let (database, seen) = (world.database(), Arc::clone(&at_arrival));
    let relay = Relay::to(&world.endpoint(), move |piece| {
        if memchr::memmem::find(piece, STOP.as_bytes()).is_some() {
            let last = "SELECT record ->> '$.t', record ->> '$.operation' FROM leaf ORDER BY sequence DESC LIMIT 1";
            seen.lock().unwrap().extend(select(&database, last));
        }
    });
    let mut command = world.optrail(&typed(&id));
    let output = command.args(["--endpoint", &relay.endpoint()]).output();
    Ended::of(output.unwrap()).expect(0);
    let expected = vec!["intervention".to_owned().into(), id.clone().into()];
    assert_eq!(*at_arrival.lock().unwrap(), [expected]);

    assert_eq!(
        world.lines("SELECT operation_id, os_user, reason, ticket, status_before, outcome, effect FROM interventions"),
        [format!("{id},tester,wrong template,CHG-1042,RUNNING,ok,stopping")]
    );
    let requests = world.cloud.requests();
    let stop = requests
        .iter()
        .find(|request| request.action == STOP)
        .unwrap();
    assert_eq!(
        world.lines("SELECT request_id, caller_arn FROM interventions"),
        [format!("{},{}", stop.request_id, world.key.arn)]
    );
    world.verify();

    world.clock.advance_ms(i64::from(2 * MINUTE_MS));
    world.run(&["collect"]).expect_silence();
    assert_eq!(world.lines(INTERVENTIONS), ["RUNNING,ok,stopped"]);
    assert_eq!(
        world.lines("SELECT status FROM operation_timeline ORDER BY sequence"),
        ["RUNNING", "STOPPING", "STOPPED"]
    );
    world.verify();
}

#[test]
fn a_stop_whose_answer_was_lost_is_not_sent_again() {
    for carried_out in [true, false] {
        let (world, id) = world_with_one();
        let lost = Fault::once(FaultKind::Disconnect { carried_out });
        world.cloud.script(lost.on_action(STOP));
        let ended = world.run(&typed(&id)).expect(4);
        assert!(ended.stderr.contains("not known"), "{}", ended.stderr);
        assert_eq!(world.requests_of(STOP), 1);
        // What came of it is seen all the same.
        let effect = if carried_out { "stopping" } else { "none_seen" };
        assert_eq!(
            world.lines(INTERVENTIONS),
            [format!("RUNNING,unreachable,{effect}")]
        );
        world.verify();
    }
}

#[test]
fn a_stop_that_was_throttled_is_sent_again() {
    let (world, id) = world_with_one();
    let throttle = FaultKind::Throttle {
        retry_after_ms: None,
    };
    world
        .cloud
        .script(Fault::times(throttle, 2).on_action(STOP));
    world.run(&typed(&id)).expect(0);
    assert_eq!(world.requests_of(STOP), 3);
    assert_eq!(
        world.lines(&format!(
            "SELECT attempt, outcome FROM requests WHERE action = '{STOP}' ORDER BY exchange_id"
        )),
        ["1,throttled", "2,throttled", "3,ok"]
    );
    assert_eq!(world.lines(INTERVENTIONS), ["RUNNING,ok,stopping"]);
    world.verify();
}

#[test]
fn a_stop_that_is_refused_is_told_and_not_sent_again() {
    let (world, id) = world_with_one();
    world
        .cloud
        .script(Fault::once(FaultKind::Denied).on_action(STOP));
    let ended = world.run(&typed(&id)).expect(1);
    assert!(ended.stderr.contains("Forbidden.RAM"), "{}", ended.stderr);
    assert_eq!(world.requests_of(STOP), 1);
    assert_eq!(world.lines(INTERVENTIONS), ["RUNNING,denied,none_seen"]);
    world.verify();
}

#[test]
fn what_has_ended_is_not_stopped() {
    let world = World::for_program(2);
    let mut spec = running(&world, 1);
    spec.status = spec.status.then(MINUTE_MS, "FAILED".into());
    let id = world.add_ros(spec);
    world.clock.advance_ms(i64::from(MINUTE_MS));
    let ended = world.run(&typed(&id)).expect(0);
    assert!(ended.stderr.contains("FAILED"), "{}", ended.stderr);
    assert_eq!(world.requests_of(STOP), 0);
    assert_eq!(world.number("SELECT count(*) FROM interventions"), 0);
    world.verify();
}

#[test]
fn nothing_is_sent_that_nobody_confirmed() {
    let (world, id) = world_with_one();
    let unconfirmed = &typed(&id)[..8];
    world.run(unconfirmed).expect(1);
    assert_eq!(world.cloud.requests().len(), 0);
    world.verify();
}

#[test]
fn a_stop_works_while_a_collector_runs() {
    let (world, id) = world_with_one();
    let other = world.add_ros(running(&world, 1));
    let held = Fault::once(FaultKind::Hang { ms: 4_000 }).on_operation(&other);
    world.cloud.script(held.on_action("GetStackGroupOperation"));
    let mut collector = world.start(&["collect"]);
    world.wait_for_requests(4);
    world.run(&typed(&id)).expect(0);
    assert!(
        collector.try_wait().unwrap().is_none(),
        "the collector had ended before"
    );
    Ended::of(collector.wait_with_output().unwrap()).expect_silence();
    assert_eq!(
        world.lines("SELECT kind, outcome FROM collection_runs ORDER BY run_id"),
        ["collect,complete", "stop,complete"]
    );
    assert_eq!(world.lines(INTERVENTIONS), ["RUNNING,ok,stopping"]);
    assert_eq!(world.request_ids_kept(), world.request_ids_served());
    world.verify();
}

#[test]
fn an_account_that_nobody_knows_is_told_before_anything_is_sent() {
    let (world, id) = world_with_one();
    world.run(&["collect"]).expect(0);
    let sent = world.cloud.requests().len();
    let with_account = |word| [&typed(&id)[..], &["--account", word]].concat();
    let ended = world.run(&with_account("defualt")).expect(2);
    assert!(
        ended.stderr.contains("did you mean 'default'?"),
        "{}",
        ended.stderr
    );
    assert_eq!(world.cloud.requests().len(), sent);
    world.run(&with_account("default")).expect(0);
}

#[test]
fn a_wait_ends_where_nothing_can_be_seen_any_more() {
    let (world, id) = world_with_one();
    let denied = Fault::times(FaultKind::Denied, u32::MAX).after(1);
    world
        .cloud
        .script(denied.on_action("GetStackGroupOperation"));
    let waiting = world.start(&[&typed(&id)[..], &["--wait"]].concat());
    let ended = Ended::of(waiting.wait_with_output().unwrap()).expect(0);
    assert!(ended.stderr.contains("it is unknown"), "{}", ended.stderr);
    assert!(ended.stderr.contains("denied"), "{}", ended.stderr);
    assert_eq!(world.requests_of("GetStackGroupOperation"), 2);
    world.verify();
}

#[test]
fn a_wait_goes_on_after_a_look_that_was_missed() {
    let (world, id) = world_with_one();
    let busy = Fault::times(FaultKind::ServiceUnavailable, 4).after(1);
    world.cloud.script(busy.on_action("GetStackGroupOperation"));
    let waiting = world.start(&[&typed(&id)[..], &["--wait"]].concat());
    // Whose the key is, a look, the stop, and a look of four attempts; then one that sees it.
    world.wait_for_requests(8);
    world.clock.advance_ms(i64::from(2 * MINUTE_MS));
    let ended = Ended::of(waiting.wait_with_output().unwrap()).expect(0);
    assert!(ended.stderr.contains("it is STOPPED"), "{}", ended.stderr);
    world.verify();
}
