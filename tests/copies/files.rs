//! Rights of what the program makes, and names that are no files.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, mkfifoat};

use crate::bench::Bench;
use crate::{mode, names};

/// A command under a umask.
fn under(bench: &Bench, umask: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_optrail"))
        .args(arguments)
        .env_clear()
        .env("HOME", bench.path(""))
        .env("XDG_CONFIG_HOME", bench.path("config"))
        .env("XDG_STATE_HOME", bench.path("state"))
        .env("OPTRAIL_DB", bench.database())
        .current_dir(bench.path(""));
    command
}

/// A child that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn fault_69_what_is_made_is_for_its_owner_alone_whatever_the_umask() {
    let bench = Bench::new();
    for arguments in [
        &["watch", "add", "cadt", "op_1"][..],
        &["collect"],
        &["backup", "copy.db"],
    ] {
        under(&bench, "000", arguments).output().unwrap();
    }
    // While somebody reads, the log and its index lie beside the database.
    let endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let reading = under(&bench, "000", &["sql", endless])
        .stdout(Stdio::null())
        .spawn();
    let _reading = Ended(reading.unwrap());
    let begun = Instant::now();
    while !bench.path("optrail.db-shm").exists() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{:?}",
            names(&bench.path(""))
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let files: Vec<String> = names(&bench.path(""))
        .into_iter()
        .filter(|name| name.contains(".db"))
        .collect();
    for expected in [
        "copy.db",
        "optrail.db",
        "optrail.db-shm",
        "optrail.db-wal",
        "optrail.db.lock",
    ] {
        assert!(files.iter().any(|name| name == expected), "{files:?}");
    }
    for name in files {
        assert_eq!(mode(&bench.path(&name)), 0o600, "{name}");
    }
}

#[test]
fn fault_22_a_name_that_is_no_file_is_refused_at_once() {
    let bench = Bench::new();
    let pipe = bench.path("pipe");
    mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
    fs::create_dir(bench.path("directory")).unwrap();
    for (name, what) in [
        ("pipe", "a pipe"),
        ("directory", "a directory"),
        ("/dev/null", "a device"),
    ] {
        for arguments in [
            &["verify"][..],
            &["status"],
            &["backup", "copy.db"],
            &["watch", "add", "cadt", "x"],
            &["init"],
        ] {
            let begun = Instant::now();
            let said = bench.run(&[&["--db", name], arguments].concat());
            assert_eq!(said.code, 1, "{arguments:?}: {said:?}");
            assert!(said.err.contains(what), "{arguments:?}: {said:?}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{arguments:?}");
        }
    }
    assert!(!bench.path("copy.db").exists());
}

#[test]
fn fault_22_a_link_is_read_and_not_written() {
    let bench = Bench::with_story();
    std::os::unix::fs::symlink("optrail.db", bench.path("link.db")).unwrap();
    std::os::unix::fs::symlink("new.db", bench.path("dangling.db")).unwrap();
    let said = bench.out(&["--db", "link.db", "verify"]);
    assert!(said.starts_with("all agrees"), "{said}");
    for (name, arguments) in [
        ("link.db", &["watch", "add", "cadt", "op_new"][..]),
        ("link.db", &["rebuild"]),
        ("dangling.db", &["watch", "add", "cadt", "op_new"]),
        ("dangling.db", &["init"]),
    ] {
        let said = bench.run(&[&["--db", name], arguments].concat());
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(name), "{said:?}");
    }
    assert!(!bench.path("new.db").exists());
    bench.verifies();
}

#[test]
fn an_empty_file_never_becomes_a_log_by_itself() {
    let bench = Bench::with_story();
    fs::write(bench.database(), "").unwrap();
    for arguments in [
        &["collect"][..],
        &["rebuild"],
        &["watch", "add", "cadt", "op_1"],
        &["verify"],
        &["backup", "copy.db"],
    ] {
        let said = bench.run(arguments);
        assert_eq!(said.code, 1, "{arguments:?}: {said:?}");
        assert!(said.err.contains("optrail.db"), "{said:?}");
        assert_eq!(
            fs::metadata(bench.database()).unwrap().len(),
            0,
            "{arguments:?}"
        );
    }
}
