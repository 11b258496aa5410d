//! Why a log cannot be sealed, or must not be written.

use std::path::PathBuf;

use crate::store::StoreError;

/// The database is not what was signed. Nothing may be added to it: the log would sign two histories.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNews {
    /// It has fewer leaves than its checkpoint covers.
    #[error(
        "{database} is older than its checkpoint: it holds {size} leaves of evidence, and {checkpoint} covers {signed}; \
         leaves were cut off, or an older copy was put in its place. Put the newer database back, or go on from \
         this one, and say so in the log, with `optrail restore --adopt --reason TEXT`"
    )]
    Older {
        /// The database.
        database: PathBuf,
        /// Its leaves.
        size: u64,
        /// File of the checkpoint.
        checkpoint: PathBuf,
        /// Leaves that this covers.
        signed: u64,
    },
    /// Its leaves are others.
    #[error(
        "{database} has another history than its checkpoint: its first {signed} leaves do not have the root that {checkpoint} states; \
         evidence was changed, or two copies were written to. `optrail verify` names what it can; to go on from this \
         database, and say so in the log: `optrail restore --adopt --reason TEXT`"
    )]
    OtherHistory {
        /// The database.
        database: PathBuf,
        /// File of the checkpoint.
        checkpoint: PathBuf,
        /// Leaves that this covers.
        signed: u64,
    },
    /// It contradicts a checkpoint that it holds itself.
    #[error(
        "{database} does not have the {signed} leaves, or not those, that the newest checkpoint in it covers: evidence was cut off \
         or changed. `optrail verify` names what it can; restore a good copy with `optrail restore FILE --replace --reason TEXT`"
    )]
    Contradictory {
        /// The database.
        database: PathBuf,
        /// Leaves that its newest checkpoint covers.
        signed: u64,
    },
    /// The state directory knows nothing of a log that was sealed.
    #[error(
        "{database} was sealed up to leaf {signed}, and {directory} holds no checkpoint of it: nobody can tell whether \
         it is the newest. If it was moved here, bring its state directory along ([state] directory names it); if that is \
         lost, `optrail restore --adopt --reason TEXT` goes on with a new key, and says so in the log"
    )]
    NoState {
        /// The database.
        database: PathBuf,
        /// Where its state should be.
        directory: PathBuf,
        /// Leaves that the newest checkpoint in the database covers.
        signed: u64,
    },
    /// The checkpoint cannot be read, or the log's key has not signed it.
    #[error(
        "the checkpoint {checkpoint} of {database} cannot be used: {reason}. Put it back from a copy, or go on without it, \
         and say so in the log, with `optrail restore --adopt --reason TEXT`"
    )]
    Garbled {
        /// The database.
        database: PathBuf,
        /// File of the checkpoint.
        checkpoint: PathBuf,
        /// Why.
        reason: String,
    },
    /// The database is gone.
    #[error(
        "there is no evidence at {database}, and {checkpoint} says that there was: put the database back, or restore a backup with \
         `optrail restore FILE --reason TEXT`; if a new log is meant, move {directory} away first"
    )]
    Gone {
        /// Where it was.
        database: PathBuf,
        /// File of the checkpoint.
        checkpoint: PathBuf,
        /// The log's part of the state directory.
        directory: PathBuf,
    },
    /// Another log stands in its place.
    #[error(
        "{database} is of log {found}, and {checkpoint} is of log {known}, which was kept there before: put that database \
         back; if the other one is meant, move {directory} away first"
    )]
    OtherLog {
        /// The database.
        database: PathBuf,
        /// Its log.
        found: String,
        /// The log that was there.
        known: String,
        /// File of the checkpoint.
        checkpoint: PathBuf,
        /// The known log's part of the state directory.
        directory: PathBuf,
    },
}

/// Why a head was not signed, or a comparison not made.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The database is not what was signed.
    #[error(transparent)]
    BadNews(#[from] BadNews),
    /// The key is missing, unreadable, or another one.
    #[error(
        "the key {path} cannot be used: {reason}. Put it back from a copy, or make a new one with `optrail restore --adopt --reason TEXT`"
    )]
    Key {
        /// File of the key.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The state directory cannot be read or written.
    #[error("cannot {what} {path}: {source}")]
    State {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The log has no genesis, so that there is nothing to sign.
    #[error("{0} holds no evidence yet: there is nothing to sign")]
    Empty(PathBuf),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for a key")]
    NoRandomness,
    /// The origin is no name for a key.
    #[error("the origin {origin:?} cannot name a key: {reason}")]
    Origin {
        /// The origin.
        origin: String,
        /// Why.
        reason: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SealError {
    /// Whether a person may go on all the same, with a new origin ([`adopt`](super::adopt())): what stands in
    /// the way is what was signed elsewhere, not the database itself.
    pub fn can_be_adopted(&self) -> bool {
        matches!(
            self,
            Self::BadNews(
                BadNews::Older { .. }
                    | BadNews::OtherHistory { .. }
                    | BadNews::NoState { .. }
                    | BadNews::Garbled { .. }
            ) | Self::Key { .. }
        )
    }

    /// Whether the database is not what was signed.
    pub fn is_bad_news(&self) -> bool {
        matches!(self, Self::BadNews(_))
    }
}
