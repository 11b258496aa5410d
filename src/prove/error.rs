//! Why no bundle is made.

use std::io;

use super::{FILE_BYTES_MAX, LEAVES_MAX, SAMPLE_MAX};
use crate::evidence::checkpoint::CheckpointError;
use crate::evidence::note::NoteError;
use crate::store::StoreError;

/// Why no bundle is made.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// A checkpoint is not one of this log's history.
    #[error(
        "the checkpoint {name} covers {size} leaves, and the first {size} leaves of this log do not have its root: the log has another \
         history than the one that was signed. Keep that checkpoint, and run `optrail verify`"
    )]
    OtherHistory {
        /// Where it came from.
        name: String,
        /// Leaves that it covers.
        size: u64,
    },
    /// A checkpoint covers more than there is.
    #[error(
        "the checkpoint {name} covers {size} leaves, and only {covered} of this log are signed now: leaves were cut off, or this is \
         an older copy. Keep that checkpoint, and run `optrail verify`"
    )]
    Ahead {
        /// Where it came from.
        name: String,
        /// Leaves that it covers.
        size: u64,
        /// Leaves that there are.
        covered: u64,
    },
    /// A checkpoint is of no key of this log.
    #[error(
        "the checkpoint {name} is of {origin}, and no key of that name was made for this log; take one that this log handed out"
    )]
    OtherLog {
        /// Where it came from.
        name: String,
        /// What it says.
        origin: String,
    },
    /// A checkpoint cannot be read.
    #[error("the checkpoint {name} cannot be used: {source}")]
    Checkpoint {
        /// Where it came from.
        name: String,
        /// Why.
        source: CheckpointError,
    },
    /// A checkpoint is not believed.
    #[error("the checkpoint {name} cannot be used: {reason}; take one that this log handed out")]
    Unsigned {
        /// Where it came from.
        name: String,
        /// Why it is not believed.
        reason: String,
    },
    /// Two checkpoints of one size that are not the same.
    #[error("two checkpoints of {size} leaves that differ were given; leave one out")]
    TwoOfOneSize {
        /// Leaves that they cover.
        size: u64,
    },
    /// Rows lag behind what the checkpoint covers.
    #[error(
        "no rows are derived yet from the last {behind} leaves that the checkpoint covers; `optrail rebuild` or the next `optrail collect` derives them"
    )]
    Behind {
        /// Leaves.
        behind: i64,
    },
    /// The log has no name, or no key.
    #[error("the log has no {0}, so that nothing can be proved; run `optrail verify`")]
    Nameless(&'static str),
    /// None of these runs is covered.
    #[error(
        "the checkpoint covers no run from {first} to {last}; `optrail export collection-runs` lists them"
    )]
    NoRuns {
        /// First run.
        first: i64,
        /// Last run.
        last: i64,
    },
    /// Nothing was seen of which a sample could be taken.
    #[error("no operation was seen yet of which a sample could be taken; `optrail collect` asks")]
    NoPopulation,
    /// The operation is not in what the checkpoint covers.
    #[error(
        "the checkpoint covers no answer about operation {0}; `optrail show {0}` tells whether it was seen, and `optrail collect` asks and signs a newer one"
    )]
    NotCovered(String),
    /// Too much at once.
    #[error(
        "this would be {leaves} leaves, and a bundle has {LEAVES_MAX} at most; ask for fewer runs or operations, without --all-looks, or for a sample"
    )]
    TooMany {
        /// Leaves.
        leaves: usize,
    },
    /// A file that no reader would take.
    #[error(
        "{name} would have {size} bytes, and a file of a bundle has {FILE_BYTES_MAX} at most; ask for fewer runs or operations, or for a smaller sample"
    )]
    TooLarge {
        /// Its name in the bundle.
        name: String,
        /// Bytes.
        size: u64,
    },
    /// A sample that is none.
    #[error("a sample has 1 to {SAMPLE_MAX} operations, and a seed of one line that is not empty")]
    Sample,
    /// A leaf, its hash, its proof or its body is not what was recorded.
    #[error(
        "leaf {sequence} or its body is not what was recorded: evidence was changed. Run `optrail verify`"
    )]
    Damaged {
        /// The leaf.
        sequence: i64,
    },
    /// The bundle could not be written.
    #[error("cannot write the bundle: {0}")]
    Write(#[from] io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProveError {
    /// Whether the log is not what was signed.
    pub fn is_bad_news(&self) -> bool {
        matches!(
            self,
            Self::OtherHistory { .. } | Self::Ahead { .. } | Self::Damaged { .. }
        )
    }

    pub(super) fn checkpoint(name: &str, source: impl Into<CheckpointError>) -> Self {
        Self::Checkpoint {
            name: name.to_owned(),
            source: source.into(),
        }
    }

    pub(super) fn note(name: &str, source: NoteError) -> Self {
        Self::checkpoint(name, source)
    }
}
