//! Fault 69: whatever the umask, what is made is for its owner alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::Bench;
use crate::{beside, names};

/// The program under a umask that takes nothing away.
fn open_umask(bench: &Bench, arguments: &str) {
    let line = format!(
        "umask 000; exec {} {arguments}",
        env!("CARGO_BIN_EXE_optrail")
    );
    let status = Command::new("sh")
        .args(["-c", &line])
        .env_clear()
        .env("HOME", bench.path(""))
        .env("XDG_CONFIG_HOME", bench.path("config"))
        .env("XDG_STATE_HOME", bench.path("state"))
        .env("USER", "ann")
        .env("OPTRAIL_DB", bench.path("data/optrail.db"))
        .current_dir(bench.path(""))
        .status()
        .unwrap();
    assert!(status.success(), "{arguments}");
}

fn each_below(directory: &Path, found: &mut Vec<PathBuf>) {
    for name in names(directory) {
        let path = directory.join(name);
        found.push(path.clone());
        if path.is_dir() {
            each_below(&path, found);
        }
    }
}

#[test]
fn fault_69_everything_made_under_umask_000_is_its_owners_alone() {
    let bench = Bench::new();
    open_umask(&bench, "init > said");
    open_umask(&bench, "watch add cadt op_1 > said");
    open_umask(&bench, "checkpoint --line > line");
    open_umask(&bench, "backup data/copy.db > said");
    let holder = rusqlite::Connection::open(bench.path("data/optrail.db")).unwrap();
    let _: i64 = holder
        .query_row("SELECT count(*) FROM leaf", [], |row| row.get(0))
        .unwrap();
    open_umask(&bench, "watch add cadt op_2 > said");
    for part in ["-wal", "-shm"] {
        let log = fs::metadata(beside(&bench.path("data/optrail.db"), part)).unwrap();
        assert_eq!(log.permissions().mode() & 0o777, 0o600, "{part}");
    }
    drop(holder);
    open_umask(
        &bench,
        "restore data/copy.db --adopt --replace --reason test > said",
    );
    open_umask(&bench, "rebuild > said");
    let mut found = Vec::new();
    for directory in ["data", "state"] {
        found.push(bench.path(directory));
        each_below(&bench.path(directory), &mut found);
    }
    assert!(found.len() > 10, "{found:?}");
    // The directory above ours is none of ours, and holds nothing of its own.
    found.retain(|path| *path != bench.path("state"));
    let open: Vec<_> = found
        .iter()
        .filter(|path| fs::metadata(path).unwrap().permissions().mode() & 0o077 != 0)
        .collect();
    assert!(open.is_empty(), "{open:?}");
}
