//! Signing the head: after the commit is durable, under a lock, and only where it goes on from what was
//! signed before.

use std::path::Path;

use super::guard::{compare, compare_with_own, refuse_missing_state};
use super::known::garbled;
use super::state::KeptCheckpoint;
use super::{LogState, SealError, Who, keys};
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::leaf::KeyChange;
use crate::evidence::note::{Note, SignerKey, VerifierKey};
use crate::record::{Keyring, MadeKey, Recorder, head};
use crate::store::StoreError;
use crate::store::custody::{self, CheckpointRow};

/// A head that is signed.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The same as a signed note.
    pub note: Note,
    /// The key that signed it.
    pub vkey: VerifierKey,
    /// Whether it was signed just now; else nothing was added since the last time.
    pub is_new: bool,
}

/// Signs the head of a log and keeps that, in the state directory and then in the database. A log without a
/// key gets one, named after `origin_prefix`.
///
/// # Errors
/// [`SealError::BadNews`] where the database is not what was signed; [`SealError::Key`] and
/// [`SealError::State`] where it cannot be signed now, and evidence is recorded without a seal.
pub fn seal(
    recorder: &Recorder,
    database: &Path,
    state_directory: &Path,
    origin_prefix: &str,
    who: &Who,
) -> Result<Sealed, SealError> {
    let keyring = recorder.read_blocking(Keyring::read)?;
    let log = keyring
        .log
        .ok_or_else(|| SealError::Empty(database.to_owned()))?;
    let state = LogState::of(state_directory, &log);
    let sealed = seal_in(recorder, database, &state, origin_prefix, who);
    if let Err(error @ (SealError::Key { .. } | SealError::State { .. })) = &sealed
        && let Some(made) = keyring.keys.last()
    {
        let reason = Some(error.to_string());
        let leaf = keys::leaf(KeyChange::Unusable, &made.origin, &made.vkey, who, reason);
        recorder.keep_unusable_key(leaf)?;
    }
    sealed
}

fn seal_in(
    recorder: &Recorder,
    database: &Path,
    state: &LogState,
    origin_prefix: &str,
    who: &Who,
) -> Result<Sealed, SealError> {
    let _lock = state.lock()?;
    let made = key_in(recorder, database, state, origin_prefix, who)?;
    let signer = keys::signer(state, &made)?;
    sign(recorder, database, state, &signer)
}

/// Gives a log a key, where it has none, and signs nothing yet.
pub fn make_key(
    recorder: &Recorder,
    database: &Path,
    state_directory: &Path,
    origin_prefix: &str,
    who: &Who,
) -> Result<(), SealError> {
    let keyring = recorder.read_blocking(Keyring::read)?;
    let (Some(log), None) = (keyring.log, keyring.keys.last()) else {
        return Ok(());
    };
    let state = LogState::of(state_directory, &log);
    let _lock = state.lock()?;
    key_in(recorder, database, &state, origin_prefix, who).map(drop)
}

/// The key of a log, made where there is none. The caller holds the lock: another process may just have made one.
fn key_in(
    recorder: &Recorder,
    database: &Path,
    state: &LogState,
    origin_prefix: &str,
    who: &Who,
) -> Result<MadeKey, SealError> {
    let keyring = recorder.read_blocking(Keyring::read)?;
    match keyring.keys.last() {
        Some(made) => Ok(made.clone()),
        None => {
            let log = keyring.log.unwrap_or_default();
            first_key(recorder, database, state, origin_prefix, &log, who)
        }
    }
}

/// Makes the first key of a log. The private half is on disk before the log names it: the other way round a log
/// could have a key that nobody holds.
fn first_key(
    recorder: &Recorder,
    database: &Path,
    state: &LogState,
    origin_prefix: &str,
    log: &str,
    who: &Who,
) -> Result<MadeKey, SealError> {
    refuse_checkpoint_without_key(recorder, database, state)?;
    let origin = keys::origin(origin_prefix, log);
    // The log does not name the key that is there: its maker died in between, or the log is a copy from before it.
    // What it has signed nobody can tell, so it never signs again.
    let key = match state.retire_key(&keys::digits_of(&origin))? {
        false => keys::generate(&origin)?,
        true => keys::generate(&keys::origin(origin_prefix, &keys::random_digits()?))?,
    };
    state.write_key(&key)?;
    let leaf = keys::made(&key, who);
    Ok(recorder.keep_key(leaf)?)
}

/// A log that names no key was never sealed: with a checkpoint of it, it is an older copy, or another one.
fn refuse_checkpoint_without_key(
    recorder: &Recorder,
    database: &Path,
    state: &LogState,
) -> Result<(), SealError> {
    let reason = match state.checkpoint()? {
        None => return Ok(()),
        Some(Err(reason)) => reason,
        Some(Ok(kept)) => {
            let (path, at) = (database.to_owned(), state.clone());
            let compared = recorder.read_blocking(move |connection| {
                Ok(compare(connection, &path, &at, &kept.checkpoint))
            })?;
            compared?;
            "the log names no key that could have signed it".to_owned()
        }
    };
    Err(garbled(database, state, reason))
}

/// Signs the head, unless it is signed already. The caller holds the lock.
pub(super) fn sign(
    recorder: &Recorder,
    database: &Path,
    state: &LogState,
    signer: &SignerKey,
) -> Result<Sealed, SealError> {
    let before = believed(state, database, signer.verifier())?;
    let (path, at) = (database.to_owned(), state.clone());
    let known = before.as_ref().map(|kept| kept.checkpoint.clone());
    let (size, root) = recorder.read_blocking(move |connection| {
        // Compared and signed in one transaction: nobody writes in between.
        let agrees = match &known {
            Some(checkpoint) => compare(connection, &path, &at, checkpoint)
                .and_then(|()| compare_with_own(connection, &path, checkpoint)),
            None => refuse_missing_state(connection, &path, &at),
        };
        Ok(match agrees {
            Ok(()) => Ok(head(connection)?),
            Err(error) => Err(error),
        })
    })??;
    // Before there is a checkpoint: with one, and without the place, a log that is gone would never be missed.
    state.remember_database(database)?;
    if let Some(kept) = &before {
        keep_missing(recorder, kept)?;
    }
    if let Some(kept) = before.filter(|kept| i64::try_from(kept.checkpoint.size) == Ok(size)) {
        return Ok(Sealed {
            checkpoint: kept.checkpoint,
            note: kept.note,
            vkey: signer.verifier().clone(),
            is_new: false,
        });
    }
    let checkpoint = Checkpoint {
        origin: signer.verifier().name().to_owned(),
        size: u64::try_from(size).map_err(|error| StoreError::Inconsistent(error.to_string()))?,
        root,
    };
    let note = checkpoint::sign(&checkpoint, signer).map_err(|error| SealError::Origin {
        origin: checkpoint.origin.clone(),
        reason: error.to_string(),
    })?;
    state.write_checkpoint(&note)?;
    recorder.keep_checkpoint(row(&checkpoint, &note)?)?;
    Ok(Sealed {
        checkpoint,
        note,
        vkey: signer.verifier().clone(),
        is_new: true,
    })
}

/// Keeps a checkpoint whose maker died before it was in the database, too.
fn keep_missing(recorder: &Recorder, kept: &KeptCheckpoint) -> Result<(), StoreError> {
    let row = row(&kept.checkpoint, &kept.note)?;
    let size = row.size;
    if recorder.read_blocking(move |connection| custody::has_checkpoint(connection, size))? {
        return Ok(());
    }
    recorder.keep_checkpoint(row)
}

fn row(checkpoint: &Checkpoint, note: &Note) -> Result<CheckpointRow, StoreError> {
    Ok(CheckpointRow {
        size: i64::try_from(checkpoint.size)
            .map_err(|error| StoreError::Inconsistent(error.to_string()))?,
        origin: checkpoint.origin.clone(),
        root: checkpoint.root.to_vec(),
        note: note.to_string(),
    })
}

/// The newest checkpoint, if our own key signed it.
fn believed(
    state: &LogState,
    database: &Path,
    vkey: &VerifierKey,
) -> Result<Option<KeptCheckpoint>, SealError> {
    let garbled = |reason: String| garbled(database, state, reason);
    let Some(kept) = state.checkpoint()? else {
        return Ok(None);
    };
    let kept = kept.map_err(garbled)?;
    checkpoint::open(&kept.note, vkey).map_err(|error| garbled(error.to_string()))?;
    Ok(Some(kept))
}
