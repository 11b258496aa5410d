//! `optrail backup`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::{DataFormat, complaint, to_stdout};
use super::values::ReportFormat;
use super::verify::{Document, Verified, of_state, text};
use super::{Exit, database, sealing};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::seal::SealError;
use crate::store::copy::{CopyError, Draft, MODE_PRIVATE};
use crate::store::{StoreError, custody, open};
use crate::verify::{Depth, Held, verify, verify_against};

/// Copy the database into a new file, and verify the copy
///
/// Works while a collector writes: the copy is of one moment. It appears under its name when it is
/// whole, verified completely and synced. It is a database like the other: to go back to it, run
/// `optrail restore FILE`. The answer ends with the size and the root of the evidence that it holds.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail backup /backup/optrail-2026-01-31.db
  optrail backup ./optrail-copy.db --format json

A file that is there is never replaced. Readable by its owner alone. The line with size and root,
kept elsewhere, shows later which state a file is of.

Exit status: 0 copied and all agrees, 1 there is no copy, 3 the database is gone or does not go on
from its newest checkpoint, and there is no copy; or it differs from what its evidence says, or is
damaged: what could be copied of it is kept as FILE.differs.")]
pub struct BackupArgs {
    /// File to make
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// Copies, verifies the copy, and gives it its name.
pub fn run(args: &BackupArgs, config: &Config) -> anyhow::Result<Exit> {
    let known = known_head(config)?;
    database::refuse_other_rules(config)?;
    open::refuse_snapshot(&config.database)?;
    let draft = match Draft::of(&config.database, &args.file) {
        Ok(draft) => draft,
        Err(error) if error.is_damage() => {
            complaint(
                config,
                &format!(
                    "{error}; the database is damaged: nothing was kept; run `optrail verify`"
                ),
            );
            return Ok(Exit::BadNews);
        }
        Err(error) => return Err(error.into()),
    };
    let report = verify_against(draft.path(), Depth::All, known.as_slice(), &[])?;
    // Where it cannot be told, why that is so is among the differences.
    let verified = Verified::with_restores(report, restores(&draft).unwrap_or_default());
    if verified.agrees() {
        draft.put(&args.file, MODE_PRIVATE)?;
        tell(args, &args.file, &verified)?;
        return Ok(Exit::Done);
    }
    if verify(&config.database, Depth::All)?.agrees() {
        anyhow::bail!(
            "the copy differs from the database, which agrees with its evidence: {} was not made; is its disk sound?",
            args.file.display()
        );
    }
    let kept = keep_differing(draft, &args.file);
    let what = match &kept {
        Ok(kept) => {
            tell(args, kept, &verified)?;
            format!("it is kept as {}", kept.display())
        }
        Err(error) => format!("it was not kept: {error}"),
    };
    complaint(
        config,
        &format!(
            "the database differs from what its evidence says, and so does the copy; {what}; run `optrail verify`"
        ),
    );
    Ok(Exit::BadNews)
}

/// The newest checkpoint in the state directory, with which the copy is compared; a database that does not go on
/// from it is refused.
fn known_head(config: &Config) -> Result<Option<Held>, SealError> {
    let database = match database::to_read(config) {
        // What of it can still be copied is kept, and verified completely.
        Err(SealError::Store(error)) if error.is_damage() => return Ok(None),
        opened => opened?,
    };
    let known = sealing::known_to_state(&database.connection, config)?;
    Ok(known.as_ref().map(of_state))
}

fn restores(draft: &Draft) -> Result<i64, StoreError> {
    custody::restorations(&open::untrusted(draft.path())?)
}

/// Keeps what is no good backup, under a name that says so.
fn keep_differing(draft: Draft, file: &Path) -> Result<PathBuf, CopyError> {
    let mut name = file.as_os_str().to_owned();
    name.push(".differs");
    let kept = PathBuf::from(name);
    draft.put(&kept, MODE_PRIVATE)?;
    Ok(kept)
}

/// The answer for programs: that of `verify`, and the file.
#[derive(Serialize)]
struct Kept<'a> {
    file: String,
    #[serde(flatten)]
    report: Document<'a>,
}

fn tell(args: &BackupArgs, file: &Path, verified: &Verified) -> anyhow::Result<()> {
    let file = file.display().to_string();
    match args.format {
        ReportFormat::Text => {
            let written = if verified.agrees() {
                "is written"
            } else {
                "is written, and is no good backup"
            };
            to_stdout(DataFormat::Escaped, |out| {
                writeln!(out, "{} {written}", terminal(&file))?;
                Ok(out.write_all(text(verified, Depth::All).as_bytes())?)
            })?;
        }
        ReportFormat::Json => {
            let kept = Kept {
                file,
                report: Document::from(verified),
            };
            let document = serde_json::to_string_pretty(&kept)?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{document}")?))?;
        }
    }
    Ok(())
}
