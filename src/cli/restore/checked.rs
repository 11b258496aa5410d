//! Whether a file holds what its evidence says, completely, and also where an older program made it: then a copy is
//! brought up to date aside, and that is verified.

use std::path::Path;

use crate::cli::output::complaint;
use crate::cli::verify::{Verified, text};
use crate::config::Config;
use crate::record::DERIVE_VERSION;
use crate::store::copy::{CopyError, Draft};
use crate::store::{StoreError, derived, migrate, open};
use crate::verify::{Depth, Report, rebuild, verify};

/// What a complete verification came to.
pub(super) enum Checked {
    /// All agrees.
    Good,
    /// It differs; all of it in words, with terminals in mind already.
    Differs(String),
}

/// Verifies a file that nobody else writes; what has to be made aside is made beside `place`.
pub(super) fn check(file: &Path, place: &Path) -> Result<Checked, CopyError> {
    judged(report(file, place))
}

/// The same for the database as it stands. Derived rows that differ are derived anew: they prove nothing, and while
/// the log does not go on from its checkpoint no other command would do it.
pub(super) fn check_in_place(config: &Config) -> Result<Checked, CopyError> {
    let database = &config.database;
    let found = report(database, database);
    if let Ok(report) = &found
        && !report.agrees()
        && report.more == 0
        && report.differences.iter().all(|d| is_derived(&d.table))
    {
        complaint(
            config,
            "derived rows differ from the evidence; they are derived anew",
        );
        rebuild(database)?;
        return judged(Ok(verify(database, Depth::All)?));
    }
    judged(found)
}

fn is_derived(table: &str) -> bool {
    table == derived::WATERMARK || derived::TABLES.contains(&table)
}

fn judged(found: Result<Report, CopyError>) -> Result<Checked, CopyError> {
    match found {
        Ok(report) if report.agrees() => Ok(Checked::Good),
        Ok(report) => Ok(Checked::Differs(text(&Verified::alone(report), Depth::All))),
        Err(error) if error.is_damage() => Ok(Checked::Differs(format!("{error}\n"))),
        Err(error) => Err(error),
    }
}

fn report(file: &Path, place: &Path) -> Result<Report, CopyError> {
    if !is_older(file)? {
        return Ok(verify(file, Depth::All)?);
    }
    let aside = Draft::beside(file, place)?;
    rebuild(aside.path())?;
    Ok(verify(aside.path(), Depth::All)?)
}

/// Whether schema or rules are not those of this program.
fn is_older(file: &Path) -> Result<bool, StoreError> {
    let connection = open::untrusted_of_any_age(file)?;
    Ok(
        migrate::schema_version(&connection)? < migrate::known_version()
            || derived::watermark(&connection)?.derive_version != DERIVE_VERSION,
    )
}
