//! How many leaves there were at a time.

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;

use crate::model::UtcMillis;
use crate::store::StoreError;

/// How many leaves had been kept at an instant: those before the first that is later, so that a clock that
/// jumped ahead cuts early. A leaf that bears no time (a plan, the beginning of a listing) belongs to what came
/// before it. An answer bears the time of its receipt, a stop that of its request.
///
/// Reads leaves until one is later: a clock can have been ahead at any of them, and no index knows their times.
/// About a second for a million. The first `known` are left out: none of them is later, as somebody knows who
/// has asked for an earlier instant; else 0.
///
/// # Errors
/// [`StoreError`].
pub fn size_at(connection: &Connection, known: i64, at: UtcMillis) -> Result<i64, StoreError> {
    let mut statement = connection
        .prepare("SELECT sequence, record FROM main.leaf WHERE sequence >= ?1 ORDER BY sequence")?;
    let mut rows = statement.query([known])?;
    let mut size = known;
    while let Some(row) = rows.next()? {
        let sequence: i64 = row.get(0)?;
        let record = row
            .get_ref(1)?
            .as_bytes()
            .map_err(|error| StoreError::Inconsistent(format!("leaf {sequence}: {error}")))?;
        if time(record).is_some_and(|time| time > at.0) {
            return Ok(sequence);
        }
        size = sequence + 1;
    }
    Ok(size)
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

/// When a leaf says that it was, ms; `None` where it says nothing of the kind.
fn time(record: &[u8]) -> Option<i64> {
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
pub(super) mod tests {
    use super::*;
    use crate::store::open;

    /// Keeps leaves that bear these times; a negative one stands for a leaf without a time.
    pub(in crate::store::as_of) fn keep(connection: &Connection, times: &[i64]) {
        for (sequence, at) in (0_i64..).zip(times) {
            let record = match at {
                ..0 => r#"{"t":"plan","v":1,"run":1,"entries":0,"body":"x","length":0}"#.to_owned(),
                at => format!(r#"{{"t":"key","v":1,"at":{at},"change":"made"}}"#),
            };
            connection
                .execute(
                    "INSERT INTO leaf (sequence, record, hash) VALUES (?1, ?2, zeroblob(32))",
                    rusqlite::params![sequence, record],
                )
                .unwrap();
        }
    }

    #[test]
    fn a_time_means_the_leaves_before_the_first_that_is_later() {
        let home = tempfile::tempdir().unwrap();
        let file = open::create(&home.path().join("optrail.db")).unwrap();
        let connection = file.connection;
        assert_eq!(size_at(&connection, 0, UtcMillis(5)).unwrap(), 0);
        // A tie, a leaf without a time, a clock that was ahead for one leaf and then set back.
        keep(&connection, &[10, 20, 20, -1, 30, 99, 40, -1]);
        for (at, size) in [
            (i64::MIN, 0),
            (9, 0),
            (10, 1),
            (19, 1),
            (20, 4),
            (29, 4),
            (30, 5),
            (40, 5),
            (98, 5),
            (99, 8),
            (i64::MAX, 8),
        ] {
            for known in 0..=size {
                let found = size_at(&connection, known, UtcMillis(at)).unwrap();
                assert_eq!(found, size, "{at}");
            }
        }
    }

    #[test]
    fn each_leaf_has_its_own_time() {
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
            assert_eq!(time(record.as_bytes()), at, "{record}");
        }
    }
}
