//! Putting a file in the place of a database. What is there is moved aside, never removed, and no log of one file
//! ever lies beside another: SQLite finds a log by the database's name, and would read one into the other.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use super::copy::{CopyError, Draft, MODE_PRIVATE, io_error};
use super::disk::{beside, logs_beside, sync_directory};
use super::{StoreError, disk, door, evidence, open};

/// How long to wait for other processes to let the database go.
const PATIENCE: Duration = Duration::from_secs(5);

/// How each file of SQLite begins (its file format, section 1.3).
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Files of a database: itself, and what SQLite keeps beside it.
const PARTS: [&str; 4] = ["", disk::WAL, disk::SHM, disk::JOURNAL];

/// The files that stand in a database's place: itself, and logs that a lost one has left.
pub fn present(database: &Path) -> Vec<PathBuf> {
    let itself = std::fs::symlink_metadata(database).is_ok();
    let itself = itself.then(|| database.to_owned());
    itself.into_iter().chain(logs_beside(database)).collect()
}

/// Leaves of a database that may be damaged, or none.
pub fn leaves_of(database: &Path) -> Option<i64> {
    if !has_header(database) {
        return None;
    }
    let connection = open::untrusted_of_any_age(database).ok()?;
    evidence::size(&connection).ok()
}

/// Gives the draft the name of the database. What stands there is moved to the name `aside`, with its logs; without
/// that name it is refused. An error leaves, or puts back, what was there.
pub fn place(draft: Draft, database: &Path, aside: Option<&Path>) -> Result<(), CopyError> {
    // Held until the new file has its name.
    let _door = door::close(database)
        .map_err(|error| io_error("lock the directory of", database, error))?;
    if present(database).is_empty() {
        // Says nothing of its own that a new file would be mixed with.
        return draft.put(database, MODE_PRIVATE);
    }
    let Some(aside) = aside else {
        return Err(CopyError::Exists(database.to_owned()));
    };
    for part in PARTS {
        let taken = beside(aside, part);
        if std::fs::symlink_metadata(&taken).is_ok() {
            return Err(CopyError::Exists(taken));
        }
    }
    // Held until it has its other name: nobody has it open.
    let _alone = close_log(database)?;
    let mut moved = Vec::new();
    let placed =
        move_all(database, aside, &mut moved).and_then(|()| draft.put(database, MODE_PRIVATE));
    if placed.is_err() {
        for (from, to) in moved.iter().rev() {
            // What cannot be put back lies where its name says what it is.
            let _ = std::fs::rename(to, from);
        }
        let _ = sync_directory(database);
    }
    placed
}

/// Renames every part that is there.
fn move_all(
    database: &Path,
    aside: &Path,
    moved: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<(), CopyError> {
    for part in PARTS {
        let (from, to) = (beside(database, part), beside(aside, part));
        if std::fs::symlink_metadata(&from).is_err() {
            continue;
        }
        std::fs::rename(&from, &to).map_err(|error| io_error("move away", &from, error))?;
        moved.push((from, to));
    }
    sync_directory(database).map_err(|error| io_error("sync the directory of", database, error))
}

/// Takes the log into the database and leaves it without one, so that who opened it a moment ago finds nothing that
/// he would look for by name; the connection keeps everybody else out. `None` where it is no database that SQLite
/// can read: nobody has it open then, and its files are moved as they are.
fn close_log(database: &Path) -> Result<Option<Connection>, CopyError> {
    // Beside an empty file, or one that it cannot read, SQLite removes a log.
    if !has_header(database) {
        return Ok(None);
    }
    let connection = match open::to_move(database) {
        Ok(connection) => connection,
        Err(StoreError::Missing(_) | StoreError::Foreign(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match close_log_of(&connection) {
        Ok(true) => Ok(Some(connection)),
        Ok(false) => Err(CopyError::InUse(database.to_owned())),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Ok(None),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Err(CopyError::InUse(database.to_owned()))
            }
            _ => Err(StoreError::from(error).into()),
        },
    }
}

/// Whether a file begins as SQLite's files do. No connection of this process may have it open: to close it here would
/// free their locks.
fn has_header(file: &Path) -> bool {
    let mut found = [0; HEADER.len()];
    let is_file = std::fs::metadata(file).is_ok_and(|found| found.is_file());
    is_file
        && File::open(file)
            .and_then(|mut file| file.read_exact(&mut found))
            .is_ok()
        && found == *HEADER
}

/// Whether the log is gone, and nobody else can read or write. Between the two nobody begins another log: who opens
/// to write stands before the door.
fn close_log_of(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(PATIENCE)?;
    // Where it fails, the log stays as it is.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(mode.eq_ignore_ascii_case("delete"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn database(path: &Path, mark: &str) -> Connection {
        let connection = open::create(path).unwrap().connection;
        connection
            .pragma_update(None, "wal_autocheckpoint", 0)
            .unwrap();
        connection
            .execute_batch(&format!(
                "INSERT INTO leaf (sequence, record, hash) VALUES (0, '{mark}', zeroblob(32))"
            ))
            .unwrap();
        connection
    }

    fn mark(path: &Path) -> String {
        open::read_only(path)
            .unwrap()
            .query_row("SELECT record FROM leaf", [], |row| row.get(0))
            .unwrap()
    }

    fn draft_of(path: &Path, target: &Path) -> Draft {
        Draft::beside(path, target).unwrap()
    }

    #[test]
    fn one_in_use_is_not_moved_and_one_with_a_log_is_moved_whole() {
        let home = tempfile::tempdir().unwrap();
        let (place_of, copy) = (home.path().join("x.db"), home.path().join("copy.db"));
        let aside = home.path().join("x.db.replaced");
        drop(database(&copy, "new"));
        let used = database(&place_of, "old");
        let refused = place(draft_of(&copy, &place_of), &place_of, None).unwrap_err();
        assert!(matches!(refused, CopyError::Exists(_)), "{refused}");
        let refused = place(draft_of(&copy, &place_of), &place_of, Some(&aside)).unwrap_err();
        assert!(matches!(refused, CopyError::InUse(_)), "{refused}");
        assert_eq!(mark(&place_of), "old");
        // As a process leaves it that is killed: with its log.
        for part in ["", "-wal", "-shm"] {
            std::fs::copy(
                beside(&place_of, part),
                home.path().join(format!("kept{part}")),
            )
            .unwrap();
        }
        drop(used);
        for part in ["", "-wal", "-shm"] {
            std::fs::copy(
                home.path().join(format!("kept{part}")),
                beside(&place_of, part),
            )
            .unwrap();
        }
        place(draft_of(&copy, &place_of), &place_of, Some(&aside)).unwrap();
        assert_eq!(
            (mark(&place_of), mark(&aside)),
            ("new".into(), "old".into())
        );
        let refused = place(draft_of(&copy, &place_of), &place_of, Some(&aside)).unwrap_err();
        assert!(matches!(refused, CopyError::Exists(_)), "{refused}");
        assert_eq!(mark(&place_of), "new");
    }

    #[test]
    fn what_is_no_database_is_moved_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let (place_of, copy) = (home.path().join("x.db"), home.path().join("copy.db"));
        drop(database(&copy, "new"));
        for (number, content) in [
            &b"garbage, and long enough to be read as a head".repeat(20)[..],
            b"",
        ]
        .into_iter()
        .enumerate()
        {
            let aside = home.path().join(format!("x.db.replaced-{number}"));
            let _ = std::fs::remove_file(&place_of);
            std::fs::write(&place_of, content).unwrap();
            std::fs::write(beside(&place_of, "-wal"), "a log").unwrap();
            assert_eq!(present(&place_of).len(), 2);
            place(draft_of(&copy, &place_of), &place_of, Some(&aside)).unwrap();
            assert_eq!(std::fs::read(&aside).unwrap(), content);
            assert!(!beside(&place_of, "-wal").exists());
            assert_eq!(std::fs::read(beside(&aside, "-wal")).unwrap(), b"a log");
            assert_eq!(mark(&place_of), "new");
        }
    }

    #[test]
    fn a_log_without_its_database_is_in_the_way_too() {
        let home = tempfile::tempdir().unwrap();
        let (place_of, copy) = (home.path().join("x.db"), home.path().join("copy.db"));
        drop(database(&copy, "new"));
        std::fs::write(beside(&place_of, "-wal"), "a log").unwrap();
        assert!(open::create(&place_of).is_err());
        assert!(place(draft_of(&copy, &place_of), &place_of, None).is_err());
        let aside = home.path().join("aside");
        place(draft_of(&copy, &place_of), &place_of, Some(&aside)).unwrap();
        assert_eq!(std::fs::read(beside(&aside, "-wal")).unwrap(), b"a log");
        assert_eq!(mark(&place_of), "new");
    }
}
