//! Whose credentials were used, as the cloud named them.

use rusqlite::Connection;

use super::{Columns, Window, all};
use crate::model::UtcMillis;
use crate::store::StoreError;

/// One answer of GetCallerIdentity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of `run_identity`, explained in the migration
pub struct Identity {
    pub run_id: i64,
    pub label: String,
    pub account_id: String,
    pub arn: Option<String>,
    pub sequence: i64,
    pub received_at: UtcMillis,
}

/// All of them received before the end of the period, in the order of their leaves: a run that began before the
/// period may ask in it.
pub fn told(connection: &Connection, window: &Window) -> Result<Vec<Identity>, StoreError> {
    let sql =
        "SELECT i.run_id, i.label, i.account_id, i.arn, i.sequence, l.record ->> '$.received_at'
        FROM run_identity i JOIN leaf l ON l.sequence = i.sequence
        WHERE l.record ->> '$.received_at' < :until
            AND (:accounts = '[]' OR i.account_id IN (SELECT value FROM json_each(:accounts))
                OR i.label IN (SELECT value FROM json_each(:accounts)))
        ORDER BY i.sequence";
    all(connection, sql, window, |row| {
        let mut columns = Columns::of(row);
        Ok(Identity {
            run_id: columns.next()?,
            label: columns.next()?,
            account_id: columns.next()?,
            arn: columns.next()?,
            sequence: columns.next()?,
            received_at: columns.at()?,
        })
    })
}
