//! The views: the public face of the file, for `export`, `sql` and anybody with `sqlite3`.
//!
//! They hold no data, so they are not migrations: each writer puts the views of its own program in place
//! where they differ. No view reads the clock; all run on sqlite3 3.40.
//!
//! Some words of the files are ours and are written out here: `utc(MS)` writes an instant as text, `recorded(MS)`
//! does so for an instant of the recorder's own clock that stands in a column, `requested_at(SEQ)` and
//! `received_at(SEQ)` read the times of an exchange from its leaf, `service_of(ACTION)` tells which service answers a
//! call, `is_final(PHASE)` whether nothing more happens, `is_refused(OUTCOME)` whether a call was not carried out.
//! `operation_stretches()` and `result_stretches()` are the SELECTs in `sql/stretches`, which two views read, each for
//! itself: one is about their union, which SQLite does not take apart, so that it computes each instant once there,
//! not wherever it is named. And in one view `dictionary()` stands for what the comments of all files say (see
//! `dictionary`, which reads them).

use std::sync::OnceLock;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{StoreError, dictionary};

macro_rules! views {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("sql/views/", $name, ".sql")))),*]
    };
}

/// Names and texts of all views, those before others that read them.
const VIEWS: &[(&str, &str)] = views![
    "operations",
    "operation_history",
    "operation_timeline",
    "result_timeline",
    "status_timeline",
    "ros_operations",
    "ros_operation_history",
    "ros_operation_lists",
    "bpstudio_operations",
    "bpstudio_operation_history",
    "batches",
    "batch_counts",
    "batch_details",
    "results",
    "result_history",
    "targets",
    "drift_checks",
    "interventions",
    "listings",
    "requests",
    "collection_runs",
    "watches",
    "stack_groups",
    "stack_group_history",
    "unknowns",
    "coverage_gaps",
    "accounts",
    "runs_skipped",
    "run_notes",
    "credential_calls",
    "clock_steps",
    "checkpoints",
    "signing_keys",
    "restores",
    "schema_changes",
    "data_dictionary",
];

/// Names of all views.
pub fn names() -> impl Iterator<Item = &'static str> {
    VIEWS.iter().map(|(name, _)| *name)
}

/// Names and files of all views.
pub(super) fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    VIEWS.iter().copied()
}

/// The statement that makes a view, as it stands in the file.
pub fn statement(name: &str) -> Option<&'static str> {
    let mut views = wanted().iter();
    let (_, sql) = views.find(|(known, _)| *known == name)?;
    Some(sql)
}

/// Puts the views of this program in place.
pub fn install(connection: &mut Connection) -> Result<(), StoreError> {
    let wanted = wanted();
    if current(connection, wanted)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (name, _) in wanted.iter().rev() {
        transaction.execute_batch(&format!("DROP VIEW IF EXISTS {name}"))?;
    }
    for (_, sql) in wanted {
        transaction.execute_batch(sql)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Whether the views of this program are in place.
pub(super) fn are_current(connection: &Connection) -> Result<bool, StoreError> {
    current(connection, wanted())
}

/// The statement that puts a view of this program in place for one connection alone.
pub(super) fn temporary(name: &str) -> Result<String, StoreError> {
    let sql = statement(name)
        .ok_or_else(|| StoreError::Inconsistent(format!("there is no view {name}")))?;
    Ok(sql.replacen("CREATE VIEW", "CREATE TEMP VIEW", 1))
}

/// Names and statements of all views.
fn wanted() -> &'static [(&'static str, String)] {
    static WANTED: OnceLock<Vec<(&'static str, String)>> = OnceLock::new();
    WANTED.get_or_init(|| {
        let views = VIEWS.iter();
        views
            .map(|(name, text)| {
                let sql = expand(&with_stretches(body(text)));
                if sql.contains(DICTIONARY) {
                    // Last: it quotes the other words.
                    (*name, sql.replace(DICTIONARY, &dictionary::literal()))
                } else {
                    (*name, sql)
                }
            })
            .collect()
    })
}

fn current(connection: &Connection, wanted: &[(&str, String)]) -> Result<bool, StoreError> {
    let mut statement =
        connection.prepare("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?1")?;
    for (name, sql) in wanted {
        let found: Option<String> = statement.query_row([name], |row| row.get(0)).optional()?;
        if found.as_deref() != Some(sql.as_str()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The statement without the comment above it and without blanks around it: as SQLite keeps it.
fn body(text: &str) -> &str {
    text.find("CREATE VIEW")
        .map_or(text, |start| text[start..].trim_end())
}

/// What stands for the whole dictionary.
const DICTIONARY: &str = "dictionary()";

/// The SELECTs that more than one view reads, and what stands for them.
const STRETCHES: [(&str, &str); 2] = [
    (
        "operation_stretches()",
        include_str!("sql/stretches/operations.sql"),
    ),
    (
        "result_stretches()",
        include_str!("sql/stretches/results.sql"),
    ),
];

fn with_stretches(sql: &str) -> String {
    STRETCHES.iter().fold(sql.to_owned(), |sql, (word, text)| {
        let select = text.find("SELECT").map_or(*text, |start| &text[start..]);
        sql.replace(word, select.trim_end())
    })
}

/// What the words of ours stand for; `$` is the argument.
const WORDS: [(&str, &str); 7] = [
    (
        "utc(",
        "strftime('%Y-%m-%dT%H:%M:%fZ', ($) / 1000.0, 'unixepoch')",
    ),
    // A third of the instructions of the former, and the same text for every instant since 1970; it names its argument
    // three times.
    (
        "recorded(",
        "date(($) / 1000, 'unixepoch') || format('T%s.%03dZ', time(($) / 1000, 'unixepoch'), ($) % 1000)",
    ),
    (
        "requested_at(",
        "(SELECT json_extract(t.record, '$.requested_at') FROM leaf t WHERE t.sequence = ($))",
    ),
    (
        "received_at(",
        "(SELECT json_extract(t.record, '$.received_at') FROM leaf t WHERE t.sequence = ($))",
    ),
    (
        "service_of(",
        "CASE ($) WHEN 'GetExecuteOperationResult' THEN 'bpstudio' WHEN 'DescribeBatchResultCount' THEN 'alidns'
            WHEN 'DescribeBatchResultDetail' THEN 'alidns' WHEN 'GetCallerIdentity' THEN 'sts' WHEN 'AssumeRole' THEN 'sts'
            WHEN 'AssumeRoleWithOIDC' THEN 'sts' ELSE 'ros' END",
    ),
    ("is_final(", concat!("(($) IN (", final_phases!(), "))")),
    (
        "is_refused(",
        "(($) IN ('not_found', 'denied', 'throttled', 'credential', 'clock', 'invalid_request'))",
    ),
];

/// Writes the words of ours out, outermost first. For questions beside the views, too.
pub(super) fn expand(sql: &str) -> String {
    let mut sql = sql.to_owned();
    for (word, meaning) in WORDS {
        let mut done = 0;
        while let Some(start) = sql[done..].find(word).map(|at| at + done) {
            let preceded = sql[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let open = start + word.len();
            let Some(length) = argument_length(&sql[open..]).filter(|_| !preceded) else {
                done = open;
                continue;
            };
            let written = meaning.replace("($)", &format!("({})", &sql[open..open + length]));
            sql.replace_range(start..open + length + 1, &written);
            done = start + 1;
        }
    }
    sql
}

/// Length of the text up to the parenthesis that closes the call.
fn argument_length(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::{Action, Phase};
    use crate::store::report;

    #[test]
    fn words_are_written_out_in_each_other() {
        let written = expand("SELECT utc(received_at(a.b)), max(utc(c)) AS received_at FROM t");
        assert!(!written.contains("utc("), "{written}");
        assert_eq!(written.matches("strftime").count(), 2);
        assert_eq!(written.matches("t.sequence = (a.b)").count(), 1);
        assert!(written.ends_with("AS received_at FROM t"));
    }

    #[test]
    fn words_mean_what_the_model_says() {
        let connection = Connection::open_in_memory().unwrap();
        let ask = |question: String| -> String {
            let sql = format!("SELECT {}", expand(&question));
            connection.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        let actions = Action::ALL.map(Action::as_str).into_iter();
        for action in actions.chain(["DescribeBatchResultSomethingNew"]) {
            let service = ask(format!("service_of('{action}')"));
            assert_eq!(service, report::requests::service(action), "{action}");
        }
        for phase in Phase::ALL {
            let is_final = ask(format!("iif(is_final('{phase}'), 'yes', 'no')"));
            assert_eq!(is_final == "yes", phase.is_final(), "{phase}");
        }
    }

    #[test]
    fn an_instant_is_the_same_text_in_either_way() {
        let connection = Connection::open_in_memory().unwrap();
        let sql = expand("SELECT recorded(?1) IS utc(?1), utc(?1)");
        let newest = 253_402_300_799_999_i64; // the last of the year 9999
        for at in [0, 1, 999, 1_000, 951_782_400_001, 1_790_075_600_960, newest] {
            let (is_same, text): (bool, String) = connection
                .query_row(&sql, [at], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            assert!(is_same, "{at}: {text}");
        }
        for none in [None, Some(newest + 1)] {
            let (is_same, text): (bool, Option<String>) = connection
                .query_row(&sql, [none], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            assert!(is_same && text.is_none(), "{none:?}: {text:?}");
        }
    }

    #[test]
    fn every_view_can_be_read_and_each_column_is_explained() {
        let home = tempfile::tempdir().unwrap();
        let connection = crate::store::open::create(&home.path().join("optrail.db"))
            .unwrap()
            .connection;
        for (name, text) in VIEWS {
            let statement = connection
                .prepare(&format!("SELECT * FROM {name}"))
                .unwrap();
            for column in statement.column_names() {
                assert!(
                    text.lines().any(
                        |line| line.contains(&format!(" AS {column}")) && line.contains(" -- ")
                    ),
                    "{name}.{column} has no comment"
                );
            }
        }
    }

    /// The columns that each view promises, the key of an operation apart. More may stand beside them; none
    /// of these may go.
    const PROMISED: &[(&str, &str)] = &[
        (
            "operations",
            "kind resource_type resource_id resource_name status status_raw phase is_final has_failures reason
             cloud_started_at cloud_started_at_raw cloud_ended_at cloud_ended_at_raw duration_ms total_count
             succeeded_count failed_count cancelled_count counted_at first_seen_at last_seen_at version watch_state",
        ),
        (
            "operation_history",
            "version first_seen_at last_seen_at replaced_at is_current status phase changed exchange_id details",
        ),
        (
            "status_timeline",
            "scope target_account_id target_region_id sequence status phase reason entered_earliest_at
             entered_latest_at left_earliest_at left_latest_at min_duration_seconds max_duration_seconds looks
             widest_look_gap_seconds cloud_started_at cloud_ended_at",
        ),
        (
            "operation_timeline",
            "sequence status phase reason entered_earliest_at entered_latest_at left_earliest_at left_latest_at
             min_duration_seconds max_duration_seconds looks widest_look_gap_seconds cloud_started_at cloud_ended_at",
        ),
        (
            "result_timeline",
            "target_account_id target_region_id sequence status phase reason entered_earliest_at entered_latest_at
             left_earliest_at left_latest_at min_duration_seconds max_duration_seconds looks widest_look_gap_seconds",
        ),
        ("ros_operation_lists", "version list position value"),
        (
            "results",
            "resource_name kind target_account_id target_region_id folder_id status phase status_reason
             first_seen_at last_seen_at version present",
        ),
        (
            "result_history",
            "resource_name kind target_account_id target_region_id folder_id status phase status_reason
             first_seen_at last_seen_at version present replaced_at is_current changed listing_id",
        ),
        (
            "batch_details",
            "position batch_type domain rr record_type value line ttl priority new_rr new_value record_id remark
             rr_status status reason operate_date operate_date_raw",
        ),
        (
            "stack_groups",
            "account_id region_id stack_group_id stack_group_name status status_raw description permission_model
             resource_group_id stack_group_drift_status drift_detection_time create_time update_time tags
             auto_deployment_enabled retain_stacks_on_account_removal first_seen_at last_seen_at version operations",
        ),
        (
            "stack_group_history",
            "account_id region_id stack_group_id version first_seen_at replaced_at is_current changed",
        ),
        (
            "drift_checks",
            "resource_id resource_name drift_detection_status stack_group_drift_status
             total_stack_instances_count drifted_stack_instances_count in_sync_stack_instances_count
             in_progress_stack_instances_count failed_stack_instances_count cancelled_stack_instances_count
             drift_detection_time drift_detection_time_raw",
        ),
        (
            "interventions",
            "requested_at os_user caller_arn reason ticket status_before outcome request_id effect effect_seen_at",
        ),
        (
            "coverage_gaps",
            "scope watch_id cause gap_from gap_until gap_seconds detail",
        ),
        (
            "listings",
            "listing_id action run_id started_at ended_at pages page_size first_total_count last_total_count
             distinct_keys verdict reason",
        ),
        (
            "requests",
            "exchange_id run_id label caller_arn action listing_id page_number parameters attempt requested_at
             received_at duration_ms http_status outcome error_code error_message request_id body_sha256
             body_bytes redactions",
        ),
    ];

    #[test]
    fn promised_columns_are_there() {
        let mut connection = crate::store::aside::open_aside().unwrap();
        install(&mut connection).unwrap();
        for (view, promised) in PROMISED {
            let columns = crate::store::selection::columns(&connection, view).unwrap();
            // A stack group is none of the operations that are about it, and has a key of its own.
            let is_group = view.starts_with("stack_group");
            let key = ["service", "account_id", "region_id", "operation_id"];
            let key = key.into_iter().filter(|_| !is_group);
            for column in key.chain(promised.split_ascii_whitespace()) {
                assert!(
                    columns.iter().any(|known| known == column),
                    "{view}.{column} is gone"
                );
            }
        }
    }

    #[test]
    fn one_operation_is_found_by_seeks_alone() {
        let home = tempfile::tempdir().unwrap();
        let connection = crate::store::open::create(&home.path().join("optrail.db"))
            .unwrap()
            .connection;
        for view in [
            "operations",
            "operation_history",
            "operation_timeline",
            "result_timeline",
            "status_timeline",
            "results",
            "ros_operations",
            "ros_operation_history",
            "bpstudio_operations",
            "batches",
            "batch_counts",
            "batch_details",
            "listings",
        ] {
            let sql = format!("EXPLAIN QUERY PLAN SELECT * FROM {view} WHERE operation_id = 'x'");
            let mut statement = connection.prepare(&sql).unwrap();
            let steps = statement
                .query_map([], |row| row.get::<_, String>(3))
                .unwrap();
            for step in steps {
                let step = step.unwrap();
                // The union itself is a table to walk; both of its arms are searched.
                let walks_union = step == "SCAN listings" || step.starts_with("SCAN (subquery-");
                assert!(!step.starts_with("SCAN") || walks_union, "{view}: {step}");
            }
        }
    }

    #[test]
    fn no_view_reads_the_clock() {
        for (name, text) in VIEWS {
            for word in ["now", "CURRENT_", "random("] {
                assert!(
                    !text.contains(&format!("'{word}")) && !text.contains(&format!(" {word}_")),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn views_are_put_in_place_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        drop(crate::store::open::create(&path).unwrap());
        let mut connection = crate::store::open::for_writing(&path).unwrap().connection;
        let before: i64 = connection
            .pragma_query_value(None, "schema_version", |row| row.get(0))
            .unwrap();
        install(&mut connection).unwrap();
        let after: i64 = connection
            .pragma_query_value(None, "schema_version", |row| row.get(0))
            .unwrap();
        assert_eq!(before, after);
    }
}
