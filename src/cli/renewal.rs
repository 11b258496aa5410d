//! A file of an older version of this program: its schema is brought up to date, and rows that it derived are
//! derived anew before anything is recorded, because nothing can be recorded beside them.

use std::thread;
use std::time::{Duration, Instant};

use super::output;
use crate::collect::{Lock, LockError};
use crate::config::Config;
use crate::record::DERIVE_VERSION;
use crate::store::open::Migrated;
use crate::store::{Connection, StoreError, derived, identity, migrate, open};
use crate::verify::rebuild;

/// How long a command waits for a collector that may be deriving them anew: as long as it would for a
/// transaction of that collector.
const PATIENCE: Duration = Duration::from_secs(30);

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Derives them anew, where there are such. The caller holds the collector's lock.
pub(super) fn renew(config: &Config) -> Result<(), StoreError> {
    if are_older(config)? {
        output::complaint(config, "rows are derived anew by this version's rules");
        let rebuilt = rebuild(&config.database)?;
        tell_of_copy(config, rebuilt.migrated.as_ref());
    }
    Ok(())
}

/// Says where the copy is that was made of an older file. Nobody else knows of it, and it takes room.
pub(super) fn tell_of_copy(config: &Config, migrated: Option<&Migrated>) {
    if let Some(Migrated {
        from,
        to,
        copy: Some(copy),
    }) = migrated
    {
        let text = format!(
            "schema {from} was brought to {to}; the database as it was is kept as {}, which can be removed",
            copy.display()
        );
        output::complaint(config, &text);
    }
}

/// The same for commands that need no lock otherwise: what they were given must not be lost for want of a
/// rebuild.
pub(super) fn renew_under_lock(config: &Config) -> anyhow::Result<()> {
    let begun = Instant::now();
    while are_older(config)? {
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

fn are_older(config: &Config) -> Result<bool, StoreError> {
    let database = &config.database;
    let db = match open::read_only_of_any_age(database) {
        Ok(db) => db,
        Err(StoreError::Missing(_) | StoreError::Unfinished(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    if identity::is_snapshot(&db)? {
        return Err(StoreError::Snapshot(database.clone()));
    }
    if migrate::schema_version(&db)? == migrate::known_version() {
        return is_older(&db);
    }
    drop(db);
    // The migration may bring the rules, too.
    let opened = open::for_writing(database)?;
    tell_of_copy(config, opened.migrated.as_ref());
    is_older(&opened.connection)
}

fn is_older(db: &Connection) -> Result<bool, StoreError> {
    Ok(derived::watermark(db)?.derive_version < DERIVE_VERSION)
}
