//! Rows of watches, and of the looks that they missed.

use rusqlite::{Connection, OptionalExtension, params};

use super::query::Rows;
use super::{StoreError, accounts};

/// What a watch is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchTarget {
    /// Word of the service.
    pub service: String,
    /// Credentials to ask with.
    pub label: String,
    /// Region of the stack group; empty where the service has none.
    pub region_id: String,
    /// The cloud's id.
    pub operation_id: String,
}

/// A watch that has not been given up, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchRow {
    /// Number of the watch.
    pub watch_id: i64,
    /// What it is about.
    pub target: WatchTarget,
    /// Its watch leaf.
    pub add_sequence: i64,
    /// The operation that it turned out to be.
    pub op: Option<i64>,
    /// State of that operation.
    pub state: Option<String>,
    /// Leaf of the newest exchange about that operation.
    pub last_sequence: Option<i64>,
}

/// The number that the next watch gets.
pub fn next_id(connection: &Connection) -> Result<i64, StoreError> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT max(watch_id) FROM watch")?
        .query_row([], |row| row.get(0))?;
    Ok(last.unwrap_or(0) + 1)
}

/// Adds a watch.
pub fn insert(
    connection: &Connection,
    watch_id: i64,
    add_sequence: i64,
    target: &WatchTarget,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO watch (watch_id, add_sequence, service, label, region_id, operation_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            watch_id,
            add_sequence,
            target.service,
            target.label,
            target.region_id,
            target.operation_id
        ])?;
    Ok(())
}

/// The watch of a target that has not been given up.
pub fn find(connection: &Connection, target: &WatchTarget) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT watch_id FROM watch w
             WHERE service = ?1 AND label = ?2 AND region_id = ?3 AND operation_id = ?4
               AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)",
        )?
        .query_row(
            params![
                target.service,
                target.label,
                target.region_id,
                target.operation_id
            ],
            |row| row.get(0),
        )
        .optional()?)
}

/// Gives a watch up.
pub fn insert_removal(
    connection: &Connection,
    watch_id: i64,
    sequence: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO watch_removal (watch_id, sequence) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute([watch_id, sequence])?;
    Ok(())
}

/// How many watches there ever were.
pub fn count(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM watch", [], |row| row.get(0))?)
}

/// All watches that have not been given up, in order.
pub fn all(connection: &Connection) -> Result<Vec<WatchRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT w.watch_id, w.service, w.label, w.region_id, w.operation_id, w.add_sequence, o.op,
             (SELECT s.state FROM operation_state s WHERE s.op = o.op ORDER BY s.number DESC LIMIT 1),
             (SELECT max(e.sequence) FROM exchange e WHERE e.op = o.op)
         FROM watch w
         LEFT JOIN (SELECT watch_id, max(op) AS op FROM watch_operation GROUP BY watch_id) o
             ON o.watch_id = w.watch_id
         WHERE NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)
         ORDER BY w.watch_id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(WatchRow {
            watch_id: row.get(0)?,
            target: WatchTarget {
                service: row.get(1)?,
                label: row.get(2)?,
                region_id: row.get(3)?,
                operation_id: row.get(4)?,
            },
            add_sequence: row.get(5)?,
            op: row.get(6)?,
            state: row.get(7)?,
            last_sequence: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The rows of the view `watches` that have not been given up, of these accounts (ids, or names that
/// watches bear; none means all), in order.
pub fn listed(connection: &Connection, account_names: &[String]) -> Result<Rows, StoreError> {
    let sql = "SELECT * FROM watches
        WHERE state <> 'removed' AND (?1 = '[]' OR account_id IN (SELECT value FROM json_each(?1))
            OR label IN (SELECT value FROM json_each(?1)))
        ORDER BY watch_id";
    Rows::ask(connection, sql, &[&accounts::parameter(account_names)])
}

/// What a watch asks with beside its target: one row of batch_type, lang, resource_group_id.
pub fn asked_with(connection: &Connection, watch_id: i64) -> Result<Rows, StoreError> {
    let sql = "SELECT batch_type, lang, resource_group_id FROM watches WHERE watch_id = ?1";
    Rows::ask(connection, sql, &[&watch_id.to_string()])
}

/// Remembers which operation a watch turned out to be.
pub fn insert_operation(
    connection: &Connection,
    watch_id: i64,
    op: i64,
    from_sequence: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO watch_operation (watch_id, op, from_sequence) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute([watch_id, op, from_sequence])?;
    Ok(())
}

/// A planned look that failed or was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedLook {
    /// The watch.
    pub watch_id: i64,
    /// The run.
    pub run_id: i64,
    /// The operation, where it is known.
    pub op: Option<i64>,
    /// End of the run.
    pub sequence: i64,
    /// Receipt of the failed answer, or end of the run, ms.
    pub at: i64,
    /// Word of the cause.
    pub cause: String,
}

/// Adds a missed look.
pub fn insert_missed(connection: &Connection, missed: &MissedLook) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO missed_look (watch_id, run_id, op, sequence, at, cause) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            missed.watch_id,
            missed.run_id,
            missed.op,
            missed.sequence,
            missed.at,
            missed.cause
        ])?;
    Ok(())
}

/// Why a watch missed its look in a run.
pub fn missed_cause(
    connection: &Connection,
    watch_id: i64,
    run_id: i64,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT cause FROM missed_look WHERE watch_id = ?1 AND run_id = ?2")?
        .query_row([watch_id, run_id], |row| row.get(0))
        .optional()?)
}
