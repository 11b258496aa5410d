//! The comparison at each start: is the database the one that was signed last, or does it go on from it?

use std::path::Path;

use super::known::{garbled, newest_signed, refuse_unsigned};
use super::{BadNews, LogState, SealError};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::leaf::Leaf;
use crate::record::{Keyring, leaf_at, root_at};
use crate::store::{Connection, StoreError, evidence, migrate};

/// First schema with a table of checkpoints.
pub(super) const FIRST_SCHEMA_WITH_CHECKPOINTS: i64 = 5;

/// What is going to be done with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is read: a copy without its state directory is welcome.
    Read,
    /// It is written: without its state directory nobody could tell whether it is the newest.
    Write,
}

/// Compares a database with its newest checkpoint in the state directory, and tells that one.
///
/// # Errors
/// [`SealError::BadNews`] where the database is not what was signed.
pub fn guard(
    connection: &Connection,
    database: &Path,
    state_directory: &Path,
    access: Access,
) -> Result<Option<Checkpoint>, SealError> {
    guard_at(connection, database, database, state_directory, access)
}

/// The same for the file `copy`, which is to be written to when it stands in the place of the database.
pub fn guard_copy(
    connection: &Connection,
    copy: &Path,
    database: &Path,
    state_directory: &Path,
) -> Result<Option<Checkpoint>, SealError> {
    guard_at(connection, copy, database, state_directory, Access::Write)
}

fn guard_at(
    connection: &Connection,
    database: &Path,
    place: &Path,
    state_directory: &Path,
    access: Access,
) -> Result<Option<Checkpoint>, SealError> {
    let Some(log) = log_of(connection)? else {
        refuse_nameless(connection, place, state_directory)?;
        return Ok(None);
    };
    refuse_other_log(database, place, &log, state_directory)?;
    let state = LogState::of(state_directory, &log);
    let kept = match state.checkpoint() {
        // Somebody who only reads need not be able to read the state directory.
        Err(SealError::State { .. }) if access == Access::Read => None,
        kept => kept?,
    };
    match kept {
        Some(Ok(kept)) => {
            compare(connection, database, &state, &kept.checkpoint)?;
            if access == Access::Write {
                compare_with_own(connection, database, &kept.checkpoint)?;
            }
            refuse_unsigned(connection, database, &state, &kept)?;
            Ok(Some(kept.checkpoint))
        }
        Some(Err(reason)) => Err(garbled(database, &state, reason)),
        None if access == Access::Write => {
            refuse_missing_state(connection, database, &state)?;
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Compares a database with a checkpoint of its state directory.
pub(super) fn compare(
    connection: &Connection,
    database: &Path,
    state: &LogState,
    checkpoint: &Checkpoint,
) -> Result<(), SealError> {
    let size = evidence::size(connection)?;
    let signed = i64::try_from(checkpoint.size).unwrap_or(i64::MAX);
    if size < signed {
        return Err(BadNews::Older {
            database: database.to_owned(),
            size: u64::try_from(size).unwrap_or_default(),
            checkpoint: state.checkpoint_path(),
            signed: checkpoint.size,
        }
        .into());
    }
    let root = match root_at(connection, signed) {
        // Leaves are missing, or out of order: `verify` tells which.
        Err(StoreError::Inconsistent(_)) => None,
        root => Some(root?),
    };
    if root == Some(checkpoint.root) {
        return Ok(());
    }
    Err(BadNews::OtherHistory {
        database: database.to_owned(),
        checkpoint: state.checkpoint_path(),
        signed: checkpoint.size,
    }
    .into())
}

/// Compares a database with the newest checkpoint in it that its key has signed, unless that is `known` to agree: the
/// one of the state directory may be older, if it is a copy.
pub(super) fn compare_with_own(
    connection: &Connection,
    database: &Path,
    known: &Checkpoint,
) -> Result<(), SealError> {
    match newest_signed(connection)? {
        Some(own) if own != *known => refuse_contradictory(connection, database, &own),
        _ => Ok(()),
    }
}

/// Refuses a database whose leaves are not those that a checkpoint in it covers.
pub(super) fn refuse_contradictory(
    connection: &Connection,
    database: &Path,
    own: &Checkpoint,
) -> Result<(), SealError> {
    let root = match root_at(connection, i64::try_from(own.size).unwrap_or(i64::MAX)) {
        Err(StoreError::Inconsistent(_)) => None,
        root => Some(root?),
    };
    if root == Some(own.root) {
        return Ok(());
    }
    Err(BadNews::Contradictory {
        database: database.to_owned(),
        signed: own.size,
    }
    .into())
}

/// Refuses a database that was sealed and whose state directory has no checkpoint of it. One that has the key of
/// a later origin is about to be sealed for the first time after a restore.
pub(super) fn refuse_missing_state(
    connection: &Connection,
    database: &Path,
    state: &LogState,
) -> Result<(), SealError> {
    let Some(own) = newest_signed(connection)? else {
        return Ok(());
    };
    if let Ok(Some(key)) = state.key()
        && let Some(made) = Keyring::read(connection)?.keys.pop()
        && u64::try_from(made.sequence).is_ok_and(|sequence| sequence >= own.size)
        && made.vkey == key.verifier().to_string()
    {
        return Ok(());
    }
    Err(BadNews::NoState {
        database: database.to_owned(),
        directory: state.directory().to_owned(),
        signed: own.size,
    }
    .into())
}

/// Refuses a file without a log in the place of one that was sealed.
pub(super) fn refuse_nameless(
    connection: &Connection,
    database: &Path,
    state_directory: &Path,
) -> Result<(), SealError> {
    if evidence::size(connection)? == 0 {
        return refuse_lost(database, state_directory);
    }
    // The first leaf is not the one that was signed.
    match sealed_before(database, state_directory)?.pop() {
        None => Ok(()),
        Some((_, state)) => Err(BadNews::OtherHistory {
            database: database.to_owned(),
            checkpoint: state.checkpoint_path(),
            signed: 1,
        }
        .into()),
    }
}

/// Refuses to make a database where one was sealed before.
pub fn refuse_lost(database: &Path, state_directory: &Path) -> Result<(), SealError> {
    match sealed_before(database, state_directory)?.pop() {
        None => Ok(()),
        Some((_, state)) => Err(BadNews::Gone {
            database: database.to_owned(),
            checkpoint: state.checkpoint_path(),
            directory: state.directory().to_owned(),
        }
        .into()),
    }
}

pub(super) fn refuse_other_log(
    database: &Path,
    place: &Path,
    log: &str,
    state_directory: &Path,
) -> Result<(), SealError> {
    // Whoever only has a copy may not be able to read the directory.
    let before = sealed_before(place, state_directory).unwrap_or_default();
    if before.iter().any(|(known, _)| known == log) {
        return Ok(());
    }
    match before.into_iter().next() {
        None => Ok(()),
        Some((known, state)) => Err(BadNews::OtherLog {
            database: database.to_owned(),
            found: log.to_owned(),
            known,
            checkpoint: state.checkpoint_path(),
            directory: state.directory().to_owned(),
        }
        .into()),
    }
}

/// The logs that were sealed at this path.
fn sealed_before(
    database: &Path,
    state_directory: &Path,
) -> Result<Vec<(String, LogState)>, SealError> {
    let mut before = LogState::of_database(state_directory, database)?;
    before.retain(|(_, state)| state.checkpoint_path().exists());
    Ok(before)
}

/// The name of the log; `None` before it has its first leaf.
pub(super) fn log_of(connection: &Connection) -> Result<Option<String>, StoreError> {
    if migrate::schema_version(connection)? == 0 || evidence::size(connection)? == 0 {
        return Ok(None);
    }
    match leaf_at(connection, 0) {
        Ok((_, Leaf::Genesis(genesis))) if is_name(&genesis.log) => Ok(Some(genesis.log)),
        // Damage is `verify`'s to name; a log without a name has no state.
        Ok(_) | Err(StoreError::Inconsistent(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A name becomes part of a path.
pub(super) fn is_name(log: &str) -> bool {
    log.len() == 32 && log.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
