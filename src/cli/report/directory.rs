//! A report as a directory of CSV files that appears wholly or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::AtomicFile;
use crate::export::document::{Document, files};

/// Removes what was begun, unless it was finished.
struct Begun {
    path: PathBuf,
    is_finished: bool,
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.is_finished {
            // Nothing else can be done about it here, and the name says what it is.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Writes the files beside the place, and moves them there. The place is new, or an empty directory.
pub(super) fn write(path: &Path, document: &Document) -> anyhow::Result<()> {
    refuse_occupied(path)?;
    let cannot = || format!("cannot write {}", path.display());
    let mut begun = begin(path).with_context(cannot)?;
    for (name, bytes) in files(document) {
        let mut file = AtomicFile::create(&begun.path.join(name))?;
        file.write_all(&bytes).with_context(cannot)?;
        file.commit()?;
    }
    fs::rename(&begun.path, path).with_context(cannot)?;
    begun.is_finished = true;
    Ok(())
}

fn refuse_occupied(path: &Path) -> anyhow::Result<()> {
    let occupied = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot write to {}", path.display()));
        }
    };
    if occupied {
        bail!(
            "{} is not empty; name a new directory with --output",
            path.display()
        );
    }
    Ok(())
}

/// A new directory beside the place, for its owner alone.
fn begin(path: &Path) -> io::Result<Begun> {
    let name = path.file_name().unwrap_or_default();
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    let hidden = path.with_file_name(hidden);
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&hidden)?;
    Ok(Begun {
        path: hidden,
        is_finished: false,
    })
}
