//! Requests of a period, counted, and under which identity they were made.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use super::{Window, each};
use crate::model::Action;
use crate::store::StoreError;

/// Requests of one call with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests {
    /// How many.
    pub count: i64,
    /// When the first was sent, milliseconds.
    pub first_at: i64,
    /// When the last was sent, milliseconds.
    pub last_at: i64,
    /// The first and the last of their leaves.
    pub span: (i64, i64),
}

/// What a group of requests is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // columns of the view `requests`, explained there
pub struct Kind {
    pub service: String,
    pub action: String,
    pub outcome: String,
}

/// Requests of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// By what they are about.
    pub groups: BTreeMap<Kind, Requests>,
    /// By run and account that asked.
    pub by_caller: HashMap<(i64, String), i64>,
}

/// Counts the requests sent in the period. Reads the line of every exchange.
pub fn counted(connection: &Connection, window: &Window) -> Result<Counted, StoreError> {
    // The order of joins is that of the log: each table is walked or met at the same place.
    let sql = "SELECT e.sequence, e.run_id, e.outcome, ask.record ->> '$.action', ask.record ->> '$.account',
            ask.record ->> '$.region', l.record ->> '$.requested_at', ask.record ->> '$.label',
            (SELECT i.account_id FROM run_identity i WHERE i.run_id = e.run_id AND i.label = ask.record ->> '$.label')
        FROM exchange e
        CROSS JOIN leaf l ON l.sequence = e.sequence
        CROSS JOIN leaf ask ON ask.sequence = coalesce(e.listing_id, e.sequence)
        WHERE l.record ->> '$.requested_at' >= :since AND l.record ->> '$.requested_at' < :until
        ORDER BY e.sequence";
    let mut counted = Counted::default();
    each(connection, sql, window, |row| {
        let (sequence, run_id): (i64, i64) = (row.get(0)?, row.get(1)?);
        let action: String = row.get::<_, Option<String>>(3)?.unwrap_or_default();
        let account: Option<String> = row.get(4)?;
        let region: Option<String> = row.get(5)?;
        let service = service(&action);
        let has = |words: &[String], word: Option<&str>| {
            words.is_empty() || word.is_some_and(|word| words.iter().any(|known| known == word))
        };
        // A call that asks whose the credentials are bears their label alone; the run was told whose that is.
        let (label, told): (Option<String>, Option<String>) = (row.get(7)?, row.get(8)?);
        let callers = [&account, &label, &told];
        let is_of_account = callers
            .into_iter()
            .any(|caller| has(&window.accounts, caller.as_deref()));
        if !is_of_account
            || !has(&window.services, Some(service))
            || !has(&window.regions, region.as_deref())
        {
            return Ok(());
        }
        let kind = Kind {
            service: service.to_owned(),
            action,
            outcome: row.get(2)?,
        };
        counted.add(kind, sequence, row.get(6)?);
        if let Some(account) = account {
            *counted.by_caller.entry((run_id, account)).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(counted)
}

impl Counted {
    fn add(&mut self, kind: Kind, sequence: i64, at: i64) {
        let group = self.groups.entry(kind).or_insert(Requests {
            count: 0,
            first_at: at,
            last_at: at,
            span: (sequence, sequence),
        });
        group.count += 1;
        group.first_at = group.first_at.min(at);
        group.last_at = group.last_at.max(at);
        group.span.1 = sequence;
    }
}

/// The service that answers a call; as the view `requests`, that of a call that is not known is ROS.
pub(in crate::store) fn service(action: &str) -> &'static str {
    Action::from_wire(action).map_or("ros", |action| action.service().as_str())
}
