//! Going on where the log does not go on from its newest checkpoint: from a backup, or without the state
//! directory. A new origin begins, and the log says why; the old one never signs again.

use std::path::Path;

use super::guard::refuse_contradictory;
use super::known::newest_signed;
use super::sealing::{seal, sign};
use super::{LogState, SealError, Sealed, Who, keys};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::digest::Digest;
use crate::evidence::leaf::Restore;
use crate::record::{Keyring, Recorder};

/// What a new origin begins with.
#[derive(Debug, Clone)]
pub struct Adopted {
    /// Its first checkpoint.
    pub sealed: Sealed,
    /// Leaves that were there.
    pub size: u64,
    /// Leaves that the newest known checkpoint covers beyond them: lost.
    pub lost: u64,
}

/// Begins a new origin of a log, with a key of its own.
pub fn adopt(
    recorder: &Recorder,
    database: &Path,
    state_directory: &Path,
    origin_prefix: &str,
    reason: &str,
    who: &Who,
) -> Result<Adopted, SealError> {
    let (keyring, newest, size) = recorder.read_blocking(|connection| {
        Ok((
            Keyring::read(connection)?,
            newest_signed(connection)?,
            crate::store::evidence::size(connection)?,
        ))
    })?;
    let log = keyring
        .log
        .ok_or_else(|| SealError::Empty(database.to_owned()))?;
    let size = u64::try_from(size).unwrap_or_default();
    let state = LogState::of(state_directory, &log);
    let _lock = state.lock()?;
    // Before anything is written: afterwards the old key would be gone, and the new one could not sign.
    refuse_damage(recorder, database, newest.as_ref())?;
    let known = newest_known(&state, newest)?;
    let lost = known
        .as_ref()
        .map_or(0, |known| known.size.saturating_sub(size));
    let former = known.as_ref().map(|known| known.origin.as_str());
    let former = former.or(keyring.keys.last().map(|key| key.origin.as_str()));
    let former = former.map(keys::digits_of).unwrap_or_default();

    let key = keys::generate(&keys::origin(origin_prefix, &keys::random_digits()?))?;
    let restore = restore(reason, who, known);
    let leaf = keys::made(&key, who);
    // In this order: until the log says it, the old checkpoint stands and refuses the database; if the key is
    // lost in between, nothing was signed with it, and a further one is made.
    recorder.keep_restore(restore, leaf)?;
    state.retire(&former)?;
    state.write_key(&key)?;
    let sealed = sign(recorder, database, &state, &key)?;
    Ok(Adopted { sealed, size, lost })
}

/// Goes on after a copy was put in the database's place that goes on from the newest checkpoint: the log says so, and
/// its key seals it.
pub fn resume(
    recorder: &Recorder,
    database: &Path,
    state_directory: &Path,
    origin_prefix: &str,
    reason: &str,
    who: &Who,
) -> Result<Sealed, SealError> {
    let (keyring, newest) = recorder
        .read_blocking(|connection| Ok((Keyring::read(connection)?, newest_signed(connection)?)))?;
    let log = keyring
        .log
        .ok_or_else(|| SealError::Empty(database.to_owned()))?;
    let known = newest_known(&LogState::of(state_directory, &log), newest)?;
    recorder.keep_return(restore(reason, who, known))?;
    seal(recorder, database, state_directory, origin_prefix, who)
}

/// Refuses leaves that contradict a checkpoint among them: a new origin would seal damage.
fn refuse_damage(
    recorder: &Recorder,
    database: &Path,
    own: Option<&Checkpoint>,
) -> Result<(), SealError> {
    let Some(own) = own.cloned() else {
        return Ok(());
    };
    let database = database.to_owned();
    recorder
        .read_blocking(move |connection| Ok(refuse_contradictory(connection, &database, &own)))?
}

/// The checkpoint that covers most, of the state directory and the database.
fn newest_known(
    state: &LogState,
    own: Option<Checkpoint>,
) -> Result<Option<Checkpoint>, SealError> {
    let kept = match state.checkpoint()? {
        Some(Ok(kept)) => Some(kept.checkpoint),
        Some(Err(_)) | None => None,
    };
    let known = [own, kept].into_iter().flatten();
    Ok(known.max_by_key(|known| known.size))
}

fn restore(reason: &str, who: &Who, known: Option<Checkpoint>) -> Restore {
    Restore {
        at: who.at,
        user: who.user.clone(),
        host: who.host.clone(),
        reason: reason.to_owned(),
        known_origin: known.as_ref().map(|known| known.origin.clone()),
        known_size: known.as_ref().map(|known| known.size),
        known_root: known.map(|known| Digest(known.root).to_string()),
    }
}
