//! The log itself: what it is called, how far it reaches, how it is sealed, and its leaves of a period.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Window, each, leaf_time};
use crate::model::UtcMillis;
use crate::store::StoreError;

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

/// Time of the first leaf that bears one, by its number.
fn first_at(connection: &Connection) -> Result<Option<UtcMillis>, StoreError> {
    let time = leaf_time("record");
    let sql = format!("SELECT {time} FROM leaf WHERE {time} IS NOT NULL ORDER BY sequence LIMIT 1");
    let first = connection.query_row(&sql, [], |row| row.get(0).map(UtcMillis));
    Ok(first.optional()?)
}

/// Time of the first leaf that bears one, and the latest time that any bears: exchanges are kept as they end, and a
/// clock may be set back, so that the last leaf need not be the latest. Reads the line of every leaf.
pub fn bounds(connection: &Connection) -> Result<Option<(UtcMillis, UtcMillis)>, StoreError> {
    let sql = format!("SELECT max({}) FROM leaf", leaf_time("record"));
    let latest: Option<i64> = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(first_at(connection)?.zip(latest.map(UtcMillis)))
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
    let sql = format!(
        "SELECT sequence, redactions FROM (
            SELECT sequence, {} AS at, coalesce(json_array_length(record, '$.redacted'), 0) AS redactions FROM leaf)
        WHERE at >= :since AND at < :until ORDER BY sequence",
        leaf_time("record")
    );
    let mut leaves = Leaves::default();
    each(connection, &sql, window, |row| {
        let (sequence, redactions): (i64, i64) = (row.get(0)?, row.get(1)?);
        leaves.count += 1;
        let first = leaves.span.map_or(sequence, |(first, _)| first);
        leaves.span = Some((first, sequence));
        if redactions > 0 {
            leaves.redactions += redactions;
            leaves.redacted.push(sequence);
        }
        Ok(())
    })?;
    Ok(leaves)
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
