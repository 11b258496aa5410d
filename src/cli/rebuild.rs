//! `optrail rebuild`.

use clap::Args;

use super::output::{DataFormat, complaint, to_stdout};
use super::{Exit, renewal, sealing};
use crate::collect::{Lock, LockError};
use crate::config::Config;
use crate::store::{StoreError, open};
use crate::verify::rebuild;

/// Derive every row again from the evidence
///
/// Replaces all derived rows in one transaction, under the collector's lock. Needed after an
/// update that reads answers better than before; the evidence itself is never touched.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail rebuild
  optrail rebuild && optrail verify")]
pub struct RebuildArgs {}

/// Rebuilds under the collector's lock.
pub fn run(_: &RebuildArgs, config: &Config) -> anyhow::Result<Exit> {
    if !config.database.exists() {
        // Asked first: the lock of a database that is not there would be made.
        return Err(StoreError::Missing(config.database.clone()).into());
    }
    open::refuse_snapshot(&config.database)?;
    let _lock = match Lock::exclusive(&config.lock_path()) {
        Ok(lock) => lock,
        Err(error @ LockError::Held(_)) => {
            // Somebody typed this, and waits for what it does.
            complaint(config, &error.to_string());
            return Ok(Exit::Locked);
        }
        Err(error) => return Err(error.into()),
    };
    sealing::guard_writing(config)?;
    let rebuilt = rebuild(&config.database)?;
    if let Some(migrated) = &rebuilt.migrated {
        renewal::keep_migration(config, migrated)?;
    }
    to_stdout(DataFormat::Escaped, |out| {
        Ok(writeln!(
            out,
            "{} rows derived from {} leaves of evidence",
            rebuilt.rows, rebuilt.leaves
        )?)
    })?;
    Ok(Exit::Done)
}
