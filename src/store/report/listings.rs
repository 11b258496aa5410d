//! Listings of results: readings of all pages.

use rusqlite::Connection;

use super::{Columns, Key, Window, each, in_scope};
use crate::model::UtcMillis;
use crate::store::StoreError;

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
    pub key: Key,
    pub run_id: i64,
    /// `None` where no page was answered.
    pub started_at: Option<UtcMillis>,
    pub first_total_count: Option<i64>,
    pub last_total_count: Option<i64>,
    pub distinct_keys: i64,
    pub reason: Option<String>,
}

/// Listings of results that were begun in the period and have a verdict. One of which no page was answered is of
/// the time of its run.
pub fn of_results(connection: &Connection, window: &Window) -> Result<Listings, StoreError> {
    let sql = format!(
        "SELECT l.listing_id, o.service, o.account_id, o.region_id, o.operation_id, l.run_id, e.started_at,
            e.first_total_count, e.last_total_count, e.distinct_keys, e.reason, e.verdict = 'complete'
        FROM listing l
        JOIN listing_end e ON e.listing_id = l.listing_id
        JOIN operation o ON o.op = l.op
        JOIN run r ON r.run_id = l.run_id
        WHERE coalesce(e.started_at, r.started_at) >= :since AND coalesce(e.started_at, r.started_at) < :until AND {}
        ORDER BY l.listing_id",
        in_scope(&["o.account_id"], "o.service", "o.region_id")
    );
    let mut listings = Listings::default();
    each(connection, &sql, window, |row| {
        if row.get(11)? {
            listings.complete.push(row.get(0)?);
            return Ok(());
        }
        let mut columns = Columns::of(row);
        listings.incomplete.push(Incomplete {
            listing_id: columns.next()?,
            key: columns.key()?,
            run_id: columns.next()?,
            started_at: columns.at_if_known()?,
            first_total_count: columns.next()?,
            last_total_count: columns.next()?,
            distinct_keys: columns.next()?,
            reason: columns.next()?,
        });
        Ok(())
    })?;
    Ok(listings)
}
