//! A file as it was at any size is what derivation from its first leaves alone gives.

use optrail::record::Deriver;
use optrail::store::{Connection, as_of, aside};
use rusqlite::types::Value;

use crate::scene::recorded;

/// Tables in which rows appear as leaves are derived.
const TABLES: [&str; 22] = [
    "run",
    "run_end",
    "run_clock",
    "run_identity",
    "run_note",
    "watch",
    "watch_removal",
    "watch_operation",
    "operation",
    "operation_state",
    "operation_version",
    "exchange",
    "exchange_error",
    "listing",
    "listing_end",
    "listing_missing",
    "result_version",
    "page_listing",
    "page_listing_end",
    "batch_detail",
    "intervention",
    "intervention_call",
];

fn rows(connection: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut statement = connection
        .prepare(&format!("SELECT * FROM {table}"))
        .unwrap();
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|column| row.get(column)).collect());
    let mut rows: Vec<Vec<Value>> = rows.unwrap().map(Result::unwrap).collect();
    rows.sort_by_cached_key(|row| format!("{row:?}"));
    rows
}

#[test]
fn a_size_shows_what_its_leaves_alone_give() {
    let world = recorded();
    world.recorder().read_blocking(|_| Ok(())).unwrap();
    let size = world.number("SELECT count(*) FROM leaf");
    let evidence = as_of::open_at(&world.database(), size).unwrap();
    let derived = aside::open_aside().unwrap();
    let mut deriver = Deriver::default();
    let mut compared = 0;
    for size in 1..=size {
        deriver.catch_up(&evidence, &derived, size - 1).unwrap();
        // Every size near the ends of lists and runs, and some in between.
        if size % 3 != 0 && size % 50 > 12 {
            continue;
        }
        let limited = as_of::open_at(&world.database(), size).unwrap();
        for table in TABLES {
            let (shown, given) = (rows(&limited, table), rows(&derived, table));
            assert_eq!(shown, given, "{table} at {size}");
            compared += given.len();
        }
    }
    assert!(compared > 10_000, "{compared} rows say little");
}
