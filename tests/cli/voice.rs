//! How the program speaks: errors once, on stderr, with an exit code; a reader that leaves is no failure.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::bench::Bench;

#[test]
fn an_error_is_said_once() {
    let bench = Bench::new();
    std::fs::write(
        bench.database(),
        "not a database, but long enough to be read as one".repeat(40),
    )
    .unwrap();
    let said = bench.complaint(1, &["status"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(
        said.matches("is not an optrail database").count(),
        1,
        "{said}"
    );
}

#[test]
fn logs_in_json_hold_errors_too() {
    let bench = Bench::new();
    let said = bench.complaint(1, &["status", "--log-format", "json"]);
    let line: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(
        line["message"]
            .as_str()
            .unwrap()
            .starts_with("no database at "),
        "{said}"
    );
}

#[test]
fn help_and_mistakes_have_their_codes() {
    let bench = Bench::new();
    assert!(bench.out(&["--help"]).contains("Exit status:"));
    bench.complaint(2, &["nonsense"]);
    bench.complaint(2, &["status", "--format", "yaml"]);
}

#[test]
fn fault_03_a_reader_that_leaves_is_no_failure() {
    let bench = Bench::with_story();
    for arguments in [
        &["export", "requests"][..],
        &["status"],
        &["show", "6da1"],
        &["verify"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_optrail"))
            .args(arguments)
            .env_clear()
            .env("OPTRAIL_DB", bench.database())
            .env("XDG_STATE_HOME", bench.path("state"))
            .env("XDG_CONFIG_HOME", bench.path("config"))
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn where_there_is_no_file_yet_none_is_spoken_of() {
    let bench = Bench::new();
    for typed in [&["collect"][..], &["collect", "--dry-run"]] {
        let complaint = bench.complaint(1, typed);
        let expected = format!("error: no database at {} yet; ", bench.database().display());
        assert!(complaint.starts_with(&expected), "{complaint}");
        assert!(!bench.database().exists());
    }
    bench.out(&["init"]);
    let complaint = bench.complaint(1, &["collect"]);
    assert!(
        complaint.contains("nothing is watched yet in "),
        "{complaint}"
    );
}
