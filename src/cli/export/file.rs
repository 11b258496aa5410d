//! One file with its manifest: both appear whole, or neither does.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::FormatArgs;
use crate::cli::dataset::Dataset;
use crate::cli::output::AtomicFile;
use crate::cli::rows::write_selection;
use crate::cli::sections::json_layout;
use crate::export::{Layout, encoder};
use crate::report::manifest::{
    Completeness, Evidence, FORMAT, FileLayout, Filters, Making, Manifest, SUFFIX, hex,
};
use crate::store::Connection;
use crate::store::selection::Selection;

/// The manifest's place.
pub(in crate::cli) fn manifest_path(path: &Path) -> PathBuf {
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
pub(in crate::cli) fn sha256_of(path: &Path) -> anyhow::Result<(String, u64)> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = fs::File::open(path).with_context(cannot)?;
    let mut digested = Digested::over(io::sink());
    io::copy(&mut file, &mut digested).with_context(cannot)?;
    let (_, sha256, bytes) = digested.finish();
    Ok((sha256, bytes))
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

/// What of a manifest is the same for all files of one export.
pub(super) struct Facts {
    pub(super) filters: Filters,
    pub(super) completeness: Completeness,
    pub(super) evidence: Evidence,
    pub(super) making: Making,
}

/// Writes rows, and counts them. Nothing of a terminal: no width, no color.
pub(in crate::cli) fn write_rows_of(
    connection: &Connection,
    selection: &Selection,
    format: &FormatArgs,
    out: &mut dyn Write,
) -> anyhow::Result<u64> {
    let layout = Layout {
        json_columns: json_layout().json_columns,
        ..format.layout.clone()
    };
    let mut encoder = encoder(format.format, &layout)?;
    write_selection(connection, selection, encoder.as_mut(), out)
}

/// Writes a file, and its manifest if there are facts for one.
pub(super) fn write_file(
    connection: &Connection,
    path: &Path,
    dataset: &Dataset,
    selection: &Selection,
    format: &FormatArgs,
    facts: Option<&Facts>,
) -> anyhow::Result<Option<Manifest>> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file = Digested::over(AtomicFile::create(path)?);
    let rows = write_rows_of(connection, selection, format, &mut file).with_context(cannot)?;
    let (file, sha256, bytes) = file.finish();
    let Some(facts) = facts else {
        remove_stale(&manifest_path(path))?;
        file.commit()?;
        return Ok(None);
    };
    let name = path.file_name().unwrap_or_default();
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        dataset: dataset.view.to_owned(),
        file: name.to_string_lossy().into_owned(),
        bytes,
        rows,
        sha256,
        filters: facts.filters.clone(),
        layout: FileLayout::of(format.format, &format.layout),
        completeness: facts.completeness.clone(),
        evidence: facts.evidence.clone(),
        making: facts.making.clone(),
        manifest_sha256: String::new(),
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
    let Ok(text) = fs::read_to_string(path) else {
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
