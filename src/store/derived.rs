//! The derived tables as a whole: which they are, how far they have come, and how they are emptied to be
//! made again.

use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;

/// The table that says how far derivation has come.
pub const WATERMARK: &str = "derivation";

/// Every other derived table, children before the parents that they refer to.
pub const TABLES: [&str; 51] = [
    "watch_open",
    "schema_change",
    "restoration",
    "key_event",
    "gap_end",
    "gap",
    "watch_look",
    "account_name",
    "config",
    "run_clock",
    "clock_step",
    "credential_call",
    "account_label",
    "run_note",
    "run_skipped",
    "batch_detail",
    "stack_group_presence",
    "stack_group_version",
    "stack_group",
    "page_listing_end",
    "page_listing",
    "identity_failure",
    "exchange_watch",
    "unknown_seen",
    "unknown",
    "missed_look",
    "intervention_call",
    "intervention",
    "result_version",
    "result_text",
    "result_status",
    "listing_missing",
    "listing_end",
    "listing",
    "target",
    "ros_operation_list",
    "ros_operation_version",
    "bpstudio_operation_version",
    "alidns_batch_version",
    "operation_version",
    "exchange_error",
    "exchange",
    "operation_state",
    "watch_operation",
    "operation",
    "watch_removal",
    "watch",
    "run_identity",
    "run_plan",
    "run_end",
    "run",
];

/// Tables that are neither evidence nor derived: what the program remembers between runs. They prove nothing,
/// nobody compares them, and a rebuild keeps them.
pub const OPERATIONAL: [&str; 2] = ["limit_learned", "told"];

/// A row of `derivation`, of which there should be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// Always 1.
    pub id: i64,
    /// Sequence of the last leaf derived.
    pub derived_through: i64,
    /// Version of the rules that derived all rows of this file.
    pub derive_version: i64,
}

/// The rows of `derivation`, however many there are.
pub fn watermarks(connection: &Connection) -> Result<Vec<Watermark>, StoreError> {
    let mut statement = connection
        .prepare("SELECT id, derived_through, derive_version FROM derivation ORDER BY id")?;
    let rows = statement.query_map([], read_watermark)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How far derivation has come, and with which rules, in a file that is believed.
pub fn watermark(connection: &Connection) -> Result<Watermark, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id, derived_through, derive_version FROM derivation")?
        .query_row([], read_watermark)?)
}

/// Notes that every leaf up to `sequence` has been derived.
pub fn advance(connection: &Connection, sequence: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE derivation SET derived_through = ?1")?
        .execute([sequence])?;
    Ok(())
}

fn read_watermark(row: &Row<'_>) -> rusqlite::Result<Watermark> {
    Ok(Watermark {
        id: row.get(0)?,
        derived_through: row.get(1)?,
        derive_version: row.get(2)?,
    })
}

/// Removes every derived row; what is derived next is derived with the rules `derive_version`.
pub fn clear(connection: &Connection, derive_version: i64) -> Result<(), StoreError> {
    for table in TABLES.into_iter().chain([WATERMARK]) {
        connection.execute(&format!("DELETE FROM {table}"), [])?;
    }
    connection.execute(
        "INSERT INTO derivation (id, derived_through, derive_version) VALUES (1, -1, ?1)",
        [derive_version],
    )?;
    Ok(())
}

/// Prepares a connection, outside of a transaction, for [`clear`] and all that is derived after it: while
/// references are checked, SQLite empties a table that others refer to row by row. They have to be checked
/// at the end instead, with [`check_references`].
pub fn postpone_references(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "foreign_keys", false)?;
    Ok(())
}

/// Fails if a row refers to one that is not there.
pub fn check_references(connection: &Connection) -> Result<(), StoreError> {
    let dangling = connection
        .prepare("SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match dangling {
        None => Ok(()),
        Some((child, parent)) => {
            let (child, parent): (String, String) = (child, parent);
            Err(StoreError::Inconsistent(format!(
                "a row of {child} refers to a row of {parent} that is not there"
            )))
        }
    }
}

/// How many derived rows there are, without the watermark.
pub fn count_rows(connection: &Connection) -> Result<i64, StoreError> {
    let mut rows = 0;
    for table in TABLES {
        rows += connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get::<_, i64>(0)
        })?;
    }
    Ok(rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::evidence;

    #[test]
    fn every_table_is_evidence_or_derived_or_operational() {
        let connection = crate::store::aside::open_aside().unwrap();
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'refinery_schema_history'")
            .unwrap();
        let found: BTreeSet<String> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let named: BTreeSet<String> = TABLES
            .into_iter()
            .chain([WATERMARK])
            .chain(evidence::TABLES)
            .chain(OPERATIONAL)
            .map(str::to_owned)
            .collect();
        assert_eq!(found, named);
    }

    #[test]
    fn references_to_nothing_are_found() {
        let connection = crate::store::aside::open_aside().unwrap();
        postpone_references(&connection).unwrap();
        check_references(&connection).unwrap();
        connection
            .execute("INSERT INTO run_plan (sequence, run_id) VALUES (1, 1)", [])
            .unwrap();
        let error = check_references(&connection).unwrap_err().to_string();
        assert!(
            error.contains("run_plan refers to a row of run "),
            "{error}"
        );
        clear(&connection, 7).unwrap();
        check_references(&connection).unwrap();
        let watermark = Watermark {
            id: 1,
            derived_through: -1,
            derive_version: 7,
        };
        assert_eq!(watermarks(&connection).unwrap(), [watermark]);
    }

    #[test]
    fn children_stand_before_their_parents() {
        let connection = crate::store::aside::open_aside().unwrap();
        let place = |name: &str| TABLES.iter().position(|table| *table == name).unwrap();
        for table in TABLES {
            let mut statement = connection
                .prepare("SELECT \"table\" FROM pragma_foreign_key_list(?1)")
                .unwrap();
            let mut parents = statement.query([table]).unwrap();
            while let Some(parent) = parents.next().unwrap() {
                let parent: String = parent.get(0).unwrap();
                assert!(place(table) < place(&parent), "{table} refers to {parent}");
            }
        }
    }
}
