//! Stretches in which something due was not seen.

use rusqlite::Connection;

use super::{Columns, Window, all, in_scope_of_watches};
use crate::model::UtcMillis;
use crate::store::StoreError;

/// One coverage gap that overlaps the period.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the view `coverage_gaps`, explained there
pub struct Gap {
    pub scope: String,
    pub account_id: Option<String>,
    pub service: Option<String>,
    pub region_id: String,
    pub operation_id: String,
    pub cause: String,
    pub gap_from: UtcMillis,
    pub gap_until: Option<UtcMillis>,
    pub gap_seconds: Option<i64>,
    pub detail: Option<String>,
    /// The leaf with which it became known.
    pub sequence: i64,
    /// The leaf with which its end became known.
    pub end_sequence: Option<i64>,
}

impl Gap {
    /// Whether it is about a watch, not about the recorder.
    pub fn is_of_watch(&self) -> bool {
        self.scope == "watch"
    }

    /// The leaves that it rests on.
    pub fn leaves(&self) -> impl Iterator<Item = i64> {
        std::iter::once(self.sequence).chain(self.end_sequence)
    }
}

/// Gaps that overlap the period, in the order in which they began. Those of the recorder blind every account and
/// are of every scope.
pub fn overlapping(connection: &Connection, window: &Window) -> Result<Vec<Gap>, StoreError> {
    let sql = format!(
        "SELECT v.scope, v.account_id, v.service, v.region_id, v.operation_id, v.cause, g.gap_from, e.gap_until,
            v.gap_seconds, v.detail, g.sequence, e.sequence
        FROM coverage_gaps v JOIN gap g ON g.gap_id = v.gap_id LEFT JOIN gap_end e ON e.gap_id = v.gap_id
        WHERE g.gap_from < :until AND coalesce(e.gap_until, :end) >= :since
            AND (g.subject = 'recorder' OR {})
        ORDER BY g.gap_from, g.gap_id",
        in_scope_of_watches()
    );
    all(connection, &sql, window, |row| {
        let mut columns = Columns::of(row);
        Ok(Gap {
            scope: columns.next()?,
            account_id: columns.next()?,
            service: columns.next()?,
            region_id: columns.next()?,
            operation_id: columns.next()?,
            cause: columns.next()?,
            gap_from: columns.next()?,
            gap_until: columns.next()?,
            gap_seconds: columns.next()?,
            detail: columns.next()?,
            sequence: columns.next()?,
            end_sequence: columns.next()?,
        })
    })
}
