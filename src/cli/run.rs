//! From what was typed to an exit code: the configuration is resolved, the command runs, and what went
//! wrong is said once.

use std::error::Error;

use super::{Cli, Command, Exit, UsageError, output};
use super::{
    backup, check, checkpoint, collect, completions, config, diff, doctor, export, init, policy,
    process, prove, rebuild, report, restore, schema, show, snapshot, sql, status, stop, verify,
    verify_export, watch,
};
#[cfg(feature = "sandbox")]
use super::{demo, sandbox};
use crate::collect::CollectorError;
use crate::config::{Config, ConfigError, Flags, LogFormat, Surroundings, UnknownAccount};
use crate::prove::ProveError;
use crate::seal::{SealError, refuse_lost};
use crate::store::StoreError;
use crate::store::copy::CopyError;
use crate::store::disk::free_bytes;

/// Does what was typed.
pub fn run(cli: &Cli) -> Exit {
    let flags = cli.global.flags();
    let log_format = flags.log_format.unwrap_or_default();
    output::start_logging(flags.verbosity, log_format);
    let done = process::settle()
        .and_then(|()| dispatch(cli))
        .map_err(|error| with_lock(with_disk(with_lost(error, cli), cli), cli));
    done.unwrap_or_else(|error| {
        tell(&error, log_format);
        exit_of(&error)
    })
}

/// The configuration that holds for a command.
fn configuration(cli: &Cli) -> Result<Config, ConfigError> {
    let flags = Flags {
        makes_config: matches!(cli.command, Command::Init(_)),
        ..cli.global.flags()
    };
    Config::resolve(flags, &Surroundings::of_process())
}

/// Runs the command. Those of the simulated cloud need nothing of the user's, so that no mistake in a
/// configuration stops them.
fn dispatch(cli: &Cli) -> anyhow::Result<Exit> {
    let config = || configuration(cli);
    match &cli.command {
        #[cfg(feature = "sandbox")]
        Command::Demo(args) => demo::run(args, &cli.global),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(args, &cli.global),
        Command::Init(args) => init::run(args, &config()?),
        Command::Watch(args) => watch::run(args, &config()?),
        Command::Collect(args) => collect::run(args, &config()?),
        Command::Stop(args) => stop::run(args, &config()?),
        Command::Check(args) => check::run(args, &config()?),
        Command::Status(args) => status::run(args, &config()?),
        Command::Show(args) => show::run(args, &config()?),
        Command::Diff(args) => diff::run(args, &config()?),
        Command::Export(args) => export::run(args, &config()?),
        Command::VerifyExport(args) => verify_export::run(args, &config()?),
        Command::Report(args) => report::run(args, &config()?),
        Command::Sql(args) => sql::run(args, &config()?),
        Command::Schema(args) => schema::run(args, &config()?),
        Command::Verify(args) => verify::run(args, &config()?),
        Command::Checkpoint(args) => checkpoint::run(args, &config()?),
        // The checker is part of the program, and is handed out wherever that runs.
        Command::Prove(args) if args.verifier => prove::print_verifier(),
        Command::Prove(args) => prove::run(args, &config()?),
        Command::Rebuild(args) => rebuild::run(args, &config()?),
        Command::Backup(args) => backup::run(args, &config()?),
        Command::Restore(args) => restore::run(args, &config()?),
        Command::Snapshot(args) => snapshot::run(args, &config()?),
        Command::Doctor(args) => doctor::run(args, &config()?),
        Command::Policy(args) => policy::run(args, &config()?),
        Command::Config(args) => config::run(args, &config()?),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => completions::man(args),
    }
}

/// Adds which disk failed, and what to do about it: SQLite says neither.
fn with_disk(error: anyhow::Error, cli: &Cli) -> anyhow::Error {
    if !error.chain().any(is_of_disk) {
        return error;
    }
    let Ok(config) = configuration(cli) else {
        return error;
    };
    let free = free_bytes(&config.database).map_or_else(String::new, |bytes| {
        format!(" ({} MiB free)", bytes / (1024 * 1024))
    });
    error.context(format!(
        "the disk of {}{free} failed, is full, or the file may not grow; what was kept before is still there, and the next \
         command goes on from it once the disk writes again",
        config.database.display()
    ))
}

/// Adds which file was locked, and what to do about it: optrail's own commands hold it for moments only.
fn with_lock(error: anyhow::Error, cli: &Cli) -> anyhow::Error {
    let is_locked = |cause| of_store(cause).is_some_and(StoreError::is_locked);
    if !error.chain().any(is_locked) {
        return error;
    }
    let Ok(config) = configuration(cli) else {
        return error;
    };
    error.context(format!(
        "another program keeps {} locked; what was kept before is still there: end that program, or repeat the command later",
        config.database.display()
    ))
}

fn is_of_disk(cause: &(dyn Error + 'static)) -> bool {
    of_store(cause).is_some_and(StoreError::is_of_disk)
}

/// The database's error, also in those of other rooms: these tell it as their own, and no cause of theirs is left.
fn of_store<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a StoreError> {
    if let Some(CollectorError::Store(error)) = cause.downcast_ref() {
        return Some(error);
    }
    if let Some(SealError::Store(error)) = cause.downcast_ref() {
        return Some(error);
    }
    if let Some(CopyError::Store(error)) = cause.downcast_ref() {
        return Some(error);
    }
    cause.downcast_ref()
}

/// A database that is not there, or is none, may be one that was sealed. Then that is told, whatever was wanted.
fn with_lost(error: anyhow::Error, cli: &Cli) -> anyhow::Error {
    let Some(StoreError::Missing(path) | StoreError::Unfinished(path) | StoreError::Foreign(path)) =
        error.chain().find_map(of_store)
    else {
        return error;
    };
    let Ok(config) = configuration(cli) else {
        return error;
    };
    if *path != config.database {
        return error;
    }
    match refuse_lost(path, &config.state_directory) {
        Err(lost) if lost.is_bad_news() => lost.into(),
        // Whoever only has a copy may not be able to read the state directory.
        _ => error,
    }
}

/// What was typed is the reason, or it is not.
pub(super) fn exit_of(error: &anyhow::Error) -> Exit {
    if error.downcast_ref().is_some_and(SealError::is_bad_news)
        || error.downcast_ref().is_some_and(ProveError::is_bad_news)
    {
        return Exit::BadNews;
    }
    let is_usage = error.is::<UsageError>()
        || error.is::<UnknownAccount>()
        || matches!(
            error.downcast_ref(),
            Some(ConfigError::ProfileWithAccounts(_))
        );
    if is_usage { Exit::Usage } else { Exit::Failed }
}

fn tell(error: &anyhow::Error, log_format: LogFormat) {
    let text = describe(error);
    match log_format {
        LogFormat::Text => output::message(&format!("error: {text}")),
        LogFormat::Json => tracing::error!("{text}"),
    }
}

/// The error and its causes, each said once: many messages tell their cause already.
fn describe(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let said = cause.to_string();
        if text.contains(&said) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&said);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::BadNews;
    use anyhow::{Context as _, anyhow};

    #[test]
    fn each_cause_is_said_once() {
        let error = anyhow!("disk full").context("cannot write x: disk full");
        assert_eq!(describe(&error), "cannot write x: disk full");
        let error = anyhow!("disk full").context("cannot write x");
        assert_eq!(describe(&error), "cannot write x: disk full");
    }

    #[test]
    fn what_was_typed_wrong_is_told_apart() {
        let usage = anyhow::Error::from(UsageError("no".to_owned()));
        assert_eq!(exit_of(&usage), Exit::Usage);
        let below = Err::<(), _>(usage).context("while reading").err();
        assert_eq!(below.as_ref().map(exit_of), Some(Exit::Usage));
        let older = BadNews::Garbled {
            database: "d".into(),
            checkpoint: "c".into(),
            reason: "r".to_owned(),
        };
        assert_eq!(exit_of(&SealError::from(older).into()), Exit::BadNews);
        assert_eq!(exit_of(&SealError::NoRandomness.into()), Exit::Failed);
        let profile = ConfigError::ProfileWithAccounts("--profile");
        assert_eq!(exit_of(&profile.into()), Exit::Usage);
        assert_eq!(
            exit_of(&ConfigError::NotText("OPTRAIL_DB").into()),
            Exit::Failed
        );
        assert_eq!(exit_of(&anyhow!("disk full")), Exit::Failed);
    }

    #[test]
    fn the_disk_is_named_whichever_room_tells_of_it() {
        let full = |is_of_disk| StoreError::Open {
            path: "d".into(),
            reason: "r".to_owned(),
            is_of_disk,
        };
        for is_of_disk in [true, false] {
            for error in [
                anyhow::Error::from(full(is_of_disk)),
                CollectorError::Store(full(is_of_disk)).into(),
                SealError::Store(full(is_of_disk)).into(),
                CopyError::Store(full(is_of_disk)).into(),
            ] {
                let said = error.chain().any(super::is_of_disk);
                assert_eq!(said, is_of_disk, "{error:?}");
            }
        }
    }
}
