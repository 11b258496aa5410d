//! Directories that are still there after a power cut.
//!
//! A file that was synced is lost all the same with the directory that names it, if that was new and nobody
//! synced its own name in the directory above.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Makes a directory and those above it that are missing, with that mode, and makes their names durable.
pub fn make(path: &Path, mode: u32) -> io::Result<()> {
    let missing: Vec<PathBuf> = path
        .ancestors()
        .filter(|above| !above.as_os_str().is_empty())
        .take_while(|above| !above.is_dir())
        .map(Path::to_owned)
        .collect();
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    for made in missing.iter().rev() {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty());
        sync(above.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// Makes the names in a directory durable.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn all_that_is_missing_is_made_with_its_mode() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b/c");
        make(&path, 0o700).unwrap();
        make(&path, 0o700).unwrap();
        for made in ["a", "a/b", "a/b/c"] {
            let mode = std::fs::metadata(home.path().join(made)).unwrap();
            assert_eq!(mode.permissions().mode() & 0o777, 0o700);
        }
        std::fs::write(home.path().join("file"), "").unwrap();
        assert!(make(&home.path().join("file/d"), 0o700).is_err());
    }
}
