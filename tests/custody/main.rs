//! Who answers for a log: its state directory lost, older, forged or shared, its database replaced, restored or
//! copied. The real binary on real files; numbers in names are those of `tests/FAULTS.md`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod at_once;
#[path = "../cli/bench.rs"]
#[allow(dead_code)] // each test program uses a part of it
mod bench;
mod former;
mod keys;
mod looks;
mod modes;
mod older;
mod places;
mod replaced;
mod restore;
mod state;
#[path = "../cli/story.rs"]
#[allow(dead_code)]
mod story;
#[path = "../recording/world.rs"]
#[allow(dead_code)]
mod world;

use std::fs;
use std::path::{Path, PathBuf};

use bench::{Bench, Said};
use rusqlite::Connection;

/// A bench with a log that is sealed up to its last leaf.
fn sealed() -> Bench {
    let bench = Bench::new();
    bench.out(&["watch", "add", "cadt", "op_1"]);
    bench.out(&["checkpoint"]);
    bench
}

/// Adds a leaf, which is not sealed.
fn add(bench: &Bench, operation: &str) {
    bench.out(&["watch", "add", "cadt", operation]);
}

/// Adds a leaf and seals it.
fn add_sealed(bench: &Bench, operation: &str) {
    add(bench, operation);
    bench.out(&["checkpoint"]);
}

/// The part of the state directory that belongs to the only log.
fn state(bench: &Bench) -> PathBuf {
    let mut logs: Vec<_> = fs::read_dir(bench.path("state/optrail"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(logs.len(), 1, "{logs:?}");
    logs.remove(0)
}

/// Copies a directory and all below it.
fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Copies a database that nobody has open, with its log if there is one.
fn copy_database(from: &Path, to: &Path) {
    for part in ["", "-wal", "-shm"] {
        let (from, to) = (beside(from, part), beside(to, part));
        let _ = fs::remove_file(&to);
        if from.exists() {
            fs::copy(from, to).unwrap();
        }
    }
}

fn beside(path: &Path, part: &str) -> PathBuf {
    PathBuf::from(format!("{}{part}", path.display()))
}

/// The number that a SELECT gives, by a reader that has nothing of the product.
fn number(database: &Path, sql: &str) -> i64 {
    let connection = Connection::open(database).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn leaves(database: &Path) -> i64 {
    number(database, "SELECT count(*) FROM leaf")
}

/// Names of the files in a directory, in order.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Commands that write, each with the code of a refusal, and nothing written.
fn refuses_to_write(bench: &Bench, words: &str) -> Vec<Said> {
    let before = leaves(&bench.database());
    let refused: Vec<Said> = [
        &["watch", "add", "cadt", "op_refused"][..],
        &["collect"],
        &["checkpoint"],
        &["init"],
    ]
    .into_iter()
    .map(|arguments| {
        let said = bench.run(arguments);
        assert_eq!((said.code, &*said.out), (3, ""), "{arguments:?}: {said:?}");
        assert!(said.err.contains(words), "{arguments:?}: {said:?}");
        said
    })
    .collect();
    assert_eq!(leaves(&bench.database()), before);
    refused
}
