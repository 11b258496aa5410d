//! The newest checkpoint in the state directory for who compares leaf by leaf, and whether the log's key has signed
//! it, or one in the database: whoever writes a new history and cannot sign it might put its root there.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::guard::{FIRST_SCHEMA_WITH_CHECKPOINTS, log_of, refuse_nameless, refuse_other_log};
use super::state::KeptCheckpoint;
use super::{BadNews, LogState, SealError};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::Note;
use crate::record::Keyring;
use crate::store::{Connection, StoreError, custody, migrate};

/// The newest checkpoint in the state directory of a log, before anything of it is compared.
#[derive(Debug, Clone)]
pub struct Known {
    state: LogState,
    kept: KeptCheckpoint,
}

/// Finds it for a command that only reads; `None` where there is none, or it may not be read.
///
/// # Errors
/// [`SealError::BadNews`] where another log was here, or the file cannot be understood.
pub fn known(
    connection: &Connection,
    database: &Path,
    state_directory: &Path,
) -> Result<Option<Known>, SealError> {
    let Some(log) = log_of(connection)? else {
        refuse_nameless(connection, database, state_directory)?;
        return Ok(None);
    };
    refuse_other_log(database, database, &log, state_directory)?;
    let state = LogState::of(state_directory, &log);
    match state.checkpoint() {
        // Somebody who only reads need not be able to read the state directory.
        Err(SealError::State { .. }) | Ok(None) => Ok(None),
        Err(error) => Err(error),
        Ok(Some(Ok(kept))) => Ok(Some(Known { state, kept })),
        Ok(Some(Err(reason))) => Err(garbled(database, &state, reason)),
    }
}

impl Known {
    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.kept.checkpoint
    }

    /// The signed note, which nobody has looked at yet: the log's key must have signed it.
    pub fn note(&self) -> &Note {
        &self.kept.note
    }

    /// Its file.
    pub fn path(&self) -> PathBuf {
        self.state.checkpoint_path()
    }
}

/// Refuses a checkpoint of the state directory that no key has signed which the log names before it.
pub(super) fn refuse_unsigned(
    connection: &Connection,
    database: &Path,
    state: &LogState,
    kept: &KeptCheckpoint,
) -> Result<(), SealError> {
    let origin = &kept.checkpoint.origin;
    let mut keyring = match migrate::schema_version(connection)? {
        ..FIRST_SCHEMA_WITH_CHECKPOINTS => Keyring::read_leaves(connection)?,
        _ => Keyring::read(connection)?,
    };
    // A row may be gone that led to its leaf.
    if keyring.of_origin(origin).is_none() {
        keyring = Keyring::read_leaves(connection)?;
    }
    keyring
        .that_signed(&kept.note)
        .map(drop)
        .map_err(|reason| garbled(database, state, reason))
}

/// The newest checkpoint in a database that the log's key has signed. Others prove nothing: whoever can write to the
/// file could have put them there.
pub(super) fn newest_signed(connection: &Connection) -> Result<Option<Checkpoint>, StoreError> {
    if migrate::schema_version(connection)? < FIRST_SCHEMA_WITH_CHECKPOINTS {
        return Ok(None);
    }
    let keyring = Keyring::read(connection)?;
    custody::each_raw_checkpoint_from_newest(connection, |row| {
        let note = Note::parse(row.note).ok();
        let said = note.and_then(|note| keyring.that_signed(&note).ok());
        let said = said.filter(|said| i64::try_from(said.size) == Ok(row.size));
        said.map_or(ControlFlow::Continue(()), ControlFlow::Break)
    })
}

/// A checkpoint of the state directory that nobody can believe.
pub(super) fn garbled(database: &Path, state: &LogState, reason: String) -> SealError {
    SealError::from(BadNews::Garbled {
        database: database.to_owned(),
        checkpoint: state.checkpoint_path(),
        reason,
    })
}
