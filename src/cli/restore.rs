//! `optrail restore`.

mod checked;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use self::checked::{Checked, check, check_in_place};
use super::output::{DataFormat, complaint, to_stdout};
use super::values::some_text;
use super::{Exit, UsageError, renewal, sealing};
use crate::collect::{Lock, LockError, host_name};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::model::UtcMillis;
use crate::record::Recorder;
use crate::seal::{BadNews, SealError, adopt, guard_copy, key_of, refuse_lost, resume};
use crate::store::copy::{CopyError, Draft};
use crate::store::replace::{leaves_of, place, present};
use crate::store::{Connection, StoreError, directory, evidence, identity, open};

/// Files moved aside within one second at most: a person does not restore more often.
const ASIDE_IN_A_SECOND_MAX: u32 = 9;

/// Put a backup in the place of the database, or go on with a new key
///
/// FILE is verified completely and compared with the newest checkpoint in the state directory before anything is
/// changed. Where it goes on from that, the log goes on with its key. Where leaves are missing or are others, or there
/// is no state directory, only --adopt goes on: the log gets a new origin and a new key. Whoever verifies needs the
/// new public key; the checkpoints that others hold of the old origin stay what they are, and show what was lost.
/// Either way a leaf says who did it, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail restore /backup/optrail-2026-01-31.db --reason 'disk died'
  optrail restore /backup/optrail-2026-01-31.db --replace --reason 'damaged by a bad controller'
  optrail restore /backup/optrail-2026-01-31.db --replace --adopt --reason 'newer backups are lost'
  optrail restore --adopt --reason 'the state directory is lost'

With --replace, the database that is there is moved to NAME.replaced-TIME with its log, and never removed.

Exit status: 0 done, 1 could not be done, 3 FILE differs from what its evidence says, or does not go on from the newest
checkpoint (nothing was changed), 4 restored, and not sealed, 5 a collector runs.")]
pub struct RestoreArgs {
    /// Backup to restore; without it, --adopt goes on from the database as it stands
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Go on with a new origin and a new key where the log does not go on from its newest checkpoint
    #[arg(long, required_unless_present = "file")]
    pub adopt: bool,

    /// Why, for the log
    #[arg(long, value_name = "TEXT", value_parser = some_text)]
    pub reason: String,

    /// Move a database that is there aside
    #[arg(long, requires = "file")]
    pub replace: bool,
}

/// Restores under the collector's lock.
pub fn run(args: &RestoreArgs, config: &Config) -> anyhow::Result<Exit> {
    match &args.file {
        Some(file) => refuse_unfit(file, config)?,
        None => refuse_absent(config)?,
    }
    if let Some(above) = config
        .database
        .parent()
        .filter(|d| !d.as_os_str().is_empty())
    {
        directory::make(above, 0o700)
            .with_context(|| format!("cannot create the directory {}", above.display()))?;
    }
    let _lock = match Lock::exclusive(&config.lock_path()) {
        Ok(lock) => lock,
        Err(error @ LockError::Held(_)) => {
            // Somebody typed this, and waits for what it does.
            complaint(config, &error.to_string());
            return Ok(Exit::Locked);
        }
        Err(error) => return Err(error.into()),
    };
    match &args.file {
        Some(file) => from_copy(args, config, file),
        None => as_it_stands(args, config),
    }
}

/// Refuses what can be no backup, before anything is locked or made.
fn refuse_unfit(file: &Path, config: &Config) -> anyhow::Result<()> {
    let connection = open::untrusted_of_any_age(file).map_err(|error| match error {
        StoreError::Missing(path) => {
            anyhow::anyhow!(
                "there is no backup at {}; name another file",
                path.display()
            )
        }
        error => error.into(),
    })?;
    if identity::is_snapshot(&connection)? {
        bail!(
            "{} is a snapshot, which is only read; restore a file that `optrail backup` made",
            file.display()
        );
    }
    let same = file.canonicalize().ok();
    if same.is_some() && same == config.database.canonicalize().ok() {
        return Err(UsageError(format!(
            "{} is the database itself; to go on from it as it stands, leave FILE out",
            file.display()
        ))
        .into());
    }
    Ok(())
}

/// Refuses to go on from a database that is not there.
fn refuse_absent(config: &Config) -> Result<(), SealError> {
    let database = &config.database;
    if database.symlink_metadata().is_ok() {
        return Ok(open::refuse_snapshot(database)?);
    }
    refuse_lost(database, &config.state_directory)?;
    Err(StoreError::Missing(database.clone()).into())
}

/// What is to be done with the log.
enum Way {
    /// It goes on from its newest checkpoint.
    GoesOn,
    /// It gets a new origin; what stood in the way.
    Adopted(SealError),
}

/// How `copy` stands to what was signed; an error that `--adopt` would overcome is inside.
fn way(connection: &Connection, copy: &Path, config: &Config) -> Result<Way, SealError> {
    let (database, state) = (&config.database, &config.state_directory);
    match guard_copy(connection, copy, database, state) {
        Ok(_) => Ok(Way::GoesOn),
        Err(error) if error.can_be_adopted() => Ok(Way::Adopted(error)),
        Err(error) => Err(error),
    }
}

fn from_copy(args: &RestoreArgs, config: &Config, file: &Path) -> anyhow::Result<Exit> {
    let database = &config.database;
    let there = present(database);
    if let Some(first) = there.first()
        && !args.replace
    {
        bail!(
            "{} is there; --replace moves it aside, and never removes it",
            first.display()
        );
    }
    let draft = match Draft::beside(file, database) {
        Err(error) if error.is_damage() => {
            complaint(config, &format!("{error}; nothing was changed"));
            return Ok(Exit::BadNews);
        }
        draft => draft?,
    };
    if !told_good(config, file, check(draft.path(), database)?)? {
        return Ok(Exit::BadNews);
    }
    let connection = open::untrusted_of_any_age(draft.path())?;
    let way = match way(&connection, file, config)? {
        Way::Adopted(error) if !args.adopt => {
            let text = format!(
                "{error}. Nothing was changed. With --adopt, {} is put in its place all the same, with a new origin and a new key",
                file.display()
            );
            complaint(config, &text);
            return Ok(Exit::BadNews);
        }
        Way::GoesOn if args.adopt => match key_of(&connection, &config.state_directory) {
            Err(error @ SealError::Key { .. }) => Way::Adopted(error),
            _ => Way::GoesOn,
        },
        way => way,
    };
    let size = evidence::size(&connection)?;
    drop(connection);
    let lost = leaves_of(database).map_or(0, |before| before.saturating_sub(size));
    let aside = (!there.is_empty()).then(|| aside_name(database));
    put(draft, database, aside.as_deref())?;
    let mut told = vec![format!(
        "{} holds {size} leaves of evidence, from {}",
        database.display(),
        file.display()
    )];
    if let Some(aside) = &aside {
        told.push(format!("what was there is kept as {}", aside.display()));
    }
    if lost > 0 {
        told.push(format!(
            "the last {lost} leaves that it held are not in this one"
        ));
    }
    go_on(args, config, way, told).with_context(|| {
        format!(
            "{} is restored, and the log does not say so yet",
            database.display()
        )
    })
}

/// The same error for people who have just read what `--replace` does.
fn put(draft: Draft, database: &Path, aside: Option<&Path>) -> anyhow::Result<()> {
    place(draft, database, aside).map_err(|error| match error {
        CopyError::Exists(path) => anyhow::anyhow!(
            "{} has come there meanwhile; nothing was changed, try again",
            path.display()
        ),
        error => error.into(),
    })
}

/// `NAME.replaced-20260131T080000Z`, with a number behind it where that second has one already.
fn aside_name(database: &Path) -> PathBuf {
    let now: UtcMillis = sealing::who().at;
    let time = now.to_seconds_text().replace(['-', ':'], "");
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".replaced-{time}"));
    let mut numbered = PathBuf::from(&name);
    for number in 2..=ASIDE_IN_A_SECOND_MAX {
        if present(&numbered).is_empty() {
            break;
        }
        let mut next = name.clone();
        next.push(format!("-{number}"));
        numbered = PathBuf::from(next);
    }
    numbered
}

fn as_it_stands(args: &RestoreArgs, config: &Config) -> anyhow::Result<Exit> {
    let database = &config.database;
    let connection = open::untrusted_of_any_age(database)?;
    let way = match way(&connection, database, config)? {
        Way::GoesOn => match key_of(&connection, &config.state_directory) {
            Err(error @ SealError::Key { .. }) => Way::Adopted(error),
            Err(error) => return Err(error.into()),
            Ok(_) => {
                return Err(UsageError(format!(
                    "{} goes on from its newest checkpoint, and its key can be used: there is nothing to adopt",
                    database.display()
                ))
                .into());
            }
        },
        way => way,
    };
    drop(connection);
    if !told_good(config, database, check_in_place(config)?)? {
        return Ok(Exit::BadNews);
    }
    go_on(args, config, way, Vec::new())
}

/// Tells what is wrong with a file; whether nothing is.
fn told_good(config: &Config, file: &Path, checked: Checked) -> anyhow::Result<bool> {
    let Checked::Differs(what) = checked else {
        return Ok(true);
    };
    to_stdout(DataFormat::Escaped, |out| {
        Ok(out.write_all(what.as_bytes())?)
    })?;
    let text = format!(
        "{} differs from what its evidence says; nothing was changed; take another backup",
        file.display()
    );
    complaint(config, &text);
    Ok(false)
}

/// Has the log say what was done, seals it, and tells that.
fn go_on(
    args: &RestoreArgs,
    config: &Config,
    way: Way,
    mut told: Vec<String>,
) -> anyhow::Result<Exit> {
    let (database, state) = (&config.database, &config.state_directory);
    renewal::renew(config)?;
    let recorder = Recorder::open(database)?;
    let (host, who) = (host_name(), sealing::who());
    let mut exit = Exit::Done;
    match way {
        Way::GoesOn => match resume(&recorder, database, state, &host, &args.reason, &who) {
            Ok(sealed) => told.push(format!(
                "it goes on from its newest checkpoint, signed by {}",
                sealed.checkpoint.origin
            )),
            Err(error @ (SealError::Key { .. } | SealError::State { .. })) => {
                complaint(
                    config,
                    &format!("it is not sealed by a checkpoint: {error}"),
                );
                exit = Exit::Partial;
            }
            Err(error) => return Err(error.into()),
        },
        Way::Adopted(reason) => {
            tracing::info!("{reason}");
            let adopted = adopt(&recorder, database, state, &host, &args.reason, &who)?;
            told.push(format!(
                "a new origin begins after leaf {}: {}",
                adopted.size.saturating_sub(1),
                adopted.sealed.checkpoint.origin
            ));
            told.push(what_is_lost(&reason, adopted.lost));
            told.push(format!("public key {}", adopted.sealed.vkey));
            told.push(
                "give this key to whoever verifies; the old one signs nothing any more".to_owned(),
            );
        }
    }
    to_stdout(DataFormat::Escaped, |out| {
        for line in &told {
            writeln!(out, "{}", terminal(line))?;
        }
        Ok(())
    })?;
    Ok(exit)
}

/// What became of leaves that were signed.
fn what_is_lost(reason: &SealError, lost: u64) -> String {
    match reason {
        SealError::BadNews(BadNews::OtherHistory { signed, .. }) => {
            format!("its leaves are others than the {signed} that were signed last")
        }
        SealError::Key { .. } => "no leaf is lost: only the key was".to_owned(),
        _ if lost > 0 => {
            format!("{lost} leaves that the newest known checkpoint covers are lost")
        }
        _ => "nobody can tell here whether later leaves are lost".to_owned(),
    }
}
