//! The pace that is learned from throttling, with the real limiter and client. Short: the figures of the bar
//! themselves are those of `benches/run pace`, in release mode.

use std::sync::Arc;
use std::time::Instant;

use optrail::model::SystemClock;
use optrail::sandbox::{RateKind, RateLimit};

use crate::oracle::assert_ros;
use crate::scene::{OWN, ended, patient, ros, watch};
use crate::world::World;

/// Refusals by which a limit is learned: about as many as calls are in flight when the first one comes back,
/// and some that feel for the limit.
const REFUSED_WHILE_LEARNING: u64 = 20;

/// Refusals of a run that knows the limit: a run is short here, and what it probes is refused now and then.
const REFUSED_WHILE_PROBING: u64 = 4;

/// What a run got of what the cloud allows.
struct Got {
    /// Calls let through, of 1,000 that were allowed while they were made.
    permille: f64,
    /// Calls refused.
    refused: u64,
}

/// A world that limits calls by the machine's clock, with operations of one page each.
fn limited(seed: u64, calls_per_s: u32, kind: RateKind, operations: u32) -> World {
    let world = World::with(seed, |config| {
        config.rate_clock = Some(Arc::new(SystemClock));
    });
    world.cloud.limit(RateLimit::new(calls_per_s, kind));
    for _ in 0..operations {
        let id = world.cloud.add_ros_operation(ended(&world, OWN, 3));
        watch(&world, ros(&id));
    }
    world
}

fn run(world: &World, calls_per_s: u32) -> Got {
    let count = || {
        let counts = world.cloud.rate_counts();
        let of_get = counts
            .into_iter()
            .find(|count| count.action == "GetStackGroupOperation");
        of_get.map_or((0, 0), |count| (count.allowed, count.refused))
    };
    let before = count();
    let begun = Instant::now();
    let mut options = patient();
    options.recheck = true;
    let end = world.collect_within(&world.collector(), &options);
    let took_s = begun.elapsed().as_secs_f64();
    assert_eq!(
        (end.row.outcome.as_str(), end.failures.len()),
        ("complete", 0)
    );
    let after = count();
    let (passed, refused) = (after.0 - before.0, after.1 - before.1);
    let got = Got {
        permille: passed as f64 / (took_s * f64::from(calls_per_s)) * 1000.0,
        refused,
    };
    println!(
        "{calls_per_s}/s: {passed} passed, {refused} refused in {took_s:.1} s: {:.1} % of the limit",
        got.permille / 10.0
    );
    got
}

/// Two runs at a limit that nobody told: the first learns it, the second knows it.
fn learns(seed: u64, calls_per_s: u32, kind: RateKind, operations: u32, permille_at_least: f64) {
    let world = limited(seed, calls_per_s, kind, operations);
    let first = run(&world, calls_per_s);
    let second = run(&world, calls_per_s);
    // The bounds leave room for a machine that is busy with other tests.
    assert!(
        first.refused <= REFUSED_WHILE_LEARNING,
        "the first run learns in a few refusals"
    );
    assert!(
        second.refused <= REFUSED_WHILE_PROBING,
        "the second run knows: {} refused",
        second.refused
    );
    for got in [first, second] {
        assert!(got.permille > permille_at_least, "slower than it could be");
    }
    let kept = "SELECT count(*) FROM limit_learned WHERE action = 'GetStackGroupOperation'";
    assert_eq!(
        world.number(kept),
        1,
        "what was learned is kept for the next run"
    );
    assert_ros(&world, OWN, |_| true);
    world.verify();
}

#[test]
fn seven_calls_a_second_are_learned() {
    learns(41, 7, RateKind::SlidingWindow, 70, 700.0);
}

#[test]
fn twenty_calls_a_second_are_learned() {
    learns(42, 20, RateKind::TokenBucket, 240, 700.0);
}

#[test]
fn ninety_calls_a_second_are_learned() {
    // A program that is not optimized may not make so many: what counts here is that few are refused.
    learns(43, 90, RateKind::FixedWindow, 600, 300.0);
}
