//! The manifest of an exported file: what it holds, which rows were asked for, from which evidence it was made, when,
//! by whom and with what. It stands beside the file, and `verify-export` checks both.
//!
//! It is a shape and its text. What the fields say is gathered by who exports. Its own digest finds a slip, not a
//! forger, who can compute it again: what proves something is the comparison with the database, and that of the
//! database with a checkpoint. Depends on nothing but `export`'s options.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::export::{Format, Layout, LayoutError, UnknownFormat};

/// Name of the format, with its version.
pub const FORMAT: &str = "optrail-export@v1";

/// What is appended to the name of a file for that of its manifest.
pub const SUFFIX: &str = ".manifest.json";

/// Bytes of a manifest at most: 40 times what one without long filters has.
pub const BYTES_MAX: u64 = 256 * 1024;

/// The manifest of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The dataset: name of its view.
    pub dataset: String,
    /// Name of the file, without its directory.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows in it, the header not counted.
    pub rows: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Which rows were asked for.
    pub filters: Filters,
    /// How they are written.
    pub layout: FileLayout,
    /// What is missing.
    pub completeness: Completeness,
    /// From what it was made.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// By whom, when and with what.
    #[serde(flatten)]
    pub making: Making,
    /// SHA-256 of this text with an empty string here, hexadecimal.
    pub manifest_sha256: String,
}

/// Which rows: values of one filter are alternatives, different ones narrow each other, an empty one lets all pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filters {
    /// `--account`, as the ids and names that rows bear.
    pub account: Vec<String>,
    /// `--service`.
    pub service: Vec<String>,
    /// `--region`.
    pub region: Vec<String>,
    /// `--operation`.
    pub operation: Vec<String>,
    /// `--target-account`.
    pub target_account: Vec<String>,
    /// `--target-region`.
    pub target_region: Vec<String>,
    /// `--status`.
    pub status: Vec<String>,
    /// `--since`, resolved: the first instant, UTC.
    pub since: Option<String>,
    /// `--until`, resolved: the first instant after, UTC.
    pub until: Option<String>,
    /// `--as-of`, resolved: leaves of evidence; null where all were asked for.
    pub as_of: Option<i64>,
}

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLayout {
    /// `--format`.
    pub format: String,
    /// Whether there is a header line, in formats that have one.
    pub header: bool,
    /// `--delimiter`; null: the format's own.
    pub delimiter: Option<String>,
    /// `--null`; null: the format's own.
    pub null: Option<String>,
    /// `--bom`.
    pub bom: bool,
    /// `--spreadsheet-safe`.
    pub spreadsheet_safe: bool,
}

/// What the rows may lack, over the accounts, services, regions, operations and period of the filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Complete where all that follow are 0.
    pub verdict: Verdict,
    /// Stretches in which something due was not seen; those in which no run began count whatever the filters are.
    pub coverage_gaps: i64,
    /// Of them without an end.
    pub coverage_gaps_open: i64,
    /// Lists that are not whole.
    pub listings_incomplete: i64,
    /// Leaves of evidence that were kept already, and from which no rows were derived yet.
    pub leaves_not_derived: i64,
}

/// Whether something is known to be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is.
    Complete,
    /// Something is.
    Incomplete,
}

/// The evidence that the rows follow from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Name of the log, 32 hexadecimal digits; null for a file without evidence.
    pub log: Option<String>,
    /// Name of the key that signs its checkpoints; null while there is none.
    pub origin: Option<String>,
    /// Leaves that the rows were derived from.
    pub evidence_size: i64,
    /// Root of the tree over these leaves, hexadecimal.
    pub evidence_root: String,
    /// The newest run among them; null before the first.
    pub last_run: Option<Run>,
    /// The newest checkpoint that covers no more than them; null where there is none.
    pub checkpoint: Option<SignedHead>,
}

/// A run of the recorder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Number of the run.
    pub run_id: i64,
    /// When it began, UTC.
    pub started_at: String,
    /// When it ended, UTC; null for one that died or goes on.
    pub ended_at: Option<String>,
    /// How it ended; null while it goes on.
    pub outcome: Option<String>,
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// Leaves that it covers.
    pub size: i64,
    /// Name of the log and of the key.
    pub origin: String,
    /// The signed note, byte for byte.
    pub note: String,
}

/// How a file was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// The command line as typed, without passwords in addresses.
    pub command: Vec<String>,
    /// The program's name and version.
    pub program: String,
    /// The commit that it was built from, where the build was told.
    pub commit: Option<String>,
    /// Version of the database's schema.
    pub schema_version: i64,
    /// Version of the rules by which rows are derived.
    pub derive_version: i64,
    /// The database's path.
    pub database: String,
    /// The machine.
    pub host: String,
    /// The user of the operating system.
    pub os_user: String,
    /// When, UTC, by that machine's clock.
    pub generated_at: String,
}

/// Why a text is no manifest of ours.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read as one.
    #[error("it is no manifest of an export: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Of a format that this program does not know.
    #[error("its format is '{found}', and this program knows {FORMAT}: use a newer optrail")]
    OtherFormat {
        /// What it says.
        found: String,
    },
}

impl Manifest {
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

impl Completeness {
    /// What these counts come to.
    pub fn of(
        coverage_gaps: i64,
        coverage_gaps_open: i64,
        listings_incomplete: i64,
        leaves_not_derived: i64,
    ) -> Self {
        let is_complete = [coverage_gaps, listings_incomplete, leaves_not_derived] == [0, 0, 0];
        Self {
            verdict: match is_complete {
                true => Verdict::Complete,
                false => Verdict::Incomplete,
            },
            coverage_gaps,
            coverage_gaps_open,
            listings_incomplete,
            leaves_not_derived,
        }
    }
}

/// A layout that this program cannot write.
#[derive(Debug, thiserror::Error)]
pub enum UnknownLayout {
    /// No such format.
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    /// No such options.
    #[error(transparent)]
    Options(#[from] LayoutError),
}

impl FileLayout {
    /// What a format and its options say, but for what no file has (width, color).
    pub fn of(format: Format, layout: &Layout) -> Self {
        Self {
            format: format.as_str().to_owned(),
            header: !layout.no_header,
            delimiter: layout
                .delimiter
                .map(|delimiter| char::from(delimiter.byte()).to_string()),
            null: layout.null.clone(),
            bom: layout.bom,
            spreadsheet_safe: layout.spreadsheet_safe,
        }
    }

    /// The format and options.
    ///
    /// # Errors
    /// [`UnknownLayout`] for words that this program does not know.
    pub fn options(&self) -> Result<(Format, Layout), UnknownLayout> {
        let delimiter = self.delimiter.as_deref().map(str::parse).transpose()?;
        let layout = Layout {
            no_header: !self.header,
            delimiter,
            null: self.null.clone(),
            bom: self.bom,
            spreadsheet_safe: self.spreadsheet_safe,
            ..Layout::default()
        };
        Ok((self.format.parse()?, layout))
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
