//! The manifest of what was written out: what it holds, what was asked for, from which evidence it was made, when,
//! by whom and with what. It stands beside the file, and `verify-export` checks both.
//!
//! It is a shape and its text. What the fields say is gathered by who exports. Its own digest finds a slip, not a
//! forger, who can compute it again: what proves something is the comparison with the database, and that of the
//! database with a checkpoint. Depends on nothing but `export`'s options.

mod facts;
mod layout;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use facts::{Completeness, Evidence, Facts, Filters, Making, Run, SignedHead, Verdict};
pub use layout::{FileLayout, UnknownLayout};

use crate::model::hex;

/// Name of the format, with its version.
pub const FORMAT: &str = "optrail-export@v1";

/// What is appended to the name of a file for that of its manifest.
pub const SUFFIX: &str = ".manifest.json";

/// Name of the one manifest of a report that is a directory.
pub const OF_DIRECTORY: &str = "manifest.json";

/// Bytes of a manifest at most: 40 times what one without long filters has.
pub const BYTES_MAX: u64 = 256 * 1024;

/// The manifest of a file, or of a report that is a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// What it is.
    #[serde(flatten)]
    pub content: Content,
    /// What was asked for, and of what, by whom and when it was made.
    #[serde(flatten)]
    pub facts: Facts,
    /// SHA-256 of this text with an empty string here, hexadecimal.
    pub manifest_sha256: String,
}

/// What a manifest is about; `kind` says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Rows of a dataset.
    Export(Export),
    /// A report.
    Report(Report),
}

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The dataset: name of its view.
    pub dataset: String,
    /// The file.
    #[serde(flatten)]
    pub file: FileDigest,
    /// Rows in it, the header not counted.
    pub rows: u64,
    /// How they are written.
    pub layout: FileLayout,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its file; of a directory all but this manifest and the list of digests, by name.
    pub files: Vec<FileDigest>,
    /// What it is made by besides the filters.
    pub report: Wanted,
}

/// What a report is made by besides the filters: with both, the same evidence gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Which report: [`COMPLIANCE`].
    pub name: String,
    /// `--format`, or what the name of the output said.
    pub format: String,
    /// `--lang`.
    pub lang: String,
    /// `--verify`: the level at which the database was verified.
    pub verify: String,
    /// `--account` as typed; the filters have what it means.
    pub account: Vec<String>,
    /// `--key`.
    pub key: Vec<String>,
    /// What the log was compared with.
    pub compared_with: Vec<KeptCheckpoint>,
}

/// The report that there is.
pub const COMPLIANCE: &str = "compliance";

/// A checkpoint that was kept outside of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCheckpoint {
    /// Who kept it.
    pub by: Keeper,
    /// Its file.
    pub source: String,
    /// The signed note, byte for byte.
    pub note: String,
}

/// Who kept a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// The program, in the state directory.
    State,
    /// Whoever handed it in, `--checkpoint`.
    Others,
}

/// A file as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// Its name, without its directory.
    pub file: String,
    /// Bytes of it.
    pub bytes: u64,
    /// SHA-256 of it, hexadecimal.
    pub sha256: String,
}

/// Why a text is no manifest of ours.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read as one.
    #[error("it is no manifest of optrail: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Of a format that this program does not know.
    #[error("its format is '{found}', and this program knows {FORMAT}: use a newer optrail")]
    OtherFormat {
        /// What it says.
        found: String,
    },
}

impl Manifest {
    /// That of a content, without its own digest, which is for [`to_text`](Self::to_text) to put in.
    pub fn of(content: Content, facts: Facts) -> Self {
        Self {
            format: FORMAT.to_owned(),
            content,
            facts,
            manifest_sha256: String::new(),
        }
    }

    /// Its text, with its own digest in place.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let sealed = Self {
            manifest_sha256: self.own_sha256()?,
            ..self.clone()
        };
        Ok(serde_json::to_string_pretty(&sealed)? + "\n")
    }

    fn own_sha256(&self) -> Result<String, serde_json::Error> {
        let open = Self {
            manifest_sha256: String::new(),
            ..self.clone()
        };
        let text = serde_json::to_string_pretty(&open)? + "\n";
        Ok(hex(&Sha256::digest(text.as_bytes())))
    }

    /// Reads one; tells whether it is, to the byte, what was written.
    ///
    /// # Errors
    /// [`ManifestError`] where it is none, or one of a newer format.
    pub fn parse(text: &str) -> Result<(Self, bool), ManifestError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let head: Head = serde_json::from_str(text)?;
        if head.format != FORMAT {
            return Err(ManifestError::OtherFormat { found: head.format });
        }
        let manifest: Self = serde_json::from_str(text)?;
        let is_as_written =
            manifest.manifest_sha256 == manifest.own_sha256()? && manifest.to_text()? == text;
        Ok((manifest, is_as_written))
    }
}

#[cfg(test)]
mod tests;
