//! The moment that an export is of, and what its manifest says of it.

use std::ffi::OsString;

use crate::cli::database::{self, Database};
use crate::cli::os_user::os_user;
use crate::cli::when::AsOf;
use crate::collect::host_name;
use crate::config::{Config, masked_url};
use crate::model::{PROGRAM, UtcMillis, hex};
use crate::record::{DERIVE_VERSION, Keyring, root_at};
use crate::report::manifest::{Completeness, Evidence, Filters, Making, Run, SignedHead};
use crate::seal::SealError;
use crate::store::completeness::{Scope, last_run, missing};
use crate::store::progress::Progress;
use crate::store::{Connection, StoreError, as_of, custody, derived, migrate};

/// The commit that it was built from, where who builds says so.
const COMMIT: Option<&str> = option_env!("OPTRAIL_COMMIT");

/// A database open for an export.
pub(in crate::cli) struct Source<'c> {
    pub(in crate::cli) database: Database<'c>,
    /// Leaves that were asked for; `None`: all.
    pub(in crate::cli) asked: Option<i64>,
}

/// Opens the configured database as it was at a time or a size.
///
/// # Errors
/// As [`database::to_read_as_of`].
pub(in crate::cli) fn open(
    config: &Config,
    wanted: Option<AsOf>,
    now: UtcMillis,
) -> anyhow::Result<Source<'_>> {
    let database = database::to_read_as_of(config, wanted, now)?;
    let asked = database.as_of_size;
    let derived = derived::watermark(&database.connection)?.derived_through + 1;
    let database = match asked {
        // Rows say what the leaves say from which they were derived; so must all else.
        Some(size) if size > derived => open_at(config, derived, derived)?.database,
        _ => database,
    };
    Ok(Source { database, asked })
}

/// Opens the configured database as it was at a size that it has reached, with checkpoints of no more than `sealed`
/// leaves, without a word about it.
pub(in crate::cli) fn open_at(
    config: &Config,
    size: i64,
    sealed: i64,
) -> Result<Source<'_>, SealError> {
    let mut database = database::to_read(config)?;
    as_of::limit_sealed(&database.connection, size, sealed)?;
    database.as_of_size = Some(size);
    Ok(Source {
        database,
        asked: Some(size),
    })
}

/// The moment that an export is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Moment {
    /// Leaves that the rows were derived from.
    pub(in crate::cli) size: i64,
    /// Leaves that were asked for and from which no rows were derived yet.
    pub(in crate::cli) leaves_not_derived: i64,
}

impl Moment {
    /// That of a transaction of this source. Where leaves wait to be derived, nothing of them is in sight from now
    /// on: an export is the same at the same derived evidence.
    pub(in crate::cli) fn of(
        connection: &Connection,
        source: &Source<'_>,
    ) -> Result<Self, StoreError> {
        let progress = Progress::read(connection)?;
        let derived = progress.derived_through + 1;
        let kept = source.asked.unwrap_or(progress.evidence_size);
        let size = kept.min(derived);
        if source.database.as_of_size.is_none() && kept > size {
            as_of::limit(connection, size)?;
        }
        Ok(Self {
            size,
            leaves_not_derived: kept - size,
        })
    }

    /// The evidence of it.
    pub(in crate::cli) fn evidence(self, connection: &Connection) -> Result<Evidence, StoreError> {
        let keyring = Keyring::read(connection)?;
        let checkpoint = custody::newest_checkpoint_within(connection, self.size)?;
        Ok(Evidence {
            origin: keyring.keys.last().map(|key| key.origin.clone()),
            log: keyring.log,
            evidence_size: self.size,
            evidence_root: hex(&root_at(connection, self.size)?),
            last_run: last_run(connection)?.map(|run| Run {
                run_id: run.run_id,
                started_at: run.started_at,
                ended_at: run.ended_at,
                outcome: run.outcome,
            }),
            checkpoint: checkpoint.map(|row| SignedHead {
                size: row.size,
                origin: row.origin,
                note: row.note,
            }),
        })
    }

    /// What the rows that these filters mean may lack.
    pub(in crate::cli) fn completeness(
        self,
        connection: &Connection,
        filters: &Filters,
    ) -> Result<Completeness, StoreError> {
        let scope = Scope {
            accounts: filters.account.clone(),
            services: filters.service.clone(),
            regions: filters.region.clone(),
            operations: filters.operation.clone(),
            since: filters.since.clone(),
            until: filters.until.clone(),
        };
        let missing = missing(connection, &scope)?;
        Ok(Completeness::of(
            missing.coverage_gaps,
            missing.coverage_gaps_open,
            missing.listings_incomplete,
            self.leaves_not_derived,
        ))
    }
}

/// How this process makes a file, now.
pub(in crate::cli) fn making(
    connection: &Connection,
    config: &Config,
    now: UtcMillis,
) -> Result<Making, StoreError> {
    let database = std::path::absolute(&config.database).unwrap_or(config.database.clone());
    Ok(Making {
        command: command_line(std::env::args_os()),
        program: PROGRAM.to_owned(),
        commit: COMMIT.map(str::to_owned),
        schema_version: migrate::schema_version(connection)?,
        derive_version: DERIVE_VERSION,
        database: database.display().to_string(),
        host: host_name(),
        os_user: os_user(),
        generated_at: now.to_string(),
    })
}

/// What was typed. No flag takes a secret, but an address may hold one before its `@`.
fn command_line(words: impl Iterator<Item = OsString>) -> Vec<String> {
    let mut is_address = false;
    let words = words.map(|word| word.to_string_lossy().into_owned());
    words
        .map(|word| {
            let shown = match word.split_once('=') {
                Some(("--endpoint", address)) => format!("--endpoint={}", masked_url(address)),
                _ if is_address => masked_url(&word),
                _ => word.clone(),
            };
            is_address = word == "--endpoint";
            shown
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_written_down() {
        let typed =
            "optrail export --endpoint http://u:p@h/ --endpoint=https://u:p@h x@y --profile a";
        let shown = command_line(typed.split(' ').map(OsString::from));
        assert_eq!(
            shown.join(" "),
            "optrail export --endpoint http://***@h/ --endpoint=https://***@h x@y --profile a"
        );
    }
}
