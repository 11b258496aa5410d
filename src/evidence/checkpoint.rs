//! Checkpoints, as C2SP's `tlog-checkpoint` has them (<https://c2sp.org/tlog-checkpoint>): the size
//! and the root of a log's tree, signed by the log as a note; and the one line of them that others
//! keep.
//!
//! ```text
//! ORIGIN
//! SIZE
//! base64(ROOT)
//!
//! — ORIGIN base64(…)
//! ```
//!
//! It neither stores a checkpoint nor decides when one is due. The origin is the name of the log's
//! key, so it obeys the rules of such names.

mod held;

pub use held::{HELD_LINE_LONGEST_BYTES, HeldHead, HeldLineError};

use std::borrow::Borrow;

use super::lines::{NUMBER_LARGEST, decimal, hash, to_base64};
use super::note::{self, Note, NoteError, SignerKey, VerifierKey, is_key_name};
use super::tree::Hash;
use crate::model::UtcMillis;

/// Extension lines of a checkpoint at most. We write none and give them no meaning; the format lets
/// others add some, and knows of no use that needs more.
pub const EXTENSION_LINES_MAX: usize = 16;

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note below it does not hold.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is no checkpoint.
    #[error("this is no checkpoint: {problem}; get the file again, byte for byte")]
    Malformed {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The checkpoint is of another log than the key.
    #[error(
        "the checkpoint is of the log {origin}, and the key is that of {key_name}; take the two that belong together"
    )]
    OtherLog {
        /// What the checkpoint says.
        origin: String,
        /// The name of the key.
        key_name: String,
    },
}

fn malformed(problem: &'static str) -> CheckpointError {
    CheckpointError::Malformed { problem }
}

/// The head of a log: all that its first `size` leaves come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of its key.
    pub origin: String,
    /// Leaves, at most 2^63 - 1.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed; three lines.
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            to_base64(&self.root)
        )
    }

    /// Reads the text of a checkpoint. Extension lines may follow; what they say is dropped.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let lines = text
            .strip_suffix('\n')
            .ok_or_else(|| malformed("its text does not end with a newline"))?;
        let mut lines = lines.split('\n');
        let origin = lines
            .next()
            .filter(|line| is_key_name(line))
            .ok_or_else(|| malformed("its first line cannot be the name of a log's key"))?;
        let size = lines
            .next()
            .and_then(decimal)
            .ok_or_else(|| malformed("its second line is no number of leaves"))?;
        let root = lines
            .next()
            .and_then(hash)
            .ok_or_else(|| malformed("its third line is no root, 32 bytes in base64"))?;
        let mut extensions = 0;
        for line in lines {
            extensions += 1;
            if line.is_empty() || extensions > EXTENSION_LINES_MAX {
                return Err(malformed("an extension line is empty, or one too many"));
            }
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
        })
    }

    /// The line that others keep, in a log, a mail or on paper: origin, size, root and time, one blank
    /// between, without a newline. [`Checkpoint::parse_line`] reads it again.
    pub fn line(&self, time: UtcMillis) -> String {
        format!(
            "{} {} {} {time}",
            self.origin,
            self.size,
            to_base64(&self.root)
        )
    }

    /// Reads a line that somebody kept; of origin and time either may be missing.
    pub fn parse_line(line: &str) -> Result<HeldHead, HeldLineError> {
        held::parse(line)
    }
}

/// Signs a checkpoint with the key of its log. Whether it agrees with every earlier one, the caller
/// must know: a log that signs two histories is caught by its own signatures.
pub fn sign(checkpoint: &Checkpoint, key: &SignerKey) -> Result<Note, CheckpointError> {
    belongs(checkpoint, key.verifier())?;
    if checkpoint.size > NUMBER_LARGEST {
        return Err(malformed("its size is over 2^63 - 1"));
    }
    Ok(note::sign(&checkpoint.text(), key)?)
}

/// The checkpoint in a note, if the key signed it and is that of its log. Nothing is read before the
/// signature holds.
pub fn open(note: &Note, key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
    note.verify(key)?;
    let checkpoint = Checkpoint::parse_text(note.text())?;
    belongs(&checkpoint, key)?;
    Ok(checkpoint)
}

/// What a note says and the key of the log that signed it: the one that the log names for its origin, made among
/// the leaves that the checkpoint covers; else why it is not believed.
///
/// `key_of` finds the key of an origin, and the leaf that names it.
pub fn open_by_log<K: Borrow<VerifierKey>>(
    note: &Note,
    key_of: impl FnOnce(&str) -> Result<Option<(i64, K)>, String>,
) -> Result<(Checkpoint, K), String> {
    let said = Checkpoint::parse_text(note.text()).map_err(|error| error.to_string())?;
    let (since, key) =
        key_of(&said.origin)?.ok_or_else(|| format!("the log names no key of {}", said.origin))?;
    if u64::try_from(since).is_ok_and(|since| since >= said.size) {
        return Err(format!("its key was made later, with leaf {since}"));
    }
    let checkpoint = open(note, key.borrow()).map_err(|error| error.to_string())?;
    Ok((checkpoint, key))
}

fn belongs(checkpoint: &Checkpoint, key: &VerifierKey) -> Result<(), CheckpointError> {
    if checkpoint.origin == key.name() {
        return Ok(());
    }
    Err(CheckpointError::OtherLog {
        origin: checkpoint.origin.clone(),
        key_name: key.name().to_owned(),
    })
}

#[cfg(test)]
mod tests;
