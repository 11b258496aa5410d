//! Faults of the network and of HTTP: what no service answers, but what arrives. Numbers in the names are rows
//! of `tests/FAULTS.md`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use optrail::cloud::Limits;
use optrail::collect::{Collector, DEFAULT_LABEL, RoundEnd};
use optrail::model::Clock;

use crate::oracle::{assert_complete_means_complete, assert_nothing_gone, assert_ros};
use crate::scene::{OWN, Reach, ended, patient, real_time_world, ros, watch};
use crate::wire::{Breakage, Wire};
use crate::world::{Ended, MINUTE_MS, World, running};

/// Limits that a test can wait for.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    read: Duration::from_secs(2),
    total: Duration::from_secs(4),
    body_bytes: 1 << 20,
};

fn collector(world: &World, endpoint: &str) -> Collector {
    let clock = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let reach = Reach::at(endpoint, clock, |config| config.limits = LIMITS);
    let account = reach.account(DEFAULT_LABEL, reach.keeper(&world.key));
    reach.collector(world, vec![account])
}

fn collect(world: &World, collector: &Collector) -> RoundEnd {
    world.clock.advance_ms(i64::from(MINUTE_MS));
    world.collect_within(collector, &patient())
}

/// Rows of the operation that is looked at.
const ROWS: u32 = 70;

/// Breaks every page of a list that was whole before: nothing may go, and what came must have a name.
fn breaks_pages(seed: u64, breakage: Breakage, outcomes: &[&str]) {
    let world = World::new(seed);
    world.add_ros(running(&world, ROWS));
    let wire = Wire::to(&world.endpoint());
    let collector = collector(&world, &wire.endpoint());
    assert_eq!(collect(&world, &collector).row.outcome.as_str(), "complete");
    wire.break_all(breakage, "ListStackGroupOperationResults");
    let begun = Instant::now();
    let end = collect(&world, &collector);
    assert!(begun.elapsed() < Duration::from_secs(40), "{breakage:?}");
    assert_eq!(end.row.outcome.as_str(), "partial", "{breakage:?}");
    let named: Vec<&str> = end.failures.iter().map(|failure| failure.outcome).collect();
    assert!(
        !named.is_empty() && named.iter().all(|outcome| outcomes.contains(outcome)),
        "{breakage:?}: {:?}",
        end.failures
    );
    still_whole(&world, &format!("{breakage:?}"));
    wire.heal();
    assert_eq!(
        collect(&world, &collector).row.outcome.as_str(),
        "complete",
        "{breakage:?}"
    );
    assert_ros(&world, OWN, |_| true);
    world.verify();
}

fn still_whole(world: &World, what: &str) {
    assert_nothing_gone(world);
    assert_complete_means_complete(world);
    let present = world.number("SELECT count(*) FROM results WHERE present = 1");
    assert_eq!(present, i64::from(ROWS), "{what}");
}

/// The words for an answer that never came whole.
const CUT: [&str; 2] = ["unreachable", "truncated"];

#[test]
fn fault_51_a_name_that_does_not_resolve_is_unreachable_soon() {
    let world = World::new(91);
    world.add_ros(running(&world, ROWS));
    let collector = collector(&world, "https://ros.nowhere.invalid");
    let begun = Instant::now();
    let end = collect(&world, &collector);
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert_eq!(end.row.outcome.as_str(), "failed");
    assert!(
        end.failures
            .iter()
            .any(|failure| failure.outcome == "unreachable")
    );
    let causes = "SELECT DISTINCT cause FROM coverage_gaps WHERE scope = 'watch'";
    assert_eq!(world.lines(causes), ["unreachable"]);
    world.verify();
}

#[test]
fn fault_54_an_answer_that_ends_too_early_is_never_read() {
    for (seed, breakage) in [
        (92, Breakage::Reset),
        (93, Breakage::NoHead),
        (94, Breakage::HalfHead),
        (95, Breakage::HalfBody),
    ] {
        breaks_pages(seed, breakage, &CUT);
    }
}

#[test]
fn fault_55_a_body_without_length_that_is_cut_is_never_read() {
    let cut = ["truncated", "unreachable", "invalid_answer"];
    breaks_pages(96, Breakage::HalfBodyUntilClose, &cut);
}

#[test]
fn fault_56_lengths_and_chunks_that_lie_are_never_read() {
    let any = ["truncated", "unreachable", "invalid_answer"];
    for (seed, breakage) in [
        (97, Breakage::LengthTooLong),
        (98, Breakage::LengthTooShort),
        (99, Breakage::TwoLengths),
        (100, Breakage::NegativeLength),
        (101, Breakage::BadChunk),
        (102, Breakage::ChunksCut),
    ] {
        breaks_pages(seed, breakage, &any);
    }
}

#[test]
fn fault_57_an_encoding_that_nobody_asked_for_is_never_read() {
    breaks_pages(
        103,
        Breakage::FalseGzip,
        &["invalid_answer", "truncated", "unreachable"],
    );
}

#[test]
fn fault_58_heads_and_bodies_without_end_are_refused() {
    let any = ["unreachable", "truncated", "too_large", "invalid_answer"];
    breaks_pages(104, Breakage::HugeHead, &any);
    breaks_pages(105, Breakage::ManyHeaders, &any);
    breaks_pages(106, Breakage::Endless, &["too_large"]);
}

#[test]
fn fault_59_a_byte_now_and_then_is_given_up() {
    breaks_pages(107, Breakage::Trickle, &CUT);
}

#[test]
fn fault_60_what_is_no_utf_8_is_kept_and_never_read() {
    breaks_pages(108, Breakage::Utf16, &["invalid_answer"]);
    breaks_pages(109, Breakage::Nul, &["invalid_answer"]);
}

#[test]
fn fault_62_proxy_variables_are_not_obeyed() {
    let world = real_time_world(110);
    let id = world.cloud.add_ros_operation(ended(&world, OWN, ROWS));
    watch(&world, ros(&id));
    let proxy = forbidding_proxy();
    let mut command = world.optrail(&["collect"]);
    for variable in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ] {
        command.env(variable, &proxy);
    }
    Ended::of(command.output().unwrap()).expect_silence();
    assert_ros(&world, OWN, |_| true);
    world.verify();
}

/// A proxy that answers 407 with a page of HTML; tells its address.
fn forbidding_proxy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let _ = client.read(&mut [0; 1 << 16]);
            let page = "<html>who are you?</html>";
            let head =
                "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n";
            let answer = format!("{head}content-length: {}\r\n\r\n{page}", page.len());
            let _ = client.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn fault_63_connections_that_end_after_an_answer_cost_nothing() {
    for (seed, breakage) in (111..).zip(Breakage::HARMLESS) {
        let world = World::new(seed);
        for _ in 0..10 {
            world.add_ros(running(&world, ROWS));
        }
        let wire = Wire::to(&world.endpoint());
        wire.break_some(seed, 1, vec![breakage]);
        let collector = collector(&world, &wire.endpoint());
        for _ in 0..2 {
            let end = collect(&world, &collector);
            assert_eq!(
                end.row.outcome.as_str(),
                "complete",
                "{breakage:?}: {:?}",
                end.failures
            );
        }
        assert_ros(&world, OWN, |_| true);
        world.verify();
    }
}

#[test]
fn fault_64_statuses_that_carry_no_answer_are_named() {
    let any = ["invalid_answer", "truncated", "unreachable"];
    for (seed, breakage) in [
        (121, Breakage::NoContent),
        (122, Breakage::Partial),
        (123, Breakage::NotModified),
    ] {
        breaks_pages(seed, breakage, &any);
    }
}

#[test]
fn faults_51_to_64_now_and_then_leave_every_operation_complete_and_right() {
    let world = World::new(124);
    for _ in 0..12 {
        world.add_ros(running(&world, 130));
    }
    let wire = Wire::to(&world.endpoint());
    let collector = collector(&world, &wire.endpoint());
    let kinds = Breakage::BROKEN_QUICKLY
        .into_iter()
        .chain(Breakage::HARMLESS)
        .collect();
    wire.break_some(124, 12, kinds);
    let mut failed = 0;
    for _ in 0..12 {
        let end = collect(&world, &collector);
        failed += end.row.watches_failed;
        assert_nothing_gone(&world);
        assert_complete_means_complete(&world);
    }
    println!("{failed} looks failed");
    let unnamed = "SELECT count(*) FROM requests WHERE outcome <> 'ok' AND error_message IS NULL";
    assert_eq!(world.number(unnamed), 0);
    let broken = "SELECT count(DISTINCT outcome) > 2 FROM requests";
    assert_eq!(world.number(broken), 1);
    wire.heal();
    assert_eq!(collect(&world, &collector).row.outcome.as_str(), "complete");
    assert_ros(&world, OWN, |_| true);
    let open = "SELECT count(*) FROM coverage_gaps WHERE gap_until IS NULL";
    assert_eq!(world.number(open), 0);
    world.verify();
}
