//! A file of an older version of this program: its schema is brought up to date, and rows that it derived are
//! derived anew before anything is recorded, because nothing can be recorded beside them.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::output;
use crate::collect::{Lock, LockError};
use crate::config::Config;
use crate::evidence::leaf::SchemaChange;
use crate::model::{Clock as _, SystemClock};
use crate::record::{DERIVE_VERSION, Recorder};
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
    let age = Age::of(config)?;
    let mut migrated = age.migrated;
    if age.is_older {
        output::complaint(config, "rows are derived anew by this version's rules");
        migrated = rebuild(&config.database)?.migrated.or(migrated);
    }
    match migrated {
        Some(migrated) => keep_migration(config, &migrated),
        None => Ok(()),
    }
}

/// Keeps in the log that the file was migrated, and tells it.
pub(super) fn keep_migration(config: &Config, migrated: &Migrated) -> Result<(), StoreError> {
    tell_of_copy(config, Some(migrated));
    let copy = migrated.copy.as_deref().and_then(Path::file_name);
    Recorder::open(&config.database)?.keep_schema_change(SchemaChange {
        at: SystemClock.now(),
        from: migrated.from,
        to: migrated.to,
        program: String::new(),
        copy: copy.map(|name| name.to_string_lossy().into_owned()),
    })
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
    let mut migrated = None;
    loop {
        let age = Age::of(config)?;
        migrated = age.migrated.or(migrated);
        if !age.is_older {
            if let Some(migrated) = &migrated {
                keep_migration(config, migrated)?;
            }
            return Ok(());
        }
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
}

/// What of a file is of an older version.
#[derive(Default)]
struct Age {
    /// Whether its rows were derived by older rules.
    is_older: bool,
    /// That its schema was, and is no longer.
    migrated: Option<Migrated>,
}

impl Age {
    /// Looks, and brings the schema up to date. One that is not there is not old.
    fn of(config: &Config) -> Result<Self, StoreError> {
        let database = &config.database;
        let db = match open::read_only_of_any_age(database) {
            Ok(db) => db,
            Err(StoreError::Missing(_) | StoreError::Unfinished(_)) => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        if identity::is_snapshot(&db)? {
            return Err(StoreError::Snapshot(database.clone()));
        }
        if migrate::schema_version(&db)? == migrate::known_version() {
            return Ok(Self {
                is_older: is_older(&db)?,
                migrated: None,
            });
        }
        drop(db);
        // The migration may bring the rules, too.
        let opened = open::for_writing(database)?;
        Ok(Self {
            is_older: is_older(&opened.connection)?,
            migrated: opened.migrated,
        })
    }
}

fn is_older(db: &Connection) -> Result<bool, StoreError> {
    Ok(derived::watermark(db)?.derive_version < DERIVE_VERSION)
}
