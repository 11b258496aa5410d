//! A consistent copy of a database that may be in use, in a file that appears wholly or not at all.
//!
//! SQLite makes it (`VACUUM INTO`), from one state between two transactions. Never are the bytes of a live
//! file read past SQLite: to close such a file frees the locks that this process holds on it. The copy is
//! one plain file without a log beside it.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};

use super::disk::{
    FREE_BYTES_MIN, JOURNAL, SHM, WAL, beside, directory_of, free_bytes, put_new, sync_directory,
};
use super::{StoreError, before, migrate, open};

/// Rights of a copy until it is given others: its owner's alone.
pub const MODE_PRIVATE: u32 = 0o600;

/// Why there is no copy. Whatever the reason, nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The name is taken.
    #[error("{} is there already, and is never replaced; name a file that is not there", .0.display())]
    Exists(PathBuf),
    /// Another process has the database open.
    #[error("{} is in use by another process; stop whatever uses it, and try again", .0.display())]
    InUse(PathBuf),
    /// The disk has not the room.
    #[error(
        "{} would need {needed} bytes, and {free} are free there; make room or name a file on another disk",
        .path.display()
    )]
    NoRoom {
        /// The file to be.
        path: PathBuf,
        /// What has to be free, bytes.
        needed: u64,
        /// What is, bytes.
        free: u64,
    },
    /// The file system refused.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The database cannot be read, or the copy not written.
    #[error("cannot copy {} to {}: {source}", .database.display(), .path.display())]
    Failed {
        /// The database.
        database: PathBuf,
        /// The file to be.
        path: PathBuf,
        /// What SQLite said.
        source: StoreError,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CopyError {
    /// Whether the database itself is damaged.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Failed { source, .. } | Self::Store(source) => source.is_damage(),
            _ => false,
        }
    }
}

/// A copy under a temporary name in the directory where it will be, synced. Dropped before it is
/// [`put`](Self::put), it is removed.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
}

impl Draft {
    /// Copies `database` to where `target` will be.
    pub fn of(database: &Path, target: &Path) -> Result<Self, CopyError> {
        refuse_taken(target)?;
        Self::from(open::to_copy(database)?, database, target)
    }

    /// The same of a file that anybody may have made, beside a name that may be taken.
    pub fn beside(file: &Path, target: &Path) -> Result<Self, CopyError> {
        Self::from(open::untrusted_to_copy(file)?, file, target)
    }

    fn from(source: Connection, database: &Path, target: &Path) -> Result<Self, CopyError> {
        let draft = Self::new(target)?;
        let failed = |source: rusqlite::Error| CopyError::Failed {
            database: database.to_owned(),
            path: target.to_owned(),
            source: source.into(),
        };
        let bytes = size_bytes(&source).map_err(failed)?;
        refuse_without_room(database, target, bytes)?;
        source
            .execute("VACUUM INTO ?1", [PathText(&draft.path)])
            .map_err(failed)?;
        // An error of the machine that shows at the end only.
        source
            .close()
            .map_err(|(_, error)| failed(error))
            .and_then(|()| draft.sync(MODE_PRIVATE))?;
        Ok(draft)
    }

    /// Where it lies until it has its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name and its rights. A name that is taken is refused.
    pub fn put(self, target: &Path, mode: u32) -> Result<(), CopyError> {
        self.sync(mode)?;
        put_new(&self.path, target).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CopyError::Exists(target.to_owned()),
            _ => io_error("give its name to", target, error),
        })?;
        remove(&self.path);
        sync_directory(target).map_err(|error| io_error("sync the directory of", target, error))
    }

    /// An empty file that was not there, not even as a link. No other user can guess or open it.
    fn new(target: &Path) -> Result<Self, CopyError> {
        // Absolute: SQLite reads a name that begins with `file:` in its own way.
        let beside =
            std::path::absolute(target).map_err(|error| io_error("find", target, error))?;
        let name = format!(".optrail-{:016x}.tmp", fastrand::u64(..));
        let path = beside.with_file_name(name);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE_PRIVATE)
            .open(&path)
            .map_err(|error| io_error("make a file beside", target, error))?;
        Ok(Self { path })
    }

    /// Makes content and rights durable. SQLite has no connection to the file any more: to close it here
    /// frees nobody's locks.
    pub(super) fn sync(&self, mode: u32) -> Result<(), CopyError> {
        File::open(&self.path)
            .and_then(|file| {
                file.set_permissions(Permissions::from_mode(mode))?;
                file.sync_all()
            })
            .map_err(|error| io_error("sync", &self.path, error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        remove(&self.path);
        for part in [JOURNAL, WAL, SHM] {
            remove(&beside(&self.path, part));
        }
        // Where the draft was migrated, the migration has kept it as it was, of which nobody knows.
        for schema in 1..migrate::known_version() {
            remove(&before::name(&self.path, schema, 1));
        }
    }
}

/// Removes a file that may be gone. Where that fails nothing else can be done, and its name says what it is.
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

/// A path as the text that SQLite takes for a file name.
struct PathText<'a>(&'a Path);

impl ToSql for PathText<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes = self.0.as_os_str().as_bytes();
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(bytes)))
    }
}

/// Said before anything is read; [`put_new`] holds it against a file that appears meanwhile.
fn refuse_taken(target: &Path) -> Result<(), CopyError> {
    match std::fs::symlink_metadata(target) {
        Ok(_) => Err(CopyError::Exists(target.to_owned())),
        Err(_) => Ok(()),
    }
}

/// What a copy will have at most: pages that are not free, those in the log too.
fn size_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let read = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = read("page_count")?.saturating_sub(read("freelist_count")?);
    Ok(pages
        .saturating_mul(read("page_size")?)
        .max(0)
        .unsigned_abs())
}

/// On the disk of the database a copy leaves the room that the next run needs.
fn refuse_without_room(database: &Path, target: &Path, bytes: u64) -> Result<(), CopyError> {
    let device = |path: &Path| std::fs::metadata(path).ok().map(|found| found.dev());
    let spared = if device(database) == device(directory_of(target)) {
        FREE_BYTES_MIN
    } else {
        0
    };
    let needed = bytes.saturating_add(spared);
    match free_bytes(target) {
        Some(free) if free < needed => Err(CopyError::NoRoom {
            path: target.to_owned(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}

pub(super) fn io_error(doing: &'static str, path: &Path, source: io::Error) -> CopyError {
    CopyError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn room_is_asked_for_before_anything_is_written() {
        let home = tempfile::tempdir().unwrap();
        let database = home.path().join("optrail.db");
        drop(open::create(&database).unwrap());
        let target = home.path().join("copy.db");
        refuse_without_room(&database, &target, 0).unwrap();
        let free = free_bytes(&target).unwrap();
        let refused = refuse_without_room(&database, &target, free).unwrap_err();
        // On the same disk a run must still have its room.
        assert!(
            matches!(refused, CopyError::NoRoom { needed, .. } if needed == free + FREE_BYTES_MIN),
            "{refused}"
        );
    }

    #[test]
    fn a_draft_that_is_dropped_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let database = home.path().join("optrail.db");
        drop(open::create(&database).unwrap());
        let target = home.path().join("copy.db");
        let draft = Draft::of(&database, &target).unwrap();
        let path = draft.path().to_owned();
        assert!(path.exists() && !target.exists());
        std::fs::write(&target, "faster").unwrap();
        let refused = draft.put(&target, MODE_PRIVATE).unwrap_err();
        assert!(matches!(refused, CopyError::Exists(_)), "{refused}");
        assert!(!path.exists());
        assert_eq!(std::fs::read(&target).unwrap(), b"faster");
    }

    #[test]
    fn what_is_copied_is_written_by_nobody() {
        let home = tempfile::tempdir().unwrap();
        let database = home.path().join("optrail.db");
        drop(open::create(&database).unwrap());
        let source = open::to_copy(&database).unwrap();
        assert!(source.execute_batch("DELETE FROM leaf").is_err());
        assert!(source.execute_batch("CREATE TABLE t (a)").is_err());
    }
}
