//! Going on where the log does not go on from its newest checkpoint: from a backup, or without the state
//! directory. A new origin begins, and the log says why; the old one never signs again.

use std::path::Path;

use super::sealing::sign;
use super::{LogState, SealError, Sealed, Who, keys};
use crate::evidence::leaf::{KeyChange, Restore};
use crate::record::{Keyring, Recorder};
use crate::store::custody;

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
            custody::newest_checkpoint(connection)?,
            crate::store::evidence::size(connection)?,
        ))
    })?;
    let log = keyring
        .log
        .ok_or_else(|| SealError::Empty(database.to_owned()))?;
    let size = u64::try_from(size).unwrap_or_default();
    let state = LogState::of(state_directory, &log);
    let _lock = state.lock()?;
    let known = match state.checkpoint()? {
        Some(Ok(kept)) => Some((
            kept.checkpoint.origin,
            kept.checkpoint.size,
            kept.checkpoint.root.to_vec(),
        )),
        _ => newest.map(|row| {
            (
                row.origin,
                u64::try_from(row.size).unwrap_or_default(),
                row.root,
            )
        }),
    };
    let lost = known
        .as_ref()
        .map_or(0, |(_, signed, _)| signed.saturating_sub(size));
    let former = keyring.keys.last().map(|key| key.origin.as_str());
    let former = known
        .as_ref()
        .map(|(origin, ..)| origin.as_str())
        .or(former);
    let former = former.map(keys::digits_of).unwrap_or_default();

    let key = keys::generate(&keys::origin(origin_prefix, &keys::random_digits()?))?;
    let restore = Restore {
        at: who.at,
        user: who.user.clone(),
        host: who.host.clone(),
        reason: reason.to_owned(),
        known_origin: known.as_ref().map(|(origin, ..)| origin.clone()),
        known_size: known.as_ref().map(|(_, signed, _)| *signed),
        known_root: known.map(|(.., root)| root.iter().map(|byte| format!("{byte:02x}")).collect()),
    };
    let verifier = key.verifier();
    let leaf = keys::leaf(
        KeyChange::Made,
        verifier.name(),
        &verifier.to_string(),
        who,
        None,
    );
    // In this order: until the log says it, the old checkpoint stands and refuses the database; if the key is
    // lost in between, nothing was signed with it, and a further one is made.
    recorder.keep_restore(restore, leaf)?;
    state.retire(&former)?;
    state.write_key(&key)?;
    let sealed = sign(recorder, database, &state, &key)?;
    Ok(Adopted { sealed, size, lost })
}
