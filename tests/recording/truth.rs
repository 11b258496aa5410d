//! What was recorded is what was: every operation, field, result and version that a look could show.

use std::collections::BTreeMap;

use optrail::cli::dataset::DATASETS;
use optrail::cloud::SignatureVersion;
use optrail::model::Service;
use rusqlite::types::Value;

use crate::expected::assert_recorded;
use crate::random::populate;
use crate::world::{MINUTE_MS, REGION, World};

/// Rounds in which a random world is looked at: beyond the hour after which CADT ids are gone.
const ROUNDS: u32 = 10;

/// Queries that count what random worlds are there for.
const RARITIES: [(&str, &str); 9] = [
    (
        "rows gone",
        "SELECT count(*) FROM result_history WHERE present = 0",
    ),
    (
        "rows returned",
        "SELECT count(*) FROM result_history WHERE present = 1 AND changed LIKE '%present%'",
    ),
    (
        "rows of unknown words",
        "SELECT count(*) FROM results WHERE phase = 'unknown'",
    ),
    (
        "settled",
        "SELECT count(*) FROM watches WHERE state = 'settled'",
    ),
    (
        "unsettled",
        "SELECT count(*) FROM watches WHERE state = 'unsettled'",
    ),
    (
        "expired",
        "SELECT count(*) FROM watches WHERE state = 'expired'",
    ),
    (
        "active",
        "SELECT count(*) FROM watches WHERE state = 'active'",
    ),
    (
        "drift checks changed",
        "SELECT count(*) FROM operation_history WHERE changed LIKE '%drift%'",
    ),
    (
        "empty reasons beside missing ones",
        "SELECT min(sum(status_reason = ''), sum(status_reason IS NULL)) FROM result_history",
    ),
];

/// Plays a random world before a collector in this process, and compares the recording with it.
fn play(seed: u64, signature: SignatureVersion) -> World {
    println!("seed {seed}");
    let world = World::new(seed);
    let mut random = fastrand::Rng::with_seed(seed);
    for (service, id) in populate(&world, &mut random) {
        world.watch(service, &id);
    }
    let collector = world.collector_with(|config| config.signature = signature);
    for _ in 0..ROUNDS {
        world.collect_as(&collector);
        advance(&world, &mut random);
    }
    assert_recorded(&world);
    assert_all_kept(&world);
    world.verify();
    world
}

fn advance(world: &World, random: &mut fastrand::Rng) {
    let minutes = random.u32(1..=15);
    world.clock.advance_ms(i64::from(minutes * MINUTE_MS));
}

/// Every answer that was served was kept, and was about what was asked.
fn assert_all_kept(world: &World) {
    assert_eq!(world.request_ids_kept(), world.request_ids_served());
    let odd = "SELECT DISTINCT outcome FROM requests WHERE outcome NOT IN ('ok', 'expired')";
    assert_eq!(world.lines(odd), [""; 0]);
    let torn = "SELECT count(*) FROM listings WHERE verdict IS NOT 'complete'";
    assert_eq!(world.number(torn), 0);
}

#[test]
fn random_worlds_are_recorded_as_they_were() {
    let mut seen = BTreeMap::new();
    for seed in 1..=4 {
        let world = play(seed, SignatureVersion::V3);
        for (what, query) in RARITIES {
            *seen.entry(what).or_insert(0) += world.number(query);
        }
    }
    // A world in which nothing odd happens would be easy to record.
    for (what, count) in seen {
        assert!(count > 0, "no {what}");
    }
}

#[test]
fn the_older_signature_records_the_same() {
    play(6, SignatureVersion::V1);
}

#[test]
fn the_program_records_and_exports_a_random_world_as_it_was() {
    let seed = 7;
    let world = World::for_program(seed);
    let mut random = fastrand::Rng::with_seed(seed);
    for (service, id) in populate(&world, &mut random) {
        let what = match service {
            Service::Ros => vec!["ros", "--region", REGION, &id],
            Service::Alidns => vec!["alidns", "--task-id", &id],
            _ => vec!["bpstudio", &id],
        };
        world
            .run(&[&["watch", "add"], &what[..]].concat())
            .expect(0);
    }
    for _ in 0..ROUNDS {
        let ended = world.run(&["collect"]);
        // What expires unseen is told once.
        assert!(matches!(ended.code, Some(0 | 4)), "{ended:?}");
        advance(&world, &mut random);
    }
    world.run(&["collect"]).expect_silence();
    assert_recorded(&world);
    assert_all_kept(&world);
    for dataset in &DATASETS {
        assert_exported(&world, dataset.view, dataset.key);
    }
    world.run(&["verify"]).expect(0);
    world.verify();
}

/// Compares the CSV of a dataset with its view, row by row in the order of its key.
fn assert_exported(world: &World, view: &str, key: &[&str]) {
    let csv = world.run(&["export", view]).expect(0).stdout;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(true)
        .from_reader(csv.as_bytes());
    let exported: Vec<Vec<String>> = reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let rows = world.select(&format!("SELECT * FROM {view} ORDER BY {}", key.join(", ")));
    let expected: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(as_csv).collect())
        .collect();
    assert_eq!(exported, expected, "{view}");
}

fn as_csv(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        other => panic!("neither text nor number: {other:?}"),
    }
}
