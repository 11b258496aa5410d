//! A copy for analysts: one plain file that anybody may be given to read, and that no command writes to.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::copy::{CopyError, Draft, MODE_PRIVATE};
use super::identity::SNAPSHOT_APPLICATION_ID;
use super::{StoreError, open};

/// Whether the exact answers go into a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// They do.
    Kept,
    /// They do not; leaves and derived rows do.
    LeftOut,
}

/// Makes a snapshot of a database (or of a snapshot) of this program's schema, where `target` will be.
pub fn draft(database: &Path, target: &Path, bodies: Bodies) -> Result<Draft, CopyError> {
    // Nobody could bring a snapshot of an older schema up to date.
    drop(open::read_only(database)?);
    let marked = |draft: Draft| -> Result<Draft, CopyError> {
        mark(draft.path(), bodies).map_err(|error| CopyError::Failed {
            database: database.to_owned(),
            path: target.to_owned(),
            source: error.into(),
        })?;
        draft.sync(MODE_PRIVATE)?;
        Ok(draft)
    };
    let whole = marked(Draft::of(database, target)?)?;
    match bodies {
        Bodies::Kept => Ok(whole),
        // Copied once more: pages that are free now still hold what was in them.
        Bodies::LeftOut => Draft::of(whole.path(), target),
    }
}

/// Marks a copy, and removes the bodies if they are to be left out. Their numbers stay in the leaves, and
/// refer to nothing. A connection of its own: no other may delete evidence.
fn mark(copy: &Path, bodies: Bodies) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags)?;
    // Of a copy that is not finished nothing has to survive.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    if bodies == Bodies::LeftOut {
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.execute("DELETE FROM body_template", [])?;
    }
    connection.pragma_update(None, "application_id", SNAPSHOT_APPLICATION_ID)?;
    connection.close().map_err(|(_, error)| error)
}

/// Whether bodies were left out of this file: it is a snapshot, leaves refer to bodies, and none is there.
pub fn lacks_bodies(connection: &Connection) -> Result<bool, StoreError> {
    let is_empty: bool = connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM body_template)
             AND EXISTS (SELECT 1 FROM leaf WHERE template_id IS NOT NULL)",
        [],
        |row| row.get(0),
    )?;
    Ok(is_empty && super::identity::is_snapshot(connection)?)
}
