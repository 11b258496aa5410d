//! Files that go into a bundle: checkpoints that somebody kept, and what is attached as it is.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::cli::UsageError;
use crate::cli::read::bytes;
use crate::cli::verify::read_note;
use crate::prove::{ATTACHMENT_BYTES_MAX, ATTACHMENTS_MAX, Held, is_attachment_name};

/// Reads checkpoints, from pipes, too, as `verify` does.
pub(super) fn held(paths: &[PathBuf]) -> anyhow::Result<Vec<Held>> {
    let read = |path: &PathBuf| {
        let (name, bytes) = read_note(path)?;
        Ok(Held::parse(&name, &bytes)?)
    };
    paths.iter().map(read).collect()
}

/// Reads what is attached, with the names that it gets.
pub(super) fn attachments(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    if paths.len() > ATTACHMENTS_MAX {
        return Err(UsageError(format!("at most {ATTACHMENTS_MAX} files can be attached")).into());
    }
    let mut attachments: Vec<(String, Vec<u8>)> = Vec::new();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.filter(|name| is_attachment_name(name)).ok_or_else(|| {
            UsageError(format!(
                "{} cannot be attached under that name; give it one of at most 64 letters, digits, '.', '_' and '-'",
                path.display()
            ))
        })?;
        if attachments.iter().any(|(other, _)| other == name) {
            let text = format!("two files of the name {name} cannot be attached; rename one");
            return Err(UsageError(text).into());
        }
        attachments.push((name.to_owned(), read(path)?));
    }
    Ok(attachments)
}

/// The bytes of a file that may be attached.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    // Asked first: a pipe opens only when somebody writes to it.
    if !path.metadata().with_context(cannot)?.is_file() {
        bail!("{} is no file", path.display());
    }
    let file = File::open(path).with_context(cannot)?;
    bytes(file, ATTACHMENT_BYTES_MAX).with_context(cannot)
}
