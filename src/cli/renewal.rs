//! Rows that an older version of this program derived: they are derived anew before anything is recorded,
//! because nothing can be recorded beside them.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::output;
use crate::collect::{Lock, LockError};
use crate::config::Config;
use crate::record::DERIVE_VERSION;
use crate::store::{Connection, StoreError, derived, migrate, open};
use crate::verify::rebuild;

/// How long a command waits for a collector that may be deriving them anew: as long as it would for a
/// transaction of that collector.
const PATIENCE: Duration = Duration::from_secs(30);

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Derives them anew, where there are such. The caller holds the collector's lock.
pub(super) fn renew(config: &Config) -> Result<(), StoreError> {
    if are_older(&config.database)? {
        output::complaint(config, "rows are derived anew by this version's rules");
        rebuild(&config.database)?;
    }
    Ok(())
}

/// The same for commands that need no lock otherwise: what they were given must not be lost for want of a
/// rebuild.
pub(super) fn renew_under_lock(config: &Config) -> anyhow::Result<()> {
    let begun = Instant::now();
    while are_older(&config.database)? {
        match Lock::exclusive(&config.lock_path()) {
            Ok(_lock) => renew(config)?,
            Err(LockError::Held(_)) if begun.elapsed() < PATIENCE => thread::sleep(PAUSE),
            Err(LockError::Held(_)) => anyhow::bail!(
                "{} is of an older version, and a collector is at work on it: nothing was recorded; try again when it has ended",
                config.database.display()
            ),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn are_older(database: &Path) -> Result<bool, StoreError> {
    let db = match open::read_only_of_any_age(database) {
        Ok(db) => db,
        Err(StoreError::Missing(_) | StoreError::Unfinished(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    if migrate::schema_version(&db)? == migrate::known_version() {
        return is_older(&db);
    }
    drop(db);
    // The migration may bring the rules, too.
    is_older(&open::for_writing(database)?)
}

fn is_older(db: &Connection) -> Result<bool, StoreError> {
    Ok(derived::watermark(db)?.derive_version < DERIVE_VERSION)
}
