//! Rows of the listings of other things than results: stack groups, their operations, the rows of DNS batches.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{StoreError, runs};
use crate::model::{Action, Extent, Outcome, Verdict};

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
    /// How far its pages reach.
    pub extent: Extent,
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
            listing.action,
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
        "SELECT {COLUMNS} FROM {} r CROSS JOIN page_listing l ON l.run_id = r.run_id
         WHERE NOT EXISTS (SELECT 1 FROM page_listing_end e WHERE e.listing_id = l.listing_id)
         ORDER BY l.listing_id",
        runs::OPEN
    ))?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<PageListing> {
    Ok(PageListing {
        listing_id: row.get(0)?,
        run_id: row.get(1)?,
        action: row.get(2)?,
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
            end.verdict,
            end.reason,
            end.extent.started_at,
            end.extent.ended_at,
            end.extent.pages,
            end.extent.page_size,
            end.extent.first_total_count,
            end.extent.last_total_count,
            end.distinct_keys,
            end.failed_outcome,
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
                list.action,
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

/// The newest listing by a call in each region in which an account was ever asked for it.
pub fn last_listed(
    connection: &Connection,
    account_id: &str,
    action: Action,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT region_id, max(listing_id) FROM page_listing WHERE action = ?1 AND account_id = ?2 GROUP BY region_id",
    )?;
    let rows = statement.query_map(params![action, account_id], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a run began a listing of the rows of a batch task.
pub fn details_begun(connection: &Connection, run_id: i64, op: i64) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM page_listing WHERE op = ?1 AND run_id = ?2)")?
        .query_row([op, run_id], |row| row.get(0))?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::store::aside::open_aside;
    use crate::store::{gaps, watches};

    /// Listings in the file, one a run, all for one watch.
    const LISTINGS: i64 = 20_000;

    /// Far more than a thousand look-ups take, and far less than a thousand walks over all listings would.
    const ENOUGH: Duration = Duration::from_secs(10);

    fn filled() -> Connection {
        let connection = open_aside().unwrap();
        let number =
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)";
        let rows = [
            "INSERT INTO run (run_id, start_sequence, kind, started_at) SELECT n, n * 10, 'collect', n FROM n",
            "INSERT INTO page_listing (listing_id, run_id, action, account_id, region_id, stack_group_name, watch_id)
             SELECT n * 10 + 1, n, 'ListStackGroups', '1', 'r' || (n % 2), '', 1 FROM n",
            "INSERT INTO page_listing_end (listing_id, end_sequence, verdict, started_at, ended_at, pages,
                 distinct_keys, lacks_pages)
             SELECT n * 10 + 1, n * 10 + 2, 'complete', n, n + 1, 1, 0, 0 FROM n WHERE n < ?1",
        ];
        connection
            .execute(
                "INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id, kind)
                 VALUES (1, 1, 'ros', 'default', 'r1', '', 'ros-stack-groups')",
                [],
            )
            .unwrap();
        for insert in rows {
            let (into, select) = insert.split_once("SELECT").unwrap();
            let sql = format!("{into} {number} SELECT {select}");
            connection.execute(&sql, [LISTINGS]).unwrap();
        }
        connection
    }

    #[test]
    fn of_many_listings_only_those_asked_for_are_read() {
        let connection = filled();
        let began = Instant::now();
        for run_id in LISTINGS - 1_000..LISTINGS {
            let asked = gaps::asked_for_watch(&connection, run_id, 1).unwrap();
            assert_eq!(asked.lists, Some((run_id, run_id + 1)));
            // The newest is still open.
            let all = watches::all(&connection).unwrap();
            assert_eq!(all[0].last_sequence, Some((LISTINGS - 1) * 10 + 2));
            let list = ListOf {
                run_id,
                action: Action::ListStackGroups,
                account_id: "1",
                region_id: if run_id % 2 == 0 { "r0" } else { "r1" },
                stack_group_name: "",
            };
            let newest = newest_of_run(&connection, list).unwrap().unwrap();
            assert_eq!(newest.listing_id, run_id * 10 + 1);
            let never = ListOf { run_id: -1, ..list };
            assert_eq!(newest_of_run(&connection, never).unwrap(), None);
        }
        assert!(began.elapsed() < ENOUGH, "{:?}", began.elapsed());
    }

    #[test]
    fn each_region_has_its_newest_listing() {
        let connection = filled();
        let listed = last_listed(&connection, "1", Action::ListStackGroups).unwrap();
        let newest = LISTINGS * 10 + 1;
        let expected = [("r0".to_owned(), newest), ("r1".to_owned(), newest - 10)];
        assert_eq!(listed, BTreeMap::from(expected));
        let other = last_listed(&connection, "2", Action::ListStackGroups).unwrap();
        assert!(other.is_empty());
    }
}
