//! Every dataset of one moment in a directory, with what is needed to check it.
//!
//! The directory is written under another name beside its place and renamed when all of it is there.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::FormatArgs;
use super::file::{Facts, sha256_of, write_file};
use super::filter::selection;
use crate::cli::dataset::DATASETS;
use crate::cli::output::AtomicFile;
use crate::export::Format;
use crate::record::Keyring;
use crate::report::manifest::{Completeness, FORMAT, Manifest, SUFFIX};
use crate::store::Connection;

/// Digests of all other files, as `sha256sum --check` reads them.
pub(in crate::cli) const SUMS: &str = "SHA256SUMS";

/// What is in the directory, in short.
pub(in crate::cli) const INDEX: &str = "index.json";

/// The newest signed checkpoint, where there is one.
pub(in crate::cli) const CHECKPOINT: &str = "checkpoint.txt";

/// The public key that it was signed with, as `verify --key` takes it.
pub(in crate::cli) const PUBLIC_KEY: &str = "public-key.txt";

/// What is in the directory, in short: everything follows from the manifests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cli) struct Index {
    /// [`FORMAT`].
    format: String,
    log: Option<String>,
    origin: Option<String>,
    evidence_size: i64,
    evidence_root: String,
    /// Leaves that `checkpoint.txt` covers.
    checkpoint_size: Option<i64>,
    completeness: Completeness,
    program: String,
    generated_at: String,
    files: Vec<IndexedFile>,
}

/// One dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct IndexedFile {
    file: String,
    dataset: String,
    rows: u64,
    bytes: u64,
    sha256: String,
}

impl Index {
    /// That of these files, which are of one moment; `None` for no file.
    pub(in crate::cli) fn of(manifests: &[Manifest]) -> Option<Self> {
        let Manifest {
            evidence,
            making,
            completeness,
            ..
        } = manifests.first()?;
        let mut files: Vec<IndexedFile> = manifests
            .iter()
            .map(|manifest| IndexedFile {
                file: manifest.file.clone(),
                dataset: manifest.dataset.clone(),
                rows: manifest.rows,
                bytes: manifest.bytes,
                sha256: manifest.sha256.clone(),
            })
            .collect();
        files.sort_by(|one, other| one.file.cmp(&other.file));
        Some(Self {
            format: FORMAT.to_owned(),
            log: evidence.log.clone(),
            origin: evidence.origin.clone(),
            evidence_size: evidence.evidence_size,
            evidence_root: evidence.evidence_root.clone(),
            checkpoint_size: evidence.checkpoint.as_ref().map(|head| head.size),
            completeness: completeness.clone(),
            program: making.program.clone(),
            generated_at: making.generated_at.clone(),
            files,
        })
    }

    /// Its text.
    pub(in crate::cli) fn to_text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// A directory that is removed with all that is in it, unless it was put in its place.
struct Draft {
    path: PathBuf,
    is_placed: bool,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_placed {
            // Nothing else can be done about it here, and the name says what it is.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Writes all of it.
pub(super) fn write(
    connection: &Connection,
    directory: &Path,
    format: &FormatArgs,
    facts: &Facts,
) -> anyhow::Result<()> {
    refuse_used(directory)?;
    let draft = begin(directory)?;
    let mut manifests = Vec::new();
    for dataset in &DATASETS {
        let name = format!("{}.{}", dataset.view, extension(format.format));
        let path = draft.path.join(name);
        let rows = selection(connection, dataset, &facts.filters)?;
        let manifest = write_file(connection, &path, dataset, &rows, format, Some(facts))?;
        manifests.extend(manifest);
    }
    let text = |name: &str, text: &str| -> anyhow::Result<()> {
        let path = draft.path.join(name);
        let mut file = AtomicFile::create(&path)?;
        file.write_all(text.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(file.commit()?)
    };
    if let Some(head) = &facts.evidence.checkpoint {
        text(CHECKPOINT, &head.note)?;
        if let Some(key) = Keyring::read(connection)?.of_origin(&head.origin) {
            text(PUBLIC_KEY, &format!("{}\n", key.vkey))?;
        }
    }
    if let Some(index) = Index::of(&manifests) {
        text(INDEX, &index.to_text()?)?;
    }
    text(SUMS, &sums(&draft.path)?)?;
    place(draft, directory)
}

/// What stands behind the dot of a file's name.
fn extension(format: Format) -> &'static str {
    match format.as_str() {
        "table" => "txt",
        name => name,
    }
}

/// What is there already is never replaced.
fn refuse_used(directory: &Path) -> anyhow::Result<()> {
    match fs::read_dir(directory) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => bail!(
                "{} is not empty; name a new or an empty directory",
                directory.display()
            ),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", directory.display())),
    }
}

fn begin(directory: &Path) -> anyhow::Result<Draft> {
    let Some(name) = directory.file_name() else {
        bail!(
            "{} cannot be made; name a directory that is new",
            directory.display()
        );
    };
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    let path = directory.with_file_name(temporary);
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    Ok(Draft {
        path,
        is_placed: false,
    })
}

/// The digest of each file, by name.
fn sums(directory: &Path) -> anyhow::Result<String> {
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

/// Whether a name is that of a manifest.
pub(in crate::cli) fn is_manifest(name: &str) -> bool {
    name.ends_with(SUFFIX)
}

fn place(mut draft: Draft, directory: &Path) -> anyhow::Result<()> {
    let cannot = || {
        format!(
            "cannot rename {} to {}",
            draft.path.display(),
            directory.display()
        )
    };
    fs::rename(&draft.path, directory).with_context(cannot)?;
    draft.is_placed = true;
    let parent = match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::File::open(parent)
        .and_then(|parent| parent.sync_all())
        .with_context(|| format!("cannot sync {}", parent.display()))
}
