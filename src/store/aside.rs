//! A private database in which everything derived is made again, to be compared with the one that is kept.

use rusqlite::Connection;

use super::{StoreError, migrate, open};

/// An empty database with the newest schema, on disk and without a name: SQLite removes it when it is
/// closed. Derived rows refer to evidence that stays in the other file, so foreign keys are off, and
/// nothing of it has to survive, so it is not synced.
pub fn open_aside() -> Result<Connection, StoreError> {
    let mut connection = Connection::open("")?;
    open::settle(&connection)?;
    migrate::run(&mut connection, std::path::Path::new("(aside)"))?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    Ok(connection)
}
