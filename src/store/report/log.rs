//! The log itself: what it is called, how far it reaches, how it is sealed, and its leaves of a period.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;

use super::Window;
use crate::model::UtcMillis;
use crate::store::{StoreError, leaf_time};

/// What a report says of the log as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its name, from the first leaf.
    pub log_id: Option<String>,
    /// Time of the first leaf that bears one.
    pub first_at: Option<UtcMillis>,
    /// The latest time that a leaf bears.
    pub last_at: Option<UtcMillis>,
    /// Origin of the newest key.
    pub origin: Option<String>,
    /// Times at which it was taken up again, by their leaves.
    pub restores: Vec<i64>,
    /// Keys that could not be used, by their leaves.
    pub keys_unusable: Vec<i64>,
    /// Number of the rules that derived its rows.
    pub derive_version: i64,
}

/// The newest checkpoint that covers no more than a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Leaves that it covers.
    pub size: i64,
    /// Origin of its key.
    pub origin: String,
    /// Public half of that key, as the log names it.
    pub vkey: Option<String>,
}

/// The leaves of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaves {
    /// How many.
    pub count: i64,
    /// The first and the last of them by number.
    pub span: Option<(i64, i64)>,
    /// Spans that were cut out of their bodies.
    pub redactions: i64,
    /// Leaves with such bodies.
    pub redacted: Vec<i64>,
}

/// Calls `visit` with the number and the line of each leaf, in their order, until it says that this is enough.
fn each_line(
    connection: &Connection,
    mut visit: impl FnMut(i64, &[u8]) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare("SELECT sequence, record FROM leaf ORDER BY sequence")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
        if visit(row.get(0)?, line).is_break() {
            break;
        }
    }
    Ok(())
}

/// Time of the first leaf that bears one, by its number.
fn first_at(connection: &Connection) -> Result<Option<UtcMillis>, StoreError> {
    let mut first = None;
    each_line(connection, |_, line| {
        first = leaf_time::of(line);
        match first {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    })?;
    Ok(first.map(UtcMillis))
}

/// Time of the first leaf that bears one, and the latest time that any bears: exchanges are kept as they end, and a
/// clock may be set back, so that the last leaf need not be the latest. Reads the line of every leaf.
pub fn bounds(connection: &Connection) -> Result<Option<(UtcMillis, UtcMillis)>, StoreError> {
    let mut bounds: Option<(i64, i64)> = None;
    each_line(connection, |_, line| {
        if let Some(at) = leaf_time::of(line) {
            bounds = Some(bounds.map_or((at, at), |(first, latest)| (first, latest.max(at))));
        }
        ControlFlow::Continue(())
    })?;
    Ok(bounds.map(|(first, latest)| (UtcMillis(first), UtcMillis(latest))))
}

/// Reads what is to be said of the log; the window knows its end.
pub fn read(connection: &Connection, window: &Window) -> Result<Log, StoreError> {
    let sequences = |sql: &str| -> Result<Vec<i64>, StoreError> {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let first_at = first_at(connection)?;
    Ok(Log {
        log_id: connection
            .query_row(
                "SELECT record ->> '$.log' FROM leaf WHERE sequence = 0",
                [],
                |row| row.get(0),
            )
            .optional()?
            .flatten(),
        first_at,
        last_at: first_at.map(|_| window.evidence_end),
        origin: connection
            .query_row(
                "SELECT origin FROM key_event WHERE change = 'made' ORDER BY sequence DESC LIMIT 1",
                [],
                |row| row.get(0),
            )
            .optional()?,
        restores: sequences("SELECT sequence FROM restoration ORDER BY sequence")?,
        keys_unusable: sequences(
            "SELECT sequence FROM key_event WHERE change = 'unusable' ORDER BY sequence",
        )?,
        derive_version: connection.query_row(
            "SELECT derive_version FROM derivation WHERE id = 1",
            [],
            |row| row.get(0),
        )?,
    })
}

/// The newest checkpoint in the file that covers `size` leaves at most.
pub fn sealed(connection: &Connection, size: i64) -> Result<Option<Sealed>, StoreError> {
    let sql = "SELECT c.size, c.origin, (SELECT l.record ->> '$.vkey' FROM key_event k JOIN leaf l ON l.sequence = k.sequence
            WHERE k.change = 'made' AND k.origin = c.origin ORDER BY k.sequence LIMIT 1)
        FROM checkpoint c WHERE c.size <= ?1 ORDER BY c.size DESC LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Sealed {
            size: row.get(0)?,
            origin: row.get(1)?,
            vkey: row.get(2)?,
        })
    };
    Ok(connection.query_row(sql, params![size], read).optional()?)
}

/// The leaves whose time lies in the period. Reads the line of every leaf.
pub fn leaves(connection: &Connection, window: &Window) -> Result<Leaves, StoreError> {
    let mut leaves = Leaves::default();
    each_line(connection, |sequence, line| {
        let at = leaf_time::of(line).map(UtcMillis);
        if !at.is_some_and(|at| window.holds(at)) {
            return ControlFlow::Continue(());
        }
        leaves.count += 1;
        let first = leaves.span.map_or(sequence, |(first, _)| first);
        leaves.span = Some((first, sequence));
        let redactions = redactions(line);
        if redactions > 0 {
            leaves.redactions += redactions;
            leaves.redacted.push(sequence);
        }
        ControlFlow::Continue(())
    })?;
    Ok(leaves)
}

/// Spans that were cut out of the body of a leaf, by its line.
fn redactions(line: &[u8]) -> i64 {
    #[derive(Deserialize)]
    struct Redacted {
        redacted: Vec<serde::de::IgnoredAny>,
    }
    // Few lines have any; only these are read as a whole.
    if memchr::memmem::find(line, br#""redacted""#).is_none() {
        return 0;
    }
    let read = serde_json::from_slice::<Redacted>(line);
    read.map_or(0, |read| {
        i64::try_from(read.redacted.len()).unwrap_or(i64::MAX)
    })
}

/// The leaves of the whole log, counted one by one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// All that are there.
    pub leaves: i64,
    /// Those with a body.
    pub bodies: i64,
    /// Those with a body that something was cut out of.
    pub redacted: i64,
}

/// Counts them.
pub fn held(connection: &Connection) -> Result<Held, StoreError> {
    Ok(connection.query_row(
        r#"SELECT count(*), count(template_id), count(CASE WHEN instr(record, '"redacted"') > 0 THEN 1 END) FROM leaf"#,
        [],
        |row| {
            Ok(Held {
                leaves: row.get(0)?,
                bodies: row.get(1)?,
                redacted: row.get(2)?,
            })
        },
    )?)
}
