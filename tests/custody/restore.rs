//! `optrail restore`.

use std::fs;

use optrail::collect::Lock;
use optrail::config::lock_path;
use rusqlite::Connection;

use crate::bench::Bench;
use crate::{add, add_sealed, beside, leaves, names, number, sealed, state};

/// Files of the bench that a restore has moved aside.
fn replaced(bench: &Bench) -> Vec<String> {
    let mut names = names(&bench.path(""));
    names.retain(|name| name.starts_with("optrail.db.replaced-"));
    names
}

/// Everything that a refused restore must leave as it is.
fn untouched(bench: &Bench, arguments: &[&str], code: i32, words: &str) {
    let files = |bench: &Bench| {
        let mut names = names(&bench.path(""));
        names.retain(|name| {
            !name.ends_with(".lock") && !name.ends_with("-shm") && !name.ends_with("-wal")
        });
        names
    };
    let before = (
        files(bench),
        leaves(&bench.database()),
        fs::read(state(bench).join("checkpoint")).unwrap(),
    );
    let said = bench.run(arguments);
    assert_eq!(said.code, code, "{arguments:?}: {said:?}");
    assert!(said.err.contains(words), "{arguments:?}: {said:?}");
    let after = (
        files(bench),
        leaves(&bench.database()),
        fs::read(state(bench).join("checkpoint")).unwrap(),
    );
    assert_eq!(before, after);
}

#[test]
fn one_that_goes_on_from_its_checkpoint_keeps_its_key() {
    let bench = sealed();
    bench.out(&["backup", "copy.db"]);
    let key = bench.out(&["checkpoint", "--public-key"]);
    // A leaf that was not sealed yet.
    add(&bench, "op_2");
    untouched(
        &bench,
        &["restore", "copy.db", "--reason", "x"],
        1,
        "--replace moves it aside",
    );
    let held = leaves(&bench.path("copy.db"));
    let said = bench.out(&["restore", "copy.db", "--replace", "--reason", "disk died"]);
    assert!(
        said.contains(&format!("holds {held} leaves of evidence, from copy.db")),
        "{said}"
    );
    assert!(
        said.contains("the last 1 leaves that it held are not in this one"),
        "{said}"
    );
    assert!(
        said.contains("it goes on from its newest checkpoint"),
        "{said}"
    );
    assert_eq!(bench.out(&["checkpoint", "--public-key"]), key);
    bench.verifies();
    let aside = replaced(&bench);
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(leaves(&bench.path(&aside[0])), held + 1);
    let row = bench.out(&["sql", "SELECT restore_id, reason FROM restores"]);
    assert!(row.contains(&format!("{held},disk died")), "{row}");
    assert_eq!(
        number(&bench.database(), "SELECT max(size) FROM checkpoint"),
        held + 1
    );
    // What --adopt would allow is not needed.
    bench.out(&["backup", "second.db"]);
    let said = bench.out(&[
        "restore",
        "second.db",
        "--replace",
        "--adopt",
        "--reason",
        "x",
    ]);
    assert!(said.contains("it goes on"), "{said}");
    assert_eq!(bench.out(&["checkpoint", "--public-key"]), key);
}

#[test]
fn fault_19_an_older_one_is_adopted_only_if_that_is_said() {
    let bench = sealed();
    bench.out(&["backup", "copy.db"]);
    let note = bench.path("held-note");
    let old_key = bench.out(&["checkpoint", "--public-key"]);
    add_sealed(&bench, "op_2");
    fs::write(&note, bench.out(&["checkpoint"])).unwrap();
    let restore = ["restore", "copy.db", "--replace", "--reason", "disk died"];
    untouched(&bench, &restore, 3, "copy.db is older than its checkpoint");
    untouched(&bench, &restore, 3, "With --adopt");
    let said = bench.out(&[&restore[..], &["--adopt"]].concat());
    assert!(
        said.contains("1 leaves that the newest known checkpoint covers are lost"),
        "{said}"
    );
    let new_key = said
        .lines()
        .find_map(|line| line.strip_prefix("public key "))
        .unwrap();
    assert_ne!(old_key.trim(), new_key);
    assert_eq!(bench.out(&["checkpoint", "--public-key"]).trim(), new_key);
    bench.verifies();
    let said = bench.out(&["verify"]);
    assert!(
        said.contains("taken up again after a restore: 1 times"),
        "{said}"
    );
    // A run after it, and who holds the lost checkpoint sees what is lost.
    bench.run(&["collect"]);
    bench.verifies();
    let said = bench.run(&[
        "verify",
        "--checkpoint",
        "held-note",
        "--key",
        old_key.trim(),
    ]);
    assert_eq!(said.code, 3, "{said:?}");
    let former = names(&state(&bench).join("former"));
    assert_eq!(former.len(), 2, "{former:?}");
}

#[test]
fn a_lost_state_directory_is_adopted() {
    let bench = sealed();
    bench.out(&["backup", "copy.db"]);
    fs::remove_dir_all(bench.path("state")).unwrap();
    let said = bench.complaint(3, &["restore", "copy.db", "--replace", "--reason", "x"]);
    assert!(said.contains("holds no checkpoint of it"), "{said}");
    let said = bench.out(&["restore", "--adopt", "--reason", "new machine"]);
    assert!(said.contains("public key "), "{said}");
    add_sealed(&bench, "op_2");
    bench.verifies();
    // Now there is nothing to adopt any more.
    let said = bench.complaint(2, &["restore", "--adopt", "--reason", "x"]);
    assert!(said.contains("there is nothing to adopt"), "{said}");
}

#[test]
fn what_is_no_good_backup_is_refused_and_nothing_is_changed() {
    let bench = sealed();
    add_sealed(&bench, "op_2");
    bench.out(&["backup", "copy.db"]);
    bench.out(&["snapshot", "snapshot.db"]);
    let restore = |file| ["restore", file, "--replace", "--reason", "x"];
    untouched(&bench, &restore("snapshot.db"), 1, "is a snapshot");
    untouched(&bench, &restore("nothing.db"), 1, "no backup at nothing.db");
    untouched(&bench, &restore("optrail.db"), 2, "is the database itself");
    fs::write(bench.path("text.db"), "no database ".repeat(100)).unwrap();
    untouched(&bench, &restore("text.db"), 1, "not an optrail database");
    let copy = Connection::open(bench.path("copy.db")).unwrap();
    copy.execute_batch("DROP TRIGGER leaf_is_append_only_update; UPDATE leaf SET record = record || ' ' WHERE sequence = 2")
        .unwrap();
    drop(copy);
    untouched(
        &bench,
        &restore("copy.db"),
        3,
        "differs from what its evidence says",
    );
    let adopt = [&restore("copy.db")[..], &["--adopt"]].concat();
    untouched(&bench, &adopt, 3, "nothing was changed");
    bench.verifies();
}

#[test]
fn evidence_that_differs_from_itself_is_not_adopted_and_rows_are_derived_anew() {
    let bench = sealed();
    fs::remove_dir_all(bench.path("state")).unwrap();
    let adopt = ["restore", "--adopt", "--reason", "state lost"];
    let change = |sql: &str| {
        Connection::open(bench.database())
            .unwrap()
            .execute_batch(sql)
            .unwrap()
    };
    change(
        "DROP TRIGGER leaf_is_append_only_update; UPDATE leaf SET record = record || ' ' WHERE sequence = 1",
    );
    let said = bench.run(&adopt);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.out.contains("leaf sequence=1"), "{said:?}");
    change(
        "UPDATE leaf SET record = rtrim(record) WHERE sequence = 1;
        CREATE TRIGGER leaf_is_append_only_update BEFORE UPDATE ON leaf
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END",
    );
    let said = bench.run(&["verify"]);
    assert_eq!(said.code, 0, "{said:?}");
    change("UPDATE watch SET label = 'other'");
    let said = bench.run(&adopt);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("derived anew"), "{said:?}");
    bench.verifies();
}

#[test]
fn neither_a_collector_nor_a_process_that_uses_it_loses_its_database() {
    let bench = sealed();
    bench.out(&["backup", "copy.db"]);
    let restore = ["restore", "copy.db", "--replace", "--reason", "x"];
    let lock = Lock::exclusive(&lock_path(&bench.database())).unwrap();
    let said = bench.complaint(5, &restore);
    assert!(said.contains("optrail.db.lock; try again when"), "{said}");
    drop(lock);
    let reader = Connection::open(bench.database()).unwrap();
    let _: i64 = reader
        .query_row("SELECT count(*) FROM leaf", [], |row| row.get(0))
        .unwrap();
    untouched(&bench, &restore, 1, "is in use by another process");
    drop(reader);
    bench.out(&restore);
    bench.verifies();
}

#[test]
fn the_log_of_a_database_that_died_goes_aside_with_it() {
    let bench = sealed();
    bench.out(&["backup", "copy.db"]);
    let reader = Connection::open(bench.database()).unwrap();
    let _: i64 = reader
        .query_row("SELECT count(*) FROM leaf", [], |row| row.get(0))
        .unwrap();
    add(&bench, "op_2");
    let (dead, log) = (bench.path("dead.db"), beside(&bench.database(), "-wal"));
    let held = leaves(&bench.database());
    for part in ["", "-wal", "-shm"] {
        fs::copy(beside(&bench.database(), part), beside(&dead, part)).unwrap();
    }
    drop(reader);
    for part in ["", "-wal", "-shm"] {
        fs::rename(beside(&dead, part), beside(&bench.database(), part)).unwrap();
    }
    assert!(fs::metadata(&log).unwrap().len() > 0);
    bench.out(&["restore", "copy.db", "--replace", "--reason", "x"]);
    bench.verifies();
    let aside = replaced(&bench);
    assert_eq!(leaves(&bench.path(&aside[0])), held, "{aside:?}");
}

#[test]
fn a_restored_log_without_its_key_is_said_to_be_unsealed() {
    let bench = sealed();
    bench.out(&["backup", "copy.db"]);
    fs::remove_file(state(&bench).join("key")).unwrap();
    let restore = ["restore", "copy.db", "--replace", "--reason", "disk died"];
    let said = bench.run(&restore);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("it is not there"), "{said:?}");
    // The time in the name of what was there has seconds.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    bench.out(&["restore", "--adopt", "--reason", "key lost"]);
    bench.verifies();
}

#[test]
fn what_cannot_be_meant_is_a_mistake() {
    let bench = Bench::new();
    for arguments in [
        &["restore", "--reason", "x"][..],
        &["restore", "copy.db"],
        &["restore", "--adopt"],
        &["restore", "--adopt", "--replace", "--reason", "x"],
        &["restore", "copy.db", "--reason", " "],
    ] {
        assert_eq!(bench.run(arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(names(&bench.path("")), Vec::<String>::new());
}
