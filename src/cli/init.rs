//! `optrail init`.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use super::output::{DataFormat, to_stdout};
use super::{Exit, log_id};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::model::{Clock as _, SystemClock};
use crate::record::Recorder;

/// Create the database
///
/// Needed once at most: the first `watch add` creates it too. A database that exists is left as
/// it is. The file and its directory are for their owner only.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail init
  optrail init --db /srv/audit/optrail.db")]
pub struct InitArgs {}

/// Creates the database, or finds it there.
pub fn run(_: &InitArgs, config: &Config) -> anyhow::Result<Exit> {
    let was_there = config.database.exists();
    drop(open_or_create(&config.database)?);
    let path = config.database.display().to_string();
    let shown = terminal(&path);
    to_stdout(DataFormat::Escaped, |out| {
        if was_there {
            writeln!(
                out,
                "database {shown} is there already; it is left as it is"
            )?;
        } else {
            writeln!(out, "database {shown} created, readable by you alone")?;
            writeln!(out, "next: `optrail watch add`, then `optrail collect`")?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// Opens the database for recording, and makes it where there is none. Rows of everything in it are
/// derived, so that reading commands see it.
pub(super) fn open_or_create(path: &Path) -> anyhow::Result<Recorder> {
    let log_id = log_id::random().context("cannot name a new log")?;
    let recorder = Recorder::create(path, &log_id, SystemClock.now())?;
    recorder.read_blocking(|_| Ok(()))?;
    Ok(recorder)
}
