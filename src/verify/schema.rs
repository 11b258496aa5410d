//! The schema: whether tables, triggers, indexes and views are those of a new file.

use super::report::{DIFFERENCES_LISTED, Findings, Kind};
use crate::store::catalogue::{integrity, objects};
use crate::store::{Connection, StoreError};

/// The table that differences of the schema and of the file are told under.
const SCHEMA: &str = "sqlite_schema";

/// Compares all schema objects with those of `fresh`. Tells whether the tables are as they should be: if
/// they are not, nothing that is read from them means anything.
pub(super) fn check(
    live: &Connection,
    fresh: &Connection,
    findings: &mut Findings,
) -> Result<bool, StoreError> {
    let Some(mut found) = findings.unless_damaged(SCHEMA, objects(live))? else {
        return Ok(false);
    };
    let mut tables_stand = true;
    for ((object, name), sql) in objects(fresh)? {
        let (kind, what) = match found.remove(&(object.clone(), name.clone())) {
            Some(same) if same == sql => continue,
            Some(_) => (
                Kind::Invalid,
                "is defined in another way than in a new file",
            ),
            None => (Kind::Missing, "is not there"),
        };
        findings.add(kind, SCHEMA, &name, format_args!("the {object} {what}"));
        tables_stand &= object != "table";
    }
    for (object, name) in found.into_keys() {
        let what = format_args!("no new file has this {object}");
        findings.add(Kind::Extra, SCHEMA, name.escape_debug(), what);
    }
    if !tables_stand {
        findings.add(
            Kind::Invalid,
            SCHEMA,
            "",
            "tables are not as they should be; their rows were not read",
        );
    }
    Ok(tables_stand)
}

/// Asks SQLite about the file: its pages, and whether each index agrees with its table. A view that reads a
/// wrong index tells lies about right rows.
pub(super) fn check_integrity(
    live: &Connection,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    integrity(live, DIFFERENCES_LISTED, |complaint| {
        findings.add(Kind::Invalid, SCHEMA, "integrity_check", complaint);
    })
}
