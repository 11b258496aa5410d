//! Locks between processes: files beside the database, held as long as their process lives. The kernel
//! frees them, so nothing is ever stale.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    /// Closing the file frees the lock.
    _file: File,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another optrail is at work and holds {0}; try again when it has ended")]
    Held(PathBuf),
    /// The file cannot be opened or locked.
    #[error("cannot lock {path}: {source}; run as the user who owns it")]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Lock {
    /// Takes the lock for this process alone, or says at once that another holds it.
    pub fn exclusive(path: &Path) -> Result<Self, LockError> {
        Self::taken(path, File::try_lock)
    }

    /// Takes the lock together with any number of others who share it.
    pub fn shared(path: &Path) -> Result<Self, LockError> {
        Self::taken(path, File::try_lock_shared)
    }

    fn taken(
        path: &Path,
        lock: impl FnOnce(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, LockError> {
        let failed = |source| LockError::Failed {
            path: path.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        match lock(&file) {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The lock that a running `stop` shares: a collector that gets it alone knows that no stop is running.
pub(super) fn stop_lock_path(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".stop.lock");
    PathBuf::from(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_alone_or_many_share_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.lock");
        let held = Lock::exclusive(&path).unwrap();
        assert!(matches!(Lock::exclusive(&path), Err(LockError::Held(_))));
        assert!(matches!(Lock::shared(&path), Err(LockError::Held(_))));
        drop(held);
        let shared = [Lock::shared(&path).unwrap(), Lock::shared(&path).unwrap()];
        assert!(matches!(Lock::exclusive(&path), Err(LockError::Held(_))));
        drop(shared);
        Lock::exclusive(&path).unwrap();
    }
}
