//! Listings, versions and timelines against a truth that the program never sees.
//!
//! Each case makes a *world*, in which operations and the rows of their results change at exact instants; a
//! *poller* that looks at it through answers that take time, get lost and contradict each other, and that
//! keeps them with a real recorder in a real file; and then three judges of what the views show:
//! - the *oracle* has only the list of looks and the words of the promise, and must come to the same rows;
//! - the *soundness* judge has the truth, and every interval must hold it (what exactly is promised, and what
//!   no poller can know, stands there);
//! - the same evidence derived aside, in other portions and by other memories, must make the same tables.
//!
//! A failure names its seed. `OPTRAIL_TRUTH_SEED=n` runs that case alone, `OPTRAIL_TRUTH_CASES=n` more cases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "truth/answers.rs"]
mod answers;
#[path = "truth/coverage.rs"]
mod coverage;
#[path = "truth/dice.rs"]
mod dice;
#[path = "truth/dictionary.rs"]
mod dictionary;
#[path = "truth/history.rs"]
mod history;
#[path = "truth/log.rs"]
mod log;
#[path = "truth/oracle/mod.rs"]
mod oracle;
#[path = "truth/poller.rs"]
mod poller;
#[path = "truth/rederive.rs"]
mod rederive;
#[path = "truth/soundness.rs"]
mod soundness;
#[path = "truth/views.rs"]
mod views;
#[path = "truth/wire.rs"]
mod wire;
#[path = "truth/world.rs"]
mod world;

use std::str::FromStr;

use coverage::Coverage;
use dice::Dice;
use oracle::{Oracle, expected, targets};
use poller::Poller;
use world::World;

/// Cases of a plain `cargo test`.
const CASES: u64 = 80;

/// The richest case; the first ones are poor, so that a failure is met where it is small.
const LARGEST: u64 = 9;

/// Views in which every row is compared.
const TIMELINES: [&str; 3] = ["operation_timeline", "result_timeline", "status_timeline"];

/// The same, but for cases in which the poller's clock is set: which of two looks is the last is then not for
/// their times to say.
const STATES: [&str; 6] = [
    "operation_history",
    "result_history",
    "results",
    "operations",
    "listings",
    "targets",
];

#[test]
fn the_views_show_what_can_be_known_and_it_is_true() {
    let mut coverage = Coverage::default();
    if let Some(seed) = from_environment("OPTRAIL_TRUTH_SEED") {
        return run(seed, &mut coverage);
    }
    let cases = from_environment("OPTRAIL_TRUTH_CASES").unwrap_or(CASES);
    for seed in 0..cases.max(CASES) {
        run(seed, &mut coverage);
    }
    coverage.check();
}

/// A directory for one file, in memory where the system has such a place: a case syncs its file a hundred
/// times, and what survives a power cut is no question here.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn from_environment<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Names the case that panics, wherever it does.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the case is OPTRAIL_TRUTH_SEED={}", self.0);
        }
    }
}

fn run(seed: u64, coverage: &mut Coverage) {
    let _named = Named(seed);
    if let Err(difference) = case(seed, coverage) {
        panic!("{difference}");
    }
}

fn case(seed: u64, coverage: &mut Coverage) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let size = usize::try_from(1 + seed % LARGEST).unwrap();
    let world = World::new(&mut dice.fork(), size);
    let home = scratch();
    let path = home.path().join("optrail.db");
    let runs = 2 + dice.below(2 + size);
    let poller = Poller::new(&world, &path, dice.fork());
    let is_clock_set = poller.is_clock_set();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let events = runtime.block_on(poller.poll(runs, coverage));

    let file = optrail::store::open::read_only(&path).unwrap();
    let oracle = Oracle::after(&events, coverage);
    let mut wanted = expected(&world, &oracle);
    wanted.insert("targets", targets(&world, &oracle, coverage));
    dictionary::check(&file)?;
    let mut compare = |view: &&'static str| {
        let wanted = wanted.remove(view).unwrap_or_default();
        views::compare(view, views::rows(&file, view), wanted)
    };
    TIMELINES.iter().try_for_each(&mut compare)?;
    if !is_clock_set {
        STATES.iter().try_for_each(&mut compare)?;
        assert!(wanted.is_empty(), "a view is not compared");
        let own = views::rows(&file, "operation_timeline ORDER BY sequence");
        let results = views::rows(&file, "result_timeline ORDER BY sequence");
        soundness::judge(&world, &oracle, (&own, &results), coverage)?;
    }
    rederive::compare(&file, &mut dice)
}
