//! Rows of exchanges: one for each HTTP request.

use rusqlite::{Connection, OptionalExtension, Params, Statement, params};

use super::StoreError;
use crate::model::Outcome;

/// One exchange, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeRow {
    /// Its leaf.
    pub sequence: i64,
    /// Its run.
    pub run_id: i64,
    /// The operation asked for; `None` for a page and for calls about none.
    pub op: Option<i64>,
    /// The listing that it is a page of, and the page asked for.
    pub page: Option<(i64, i64)>,
    /// 1 for the first request.
    pub attempt: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// RequestId of the answer, where the leaf's row does not have it.
    pub request_id: Option<String>,
    /// Number of this look, and milliseconds since the request of the look before.
    pub look: Option<(i64, Option<i64>)>,
}

/// Adds an exchange.
pub fn insert(connection: &Connection, row: &ExchangeRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO exchange (sequence, run_id, op, listing_id, page_number, attempt, outcome, look, look_gap_ms,
                 request_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            row.sequence,
            row.run_id,
            row.op,
            row.page.map(|(listing_id, _)| listing_id),
            row.page.map(|(_, page_number)| page_number),
            row.attempt,
            row.outcome,
            row.look.map(|(look, _)| look),
            row.look.and_then(|(_, gap_ms)| gap_ms),
            row.request_id
        ])?;
    Ok(())
}

/// Adds Code and Message of an exchange that is not plain ok.
pub fn insert_error(
    connection: &Connection,
    sequence: i64,
    code: Option<&str>,
    message: Option<&str>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO exchange_error (sequence, code, message) VALUES (?1, ?2, ?3)")?
        .execute(params![sequence, code, message])?;
    Ok(())
}

/// The newest look at an operation: its number, and the sequence of its leaf.
pub fn newest_look(connection: &Connection, op: i64) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT look, sequence FROM exchange WHERE op = ?1 AND look IS NOT NULL
             ORDER BY sequence DESC LIMIT 1",
        )?
        .query_row([op], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// The outcomes of reading an operation itself, newest first: run, sequence, outcome. At most `limit`.
pub fn reads(
    connection: &Connection,
    op: i64,
    limit: i64,
) -> Result<Vec<(i64, i64, Outcome)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT run_id, sequence, outcome FROM exchange
         WHERE op = ?1 AND sequence NOT IN (SELECT sequence FROM intervention_call)
         ORDER BY sequence DESC LIMIT ?2",
    )?;
    let rows = statement.query_map([op, limit], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ties an exchange that names no operation to the watch for which it was made.
pub fn insert_watch(
    connection: &Connection,
    sequence: i64,
    watch_id: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO exchange_watch (sequence, watch_id) VALUES (?1, ?2)")?
        .execute([sequence, watch_id])?;
    Ok(())
}

/// The newest exchange of a run that was made for a watch and names no operation.
pub fn newest_for_watch(
    connection: &Connection,
    run_id: i64,
    watch_id: i64,
) -> Result<Option<(i64, Outcome)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.sequence, e.outcome FROM run r
             CROSS JOIN exchange_watch w ON w.watch_id = ?2 AND w.sequence > r.start_sequence
             JOIN exchange e ON e.sequence = w.sequence AND e.run_id = r.run_id
             WHERE r.run_id = ?1 ORDER BY w.sequence DESC LIMIT 1",
    )?;
    newest(&mut statement, [run_id, watch_id])
}

/// Remembers a question after the identity of credentials that brought none.
pub fn insert_identity_failure(
    connection: &Connection,
    sequence: i64,
    run_id: i64,
    label: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO identity_failure (sequence, run_id, label) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![sequence, run_id, label])?;
    Ok(())
}

/// The newest failed attempt of a run to learn whose credentials a label stands for.
pub fn identity_failure(
    connection: &Connection,
    run_id: i64,
    label: &str,
) -> Result<Option<(i64, Outcome)>, StoreError> {
    let mut statement = connection.prepare_cached(
            "SELECT e.sequence, e.outcome FROM identity_failure f JOIN exchange e ON e.sequence = f.sequence
             WHERE f.run_id = ?1 AND f.label = ?2 ORDER BY f.sequence DESC LIMIT 1",
        )?;
    newest(&mut statement, params![run_id, label])
}

/// The failure of the newest attempt at a page of a listing, where no attempt at that page was ok.
pub fn page_failure(
    connection: &Connection,
    listing_id: i64,
) -> Result<Option<(i64, Outcome)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.sequence, e.outcome FROM exchange e
             WHERE e.sequence > ?1 AND e.listing_id = ?1 AND e.outcome <> 'ok' AND NOT EXISTS (
                 SELECT 1 FROM exchange good WHERE good.sequence > ?1 AND good.listing_id = ?1
                     AND good.page_number = e.page_number AND good.outcome = 'ok')
             ORDER BY e.sequence DESC LIMIT 1",
    )?;
    newest(&mut statement, [listing_id])
}

/// Pages of a listing, in order of their leaves: sequence, page asked for, outcome.
pub fn pages(
    connection: &Connection,
    listing_id: i64,
) -> Result<Vec<(i64, i64, Outcome)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, page_number, outcome FROM exchange
         WHERE sequence > ?1 AND listing_id = ?1 ORDER BY sequence",
    )?;
    let rows = statement.query_map([listing_id], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Pages of a listing that were answered and read, up to the leaf `last`: sequence and page asked for.
pub fn pages_read(
    connection: &Connection,
    listing_id: i64,
    last: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, page_number FROM exchange
         WHERE sequence BETWEEN ?1 AND ?2 AND listing_id = ?1 AND outcome = 'ok'",
    )?;
    let rows = statement.query_map([listing_id, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first row of a question for sequence and outcome.
fn newest(
    statement: &mut Statement<'_>,
    parameters: impl Params,
) -> Result<Option<(i64, Outcome)>, StoreError> {
    Ok(statement
        .query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}
