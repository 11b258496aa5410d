//! Watches that the configuration file declares: added when they appear in it, given up when they are gone
//! from it. Both are evidence like everything that people add and remove.

use std::collections::HashSet;

use crate::evidence::leaf::{Watch, WatchChange};
use crate::model::UtcMillis;
use crate::record::{Recorder, target_of};
use crate::store::watches::WatchTarget;
use crate::store::{StoreError, watches};

/// Where such a watch comes from, as its leaf says it.
pub const CONFIGURATION: &str = "configuration";

/// Why such a watch is given up.
const UNDECLARED: &str = "no longer in the configuration";

/// What changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Declared {
    /// Watches added.
    pub added: usize,
    /// Watches given up.
    pub removed: usize,
}

/// Makes the watches of the configuration what `wanted` says. Watches from elsewhere are left alone; where
/// one is about the same already, nothing is added. The database must exist.
pub fn declare(
    recorder: &Recorder,
    wanted: Vec<Watch>,
    user: &str,
    at: UtcMillis,
) -> Result<Declared, StoreError> {
    let there = recorder.read_blocking(|db| watches::of_origin(db, CONFIGURATION))?;
    let targets: HashSet<WatchTarget> = wanted.iter().map(target_of).collect();
    let undeclared: Vec<Watch> = there
        .into_iter()
        .filter(|(_, known)| !targets.contains(known))
        .map(|(watch_id, _)| removal(watch_id, user, at))
        .collect();
    let added = recorder.add_watches(wanted)?;
    let removed = undeclared.len();
    recorder.remove_watches(undeclared)?;
    Ok(Declared {
        added: added.iter().filter(|(_, is_new)| *is_new).count(),
        removed,
    })
}

fn removal(watch_id: i64, user: &str, at: UtcMillis) -> Watch {
    Watch {
        origin: Some(CONFIGURATION.to_owned()),
        reason: Some(UNDECLARED.to_owned()),
        ..Watch::new(watch_id, WatchChange::Remove, user, at)
    }
}
