//! Every dataset of one moment in a directory, with what is needed to check it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::FormatArgs;
use super::file::write_file;
use super::filter::selection;
use crate::cli::dataset::DATASETS;
use crate::cli::manifested::{SUMS, sums};
use crate::cli::output::AtomicDirectory;
use crate::export::Format;
use crate::record::Keyring;
use crate::report::manifest::{Completeness, Content, FORMAT, Facts, Manifest, SUFFIX};
use crate::store::Connection;

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
        let Facts {
            evidence,
            making,
            completeness,
            ..
        } = &manifests.first()?.facts;
        let exports = manifests.iter().filter_map(|one| match &one.content {
            Content::Export(export) => Some(export),
            Content::Report(_) => None,
        });
        let mut files: Vec<IndexedFile> = exports
            .map(|export| IndexedFile {
                file: export.file.file.clone(),
                dataset: export.dataset.clone(),
                rows: export.rows,
                bytes: export.file.bytes,
                sha256: export.file.sha256.clone(),
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

/// Writes all of it.
pub(super) fn write(
    connection: &Connection,
    directory: &Path,
    format: &FormatArgs,
    facts: &Facts,
) -> anyhow::Result<()> {
    let draft = AtomicDirectory::create(directory)?;
    let mut manifests = Vec::new();
    for dataset in &DATASETS {
        let name = format!("{}.{}", dataset.view, extension(format.format));
        let path = draft.path().join(name);
        let rows = selection(connection, dataset, &facts.filters)?;
        let manifest = write_file(connection, &path, dataset, &rows, format, Some(facts))?;
        manifests.extend(manifest);
    }
    if let Some(head) = &facts.evidence.checkpoint {
        draft.write(CHECKPOINT, head.note.as_bytes())?;
        if let Some(key) = Keyring::read(connection)?.of_origin(&head.origin) {
            draft.write(PUBLIC_KEY, format!("{}\n", key.vkey).as_bytes())?;
        }
    }
    if let Some(index) = Index::of(&manifests) {
        draft.write(INDEX, index.to_text()?.as_bytes())?;
    }
    draft.write(SUMS, sums(draft.path())?.as_bytes())?;
    Ok(draft.commit()?)
}

/// What stands behind the dot of a file's name.
fn extension(format: Format) -> &'static str {
    match format.as_str() {
        "table" => "txt",
        name => name,
    }
}

/// Whether a name is that of a manifest.
pub(in crate::cli) fn is_manifest(name: &str) -> bool {
    name.ends_with(SUFFIX)
}
