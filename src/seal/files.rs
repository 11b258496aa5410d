//! Small files that must be whole or absent: written aside, synced, renamed, and the directory synced.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::SealError;
use crate::store::directory;
use crate::store::disk::directory_of;

/// Bytes of a file of the state directory at most; a note with many signatures has a few thousand.
pub(super) const STATE_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Bits of a mode that let others than the owner in.
const OTHERS: u32 = 0o077;

pub(super) fn failed(
    what: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> SealError + use<> {
    let path = path.to_owned();
    move |source| SealError::State { what, path, source }
}

/// Makes a directory, and those above it, for their owner only.
pub(super) fn make_directory(path: &Path) -> Result<(), SealError> {
    if path.is_dir() {
        return Ok(());
    }
    directory::make(path, 0o700).map_err(failed("create the directory", path))
}

/// Puts a file in place of the one of its name, for its owner only. When this returns it survives a power cut.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), SealError> {
    let draft = path.with_extension("new");
    // One that a dead process left; whoever writes holds the lock.
    let _ = std::fs::remove_file(&draft);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&draft, path));
    if let Err(source) = written {
        let _ = std::fs::remove_file(&draft);
        return Err(failed("write", path)(source));
    }
    sync_parent(path)
}

/// Moves a file, if it is there. When this returns the move survives a power cut.
pub(super) fn move_away(from: &Path, to: &Path) -> Result<(), SealError> {
    match std::fs::rename(from, to) {
        Err(error) if is_absent(&error) => Ok(()),
        Err(error) => Err(failed("move away", from)(error)),
        Ok(()) => {
            sync_parent(to)?;
            sync_parent(from)
        }
    }
}

fn sync_parent(path: &Path) -> Result<(), SealError> {
    directory::sync(directory_of(path)).map_err(failed("sync the directory of", path))
}

/// Whether it says that there is no such file: a directory above it may be none, too.
pub(super) fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// The bytes of a file, `None` where there is none; longer ones are an error.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, SealError> {
    let file = match File::open(path) {
        Err(error) if is_absent(&error) => return Ok(None),
        opened => opened.map_err(failed("read", path))?,
    };
    let mut bytes = Vec::new();
    file.take(STATE_FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(failed("read", path))?;
    if bytes.len() as u64 > STATE_FILE_BYTES_MAX {
        let long = std::io::Error::new(
            std::io::ErrorKind::FileTooLarge,
            format!("it has more than {STATE_FILE_BYTES_MAX} bytes"),
        );
        return Err(failed("read", path)(long));
    }
    Ok(Some(bytes))
}

/// Whether others than its owner may read or write a file.
pub(super) fn is_open_to_others(path: &Path) -> Result<bool, SealError> {
    let mode = path.metadata().map_err(failed("look at", path))?.mode();
    Ok(mode & OTHERS != 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_for_its_owner_only() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a/b");
        make_directory(&directory).unwrap();
        let path = directory.join("checkpoint");
        assert_eq!(read(&path).unwrap(), None);
        std::fs::write(path.with_extension("new"), "half of").unwrap();
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"two");
        assert!(!is_open_to_others(&path).unwrap());
        assert!(!is_open_to_others(&directory).unwrap());
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("long");
        std::fs::write(&path, vec![b'x'; 70_000]).unwrap();
        assert!(matches!(read(&path), Err(SealError::State { .. })));
    }
}
