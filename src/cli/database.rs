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
use crate::store::{Connection, StoreError, as_of, derived, open, query};

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

/// The same, showing what was known at a time or at a size of the evidence; which size that is, is told.
///
/// # Errors
/// [`SealError`] as [`to_read`]; [`UsageError`] for a size that the evidence has not reached.
pub(super) fn to_read_as_of(
    config: &Config,
    as_of: Option<AsOf>,
    now: UtcMillis,
) -> anyhow::Result<Database<'_>> {
    let mut database = to_read(config)?;
    if let Some(as_of) = as_of {
        let moment = database.moment(as_of, now, None)?;
        database.tell("as of", &moment);
        database.limit(moment.size)?;
    }
    Ok(database)
}

/// A moment of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Leaves of evidence that there were.
    pub(super) size: i64,
    /// The time that was typed, if one was.
    pub(super) at: Option<UtcMillis>,
    /// Leaves that there are now.
    all: i64,
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
    /// Leaves of evidence.
    pub(super) fn size(&self) -> Result<i64, StoreError> {
        Ok(Progress::read(&self.connection)?.evidence_size)
    }

    /// The moment that was typed. With an earlier one leaves are not read again.
    ///
    /// # Errors
    /// [`UsageError`] for a size that the evidence has not reached.
    pub(super) fn moment(
        &self,
        as_of: AsOf,
        now: UtcMillis,
        earlier: Option<&Moment>,
    ) -> anyhow::Result<Moment> {
        let all = self.size()?;
        let (size, at) = match as_of {
            AsOf::Size(size) if size > all => {
                return Err(
                    UsageError(format!("the evidence has {all} leaves, not {size}")).into(),
                );
            }
            AsOf::Size(size) => (size, None),
            AsOf::Time(when) => {
                let at = when.resolve(now, &self.config.zone);
                let known = earlier.filter(|earlier| earlier.at.is_some_and(|e| e <= at));
                let known = known.map_or(0, |earlier| earlier.size);
                (as_of::size_at(&self.connection, known, at)?, Some(at))
            }
        };
        Ok(Moment { size, at, all })
    }

    /// Says which size a moment is.
    pub(super) fn tell(&self, what: &str, moment: &Moment) {
        let Moment { size, at, all } = moment;
        let at = at.map_or_else(String::new, |at| {
            format!(" {}:", self.config.zone.to_text(at))
        });
        notice(
            self.config,
            &format!("{what}{at} the first {size} of {all} leaves of evidence"),
        );
    }

    /// Shows from now on what was known when the evidence had so many leaves. Once.
    pub(super) fn limit(&mut self, size: i64) -> Result<(), StoreError> {
        as_of::limit(&self.connection, size)?;
        self.as_of_size = Some(size);
        Ok(())
    }

    /// The same file once more, as it was at another size.
    pub(super) fn again_at(&self, size: i64) -> Result<Connection, StoreError> {
        as_of::open_at(&self.config.database, size)
    }

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

    /// The same for all that is asked until the database is closed, for who has to change the connection in between.
    pub(super) fn stay(&self) -> Result<(), StoreError> {
        query::stay(&self.connection)?;
        self.warn_if_behind()
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
