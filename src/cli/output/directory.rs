//! A directory that appears wholly or not at all.
//!
//! Written under another name beside its place and renamed when all of it is there. What is there already is never
//! replaced: the place is new, or an empty directory.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::file::{AtomicFile, OutputError, io_error, make_beside, sync_directory};

/// A directory being written. Dropped without [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicDirectory {
    temporary: PathBuf,
    target: PathBuf,
    is_placed: bool,
}

impl Drop for AtomicDirectory {
    fn drop(&mut self) {
        if !self.is_placed {
            // Nothing else can be done about it here, and the name says what it is.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

impl AtomicDirectory {
    /// Begins a directory that will be at `path`, for its owner alone.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        refuse_used(path)?;
        let name = path.file_name();
        let name = name.ok_or_else(|| OutputError::NotEmpty(path.to_owned()))?;
        let make = |path: &Path| fs::DirBuilder::new().mode(0o700).create(path);
        let (temporary, ()) = make_beside(path, name, make)?;
        Ok(Self {
            temporary,
            target: path.to_owned(),
            is_placed: false,
        })
    }

    /// Where files of it are written until then.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Writes a file of it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.temporary.join(name);
        let mut file = AtomicFile::create(&path)?;
        file.write_all(bytes)
            .map_err(|error| io_error("write", &path, error))?;
        file.commit()
    }

    /// Puts it in its place.
    pub fn commit(mut self) -> Result<(), OutputError> {
        fs::rename(&self.temporary, &self.target)
            .map_err(|error| io_error("rename the finished directory to", &self.target, error))?;
        self.is_placed = true;
        sync_directory(&self.target)
    }
}

fn refuse_used(path: &Path) -> Result<(), OutputError> {
    match fs::read_dir(path) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(OutputError::NotEmpty(path.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error("write to", path, error)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_appears_when_it_is_whole_and_replaces_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("out");
        let directory = AtomicDirectory::create(&path).unwrap();
        directory.write("a", b"1").unwrap();
        assert!(!path.exists());
        directory.commit().unwrap();
        assert_eq!(fs::read(path.join("a")).unwrap(), b"1");
        let refused = AtomicDirectory::create(&path).unwrap_err();
        assert!(matches!(refused, OutputError::NotEmpty(_)));
        let refused = AtomicDirectory::create(Path::new("/")).unwrap_err();
        assert!(matches!(refused, OutputError::NotEmpty(_)));

        let killed = AtomicDirectory::create(&home.path().join("other")).unwrap();
        let left_behind = killed.path().to_owned();
        std::mem::forget(killed);
        let abandoned = AtomicDirectory::create(&home.path().join("other")).unwrap();
        abandoned.write("a", b"1").unwrap();
        drop(abandoned);
        fs::remove_dir(left_behind).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
