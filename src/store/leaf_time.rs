//! When a leaf says that it was: of an answer its receipt, of a stop its request, of anything else the moment that its
//! line bears. A plan and the beginning of a listing bear none.
//!
//! One rule in two spellings: over all leaves a line is read here, which is three times as fast as SQLite's JSON; where
//! a question meets a few leaves it is SQL. Tests hold both against each other and
//! against the types of `evidence`. Depends on `model`.

use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use serde_json::Value;

use super::StoreError;
use crate::model::UtcMillis;

/// The rule for the line `$`, as SQL: milliseconds since 1970, or NULL.
const SQL: &str =
    "coalesce($ ->> '$.received_at', $ ->> '$.at', $ ->> '$.started_at', $ ->> '$.ended_at',
    $ ->> '$.found_at', $ ->> '$.created_at', $ ->> '$.requested_at')";

/// The time of the leaf whose line the column holds, as SQL.
pub(super) fn sql(column: &str) -> String {
    SQL.replace("$ ->>", &format!("{column} ->>"))
}

/// The times that a leaf may bear; each type of leaf that has one has one of these, or a request and a receipt.
#[derive(Deserialize)]
struct Times {
    received_at: Option<Value>,
    at: Option<Value>,
    started_at: Option<Value>,
    ended_at: Option<Value>,
    found_at: Option<Value>,
    created_at: Option<Value>,
    requested_at: Option<Value>,
}

/// How the lines of answers begin: nearly all leaves are answers.
const ANSWER: &[u8] = br#"{"t":"exchange","v":1,"#;

/// How the time of an answer is written. Within a text a quotation mark is escaped, so that this is the name of a
/// field, and the objects of an answer have none of that name.
const RECEIVED: &[u8] = br#","received_at":"#;

/// The time of a leaf by its line, ms since 1970; `None` where it bears none.
pub(super) fn of(record: &[u8]) -> Option<i64> {
    if record.starts_with(ANSWER)
        && let Some(received) = received(record)
    {
        return Some(received);
    }
    let times: Times = serde_json::from_slice(record).ok()?;
    let times = [
        times.received_at,
        times.at,
        times.started_at,
        times.ended_at,
        times.found_at,
        times.created_at,
        times.requested_at,
    ];
    times.into_iter().flatten().find_map(|time| time.as_i64())
}

/// When an answer was received; `None` where there is no such leaf, or it is no answer.
///
/// # Errors
/// [`StoreError`].
pub fn received_at(
    connection: &Connection,
    sequence: i64,
) -> Result<Option<UtcMillis>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT record ->> '$.received_at' FROM leaf WHERE sequence = ?1")?;
    let at = statement
        .query_row([sequence], |row| row.get(0))
        .optional()?;
    Ok(at.flatten())
}

/// The receipt in the line of an answer, without reading all of it.
fn received(record: &[u8]) -> Option<i64> {
    let mut rest = record.get(ANSWER.len()..)?;
    while let Some(comma) = rest.iter().position(|byte| *byte == b',') {
        rest = &rest[comma..];
        if let Some(number) = rest.strip_prefix(RECEIVED) {
            let end = number.iter().position(|byte| !byte.is_ascii_digit())?;
            return std::str::from_utf8(&number[..end]).ok()?.parse().ok();
        }
        rest = &rest[1..];
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_leaf_has_its_own_time_in_both_spellings() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for (record, at) in [
            (
                r#"{"t":"genesis","v":1,"log":"x","created_at":1,"program":"p"}"#,
                Some(1),
            ),
            (
                r#"{"t":"run_start","v":1,"run":1,"kind":"collect","started_at":2}"#,
                Some(2),
            ),
            (
                r#"{"t":"run_end","v":1,"run":1,"ended_at":3,"reason":"done"}"#,
                Some(3),
            ),
            (
                r#"{"t":"run_aborted","v":1,"run":1,"found_by":2,"found_at":4}"#,
                Some(4),
            ),
            (
                r#"{"t":"intervention","v":1,"run":1,"requested_at":5}"#,
                Some(5),
            ),
            (
                r#"{"t":"no_answer","v":1,"run":1,"requested_at":5,"received_at":6}"#,
                Some(6),
            ),
            (
                r#"{"t":"exchange","v":1,"run":1,"requested_at":5,"received_at":7,"length":9}"#,
                Some(7),
            ),
            (
                r#"{"t":"exchange","v":1,"label":",\"received_at\":1,","requested_at":5,"received_at":8,"length":9}"#,
                Some(8),
            ),
            (
                r#"{"t":"exchange","v":1,"run":1,"received_at":-7,"length":9}"#,
                Some(-7),
            ),
            (
                r#"{"t":"exchange","v":2,"nested":{"a":1,"received_at":1},"received_at":9,"b":1}"#,
                Some(9),
            ),
            (
                r#"{"t":"watch","v":1,"watch":1,"since":1,"declared_started_at":2,"at":10}"#,
                Some(10),
            ),
            (
                r#"{"t":"newer","v":1,"received_at":"soon","at":11}"#,
                Some(11),
            ),
            (r#"{"t":"listing","v":1,"run":1}"#, None),
            ("no leaf", None),
        ] {
            assert_eq!(of(record.as_bytes()), at, "{record}");
            // A line that only a newer program can read is met by no question in SQL.
            if !record.contains(r#""t":"newer""#) && record.starts_with('{') {
                let sql = format!("SELECT {} FROM (SELECT ?1 AS line)", sql("line"));
                let found: Option<i64> = connection
                    .query_row(&sql, [record], |row| row.get(0))
                    .unwrap();
                assert_eq!(found, at, "{record}");
            }
        }
    }
}
