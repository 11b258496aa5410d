//! Where the benchmarks keep files: below cargo's target directory, that is on the disk that is built on, and not in
//! a temporary directory, which may be memory, where a sync costs nothing.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use optrail::record::DERIVE_VERSION;
use optrail::store::migrate;
use rustix::fs::{Advice, fadvise};
use tempfile::TempDir;

/// Rises whenever another file would be written for the same words.
const MAKERS_VERSION: u32 = 1;

/// The directory of all files.
pub fn directory() -> anyhow::Result<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("{} cannot be made", directory.display()))?;
    Ok(directory)
}

/// A directory that is removed with the value.
pub fn temporary() -> anyhow::Result<TempDir> {
    Ok(tempfile::Builder::new()
        .prefix("place-")
        .tempdir_in(directory()?)?)
}

/// The file of that name; made if it is not there yet. Files of another schema, of other derived rows or of other
/// makers lie in another directory.
pub fn kept(name: &str, make: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    let schema = migrate::known_version();
    let kept = directory()?.join(format!("files-{schema}-{DERIVE_VERSION}-{MAKERS_VERSION}"));
    std::fs::create_dir_all(&kept)?;
    let file = kept.join(name);
    if !file.exists() {
        // Under another name until it is whole.
        let draft = kept.join(format!("{name}.draft"));
        remove_database(&draft);
        make(&draft)?;
        std::fs::rename(&draft, &file)?;
    }
    Ok(file)
}

/// Removes a database, and what may lie beside it.
pub fn remove_database(file: &Path) {
    for ending in ["", "-wal", "-shm", "-lock"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        // What is not there need not be removed.
        let _ = std::fs::remove_file(name);
    }
}

/// Takes a file out of the system's memory, so that the next reader reads the disk.
pub fn forget(file: &Path) -> anyhow::Result<()> {
    let open = std::fs::File::open(file)?;
    // What was not written yet stays in memory.
    open.sync_all()?;
    Ok(fadvise(&open, 0, None, Advice::DontNeed)?)
}
