//! `optrail init`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use super::output::{DataFormat, to_stdout};
use super::values::some_text;
use super::{Exit, log_id, output, renewal, sealing};
use crate::config::{Config, EXAMPLE};
use crate::export::escape::terminal;
use crate::model::{Clock as _, SystemClock};
use crate::record::Recorder;
use crate::store::{directory, open};

/// Write a configuration to start from, create the database, the state directory and the signing key
///
/// Needed once at most: the first `watch add` makes all of it too. What exists is left as it is. All of
/// the configuration is commented out. Database and state directory are for their owner only. The public key is
/// printed: give it to whoever will verify, now, and not together with the files.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail init
  optrail init --origin-prefix audit.example.com
  optrail init --config ./optrail.toml --db /srv/audit/optrail.db")]
pub struct InitArgs {
    /// First part of the name of the log and its key, where it gets one now; a domain of yours [default: name
    /// of the host]
    #[arg(long, value_name = "NAME", value_parser = some_text)]
    pub origin_prefix: Option<String>,
}

/// Makes what is not there yet, and says what it found.
pub fn run(args: &InitArgs, config: &Config) -> anyhow::Result<Exit> {
    sealing::guard_writing(config)?;
    let file = config.file.as_ref().unwrap_or(&config.file_to_make);
    let made_file = make_file(file)?;
    let made_state = make_state_directory(&config.state_directory)?;
    let made_database = !config.database.exists();
    // What cannot be read, who makes it judges: an empty file is finished.
    if open::read_only_of_any_age(&config.database).is_ok() {
        renewal::renew_under_lock(config)?;
    }
    let recorder = open_or_create(config)?;
    let sealed = sealing::seal_as(config, &recorder, args.origin_prefix.as_deref())?;
    let told = [
        line(
            "configuration",
            file,
            made_file,
            "written; all of it is commented out",
        ),
        line(
            "state directory",
            &config.state_directory,
            made_state,
            "created, for you alone",
        ),
        line(
            "database",
            &config.database,
            made_database,
            "created, readable by you alone",
        ),
    ];
    to_stdout(DataFormat::Escaped, |out| {
        out.write_all(told.concat().as_bytes())?;
        writeln!(out, "public key {}", terminal(&sealed.vkey.to_string()))?;
        if made_database {
            writeln!(out, "next: `optrail watch add`, then `optrail collect`")?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn line(what: &str, path: &Path, was_made: bool, made: &str) -> String {
    let path = path.display().to_string();
    let end = if was_made {
        made
    } else {
        "is there already; it is left as it is"
    };
    format!("{what} {} {end}\n", terminal(&path))
}

/// Writes the configuration, unless there is a file of that name: then false. Its mode is that of any new
/// file: it holds no secret, and in `/etc` the user that collects must be able to read it.
fn make_file(path: &Path) -> anyhow::Result<bool> {
    let failed = || format!("cannot write the configuration {}", path.display());
    if let Some(above) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        directory::make(above, 0o777).with_context(failed)?;
    }
    if path.exists() {
        return Ok(false);
    }
    // Under a name of its own until it is whole: half a configuration would stop every command.
    let draft = path.with_extension(format!("{:016x}.new", fastrand::u64(..)));
    let made = write_whole(&draft).and_then(|()| name_it(&draft, path));
    let _ = std::fs::remove_file(&draft);
    made.with_context(failed)
}

fn write_whole(draft: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(draft)?;
    file.write_all(EXAMPLE.as_bytes())?;
    file.sync_all()
}

/// Gives the draft its name, unless there is a file of that name: then false.
fn name_it(draft: &Path, path: &Path) -> io::Result<bool> {
    match std::fs::hard_link(draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        // A file system without links.
        Err(_) => std::fs::rename(draft, path)?,
        Ok(()) => {}
    }
    match path.parent().filter(|d| !d.as_os_str().is_empty()) {
        Some(above) => directory::sync(above).map(|()| true),
        None => directory::sync(Path::new(".")).map(|()| true),
    }
}

/// Creates the state directory for its owner only, unless there is one: then false.
fn make_state_directory(path: &Path) -> anyhow::Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    directory::make(path, 0o700)
        .with_context(|| format!("cannot create the state directory {}", path.display()))?;
    Ok(true)
}

/// Opens the database for watches to be added. Where there is none, it makes what [`run`] makes; of that, the
/// database alone has to come about.
pub(super) fn for_watches(config: &Config) -> anyhow::Result<Recorder> {
    sealing::guard_writing(config)?;
    let is_new = !config.database.exists();
    if is_new && config.file.is_none() {
        report_failure(make_file(&config.file_to_make));
    }
    renewal::renew_under_lock(config)?;
    let recorder = open_or_create(config)?;
    if is_new {
        match sealing::seal_now(config, &recorder) {
            Err(error) if error.is_bad_news() => return Err(error.into()),
            // Without a first key nothing in the log says so: this is the only word of it.
            Err(error) => output::complaint(config, &sealing::unsealed_text(config, &error)),
            Ok(_) => {}
        }
    }
    Ok(recorder)
}

/// Tells of what is of use and not needed.
fn report_failure<T, E: std::fmt::Display>(made: Result<T, E>) {
    if let Err(error) = made {
        tracing::info!("{error:#}; it is not needed to record");
    }
}

/// Opens the database for recording, and makes it where there is none. Rows of everything in it are
/// derived, so that reading commands see it.
pub(super) fn open_or_create(config: &Config) -> anyhow::Result<Recorder> {
    let log_id = log_id::random().context("cannot name a new log")?;
    let recorder = Recorder::create(&config.database, &log_id, SystemClock.now())?;
    renewal::tell_of_copy(config, recorder.migrated());
    recorder.read_blocking(|_| Ok(()))?;
    Ok(recorder)
}
