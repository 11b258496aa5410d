//! The questions behind `diff`: which operations something was learned about between two sizes of the evidence, what
//! the views say of one at each of them, and which leaf first showed what is new.
//!
//! Meant for connections that [`super::as_of`] has limited, one to each size.

use rusqlite::{Connection, Rows, params};

use super::operation_key::operation_key;
use super::query::OwnedValue;
use super::{StoreError, accounts, as_of};
use crate::model::OperationKey;
use crate::model::result_flags::{CHANGED_FOLDER, CHANGED_PRESENT, CHANGED_REASON, CHANGED_STATUS};

/// Operations of which a version, or the closing of a listing that may have said something new, lies between ?1 and
/// the size to which the connection is limited. A listing counts that showed a new version or a failed row, or whose
/// counts are not those of the last whole one before, or that is whole after a broken one had shown a failed row. ?2
/// is where the first of them may have begun, ?3 are the accounts.
const LEARNED_ABOUT: &str = "
WITH learned (op) AS (
    SELECT v.op FROM operation_version v WHERE v.from_sequence >= ?1
    UNION
    SELECT e.op FROM listing l CROSS JOIN listing_end e ON e.listing_id = l.listing_id
    WHERE l.listing_id >= ?2 AND (e.versions_new > 0 OR e.failed_count > 0 OR (e.verdict = 'complete' AND (
        (e.last_total_count, e.succeeded_count, e.failed_count, e.cancelled_count) IS NOT (
            SELECT c.last_total_count, c.succeeded_count, c.failed_count, c.cancelled_count FROM listing_end c
            WHERE c.op = e.op AND c.verdict = 'complete' AND c.end_sequence < ?1
            ORDER BY c.end_sequence DESC LIMIT 1)
        OR EXISTS (
            SELECT 1 FROM listing_end f WHERE f.op = e.op AND f.verdict = 'incomplete' AND f.end_sequence < ?1
                AND f.failed_count > 0 AND f.end_sequence > coalesce((
                    SELECT max(c.end_sequence) FROM listing_end c
                    WHERE c.op = e.op AND c.verdict = 'complete' AND c.end_sequence < ?1), -1)))))
)
SELECT o.op, o.service, o.account_id, o.region_id, o.operation_id
FROM learned n CROSS JOIN operation o ON o.op = n.op
WHERE ?3 = '[]' OR o.account_id IN (SELECT value FROM json_each(?3))
ORDER BY o.service, o.account_id, o.region_id, o.operation_id";

/// Calls `visit` with our number and the key of each operation about which something may have been learned from
/// leaf `from` on, in the order of keys. `accounts` empty: of all.
///
/// # Errors
/// [`StoreError`], and whatever `visit` returns.
pub fn each_learned_about<E: From<StoreError>>(
    newer: &Connection,
    from: i64,
    account_ids: &[String],
    mut visit: impl FnMut(i64, OperationKey) -> Result<(), E>,
) -> Result<(), E> {
    let since = as_of::listed_since(newer, from)?;
    let accounts = accounts::parameter(account_ids);
    let mut statement = newer.prepare(LEARNED_ABOUT).map_err(StoreError::from)?;
    let mut rows = statement
        .query(params![from, since, accounts])
        .map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        let text = |column| -> Result<String, StoreError> { Ok(row.get(column)?) };
        let parts = [text(1)?, text(2)?, text(3)?, text(4)?];
        let key = operation_key([&parts[0], &parts[1], &parts[2], &parts[3]])?;
        visit(row.get(0).map_err(StoreError::from)?, key)?;
    }
    Ok(())
}

/// The condition that picks the rows of one operation.
const OF_OPERATION: &str =
    "WHERE service = ?1 AND account_id = ?2 AND region_id = ?3 AND operation_id = ?4";

/// What a view says of an operation in these columns; `None` where it has no row.
pub fn state(
    connection: &Connection,
    view: &str,
    columns: &[String],
    key: &OperationKey,
) -> Result<Option<Vec<OwnedValue>>, StoreError> {
    let sql = format!("SELECT {} FROM {view} {OF_OPERATION}", columns.join(", "));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(key.parts())?;
    match rows.next()? {
        Some(row) => Ok(Some(
            (0..columns.len())
                .map(|column| row.get(column))
                .collect::<Result<_, _>>()?,
        )),
        None => Ok(None),
    }
}

/// The account and region of a result.
pub type Target = (String, String);

/// What is said of one result.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultState {
    /// Which one.
    pub target: Target,
    /// Whether it is in the list.
    pub is_present: bool,
    /// The columns asked for.
    pub values: Vec<OwnedValue>,
}

/// Calls `visit` with each result of an operation that one of two connections knows, by target, and what each of
/// them says of it. Only one row of each is held.
///
/// # Errors
/// [`StoreError`], and whatever `visit` returns.
pub fn each_result<E: From<StoreError>>(
    (older, newer): (&Connection, &Connection),
    columns: &[String],
    key: &OperationKey,
    mut visit: impl FnMut(Option<&ResultState>, Option<&ResultState>) -> Result<(), E>,
) -> Result<(), E> {
    let sql = format!(
        "SELECT target_account_id, target_region_id, present, {} FROM results {OF_OPERATION}
         ORDER BY target_account_id, target_region_id",
        columns.join(", ")
    );
    let mut before = older.prepare_cached(&sql).map_err(StoreError::from)?;
    let mut after = newer.prepare_cached(&sql).map_err(StoreError::from)?;
    let parameters = key.parts();
    let mut before = before.query(parameters).map_err(StoreError::from)?;
    let mut after = after.query(parameters).map_err(StoreError::from)?;
    let mut old = next_result(&mut before, columns.len())?;
    let mut new = next_result(&mut after, columns.len())?;
    loop {
        let (takes_old, takes_new) = match (&old, &new) {
            (None, None) => return Ok(()),
            (Some(_), None) => (true, false),
            (None, Some(_)) => (false, true),
            (Some(old), Some(new)) => (old.target <= new.target, new.target <= old.target),
        };
        visit(
            old.as_ref().filter(|_| takes_old),
            new.as_ref().filter(|_| takes_new),
        )?;
        if takes_old {
            old = next_result(&mut before, columns.len())?;
        }
        if takes_new {
            new = next_result(&mut after, columns.len())?;
        }
    }
}

fn next_result(rows: &mut Rows<'_>, width: usize) -> Result<Option<ResultState>, StoreError> {
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(ResultState {
        target: (row.get(0)?, row.get(1)?),
        is_present: row.get(2)?,
        values: (0..width)
            .map(|column| row.get(3 + column))
            .collect::<Result<_, _>>()?,
    }))
}

/// Each version of an operation, the newest first: the leaf that first showed it, and which of the service's fields
/// differ from the version before (JSON; `None` of the first).
pub fn versions(
    connection: &Connection,
    op: i64,
) -> Result<Vec<(i64, Option<String>)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT from_sequence, changed FROM operation_version WHERE op = ?1 ORDER BY version DESC",
    )?;
    let rows = statement.query_map([op], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A count of an operation's results, as listings give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// All of them.
    Total,
    /// Those that succeeded.
    Succeeded,
    /// Those that failed.
    Failed,
    /// Those that were cancelled.
    Cancelled,
}

impl Count {
    /// The count that a column of `operations` shows; `None` for any other column.
    pub fn of_column(column: &str) -> Option<Self> {
        match column {
            "total_count" => Some(Self::Total),
            "succeeded_count" => Some(Self::Succeeded),
            "failed_count" => Some(Self::Failed),
            "cancelled_count" => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// Its column of `listing_end`.
    const fn column(self) -> &'static str {
        match self {
            Self::Total => "last_total_count",
            Self::Succeeded => "succeeded_count",
            Self::Failed => "failed_count",
            Self::Cancelled => "cancelled_count",
        }
    }
}

/// The last answer of the listing that first gave an operation the count that it has; `None` where no listing was
/// whole. Other counts may have come with other listings.
pub fn counted_since(
    connection: &Connection,
    op: i64,
    count: Count,
) -> Result<Option<i64>, StoreError> {
    let column = count.column();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT end_sequence, {column} FROM listing_end
         WHERE op = ?1 AND verdict = 'complete' ORDER BY end_sequence DESC"
    ))?;
    let mut rows = statement.query([op])?;
    let mut since = None;
    let mut newest: Option<Option<i64>> = None;
    while let Some(row) = rows.next()? {
        let counted = row.get(1)?;
        if newest.is_some_and(|newest| newest != counted) {
            break;
        }
        newest = Some(counted);
        since = Some(row.get(0)?);
    }
    Ok(since)
}

/// The last answer of the listing since which an operation has failed results, or none; `None` where no listing
/// says.
pub fn failures_since(
    connection: &Connection,
    op: i64,
    has_failures: bool,
) -> Result<Option<i64>, StoreError> {
    let sql = match has_failures {
        true => {
            "SELECT min(end_sequence) FROM listing_end WHERE op = ?1 AND failed_count > 0 AND end_sequence > coalesce(
                 (SELECT max(end_sequence) FROM listing_end WHERE op = ?1 AND verdict = 'complete' AND failed_count = 0), -1)"
        }
        false => {
            "SELECT min(end_sequence) FROM listing_end WHERE op = ?1 AND verdict = 'complete' AND failed_count = 0
                 AND end_sequence > coalesce(
                     (SELECT max(end_sequence) FROM listing_end WHERE op = ?1 AND failed_count > 0), -1)"
        }
    };
    Ok(connection
        .prepare_cached(sql)?
        .query_row([op], |row| row.get(0))?)
}

/// A column of `results` as its versions know it.
const RESULT_FIELDS: [(&str, i64); 4] = [
    ("status", CHANGED_STATUS),
    ("phase", CHANGED_STATUS),
    ("status_reason", CHANGED_REASON),
    ("folder_id", CHANGED_FOLDER),
];

/// The page that first showed what a result's column says now, or that it is there again; `column` `None`: that it
/// went. Of a column that no version tells apart, the page of the newest version.
pub fn result_since(
    connection: &Connection,
    op: i64,
    target: &Target,
    column: Option<&str>,
) -> Result<Option<i64>, StoreError> {
    let known = RESULT_FIELDS.iter().find(|(name, _)| Some(*name) == column);
    let flags = match (column, known) {
        (None, _) => CHANGED_PRESENT,
        (Some(_), Some((_, flag))) => CHANGED_PRESENT | flag,
        (Some(_), None) => -1,
    };
    let mut statement = connection.prepare_cached(
        "SELECT v.from_sequence FROM target t CROSS JOIN result_version v ON v.op = ?1 AND v.target = t.target
         WHERE t.account_id = ?2 AND t.region_id = ?3 AND (v.flags & ?4 OR v.version = 1)
         ORDER BY v.version DESC LIMIT 1",
    )?;
    let mut rows = statement.query(params![op, target.0, target.1, flags])?;
    match rows.next()? {
        Some(row) => Ok(Some(row.get(0)?)),
        None => Ok(None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::open;

    #[test]
    fn what_is_between_two_sizes_is_found_by_seeks_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        drop(open::create(&path).unwrap());
        let connection = as_of::open_at(&path, 0).unwrap();
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {LEARNED_ABOUT}"))
            .unwrap();
        let steps: Vec<String> = statement
            .query_map(params![1, 1, "[]"], |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for step in &steps {
            // What was learned about, and the accounts that were asked for.
            let is_small = step.starts_with("SCAN n") || step.contains("json_each");
            assert!(!step.starts_with("SCAN") || is_small, "{steps:#?}");
        }
        assert!(
            steps.iter().any(|step| step.contains("(from_sequence>?")),
            "{steps:#?}"
        );
        assert!(
            steps.iter().any(|step| step.contains("(rowid>?")),
            "{steps:#?}"
        );
    }
}
