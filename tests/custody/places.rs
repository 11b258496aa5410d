//! Where database and state directory lie, and who may write there.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use crate::bench::Bench;
use crate::{add_sealed, copy_database, leaves, number, sealed, state};

#[test]
fn an_auditor_with_a_copy_and_no_state_reads() {
    let bench = sealed();
    let auditor = Bench::new();
    bench.out(&["backup", "copy.db"]);
    copy_database(&bench.path("copy.db"), &auditor.database());
    fs::set_permissions(auditor.database(), Permissions::from_mode(0o400)).unwrap();
    for reader in [
        &["status"][..],
        &["export", "operations"],
        &["verify"],
        &["watch", "list"],
        &["sql", "SELECT count(*) FROM signing_keys"],
    ] {
        auditor.out(reader);
    }
    assert!(!auditor.path("state").exists());
}

#[test]
fn a_database_is_the_same_by_every_name_of_its_directory() {
    let bench = sealed();
    symlink(bench.path(""), bench.path("link")).unwrap();
    let absolute = bench.database().display().to_string();
    for name in ["optrail.db", "./optrail.db", "link/optrail.db", &absolute] {
        bench.out(&["--db", name, "watch", "add", "cadt", "op_1"]);
        bench.out(&["--db", name, "checkpoint"]);
        bench.out(&["--db", name, "verify"]);
    }
    let line = fs::read_to_string(state(&bench).join("database")).unwrap();
    assert_eq!(
        line,
        format!("{}\n", bench.database().canonicalize().unwrap().display())
    );
    fs::remove_file(bench.database()).unwrap();
    for name in ["optrail.db", "./optrail.db", "link/optrail.db", &absolute] {
        let said = bench.run(&["--db", name, "watch", "add", "cadt", "op_1"]);
        assert_eq!(said.code, 3, "{name}: {said:?}");
    }
}

#[test]
fn a_database_that_was_moved_goes_on_and_leaves_its_old_place_free() {
    let bench = sealed();
    fs::create_dir(bench.path("new")).unwrap();
    fs::rename(bench.database(), bench.path("new/moved.db")).unwrap();
    // Until it is sealed in its new place, it is missed in the old one.
    let said = bench.run(&["watch", "add", "cadt", "op_2"]);
    assert_eq!(said.code, 3, "{said:?}");
    let moved = ["--db", "new/moved.db"];
    bench.out(&[&moved[..], &["watch", "add", "cadt", "op_2"]].concat());
    bench.out(&[&moved[..], &["checkpoint"]].concat());
    add_sealed(&bench, "op_other_log");
    bench.verifies();
    bench.out(&[&moved[..], &["verify"]].concat());
    assert_eq!(
        fs::read_dir(bench.path("state/optrail")).unwrap().count(),
        2
    );
}

/// The program as a user who owns nothing; `None` where the tests' user may not become another.
fn as_other_user(bench: &Bench, arguments: &[&str]) -> Option<(i32, String)> {
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(env!("CARGO_BIN_EXE_optrail"))
        .args(arguments)
        .env_clear()
        .env("HOME", bench.path(""))
        .env("XDG_CONFIG_HOME", bench.path("config"))
        .env("XDG_STATE_HOME", bench.path("state"))
        .env("USER", "nobody")
        .env("OPTRAIL_DB", bench.database())
        .current_dir("/")
        .output()
        .ok()?;
    let said = String::from_utf8(output.stderr).unwrap();
    match output.status.code() {
        // It, or the program below a directory of root's, could not be started.
        Some(126 | 127) => None,
        _ if said.starts_with("setpriv") => None,
        code => Some((code.unwrap(), said)),
    }
}

#[test]
fn a_state_directory_that_cannot_be_written_leaves_a_run_unsealed() {
    let bench = sealed();
    let size = leaves(&bench.database());
    // A file where the lock should be a file that can be opened: nobody may write a directory.
    fs::remove_file(state(&bench).join("lock")).unwrap();
    fs::create_dir(state(&bench).join("lock")).unwrap();
    bench.out(&["status"]);
    bench.out(&["verify"]);
    bench.out(&["watch", "add", "cadt", "op_2"]);
    let said = bench.run(&["collect", "--allow-partial"]);
    assert!(
        said.err.contains("not sealed by a checkpoint: cannot open"),
        "{said:?}"
    );
    assert!(leaves(&bench.database()) > size);
    assert_eq!(
        number(&bench.database(), "SELECT max(size) FROM checkpoint"),
        size
    );
    assert_eq!(
        number(
            &bench.database(),
            "SELECT count(*) FROM key_event WHERE change = 'unusable'"
        ),
        1
    );
    fs::remove_dir(state(&bench).join("lock")).unwrap();
    bench.out(&["checkpoint"]);
    bench.verifies();
}

#[test]
fn another_user_reads_what_he_may_and_writes_nothing() {
    let bench = sealed();
    for path in [bench.path(""), bench.database()] {
        let mode = if path.is_dir() { 0o777 } else { 0o666 };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let before = leaves(&bench.database());
    for part in ["-wal", "-shm", ".lock"] {
        let path = crate::beside(&bench.database(), part);
        if path.exists() {
            fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
        }
    }
    let Some((code, said)) = as_other_user(&bench, &["status"]) else {
        eprintln!("this user may not become another: only root sees more here");
        return;
    };
    assert_eq!(code, 0, "{said}");
    let written = as_other_user(&bench, &["watch", "add", "cadt", "op_2"]).unwrap();
    assert_eq!(written.0, 1, "{written:?}");
    assert!(written.1.contains("cannot read"), "{written:?}");
    assert_eq!(leaves(&bench.database()), before);
    bench.verifies();
}

/// Commands that want a database and make none.
const ASKERS: [&[&str]; 7] = [
    &["verify"],
    &["verify", "--quick"],
    &["rebuild"],
    &["backup", "copy.db"],
    &["snapshot", "copy.db"],
    &["sql", "SELECT 1"],
    &["collect", "--dry-run"],
];

#[test]
fn a_sealed_database_that_is_gone_or_is_none_is_bad_news_of_every_command() {
    let garbage = b"this is no database, and long enough to be looked at ".repeat(40);
    for content in [None, Some(&b""[..]), Some(&garbage)] {
        let (bench, never) = (sealed(), Bench::new());
        fs::remove_file(bench.database()).unwrap();
        if let Some(content) = content {
            fs::write(bench.database(), content).unwrap();
            fs::write(never.database(), content).unwrap();
        }
        for asker in ASKERS {
            let said = bench.complaint(3, asker);
            assert!(
                said.contains("there is no evidence at"),
                "{asker:?}: {said}"
            );
            // Where none was sealed, that is no news.
            never.complaint(1, asker);
        }
        assert!(!bench.path("copy.db").exists());
        assert_eq!(fs::read(bench.database()).ok().as_deref(), content);
    }
}

#[test]
fn a_first_key_that_cannot_be_made_is_told() {
    let bench = Bench::new();
    fs::create_dir(bench.path("state")).unwrap();
    // Nothing can be made behind a link to nowhere, by root neither.
    symlink("nowhere", bench.path("state/optrail")).unwrap();
    let said = bench.run(&["watch", "add", "cadt", "op_1"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.err.contains("not sealed by a checkpoint: cannot"),
        "{said:?}"
    );
    assert_eq!(leaves(&bench.database()), 2);
    fs::remove_file(bench.path("state/optrail")).unwrap();
    bench.out(&["checkpoint"]);
    bench.verifies();
}
