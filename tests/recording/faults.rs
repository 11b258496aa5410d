//! Clouds that fail: what becomes of each request, of its watch, of the run, and of everybody else.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use optrail::cloud::Limits;
use optrail::collect::Collector;
use optrail::model::{Service, UtcMillis};
use optrail::sandbox::{
    BatchSpec, BatchState, BatchType, BpSpec, BpState, Fault, FaultKind, Schedule,
};

use crate::world::{ACCOUNT, MINUTE_MS, World, running};

/// Limits that a test can wait for.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    read: Duration::from_millis(1_500),
    total: Duration::from_secs(4),
    body_bytes: 64 * 1024,
};

/// How long a service that throttles asks to wait.
const RETRY_AFTER_MS: u64 = 700;

/// What a fault does to the requests about one operation: `outcome,http_status,error_code` of each attempt.
struct Case {
    kind: FaultKind,
    times: u32,
    attempts: &'static [&'static str],
}

fn once(kind: FaultKind, attempts: &'static [&'static str]) -> Case {
    Case {
        kind,
        times: 1,
        attempts,
    }
}

fn error(http_status: u16, code: &str) -> FaultKind {
    FaultKind::Error {
        http_status,
        code: code.to_owned(),
        message: "made up".to_owned(),
    }
}

fn throttle(retry_after_ms: Option<u64>) -> FaultKind {
    FaultKind::Throttle { retry_after_ms }
}

/// Faults after which the same run still gets its answer.
fn passing() -> Vec<Case> {
    vec![
        once(
            throttle(Some(RETRY_AFTER_MS)),
            &["throttled,400,Throttling.User", "ok,200,-"],
        ),
        once(
            throttle(None),
            &["throttled,400,Throttling.User", "ok,200,-"],
        ),
        once(
            error(429, "TooManyRequests"),
            &["throttled,429,TooManyRequests", "ok,200,-"],
        ),
        once(
            FaultKind::ServiceUnavailable,
            &["server_error,503,ServiceUnavailable", "ok,200,-"],
        ),
        once(FaultKind::BadGateway, &["server_error,502,-", "ok,200,-"]),
        once(FaultKind::CutBody, &["truncated,200,-", "ok,200,-"]),
        once(
            FaultKind::Hang { ms: 3_000 },
            &["unreachable,-,-", "ok,200,-"],
        ),
        once(
            FaultKind::Disconnect { carried_out: false },
            &["unreachable,-,-", "ok,200,-"],
        ),
        once(
            error(400, "SignatureNonceUsed"),
            &["invalid_request,400,SignatureNonceUsed", "ok,200,-"],
        ),
    ]
}

/// Faults that no repeat within the run mends. `elsewhere` is where a redirect points to.
fn lasting(elsewhere: &str) -> Vec<Case> {
    vec![
        once(FaultKind::EmptyBody, &["invalid_answer,200,-"]),
        once(FaultKind::NullBody, &["invalid_answer,200,-"]),
        once(FaultKind::GarbledBody, &["invalid_answer,200,-"]),
        once(FaultKind::WrongEntity, &["wrong_entity,200,-"]),
        once(FaultKind::Denied, &["denied,403,Forbidden.RAM"]),
        once(
            FaultKind::Oversized { bytes: 1 << 20 },
            &["too_large,200,-"],
        ),
        once(
            FaultKind::Redirect {
                location: elsewhere.to_owned(),
            },
            &["invalid_answer,302,-"],
        ),
        once(
            error(400, "InvalidParameter"),
            &["invalid_request,400,InvalidParameter"],
        ),
        once(
            error(400, "InvalidTimeStamp.Expired"),
            &["clock,400,InvalidTimeStamp.Expired"],
        ),
        Case {
            kind: FaultKind::ServiceUnavailable,
            times: 4,
            attempts: &["server_error,503,ServiceUnavailable"; 4],
        },
    ]
}

/// A collector with small limits.
fn collector(world: &World) -> Collector {
    world.collector_with(|config| config.limits = LIMITS)
}

/// What became of the requests for an operation itself.
fn attempts(world: &World, operation: &str) -> Vec<String> {
    world.lines(&format!(
        "SELECT outcome, http_status, error_code FROM requests WHERE operation_id = '{operation}' \
         AND action <> 'ListStackGroupOperationResults' ORDER BY exchange_id"
    ))
}

#[test]
fn each_fault_is_told_from_the_others_and_hides_no_other_watch() {
    let world = World::for_program(1);
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let location = format!("http://{}/", elsewhere.local_addr().unwrap());
    let (passing, lasting) = (passing(), lasting(&location));
    let mut watched = Vec::new();
    for case in passing.iter().chain(&lasting) {
        let id = world.add_ros(running(&world, 1));
        let fault = Fault::times(case.kind.clone(), case.times);
        world
            .cloud
            .script(fault.on_action("GetStackGroupOperation").on_operation(&id));
        watched.push((id, case));
    }
    let good = world.add_ros(running(&world, 1));

    let end = world.collect_as(&collector(&world));
    for (id, case) in &watched {
        assert_eq!(attempts(&world, id), case.attempts, "{:?}", case.kind);
    }
    assert_eq!(attempts(&world, &good), ["ok,200,-"]);
    let expected = (
        i64::try_from(watched.len()).unwrap() + 1,
        i64::try_from(lasting.len()).unwrap(),
    );
    assert_eq!((end.row.watches_polled, end.row.watches_failed), expected);
    assert_eq!(
        (end.row.outcome.as_str(), end.failures.len()),
        ("partial", lasting.len())
    );
    assert_eq!(
        world.number("SELECT count(*) FROM results WHERE present = 1"),
        expected.0 - expected.1
    );
    // Every answer is kept, those that say nothing of use among them; only a body that announces itself as
    // too large is not taken in at all.
    let unkept =
        "SELECT outcome FROM requests WHERE http_status IS NOT NULL AND body_sha256 IS NULL";
    assert_eq!(world.lines(unkept), ["too_large"]);
    let unexplained =
        "SELECT outcome FROM requests WHERE outcome <> 'ok' AND error_message IS NULL";
    assert_eq!(
        world.number(&format!("SELECT count(*) FROM ({unexplained})")),
        0
    );
    // A page of HTML has neither Code nor Message of its own.
    let html = "SELECT error_message FROM requests WHERE http_status = 502";
    assert_eq!(world.lines(html), ["HTTP 502 without a code"]);
    assert!(elsewhere.accept().is_err(), "a redirect was followed");

    // The faults are over: the next run gets what this one did not.
    let end = world.collect_as(&collector(&world));
    assert_eq!(
        (end.row.outcome.as_str(), end.row.watches_failed),
        ("complete", 0)
    );
    assert_eq!(world.number("SELECT count(*) FROM operations"), expected.0);
    world.verify();
}

#[test]
fn fault_41_a_throttled_call_waits_as_long_as_the_service_asks() {
    let world = World::for_program(2);
    let id = world.add_ros(running(&world, 0));
    let fault = Fault::times(throttle(Some(RETRY_AFTER_MS)), 2);
    world
        .cloud
        .script(fault.on_action("GetStackGroupOperation"));
    let end = world.collect_as(&collector(&world));
    assert_eq!((end.row.counts.retries, end.row.counts.throttled), (2, 2));
    let attempts = world.lines(&format!(
        "SELECT attempt || ' ' || requested_at || ' ' || received_at FROM requests \
         WHERE operation_id = '{id}' AND action = 'GetStackGroupOperation' ORDER BY attempt"
    ));
    let times: Vec<Vec<UtcMillis>> = attempts
        .iter()
        .map(|line| {
            line.split(' ')
                .skip(1)
                .map(|t| UtcMillis::parse_rfc3339(t).unwrap())
                .collect()
        })
        .collect();
    assert_eq!(times.len(), 3);
    for (one, next) in times.iter().zip(&times[1..]) {
        let waited_ms = u64::try_from(next[0].0 - one[1].0).unwrap();
        // The receipt may be up to a millisecond later than it is written.
        assert!(
            waited_ms + 1 >= RETRY_AFTER_MS,
            "waited {waited_ms} ms only"
        );
    }
    world.verify();
}

#[test]
fn every_service_fails_in_its_own_way() {
    let world = World::new(3);
    let now = world.cloud.now();
    let bpstudio = || {
        let id = world.cloud.add_bpstudio(BpSpec {
            account_id: ACCOUNT.to_owned(),
            operation_id: None,
            states: Schedule::starting(now, BpState::of("RUNNING")),
        });
        world.watch(Service::Bpstudio, &id);
        id
    };
    let batch = || {
        let state = BatchState {
            status: 0,
            total_count: 3,
            success_count: 0,
            failed_count: 0,
            reason: None,
        };
        let id = world.cloud.add_batch(BatchSpec {
            account_id: ACCOUNT.to_owned(),
            task_id: None,
            batch_type: BatchType::RrAdd,
            states: Schedule::starting(now, state),
        });
        world.watch(Service::Alidns, &id.to_string());
        id.to_string()
    };
    let cases: [(String, FaultKind, &[&str]); 7] = [
        (bpstudio(), FaultKind::WrongEntity, &["wrong_entity,200,-"]),
        (
            bpstudio(),
            error(200, "500"),
            &["server_error,200,500", "ok,200,-"],
        ),
        (bpstudio(), error(200, "2003"), &["denied,200,2003"]),
        (bpstudio(), FaultKind::NullBody, &["invalid_answer,200,-"]),
        (batch(), FaultKind::WrongEntity, &["wrong_entity,200,-"]),
        (
            batch(),
            throttle(None),
            &["throttled,400,Throttling.User", "ok,200,-"],
        ),
        (batch(), FaultKind::EmptyBody, &["invalid_answer,200,-"]),
    ];
    for (id, kind, _) in &cases {
        world
            .cloud
            .script(Fault::once(kind.clone()).on_operation(id));
    }
    // These two the cloud does not know.
    world.watch(Service::Bpstudio, "op_nobody_knows");
    world.watch(Service::Alidns, "77");
    let end = world.collect_as(&collector(&world));
    for (id, kind, expected) in &cases {
        assert_eq!(attempts(&world, id), *expected, "{kind:?}");
    }
    assert_eq!(attempts(&world, "op_nobody_knows"), ["expired,200,200"]);
    assert_eq!(attempts(&world, "77"), ["not_found,200,-"]);
    assert_eq!(world.number("SELECT count(*) FROM operations"), 2);
    assert_eq!(
        (
            end.row.watches_failed,
            end.row.not_found,
            end.row.expired_unseen
        ),
        (5, 1, 1)
    );
    world.verify();
}

#[test]
fn a_page_that_is_refused_makes_its_list_incomplete_and_keeps_the_others() {
    let world = World::new(4);
    let id = world.add_ros(running(&world, 120));
    let other = world.add_ros(running(&world, 120));
    let page = Fault::times(FaultKind::Denied, u32::MAX)
        .on_operation(&id)
        .on_page(2);
    world.cloud.script(page);
    let end = world.collect_as(&collector(&world));
    assert_eq!(
        (end.row.outcome.as_str(), end.row.watches_failed),
        ("partial", 1)
    );
    let listings =
        format!("SELECT verdict, distinct_keys FROM listings WHERE operation_id = '{id}'");
    assert_eq!(world.lines(&listings), ["incomplete,70"]);
    let rows = format!("SELECT count(*) FROM results WHERE operation_id = '{other}'");
    assert_eq!(world.number(&rows), 120);
    world.verify();
}

#[test]
fn a_key_that_the_identity_call_refuses_asks_nothing_else() {
    let world = World::new(5);
    world.add_ros(running(&world, 1));
    let refused = Fault::once(error(403, "InvalidSecurityToken.Expired"));
    world.cloud.script(refused.on_action("GetCallerIdentity"));
    let end = world.collect_as(&collector(&world));
    assert_eq!(
        (end.row.outcome.as_str(), end.row.watches_polled),
        ("failed", 0)
    );
    assert_eq!(world.cloud.requests().len(), 1);
    assert_eq!(world.collect().row.outcome.as_str(), "complete");
    world.verify();
}

#[test]
fn unknown_words_and_fields_are_counted_and_never_final() {
    let world = World::new(6);
    let id = world.add_ros(running(&world, 2));
    let odd = [
        FaultKind::UnknownWord("HALF_DONE".into()),
        FaultKind::UnknownField {
            name: "Mood".into(),
            value: "good".into(),
        },
    ];
    for kind in odd {
        let fault = Fault::times(kind, 2).on_operation(&id);
        world
            .cloud
            .script(fault.clone().on_action("GetStackGroupOperation"));
        world
            .cloud
            .script(fault.on_action("ListStackGroupOperationResults"));
    }
    for _ in 0..4 {
        world.collect();
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    assert_eq!(
        world.lines(
            "SELECT action, kind, name, value, answers FROM unknowns ORDER BY action, kind, name"
        ),
        [
            "GetStackGroupOperation,field,StackGroupOperation.Mood,string,2",
            "GetStackGroupOperation,word,StackGroupOperation.Status,HALF_DONE,2",
            "ListStackGroupOperationResults,field,ResultRow.Mood,string,2",
            "ListStackGroupOperationResults,word,ResultRow.Status,HALF_DONE,2",
        ]
    );
    // An unknown field is shown and makes no version.
    assert_eq!(
        world.lines("SELECT version, status, phase FROM operation_history ORDER BY version"),
        ["1,HALF_DONE,unknown", "2,RUNNING,running"]
    );
    assert_eq!(
        world.lines("SELECT DISTINCT version, status, phase FROM result_history ORDER BY version"),
        ["1,HALF_DONE,unknown", "2,RUNNING,running"]
    );
    assert_eq!(
        world.lines("SELECT is_final, watch_state FROM operations"),
        ["0,active"]
    );
    world.verify();
}

#[test]
fn a_service_that_hangs_does_not_hold_the_run_beyond_its_limits() {
    let world = World::new(7);
    let slow = world.add_ros(running(&world, 0));
    let fault = Fault::times(FaultKind::Hang { ms: 60_000 }, u32::MAX).on_operation(&slow);
    world.cloud.script(fault);
    let good = world.add_ros(running(&world, 0));
    let begun = Instant::now();
    let end = world.collect_as(&collector(&world));
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(attempts(&world, &slow), ["unreachable,-,-"; 4]);
    assert_eq!(attempts(&world, &good), ["ok,200,-"]);
    assert_eq!(end.row.watches_failed, 1);
    world.verify();
}
