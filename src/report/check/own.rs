//! The user's own checks: a query whose rows are findings.

use super::{Finding, Kind, Status};
use crate::model::hex;
use crate::store::query::{Query, Value};
use crate::store::{Connection, StoreError};

/// Rows that one file may answer: more are no findings that a person can go through.
pub const ROWS_OF_A_FILE_MAX: u64 = 10_000;

/// The columns that a query has to answer.
const REQUIRED: [&str; 3] = ["resource", "status", "reason"];

/// Findings of one query, named after its file. What goes wrong with it is a finding, too: a check that cannot be
/// made must not look like one that found nothing. The connection has to be restricted to SELECT.
pub fn of_query(connection: &Connection, name: &str, sql: &str) -> Vec<Finding> {
    rows(connection, name, sql).unwrap_or_else(|why| vec![failed(name, why)])
}

fn failed(name: &str, why: impl Into<String>) -> Finding {
    Finding::new(Kind::Query, Status::Error, name, why)
}

fn rows(connection: &Connection, name: &str, sql: &str) -> Result<Vec<Finding>, String> {
    let mut query = Query::prepare(connection, sql).map_err(|error| error.to_string())?;
    let columns = query.columns();
    let mut places = [0; 3];
    for (place, wanted) in places.iter_mut().zip(REQUIRED) {
        let found = columns.iter().position(|column| column == wanted);
        *place = found.ok_or_else(|| {
            format!("it has no column '{wanted}'; a check answers resource, status and reason")
        })?;
    }
    let mut findings = Vec::new();
    let asked = query.first_rows(
        Some(ROWS_OF_A_FILE_MAX),
        |values| -> Result<(), StoreError> {
            findings.push(finding(name, &columns, places, values));
            Ok(())
        },
    );
    match asked {
        Ok(true) => (),
        Ok(false) => findings.push(failed(
            name,
            format!("it answers more than {ROWS_OF_A_FILE_MAX} rows; the others are left out"),
        )),
        Err(error) if error.is_interrupted() => {
            return Err(
                "it took too long and was ended; narrow it, or give it longer with \
                 --timeout (as in --timeout 10m)"
                    .to_owned(),
            );
        }
        Err(error) => return Err(error.to_string()),
    }
    if findings.is_empty() {
        findings.push(Finding::well(Kind::Query, name, "it answers no row"));
    }
    Ok(findings)
}

fn finding(name: &str, columns: &[String], places: [usize; 3], values: &[Value<'_>]) -> Finding {
    let [resource, status, reason] = places.map(|place| text(values[place]));
    let word = status.unwrap_or_default();
    let Some(status) = Status::from_word(&word) else {
        let known = Status::ALL.map(Status::as_str).join(", ");
        return failed(
            name,
            format!("'{word}' is no status; a row says one of {known}"),
        );
    };
    let resource = resource.filter(|text| !text.is_empty());
    let mut finding = Finding::new(
        Kind::Query,
        status,
        resource.unwrap_or_else(|| name.to_owned()),
        reason.unwrap_or_default(),
    );
    finding.more = columns
        .iter()
        .zip(values)
        .enumerate()
        .filter(|(place, _)| !places.contains(place))
        .map(|(_, (column, value))| (column.clone(), text(*value)))
        .collect();
    finding
        .more
        .push(("query".to_owned(), Some(name.to_owned())));
    finding
}

/// A value as text; NULL is none.
fn text(value: Value<'_>) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.to_owned()),
        Value::Blob(bytes) => Some(hex(bytes)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::store::query::{end_after, restrict_to_select};

    const ROWS_MAX: usize = ROWS_OF_A_FILE_MAX as usize;

    fn asked(sql: &str) -> Vec<(Status, String, String)> {
        let mut connection = Connection::open_in_memory().unwrap();
        restrict_to_select(&mut connection).unwrap();
        end_after(&mut connection, Duration::from_secs(5)).unwrap();
        let findings = of_query(&connection, "mine.sql", sql).into_iter();
        findings
            .map(|found| (found.status, found.resource, found.reason))
            .collect()
    }

    #[test]
    fn rows_are_findings() {
        let found = asked(
            "SELECT 'a' AS resource, 'alarm' AS status, 'b' AS reason, 7 AS n UNION ALL SELECT NULL, 'ok', NULL, 0",
        );
        assert_eq!(found[0], (Status::Alarm, "a".to_owned(), "b".to_owned()));
        assert_eq!(found[1], (Status::Ok, "mine.sql".to_owned(), String::new()));
        let none = asked("SELECT 1 AS resource, 2 AS status, 3 AS reason WHERE 0");
        assert_eq!(none[0].0, Status::Ok);
    }

    #[test]
    fn what_cannot_be_asked_is_an_error_named_after_its_file() {
        for (sql, why) in [
            ("SELECT 1 AS resource, 'ok' AS status", "no column 'reason'"),
            ("CREATE TABLE t (a)", "only a SELECT"),
            ("SELECT * FROM nowhere", "no such table"),
            ("", "only a SELECT"),
            (
                "SELECT 1 AS resource, 'bad' AS status, 2 AS reason",
                "'bad' is no status",
            ),
            (
                "SELECT abs(-9223372036854775808) AS resource, 'ok' AS status, 2 AS reason",
                "overflow",
            ),
        ] {
            let found = asked(sql);
            assert_eq!(
                (found[0].0, found[0].1.as_str()),
                (Status::Error, "mine.sql"),
                "{sql}"
            );
            assert!(found[0].2.contains(why), "{sql}: {}", found[0].2);
        }
    }

    #[test]
    fn of_very_many_rows_some_are_told() {
        let found = asked(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= 10000)
             SELECT i AS resource, 'alarm' AS status, '' AS reason FROM n",
        );
        assert_eq!(found.len(), ROWS_MAX + 1);
        assert_eq!(found[ROWS_MAX].0, Status::Error);
    }

    #[test]
    fn a_query_without_an_end_is_read_no_further_than_it_is_told() {
        let begun = std::time::Instant::now();
        let found = asked(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
             SELECT i AS resource, 'alarm' AS status, '' AS reason FROM n",
        );
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(found.len(), ROWS_MAX + 1);
    }
}
