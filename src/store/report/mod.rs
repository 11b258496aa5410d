//! What the compliance report asks of the file: typed rows of one period and one scope, each with the leaves that
//! it rests on.
//!
//! It says nothing in words and judges nothing. Tables and views are named without a schema, so that a connection
//! that [`super::as_of`] has limited is asked about the moment that it shows. Depends on `model`.

pub mod gaps;
pub mod identities;
pub mod listings;
pub mod log;
pub mod operations;
pub mod others;
pub mod requests;
pub mod results;
pub mod runs;
pub mod watches;

use rusqlite::{Connection, Row, ToSql};

use super::StoreError;
use crate::model::{ALL_REGIONS, UtcMillis};

/// A period, what is known of its end, and whose rows are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The first instant of the period.
    pub since: UtcMillis,
    /// The first instant after it.
    pub until: UtcMillis,
    /// Until when something that lasts is known to last: the latest time of a leaf.
    pub evidence_end: UtcMillis,
    /// Ids and labels of accounts; none: all.
    pub accounts: Vec<String>,
    /// Words of services; none: all.
    pub services: Vec<String>,
    /// Regions; none: all.
    pub regions: Vec<String>,
}

impl Window {
    /// Whether an instant lies in the period.
    pub fn holds(&self, at: UtcMillis) -> bool {
        self.since <= at && at < self.until
    }

    /// Whether only some rows are meant.
    pub fn is_narrowed(&self) -> bool {
        !(self.accounts.is_empty() && self.services.is_empty() && self.regions.is_empty())
    }
}

/// The condition that a row is of the scope: any of the columns of accounts, the service and the region.
fn in_scope(accounts: &[&str], service: &str, region: &str) -> String {
    scoped(accounts, service, &is_one_of(region, "regions"))
}

/// The same for rows of `watches` and `coverage_gaps`, called `v`: a watch that finds operations in all regions is of
/// each of them.
fn in_scope_of_watches() -> String {
    let is_of_all = format!("v.region_id = '{ALL_REGIONS}' AND v.operation_id = ''");
    scoped(
        &["v.account_id", "v.label"],
        "v.service",
        &format!("{} OR {is_of_all}", is_one_of("v.region_id", "regions")),
    )
}

fn is_one_of(column: &str, name: &str) -> String {
    format!("{column} IN (SELECT value FROM json_each(:{name}))")
}

fn scoped(accounts: &[&str], service: &str, is_of_region: &str) -> String {
    let accounts = accounts.iter();
    let any: Vec<String> = accounts
        .map(|column| is_one_of(column, "accounts"))
        .collect();
    format!(
        "(:accounts = '[]' OR {}) AND (:services = '[]' OR {}) AND (:regions = '[]' OR {is_of_region})",
        any.join(" OR "),
        is_one_of(service, "services"),
    )
}

/// Asks and calls `visit` with each row. The parameters that a question may name are `:since`, `:until`, `:end`
/// (milliseconds), `:since_at`, `:until_at` (the same as text), `:accounts`, `:services`, `:regions` (JSON arrays).
fn each(
    connection: &Connection,
    sql: &str,
    window: &Window,
    mut visit: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let json = |words: &[String]| serde_json::Value::from(words).to_string();
    let texts = [
        (":since_at", window.since.to_string()),
        (":until_at", window.until.to_string()),
        (":accounts", json(&window.accounts)),
        (":services", json(&window.services)),
        (":regions", json(&window.regions)),
    ];
    let numbers = [
        (":since", window.since.0),
        (":until", window.until.0),
        (":end", window.evidence_end.0),
    ];
    let mut statement = connection.prepare(sql)?;
    let texts = texts
        .iter()
        .map(|(name, value)| (*name, value as &dyn ToSql));
    let numbers = numbers
        .iter()
        .map(|(name, value)| (*name, value as &dyn ToSql));
    for (name, value) in texts.chain(numbers) {
        if let Some(index) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(index, value)?;
        }
    }
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        visit(row)?;
    }
    Ok(())
}

/// The same, and keeps what is made of each row.
fn all<T>(
    connection: &Connection,
    sql: &str,
    window: &Window,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    each(connection, sql, window, |row| {
        found.push(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// Reads the fields of a row of one question in the order of its columns.
struct Columns<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> Columns<'r, 's> {
    const fn of(row: &'r Row<'s>) -> Self {
        Self { row, next: 0 }
    }

    /// The next field.
    fn next<T: rusqlite::types::FromSql>(&mut self) -> rusqlite::Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    /// The next four fields, which are the key of an operation.
    fn key(&mut self) -> rusqlite::Result<Key> {
        Ok(Key {
            service: self.next()?,
            account_id: self.next()?,
            region_id: self.next()?,
            operation_id: self.next()?,
        })
    }
}

/// The key of an operation, as views have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the four columns of every view, explained there
pub struct Key {
    pub service: String,
    pub account_id: String,
    pub region_id: String,
    pub operation_id: String,
}

#[cfg(test)]
mod tests;
