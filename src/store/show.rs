//! The questions behind `show`: which operation is meant, and everything about it.

mod summary;

use rusqlite::Connection;

use self::summary::Summary;
use super::operation_key::of_row;
use super::query::Rows;
use super::{StoreError, accounts};
use crate::model::OperationKey;

/// Operations that are named when several could be meant.
pub const CHOICES: usize = 10;

/// Result rows that are shown one by one; more are only counted.
pub const RESULTS_SHOWN: i64 = 50;

/// Reasons of failures that are shown.
pub const REASONS_SHOWN: usize = 20;

/// Seen operations whose id begins with ?1. The upper bound lets the index end the search; no id goes on
/// with the last of all characters.
const FIND: &str = "
SELECT service, account_id, region_id, operation_id FROM operation o
WHERE operation_id >= ?1 AND operation_id <= ?1 || char(1114111) AND substr(operation_id, 1, length(?1)) = ?1
    AND EXISTS (SELECT 1 FROM operation_version v WHERE v.op = o.op)
    AND (?2 = '' OR region_id = ?2)
    AND (?3 = '[]' OR account_id IN (SELECT value FROM json_each(?3)))
ORDER BY operation_id <> ?1, operation_id, service, account_id, region_id
LIMIT ?4";

/// Operations that a typed id may mean: those that are called exactly so if there are any, else those whose
/// ids begin so; at most one more than [`CHOICES`].
///
/// # Errors
/// [`StoreError`].
pub fn find(
    connection: &Connection,
    id: &str,
    region_id: Option<&str>,
    account_ids: &[String],
) -> Result<Vec<OperationKey>, StoreError> {
    let accounts = accounts::parameter(account_ids);
    let limit = (CHOICES + 1).to_string();
    let mut statement = connection.prepare(FIND)?;
    let mut rows = statement.query([id, region_id.unwrap_or_default(), &accounts, &limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(of_row(row)?);
    }
    if found.first().is_some_and(|key| key.operation_id == id) {
        found.retain(|key| key.operation_id == id);
    }
    Ok(found)
}

/// Watches on an id that was never seen: rows of `watches`, those given up last.
///
/// # Errors
/// [`StoreError`].
pub fn watches_on(connection: &Connection, operation_id: &str) -> Result<Rows, StoreError> {
    let sql = "SELECT * FROM watches WHERE operation_id = ?1 ORDER BY state = 'removed', watch_id";
    Rows::ask(connection, sql, &[operation_id])
}

/// Everything about one operation; rows are those of the views.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// `operations`, one row.
    pub operation: Rows,
    /// `operation_timeline`.
    pub timeline: Rows,
    /// `operation_history`.
    pub history: Rows,
    /// status, phase, present, results.
    pub results_by_status: Rows,
    /// Of those present: target_region_id, results, succeeded, failed, cancelled, other.
    pub results_by_region: Rows,
    /// Why those present failed, the most frequent reason first, at most [`REASONS_SHOWN`]: status, status_reason,
    /// results.
    pub failures: Rows,
    /// How many different reasons there are.
    pub failure_reasons: i64,
    /// How many results there are.
    pub results_total: i64,
    /// `results`, unless there are more than [`RESULTS_SHOWN`].
    pub results: Option<Rows>,
    /// `interventions`.
    pub interventions: Rows,
}

const KEY: &str = "service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4";

impl Shown {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(connection: &Connection, key: &OperationKey) -> Result<Self, StoreError> {
        let parameters = key.parts();
        let ask = |columns: &str, view: &str, order: &str| {
            let sql = format!("SELECT {columns} FROM {view} WHERE {KEY} {order}");
            Rows::ask(connection, &sql, &parameters)
        };
        let summary = Summary::read(connection, &parameters)?;
        let results_total = summary.total;
        Ok(Self {
            operation: ask("*", "operations", "")?,
            timeline: ask("*", "operation_timeline", "ORDER BY sequence")?,
            history: ask("*", "operation_history", "ORDER BY version")?,
            results_by_status: summary.by_status,
            results_by_region: summary.by_region,
            failures: summary.failures,
            failure_reasons: summary.failure_reasons,
            results_total,
            results: match results_total {
                0..=RESULTS_SHOWN => Some(ask(
                    "*",
                    "results",
                    "ORDER BY target_account_id, target_region_id",
                )?),
                _ => None,
            },
            interventions: ask("*", "interventions", "ORDER BY intervention_id")?,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Operations with these ids, each in one region; those in capitals were asked for and never seen.
    fn database(ids: &[(&str, &str)]) -> (tempfile::TempDir, Connection) {
        let home = tempfile::tempdir().unwrap();
        let connection = crate::store::open::create(&home.path().join("optrail.db"))
            .unwrap()
            .connection;
        for (op, (id, region)) in ids.iter().enumerate() {
            connection
                .execute(
                    "INSERT INTO operation VALUES (?1, 'ros', '1', ?2, ?3, 0)",
                    rusqlite::params![op as i64, region, id],
                )
                .unwrap();
            let sql = "INSERT INTO operation_version (op, version, from_sequence, stretch, starts_stretch, phase)
                SELECT ?1, 1, 0, 1, 1, 'running' WHERE ?2 <> upper(?2)";
            connection
                .execute(sql, rusqlite::params![op as i64, id])
                .unwrap();
        }
        (home, connection)
    }

    #[test]
    fn an_id_may_be_cut_short() {
        let (_home, connection) = database(&[
            ("abc", "r"),
            ("abcd", "r"),
            ("abd", "r"),
            ("ABX", "r"),
            ("网络a", "r"),
        ]);
        let found = |id: &str| -> Vec<String> {
            let keys = find(&connection, id, None, &[]).unwrap();
            keys.into_iter().map(|key| key.operation_id).collect()
        };
        assert_eq!(found("ab"), ["abc", "abcd", "abd"]);
        assert_eq!(found("abc"), ["abc"]);
        assert_eq!(found("abcd"), ["abcd"]);
        assert_eq!(found("网"), ["网络a"]);
        for nobody in ["x", "abcde", "AB", "%", "a_"] {
            assert!(found(nobody).is_empty(), "{nobody}");
        }
    }

    #[test]
    fn region_and_account_tell_equal_ids_apart() {
        let (_home, connection) = database(&[("abc", "r"), ("abc", "s")]);
        let regions = |region, accounts: &[&str]| -> Vec<String> {
            let accounts: Vec<String> = accounts.iter().map(|&id| id.to_owned()).collect();
            let keys = find(&connection, "a", region, &accounts).unwrap();
            keys.into_iter().map(|key| key.region_id).collect()
        };
        assert_eq!(regions(None, &[]), ["r", "s"]);
        assert_eq!(regions(Some("s"), &["0", "1"]), ["s"]);
        assert!(regions(None, &["0"]).is_empty());
    }

    #[test]
    fn of_many_only_some_are_named() {
        let ids: Vec<String> = (0..50).map(|number| format!("a{number}")).collect();
        let operations: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "r")).collect();
        let (_home, connection) = database(&operations);
        assert_eq!(
            find(&connection, "a", None, &[]).unwrap().len(),
            CHOICES + 1
        );
    }
}
