//! `kill -9` at many moments of a run: nothing that was acknowledged is lost, the file verifies as it lies
//! there, and the next run goes on from it without any repair.

use std::collections::HashSet;
use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use optrail::model::Service;
use optrail::sandbox::{BpSpec, BpState, SeenRequest};
use optrail::sandbox::{Paging, Schedule};

use crate::world::{ACCOUNT, Ended, MINUTE_MS, World, running, sign_by_machine_clock};

/// Requests in flight at most.
const CONCURRENCY: usize = 4;

/// Most jobs that one transaction of the writer takes, and so may be lost with it.
const BATCH: usize = 64;

/// A world in which one run makes some hundred requests.
fn world() -> World {
    let world = World::with(1, |config| {
        sign_by_machine_clock(config);
        config.latency_ms = 1;
    });
    for rows in [150, 150, 0, 1, 3] {
        let mut spec = running(&world, rows);
        spec.paging = Paging {
            page_size_cap: Some(4),
            ..Paging::default()
        };
        world.add_ros(spec);
    }
    for number in 0..3_u32 {
        let mut states = Schedule::starting(world.cloud.now(), BpState::of("RUNNING"));
        for minute in 0..50 {
            let mut state = BpState::of("RUNNING");
            state.message = format!("{number} {minute}").into();
            states = states.then(MINUTE_MS, state);
        }
        let id = world.cloud.add_bpstudio(BpSpec {
            account_id: ACCOUNT.to_owned(),
            operation_id: None,
            states,
        });
        world.watch(Service::Bpstudio, &id);
    }
    world
}

/// Starts a run, kills it when `moment` has come, and expects that everything goes on.
fn kill_at(world: &World, moment: impl FnOnce(&mut Child)) {
    let served_before = world.cloud.requests().len();
    let runs_before = dead_runs(world);
    let concurrency = CONCURRENCY.to_string();
    let mut collector = world.start(&["collect", "--concurrency", &concurrency]);
    moment(&mut collector);
    // It may have come to its end before.
    collector.kill().unwrap();
    let status = collector.wait().unwrap();
    let served = world.cloud.requests().split_off(served_before);
    if world.database().exists() {
        world.verify();
        assert_kept(world, &served);
    }
    let died = dead_runs(world) - runs_before;
    assert!(died == 0 || status.code().is_none());

    // What lasts is told once: one death after another is no news.
    let told = world.number("SELECT count(*) FROM told WHERE what = 'the last run'");
    let is_news = died == 1 && told == 0;
    let next = Ended::of(world.start(&["collect"]).wait_with_output().unwrap()).expect(0);
    assert_eq!(next.stderr.contains("died"), is_news, "{}", next.stderr);
    assert_eq!(dead_runs(world), 0);
    world.clock.advance_ms(i64::from(MINUTE_MS));
}

/// Runs without an end.
fn dead_runs(world: &World) -> i64 {
    world.number(
        "SELECT count(*) FROM leaf s WHERE s.record ->> '$.t' = 'run_start' AND NOT EXISTS (
             SELECT 1 FROM leaf e WHERE e.record ->> '$.t' IN ('run_end', 'run_aborted')
                 AND e.record ->> '$.run' = s.record ->> '$.run')",
    )
}

/// Expects that no answer is lost but those in flight and those of one transaction; and none at all that
/// another request came after: an answer is durable before it is read.
pub fn assert_kept(world: &World, served: &[SeenRequest]) {
    let kept: HashSet<String> = world
        .lines("SELECT request_id FROM leaf WHERE request_id IS NOT NULL")
        .into_iter()
        .collect();
    let is_kept = |request: &SeenRequest| kept.contains(&request.request_id);
    let lost = served.iter().filter(|request| !is_kept(request)).count();
    assert!(lost <= CONCURRENCY + BATCH, "{lost} answers were lost");
    for (number, request) in served.iter().enumerate() {
        for earlier in &served[..number] {
            if must_be_read_before(earlier, request) {
                assert!(is_kept(earlier), "{earlier:?} was read and is lost");
            }
        }
    }
}

/// Whether a request is sent only once the answer to an earlier one has been read.
fn must_be_read_before(earlier: &SeenRequest, request: &SeenRequest) -> bool {
    let parameter = |request: &SeenRequest, name: &str| {
        let mut parameters = request.parameters.iter();
        parameters
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.clone())
    };
    let is_page = request.action == "ListStackGroupOperationResults";
    let same_operation = parameter(earlier, "OperationId") == parameter(request, "OperationId");
    match &*earlier.action {
        "GetCallerIdentity" => true,
        "GetStackGroupOperation" => is_page && same_operation,
        "ListStackGroupOperationResults" => {
            let page = |request| parameter(request, "PageNumber");
            is_page
                && same_operation
                && page(earlier).as_deref() == Some("1")
                && page(request).as_deref() != Some("1")
        }
        _ => false,
    }
}

/// At the end every death is on record, and every answer that was kept is there once.
fn assert_deaths_recorded(world: &World) {
    let aborted = world.number("SELECT count(*) FROM collection_runs WHERE outcome = 'aborted'");
    assert!(aborted > 0, "no run was ever killed in the middle");
    assert_eq!(
        world.number(
            "SELECT count(*) FROM collection_runs WHERE outcome NOT IN ('aborted', 'complete')"
        ),
        0
    );
    let kept = world.request_ids_kept();
    let served: HashSet<String> = world.request_ids_served().into_iter().collect();
    assert!(kept.iter().all(|id| served.contains(id)));
    assert_eq!(kept.iter().collect::<HashSet<_>>().len(), kept.len());
    assert_eq!(
        world.number("SELECT count(*) FROM result_history WHERE present = 0"),
        0
    );
    assert_eq!(world.number("SELECT count(*) FROM results"), 304);
    world.verify();
}

#[test]
fn fault_02_killed_when_the_server_has_got_a_certain_request() {
    let world = world();
    for requests in [1, 2, 3, 5, 8, 13, 21, 34, 55, 80] {
        let before = world.cloud.requests().len();
        kill_at(&world, |_| world.wait_for_requests(before + requests));
    }
    assert_deaths_recorded(&world);
}

#[test]
fn fault_01_killed_right_after_a_certain_commit() {
    let world = world();
    let mut wal = world.database().into_os_string();
    wal.push("-wal");
    // The log is gone after a run that ended well; each commit makes it longer.
    let length = || fs::metadata(&wal).map_or(0, |file| file.len());
    for commits in 1..=8 {
        kill_at(&world, |collector| {
            for _ in 0..commits {
                let before = length();
                let begun = Instant::now();
                while length() <= before && collector.try_wait().unwrap().is_none() {
                    assert!(begun.elapsed() < Duration::from_secs(20));
                    std::thread::sleep(Duration::from_micros(50));
                }
            }
        });
    }
    assert_deaths_recorded(&world);
}

#[test]
fn fault_02_killed_at_any_moment() {
    let world = world();
    let mut random = fastrand::Rng::with_seed(3);
    let begun = Instant::now();
    world.run(&["collect"]).expect_silence();
    let run_ms = u64::try_from(begun.elapsed().as_millis()).unwrap();
    for _ in 0..8 {
        let delay = Duration::from_millis(random.u64(..run_ms));
        kill_at(&world, |_| std::thread::sleep(delay));
    }
    assert_deaths_recorded(&world);
}
