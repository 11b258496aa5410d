//! What the views show of the recorder's own life.

use rusqlite::Connection;

use crate::answers::ACCOUNT;
use crate::tamper::{Recorded, open};

/// The rows of a question, values joined by `|`.
fn ask(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let width = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values: Vec<String> = (0..width)
            .map(|column| match row.get_ref(column).unwrap() {
                rusqlite::types::ValueRef::Null => "-".to_owned(),
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                value => value.as_str().unwrap().to_owned(),
            })
            .collect();
        Ok(values.join("|"))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn accounts_have_their_names_and_when_they_were_met() {
    let recorded = Recorded::new();
    let connection = open(&recorded.path());
    let row =
        format!(r#"{ACCOUNT}|Production|ops|prod|["default"]|acs:ram::{ACCOUNT}:user/auditor|1"#);
    let sql = "SELECT account_id, name, owner, environment, labels, last_arn, first_seen_at < last_seen_at FROM accounts";
    assert_eq!(ask(&connection, sql), [row]);
}

#[test]
fn what_kept_it_from_its_work_is_shown() {
    let recorded = Recorded::new();
    let connection = open(&recorded.path());
    assert_eq!(
        ask(
            &connection,
            "SELECT cause, process_id, detail FROM runs_skipped ORDER BY skipped_id"
        ),
        ["locked|2|-", "disk|2|12 MB free, 64 MB wanted"]
    );
    assert_eq!(
        ask(&connection, "SELECT cause, note, account_id FROM run_notes"),
        [format!("credential|answers as another account|{ACCOUNT}")]
    );
    assert_eq!(
        ask(&connection, "SELECT stepped_ms, run_id FROM clock_steps"),
        ["-1000|3"]
    );
    // The recorder's two gaps: an hour without a run, and the disk that was full meanwhile.
    assert_eq!(
        ask(
            &connection,
            "SELECT cause, gap_seconds > 3600, detail FROM coverage_gaps WHERE scope = 'recorder' ORDER BY cause"
        ),
        [
            "disk|1|no run after run 2: 12 MB free, 64 MB wanted; run 4 came next",
            "not_run|1|no run after run 2; run 4 came next"
        ]
    );
    // Refused for the whole run, though it answered: the text of the note says why.
    let of_strangers = ask(
        &connection,
        "SELECT DISTINCT detail FROM coverage_gaps WHERE cause = 'credential' AND detail LIKE 'first missed in run 4:%'",
    );
    assert!(!of_strangers.is_empty());
    assert!(
        of_strangers[0].contains(": answers as another account"),
        "{of_strangers:?}"
    );
}

#[test]
fn calls_for_credentials_are_requests_without_a_body() {
    let recorded = Recorded::new();
    let connection = open(&recorded.path());
    assert_eq!(
        ask(
            &connection,
            "SELECT service, action, attempt, outcome, error_code, request_id, body_sha256, body_bytes
             FROM requests WHERE action = 'AssumeRole'"
        ),
        ["sts|AssumeRole|1|denied|NoPermission|R|-|-"]
    );
    assert_eq!(
        ask(
            &connection,
            "SELECT source, action, outcome, key_id_tail, label FROM credential_calls ORDER BY credential_call_id"
        ),
        [
            "ecs metadata|-|ok|abcd|default",
            "ecs metadata|AssumeRole|denied|abcd|default"
        ]
    );
}

#[test]
fn runs_say_their_schedule_and_how_far_the_clock_was_off() {
    let recorded = Recorded::new();
    let connection = open(&recorded.path());
    let sql = "SELECT every_ms, clock_samples, abs(clock_offset_ms) < 1000 FROM collection_runs WHERE run_id = 2";
    let rows = ask(&connection, sql);
    assert!(
        rows[0].starts_with("300000|") && rows[0].ends_with("|1"),
        "{rows:?}"
    );
    assert!(!rows[0].contains("|-|"), "{rows:?}");
}
