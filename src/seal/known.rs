//! The newest checkpoint in the state directory for who compares leaf by leaf, and whether the log's key has signed
//! it: whoever writes a new history and cannot sign it might put its root there.

use std::path::{Path, PathBuf};

use super::guard::{FIRST_SCHEMA_WITH_CHECKPOINTS, log_of, refuse_nameless, refuse_other_log};
use super::state::KeptCheckpoint;
use super::{BadNews, LogState, SealError};
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::note::VerifierKey;
use crate::record::Keyring;
use crate::store::{Connection, migrate};

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

    /// Its file.
    pub fn path(&self) -> PathBuf {
        self.state.checkpoint_path()
    }

    /// Refuses it where the log's key has not signed it.
    pub fn refuse_unsigned(
        &self,
        connection: &Connection,
        database: &Path,
    ) -> Result<(), SealError> {
        refuse_unsigned(connection, database, &self.state, &self.kept)
    }
}

/// Refuses a checkpoint of the state directory that the log's key has not signed. A log that does not name the key
/// is judged by what else it is not.
pub(super) fn refuse_unsigned(
    connection: &Connection,
    database: &Path,
    state: &LogState,
    kept: &KeptCheckpoint,
) -> Result<(), SealError> {
    if migrate::schema_version(connection)? < FIRST_SCHEMA_WITH_CHECKPOINTS {
        return Ok(());
    }
    let keys = Keyring::read(connection)?.keys;
    let mut keys = keys.iter();
    let Some(made) = keys.find(|made| made.origin == kept.checkpoint.origin) else {
        return Ok(());
    };
    let signed = match made.vkey.parse::<VerifierKey>() {
        Ok(vkey) => checkpoint::open(&kept.note, &vkey).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    signed
        .map(drop)
        .map_err(|reason| garbled(database, state, reason))
}

fn garbled(database: &Path, state: &LogState, reason: String) -> SealError {
    SealError::from(BadNews::Garbled {
        database: database.to_owned(),
        checkpoint: state.checkpoint_path(),
        reason,
    })
}
