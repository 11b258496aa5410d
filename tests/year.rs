//! A year of runs, every quarter of an hour, with everything that goes wrong: the collector asks the simulated
//! cloud into a real file, and what the views show at the end must be what a model says that was told the
//! injected truth.
//!
//! A failure names its seed and run. `OPTRAIL_YEAR_SEED=n` runs that case alone. The whole year is
//! `OPTRAIL_YEAR_RUNS=35040 cargo test --release --test year -- --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "year/births.rs"]
mod births;
#[path = "year/desk.rs"]
mod desk;
#[path = "truth/dice.rs"]
#[allow(dead_code)]
mod dice;
#[path = "year/life.rs"]
mod life;
#[path = "year/model.rs"]
mod model;
#[path = "year/sight.rs"]
mod sight;
#[path = "year/thing.rs"]
mod thing;

use std::fmt::Debug;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use life::Life;
use model::{Gap, Kind, Model};
use optrail::model::UtcMillis;
use optrail::verify::{Depth, verify};
use rusqlite::{Connection, Row};

/// Runs of each seed in an ordinary run of the tests.
const RUNS: usize = 200;

/// Runs after which the views are compared for the first time, and then again.
const COMPARE_EVERY: usize = 1_000;

/// Runs at the end in which nothing goes wrong.
const CALM: usize = 2;

#[test]
fn fault_80_a_year_is_shown_as_it_was() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let runs = number("OPTRAIL_YEAR_RUNS").map_or(RUNS, |runs| usize::try_from(runs).unwrap());
    match number("OPTRAIL_YEAR_SEED") {
        Some(seed) => year(seed, runs),
        None => {
            year(1, runs);
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            // A whole year is long enough for one seed.
            if runs == RUNS {
                year(now.as_secs(), runs);
            }
        }
    }
}

fn year(seed: u64, runs: usize) {
    println!("OPTRAIL_YEAR_SEED={seed}, {runs} runs");
    let begun = Instant::now();
    let mut life = Life::new(seed);
    let mut steps = 0;
    while life.runs < runs {
        life.step();
        steps += 1;
        if steps % compare_every() == 0 {
            compare(&life, seed);
            println!(
                "run {}: {} things, {:?}",
                life.runs,
                life.model.things.len(),
                begun.elapsed()
            );
        }
    }
    for _ in 0..CALM {
        life.calm();
    }
    compare(&life, seed);
    let gaps = life.model.gaps();
    println!(
        "{} runs, {} operations, {} looks, {} gaps, {} requests in {:?}",
        life.runs,
        life.model.things.len(),
        life.model.looks,
        gaps.len(),
        life.desk.cloud.request_count(),
        begun.elapsed()
    );
    assert!(gaps.len() > runs / 100, "{} gaps say little", gaps.len());
    let report = verify(&life.desk.database(), Depth::All).unwrap();
    assert!(
        report.agrees(),
        "OPTRAIL_YEAR_SEED={seed}: {:#?}",
        report.differences
    );
    println!("verified, {:?} in all", begun.elapsed());
}

fn compare_every() -> usize {
    let every = std::env::var("OPTRAIL_YEAR_COMPARE_EVERY");
    every.map_or(COMPARE_EVERY, |text| text.parse().unwrap())
}

/// Compares the views with the model; the first difference ends the test.
fn compare(life: &Life, seed: u64) {
    // What was kept last is derived with the next transaction.
    life.desk.recorder().read_blocking(|_| Ok(())).unwrap();
    let file = Connection::open(life.desk.database()).unwrap();
    let at = format!("OPTRAIL_YEAR_SEED={seed}, run {}", life.runs);
    let shown = read(
        &file,
        "SELECT service, operation_id, phase, version FROM operations",
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    );
    same("operations", &at, shown, operations(&life.model));
    let shown = read(
        &file,
        "SELECT operation_id, target_account_id, target_region_id, status, version, present FROM results",
        |row| {
            let key: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((key, row.get(3)?, row.get(4)?, row.get(5)?))
        },
    );
    same("results", &at, shown, results(&life.model));
    let shown = read(
        &file,
        "SELECT scope, coalesce(nullif(operation_id, ''), CASE service WHEN 'ros' THEN 'ros-stack-groups' ELSE service END, ''),
                cause, gap_from, gap_until FROM coverage_gaps",
        |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        },
    );
    let expected = life.model.gaps().into_iter().map(as_shown).collect();
    same("coverage_gaps", &at, shown, expected);
}

fn read<T>(
    file: &Connection,
    sql: &str,
    take: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = file.prepare(sql).unwrap();
    let rows = statement.query_map([], take).unwrap();
    rows.map(Result::unwrap).collect()
}

fn same<T: Ord + Debug>(view: &str, at: &str, mut shown: Vec<T>, mut expected: Vec<T>) {
    shown.sort();
    expected.sort();
    let only = |these: &[T], those: &[T]| -> Vec<String> {
        let left_over = these.iter().filter(|row| those.binary_search(row).is_err());
        left_over.take(3).map(|row| format!("{row:?}")).collect()
    };
    let (extra, missing) = (only(&shown, &expected), only(&expected, &shown));
    assert!(
        shown == expected,
        "{at}: {view} shows {extra:#?}, and expected are {missing:#?}"
    );
}

type Operation = (String, String, String, u32);

fn operations(model: &Model) -> Vec<Operation> {
    let things = model.things.iter();
    things
        .filter_map(|thing| {
            let service = match thing.truth.kind {
                Kind::Ros => "ros",
                Kind::Cadt => "bpstudio",
                Kind::Dns => "alidns",
            };
            Some((
                service.to_owned(),
                thing.truth.id.clone(),
                phase(thing.status()?).to_owned(),
                thing.versions,
            ))
        })
        .collect()
}

fn phase(status: &str) -> &'static str {
    match status {
        "QUEUED" | "INIT" => "pending",
        "RUNNING" | "0" => "running",
        "SUCCEEDED" | "SUCCESS" | "1" => "succeeded",
        "FAILED" | "FAILURE" | "2" => "failed",
        other => panic!("{other}"),
    }
}

type ResultRow = ((String, String, String), String, u32, bool);

fn results(model: &Model) -> Vec<ResultRow> {
    let mut rows = Vec::new();
    for thing in &model.things {
        for ((account_id, region_id), seen) in &thing.results {
            let id = thing.truth.id.clone();
            rows.push((
                (id, account_id.clone(), (*region_id).to_owned()),
                seen.status.to_owned(),
                seen.version,
                seen.is_present,
            ));
        }
    }
    rows
}

type ShownGap = (String, String, String, String, Option<String>);

fn as_shown((scope, subject, cause, from, until): Gap) -> ShownGap {
    let text = |ms| UtcMillis(ms).to_string();
    (
        scope.to_owned(),
        subject,
        cause.to_owned(),
        text(from),
        until.map(text),
    )
}
