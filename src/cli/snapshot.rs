//! `optrail snapshot`.

use std::path::PathBuf;

use clap::Args;

use super::output::{DataFormat, to_stdout};
use super::{Exit, database};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::store::snapshot::{self, Bodies};

/// Rights that a snapshot may have: its owner's to read and write, everybody's to read.
const MODES: u32 = 0o644;

/// The right without which its owner cannot read it.
const OWNER_READS: u32 = 0o400;

/// Make a copy for analysts, that is only read
///
/// One plain file without a log beside it: others read it where they cannot write, with `optrail`
/// or `sqlite3 -readonly`. It is of one moment, also while a collector writes. No command writes to
/// it; to go back to an earlier state, `backup` makes the file and `restore` puts it in place.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail snapshot /srv/audit/optrail-2026-01-31.db
  optrail snapshot ./for-the-auditor.db --mode 0644 --without-bodies
  optrail --db ./for-the-auditor.db export results

Without bodies: the exact answers, plans and configurations are not in the file, nor any trace of
them. Every view has all its rows and columns, since none reads bodies; that includes what CADT says
in the message and arguments of the bpstudio_… views. What is lost: nobody can show the answers, or
derive the rows again and compare. `verify` checks leaves and tree, and says that bodies were left
out. Leaves keep the numbers of their bodies: `PRAGMA foreign_key_check` tells of each.

A file that is there is never replaced.

Exit status: 0 written, 1 there is no snapshot, 3 nor is there one because the database is gone or does
not go on from its newest checkpoint.")]
pub struct SnapshotArgs {
    /// File to make
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Rights of the file, octal; nobody but the owner may be given more than to read
    #[arg(long, value_name = "MODE", default_value = "0640", value_parser = mode)]
    pub mode: u32,

    /// Leave out what the cloud answered, byte for byte; keep what follows from it
    #[arg(long)]
    pub without_bodies: bool,
}

/// Writes the snapshot, and says what it is.
pub fn run(args: &SnapshotArgs, config: &Config) -> anyhow::Result<Exit> {
    let bodies = if args.without_bodies {
        Bodies::LeftOut
    } else {
        Bodies::Kept
    };
    // Closed before it is copied: the copy is of one moment of its own.
    drop(database::to_read(config)?);
    database::refuse_other_rules(config)?;
    let draft = snapshot::draft(&config.database, &args.file, bodies)?;
    draft.put(&args.file, args.mode)?;
    let what = match bodies {
        Bodies::Kept => "a snapshot",
        Bodies::LeftOut => "a snapshot without bodies",
    };
    let file = args.file.display().to_string();
    to_stdout(DataFormat::Escaped, |out| {
        Ok(writeln!(
            out,
            "{} is {what}, mode {:04o}",
            terminal(&file),
            args.mode
        )?)
    })?;
    Ok(Exit::Done)
}

fn mode(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let is_octal = !digits.is_empty() && digits.chars().all(|c| c.is_digit(8));
    let mode = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal);
    let mode = mode.ok_or_else(|| format!("'{text}' is no mode; write it octal, as in 0640"))?;
    if mode & !MODES != 0 {
        return Err(format!(
            "{mode:04o} gives more than a snapshot may: owner reads and writes, others read ({MODES:04o})"
        ));
    }
    if mode & OWNER_READS == 0 {
        return Err(format!("with {mode:04o} its owner could not read it"));
    }
    Ok(mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_may_write_or_run_it() {
        for (text, right) in [("640", 0o640), ("0644", 0o644), ("0o400", 0o400)] {
            assert_eq!(mode(text), Ok(right));
        }
        for wrong in [
            "",
            "rw",
            "+640",
            "0888",
            "660",
            "0666",
            "646",
            "0744",
            "4640",
            "0240",
            "99999999999999",
        ] {
            assert!(mode(wrong).is_err(), "{wrong}");
        }
    }
}
