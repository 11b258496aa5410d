//! What the recorder keeps of keys and checkpoints: who seals the log, and each seal.
//!
//! It signs nothing and knows no file beside the database: `seal` does. Depends on `store`, `evidence` and
//! `model`.

use super::deriver::leaf_at;
use super::{Recorder, Session};
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::leaf::{Genesis, Key, KeyChange, Leaf, Restore, SchemaChange};
use crate::evidence::note::{Note, VerifierKey};
use crate::model::PROGRAM;
use crate::store::custody::CheckpointRow;
use crate::store::{Connection, StoreError, Transaction, custody, evidence};

/// A key that was made for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeKey {
    /// Its leaf.
    pub sequence: i64,
    /// The origin of its checkpoints, which is its name.
    pub origin: String,
    /// Its public half, as a C2SP verifier key.
    pub vkey: String,
}

/// Who answers for a log: its name, and the keys that were made for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    /// The log's name, from its genesis; `None` before there is one.
    pub log: Option<String>,
    /// The keys in the order in which they were made; the last one signs.
    pub keys: Vec<MadeKey>,
}

impl Keyring {
    /// Reads it. Rows say where its leaves are; where they lead elsewhere, or there are none, the leaves themselves
    /// are looked through: rows can be derived anew, and whoever does that must get so far.
    pub fn read(connection: &Connection) -> Result<Self, StoreError> {
        let said = custody::keys_made(connection)?;
        let keys = made_keys(connection, &said)?;
        if said.is_empty() || keys.len() != said.len() {
            return Self::read_leaves(connection);
        }
        Ok(Self {
            log: log_name(connection)?,
            keys,
        })
    }

    /// Reads it from the evidence alone, in a file of any schema: takes as long as to read every leaf.
    pub fn read_leaves(connection: &Connection) -> Result<Self, StoreError> {
        Ok(Self {
            log: log_name(connection)?,
            keys: made_keys(connection, &custody::key_leaves(connection)?)?,
        })
    }

    /// The key of an origin: the first that was made for it.
    pub fn of_origin(&self, origin: &str) -> Option<&MadeKey> {
        self.keys.iter().find(|made| made.origin == origin)
    }

    /// What a note says, if the key signed it that the log names for its origin, made among the leaves that it covers;
    /// else why it is not believed.
    pub fn that_signed(&self, note: &Note) -> Result<Checkpoint, String> {
        let opened = checkpoint::open_by_log(note, |origin| {
            let Some(made) = self.of_origin(origin) else {
                return Ok(None);
            };
            let vkey: VerifierKey = made.vkey.parse().map_err(|error| format!("{error}"))?;
            Ok(Some((made.sequence, vkey)))
        });
        opened.map(|(checkpoint, _)| checkpoint)
    }
}

/// The keys that these leaves say were made; what is no such leaf is passed over.
fn made_keys(connection: &Connection, sequences: &[i64]) -> Result<Vec<MadeKey>, StoreError> {
    let mut keys = Vec::new();
    for sequence in sequences.iter().copied() {
        match leaf_at(connection, sequence) {
            Ok((_, Leaf::Key(key))) if key.change == KeyChange::Made => keys.push(MadeKey {
                sequence,
                origin: key.origin,
                vkey: key.vkey,
            }),
            // Damage is `verify`'s to name.
            Ok(_) | Err(StoreError::Inconsistent(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(keys)
}

fn log_name(connection: &Connection) -> Result<Option<String>, StoreError> {
    Ok(genesis(connection)?.map(|genesis| genesis.log))
}

/// The first leaf; `None` in a file without leaves.
fn genesis(connection: &Connection) -> Result<Option<Genesis>, StoreError> {
    if evidence::size(connection)? == 0 {
        return Ok(None);
    }
    match leaf_at(connection, 0)? {
        (_, Leaf::Genesis(genesis)) => Ok(Some(genesis)),
        (_, other) => Err(StoreError::Inconsistent(format!(
            "the first leaf is of type {}, not genesis",
            other.kind()
        ))),
    }
}

impl Recorder {
    /// Keeps that a key was made, unless the log has one already: then that one holds, and is told.
    pub fn keep_key(&self, key: Key) -> Result<MadeKey, StoreError> {
        self.writer.write_blocking(move |transaction, session| {
            session.settle(transaction)?;
            if let Some(there) = Keyring::read(transaction)?.keys.pop() {
                return Ok(there);
            }
            append_key(transaction, session, key)
        })
    }

    /// Keeps that a key could not be used; once, until something is sealed again or another key is made.
    pub fn keep_unusable_key(&self, key: Key) -> Result<(), StoreError> {
        self.writer.write_blocking(move |transaction, session| {
            session.settle(transaction)?;
            if let Some(last) = custody::last_key_event(transaction)?
                && let (_, Leaf::Key(said)) = leaf_at(transaction, last)?
                && said.change == KeyChange::Unusable
                && custody::newest_checkpoint(transaction)?.is_none_or(|c| c.size <= last)
            {
                return Ok(());
            }
            session.append(transaction, &Leaf::Key(key), None).map(drop)
        })?;
        self.read_blocking(|_| Ok(()))
    }

    /// Keeps that the log was taken up again, together with the key that it has from now on.
    pub fn keep_restore(&self, restore: Restore, key: Key) -> Result<MadeKey, StoreError> {
        let made = self.writer.write_blocking(move |transaction, session| {
            session.append(transaction, &Leaf::Restore(restore), None)?;
            append_key(transaction, session, key)
        })?;
        self.read_blocking(|_| Ok(()))?;
        Ok(made)
    }

    /// Keeps that a copy was put in the database's place which goes on from the newest checkpoint, with the same key.
    pub fn keep_return(&self, restore: Restore) -> Result<(), StoreError> {
        self.writer.write_blocking(move |transaction, session| {
            session
                .append(transaction, &Leaf::Restore(restore), None)
                .map(drop)
        })?;
        self.read_blocking(|_| Ok(()))
    }

    /// Keeps a checkpoint, which must be in the state directory already.
    pub fn keep_checkpoint(&self, row: CheckpointRow) -> Result<(), StoreError> {
        self.writer
            .write_blocking(move |transaction, _| custody::insert_checkpoint(transaction, &row))
    }

    /// Keeps that the file was brought to a newer schema, unless the log says so already: of several processes that
    /// find an older file each may have done it. The program is filled in here.
    pub fn keep_schema_change(&self, change: SchemaChange) -> Result<(), StoreError> {
        let to = change.to;
        let leaf = Leaf::Schema(SchemaChange {
            program: PROGRAM.to_owned(),
            ..change
        });
        self.writer.write_blocking(move |transaction, session| {
            session.settle(transaction)?;
            if let Some(last) = custody::last_schema_change(transaction)?
                && let (_, Leaf::Schema(said)) = leaf_at(transaction, last)?
                && said.to == to
            {
                return Ok(());
            }
            session.append(transaction, &leaf, None).map(drop)
        })?;
        self.read_blocking(|_| Ok(()))
    }
}

fn append_key(
    transaction: &Transaction<'_>,
    session: &mut Session,
    key: Key,
) -> Result<MadeKey, StoreError> {
    let (origin, vkey) = (key.origin.clone(), key.vkey.clone());
    let sequence = session.append(transaction, &Leaf::Key(key), None)?;
    Ok(MadeKey {
        sequence,
        origin,
        vkey,
    })
}
