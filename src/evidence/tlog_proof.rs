//! The file that proves one leaf to somebody who has neither database nor program, as C2SP's
//! `tlog-proof` has it (<https://c2sp.org/tlog-proof>): the leaf's place, the hashes up to the root,
//! and the checkpoint that vouches for the root.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! index 73894
//! base64(HASH)                          the leaf's sibling first; none in a tree of one leaf
//!
//! the checkpoint, byte for byte
//! ```
//!
//! It does not make the hashes (that is [`super::tree`]), and does not hold the leaf.

use std::fmt;
use std::str::FromStr;

use super::checkpoint::{self, Checkpoint, CheckpointError};
use super::lines::{decimal, from_base64, hash, to_base64};
use super::note::{NOTE_LONGEST_BYTES, Note, NoteError, VerifierKey};
use super::tree::{Hash, PROOF_HASHES_MAX, ProofError, verify_inclusion};

/// The first line.
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The longest proof that is read: a note of its longest, the hashes (3 kB), and as much extra data
/// as a note.
pub const TLOG_PROOF_LONGEST_BYTES: usize = 2 * NOTE_LONGEST_BYTES + 4 * 1024;

/// Why a proof is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Over [`TLOG_PROOF_LONGEST_BYTES`]; nothing of it was read.
    #[error(
        "a proof of {bytes} bytes is over the limit of {TLOG_PROOF_LONGEST_BYTES}; is it the right file?"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The text is no proof.
    #[error("this is no tlog-proof: {problem}; get the file again, byte for byte")]
    Malformed {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Its checkpoint does not hold.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its checkpoint holds, and its hashes do not lead there.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl From<NoteError> for TlogProofError {
    fn from(error: NoteError) -> Self {
        Self::Checkpoint(error.into())
    }
}

fn malformed(problem: &'static str) -> TlogProofError {
    TlogProofError::Malformed { problem }
}

/// The proof of one leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The leaf, counted from 0.
    pub index: u64,
    /// From the leaf's sibling to a child of the root; at most [`PROOF_HASHES_MAX`].
    pub hashes: Vec<Hash>,
    /// The checkpoint: a signed note, byte for byte.
    pub checkpoint: String,
}

impl TlogProof {
    /// Whether the leaf with this hash stands where the proof says, in the tree that `key` signed.
    /// Gives the head of that tree.
    pub fn verify(
        &self,
        leaf_hash: &Hash,
        key: &VerifierKey,
    ) -> Result<Checkpoint, TlogProofError> {
        let note = Note::parse(self.checkpoint.as_bytes())?;
        let head = checkpoint::open(&note, key)?;
        verify_inclusion(self.index, head.size, leaf_hash, &self.hashes, &head.root)?;
        Ok(head)
    }
}

/// The file, byte for byte.
impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nindex {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", to_base64(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    /// Reads a proof, and refuses whatever is not exactly one. Its `extra` line is not signed and
    /// means nothing here: it is dropped. The checkpoint has the right form; whether it holds,
    /// [`TlogProof::verify`] tells.
    fn from_str(text: &str) -> Result<Self, TlogProofError> {
        if text.len() > TLOG_PROOF_LONGEST_BYTES {
            return Err(TlogProofError::TooLong { bytes: text.len() });
        }
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| malformed("no empty line stands before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(malformed("it does not begin with c2sp.org/tlog-proof@v1"));
        }
        if let Some(extra) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            from_base64(extra).ok_or_else(|| malformed("its extra data is not base64"))?;
            lines.next();
        }
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(decimal)
            .ok_or_else(|| malformed("it does not tell the index of the leaf"))?;
        // One more is enough to know that they are too many.
        let hashes: Vec<Hash> = lines
            .take(PROOF_HASHES_MAX + 1)
            .map(hash)
            .collect::<Option<_>>()
            .ok_or_else(|| malformed("a line is no hash, 32 bytes in base64"))?;
        if hashes.len() > PROOF_HASHES_MAX {
            return Err(malformed("it has more than 63 hashes"));
        }
        Checkpoint::parse_text(Note::parse(checkpoint.as_bytes())?.text())?;
        Ok(Self {
            index,
            hashes,
            checkpoint: checkpoint.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
