//! A file with its manifest beside it: both appear whole, or neither does. And the digests of a directory.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::output::AtomicFile;
use super::read;
use crate::model::hex;
use crate::report::manifest::{BYTES_MAX, FileDigest, Manifest, SUFFIX};

/// Digests of all other files of a directory, as `sha256sum --check` reads them.
pub(super) const SUMS: &str = "SHA256SUMS";

/// The manifest's place.
pub(super) fn manifest_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(SUFFIX);
    PathBuf::from(name)
}

/// A writer that counts and digests what passes.
struct Digested<W> {
    inner: W,
    sha256: Sha256,
    bytes: u64,
}

impl<W> Digested<W> {
    fn over(inner: W) -> Self {
        Self {
            inner,
            sha256: Sha256::new(),
            bytes: 0,
        }
    }

    /// The writer, the digest in hexadecimal, and how many bytes have passed.
    fn finish(self) -> (W, String, u64) {
        (self.inner, hex(&self.sha256.finalize()), self.bytes)
    }
}

/// Digest, hexadecimal, and length of a file.
pub(super) fn sha256_of(path: &Path) -> anyhow::Result<(String, u64)> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = fs::File::open(path).with_context(cannot)?;
    let mut digested = Digested::over(io::sink());
    io::copy(&mut file, &mut digested).with_context(cannot)?;
    let (_, sha256, bytes) = digested.finish();
    Ok((sha256, bytes))
}

/// Digest and length of bytes under a name.
pub(super) fn digest_of(name: &str, bytes: &[u8]) -> FileDigest {
    FileDigest {
        file: name.to_owned(),
        bytes: bytes.len() as u64,
        sha256: hex(&Sha256::digest(bytes)),
    }
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a file, and the manifest that is made of what was written, if there is to be one.
pub(super) fn write_file<T>(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
    manifest: impl FnOnce(FileDigest, T) -> Option<Manifest>,
) -> anyhow::Result<Option<Manifest>> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file = Digested::over(AtomicFile::create(path)?);
    let told = content(&mut file).with_context(cannot)?;
    let (file, sha256, bytes) = file.finish();
    let name = path.file_name().unwrap_or_default();
    let digest = FileDigest {
        file: name.to_string_lossy().into_owned(),
        bytes,
        sha256,
    };
    let Some(manifest) = manifest(digest, told) else {
        remove_stale(&manifest_path(path))?;
        file.commit()?;
        return Ok(None);
    };
    let beside = manifest_path(path);
    let mut written = AtomicFile::create(&beside)?;
    written
        .write_all(manifest.to_text()?.as_bytes())
        .with_context(|| format!("cannot write {}", beside.display()))?;
    file.commit()?;
    if let Err(error) = written.commit() {
        // Without its manifest it could be taken for something that it is not; there is nothing to do if it stays.
        let _ = fs::remove_file(path);
        return Err(error.into());
    }
    Ok(Some(manifest))
}

/// Removes the manifest of a file that is replaced by one without. Anything else of that name stays.
fn remove_stale(path: &Path) -> anyhow::Result<()> {
    let Ok(text) = read::file(path, BYTES_MAX) else {
        return Ok(());
    };
    if Manifest::parse(&text).is_err() {
        return Ok(());
    }
    fs::remove_file(path).with_context(|| {
        format!(
            "cannot remove {}, which is about the file that is replaced",
            path.display()
        )
    })
}

/// The digest of each file of a directory, by name: the text of [`SUMS`].
pub(super) fn sums(directory: &Path) -> anyhow::Result<String> {
    let cannot = || format!("cannot read {}", directory.display());
    let mut lines = Vec::new();
    for entry in fs::read_dir(directory).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        lines.push((sha256_of(&entry.path())?.0, name));
    }
    lines.sort_by(|one, other| one.1.cmp(&other.1));
    let lines = lines
        .iter()
        .map(|(sha256, name)| format!("{sha256}  {name}\n"));
    Ok(lines.collect())
}
