//! Lists that cannot be read whole, and rows that go and come back.

use optrail::sandbox::{Fault, FaultKind, Paging, RosSpec, RowState, Rows, TotalCount};

use crate::expected::assert_recorded;
use crate::world::{MINUTE_MS, World, row, running};

/// Rows on three pages.
const THREE_PAGES: u32 = 101;

/// How often a list is read in one run when no reading is whole.
const READINGS_MAX: usize = 3;

/// A world with one operation whose results are listed in that way, looked at once.
fn listed(rows: u32, paging: Paging) -> World {
    let world = World::new(1);
    let mut spec = running(&world, rows);
    spec.paging = paging;
    world.add_ros(spec);
    world.collect();
    world
}

fn total_count(total_count: TotalCount) -> Paging {
    Paging {
        total_count,
        ..Paging::default()
    }
}

/// Readings with their verdicts, in order.
fn verdicts(world: &World) -> Vec<String> {
    world.lines("SELECT verdict FROM listings ORDER BY listing_id")
}

fn count_gone(world: &World) -> i64 {
    world.number("SELECT count(*) FROM result_history WHERE present = 0")
}

/// Expects that the newest run failed to read the list, and that it said so.
fn assert_last_run_partial(world: &World) {
    assert_eq!(
        world.lines(
            "SELECT outcome, watches_failed FROM collection_runs ORDER BY run_id DESC LIMIT 1"
        ),
        ["partial,1"]
    );
}

#[test]
fn a_server_that_caps_the_page_size_is_read_by_the_size_it_answers() {
    let capped = Paging {
        page_size_cap: Some(10),
        ..Paging::default()
    };
    let world = listed(51, capped);
    assert_eq!(
        world.lines("SELECT verdict, pages, page_size, distinct_keys FROM listings"),
        ["complete,6,10,51"]
    );
    assert_recorded(&world);
    world.verify();
}

#[test]
fn a_total_count_that_is_text_is_a_number() {
    let world = listed(THREE_PAGES, total_count(TotalCount::Text));
    assert_eq!(
        world.lines("SELECT verdict, first_total_count, last_total_count FROM listings"),
        ["complete,101,101"]
    );
    assert_recorded(&world);
    world.verify();
}

#[test]
fn without_a_total_count_rows_are_kept_and_nothing_is_concluded() {
    let world = listed(THREE_PAGES, total_count(TotalCount::Missing));
    // Read to the empty page after the last, and once only: a second reading would prove no more.
    assert_eq!(
        world.lines("SELECT verdict, pages, first_total_count, distinct_keys FROM listings"),
        ["incomplete,4,-,101"]
    );
    assert_eq!(
        world.number("SELECT count(*) FROM results WHERE present = 1"),
        101
    );
    assert_eq!(
        world.lines("SELECT total_count, counted_at, has_failures FROM operations"),
        ["-,-,-"]
    );
    assert_last_run_partial(&world);
    world.verify();
}

#[test]
fn a_list_that_changes_its_count_is_read_three_times_and_retires_nothing() {
    let world = World::new(2);
    let mut spec = running(&world, THREE_PAGES);
    spec.paging = total_count(TotalCount::Changing);
    forget_rows_after(&mut spec, 60, MINUTE_MS);
    world.add_ros(spec);
    for runs in 1..=3 {
        let end = world.collect();
        assert_eq!(verdicts(&world), vec!["incomplete"; READINGS_MAX * runs]);
        assert_last_run_partial(&world);
        // Every page was answered, and yet there is something to tell.
        let told: Vec<_> = end.failures.iter().map(|failure| failure.outcome).collect();
        assert_eq!(told, ["incomplete"]);
        let reason = end.failures[0].message.as_deref().unwrap_or_default();
        assert!(reason.starts_with("TotalCount changed from"), "{reason}");
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    assert_eq!(
        world.number("SELECT count(*) FROM results WHERE present = 1"),
        101
    );
    assert_eq!(count_gone(&world), 0);
    assert_eq!(
        world.number("SELECT count(*) FROM listings WHERE look IS NOT NULL"),
        0
    );
    world.verify();
}

#[test]
fn a_list_that_moves_while_it_is_read_retires_nothing_and_is_whole_once_it_stands_still() {
    let world = World::new(3);
    let mut spec = running(&world, THREE_PAGES);
    spec.paging.shift = 7;
    spec.status = spec.status.then(3 * MINUTE_MS, "SUCCEEDED".into());
    world.add_ros(spec);
    for runs in 1..=3 {
        world.collect();
        assert_eq!(verdicts(&world), vec!["incomplete"; READINGS_MAX * runs]);
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    assert_eq!(count_gone(&world), 0);
    world.collect();
    assert_eq!(verdicts(&world).last().unwrap(), "complete");
    assert_eq!(
        world.lines("SELECT present, version, count(*) FROM results GROUP BY present, version"),
        ["1,1,101"]
    );
    world.verify();
}

/// Rows from number `kept` on are not listed any more after that time.
fn forget_rows_after(spec: &mut RosSpec, kept: usize, after_ms: u32) {
    if let Rows::Listed(rows) = &mut spec.rows {
        for row in rows.iter_mut().skip(kept) {
            row.history = row.history.clone().then(after_ms, None);
        }
    }
}

/// An operation with one row that stays, and one that goes after a minute and is back after three.
fn with_a_row_that_goes_and_returns(world: &World) {
    let mut spec = running(world, 1);
    let mut passing = row(world, 1);
    passing.history = passing
        .history
        .then(MINUTE_MS, None)
        .then(2 * MINUTE_MS, Some(RowState::of("RUNNING")));
    if let Rows::Listed(rows) = &mut spec.rows {
        rows.push(passing);
    }
    world.add_ros(spec);
}

const STRETCHES: &str = "SELECT sequence, status, entered_earliest_at IS NULL, left_latest_at IS NULL, looks \
     FROM result_timeline WHERE target_account_id = '1600000000000001' ORDER BY sequence";

#[test]
fn a_row_is_retired_by_the_second_reading_that_lacks_it_and_begins_anew_when_it_returns() {
    let world = World::new(4);
    with_a_row_that_goes_and_returns(&world);
    for _ in 0..5 {
        world.collect();
        world.clock.advance_ms(i64::from(MINUTE_MS));
    }
    // The second run, which lacked it first, read at once again; the first of its readings is no look.
    assert_eq!(
        world
            .lines("SELECT run_id, verdict, distinct_keys, look FROM listings ORDER BY listing_id"),
        [
            "1,complete,2,1",
            "2,complete,1,-",
            "2,complete,1,2",
            "3,complete,1,3",
            "4,complete,2,4",
            "5,complete,2,5"
        ]
    );
    let third_listing = "(SELECT listing_id FROM listings ORDER BY listing_id LIMIT 1 OFFSET 2)";
    assert_eq!(
        world.lines(&format!(
            "SELECT version, present, status, changed, listing_id = {third_listing} FROM result_history \
             WHERE target_account_id = '1600000000000001' ORDER BY version"
        )),
        [
            "1,1,RUNNING,-,0",
            "2,0,RUNNING,[\"present\"],1",
            "3,1,RUNNING,[\"present\"],0"
        ]
    );
    assert_eq!(
        world.lines(STRETCHES),
        ["1,RUNNING,1,1,1", "2,RUNNING,1,1,2"]
    );
    assert_recorded(&world);
    world.verify();
}

#[test]
fn a_reading_that_fails_does_not_count_between_the_two_that_retire_a_row() {
    let world = World::new(5);
    with_a_row_that_goes_and_returns(&world);
    world.collect();
    world.clock.advance_ms(i64::from(MINUTE_MS));
    // In the second run one reading lacks the row, and the one that should confirm it is refused.
    let refused = Fault::once(FaultKind::Denied).on_action("ListStackGroupOperationResults");
    world.cloud.script(refused.after(1));
    let end = world.collect();
    // The complete one was to be confirmed, so that the run has seen nothing for certain.
    assert_eq!(
        (end.row.outcome.as_str(), end.row.watches_failed),
        ("partial", 1)
    );
    assert_eq!(verdicts(&world), ["complete", "complete", "incomplete"]);
    assert_eq!(count_gone(&world), 0);
    world.clock.advance_ms(i64::from(MINUTE_MS));
    world.collect();
    assert_eq!(
        verdicts(&world),
        ["complete", "complete", "incomplete", "complete"]
    );
    assert_eq!(count_gone(&world), 1);
    world.verify();
}
