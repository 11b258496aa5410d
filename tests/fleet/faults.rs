//! Faults of the cloud now and then, by a seed: whatever fails, every operation ends complete and right, or
//! stands there as what it is. Numbers in the names are rows of `tests/FAULTS.md`.

use std::time::Duration;

use optrail::collect::RoundEnd;
use optrail::sandbox::scenario::{FLEET_REGIONS, fleet};
use optrail::sandbox::{
    Fault, FaultKind, Paging, RandomFaults, RosSpec, RowState, Rows, Schedule, TotalCount, Word,
};

use crate::oracle::{
    assert_batches, assert_cadt, assert_complete_means_complete, assert_groups,
    assert_nothing_gone, assert_ros,
};
use crate::scene::{OWN, cadt, ended, last_task, patient, ros, stack_groups, watch};
use crate::world::{MINUTE_MS, World, row, running};

/// Runs of a world in which calls fail, and the minutes between them.
const ROUNDS: u32 = 10;
const STEP_MINUTES: u32 = 16;

/// Calls that fail, in a million.
const FAULTS_PER_MILLION: u32 = 40_000;

fn collect(world: &World) -> RoundEnd {
    world.collect_within(&world.collector(), &patient())
}

/// Every kind that leaves the world as it is: those that pass, and those that only another run mends.
fn kinds() -> Vec<FaultKind> {
    let error = |http_status, code: &str| FaultKind::Error {
        http_status,
        code: code.to_owned(),
        message: "made up".to_owned(),
    };
    let mut kinds = RandomFaults::passing(0, 0).kinds;
    kinds.extend([
        FaultKind::Denied,
        FaultKind::WrongEntity,
        FaultKind::Redirect {
            location: "http://127.0.0.1:9/".to_owned(),
        },
        FaultKind::Oversized { bytes: 1 << 20 },
        FaultKind::UnknownField {
            name: "Weather".into(),
            value: "rain".into(),
        },
        error(403, "NoPermission"),
        error(400, "InvalidTimeStamp.Expired"),
        error(400, "InvalidParameter"),
        error(400, "UnsupportedOperation"),
        error(404, "InvalidAction.NotFound"),
        error(409, "StackGroupOperationInProgress"),
        error(429, "TooManyRequests"),
        error(503, "Throttling"),
    ]);
    kinds
}

/// A fleet over several hours, while calls fail.
fn fails_now_and_then(seed: u64, per_million: u32, kinds: Vec<FaultKind>) {
    println!("seed {seed}");
    let world = World::new(seed);
    world.cloud.keep_all_logs();
    let account = fleet(&world.cloud, &[OWN.to_owned()]).remove(0);
    for region in FLEET_REGIONS {
        watch(&world, stack_groups(region));
    }
    watch(&world, last_task(None));
    for id in &account.bpstudio {
        watch(&world, cadt(id));
    }
    world.cloud.set_random_faults(Some(RandomFaults {
        per_million,
        seed,
        kinds,
    }));
    let mut struck = 0;
    for _ in 0..ROUNDS {
        let end = collect(&world);
        struck += end.row.counts.retries + i64::try_from(end.failures.len()).unwrap();
        assert_nothing_gone(&world);
        // Whoever failed in a run is named in it.
        if end.row.watches_failed > 0 {
            assert!(!end.failures.is_empty(), "{:?}", end.row);
        }
        world.clock.advance_ms(i64::from(STEP_MINUTES * MINUTE_MS));
    }
    assert!(struck > 0, "nothing failed");
    assert_complete_means_complete(&world);
    // An operation is counted by a complete listing or not at all.
    let miscounted = "SELECT count(*) FROM operations WHERE service = 'ros' AND total_count <> 60";
    assert_eq!(world.number(miscounted), 0);
    let unnamed = "SELECT count(*) FROM requests WHERE outcome <> 'ok' AND error_message IS NULL";
    assert_eq!(world.number(unnamed), 0);
    let outcomes = world.lines("SELECT DISTINCT outcome FROM requests ORDER BY 1");
    println!("outcomes {outcomes:?}");
    // The faults are over: two runs, for what was torn in the last one is asked again.
    world.cloud.set_random_faults(None);
    for _ in 0..2 {
        world.clock.advance_ms(i64::from(MINUTE_MS));
        collect(&world);
    }
    assert_ros(&world, OWN, |_| true);
    assert_groups(&world, OWN);
    assert_cadt(&world, OWN);
    let met = world.lines("SELECT operation_id FROM batches ORDER BY 1");
    let met: Vec<i64> = met.iter().map(|id| id.parse().unwrap()).collect();
    assert!(!met.is_empty());
    assert_batches(&world, OWN, &met);
    let open = "SELECT service, operation_id, cause, gap_from, detail FROM coverage_gaps \
                WHERE scope = 'watch' AND gap_until IS NULL AND cause <> 'expired_unseen' \
                AND detail NOT LIKE '%expired unseen%'";
    assert_eq!(world.lines(open), [""; 0]);
    world.verify();
}

#[test]
fn faults_37_to_48_now_and_then_leave_every_operation_complete_and_right() {
    fails_now_and_then(61, FAULTS_PER_MILLION, kinds());
}

#[test]
fn faults_37_to_48_often_leave_every_operation_complete_and_right() {
    // Without throttling, which would rightly make every further run slow.
    let mut kinds = kinds();
    kinds.retain(|kind| match kind {
        FaultKind::Throttle { .. } => false,
        FaultKind::Error {
            http_status, code, ..
        } => *http_status != 429 && !code.contains("Throttling"),
        _ => true,
    });
    fails_now_and_then(62, 4 * FAULTS_PER_MILLION, kinds);
}

#[test]
fn fault_37_a_page_that_fails_for_good_leaves_the_others_and_takes_nothing_away() {
    let world = World::new(63);
    let id = world.add_ros(running(&world, 260));
    assert_eq!(collect(&world).row.outcome.as_str(), "complete");
    world.cloud.script(
        Fault::times(FaultKind::Denied, u32::MAX)
            .on_action("ListStackGroupOperationResults")
            .on_page(4),
    );
    for _ in 0..3 {
        world.clock.advance_ms(i64::from(MINUTE_MS));
        let end = collect(&world);
        assert_eq!(
            (end.row.outcome.as_str(), end.row.watches_failed),
            ("partial", 1)
        );
        assert!(
            end.failures
                .iter()
                .any(|failure| failure.outcome == "denied")
        );
    }
    assert_nothing_gone(&world);
    let verdicts = "SELECT verdict, count(*) > 0 FROM listings GROUP BY verdict ORDER BY 1";
    assert_eq!(world.lines(verdicts), ["complete,1", "incomplete,1"]);
    assert_eq!(
        world.number("SELECT count(*) FROM results WHERE present = 1"),
        260
    );
    let gap = "SELECT operation_id, cause FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(gap), [format!("{id},denied")]);
    world.verify();
}

#[test]
fn fault_38_a_list_that_moves_under_the_reader_is_never_called_whole() {
    let world = World::new(64);
    let mut spec = running(&world, 160);
    spec.paging = Paging {
        shift: 3,
        ..Paging::default()
    };
    world.add_ros(spec);
    for _ in 0..4 {
        let _ = collect(&world);
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    assert_nothing_gone(&world);
    assert_complete_means_complete(&world);
    assert!(world.number("SELECT count(*) FROM listings WHERE verdict = 'incomplete'") > 0);
    let total =
        "SELECT count(*) FROM operations WHERE total_count IS NOT NULL AND total_count <> 160";
    assert_eq!(world.number(total), 0);
    world.verify();
}

#[test]
fn fault_40_odd_totals_and_smaller_pages_are_read_or_named() {
    for (seed, total_count) in [
        (65, TotalCount::Missing),
        (66, TotalCount::Text),
        (67, TotalCount::Changing),
    ] {
        let world = World::new(seed);
        let mut spec = ended(&world, OWN, 130);
        spec.paging = Paging {
            page_size_cap: Some(20),
            total_count,
            ..Paging::default()
        };
        let id = world.cloud.add_ros_operation(spec);
        watch(&world, ros(&id));
        let end = collect(&world);
        assert_complete_means_complete(&world);
        assert_nothing_gone(&world);
        let seen = world.number("SELECT count(*) FROM results WHERE present = 1");
        assert_eq!(seen, 130, "{total_count:?}: what was shown is kept");
        let is_whole = end.row.outcome.as_str() == "complete";
        let counted = "SELECT count(*) FROM operations WHERE total_count = 130";
        assert_eq!(world.number(counted) == 1, is_whole, "{total_count:?}");
        if !is_whole {
            assert!(end.failures.iter().any(|failure| failure.message.is_some()));
        }
        world.verify();
    }
}

#[test]
fn fault_41_throttling_storm_is_bounded_named_and_over_when_it_is_over() {
    let world = World::new(68);
    for _ in 0..12 {
        let id = world.cloud.add_ros_operation(ended(&world, OWN, 3));
        watch(&world, ros(&id));
    }
    let kinds = [
        FaultKind::Throttle {
            retry_after_ms: None,
        },
        FaultKind::Throttle {
            retry_after_ms: Some(30),
        },
        FaultKind::Error {
            http_status: 429,
            code: "Throttling.Api".to_owned(),
            message: "too many".to_owned(),
        },
        FaultKind::Error {
            http_status: 503,
            code: "Throttling".to_owned(),
            message: "too many".to_owned(),
        },
    ];
    world.cloud.set_random_faults(Some(RandomFaults {
        per_million: 1_000_000,
        seed: 68,
        kinds: kinds.to_vec(),
    }));
    // The first call, whose account it is, is among those refused.
    let end = collect(&world);
    assert_eq!(end.row.outcome.as_str(), "failed");
    assert_eq!(end.row.counts.requests, end.row.counts.throttled);
    assert!(end.row.counts.requests <= 4, "{:?}", end.row);
    world.cloud.set_random_faults(None);
    world
        .cloud
        .script(Fault::times(kinds[0].clone(), u32::MAX).on_action("GetStackGroupOperation"));
    let mut options = patient();
    options.deadline = Duration::from_secs(8);
    let end = world.collect_within(&world.collector(), &options);
    assert_eq!(end.row.outcome.as_str(), "failed");
    assert!(
        end.row.counts.requests <= 1 + 12 * 4,
        "no storm: {:?}",
        end.row
    );
    assert!(
        end.failures
            .iter()
            .any(|failure| failure.outcome == "throttled")
    );
    let causes = world.lines("SELECT DISTINCT cause FROM coverage_gaps WHERE scope = 'watch'");
    assert_eq!(causes, ["throttled"]);
    assert_eq!(world.number("SELECT count(*) FROM operations"), 0);
    world.verify();
}

#[test]
fn fault_42_nothing_that_is_no_answer_makes_an_empty_list() {
    for (seed, kind) in [
        (71, FaultKind::EmptyBody),
        (72, FaultKind::NullBody),
        (73, FaultKind::BrokenJson),
        (74, FaultKind::ProxyPage),
        (75, FaultKind::GarbledBody),
        (76, FaultKind::BadGateway),
        (77, FaultKind::WrongEntity),
        (
            78,
            FaultKind::Error {
                http_status: 200,
                code: "InternalError".to_owned(),
                message: "in a body of HTTP 200".to_owned(),
            },
        ),
    ] {
        let world = World::new(seed);
        world.add_ros(running(&world, 70));
        assert_eq!(collect(&world).row.outcome.as_str(), "complete");
        let fault = Fault::times(kind.clone(), u32::MAX);
        world
            .cloud
            .script(fault.on_action("ListStackGroupOperationResults"));
        for _ in 0..2 {
            world.clock.advance_ms(i64::from(MINUTE_MS));
            let end = collect(&world);
            assert_ne!(end.row.outcome.as_str(), "complete", "{kind:?}");
            assert!(!end.failures.is_empty(), "{kind:?}");
        }
        assert_nothing_gone(&world);
        assert_complete_means_complete(&world);
        let present = "SELECT count(*) FROM results WHERE present = 1";
        assert_eq!(world.number(present), 70, "{kind:?}");
        world.verify();
    }
}

#[test]
fn fault_43_a_denied_call_is_denied_and_neither_empty_nor_missing() {
    let world = World::new(79);
    let id = world.add_ros(running(&world, 5));
    let denied = Fault::times(FaultKind::Denied, u32::MAX);
    world
        .cloud
        .script(denied.on_action("GetStackGroupOperation"));
    for _ in 0..4 {
        collect(&world);
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    let watches = "SELECT operation_id, state, last_outcome FROM watches";
    assert_eq!(world.lines(watches), [format!("{id},active,denied")]);
    assert_eq!(world.number("SELECT count(*) FROM operations"), 0);
    let gap = "SELECT cause, gap_until FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(gap), ["denied,-"]);
    world.verify();
}

#[test]
fn fault_47_unknown_words_and_fields_are_shown_and_end_nothing() {
    let world = World::new(80);
    let id = world.add_ros(running(&world, 5));
    let word: Word = "HIBERNATING".into();
    let fault = Fault::times(FaultKind::UnknownWord(word), 3);
    world.cloud.script(fault);
    let field = FaultKind::UnknownField {
        name: "Weather".into(),
        value: "rain".into(),
    };
    collect(&world);
    let states = "SELECT status, phase, is_final FROM operations";
    assert_eq!(world.lines(states), ["HIBERNATING,unknown,0"]);
    assert!(world.number("SELECT count(*) FROM unknowns") > 0);
    world.cloud.script(Fault::times(field, 2));
    world.clock.advance_ms(i64::from(MINUTE_MS));
    collect(&world);
    world.clock.advance_ms(i64::from(MINUTE_MS));
    collect(&world);
    let status = format!("SELECT status FROM operations WHERE operation_id = '{id}'");
    assert_eq!(world.lines(&status), ["RUNNING"]);
    assert_ros(&world, OWN, |_| true);
    world.verify();
}

#[test]
fn fault_49_a_row_that_comes_and_goes_is_versions_in_order() {
    let world = World::new(81);
    let mut flaps = row(&world, 0);
    let here = Some(RowState::of("RUNNING"));
    flaps.history = Schedule::starting(world.cloud.now(), here.clone())
        .then(10 * MINUTE_MS, None)
        .then(10 * MINUTE_MS, here.clone())
        .then(10 * MINUTE_MS, None);
    let spec = RosSpec {
        rows: Rows::Listed(vec![flaps, row(&world, 1)]),
        ..running(&world, 0)
    };
    world.add_ros(spec);
    for _ in 0..8 {
        assert_eq!(collect(&world).row.outcome.as_str(), "complete");
        world.clock.advance_ms(i64::from(5 * MINUTE_MS));
    }
    let history =
        "SELECT present FROM result_history WHERE target_account_id LIKE '%0' ORDER BY version";
    assert_eq!(world.lines(history), ["1", "0", "1", "0"]);
    let other = "SELECT count(*) FROM result_history WHERE target_account_id LIKE '%1'";
    assert_eq!(world.number(other), 1);
    world.verify();
}
