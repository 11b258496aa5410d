//! The door to the databases of a directory: a lock on the directory, shared by those who come in to write, held
//! alone by who puts another file in the place of one.
//!
//! SQLite's locks are on the file, and its logs are found by name. A process that has opened the old file and not
//! locked it yet would write its log beside the new one, and SQLite would take that for the new one's. So whoever
//! opens to write holds the door until SQLite's own lock is held; after that, SQLite says that the file is in use.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::disk::directory_of;

/// How long to wait for those who come in: opening takes milliseconds, but for a migration.
const PATIENCE: Duration = Duration::from_secs(30);

/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Comes in together with any number of others, and waits while a file is put in its place. `None` where the
/// directory cannot be locked: nothing can be put in place there either, since [`close`] fails.
pub(super) fn enter(database: &Path) -> Option<File> {
    let directory = File::open(directory_of(database)).ok()?;
    directory.lock_shared().ok()?;
    Some(directory)
}

/// Keeps everybody out until it is dropped.
pub(super) fn close(database: &Path) -> io::Result<File> {
    let directory = File::open(directory_of(database))?;
    let begun = Instant::now();
    loop {
        match directory.try_lock() {
            Ok(()) => return Ok(directory),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::ResourceBusy.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn many_come_in_and_one_keeps_them_out() {
        let home = tempfile::tempdir().unwrap();
        let database = home.path().join("optrail.db");
        let inside = [enter(&database).unwrap(), enter(&database).unwrap()];
        let keeper = std::thread::spawn({
            let database = database.clone();
            move || close(&database)
        });
        std::thread::sleep(PAUSE);
        assert!(!keeper.is_finished());
        drop(inside);
        let closed = keeper.join().unwrap().unwrap();
        let comer = std::thread::spawn(move || enter(&database).is_some());
        std::thread::sleep(PAUSE);
        assert!(!comer.is_finished());
        drop(closed);
        assert!(comer.join().unwrap());
    }
}
