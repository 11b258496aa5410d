//! Signing the head: after the commit is durable, under a lock, and only where it goes on from what was
//! signed before.

use std::path::Path;

use super::guard::{compare, refuse_missing_state};
use super::state::KeptCheckpoint;
use super::{BadNews, LogState, SealError, Who, keys};
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::leaf::KeyChange;
use crate::evidence::note::{Note, SignerKey, VerifierKey};
use crate::record::{Keyring, MadeKey, Recorder, head};
use crate::store::StoreError;
use crate::store::custody::CheckpointRow;

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
    let _lock = state.lock()?;
    let made = match keyring.keys.last() {
        Some(made) => made.clone(),
        None => first_key(recorder, &state, &keys::origin(origin_prefix, &log), who)?,
    };
    let signer = match keys::signer(&state, &made) {
        Err(error @ SealError::Key { .. }) => {
            let reason = Some(error.to_string());
            let leaf = keys::leaf(KeyChange::Unusable, &made.origin, &made.vkey, who, reason);
            recorder.keep_unusable_key(leaf)?;
            return Err(error);
        }
        signer => signer?,
    };
    sign(recorder, database, &state, &signer)
}

/// Makes the first key of a log. The private half is on disk before the log names it: the other way round a log
/// could have a key that nobody holds.
fn first_key(
    recorder: &Recorder,
    state: &LogState,
    origin: &str,
    who: &Who,
) -> Result<MadeKey, SealError> {
    // One whose leaf was never kept, because its maker died.
    let key = match state.key()? {
        Some(key) => key,
        None => {
            let key = keys::generate(origin)?;
            state.write_key(&key)?;
            key
        }
    };
    let verifier = key.verifier();
    let leaf = keys::leaf(
        KeyChange::Made,
        verifier.name(),
        &verifier.to_string(),
        who,
        None,
    );
    Ok(recorder.keep_key(leaf)?)
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
            Some(checkpoint) => compare(connection, &path, &at, checkpoint),
            None => refuse_missing_state(connection, &path, &at),
        };
        Ok(match agrees {
            Ok(()) => Ok(head(connection)?),
            Err(error) => Err(error),
        })
    })??;
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
    state.remember_database(database)?;
    recorder.keep_checkpoint(CheckpointRow {
        size,
        origin: checkpoint.origin.clone(),
        root: root.to_vec(),
        note: note.to_string(),
    })?;
    Ok(Sealed {
        checkpoint,
        note,
        vkey: signer.verifier().clone(),
        is_new: true,
    })
}

/// The newest checkpoint, if our own key signed it.
fn believed(
    state: &LogState,
    database: &Path,
    vkey: &VerifierKey,
) -> Result<Option<KeptCheckpoint>, SealError> {
    let garbled = |reason: String| {
        SealError::from(BadNews::Garbled {
            database: database.to_owned(),
            checkpoint: state.checkpoint_path(),
            reason,
        })
    };
    let Some(kept) = state.checkpoint()? else {
        return Ok(None);
    };
    let kept = kept.map_err(garbled)?;
    checkpoint::open(&kept.note, vkey).map_err(|error| garbled(error.to_string()))?;
    Ok(Some(kept))
}
