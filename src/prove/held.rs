//! Checkpoints that somebody kept: read, believed only with the signature of a key of the log, and compared.

use super::ProveError;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::Note;
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
        if keyring.of_origin(origin).is_none() {
            return Err(ProveError::OtherLog {
                name: self.name.clone(),
                origin: origin.clone(),
            });
        }
        keyring
            .that_signed(&self.note)
            .map_err(|reason| ProveError::Unsigned {
                name: self.name.clone(),
                reason,
            })?;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evidence::checkpoint;
    use crate::evidence::note::SignerKey;
    use crate::model::UtcMillis;
    use crate::record::{MadeKey, Recorder};
    use crate::store::open;

    /// A note over the first leaf, signed with a key that leaf `made` names.
    fn compared(made: i64) -> Result<(), ProveError> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        drop(Recorder::create(&path, "0123456789abcdef", UtcMillis(1)).unwrap());
        let connection = open::read_only(&path).unwrap();
        let tree = Tree::read(&connection, 1).unwrap();
        let origin = "optrail.example/log";
        let key = SignerKey::generate(origin, [7; 32]).unwrap();
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            size: 1,
            root: tree.root(1).unwrap(),
        };
        let note = checkpoint::sign(&checkpoint, &key).unwrap();
        let keyring = Keyring {
            log: Some("0123456789abcdef".to_owned()),
            keys: vec![MadeKey {
                sequence: made,
                origin: origin.to_owned(),
                vkey: key.verifier().to_string(),
            }],
        };
        let held = Held::parse("kept.note", note.to_string().as_bytes()).unwrap();
        held.compare(&keyring, &tree)
    }

    #[test]
    fn a_key_signs_nothing_from_before_it_was_made() {
        compared(0).unwrap();
        let error = compared(1).unwrap_err().to_string();
        assert!(
            error.contains("kept.note") && error.contains("made later"),
            "{error}"
        );
    }
}
