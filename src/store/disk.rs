//! Room on a disk, and making names durable.

use std::error::Error;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Room that a run needs before it calls anybody: evidence of some 100,000 unchanged answers, and what
/// SQLite wants besides for its log. With less, the first large listing could not be kept.
pub const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// What SQLite appends to a database's name for files that hold a part of its content: write-ahead log, rollback
/// journal.
pub const WAL: &str = "-wal";
/// As above.
pub const JOURNAL: &str = "-journal";
/// What it appends for the index of the write-ahead log, which holds nothing of its own.
pub const SHM: &str = "-shm";

/// Bytes that this user may still write where `file` lies, or would; `None` where the system does not say.
pub fn free_bytes(file: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(directory_of(file)).ok()?;
    stat.f_bavail.checked_mul(stat.f_frsize)
}

/// Whether an error, or what caused it, tells that a disk failed or is full.
pub(super) fn is_of_disk(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if is_disk_itself(error) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn is_disk_itself(error: &(dyn Error + 'static)) -> bool {
    use rusqlite::ErrorCode;
    use rustix::io::Errno;
    if let Some(error) = error.downcast_ref::<io::Error>() {
        let of_system = [Errno::IO, Errno::NOSPC, Errno::DQUOT, Errno::FBIG];
        return Errno::from_io_error(error).is_some_and(|errno| of_system.contains(&errno));
    }
    let of_sqlite = error.downcast_ref::<rusqlite::Error>();
    matches!(
        of_sqlite.and_then(rusqlite::Error::sqlite_error_code),
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure)
    )
}

/// The directory in which a file lies, or would.
pub fn directory_of(file: &Path) -> &Path {
    file.parent()
        .filter(|directory| !directory.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes the directory entry of a file durable.
pub(super) fn sync_directory(file: &Path) -> io::Result<()> {
    File::open(directory_of(file)).and_then(|directory| directory.sync_all())
}

/// A file beside another: its name with `suffix` appended.
pub fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Bytes of a file; 0 where there is none.
pub fn bytes_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |found| found.len())
}

/// Bytes of the write-ahead log of a database; 0 where there is none.
pub fn log_bytes(database: &Path) -> u64 {
    bytes_of(&beside(database, WAL))
}

/// Files beside a database that SQLite reads together with it, those that are there.
pub(super) fn logs_beside(database: &Path) -> Vec<PathBuf> {
    let logs = [WAL, JOURNAL]
        .into_iter()
        .map(|suffix| beside(database, suffix));
    logs.filter(|log| std::fs::symlink_metadata(log).is_ok())
        .collect()
}

/// Gives a whole file its name, unless that is taken (`AlreadyExists`); its name until now is left for the
/// caller to remove.
pub(super) fn put_new(draft: &Path, path: &Path) -> io::Result<()> {
    match std::fs::hard_link(draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // A file system without links.
        Err(_) if std::fs::symlink_metadata(path).is_err() => std::fs::rename(draft, path),
        put => put,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_room() {
        let home = tempfile::tempdir().unwrap();
        assert!(free_bytes(&home.path().join("x.db")).unwrap() > 0);
        assert_eq!(free_bytes(Path::new("/no/such/directory/x.db")), None);
        assert!(free_bytes(Path::new("x.db")).is_some());
    }

    #[test]
    fn a_name_that_is_taken_stays() {
        let home = tempfile::tempdir().unwrap();
        let (draft, path) = (home.path().join("draft"), home.path().join("x.db"));
        std::fs::write(&draft, "new").unwrap();
        put_new(&draft, &path).unwrap();
        std::fs::write(&draft, "newer").unwrap();
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        let error = put_new(&draft, &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn errors_of_the_disk_are_told_from_others() {
        assert!(is_of_disk(&io::Error::from(rustix::io::Errno::NOSPC)));
        assert!(!is_of_disk(&io::Error::from(io::ErrorKind::NotFound)));
        let of_sqlite =
            |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        assert!(is_of_disk(&of_sqlite(rusqlite::ffi::SQLITE_FULL)));
        assert!(is_of_disk(&of_sqlite(rusqlite::ffi::SQLITE_IOERR_WRITE)));
        assert!(!is_of_disk(&of_sqlite(rusqlite::ffi::SQLITE_CORRUPT)));
    }
}
