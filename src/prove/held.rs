//! Checkpoints that somebody kept: read, believed only with the signature of a key of the log, and compared.

use super::ProveError;
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::note::{Note, VerifierKey};
use crate::record::{Keyring, Tree};

/// A checkpoint that somebody kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Where it came from, for messages.
    pub name: String,
    /// The note, byte for byte.
    pub note: Note,
    /// What it says. Believed only once it was compared with the log.
    pub checkpoint: Checkpoint,
}

impl Held {
    /// Reads one.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, ProveError> {
        let note = Note::parse(bytes).map_err(|error| ProveError::note(name, error))?;
        let checkpoint = Checkpoint::parse_text(note.text())
            .map_err(|error| ProveError::checkpoint(name, error))?;
        Ok(Self {
            name: name.to_owned(),
            note,
            checkpoint,
        })
    }

    /// Whether a key that was made for the log signed it, and the log still begins with what it covers.
    pub(super) fn compare(&self, keyring: &Keyring, tree: &Tree<'_>) -> Result<(), ProveError> {
        let (origin, size) = (&self.checkpoint.origin, self.checkpoint.size);
        let made = keyring.keys.iter().find(|made| made.origin == *origin);
        let Some(made) = made else {
            return Err(ProveError::OtherLog {
                name: self.name.clone(),
                origin: origin.clone(),
            });
        };
        let vkey: VerifierKey = made
            .vkey
            .parse()
            .map_err(|_| ProveError::Nameless("readable key"))?;
        checkpoint::open(&self.note, &vkey)
            .map_err(|error| ProveError::checkpoint(&self.name, error))?;
        if size > tree.size() {
            return Err(ProveError::Ahead {
                name: self.name.clone(),
                size,
                covered: tree.size(),
            });
        }
        if tree.root(size)? != self.checkpoint.root {
            return Err(ProveError::OtherHistory {
                name: self.name.clone(),
                size,
            });
        }
        Ok(())
    }
}
