//! How the seal of a database stands, for who only looks: nothing is made, locked or signed.

use std::path::Path;

use super::guard::{FIRST_SCHEMA_WITH_CHECKPOINTS, log_of};
use super::{Access, LogState, SealError, guard, keys};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::note::VerifierKey;
use crate::record::Keyring;
use crate::store::{Connection, evidence, migrate};

/// How it stands.
#[derive(Debug)]
pub struct Look {
    /// Leaves of the database.
    pub size: u64,
    /// What the comparison with the state directory came to: the newest checkpoint there, from which the database
    /// goes on; `None` before the first.
    pub sealed: Result<Option<Checkpoint>, SealError>,
    /// The key that signs; `None` where the log has none yet.
    pub key: Result<Option<VerifierKey>, SealError>,
    /// The log's part of the state directory; `None` before the log has a name.
    pub state: Option<LogState>,
}

/// Looks at a database, as who wants to write to it.
pub fn look(
    connection: &Connection,
    database: &Path,
    state_directory: &Path,
) -> Result<Look, SealError> {
    // Asked first: a seal that comes in between covers what the database has by then.
    let sealed = guard(connection, database, state_directory, Access::Write);
    let log = log_of(connection)?;
    Ok(Look {
        size: u64::try_from(evidence::size(connection)?).unwrap_or_default(),
        sealed,
        key: key_of(connection, state_directory),
        state: log.map(|log| LogState::of(state_directory, &log)),
    })
}

/// The key that signs for a database, if it can be used; `None` where the log has none yet.
///
/// # Errors
/// [`SealError::Key`] where it is missing, unreadable, open to others, or another one.
pub fn key_of(
    connection: &Connection,
    state_directory: &Path,
) -> Result<Option<VerifierKey>, SealError> {
    if migrate::schema_version(connection)? < FIRST_SCHEMA_WITH_CHECKPOINTS {
        return Ok(None);
    }
    let keyring = Keyring::read(connection)?;
    let (Some(log), Some(made)) = (keyring.log, keyring.keys.last()) else {
        return Ok(None);
    };
    let signer = keys::signer(&LogState::of(state_directory, &log), made)?;
    Ok(Some(signer.verifier().clone()))
}
