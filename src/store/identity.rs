//! Which file this is: a database of ours, a snapshot of one, or something that is not to be touched.

use std::fs::FileType;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rusqlite::Connection;

use super::StoreError;
use super::open::{failing, opening, refused};

/// Marks the file as ours (`PRAGMA application_id`, bytes 68..72 of the file): "optr".
pub const APPLICATION_ID: i64 = 0x6f70_7472;

/// Marks a copy that is only read: "opts".
pub const SNAPSHOT_APPLICATION_ID: i64 = 0x6f70_7473;

/// What a file is by its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// An empty file, which may become ours.
    Empty,
    /// A database.
    Database,
    /// A copy that is only read.
    Snapshot,
}

/// Reads the mark. A file that is not ours is an error.
pub(super) fn of(connection: &Connection, path: &Path) -> Result<Identity, StoreError> {
    match mark(connection).map_err(|error| refused(path, &error))? {
        APPLICATION_ID => return Ok(Identity::Database),
        SNAPSHOT_APPLICATION_ID => return Ok(Identity::Snapshot),
        0 => {}
        _ => return Err(StoreError::Foreign(path.to_owned())),
    }
    let objects: i64 = connection
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name <> 'refinery_schema_history'",
            [],
            |row| row.get(0),
        )
        .map_err(|error| refused(path, &error))?;
    if objects == 0 {
        Ok(Identity::Empty)
    } else {
        Err(StoreError::Foreign(path.to_owned()))
    }
}

/// Whether this is a snapshot.
pub fn is_snapshot(connection: &Connection) -> Result<bool, StoreError> {
    Ok(mark(connection)? == SNAPSHOT_APPLICATION_ID)
}

fn mark(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "application_id", |row| row.get(0))
}

/// Refuses what is no plain file, before anything opens it: to open a pipe is to wait for its other end, and
/// a device may do anything. A symbolic link is followed.
pub(super) fn refuse_no_file(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) => Err(opening(path, &kind(found.file_type()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StoreError::Missing(path.to_owned()))
        }
        Err(error) => Err(failing(path, &error)),
    }
}

/// Refuses a symbolic link where something is made or written: who may turn the link decides which file that
/// is, and what lies beside it is looked for in two places.
pub(super) fn refuse_link(path: &Path) -> Result<(), StoreError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(opening(
            path,
            &"it is a symbolic link, and nothing is written through one; name the file that it points to",
        )),
        _ => Ok(()),
    }
}

fn kind(found: FileType) -> &'static str {
    if found.is_dir() {
        "it is a directory; name a file in it"
    } else if found.is_fifo() {
        "it is a pipe, and no file"
    } else if found.is_socket() {
        "it is a socket, and no file"
    } else {
        "it is a device, and no file"
    }
}
