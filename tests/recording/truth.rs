//! What was recorded is what was: every operation, field, result and version that a look could show.

use optrail::cloud::SignatureVersion;

use crate::expected::assert_recorded;
use crate::random::populate;
use crate::world::{MINUTE_MS, World};

/// Rounds in which a random world is looked at: beyond the hour after which CADT ids are gone.
const ROUNDS: u32 = 9;

/// Plays a random world and compares the recording with it.
fn play(seed: u64, signature: SignatureVersion) {
    println!("seed {seed}");
    let world = World::new(seed);
    let mut random = fastrand::Rng::with_seed(seed);
    populate(&world, &mut random);
    let mut collector = world.collector();
    collector.client.signature = signature;
    for _ in 0..ROUNDS {
        world.collect_as(&collector);
        let minutes = random.u32(1..=15);
        world.clock.advance_ms(i64::from(minutes * MINUTE_MS));
    }
    assert_recorded(&world);
    assert_eq!(world.request_ids_kept(), world.request_ids_served());
    assert_eq!(
        world.lines("SELECT DISTINCT outcome FROM requests WHERE outcome NOT IN ('ok', 'expired')"),
        [""; 0]
    );
    assert_eq!(
        world.number("SELECT count(*) FROM listings WHERE verdict IS NOT 'complete'"),
        0
    );
    world.verify();
}

#[test]
fn random_worlds_are_recorded_as_they_were() {
    for seed in 1..=4 {
        play(seed, SignatureVersion::V3);
    }
}

#[test]
fn the_older_signature_records_the_same() {
    play(5, SignatureVersion::V1);
}
