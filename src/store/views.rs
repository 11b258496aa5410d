//! The views: the public face of the file, for `export`, `sql` and anybody with `sqlite3`.
//!
//! They hold no data, so they are not migrations: each writer puts the views of its own program in place
//! where they differ. No view reads the clock; all run on sqlite3 3.40.
//!
//! Three words of the files are ours and are written out here: `utc(MS)` writes an instant as text,
//! `requested_at(SEQ)` and `received_at(SEQ)` read the times of an exchange from its leaf.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::StoreError;

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
    "results",
    "result_history",
    "drift_checks",
    "interventions",
    "listings",
    "requests",
    "collection_runs",
    "watches",
    "unknowns",
];

/// Names of all views.
pub fn names() -> impl Iterator<Item = &'static str> {
    VIEWS.iter().map(|(name, _)| *name)
}

/// Puts the views of this program in place.
pub fn install(connection: &mut Connection) -> Result<(), StoreError> {
    let wanted: Vec<(&str, String)> = VIEWS
        .iter()
        .map(|(name, text)| (*name, expand(body(text))))
        .collect();
    if current(connection, &wanted)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (name, _) in wanted.iter().rev() {
        transaction.execute_batch(&format!("DROP VIEW IF EXISTS {name}"))?;
    }
    for (_, sql) in &wanted {
        transaction.execute_batch(sql)?;
    }
    transaction.commit()?;
    Ok(())
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

/// What the words of ours stand for; `$` is the argument.
const WORDS: [(&str, &str); 3] = [
    (
        "utc(",
        "strftime('%Y-%m-%dT%H:%M:%fZ', ($) / 1000.0, 'unixepoch')",
    ),
    (
        "requested_at(",
        "(SELECT json_extract(t.record, '$.requested_at') FROM leaf t WHERE t.sequence = ($))",
    ),
    (
        "received_at(",
        "(SELECT json_extract(t.record, '$.received_at') FROM leaf t WHERE t.sequence = ($))",
    ),
];

/// Writes the words of ours out, outermost first.
fn expand(sql: &str) -> String {
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

    #[test]
    fn words_are_written_out_in_each_other() {
        let written = expand("SELECT utc(received_at(a.b)), max(utc(c)) AS received_at FROM t");
        assert!(!written.contains("utc("), "{written}");
        assert_eq!(written.matches("strftime").count(), 2);
        assert_eq!(written.matches("t.sequence = (a.b)").count(), 1);
        assert!(written.ends_with("AS received_at FROM t"));
    }

    #[test]
    fn every_view_can_be_read_and_each_column_is_explained() {
        let home = tempfile::tempdir().unwrap();
        let connection = crate::store::open::create(&home.path().join("optrail.db")).unwrap();
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
        let mut connection = crate::store::open::for_writing(&path).unwrap();
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
