//! Rows of the listings of other things than results: stack groups, their operations, the rows of DNS batches.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use crate::model::{Action, Outcome, UtcMillis, Verdict};

/// A listing that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageListing {
    /// Its leaf.
    pub listing_id: i64,
    /// The run.
    pub run_id: i64,
    /// The call that each page is.
    pub action: Action,
    /// Account whose credentials ask.
    pub account_id: String,
    /// Region asked; empty where the service has none.
    pub region_id: String,
    /// Name of the groups whose operations are listed; empty in other lists.
    pub stack_group_name: String,
    /// The batch task whose rows are listed.
    pub op: Option<i64>,
    /// The watch for which it is read.
    pub watch_id: Option<i64>,
}

/// The verdict on such a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageListingEnd {
    /// The listing.
    pub listing_id: i64,
    /// Its last answer.
    pub end_sequence: i64,
    /// Whether it is whole.
    pub verdict: Verdict,
    /// Why it is not.
    pub reason: Option<String>,
    /// What became of the page that failed for good, where one did.
    pub failed_outcome: Option<Outcome>,
    /// Request of its first answer.
    pub started_at: Option<UtcMillis>,
    /// Receipt of its last answer.
    pub ended_at: Option<UtcMillis>,
    /// Pages answered and read.
    pub pages: i64,
    /// PageSize answered.
    pub page_size: Option<i64>,
    /// TotalCount of the first page.
    pub first_total_count: Option<i64>,
    /// TotalCount of the last page.
    pub last_total_count: Option<i64>,
    /// Distinct keys, or rows of a list without.
    pub distinct_keys: i64,
    /// Whether pages of it were not answered.
    pub lacks_pages: bool,
}

const COLUMNS: &str = "l.listing_id, l.run_id, l.action, l.account_id, l.region_id, l.stack_group_name, l.op, l.watch_id";

/// Adds a listing that begins.
pub fn insert(connection: &Connection, listing: &PageListing) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO page_listing (listing_id, run_id, action, account_id, region_id, stack_group_name, op, watch_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            listing.listing_id,
            listing.run_id,
            listing.action.as_str(),
            listing.account_id,
            listing.region_id,
            listing.stack_group_name,
            listing.op,
            listing.watch_id
        ])?;
    Ok(())
}

/// One listing; `None` where there is none of that number, as of one of results.
pub fn find(connection: &Connection, listing_id: i64) -> Result<Option<PageListing>, StoreError> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM page_listing l WHERE l.listing_id = ?1"
        ))?
        .query_row([listing_id], read)
        .optional()?)
}

/// Listings without a verdict yet, of runs without an end, in order.
pub fn open(connection: &Connection) -> Result<Vec<PageListing>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM run r CROSS JOIN page_listing l ON l.run_id = r.run_id
         WHERE NOT EXISTS (SELECT 1 FROM run_end e WHERE e.run_id = r.run_id)
           AND NOT EXISTS (SELECT 1 FROM page_listing_end e WHERE e.listing_id = l.listing_id)
         ORDER BY l.listing_id"
    ))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<PageListing> {
    Ok(PageListing {
        listing_id: row.get(0)?,
        run_id: row.get(1)?,
        action: read_action(row, 2)?,
        account_id: row.get(3)?,
        region_id: row.get(4)?,
        stack_group_name: row.get(5)?,
        op: row.get(6)?,
        watch_id: row.get(7)?,
    })
}

/// Adds a verdict.
pub fn insert_end(connection: &Connection, end: &PageListingEnd) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO page_listing_end (listing_id, end_sequence, verdict, reason, started_at, ended_at, pages,
                 page_size, first_total_count, last_total_count, distinct_keys, failed_outcome, lacks_pages)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            end.listing_id,
            end.end_sequence,
            end.verdict.as_str(),
            end.reason,
            end.started_at.map(|at| at.0),
            end.ended_at.map(|at| at.0),
            end.pages,
            end.page_size,
            end.first_total_count,
            end.last_total_count,
            end.distinct_keys,
            end.failed_outcome.map(Outcome::as_str),
            end.lacks_pages
        ])?;
    Ok(())
}

/// Whether one listing was complete; `None` while it is open.
pub fn verdict(connection: &Connection, listing_id: i64) -> Result<Option<bool>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT verdict = 'complete' FROM page_listing_end WHERE listing_id = ?1")?
        .query_row([listing_id], |row| row.get(0))
        .optional()?)
}

/// Whether the rows of a batch task have been listed completely.
pub fn details_complete(connection: &Connection, op: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM page_listing l JOIN page_listing_end e ON e.listing_id = l.listing_id
                 WHERE l.op = ?1 AND e.verdict = 'complete')",
        )?
        .query_row([op], |row| row.get(0))?)
}

/// Which list a listing is of, within a run.
#[derive(Debug, Clone, Copy)]
pub struct ListOf<'a> {
    /// The run.
    pub run_id: i64,
    /// The call.
    pub action: Action,
    /// Account whose credentials ask.
    pub account_id: &'a str,
    /// Region asked.
    pub region_id: &'a str,
    /// Name of the groups; empty in other lists.
    pub stack_group_name: &'a str,
}

/// What became of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// The listing.
    pub listing_id: i64,
    /// Whether it was complete.
    pub is_complete: bool,
    /// Pages answered and read.
    pub pages: i64,
    /// Whether pages of it were not answered.
    pub lacks_pages: bool,
}

/// The newest listing of a list that a run read.
pub fn newest_of_run(
    connection: &Connection,
    list: ListOf<'_>,
) -> Result<Option<Fate>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT l.listing_id, coalesce(e.verdict = 'complete', 0), coalesce(e.pages, 0), coalesce(e.lacks_pages, 1)
             FROM page_listing l LEFT JOIN page_listing_end e ON e.listing_id = l.listing_id
             WHERE l.action = ?1 AND l.account_id = ?2 AND l.region_id = ?3 AND l.stack_group_name = ?4
               AND l.run_id = ?5
             ORDER BY l.listing_id DESC LIMIT 1",
        )?
        .query_row(
            params![
                list.action.as_str(),
                list.account_id,
                list.region_id,
                list.stack_group_name,
                list.run_id
            ],
            |row| {
                Ok(Fate {
                    listing_id: row.get(0)?,
                    is_complete: row.get(1)?,
                    pages: row.get(2)?,
                    lacks_pages: row.get(3)?,
                })
            },
        )
        .optional()?)
}

/// Whether a run began a listing of the rows of a batch task.
pub fn details_begun(connection: &Connection, run_id: i64, op: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM page_listing WHERE op = ?1 AND run_id = ?2)")?
        .query_row([op, run_id], |row| row.get(0))?)
}

fn read_action(row: &Row<'_>, column: usize) -> rusqlite::Result<Action> {
    let word: String = row.get(column)?;
    Action::from_wire(&word).ok_or_else(|| {
        let unknown = format!("'{word}' is no action");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, unknown.into())
    })
}
