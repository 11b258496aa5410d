//! Faults 18 to 20: the database, or a part of it, is not the one that was there.

use std::fs;
use std::time::Duration;

use rusqlite::Connection;

use crate::bench::Bench;
use crate::world::{Ended, World, running, wait_until};
use crate::{add_sealed, beside, copy_database, leaves, number, refuses_to_write, sealed, state};

#[test]
fn fault_18_a_log_that_was_removed_after_committed_leaves_is_missed() {
    let bench = sealed();
    // Somebody reads all the time, so that the log is not taken into the database.
    let reader = Connection::open(bench.database()).unwrap();
    let count: i64 = reader
        .query_row("SELECT count(*) FROM leaf", [], |row| row.get(0))
        .unwrap();
    add_sealed(&bench, "op_2");
    let kept = bench.path("kept.db");
    fs::copy(bench.database(), &kept).unwrap();
    drop(reader);
    // As a copy without its log is.
    fs::copy(&kept, bench.database()).unwrap();
    for part in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(&bench.database(), part));
    }
    assert_eq!(leaves(&bench.database()), count);
    refuses_to_write(&bench, "is older than its checkpoint");
    assert_eq!(bench.run(&["status"]).code, 3);
    assert_eq!(bench.run(&["verify"]).code, 3);
}

#[test]
fn fault_18_a_log_without_its_database_is_not_given_to_a_new_one() {
    let bench = sealed();
    fs::remove_dir_all(bench.path("state")).unwrap();
    let reader = Connection::open(bench.database()).unwrap();
    let _: i64 = reader
        .query_row("SELECT count(*) FROM leaf", [], |row| row.get(0))
        .unwrap();
    let log = fs::read(beside(&bench.database(), "-wal")).unwrap_or_default();
    drop(reader);
    fs::remove_file(bench.database()).unwrap();
    fs::write(beside(&bench.database(), "-wal"), &log).unwrap();
    let said = bench.complaint(1, &["watch", "add", "cadt", "op_2"]);
    assert!(said.contains("-wal"), "{said}");
    assert!(!bench.database().exists());
}

#[test]
fn fault_19_an_older_copy_is_refused_with_its_sizes() {
    let bench = sealed();
    bench.out(&["backup", "older.db"]);
    add_sealed(&bench, "op_2");
    add_sealed(&bench, "op_3");
    let signed = leaves(&bench.database());
    copy_database(&bench.path("older.db"), &bench.database());
    let refused = refuses_to_write(&bench, "is older than its checkpoint");
    let (held, said) = (leaves(&bench.database()), &refused[0].err);
    assert!(said.contains(&format!("holds {held} leaves")), "{said}");
    assert!(said.contains(&format!("covers {signed}")), "{said}");
    let said = bench.out(&["restore", "--adopt", "--reason", "the newer one is lost"]);
    assert!(said.contains("2 leaves that"), "{said}");
    add_sealed(&bench, "op_4");
    bench.verifies();
    let row = bench.out(&[
        "sql",
        "SELECT restore_id, known_size, reason, os_user FROM restores",
    ]);
    assert!(
        row.contains(&format!("{held},{signed},the newer one is lost,ann")),
        "{row}"
    );
}

#[test]
fn fault_19_an_older_copy_ends_runs_that_follow_one_another() {
    let world = World::for_program(19);
    world.add_ros(running(&world, 1));
    world.run(&["collect"]).expect(0);
    let older = world.database().with_file_name("older.db");
    world
        .run(&["backup", &older.display().to_string()])
        .expect(0);
    let ended_runs = || {
        let ended = "SELECT count(*) FROM collection_runs WHERE ended_at IS NOT NULL";
        number(&world.database(), ended)
    };
    let follow = world.start(&["collect", "--follow", "--every", "3s"]);
    wait_until("its first run ends", || ended_runs() == 2);
    // Sealed too, and nothing else has the file open.
    std::thread::sleep(Duration::from_millis(1_000));
    copy_database(&older, &world.database());
    let held = leaves(&world.database());
    let ended = Ended::of(follow.wait_with_output().unwrap()).expect(3);
    let words = "is older than its checkpoint";
    assert_eq!(ended.stderr.matches(words).count(), 1, "{}", ended.stderr);
    assert_eq!((ended_runs(), leaves(&world.database())), (1, held));
}

#[test]
fn fault_20_a_file_of_another_log_is_refused() {
    let (bench, other) = (sealed(), sealed());
    copy_database(&other.database(), &bench.database());
    refuses_to_write(&bench, "which was kept there before");
    for reader in READERS {
        assert_eq!(bench.run(reader).code, 3, "{reader:?}");
    }
    // Neither does restoring pretend that it was meant.
    copy_database(&other.database(), &bench.path("other.db"));
    let arguments = [
        "restore",
        "other.db",
        "--replace",
        "--adopt",
        "--reason",
        "x",
    ];
    let said = bench.complaint(3, &arguments);
    assert!(said.contains("which was kept there before"), "{said}");
}

const READERS: [&[&str]; 4] = [
    &["status"],
    &["sql", "SELECT 1"],
    &["export", "operations"],
    &["prove", "--runs", "1..1", "-o", "bundle.tar"],
];

const WRITERS: [&[&str]; 3] = [&["watch", "add", "cadt", "op_2"], &["collect"], &["init"]];

#[test]
fn fault_20_what_is_no_database_becomes_no_new_log() {
    let garbage = b"this is no database, and long enough to be looked at ".repeat(40);
    for content in [&b""[..], &garbage] {
        let bench = sealed();
        fs::write(bench.database(), content).unwrap();
        for writer in WRITERS.into_iter().chain([&["status"][..]]) {
            let said = bench.run(writer);
            assert_eq!((said.code, &*said.out), (3, ""), "{writer:?}: {said:?}");
        }
        // What cannot be read cannot be verified, and it was sealed.
        assert_eq!(bench.run(&["verify"]).code, 3);
        assert_eq!(fs::read(bench.database()).unwrap(), content);
    }
}

#[test]
fn an_empty_file_where_no_log_was_is_finished_by_init_alone() {
    let bench = Bench::new();
    fs::write(bench.database(), "").unwrap();
    for refused in [&["watch", "add", "cadt", "op_1"][..], &["collect"]] {
        assert_eq!(bench.run(refused).code, 1, "{refused:?}");
    }
    bench.out(&["init"]);
    bench.verifies();
}

#[test]
fn fault_20_a_database_that_is_gone_is_missed_and_not_begun_anew() {
    let bench = sealed();
    bench.out(&["backup", "copy.db"]);
    let key = bench.out(&["checkpoint", "--public-key"]);
    fs::remove_file(bench.database()).unwrap();
    for command in WRITERS.into_iter().chain(READERS).chain([
        &["checkpoint"][..],
        &["restore", "--adopt", "--reason", "x"],
    ]) {
        let said = bench.run(command);
        assert_eq!((said.code, &*said.out), (3, ""), "{command:?}: {said:?}");
        assert!(said.err.contains("there is no evidence at"), "{said:?}");
    }
    assert!(!bench.database().exists());
    let said = bench.out(&["restore", "copy.db", "--reason", "removed by mistake"]);
    assert!(
        said.contains("it goes on from its newest checkpoint"),
        "{said}"
    );
    assert_eq!(bench.out(&["checkpoint", "--public-key"]), key);
    bench.verifies();
}

#[test]
fn a_new_log_is_made_where_one_was_when_that_was_meant() {
    let bench = sealed();
    fs::remove_file(bench.database()).unwrap();
    fs::rename(state(&bench), bench.path("state-of-the-old-one")).unwrap();
    add_sealed(&bench, "op_new");
    bench.verifies();
}

#[test]
fn a_state_that_was_renamed_where_it_was_is_moved_away() {
    let bench = sealed();
    fs::remove_file(bench.database()).unwrap();
    let old = state(&bench);
    fs::rename(&old, old.with_extension("old")).unwrap();
    add_sealed(&bench, "op_new");
    bench.verifies();
}
