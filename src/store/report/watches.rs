//! What was to be recorded in a period, and ids that were lost.

use rusqlite::Connection;

use super::{Columns, Window, all, in_scope, in_scope_of_watches};
use crate::store::{StoreError, leaf_time};

/// One watch that existed in the period; texts as the view `watches` has them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `watches`, explained there
pub struct Watch {
    pub watch_id: i64,
    pub service: String,
    pub kind: Option<String>,
    /// The account, else the name of the credentials.
    pub account: String,
    pub region_id: String,
    pub operation_id: String,
    pub state: String,
    pub origin: Option<String>,
    pub added_at: String,
    pub added_by: Option<String>,
    pub reason: Option<String>,
    pub removed_at: Option<String>,
    pub removed_by: Option<String>,
    pub removal_reason: Option<String>,
    /// The watch that found it.
    pub parent: Option<i64>,
    /// The leaf that added it.
    pub add_sequence: i64,
    /// The leaf that removed it.
    pub remove_sequence: Option<i64>,
}

/// Watches that were added before the end of the period and not removed before its begin.
pub fn existing(connection: &Connection, window: &Window) -> Result<Vec<Watch>, StoreError> {
    let sql = format!(
        "SELECT v.watch_id, v.service, v.kind, coalesce(v.account_id, v.label), v.region_id, v.operation_id, v.state,
            v.origin, v.added_at, v.added_by, v.reason, v.removed_at, v.removed_by, v.removal_reason, v.parent,
            w.add_sequence, r.sequence
        FROM watches v JOIN watch w ON w.watch_id = v.watch_id LEFT JOIN watch_removal r ON r.watch_id = v.watch_id
        WHERE v.added_at < :until_at AND (v.removed_at IS NULL OR v.removed_at >= :since_at) AND {}
        ORDER BY v.watch_id",
        in_scope_of_watches()
    );
    all(connection, &sql, window, |row| {
        let mut columns = Columns::of(row);
        Ok(Watch {
            watch_id: columns.next()?,
            service: columns.next()?,
            kind: columns.next()?,
            account: columns.next()?,
            region_id: columns.next()?,
            operation_id: columns.next()?,
            state: columns.next()?,
            origin: columns.next()?,
            added_at: columns.next()?,
            added_by: columns.next()?,
            reason: columns.next()?,
            removed_at: columns.next()?,
            removed_by: columns.next()?,
            removal_reason: columns.next()?,
            parent: columns.next()?,
            add_sequence: columns.next()?,
            remove_sequence: columns.next()?,
        })
    })
}

/// A watch whose id turned out to be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Word of the service.
    pub service: String,
    /// `expired` or `not_found`.
    pub state: String,
    /// The leaf that decided it.
    pub sequence: i64,
}

/// Watches of operations whose last state is that they expired or were not found, decided in the period; also
/// those that were removed afterwards.
pub fn lost(connection: &Connection, window: &Window) -> Result<Vec<Lost>, StoreError> {
    let sql = format!(
        "SELECT o.service, s.state, s.from_sequence
        FROM operation_state s
        JOIN operation o ON o.op = s.op
        JOIN watch_operation x ON x.op = s.op
        JOIN leaf l ON l.sequence = s.from_sequence
        WHERE s.state IN ('expired', 'not_found')
            AND s.number = (SELECT max(m.number) FROM operation_state m WHERE m.op = s.op)
            AND {time} >= :since AND {time} < :until AND {}
        ORDER BY s.from_sequence, x.watch_id",
        in_scope(&["o.account_id"], "o.service", "o.region_id"),
        time = leaf_time::sql("l.record"),
    );
    all(connection, &sql, window, |row| {
        Ok(Lost {
            service: row.get(0)?,
            state: row.get(1)?,
            sequence: row.get(2)?,
        })
    })
}
