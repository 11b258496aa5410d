//! Who may make, open and write which file.
#![allow(clippy::unwrap_used)]

use rustix::fs::{CWD, Mode, mkfifoat};

use super::*;

#[test]
fn a_missing_file_is_not_made_by_accident() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("no.db");
    assert!(matches!(for_writing(&path), Err(StoreError::Missing(_))));
    assert!(matches!(read_only(&path), Err(StoreError::Missing(_))));
    assert!(!path.exists());
}

#[test]
fn a_new_database_is_for_its_owner_only_and_opens_again() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("sub/optrail.db");
    drop(create(&path).unwrap());
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let directory = path.parent().unwrap();
    assert_eq!(
        std::fs::metadata(directory).unwrap().permissions().mode() & 0o777,
        0o700
    );
    drop(create(&path).unwrap());
    let reader = read_only(&path).unwrap();
    let through: i64 = reader
        .query_row("SELECT derived_through FROM derivation", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(through, -1);
}

#[test]
fn many_may_make_it_at_once() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    let makers: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || create(&path).map(drop))
        })
        .collect();
    for maker in makers {
        maker.join().unwrap().unwrap();
    }
    let left: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_empty_file_whose_maker_died_is_made_whole() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "application_id", APPLICATION_ID)
        .unwrap();
    assert!(matches!(read_only(&path), Err(StoreError::Unfinished(_))));
    assert!(matches!(for_writing(&path), Err(StoreError::Unfinished(_))));
    drop(create(&path).unwrap());
    read_only(&path).unwrap();
}

#[test]
fn an_empty_file_is_made_a_database_on_purpose_only() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    std::fs::write(&path, "").unwrap();
    assert!(matches!(for_writing(&path), Err(StoreError::Unfinished(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    assert_eq!(create(&path).unwrap().migrated, None);
    drop(for_writing(&path).unwrap());
}

#[test]
fn nothing_is_written_through_a_link() {
    let home = tempfile::tempdir().unwrap();
    let (real, link) = (home.path().join("real.db"), home.path().join("link.db"));
    std::os::unix::fs::symlink(&real, &link).unwrap();
    for refused in [create(&link), for_writing(&link)] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("symbolic link"), "{error}");
    }
    assert!(!real.exists());
    drop(create(&real).unwrap());
    read_only(&link).unwrap();
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("pipe");
    mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
    let socket = home.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for (path, said) in [
        (pipe.as_path(), "a pipe"),
        (&socket, "a socket"),
        (Path::new("/dev/null"), "a device"),
        (home.path(), "a directory"),
    ] {
        for refused in [
            read_only(path),
            untrusted(path),
            for_writing(path).map(|opened| opened.connection),
        ] {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}

#[test]
fn foreign_files_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let text = home.path().join("text.db");
    std::fs::write(
        &text,
        "not a database, but long enough to look at".repeat(40),
    )
    .unwrap();
    assert!(matches!(create(&text), Err(StoreError::Foreign(_))));
    let other = home.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    assert!(matches!(create(&other), Err(StoreError::Foreign(_))));
}

#[test]
fn fault_24_evidence_can_be_neither_changed_nor_removed() {
    let home = tempfile::tempdir().unwrap();
    let connection = create(&home.path().join("optrail.db")).unwrap().connection;
    connection
        .execute(
            "INSERT INTO leaf (sequence, record, hash) VALUES (0, '{}', zeroblob(32))",
            [],
        )
        .unwrap();
    for statement in [
        "UPDATE leaf SET record = 'x'",
        "DELETE FROM leaf",
        "REPLACE INTO leaf (sequence, record, hash) VALUES (0, 'x', zeroblob(32))",
        "DROP TRIGGER leaf_is_append_only_update",
        "DROP TABLE leaf",
        "ALTER TABLE leaf RENAME TO other",
        "ATTACH ':memory:' AS other",
    ] {
        assert!(connection.execute_batch(statement).is_err(), "{statement}");
    }
    let record: String = connection
        .query_row("SELECT record FROM leaf", [], |row| row.get(0))
        .unwrap();
    assert_eq!(record, "{}");
}

#[test]
fn what_a_dead_process_left_half_done_is_undone_for_readers_too() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    drop(create(&path).unwrap());
    // A transaction in rollback mode, copied before its end: with a journal that must be rolled back.
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN IMMEDIATE;
             UPDATE derivation SET derived_through = 7;
             CREATE TABLE filler (a);
             INSERT INTO filler
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             SELECT randomblob(4000) FROM n;",
        )
        .unwrap();
    for kind in ["db", "db-journal"] {
        let half = home.path().join(format!("half.{kind}"));
        let status = std::process::Command::new("cp")
            .args([home.path().join(format!("optrail.{kind}")), half])
            .status();
        assert!(status.unwrap().success());
    }
    let reader = read_only_of_any_age(&home.path().join("half.db")).unwrap();
    let through: i64 = reader
        .query_row("SELECT derived_through FROM derivation", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(through, -1);
}
