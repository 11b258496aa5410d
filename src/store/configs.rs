//! Rows of the configuration in effect: schedule, zones, names of accounts.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;

/// What the configuration said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigRow {
    /// Its config leaf.
    pub sequence: i64,
    /// Declared schedule: from start to start of runs, ms.
    pub every_ms: Option<i64>,
    /// Zone of AliDNS times, minutes east of UTC.
    pub alidns_offset_minutes: Option<i32>,
    /// Zone of BPStudio times, minutes east of UTC. Unused: it tells no time; older leaves bear it.
    pub bpstudio_offset_minutes: Option<i32>,
}

/// What the configuration says of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName {
    /// Name of the credentials in the configuration.
    pub label: String,
    /// The account.
    pub account_id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// What it is for.
    pub environment: Option<String>,
}

/// Adds a configuration.
pub fn insert(connection: &Connection, config: &ConfigRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO config (sequence, every_ms, alidns_offset_minutes, bpstudio_offset_minutes)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            config.sequence,
            config.every_ms,
            config.alidns_offset_minutes,
            config.bpstudio_offset_minutes
        ])?;
    Ok(())
}

/// Adds a name that it gives; the first entry of a label counts.
pub fn insert_name(
    connection: &Connection,
    sequence: i64,
    account: &AccountName,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO account_name (sequence, label, account_id, name, owner, environment)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            sequence,
            account.label,
            account.account_id,
            account.name,
            account.owner,
            account.environment
        ])?;
    Ok(())
}

/// The configuration in effect.
pub fn in_effect(connection: &Connection) -> Result<Option<ConfigRow>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT sequence, every_ms, alidns_offset_minutes, bpstudio_offset_minutes
             FROM config ORDER BY sequence DESC LIMIT 1",
        )?
        .query_row([], |row| {
            Ok(ConfigRow {
                sequence: row.get(0)?,
                every_ms: row.get(1)?,
                alidns_offset_minutes: row.get(2)?,
                bpstudio_offset_minutes: row.get(3)?,
            })
        })
        .optional()?)
}
