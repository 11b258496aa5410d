//! The collector's lock: one process at a time collects into a database, or rebuilds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;

/// Takes the lock without waiting; `None` where another process holds it. It is the operating system's, held
/// until the file is dropped or the process dies, so that none is ever left behind; the file stays.
pub(super) fn acquire(path: &Path) -> anyhow::Result<Option<File>> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot open the lock {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot take the lock {}", path.display()))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db.lock");
        let held = acquire(&path).unwrap();
        assert!(held.is_some());
        assert!(acquire(&path).unwrap().is_none());
        drop(held);
        assert!(acquire(&path).unwrap().is_some());
    }
}
