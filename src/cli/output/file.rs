//! A file that appears wholly or not at all.
//!
//! Written under a temporary name in the same directory, synced, renamed over the target, and the
//! directory synced, so that neither a full disk nor a power cut leaves half an export under the
//! name that a script reads.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// How often a temporary name may turn out to be taken.
const MAX_NAMES: u32 = 100;

/// What was attempted on which file, and why it did not work.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file system refused.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// A directory, a device, a pipe: renaming over it would destroy or replace it.
    #[error("{} exists and is no regular file; leave --output out and redirect stdout to it", .0.display())]
    NotAFile(PathBuf),
    /// A directory with something in it, or the root: nothing is replaced.
    #[error("{} is not empty; name a new or an empty directory", .0.display())]
    NotEmpty(PathBuf),
}

/// A file being written. Dropped without [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    temporary: Temporary,
    target: PathBuf,
}

/// Removes a file when dropped, unless it has been renamed.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    is_renamed: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_renamed {
            // Nothing else can be done about it here, and the name says what it is.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl AtomicFile {
    /// Begins a file that will be at `path`, readable by its owner alone. A symbolic link is
    /// followed: what it points to is replaced.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let target = match fs::canonicalize(path) {
            Ok(existing) if !existing.is_file() => {
                return Err(OutputError::NotAFile(path.to_owned()));
            }
            Ok(existing) => existing,
            // It does not exist yet, or cannot be reached: then creating says why.
            Err(_) => path.to_owned(),
        };
        let name = target
            .file_name()
            .ok_or_else(|| OutputError::NotAFile(path.to_owned()))?;
        let (path, file) = make_beside(&target, name, create_new)?;
        Ok(Self {
            file,
            temporary: Temporary {
                path,
                is_renamed: false,
            },
            target,
        })
    }

    /// Lets everybody read it, once it is in its place.
    pub fn let_all_read(&self) -> Result<(), OutputError> {
        let mode = fs::Permissions::from_mode(0o644);
        self.file
            .set_permissions(mode)
            .map_err(|error| io_error("set the mode of", &self.temporary.path, error))
    }

    /// Syncs what was written and puts it in its place.
    pub fn commit(mut self) -> Result<(), OutputError> {
        self.file
            .sync_all()
            .map_err(|error| io_error("sync", &self.temporary.path, error))?;
        fs::rename(&self.temporary.path, &self.target)
            .map_err(|error| io_error("rename the finished file to", &self.target, error))?;
        self.temporary.is_renamed = true;
        sync_directory(&self.target)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Makes something under the first temporary name beside `target` that is free. Names of programs that were killed
/// stay taken, and in containers the numbers of processes are soon the same again.
pub(super) fn make_beside<T>(
    target: &Path,
    name: &OsStr,
    make: impl Fn(&Path) -> io::Result<T>,
) -> Result<(PathBuf, T), OutputError> {
    let mut number = 0;
    loop {
        let temporary = target.with_file_name(temporary_name(name, number));
        match make(&temporary) {
            Ok(made) => return Ok((temporary, made)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_NAMES => {
                number += 1;
            }
            Err(error) => return Err(io_error("create", &temporary, error)),
        }
    }
}

/// Hidden, beside the target, told apart by process and number.
fn temporary_name(name: &OsStr, number: u32) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}-{number}.tmp", std::process::id()));
    temporary
}

/// Creates a file that was not there, not even as a link, for its owner only.
fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Makes a rename durable: the directory is a file of its own.
pub(super) fn sync_directory(file: &Path) -> Result<(), OutputError> {
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)
        .and_then(|handle| handle.sync_all())
        .map_err(|error| io_error("sync the directory", directory, error))
}

pub(super) fn io_error(doing: &'static str, path: &Path, source: io::Error) -> OutputError {
    OutputError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_file_appears_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(directory.path()), ["out.csv"]);
    }

    #[test]
    fn an_abandoned_file_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(&directory.path().join("out.csv")).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn two_writers_do_not_meet() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.csv");
        let mut first = AtomicFile::create(&path).unwrap();
        let mut second = AtomicFile::create(&path).unwrap();
        first.write_all(b"first").unwrap();
        second.write_all(b"second").unwrap();
        second.commit().unwrap();
        first.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
    }

    #[test]
    fn what_is_no_file_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let error = AtomicFile::create(directory.path()).unwrap_err();
        assert!(matches!(error, OutputError::NotAFile(_)));
        let missing = directory.path().join("missing/out.csv");
        let error = AtomicFile::create(&missing).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }

    #[test]
    fn devices_are_left_alone_and_links_followed() {
        use std::os::unix::fs::symlink;
        let error = AtomicFile::create(Path::new("/dev/null")).unwrap_err();
        assert!(matches!(error, OutputError::NotAFile(_)));

        let directory = tempfile::tempdir().unwrap();
        let (real, link) = (directory.path().join("real"), directory.path().join("link"));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        let mut file = AtomicFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&real).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
