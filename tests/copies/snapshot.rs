//! `optrail snapshot`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::bench::Bench;
use crate::story::ROS;
use crate::{assert_plain_file, mode, names};

/// The user as whom somebody else reads, where the tests run as root.
const NOBODY: u32 = 65_534;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn another_user_reads_it_from_a_directory_that_nobody_writes() {
    let bench = Bench::with_story();
    let shared = bench.path("shared");
    fs::create_dir(&shared).unwrap();
    // Where the other user reaches it.
    let program = bench.path("optrail");
    fs::copy(env!("CARGO_BIN_EXE_optrail"), &program).unwrap();
    let file = shared.join("snapshot.db");
    let name = file.to_str().unwrap();
    let said = bench.out(&["snapshot", name, "--mode", "0644"]);
    assert!(
        said.ends_with("snapshot.db is a snapshot, mode 0644\n"),
        "{said}"
    );
    assert_plain_file(&file);
    set_mode(&bench.path(""), 0o755);
    set_mode(&shared, 0o555);

    let is_root =
        fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    for arguments in [
        &["status"][..],
        &["export", "operations"],
        &["sql", "SELECT count(*) FROM results"],
        &["show", ROS],
        &["watch", "list"],
        &["verify"],
    ] {
        let mut command = Command::new(&program);
        command
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("OPTRAIL_DB", name)
            .current_dir("/")
            .args(arguments);
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert!(
            !output.stdout.is_empty() && output.stderr.is_empty(),
            "{arguments:?}: {output:?}"
        );
    }
    assert_eq!(names(&shared), ["snapshot.db"]);
    set_mode(&shared, 0o755);
}

#[test]
fn no_command_writes_to_it() {
    let bench = Bench::with_story();
    bench.out(&["snapshot", "s.db"]);
    let (before, there) = (
        fs::read(bench.path("s.db")).unwrap(),
        names(&bench.path("")),
    );
    for arguments in [
        &["collect"][..],
        &["watch", "add", "cadt", "op_new"],
        &["watch", "remove", ROS, "--reason", "over"],
        &["rebuild"],
        &["stop", ROS, "--reason", "test", "--yes"],
        &["backup", "copy.db"],
    ] {
        let said = bench.complaint(1, &[&["--db", "s.db"], arguments].concat());
        assert!(
            said.contains("s.db is a snapshot, which is only read"),
            "{arguments:?}: {said}"
        );
    }
    assert_eq!(fs::read(bench.path("s.db")).unwrap(), before);
    assert_eq!(names(&bench.path("")), there);
    // A copy of it with less in it is none the less one.
    bench.out(&["--db", "s.db", "snapshot", "less.db", "--without-bodies"]);
    bench.complaint(1, &["--db", "less.db", "rebuild"]);
}

/// Templates as they are stored.
fn templates(file: &Path) -> Vec<Vec<u8>> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = connection
        .prepare("SELECT data FROM body_template")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn of_bodies_that_are_left_out_no_byte_is_left() {
    let bench = Bench::with_story();
    bench.out(&["snapshot", "with.db"]);
    let said = bench.out(&["snapshot", "without.db", "--without-bodies"]);
    assert_eq!(said, "without.db is a snapshot without bodies, mode 0640\n");
    assert_plain_file(&bench.path("without.db"));
    let (with, without) = (
        fs::read(bench.path("with.db")).unwrap(),
        fs::read(bench.path("without.db")).unwrap(),
    );
    let stored = templates(&bench.path("with.db"));
    assert!(stored.len() > 5);
    for data in &stored {
        // A longer one stands on several pages.
        let part = &data[..data.len().min(1_000)];
        assert!(holds(&with, part));
        assert!(
            !holds(&without, part),
            "{:?}",
            String::from_utf8_lossy(part)
        );
    }
    assert_eq!(templates(&bench.path("without.db")).len(), 0);

    // Every view reads as before.
    let views = bench.out(&[
        "--db",
        "with.db",
        "sql",
        "--format",
        "csv",
        "SELECT name FROM sqlite_schema WHERE type = 'view'",
    ]);
    assert!(views.lines().count() > 25);
    for view in views.lines().skip(1) {
        let sql = format!("SELECT * FROM {view}");
        let read = |file: &str| bench.out(&["--db", file, "sql", "--format", "csv", &sql]);
        assert_eq!(read("with.db"), read("without.db"), "{view}");
    }
}

#[test]
fn verify_says_that_bodies_were_left_out_and_checks_the_rest() {
    let bench = Bench::with_story();
    let whole: Value = serde_json::from_str(&bench.out(&["verify", "--format", "json"])).unwrap();
    bench.out(&["snapshot", "s.db", "--without-bodies"]);
    let said = bench.out(&["--db", "s.db", "verify"]);
    assert!(
        said.starts_with("all agrees: 24 leaves\nbodies were left out of this snapshot"),
        "{said}"
    );
    let said = bench.out(&["--db", "s.db", "verify", "--format", "json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["bodies_left_out"], &whole["bodies_left_out"]),
        (&true.into(), &false.into())
    );
    assert_eq!(said["evidence_root"], whole["evidence_root"]);
    assert_eq!(
        (&said["bodies_checked"], &said["rows_compared"]),
        (&0.into(), &0.into())
    );

    // A changed leaf is found still.
    let copy = bench.path("changed.db");
    fs::copy(bench.path("s.db"), &copy).unwrap();
    Connection::open(&copy)
        .unwrap()
        .execute_batch("DROP TRIGGER leaf_is_append_only_update; UPDATE leaf SET record = replace(record, 'ann', 'bob')")
        .unwrap();
    let said = bench.run(&["--db", "changed.db", "verify"]);
    assert_eq!(said.code, 3);
    assert!(said.out.contains("hash is not that of record"), "{said:?}");
}

#[test]
fn bodies_are_missing_where_nobody_left_them_out() {
    let bench = Bench::with_story();
    bench.out(&["snapshot", "none.db", "--without-bodies"]);
    bench.out(&["snapshot", "some.db"]);
    let change = |file: &str, sql: &str| {
        let connection = Connection::open(bench.path(file)).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    // The same emptiness in a file that is not marked.
    change(
        "none.db",
        &format!("PRAGMA application_id = {}", 0x6f70_7472),
    );
    // One body alone, in a file that is.
    let trigger: String = Connection::open(bench.path("some.db"))
        .unwrap()
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE name = 'body_template_is_append_only_delete'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    change(
        "some.db",
        &format!(
            "PRAGMA foreign_keys = OFF; DROP TRIGGER body_template_is_append_only_delete;
             DELETE FROM body_template WHERE template_id = 2; {trigger}"
        ),
    );
    for file in ["none.db", "some.db"] {
        let said = bench.run(&["--db", file, "verify"]);
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.out.contains("body_template 2 is missing"), "{said:?}");
    }
}

#[test]
fn rights_are_as_asked_whatever_the_umask() {
    let bench = Bench::with_story();
    for (umask, asked) in [("077", "0644"), ("000", "0600"), ("022", "0440")] {
        let script = format!("umask {umask}; exec \"$0\" snapshot {asked}.db --mode {asked}");
        let done = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_optrail")])
            .env("OPTRAIL_DB", bench.database())
            .env("HOME", bench.path(""))
            .env("XDG_STATE_HOME", bench.path("state"))
            .env("XDG_CONFIG_HOME", bench.path("config"))
            .current_dir(bench.path(""))
            .status();
        assert!(done.unwrap().success());
        let file = bench.path(&format!("{asked}.db"));
        assert_eq!(format!("{:04o}", mode(&file)), asked);
    }
    for wrong in ["0660", "0646", "0755", "0200", "rw-r-----"] {
        let said = bench.complaint(2, &["snapshot", "s.db", "--mode", wrong]);
        assert!(said.contains("--mode"), "{said}");
    }
    assert!(!bench.path("s.db").exists());
}
