//! The schema: whether tables, triggers, indexes and views are those of a new file.

use super::report::{DIFFERENCES_LISTED, Findings, Kind};
use crate::store::catalogue::{integrity, migrations, objects};
use crate::store::{Connection, StoreError};

/// The table that differences of the schema and of the file are told under.
const SCHEMA: &str = "sqlite_schema";

/// The record of migrations.
const HISTORY: &str = "refinery_schema_history";

/// What the schema allows to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Whether the tables are as they should be: if they are not, nothing that is read from them means anything.
    pub(super) tables_stand: bool,
    /// Whether there are tables or indexes that no new file has.
    has_more: bool,
}

/// Compares all schema objects with those of `fresh`.
pub(super) fn check(
    live: &Connection,
    fresh: &Connection,
    findings: &mut Findings,
) -> Result<Standing, StoreError> {
    let Some(mut found) = findings.unless_damaged(SCHEMA, objects(live))? else {
        return Ok(Standing {
            tables_stand: false,
            has_more: true,
        });
    };
    let mut tables_stand = true;
    let mut has_more = false;
    for ((object, name), sql) in objects(fresh)? {
        let (kind, what) = match found.remove(&(object.clone(), name.clone())) {
            Some(same) if same == sql => continue,
            Some(_) => {
                has_more |= object == "index";
                (
                    Kind::Invalid,
                    "is defined in another way than in a new file",
                )
            }
            None => (Kind::Missing, "is not there"),
        };
        findings.add(kind, SCHEMA, &name, format_args!("the {object} {what}"));
        tables_stand &= object != "table";
    }
    for (object, name) in found.into_keys() {
        has_more |= !matches!(object.as_str(), "view" | "trigger");
        let what = format_args!("no new file has this {object}");
        findings.add(Kind::Extra, SCHEMA, name.escape_debug(), what);
    }
    check_migrations(live, fresh, findings)?;
    if !tables_stand {
        findings.add(
            Kind::Invalid,
            SCHEMA,
            "",
            "tables are not as they should be; their rows were not read",
        );
    }
    Ok(Standing {
        tables_stand,
        has_more,
    })
}

/// Compares the record of migrations: the next one would stumble over another.
fn check_migrations(
    live: &Connection,
    fresh: &Connection,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let Some(mut found) = findings.unless_damaged(HISTORY, migrations(live))? else {
        return Ok(());
    };
    for (version, known) in migrations(fresh)? {
        let (kind, what) = match found.remove(&version) {
            Some(same) if same == known => continue,
            Some(_) => (Kind::Invalid, "is not the migration of this number"),
            None => (Kind::Missing, "the schema is there, and no record of it"),
        };
        findings.add(kind, HISTORY, format_args!("version={version}"), what);
    }
    for version in found.into_keys() {
        let key = format_args!("version={version}");
        findings.add(Kind::Extra, HISTORY, key, "there is no such migration");
    }
    Ok(())
}

/// Asks SQLite about the file: its pages, and whether each index agrees with its table. A view that reads a
/// wrong index tells lies about right rows. SQLite evaluates checks and indexed expressions for that: where
/// the file brings its own, it is not asked.
pub(super) fn check_integrity(
    live: &Connection,
    schema: Standing,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    if schema.has_more {
        let what = "not asked, because there are tables or indexes that no new file has";
        findings.add(Kind::Missing, SCHEMA, "integrity_check", what);
        return Ok(());
    }
    let mut complaints = Vec::new();
    let asked = integrity(live, DIFFERENCES_LISTED, |complaint| {
        complaints.push(complaint.to_owned());
    });
    for complaint in complaints {
        findings.add(Kind::Invalid, SCHEMA, "integrity_check", complaint);
    }
    // An indexed expression of ours meets a value that is longer than any of ours.
    findings.unless_damaged(SCHEMA, asked).map(drop)
}
