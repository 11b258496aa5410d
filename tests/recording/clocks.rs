//! Clocks that are wrong: ours, which steps and drifts, and the server's, which may be anywhere.

use std::sync::Arc;

use optrail::model::{Clock, ManualClock, UtcMillis};

use crate::world::{MINUTE_MS, World, running};

const HOUR_MS: i64 = 3_600_000;

/// A world whose gateway and whose collector have a clock apart from the world's.
fn world_with(ours: &Arc<ManualClock>) -> World {
    let theirs = Arc::clone(ours) as Arc<dyn Clock>;
    World::with(1, |config| config.signature_clock = Some(theirs))
}

#[test]
fn fault_32_a_clock_that_steps_back_disorders_nothing() {
    let ours = Arc::new(ManualClock::new(UtcMillis(4_000_000_000_000)));
    let world = world_with(&ours);
    let mut spec = running(&world, 2);
    spec.status = spec.status.then(MINUTE_MS, "SUCCEEDED".into());
    world.add_ros(spec);
    let collector = world.collector_by(&(Arc::clone(&ours) as Arc<dyn Clock>), |_| ());
    for step_ms in [-HOUR_MS, 2 * HOUR_MS, -HOUR_MS / 2] {
        assert_eq!(
            world.collect_as(&collector).row.outcome.as_str(),
            "complete"
        );
        ours.advance_ms(step_ms);
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    assert_eq!(
        world.lines("SELECT version, status FROM operation_history ORDER BY version"),
        ["1,RUNNING", "2,SUCCEEDED"]
    );
    let negative = "SELECT count(*) FROM status_timeline WHERE min_duration_seconds < 0 OR max_duration_seconds < 0";
    assert_eq!(world.number(negative), 0);
    let backward =
        "SELECT count(*) FROM collection_runs WHERE duration_ms < 0 OR ended_at < started_at";
    assert_eq!(world.number(backward), 0);
    world.verify();
}

#[test]
fn fault_33_a_timestamp_that_is_refused_is_told_as_such_and_nothing_is_concluded() {
    let ours = Arc::new(ManualClock::new(UtcMillis(1_800_000_000_000)));
    let world = world_with(&ours);
    world.add_ros(running(&world, 2));
    let right = Arc::clone(&ours) as Arc<dyn Clock>;
    world.collect_as(&world.collector_by(&right, |_| ()));
    let wrong = Arc::new(ManualClock::new(ours.now().plus_ms(HOUR_MS))) as Arc<dyn Clock>;
    let end = world.collect_as(&world.collector_by(&wrong, |_| ()));
    assert_eq!(
        (end.row.outcome.as_str(), end.row.watches_failed),
        ("failed", 1)
    );
    assert_eq!(
        world.lines("SELECT action, outcome FROM requests WHERE run_id = 2"),
        ["GetCallerIdentity,clock"]
    );
    assert_eq!(
        world.lines("SELECT DISTINCT present, version FROM results"),
        ["1,1"]
    );
    world.verify();
}

/// Seconds after 1970 at which clocks have had their trouble: their first hour, the last of 31 and of 32 bits.
const TROUBLED_SECONDS: [i64; 4] = [3_600, 2_147_483_647, 4_294_967_295, 3_600];

#[test]
fn fault_32_clocks_at_the_ends_of_their_numbers_disorder_nothing() {
    let ours = Arc::new(ManualClock::new(UtcMillis(0)));
    let world = world_with(&ours);
    world.add_ros(running(&world, 2));
    let collector = world.collector_by(&(Arc::clone(&ours) as Arc<dyn Clock>), |_| ());
    for seconds in TROUBLED_SECONDS {
        let now = ours.now();
        ours.advance_ms(seconds * 1_000 - now.0);
        for _ in 0..2 {
            assert_eq!(
                world.collect_as(&collector).row.outcome.as_str(),
                "complete"
            );
            // Over the end of the number.
            ours.advance_ms(2_000);
            world.clock.advance_ms(i64::from(MINUTE_MS));
        }
    }
    let years = "SELECT DISTINCT substr(started_at, 1, 4) FROM collection_runs ORDER BY 1";
    assert_eq!(world.lines(years), ["1970", "2038", "2106"]);
    let numbers = "SELECT run_id FROM collection_runs ORDER BY run_id";
    assert_eq!(
        world.lines(numbers),
        ["1", "2", "3", "4", "5", "6", "7", "8"]
    );
    for negative in [
        "SELECT count(*) FROM collection_runs WHERE duration_ms < 0",
        "SELECT count(*) FROM coverage_gaps WHERE gap_seconds < 0",
        "SELECT count(*) FROM status_timeline WHERE min_duration_seconds < 0 OR max_duration_seconds < 0",
        "SELECT count(*) FROM result_history WHERE present = 0",
    ] {
        assert_eq!(world.number(negative), 0, "{negative}");
    }
    world.verify();
}
