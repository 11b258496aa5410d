//! The database as commands that only read see it: opened read-only, in one transaction, and never made.

use super::UsageError;
use super::output::notice;
use super::sealing::guard_reading;
use super::when::AsOf;
use crate::config::Config;
use crate::evidence::checkpoint::Checkpoint;
use crate::model::UtcMillis;
use crate::record::DERIVE_VERSION;
use crate::seal::{SealError, refuse_lost};
use crate::store::progress::Progress;
use crate::store::{Connection, StoreError, as_of, derived, open};

/// A database open for reading.
pub(super) struct Database<'c> {
    pub(super) connection: Connection,
    /// The newest checkpoint in the state directory, from which the log goes on.
    pub(super) sealed: Option<Checkpoint>,
    /// Leaves of evidence of which it shows what was known, if that was asked for; else all.
    pub(super) as_of_size: Option<i64>,
    config: &'c Config,
}

/// Opens the configured database, which must exist, and be the one that was sealed last.
pub(super) fn to_read(config: &Config) -> Result<Database<'_>, SealError> {
    let connection = match open::read_only(&config.database) {
        Err(
            error @ (StoreError::Missing(_) | StoreError::Unfinished(_) | StoreError::Foreign(_)),
        ) => {
            refuse_lost(&config.database, &config.state_directory)?;
            return Err(error.into());
        }
        opened => opened?,
    };
    let sealed = guard_reading(&connection, config)?;
    Ok(Database {
        connection,
        sealed,
        as_of_size: None,
        config,
    })
}

/// The same, showing what was known at a time or at a size of the evidence; a time is told as the size that it
/// means.
///
/// # Errors
/// [`SealError`] as [`to_read`]; [`UsageError`] for a size that the evidence has not reached.
pub(super) fn to_read_as_of(
    config: &Config,
    as_of: Option<AsOf>,
    now: UtcMillis,
) -> anyhow::Result<Database<'_>> {
    let mut database = to_read(config)?;
    let Some(as_of) = as_of else {
        return Ok(database);
    };
    let connection = &database.connection;
    let all = Progress::read(connection)?.evidence_size;
    let size = match as_of {
        AsOf::Size(size) if size > all => {
            return Err(UsageError(format!("the evidence has {all} leaves, not {size}")).into());
        }
        AsOf::Size(size) => size,
        AsOf::Time(when) => {
            let at = when.resolve(now, &config.zone);
            let size = as_of::size_at(connection, at)?;
            let of = config.zone.to_text(at);
            notice(
                config,
                &format!("as of {of}: the first {size} of {all} leaves of evidence"),
            );
            size
        }
    };
    as_of::limit(connection, size)?;
    database.as_of_size = Some(size);
    Ok(database)
}

/// Refuses a database that this program cannot verify, for who hands a copy on: it is told of the database
/// itself, before anything is copied.
pub(super) fn refuse_other_rules(config: &Config) -> Result<(), StoreError> {
    let connection = open::read_only(&config.database)?;
    let found = derived::watermark(&connection)?.derive_version;
    if found == DERIVE_VERSION {
        return Ok(());
    }
    Err(StoreError::OtherRules {
        found,
        known: DERIVE_VERSION,
    })
}

impl Database<'_> {
    /// Asks within one transaction, so that all answers are of one moment; says so where rows of the
    /// newest evidence are still missing.
    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(StoreError::from)?;
        self.warn_if_behind()?;
        question(&transaction)
    }

    /// Says so where rows of the newest evidence are still missing.
    pub(super) fn warn_if_behind(&self) -> Result<(), StoreError> {
        let progress = Progress::read(&self.connection)?;
        let behind = progress.leaves_behind();
        if behind > 0 {
            let (done, size) = (progress.derived_through + 1, progress.evidence_size);
            notice(
                self.config,
                &format!(
                    "rows are derived from the first {done} of {size} leaves of evidence; they catch up when something is recorded next"
                ),
            );
        }
        Ok(())
    }
}
