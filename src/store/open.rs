//! Opening the database: who may create it, and the settings that every connection gets.
//!
//! The settings are those under which no acknowledged commit was lost in simulated power cuts:
//! WAL with `synchronous=EXTRA` (the same calls as FULL in WAL, and safe if the file system made SQLite
//! fall back to a rollback journal).

use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, OpenFlags};

use super::identity::{self, Identity};
use super::{StoreError, before, disk, evidence, migrate, untrusted, views};

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
    if !path.exists() {
        if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(|error| opening(path, &error))?;
        }
        make(path)?;
    }
    prepare(path, Begun::Finished)
}

/// Makes the file under a name of its own and gives it its name once it is whole: of several processes that
/// find none, one makes it and the others use that, and none ever meets half a schema.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{:016x}.new", fastrand::u64(..)));
    let draft = path.with_file_name(name);
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(|error| opening(path, &error))
        .and_then(|_| fill(&draft))
        .and_then(|()| match disk::put_new(&draft, path) {
            // Another process was faster.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            put => put.map_err(|error| opening(path, &error)),
        });
    // Whatever came of it: the file has its other name by now, or is of no use.
    let _ = std::fs::remove_file(&draft);
    made
}

/// Prepares an empty file and closes it, so that no log of it is left beside it.
fn fill(draft: &Path) -> Result<(), StoreError> {
    let opened = prepare(draft, Begun::Finished)?;
    opened
        .connection
        .close()
        .map_err(|(_, error)| opening(draft, &error))
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
    disk::sync_directory(path).map_err(|error| opening(path, &error))?;
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
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, |_| Ok(()))?;
    to_read(connection, path)
}

/// The same as [`read_only`] for a file that anybody may have made. What it may ask of SQLite is bounded, and
/// views are not read: a hostile one ends in an error. Lowers the memory that SQLite may take, for as long as
/// the process lives.
pub fn untrusted(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, untrusted::bound)?;
    let connection = to_read(connection, path)?;
    migrate::refuse_older(&connection, path)?;
    Ok(connection)
}

/// Opens a database of any age to be copied: what reads only may not write the copy either. It may attach,
/// and so it is handed to nobody.
pub(super) fn to_copy(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, |_| Ok(()))?;
    refuse_unreadable(&connection, path)?;
    Ok(connection)
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
        Some(rusqlite::ErrorCode::ReadOnly) => opening(
            path,
            &"it lies where nothing can be written, and reading too needs a lock file beside it; copy it to a directory of yours",
        ),
        Some(rusqlite::ErrorCode::CannotOpen) => opening(
            path,
            &"it cannot be opened; is it a file that this user may read and write?",
        ),
        _ => opening(path, error),
    }
}

pub(super) fn opening(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Open {
        path: path.to_owned(),
        reason: error.to_string(),
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
    let file = std::path::absolute(path).map_err(|error| opening(path, &error))?;
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
    })
}

/// Outside migrations nobody drops, alters or attaches anything, or changes evidence.
fn guard_evidence(context: AuthContext<'_>) -> Authorization {
    let is_evidence = |table: &str| evidence::TABLES.contains(&table);
    match context.action {
        AuthAction::Update { table_name, .. } | AuthAction::Delete { table_name }
            if is_evidence(table_name) =>
        {
            Authorization::Deny
        }
        AuthAction::DropTable { .. }
        | AuthAction::DropTrigger { .. }
        | AuthAction::DropIndex { .. }
        | AuthAction::AlterTable { .. }
        | AuthAction::Attach { .. } => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_not_made_by_accident() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("no.db");
        assert!(matches!(for_writing(&path), Err(StoreError::Missing(_))));
        assert!(matches!(read_only(&path), Err(StoreError::Missing(_))));
        assert!(!path.exists());
    }

    #[test]
    fn a_new_database_is_for_its_owner_only_and_opens_again() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("sub/optrail.db");
        drop(create(&path).unwrap());
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let directory = path.parent().unwrap();
        assert_eq!(
            std::fs::metadata(directory).unwrap().permissions().mode() & 0o777,
            0o700
        );
        drop(create(&path).unwrap());
        let reader = read_only(&path).unwrap();
        let through: i64 = reader
            .query_row("SELECT derived_through FROM derivation", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(through, -1);
    }

    #[test]
    fn many_may_make_it_at_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        let makers: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || create(&path).map(drop))
            })
            .collect();
        for maker in makers {
            maker.join().unwrap().unwrap();
        }
        let left: Vec<_> = std::fs::read_dir(home.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name.to_string_lossy().starts_with('.'))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn an_empty_file_whose_maker_died_is_made_whole() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        assert!(matches!(read_only(&path), Err(StoreError::Unfinished(_))));
        assert!(matches!(for_writing(&path), Err(StoreError::Unfinished(_))));
        drop(create(&path).unwrap());
        read_only(&path).unwrap();
    }

    #[test]
    fn an_empty_file_is_made_a_database_on_purpose_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        std::fs::write(&path, "").unwrap();
        assert!(matches!(for_writing(&path), Err(StoreError::Unfinished(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        assert_eq!(create(&path).unwrap().migrated, None);
        drop(for_writing(&path).unwrap());
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("real.db"), home.path().join("link.db"));
        std::os::unix::fs::symlink(&real, &link).unwrap();
        for refused in [create(&link), for_writing(&link)] {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains("symbolic link"), "{error}");
        }
        assert!(!real.exists());
        drop(create(&real).unwrap());
        read_only(&link).unwrap();
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let socket = home.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, said) in [
            (pipe.as_path(), "a pipe"),
            (&socket, "a socket"),
            (Path::new("/dev/null"), "a device"),
            (home.path(), "a directory"),
        ] {
            for refused in [
                read_only(path),
                untrusted(path),
                for_writing(path).map(|opened| opened.connection),
            ] {
                let error = refused.unwrap_err().to_string();
                assert!(error.contains(said), "{error}");
            }
        }
    }

    #[test]
    fn foreign_files_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let text = home.path().join("text.db");
        std::fs::write(
            &text,
            "not a database, but long enough to look at".repeat(40),
        )
        .unwrap();
        assert!(matches!(create(&text), Err(StoreError::Foreign(_))));
        let other = home.path().join("other.db");
        Connection::open(&other)
            .unwrap()
            .execute_batch("CREATE TABLE t (a)")
            .unwrap();
        assert!(matches!(create(&other), Err(StoreError::Foreign(_))));
    }

    #[test]
    fn evidence_can_be_neither_changed_nor_removed() {
        let home = tempfile::tempdir().unwrap();
        let connection = create(&home.path().join("optrail.db")).unwrap().connection;
        connection
            .execute(
                "INSERT INTO leaf (sequence, record, hash) VALUES (0, '{}', zeroblob(32))",
                [],
            )
            .unwrap();
        for statement in [
            "UPDATE leaf SET record = 'x'",
            "DELETE FROM leaf",
            "REPLACE INTO leaf (sequence, record, hash) VALUES (0, 'x', zeroblob(32))",
            "DROP TRIGGER leaf_is_append_only_update",
            "DROP TABLE leaf",
            "ALTER TABLE leaf RENAME TO other",
            "ATTACH ':memory:' AS other",
        ] {
            assert!(connection.execute_batch(statement).is_err(), "{statement}");
        }
        let record: String = connection
            .query_row("SELECT record FROM leaf", [], |row| row.get(0))
            .unwrap();
        assert_eq!(record, "{}");
    }
}
