//! Whose credentials were used, as the cloud named them.

use std::collections::HashSet;
use std::rc::Rc;

use rusqlite::Connection;

use super::{Columns, Window, each};
use crate::model::UtcMillis;
use crate::store::StoreError;

/// One answer of GetCallerIdentity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of `run_identity`, explained in the migration
pub struct Identity {
    pub run_id: i64,
    pub label: Rc<str>,
    pub account_id: Rc<str>,
    pub arn: Option<Rc<str>>,
    pub sequence: i64,
    pub received_at: UtcMillis,
}

/// Texts of which each is kept once: a year has tens of thousands of runs, and all of them use the same few.
#[derive(Default)]
struct Texts(HashSet<Rc<str>>);

impl Texts {
    fn of(&mut self, text: String) -> Rc<str> {
        if let Some(known) = self.0.get(text.as_str()) {
            return Rc::clone(known);
        }
        let text: Rc<str> = text.into();
        self.0.insert(Rc::clone(&text));
        text
    }
}

/// Those of runs that have a moment in common with the period, received before its end, in the order of their
/// leaves: a run that began before the period may ask in it. One that died may have asked until it was found dead.
pub fn told(connection: &Connection, window: &Window) -> Result<Vec<Identity>, StoreError> {
    let sql =
        "SELECT i.run_id, i.label, i.account_id, i.arn, i.sequence, l.record ->> '$.received_at'
        FROM run r LEFT JOIN run_end e ON e.run_id = r.run_id
        CROSS JOIN run_identity i ON i.run_id = r.run_id
        CROSS JOIN leaf l ON l.sequence = i.sequence
        WHERE r.started_at < :until AND (e.ended_at IS NULL OR e.ended_at >= :since)
            AND l.record ->> '$.received_at' < :until
            AND (:accounts = '[]' OR i.account_id IN (SELECT value FROM json_each(:accounts))
                OR i.label IN (SELECT value FROM json_each(:accounts)))
        ORDER BY i.sequence";
    let mut texts = Texts::default();
    let mut told = Vec::new();
    each(connection, sql, window, |row| {
        let mut columns = Columns::of(row);
        told.push(Identity {
            run_id: columns.next()?,
            label: texts.of(columns.next()?),
            account_id: texts.of(columns.next()?),
            arn: columns.next::<Option<String>>()?.map(|arn| texts.of(arn)),
            sequence: columns.next()?,
            received_at: columns.next()?,
        });
        Ok(())
    })?;
    Ok(told)
}
