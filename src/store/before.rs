//! The copy that is made of a database before its schema is brought up to date: whatever a migration does,
//! the file as it was is still there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::copy::{CopyError, Draft, MODE_PRIVATE};
use super::{StoreError, migrate, open};

/// Copies of one schema that may lie beside a database; more would be a fault that repeats itself.
const COPIES_MAX: u32 = 9;

/// What tells whether two files of one schema hold the same log: its schema, its size, its last leaf.
#[derive(PartialEq, Eq)]
struct Head {
    schema: i64,
    size: i64,
    last_hash: Option<Vec<u8>>,
}

impl Head {
    fn read(connection: &Connection) -> Result<Self, StoreError> {
        let schema = migrate::schema_version(connection)?;
        let last: Option<(i64, Vec<u8>)> = connection
            .query_row(
                "SELECT sequence, hash FROM leaf ORDER BY sequence DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let (sequence, last_hash) = last.map_or((-1, None), |(at, hash)| (at, Some(hash)));
        Ok(Self {
            schema,
            size: sequence.saturating_add(1),
            last_hash,
        })
    }
}

/// Copies the database beside itself, if a migration is due and there is evidence in it, and tells where the
/// copy is: one that an earlier attempt has left will do. An error means that nothing was changed.
pub(super) fn copy_if_older(
    connection: &Connection,
    path: &Path,
) -> Result<Option<PathBuf>, StoreError> {
    let schema = migrate::schema_version(connection)?;
    if schema == 0 || schema >= migrate::known_version() {
        return Ok(None);
    }
    let head = Head::read(connection)?;
    if head.size == 0 {
        return Ok(None);
    }
    let refused = |error: &dyn std::fmt::Display| StoreError::NotCopied {
        path: path.to_owned(),
        schema,
        reason: error.to_string(),
    };
    for number in 1..=COPIES_MAX {
        let target = name(path, schema, number);
        match copy(path, &target, schema) {
            Ok(true) => return Ok(Some(target)),
            // Another process has brought the database up to date meanwhile, and has its own copy.
            Ok(false) => return Ok(None),
            Err(CopyError::Exists(_)) if is_same(&target, &head) => return Ok(Some(target)),
            Err(CopyError::Exists(_)) => {}
            Err(error) => return Err(refused(&error)),
        }
    }
    let taken = name(path, schema, COPIES_MAX);
    Err(refused(&format_args!(
        "{} and those before it are there already; move them away",
        taken.display()
    )))
}

/// `optrail.db.schema-3`, then `optrail.db.schema-3-2` and so on.
pub(super) fn name(path: &Path, schema: i64, number: u32) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".schema-{schema}"));
    if number > 1 {
        name.push(format!("-{number}"));
    }
    PathBuf::from(name)
}

/// Whether the copy was made, and is of that schema.
fn copy(path: &Path, target: &Path, schema: i64) -> Result<bool, CopyError> {
    let draft = Draft::of(path, target)?;
    if migrate::schema_version(&open::to_copy(draft.path())?)? != schema {
        return Ok(false);
    }
    draft.put(target, MODE_PRIVATE)?;
    Ok(true)
}

/// Whether a file that is there already holds what a copy would.
fn is_same(target: &Path, head: &Head) -> bool {
    open::to_copy(target)
        .and_then(|there| Head::read(&there))
        .is_ok_and(|there| there == *head)
}
