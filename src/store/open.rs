//! Opening the database: who may create it, and the settings that every connection gets.
//!
//! The settings are those under which no acknowledged commit was lost in simulated power cuts:
//! WAL with `synchronous=EXTRA` (the same calls as FULL in WAL, and safe if the file system made SQLite
//! fall back to a rollback journal).

use std::error::Error;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, OpenFlags};

use super::identity::{self, Identity};
use super::{StoreError, before, directory, disk, door, evidence, migrate, untrusted, views};

pub use super::identity::{APPLICATION_ID, SNAPSHOT_APPLICATION_ID};

/// How long a connection waits for another's write transaction. `watch` and `stop` write while a
/// collector runs; its transactions take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Statements kept prepared; more than the writer has.
const STATEMENT_CACHE: usize = 128;

/// A database open for writing.
#[derive(Debug)]
pub struct Opened {
    /// The connection.
    pub connection: Connection,
    /// What was done to an older file.
    pub migrated: Option<Migrated>,
}

/// A schema that was brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The schema until then.
    pub from: i64,
    /// The schema from then on: the newest.
    pub to: i64,
    /// The copy of the file as it was; `None` where it held no evidence, or another process has made it.
    pub copy: Option<PathBuf>,
}

/// Opens the database for writing; creates and migrates it where there is none yet.
pub fn create(path: &Path) -> Result<Opened, StoreError> {
    identity::refuse_link(path)?;
    // One that is being replaced is not missing.
    let _door = door::enter(path);
    if !path.exists() {
        if let Some(above) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
            directory::make(above, 0o700).map_err(|error| StoreError::Open {
                path: path.to_owned(),
                reason: format!("its directory {} cannot be made: {error}", above.display()),
                is_of_disk: disk::is_of_disk(&error),
            })?;
        }
        make(path)?;
    }
    prepare(path, Begun::Finished)
}

/// Makes the file under a name of its own and gives it its name once it is whole: of several processes that
/// find none, one makes it and the others use that, and none ever meets half a schema.
fn make(path: &Path) -> Result<(), StoreError> {
    refuse_orphans(path)?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{:016x}.new", fastrand::u64(..)));
    let draft = path.with_file_name(name);
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(|error| failing(path, &error))
        .and_then(|_| fill(&draft))
        .and_then(|()| match disk::put_new(&draft, path) {
            // Another process was faster.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            put => put.map_err(|error| failing(path, &error)),
        });
    // Whatever came of it: the file has its other name by now, or is of no use.
    let _ = std::fs::remove_file(&draft);
    made
}

/// Refuses to make a database beside the log of one that is gone: SQLite would take it for that of the new one.
fn refuse_orphans(path: &Path) -> Result<(), StoreError> {
    match disk::logs_beside(path).first() {
        None => Ok(()),
        Some(orphan) => Err(opening(
            path,
            &format_args!(
                "there is no such file, and {} is what a lost one has left, with what was recorded last; put the database back, or move that file away",
                orphan.display()
            ),
        )),
    }
}

/// Prepares an empty file and closes it, so that no log of it is left beside it.
fn fill(draft: &Path) -> Result<(), StoreError> {
    let opened = prepare(draft, Begun::Finished)?;
    opened
        .connection
        .close()
        .map_err(|(_, error)| failing(draft, &error))
}

/// Opens an existing database for writing, and migrates an older one, of which a copy is kept beside it. An
/// empty file is no database: it is refused, so that no log begins where another was lost.
pub fn for_writing(path: &Path) -> Result<Opened, StoreError> {
    prepare(path, Begun::Refused)
}

/// What is done with a file that has been begun and has no tables yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    Finished,
    Refused,
}

fn prepare(path: &Path, begun: Begun) -> Result<Opened, StoreError> {
    identity::refuse_link(path)?;
    // Until SQLite holds its own lock, which it does from the change to WAL on until the file is closed.
    let _door = door::enter(path);
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, |_| Ok(()))?;
    let found = identity::of(&connection, path)?;
    if found == Identity::Snapshot {
        return Err(StoreError::Snapshot(path.to_owned()));
    }
    if begun == Begun::Refused {
        migrate::refuse_unfinished(&connection, path)?;
    }
    migrate::refuse_newer(&connection, path)?;
    let copy = before::copy_if_older(&connection, path)?;
    set_durable(&connection, path)?;
    if found == Identity::Empty {
        // Before the first table: a file with tables and without the mark is somebody else's.
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    let from = migrate::run(&mut connection, path)?;
    views::install(&mut connection)?;
    // Asked again after a committed write: an injected fsync error once made SQLite answer "wal" and
    // go on in rollback mode.
    require_wal(&connection, path)?;
    // SQLite ignores a failure of its own attempt.
    disk::sync_directory(path).map_err(|error| failing(path, &error))?;
    connection.authorizer(Some(guard_evidence))?;
    let migrated = from.map(|from| Migrated {
        from,
        to: migrate::known_version(),
        copy,
    });
    Ok(Opened {
        connection,
        migrated,
    })
}

/// Opens an existing database for reading only. One of an older schema is refused: the questions of this
/// program are about tables and views that it lacks.
pub fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let connection = read_only_of_any_age(path)?;
    migrate::refuse_older(&connection, path)?;
    Ok(connection)
}

/// Whether [`for_writing`] would leave schema and views as they are.
pub fn is_current(path: &Path) -> Result<bool, StoreError> {
    let connection = read_only_of_any_age(path)?;
    Ok(
        migrate::schema_version(&connection)? == migrate::known_version()
            && views::are_current(&connection)?,
    )
}

/// The same as [`read_only`] for who asks about nothing that younger schemas have brought.
pub fn read_only_of_any_age(path: &Path) -> Result<Connection, StoreError> {
    roll_back(path);
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, |_| Ok(()))?;
    to_read(connection, path)
}

/// The same as [`read_only`] for a file that anybody may have made. What it may ask of SQLite is bounded, and
/// views are not read: a hostile one ends in an error. Lowers the memory that SQLite may take, for as long as
/// the process lives.
pub fn untrusted(path: &Path) -> Result<Connection, StoreError> {
    let connection = untrusted_of_any_age(path)?;
    migrate::refuse_older(&connection, path)?;
    Ok(connection)
}

/// The same for who asks about nothing that younger schemas have brought.
pub fn untrusted_of_any_age(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, untrusted::bound)?;
    to_read(connection, path)
}

/// Opens a database of any age to be copied: what reads only may not write the copy either. It may attach,
/// and so it is handed to nobody.
pub(super) fn to_copy(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, |_| Ok(()))?;
    refuse_unreadable(&connection, path)?;
    Ok(connection)
}

/// The same for a file that anybody may have made.
pub(super) fn untrusted_to_copy(path: &Path) -> Result<Connection, StoreError> {
    let access = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = connect(path, access, untrusted::bound_to_copy)?;
    refuse_unreadable(&connection, path)?;
    Ok(connection)
}

/// Opens a file that is about to be moved, whatever it is.
pub(super) fn to_move(path: &Path) -> Result<Connection, StoreError> {
    identity::refuse_link(path)?;
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, |_| Ok(()))
}

/// Refuses a snapshot, for who is about to write: said before anything is locked or asked.
pub fn refuse_snapshot(path: &Path) -> Result<(), StoreError> {
    if identity::is_snapshot(&read_only_of_any_age(path)?)? {
        return Err(StoreError::Snapshot(path.to_owned()));
    }
    Ok(())
}

fn to_read(connection: Connection, path: &Path) -> Result<Connection, StoreError> {
    refuse_unreadable(&connection, path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn refuse_unreadable(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    if identity::of(connection, path)? == Identity::Empty {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    migrate::refuse_newer(connection, path)?;
    migrate::refuse_unfinished(connection, path)
}

pub(super) fn refused(path: &Path, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => StoreError::Foreign(path.to_owned()),
        Some(rusqlite::ErrorCode::ReadOnly) if disk::beside(path, disk::JOURNAL).exists() => {
            opening(
                path,
                &"a process died while it wrote to it, and what it had begun must be undone first; `optrail status` with this file does",
            )
        }
        Some(rusqlite::ErrorCode::ReadOnly) => opening(
            path,
            &"it lies where nothing can be written, and reading too needs a lock file beside it; copy it to a directory of yours",
        ),
        Some(rusqlite::ErrorCode::CannotOpen) => opening(
            path,
            &"it cannot be opened; is it a file that this user may read and write?",
        ),
        _ => failing(path, error),
    }
}

pub(super) fn opening(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Open {
        path: path.to_owned(),
        reason: error.to_string(),
        is_of_disk: false,
    }
}

/// The same where the system or SQLite says why: that may be the disk.
pub(super) fn failing(path: &Path, error: &(dyn Error + 'static)) -> StoreError {
    StoreError::Open {
        path: path.to_owned(),
        reason: error.to_string(),
        is_of_disk: disk::is_of_disk(error),
    }
}

/// Lets SQLite undo what a process had begun that died while it took the file into or out of WAL mode: a connection
/// that only reads refuses the journal of that. What hinders it hinders the reader, too, and is told there.
fn roll_back(path: &Path) {
    // Where SQLite keeps what must be undone in a file that is not in WAL mode.
    if !disk::beside(path, disk::JOURNAL).exists() {
        return;
    }
    let undone = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, |_| Ok(()))
        .and_then(|connection| migrate::schema_version(&connection));
    if let Err(error) = undone {
        tracing::debug!(%error, "the journal beside the database stays");
    }
}

/// Opens a file; `bound` sets limits before anything of it is read.
fn connect(
    path: &Path,
    access: OpenFlags,
    bound: fn(&Connection) -> rusqlite::Result<()>,
) -> Result<Connection, StoreError> {
    identity::refuse_no_file(path)?;
    // Absolute: SQLite reads a name that begins with `file:` in its own way.
    let file = std::path::absolute(path).map_err(|error| failing(path, &error))?;
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(file, flags).map_err(|error| refused(path, &error))?;
    bound(&connection)
        .and_then(|()| settle(&connection))
        .map_err(|error| refused(path, &error))?;
    Ok(connection)
}

/// The settings that every connection gets.
pub(super) fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Without it a statement whose plan looked at a bound value is prepared again at each use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Else REPLACE walks round the triggers that guard evidence.
    connection.pragma_update(None, "recursive_triggers", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    Ok(())
}

fn set_durable(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(|error| refused(path, &error))?;
    require_wal(connection, path)
}

fn require_wal(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    let reason = format!(
        "its file system does not carry write-ahead logging (journal mode is {mode}); keep it on a local disk"
    );
    Err(StoreError::Open {
        path: path.to_owned(),
        reason,
        is_of_disk: false,
    })
}

/// Outside migrations, and before it views are put in place, nobody drops, alters or attaches anything, or changes
/// evidence.
fn guard_evidence(context: AuthContext<'_>) -> Authorization {
    let is_evidence = |table: &str| evidence::TABLES.contains(&table);
    match context.action {
        AuthAction::Update { table_name, .. } | AuthAction::Delete { table_name }
            if is_evidence(table_name) =>
        {
            Authorization::Deny
        }
        AuthAction::DropTable { .. }
        | AuthAction::DropView { .. }
        | AuthAction::DropTrigger { .. }
        | AuthAction::DropIndex { .. }
        | AuthAction::AlterTable { .. }
        | AuthAction::Attach { .. } => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

#[cfg(test)]
mod tests;
