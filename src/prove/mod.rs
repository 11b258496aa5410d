//! Bundles: what one needs to check some operations, some runs, or a sample, without the database and without
//! optrail. One tar file with the leaves, their proofs, the bodies, the rows, and a program in Python that checks
//! all of it against a key that the reader must have from elsewhere.
//!
//! The same evidence and the same question give the same bytes: nothing here reads a clock, and no host is named.
//! It signs nothing and writes no file: the caller hands over a signed checkpoint, a connection that is limited to
//! what that covers, and somewhere to write. Depends on `record`, `store`, `evidence`, `export` and `model`.
//!
//! # What binds what
//! - The checkpoint is signed; each leaf has a proof that leads to its root; each body has the digest that its leaf
//!   names. None of this can be forged without the key.
//! - Rows, `statement.json` and `population.txt` are in no tree. The program compares rows with leaves and bodies as
//!   far as that is simple, and says how far; `optrail verify` compares all of them, and needs the database.

mod bundle;
mod error;
mod held;
mod part;
mod rows;
mod sample;
mod scope;
mod statement;
mod tar;

use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::codec::TEMPLATE_LONGEST_BYTES;
use crate::evidence::note::Note;
use crate::model::OperationKey;

pub use bundle::{Bundle, Summary};
pub use error::ProveError;
pub use held::Held;

/// The program that checks a bundle; Python 3.8 and openssl are all that it needs.
pub const VERIFIER: &str = include_str!("verify.py");

/// What a bundle proves and what not, and how to check it: the same in every bundle.
pub const README: &str = include_str!("README.txt");

/// Leaves of one bundle at most. Its list of files is held in memory, about 500 bytes for each leaf.
pub const LEAVES_MAX: usize = 100_000;

/// Bytes of one file of a bundle at most; `verify.py` reads none that is larger. A body is shorter, so that only a table
/// can be too large.
pub const FILE_BYTES_MAX: u64 = 300 * 1024 * 1024;

const _: () = assert!(FILE_BYTES_MAX > TEMPLATE_LONGEST_BYTES as u64);

/// Operations of a sample at most; an auditor takes 25 or 60.
pub const SAMPLE_MAX: usize = 10_000;

/// Bytes of an attachment at most: a timestamp token with its certificates has about 10,000.
pub const ATTACHMENT_BYTES_MAX: u64 = 1024 * 1024;

/// Attachments of one bundle at most.
pub const ATTACHMENTS_MAX: usize = 16;

/// What is to be proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// One operation.
    Operation(OperationKey),
    /// Everything from the beginning of the first run to the end of the last one.
    Runs {
        /// Number of the first run.
        first: i64,
        /// Number of the last run.
        last: i64,
    },
    /// So many of all operations, chosen by a seed.
    Sample {
        /// How many; all if there are no more.
        count: usize,
        /// What chooses them: a text of one line.
        seed: String,
    },
}

/// A question, and what goes with it.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is to be proved.
    pub asked: Asked,
    /// Every leaf about the operations, not only those on which their rows rest.
    pub all_looks: bool,
    /// The checkpoint that everything is proved against: signed, over the leaves that the connection shows.
    pub note: Note,
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Checkpoints that somebody kept: each gets a proof that the log goes on from it.
    pub held: Vec<Held>,
    /// Files that go with it as they are: names of [`is_attachment_name`], and their bytes.
    pub attachments: Vec<(String, Vec<u8>)>,
}

/// Whether a text can be a seed: one line that is not empty.
pub fn is_seed(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// Whether a file may be attached under this name: nothing that a path could be made of.
pub fn is_attachment_name(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(is_plain) && !matches!(name, "." | "..")
}
