//! Lists of every size, up to one of 100,000 results, which must fit into little memory.

use std::fs;
use std::process::Child;
use std::time::Duration;

use optrail::sandbox::{RosSpec, RowFormula, Rows, Schedule, Word};

use crate::expected::assert_recorded;
use crate::world::{ACCOUNT, Ended, MINUTE_MS, World};

/// Rows of a page, and numbers of rows around what a page and a first page can hold.
const PAGE_ROWS: u32 = 50;
const ROW_COUNTS: [u32; 6] = [0, 1, 10, PAGE_ROWS, PAGE_ROWS + 1, 1_000];

/// The large list, and its pages.
const MANY_ROWS: u32 = 100_000;
const MANY_PAGES: u32 = MANY_ROWS / PAGE_ROWS;

/// Most memory that the collector may ever have held. Its rows alone, kept as they come, would take more.
const MEMORY_MAX_KIB: u64 = 64 * 1024;

/// Most that the file may grow for each page that says nothing new.
const UNCHANGED_PAGE_BYTES_MAX: u64 = 400;

/// An operation with that many results, which end with it.
fn operation(world: &World, rows: u32) -> RosSpec {
    let formula = RowFormula::of(rows, world.cloud.now());
    let status = Schedule::starting(world.cloud.now(), Word::from("RUNNING"))
        .then(formula.takes_ms().max(1), "SUCCEEDED".into());
    let mut spec = RosSpec::new(ACCOUNT, status);
    spec.rows = Rows::Formula(formula);
    spec
}

#[test]
fn lists_of_every_size_are_recorded_whole() {
    let world = World::new(1);
    for rows in ROW_COUNTS {
        world.add_ros(operation(&world, rows));
    }
    for _ in 0..3 {
        world.collect();
        world.clock.advance_ms(i64::from(MINUTE_MS) * 3 / 2);
    }
    assert_recorded(&world);
    assert_eq!(
        world.lines("SELECT DISTINCT verdict, distinct_keys FROM listings ORDER BY distinct_keys"),
        ROW_COUNTS.map(|rows| format!("complete,{rows}"))
    );
    assert_eq!(
        world.number("SELECT count(*) FROM operations WHERE watch_state = 'settled'"),
        6
    );
    world.verify();
}

#[test]
fn fault_79_a_hundred_thousand_results_fit_into_little_memory_and_unchanged_pages_into_little_space()
 {
    let world = World::for_program(2);
    world.add_ros(operation(&world, MANY_ROWS));
    world.clock.advance_ms(i64::from(MINUTE_MS) * 100);

    let (first, memory) = run_watched(world.start(&["collect", "--concurrency", "16"]));
    first.expect_silence();
    assert!(memory < MEMORY_MAX_KIB, "the first run took {memory} KiB");
    assert_recorded(&world);
    let size = fs::metadata(world.database()).unwrap().len();

    let (second, memory) = run_watched(world.start(&["collect", "--concurrency", "16"]));
    second.expect_silence();
    assert!(memory < MEMORY_MAX_KIB, "the second run took {memory} KiB");
    let run = "SELECT versions_new, results_seen, listings_complete, requests FROM collection_runs WHERE run_id = 2";
    assert_eq!(
        world.lines(run),
        [format!("0,{MANY_ROWS},1,{}", MANY_PAGES + 2)]
    );
    let grown = fs::metadata(world.database()).unwrap().len() - size;
    let page = grown / u64::from(MANY_PAGES);
    assert!(
        page <= UNCHANGED_PAGE_BYTES_MAX,
        "an unchanged page took {page} bytes"
    );
    world.verify();
}

/// Waits for a process, and tells the most memory that it held, in KiB.
fn run_watched(mut child: Child) -> (Ended, u64) {
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        // A process that has just ended has no memory to tell of.
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
        most = kib.unwrap_or(0).max(most);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(most > 0, "the process was never seen");
    println!("peak {most} KiB");
    (Ended::of(child.wait_with_output().unwrap()), most)
}
