//! A file as it was at any size is what derivation from its first leaves alone gives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use optrail::evidence::leaf::Leaf;
use optrail::model::UtcMillis;
use optrail::store::{Connection, as_of, aside, derived, evidence, open, views};
use rusqlite::types::Value;

use crate::changes;
use crate::dice::Dice;
use crate::life::Life;
use crate::lists;
use crate::recorded::fixture;

/// Numbers for words: entries show by the rows that use them.
const DICTIONARIES: [&str; 3] = ["target", "result_status", "result_text"];

/// Steps of the life by chance. `OPTRAIL_AS_OF_SEED=n` tells another one.
const STEPS: usize = 120;

/// Pairs of sizes of each history between which changes are looked for.
const PAIRS: usize = 30;

/// Of the sizes at which something happens in it, one in so many is looked at.
const SIZES_ONE_IN: usize = 120;

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

fn numbers(connection: &Connection, sql: &str) -> Vec<i64> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Copies rows of evidence from one file to another: all columns of a table, those that meet a condition.
fn copy(from: &Connection, to: &Connection, table: &str, condition: &str) {
    let mut read = from
        .prepare(&format!("SELECT * FROM {table} WHERE {condition}"))
        .unwrap();
    let width = read.column_count();
    let places = vec!["?"; width].join(", ");
    let mut write = to
        .prepare(&format!("INSERT INTO {table} VALUES ({places})"))
        .unwrap();
    let mut rows = read.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values = (0..width).map(|column| row.get::<_, Value>(column).unwrap());
        write.execute(rusqlite::params_from_iter(values)).unwrap();
    }
}

/// Compares every table and view at the sizes that `is_wanted` picks.
fn compare(database: &Path, is_wanted: impl Fn(i64) -> bool) -> BTreeMap<String, usize> {
    let file = open::read_only(database).unwrap();
    let all = evidence::size(&file).unwrap();
    let mut alone = aside::open_aside().unwrap();
    views::install(&mut alone).unwrap();
    let mut deriver = optrail::record::Deriver::default();
    let mut compared = BTreeMap::new();
    let mut copied = 0;
    for size in (0..=all).filter(|size| *size == 0 || *size == all || is_wanted(*size)) {
        copy(
            &file,
            &alone,
            "leaf",
            &format!("sequence >= {copied} AND sequence < {size}"),
        );
        copy(
            &file,
            &alone,
            "checkpoint",
            &format!("size > {copied} AND size <= {size}"),
        );
        copied = size;
        deriver.catch_up(&file, &alone, size - 1).unwrap();
        let limited = as_of::open_at(database, size).unwrap();
        let tables = derived::TABLES
            .into_iter()
            .chain([derived::WATERMARK, "leaf", "checkpoint"]);
        let tables = tables.filter(|table| !DICTIONARIES.contains(table));
        for table in tables.chain(views::names()) {
            let (shown, given) = (rows(&limited, table), rows(&alone, table));
            let differs = shown
                .iter()
                .zip(&given)
                .find(|(shown, given)| shown != given);
            assert_eq!(differs, None, "{table} at {size} of {all}");
            assert_eq!(shown.len(), given.len(), "{table} at {size} of {all}");
            *compared.entry(table.to_owned()).or_default() += given.len();
        }
    }
    compared
}

/// The sizes at which something closes, ends or begins, and some others: one in some of them, before that leaf or
/// after it.
fn telling(database: &Path, dice: &mut Dice, one_in: usize) -> BTreeSet<i64> {
    let file = open::read_only(database).unwrap();
    let mut sizes = BTreeSet::new();
    for sql in [
        "SELECT end_sequence FROM listing_end",
        "SELECT end_sequence FROM page_listing_end",
        "SELECT end_sequence FROM run_end",
        "SELECT listing_id FROM page_listing",
        "SELECT sequence FROM gap_end",
        "SELECT sequence FROM watch_removal",
        "SELECT sequence FROM leaf",
    ] {
        for sequence in numbers(&file, sql) {
            if dice.one_in(one_in) {
                sizes.insert(sequence + dice.between(0, 1));
            }
        }
    }
    sizes
}

#[test]
fn a_size_shows_what_its_leaves_alone_give() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    fixture::record(&path);
    seal(&path);
    for (table, rows) in compare(&path, |_| true) {
        assert!(rows > 0, "{table} has no rows, which says nothing");
    }
    let all = evidence::size(&open::read_only(&path).unwrap()).unwrap();
    let sizes: Vec<i64> = (0..=all).collect();
    let changes = changes::compare(&path, &sizes, PAIRS, &mut Dice::new(1));
    assert!(changes > PAIRS, "{changes} changes say little");
}

#[test]
fn a_time_means_the_leaves_before_the_first_that_is_later() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    fixture::record(&path);
    let file = open::read_only(&path).unwrap();
    let mut lines = file
        .prepare("SELECT record FROM leaf ORDER BY sequence")
        .unwrap();
    let lines = lines.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let times: Vec<Option<UtcMillis>> = lines
        .map(|line| Leaf::parse(&line.unwrap()).unwrap().at())
        .collect();
    assert!(times.contains(&None) && times.iter().flatten().count() > 50);
    for at in times.iter().flatten() {
        let later = times.iter().position(|time| *time > Some(*at));
        let size = as_of::size_at(&file, 0, *at).unwrap();
        assert_eq!(
            usize::try_from(size).unwrap(),
            later.unwrap_or(times.len()),
            "{at}"
        );
    }
}

#[test]
fn what_a_list_told_is_known_when_it_closes() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    lists::record(&path);
    let compared = compare(&path, |_| true);
    for table in ["stack_group_history", "result_history", "listings"] {
        assert!(compared[table] > 100, "{table} says little");
    }
}

/// Puts heads of the log where some run ended: who signed them is no question here.
fn seal(path: &Path) {
    let file = Connection::open(path).unwrap();
    let sealed = file
        .execute(
            "INSERT INTO checkpoint (size, origin, root, note)
             SELECT end_sequence + 1, 'o', zeroblob(32), 'note' FROM run_end WHERE run_id % 5 = 1",
            [],
        )
        .unwrap();
    assert!(sealed > 2);
}

#[test]
fn a_size_of_a_life_by_chance_shows_what_its_leaves_alone_give() {
    let seed = std::env::var("OPTRAIL_AS_OF_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut life = Life::new(seed);
    for _ in 0..STEPS {
        life.step();
    }
    life.desk.recorder().read_blocking(|_| Ok(())).unwrap();
    let database = life.desk.database();
    let sizes = telling(&database, &mut Dice::new(seed), SIZES_ONE_IN);
    let compared = compare(&database, |size| sizes.contains(&size));
    let rows: usize = compared.values().sum();
    let sizes = Vec::from_iter(sizes);
    let changes = changes::compare(&database, &sizes, PAIRS, &mut Dice::new(seed));
    assert!(
        rows > 20_000 && sizes.len() > 15 && changes > 300,
        "{rows} rows of {} sizes and {changes} changes say little",
        sizes.len()
    );
}
