//! Rows of watches, and of the looks that they missed.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::query::Rows;
use super::{StoreError, accounts};
use crate::model::{UtcMillis, WatchState};

/// What a watch is about: no two watches that have not been given up are about the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct WatchTarget {
    /// Word of the service.
    pub service: String,
    /// Credentials to ask with.
    pub label: String,
    /// Region of the stack group; empty where the service has none; `all` for a discovery in all regions.
    pub region_id: String,
    /// The cloud's id; empty where it is about no operation.
    pub operation_id: String,
    /// Word of what it discovers; `None` where it discovers nothing.
    pub kind: Option<String>,
    /// Type of the last task that it follows. `None` for a watch with an id, which needs none to be found.
    pub batch_type: Option<String>,
    /// Patterns of names of stack groups; none means all.
    pub names: Vec<String>,
    /// Operations created before are left out.
    pub since: Option<UtcMillis>,
}

impl WatchTarget {
    /// Whether it is about no operation of its own: a discovery, or a task that is the last one in turn.
    pub fn is_moving(&self) -> bool {
        self.operation_id.is_empty()
    }

    /// The patterns as they are stored.
    fn names_json(&self) -> Option<String> {
        (!self.names.is_empty()).then(|| serde_json::Value::from(self.names.as_slice()).to_string())
    }
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
    pub state: Option<WatchState>,
    /// Leaf of the newest exchange about that operation, or made for a watch without one.
    pub last_sequence: Option<i64>,
    /// The discovery watch that found it.
    pub parent: Option<i64>,
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
    parent: Option<i64>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO watch (service, label, region_id, operation_id, kind, batch_type, names, since, watch_id,
                 add_sequence, parent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            target.service,
            target.label,
            target.region_id,
            target.operation_id,
            target.kind,
            target.batch_type,
            target.names_json(),
            target.since,
            watch_id,
            add_sequence,
            parent
        ])?;
    Ok(())
}

/// The watch of a target that has not been given up.
pub fn find(connection: &Connection, target: &WatchTarget) -> Result<Option<i64>, StoreError> {
    by_target(
        connection,
        target,
        "SELECT watch_id FROM watch w
         WHERE service = ?1 AND label = ?2 AND region_id = ?3 AND operation_id = ?4
           AND kind IS ?5 AND batch_type IS ?6 AND names IS ?7 AND since IS ?8
           AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)",
    )
}

/// The discovery watch that has not been given up and differs from a target in nothing but `since`: its
/// number and that.
pub fn find_discovery(
    connection: &Connection,
    target: &WatchTarget,
) -> Result<Option<(i64, Option<UtcMillis>)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT watch_id, since FROM watch w
             WHERE service = ?1 AND label = ?2 AND region_id = ?3 AND operation_id = '' AND kind IS ?4 AND names IS ?5
               AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)
             ORDER BY since IS NOT ?6, watch_id LIMIT 1",
        )?
        .query_row(
            params![
                target.service,
                target.label,
                target.region_id,
                target.kind,
                target.names_json(),
                target.since
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?)
}

/// How many watches that have not been given up a discovery watch has found.
pub fn count_found_by(connection: &Connection, watch_id: i64) -> Result<i64, StoreError> {
    Ok(connection.query_row(
        "SELECT count(*) FROM watch w WHERE parent = ?1
         AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)",
        [watch_id],
        |row| row.get(0),
    )?)
}

/// The first watch that a target ever had, also one that was given up.
pub fn find_ever(connection: &Connection, target: &WatchTarget) -> Result<Option<i64>, StoreError> {
    by_target(
        connection,
        target,
        "SELECT watch_id FROM watch
         WHERE service = ?1 AND label = ?2 AND region_id = ?3 AND operation_id = ?4
           AND kind IS ?5 AND batch_type IS ?6 AND names IS ?7 AND since IS ?8
         ORDER BY watch_id LIMIT 1",
    )
}

fn by_target(
    connection: &Connection,
    target: &WatchTarget,
    sql: &str,
) -> Result<Option<i64>, StoreError> {
    let names = target.names_json();
    let parameters: [&dyn ToSql; 8] = [
        &target.service,
        &target.label,
        &target.region_id,
        &target.operation_id,
        &target.kind,
        &target.batch_type,
        &names,
        &target.since,
    ];
    Ok(connection
        .prepare_cached(sql)?
        .query_row(&parameters[..], |row| row.get(0))
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
    select(connection, true)
}

/// The watches that may be due, in order: all that have not been given up, without those that are asked no
/// more. Of 100,000 watches most have ended; nothing is read of these but their state.
pub fn to_be_asked(connection: &Connection) -> Result<Vec<WatchRow>, StoreError> {
    select(connection, false)
}

fn select(connection: &Connection, with_ended: bool) -> Result<Vec<WatchRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT w.watch_id, w.service, w.label, w.region_id, w.operation_id, w.kind, w.batch_type, w.names, w.since,
             w.add_sequence, w.parent, w.op, w.state,
             CASE WHEN w.op IS NOT NULL THEN (SELECT max(e.sequence) FROM exchange e WHERE e.op = w.op)
                 WHEN w.operation_id = '' THEN (SELECT max(s.sequence) FROM (
                     SELECT max(x.sequence) AS sequence FROM exchange_watch x WHERE x.watch_id = w.watch_id
                     UNION ALL
                     SELECT (SELECT e.end_sequence FROM page_listing l CROSS JOIN page_listing_end e ON e.listing_id = l.listing_id
                         WHERE l.watch_id = w.watch_id ORDER BY l.listing_id DESC LIMIT 1)) s)
             END
         FROM (
             SELECT i.*, (SELECT s.state FROM operation_state s WHERE s.op = i.op ORDER BY s.number DESC LIMIT 1) AS state
             FROM (
                 SELECT a.*, o.op AS op
                 FROM watch a LEFT JOIN watch_operation o ON o.watch_id = a.watch_id AND NOT EXISTS (
                     SELECT 1 FROM watch_operation n WHERE n.watch_id = o.watch_id AND n.op > o.op)
                 WHERE NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = a.watch_id)
                     AND (?1 OR EXISTS (SELECT 1 FROM watch_open p WHERE p.watch_id = a.watch_id))
             ) i
         ) w
         WHERE ?1 OR coalesce(w.state, 'active') IN ('active', 'unsettled')
         ORDER BY w.watch_id",
    )?;
    let rows = statement.query_map([with_ended], |row| {
        Ok(WatchRow {
            watch_id: row.get(0)?,
            target: read_target(row)?,
            add_sequence: row.get(9)?,
            parent: row.get(10)?,
            op: row.get(11)?,
            state: row.get(12)?,
            last_sequence: row.get(13)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads a target from the columns after the first, which is the number of the watch.
fn read_target(row: &Row<'_>) -> rusqlite::Result<WatchTarget> {
    let names = match row.get::<_, Option<String>>(7)? {
        Some(json) => serde_json::from_str(&json).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(7, Type::Text, Box::new(error))
        })?,
        None => Vec::new(),
    };
    Ok(WatchTarget {
        service: row.get(1)?,
        label: row.get(2)?,
        region_id: row.get(3)?,
        operation_id: row.get(4)?,
        kind: row.get(5)?,
        batch_type: row.get(6)?,
        names,
        since: row.get(8)?,
    })
}

/// The watches of that origin that have not been given up, in order: number and target. What a discovery
/// found is not among them.
pub fn of_origin(
    connection: &Connection,
    origin: &str,
) -> Result<Vec<(i64, WatchTarget)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT w.watch_id, w.service, w.label, w.region_id, w.operation_id, w.kind, w.batch_type, w.names, w.since
         FROM watch w JOIN leaf l ON l.sequence = w.add_sequence
         WHERE w.parent IS NULL AND json_extract(l.record, '$.origin') = ?1
           AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)
         ORDER BY w.watch_id",
    )?;
    let rows = statement.query_map([origin], |row| Ok((row.get(0)?, read_target(row)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The watches that have not been given up, of these accounts (ids, or names that watches bear; none means
/// all), in order, as people read them: watch_id, label, what (service and region), target (an id, or what is
/// found or followed), state, origin.
pub fn listed(connection: &Connection, account_names: &[String]) -> Result<Rows, StoreError> {
    let sql = "SELECT watch_id, label, rtrim(service || ' ' || region_id) AS what,
            CASE WHEN operation_id <> '' THEN operation_id
                WHEN kind IS NOT NULL THEN 'groups '
                    || coalesce((SELECT group_concat(value, ' ') FROM json_each(names)), '*')
                    || coalesce(' since ' || substr(since, 1, 10), '')
                ELSE 'last task' || coalesce(' ' || batch_type, '') END AS target,
            state, origin
        FROM watches
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

/// The watches that missed their look in a run, and why.
pub fn missed_in(connection: &Connection, run_id: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT watch_id, cause FROM missed_look WHERE run_id = ?1")?;
    let rows = statement.query_map([run_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The watches that the last collect run left over.
pub fn left_over(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT watch_id FROM missed_look
         WHERE cause = 'deferred' AND run_id = (SELECT max(run_id) FROM run WHERE kind = 'collect')",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
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
