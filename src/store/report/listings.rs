//! Listings: readings of all pages, of results, stack groups, operations of groups and rows of DNS batches.

use rusqlite::Connection;

use super::{Columns, Window, each, in_scope};
use crate::model::UtcMillis;
use crate::store::{StoreError, views};

/// Listings of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listings {
    /// The complete ones, by their leaves.
    pub complete: Vec<i64>,
    /// The others.
    pub incomplete: Vec<Incomplete>,
}

/// A listing that is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `listings`, explained there
pub struct Incomplete {
    pub listing_id: i64,
    pub action: String,
    pub service: String,
    pub account_id: String,
    pub region_id: String,
    pub operation_id: Option<String>,
    pub stack_group_name: Option<String>,
    pub run_id: i64,
    /// `None` where no page was answered.
    pub started_at: Option<UtcMillis>,
    pub first_total_count: Option<i64>,
    pub last_total_count: Option<i64>,
    pub distinct_keys: i64,
    pub reason: Option<String>,
}

/// What the view `listings` says of those with a verdict, with times as numbers.
const CLOSED: &str = "
    SELECT l.listing_id AS listing_id, 'ListStackGroupOperationResults' AS action, o.service AS service,
        o.account_id AS account_id, o.region_id AS region_id, o.operation_id AS operation_id, NULL AS stack_group_name,
        l.run_id AS run_id, e.started_at AS started_at, e.first_total_count AS first_total_count,
        e.last_total_count AS last_total_count, e.distinct_keys AS distinct_keys, e.reason AS reason, e.verdict AS verdict
    FROM listing l
    JOIN listing_end e ON e.listing_id = l.listing_id
    JOIN operation o ON o.op = l.op
    UNION ALL
    SELECT l.listing_id, l.action, service_of(l.action),
        l.account_id, l.region_id, o.operation_id, nullif(l.stack_group_name, ''),
        l.run_id, e.started_at, e.first_total_count, e.last_total_count, e.distinct_keys, e.reason, e.verdict
    FROM page_listing l
    JOIN page_listing_end e ON e.listing_id = l.listing_id
    LEFT JOIN operation o ON o.op = l.op";

/// Listings that were begun in the period and have a verdict. One of which no page was answered is of the time of
/// its run.
pub fn begun(connection: &Connection, window: &Window) -> Result<Listings, StoreError> {
    let sql = format!(
        "SELECT l.listing_id, l.action, l.service, l.account_id, l.region_id, l.operation_id, l.stack_group_name,
            l.run_id, l.started_at, l.first_total_count, l.last_total_count, l.distinct_keys, l.reason,
            l.verdict = 'complete'
        FROM ({CLOSED}) l JOIN run r ON r.run_id = l.run_id
        WHERE coalesce(l.started_at, r.started_at) >= :since AND coalesce(l.started_at, r.started_at) < :until AND {}
        ORDER BY l.listing_id",
        in_scope(&["l.account_id"], "l.service", "l.region_id")
    );
    let sql = views::expand(&sql);
    let mut listings = Listings::default();
    each(connection, &sql, window, |row| {
        if row.get(13)? {
            listings.complete.push(row.get(0)?);
            return Ok(());
        }
        let mut columns = Columns::of(row);
        listings.incomplete.push(Incomplete {
            listing_id: columns.next()?,
            action: columns.next()?,
            service: columns.next()?,
            account_id: columns.next()?,
            region_id: columns.next()?,
            operation_id: columns.next()?,
            stack_group_name: columns.next()?,
            run_id: columns.next()?,
            started_at: columns.next()?,
            first_total_count: columns.next()?,
            last_total_count: columns.next()?,
            distinct_keys: columns.next()?,
            reason: columns.next()?,
        });
        Ok(())
    })?;
    Ok(listings)
}
