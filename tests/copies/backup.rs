//! `optrail backup`.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use optrail::evidence::leaf::{Watch, WatchChange};
use optrail::model::UtcMillis;
use optrail::record::Recorder;
use rusqlite::Connection;
use serde_json::Value;

use crate::bench::Bench;
use crate::{assert_no_drafts, assert_plain_file, mode};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_backup_holds_the_same_evidence_and_is_a_database_again() {
    let bench = Bench::with_story();
    let (copy, name) = (bench.path("copy.db"), "copy.db");
    let said = json(&bench.out(&["backup", name, "--format", "json"]));
    let live = json(&bench.out(&["verify", "--format", "json"]));
    assert_eq!(
        (&said["file"], &said["agrees"]),
        (&name.into(), &true.into())
    );
    for key in [
        "evidence_size",
        "evidence_root",
        "bodies_checked",
        "rows_compared",
        "limits",
    ] {
        assert_eq!(said[key], live[key], "{key}");
    }
    assert_eq!(mode(&copy), 0o600);
    assert_plain_file(&copy);
    let of_copy = bench.out(&["--db", name, "verify", "--format", "json"]);
    assert_eq!(json(&of_copy), live);
    // It takes the place of the other.
    bench.out(&["--db", name, "watch", "add", "cadt", "op_after_restore"]);
    let said = bench.out(&["--db", name, "verify"]);
    assert!(said.starts_with("all agrees: 25 leaves"), "{said}");
}

#[test]
fn the_answer_for_people_ends_with_size_and_root() {
    let bench = Bench::with_story();
    let root = json(&bench.out(&["verify", "--format", "json"]))["evidence_root"].clone();
    let said = bench.out(&["backup", "copy.db"]);
    assert!(
        said.starts_with("copy.db is written\nall agrees: "),
        "{said}"
    );
    let last = format!(
        "evidence of 24 leaves with root {}, compared with no external copy\n",
        root.as_str().unwrap()
    );
    assert!(said.ends_with(&last), "{said}");
}

#[test]
fn no_file_is_ever_replaced_and_a_failure_leaves_nothing() {
    let bench = Bench::with_story();
    let before = fs::read(bench.database()).unwrap();
    fs::write(bench.path("taken"), "mine").unwrap();
    std::os::unix::fs::symlink("nowhere", bench.path("link")).unwrap();
    for name in ["taken", "link", "optrail.db"] {
        for command in ["backup", "snapshot"] {
            let said = bench.complaint(1, &[command, name]);
            assert!(said.contains("never replaced"), "{said}");
        }
    }
    assert_eq!(fs::read(bench.path("taken")).unwrap(), b"mine");
    assert_eq!(fs::read(bench.database()).unwrap(), before);
    let said = bench.complaint(1, &["backup", "no/such/directory/copy.db"]);
    assert!(said.contains("no/such/directory/copy.db"), "{said}");
    bench.complaint(1, &["--db", "missing.db", "backup", "copy.db"]);
    assert!(!bench.path("copy.db").exists());
    assert_no_drafts(&bench.path(""));
}

#[test]
fn backups_of_a_database_that_is_written_all_agree() {
    let bench = Bench::with_story();
    let recorder = Recorder::open(&bench.database()).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut added = 0_u32;
            while !done.load(Ordering::Relaxed) {
                let watch = Watch {
                    service: Some(optrail::model::Service::Bpstudio),
                    label: Some("default".to_owned()),
                    operation: Some(format!("op_{added}")),
                    ..Watch::new(
                        0,
                        WatchChange::Add,
                        "ann".to_owned(),
                        UtcMillis(1_769_900_000_000),
                    )
                };
                recorder.add_watch(watch).unwrap();
                added += 1;
            }
            added
        });
        let mut sizes = Vec::new();
        for number in 0..5 {
            let name = format!("copy-{number}.db");
            let said = json(&bench.out(&["backup", &name, "--format", "json"]));
            assert_eq!(said["agrees"], true);
            sizes.push(said["evidence_size"].as_i64().unwrap());
        }
        done.store(true, Ordering::Relaxed);
        assert!(writing.join().unwrap() > 0);
        assert!(sizes.is_sorted() && sizes[0] < sizes[4], "{sizes:?}");
    });
    bench.verifies();
}

#[test]
fn a_database_that_differs_is_no_good_backup() {
    let bench = Bench::with_story();
    Connection::open(bench.database())
        .unwrap()
        .execute(
            "UPDATE operation_version SET status = 'FAILED' WHERE op = 1 AND version = 2",
            [],
        )
        .unwrap();
    let said = bench.run(&["backup", "copy.db"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.out
            .starts_with("copy.db.differs is written, and is no good backup\n"),
        "{said:?}"
    );
    assert!(
        said.out.contains("operation_version op=1, version=2"),
        "{said:?}"
    );
    assert!(said.err.contains("the database differs"), "{said:?}");
    assert!(!bench.path("copy.db").exists());
    assert_plain_file(&bench.path("copy.db.differs"));
    let again = bench.complaint(3, &["backup", "copy.db"]);
    assert!(again.contains("never replaced"), "{again}");
}

#[test]
fn a_database_that_cannot_be_read_is_told_as_damaged() {
    let bench = Bench::with_story();
    drop(Recorder::open(&bench.database()).unwrap());
    let connection = Connection::open(bench.database()).unwrap();
    let page: i64 = connection
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'exchange'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(connection);
    let mut bytes = fs::read(bench.database()).unwrap();
    let at = usize::try_from((page - 1) * 4096).unwrap();
    bytes[at..at + 4096].fill(0xa5);
    fs::write(bench.database(), bytes).unwrap();
    let said = bench.complaint(3, &["backup", "copy.db"]);
    assert!(
        said.contains("the database is damaged: nothing was kept"),
        "{said}"
    );
    assert!(!bench.path("copy.db").exists());
    assert_no_drafts(&bench.path(""));
}

#[test]
fn what_cannot_be_verified_is_not_copied() {
    let bench = Bench::with_story();
    let set = |sql: &str| {
        Connection::open(bench.database())
            .unwrap()
            .execute_batch(sql)
            .unwrap()
    };
    set("UPDATE derivation SET derive_version = 1");
    for command in ["backup", "snapshot"] {
        let said = bench.complaint(1, &[command, "copy.db"]);
        assert!(said.contains("run `optrail rebuild`"), "{said}");
    }
    for version in ["2", "99"] {
        set(&format!("PRAGMA user_version = {version}"));
        for command in [
            &["backup", "copy.db"][..],
            &["snapshot", "copy.db"],
            &["verify"],
        ] {
            let said = bench.complaint(1, command);
            assert!(said.contains(&format!("has schema {version}")), "{said}");
        }
    }
    assert!(!bench.path("copy.db").exists());
    assert_no_drafts(&bench.path(""));
}
