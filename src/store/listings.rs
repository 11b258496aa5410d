//! Rows of listings: their beginning, their verdict, the rows that they lacked.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, runs};
use crate::model::{Extent, Verdict};

/// The verdict on a listing, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingEnd {
    /// The listing.
    pub listing_id: i64,
    /// The operation.
    pub op: i64,
    /// Its last answer.
    pub end_sequence: i64,
    /// Whether it is whole.
    pub verdict: Verdict,
    /// Why it is not.
    pub reason: Option<String>,
    /// Number of this look at the results.
    pub look: Option<i64>,
    /// From the start of the look before to the end of this one.
    pub look_gap_ms: Option<i64>,
    /// How far its pages reach.
    pub extent: Extent,
    /// Distinct keys.
    pub distinct_keys: i64,
    /// Rows of phase succeeded.
    pub succeeded_count: i64,
    /// Rows of phase failed.
    pub failed_count: i64,
    /// Rows of phase cancelled.
    pub cancelled_count: i64,
    /// Rows of a final phase.
    pub final_count: i64,
    /// Versions that it showed first.
    pub versions_new: i64,
    /// Whether pages of it were not answered.
    pub lacks_pages: bool,
}

/// Adds a listing that begins.
pub fn insert(
    connection: &Connection,
    listing_id: i64,
    op: i64,
    run_id: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO listing (listing_id, op, run_id) VALUES (?1, ?2, ?3)")?
        .execute([listing_id, op, run_id])?;
    Ok(())
}

/// The operation that a listing is about.
pub fn operation(connection: &Connection, listing_id: i64) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT op FROM listing WHERE listing_id = ?1")?
        .query_row([listing_id], |row| row.get(0))
        .optional()?)
}

/// Listings without a verdict yet, of runs without an end, in order: listing, operation, run.
pub fn open(connection: &Connection) -> Result<Vec<(i64, i64, i64)>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT l.listing_id, l.op, l.run_id FROM {} r
         CROSS JOIN listing l ON l.run_id = r.run_id
         WHERE NOT EXISTS (SELECT 1 FROM listing_end e WHERE e.listing_id = l.listing_id)
         ORDER BY l.listing_id",
        runs::OPEN
    ))?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a verdict.
pub fn insert_end(connection: &Connection, end: &ListingEnd) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO listing_end (listing_id, op, end_sequence, verdict, reason, look, look_gap_ms,
                 started_at, ended_at, pages, page_size, first_total_count, last_total_count, distinct_keys,
                 succeeded_count, failed_count, cancelled_count, final_count, versions_new,
                 lacks_pages)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            end.listing_id,
            end.op,
            end.end_sequence,
            end.verdict,
            end.reason,
            end.look,
            end.look_gap_ms,
            end.extent.started_at,
            end.extent.ended_at,
            end.extent.pages,
            end.extent.page_size,
            end.extent.first_total_count,
            end.extent.last_total_count,
            end.distinct_keys,
            end.succeeded_count,
            end.failed_count,
            end.cancelled_count,
            end.final_count,
            end.versions_new,
            end.lacks_pages
        ])?;
    Ok(())
}

/// Adds a row that a complete listing lacked.
pub fn insert_missing(
    connection: &Connection,
    listing_id: i64,
    target: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO listing_missing (listing_id, target) VALUES (?1, ?2)")?
        .execute([listing_id, target])?;
    Ok(())
}

/// The rows that the newest complete listing of an operation lacked, whose targets are above `after` and at
/// most `last`.
pub fn lacked(
    connection: &Connection,
    op: i64,
    after: i64,
    last: i64,
) -> Result<BTreeSet<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT target FROM listing_missing WHERE target > ?2 AND target <= ?3 AND listing_id = (
             SELECT listing_id FROM listing_end WHERE op = ?1 AND verdict = 'complete'
             ORDER BY end_sequence DESC LIMIT 1)",
    )?;
    let rows = statement.query_map([op, after, last], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Number and start of the newest look at an operation's results.
pub fn newest_look(connection: &Connection, op: i64) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT look, started_at FROM listing_end WHERE op = ?1 AND look IS NOT NULL
             ORDER BY end_sequence DESC LIMIT 1",
        )?
        .query_row([op], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// The verdict on the listing of an operation that closed last.
pub fn newest_end(connection: &Connection, op: i64) -> Result<Option<ListingEnd>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT listing_id, end_sequence, verdict, reason, look, look_gap_ms, started_at, ended_at, pages,
             page_size, first_total_count, last_total_count, distinct_keys, succeeded_count, failed_count,
             cancelled_count, final_count, versions_new, lacks_pages
         FROM listing_end WHERE op = ?1 ORDER BY listing_id DESC LIMIT 1",
    )?;
    let mut rows = statement.query([op])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(ListingEnd {
        listing_id: row.get(0)?,
        op,
        end_sequence: row.get(1)?,
        verdict: row.get(2)?,
        reason: row.get(3)?,
        look: row.get(4)?,
        look_gap_ms: row.get(5)?,
        extent: Extent {
            started_at: row.get(6)?,
            ended_at: row.get(7)?,
            pages: row.get(8)?,
            page_size: row.get(9)?,
            first_total_count: row.get(10)?,
            last_total_count: row.get(11)?,
        },
        distinct_keys: row.get(12)?,
        succeeded_count: row.get(13)?,
        failed_count: row.get(14)?,
        cancelled_count: row.get(15)?,
        final_count: row.get(16)?,
        versions_new: row.get(17)?,
        lacks_pages: row.get(18)?,
    }))
}

/// What a run's listings of an operation came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunListings {
    /// Whether the newest one was complete: one that was read again because it lacked a row counts for
    /// nothing.
    pub complete: bool,
    /// Whether the newest one had only rows of a final phase.
    pub all_final: bool,
    /// The newest one.
    pub newest: Option<i64>,
    /// Whether pages of the newest one were not answered.
    pub lacks_pages: bool,
}

/// From the run to the few listings of the operation, and not to all of the run: there may be thousands, and each
/// operation of a run is asked about when it ends.
const OF_RUN: &str =
    "SELECT l.listing_id, e.verdict, e.final_count = e.distinct_keys, e.lacks_pages
     FROM run r CROSS JOIN listing_end e ON e.op = ?2 AND e.listing_id > r.start_sequence
     CROSS JOIN listing l ON l.listing_id = e.listing_id AND l.run_id = r.run_id
     WHERE r.run_id = ?1 ORDER BY e.listing_id";

/// What the listings of `op` in `run_id` came to.
pub fn of_run(connection: &Connection, run_id: i64, op: i64) -> Result<RunListings, StoreError> {
    let mut statement = connection.prepare_cached(OF_RUN)?;
    let mut rows = statement.query([run_id, op])?;
    let mut found = RunListings::default();
    while let Some(row) = rows.next()? {
        found.newest = Some(row.get(0)?);
        found.complete = row.get::<_, Verdict>(1)? == Verdict::Complete;
        found.lacks_pages = row.get(3)?;
        found.all_final = found.complete && row.get(2)?;
    }
    Ok(found)
}

/// The verdict on one listing and the number of rows that it lacked; `None` while it is open.
pub fn verdict(
    connection: &Connection,
    listing_id: i64,
) -> Result<Option<(bool, i64)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT verdict = 'complete', (SELECT count(*) FROM listing_missing m WHERE m.listing_id = e.listing_id)
             FROM listing_end e WHERE listing_id = ?1",
        )?
        .query_row([listing_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// How many lists other than results a run left incomplete, by the newest reading of each. One of a group
/// that the cloud does not know any more is none of them.
pub fn left_incomplete(connection: &Connection, run_id: i64) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached(
            concat!(
                "SELECT count(*) FROM page_listing l JOIN page_listing_end e ON e.listing_id = l.listing_id
                 WHERE l.run_id = ?1 AND e.verdict = 'incomplete' AND e.failed_outcome IS NOT 'not_found'
                   AND NOT EXISTS (SELECT 1 FROM page_listing n WHERE n.run_id = l.run_id AND n.listing_id > l.listing_id
                       AND ",
                is_same_list!(),
                ")"
            ),
        )?
        .query_row([run_id], |row| row.get(0))?)
}

/// A list that a run could not read whole, though every page was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Name of the credentials that asked.
    pub label: String,
    /// Account whose credentials asked.
    pub account_id: String,
    /// The call that each page is.
    pub action: String,
    /// Region of the stack group; empty where the service has none.
    pub region_id: String,
    /// The operation; empty where the list is about none.
    pub operation_id: String,
    /// Name of the group whose operations are listed; empty in other lists.
    pub stack_group_name: String,
    /// Why it is not whole.
    pub reason: Option<String>,
}

/// The lists that a run could not read whole: of results those of the looks that are missed for no other
/// cause, of others the newest reading of each, where no page of it failed.
pub fn unfinished(connection: &Connection, run_id: i64) -> Result<Vec<Unfinished>, StoreError> {
    let mut statement = connection.prepare_cached(concat!(
        "SELECT w.label, o.account_id, 'ListStackGroupOperationResults', o.region_id, o.operation_id, '', (
             SELECT e.reason FROM listing_end e JOIN listing l ON l.listing_id = e.listing_id
             WHERE e.op = o.op AND l.run_id = m.run_id ORDER BY e.listing_id DESC LIMIT 1)
         FROM missed_look m JOIN operation o ON o.op = m.op JOIN watch w ON w.watch_id = m.watch_id
         WHERE m.run_id = ?1 AND m.cause = 'incomplete_listing'
         UNION ALL
         SELECT coalesce(w.label, ''), l.account_id, l.action, l.region_id,
             coalesce(o.operation_id, ''), l.stack_group_name, e.reason
         FROM page_listing l JOIN page_listing_end e ON e.listing_id = l.listing_id
         LEFT JOIN watch w ON w.watch_id = l.watch_id
         LEFT JOIN operation o ON o.op = l.op
         WHERE l.run_id = ?1 AND e.verdict = 'incomplete' AND e.failed_outcome IS NULL
           AND NOT EXISTS (SELECT 1 FROM page_listing n WHERE n.run_id = l.run_id AND n.listing_id > l.listing_id
               AND ",
        is_same_list!(),
        ")"
    ))?;
    let rows = statement.query_map([run_id], |row| {
        Ok(Unfinished {
            label: row.get(0)?,
            account_id: row.get(1)?,
            action: row.get(2)?,
            region_id: row.get(3)?,
            operation_id: row.get(4)?,
            stack_group_name: row.get(5)?,
            reason: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::aside::open_aside;

    #[test]
    fn a_verdict_that_no_program_gave_is_damage() {
        let connection = open_aside().unwrap();
        connection
            .execute_batch(
                "PRAGMA ignore_check_constraints = ON;
                 INSERT INTO run (run_id, start_sequence, kind, started_at) VALUES (1, 0, 'collect', 0);
                 INSERT INTO listing VALUES (10, 1, 1);
                 INSERT INTO listing_end VALUES (10, 1, 11, 'complete', NULL, 1, NULL, 12, 13, 1, 50, 3, 3, 3, 0, 0, 0, 0, 0, 0);",
            )
            .unwrap();
        assert_eq!(
            newest_end(&connection, 1).unwrap().unwrap().verdict,
            Verdict::Complete
        );
        assert!(of_run(&connection, 1, 1).unwrap().complete);
        connection
            .execute_batch("UPDATE listing_end SET verdict = 'nearly'")
            .unwrap();
        assert!(newest_end(&connection, 1).unwrap_err().is_damage());
        assert!(of_run(&connection, 1, 1).unwrap_err().is_damage());
    }

    #[test]
    fn the_listings_of_an_operation_are_found_without_a_look_at_those_of_others() {
        let connection = open_aside().unwrap();
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {OF_RUN}"))
            .unwrap();
        let steps: Vec<String> = statement
            .query_map([1, 2], |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(steps.len(), 3, "{steps:?}");
        assert!(
            steps[1].contains("listing_end_by_op (op=? AND listing_id>?)"),
            "{steps:?}"
        );
    }
}
