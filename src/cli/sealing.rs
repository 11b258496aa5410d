//! The seal in commands: the comparison before anything is done, the signature after a run.

use super::Exit;
use super::os_user::os_user;
use crate::collect::host_name;
use crate::config::Config;
use crate::evidence::checkpoint::Checkpoint;
use crate::model::{Clock as _, SystemClock};
use crate::record::Recorder;
use crate::seal::{
    Access, Known, SealError, Sealed, Who, guard, known, make_key, refuse_lost, seal,
};
use crate::store::{Connection, StoreError, open};

/// Who is at it, now.
pub(super) fn who() -> Who {
    Who {
        user: os_user(),
        host: host_name(),
        at: SystemClock.now(),
    }
}

/// Refuses a database that is not the one that was sealed last, before anything is written. One that is not
/// there yet, or not finished, must never have been.
pub(super) fn guard_writing(config: &Config) -> Result<(), SealError> {
    let (database, state) = (&config.database, &config.state_directory);
    match open::read_only_of_any_age(database) {
        Ok(connection) => guard(&connection, database, state, Access::Write).map(drop),
        // What stands there instead, who opens it judges: `init` may finish an empty file.
        Err(StoreError::Missing(_) | StoreError::Unfinished(_) | StoreError::Foreign(_)) => {
            refuse_lost(database, state)
        }
        Err(error) => Err(error.into()),
    }
}

/// The same for a command that only reads; tells the newest checkpoint in the state directory.
pub(super) fn guard_reading(
    connection: &Connection,
    config: &Config,
) -> Result<Option<Checkpoint>, SealError> {
    let (database, state) = (&config.database, &config.state_directory);
    guard(connection, database, state, Access::Read)
}

/// The newest checkpoint in the state directory, for `verify`, which compares the leaves with it itself.
pub(super) fn known_to_state(
    connection: &Connection,
    config: &Config,
) -> Result<Option<Known>, SealError> {
    let (database, state) = (&config.database, &config.state_directory);
    known(connection, database, state)
}

/// Signs the head as it stands.
pub(super) fn seal_now(config: &Config, recorder: &Recorder) -> Result<Sealed, SealError> {
    seal_as(config, recorder, None)
}

/// The same; a log that has no key yet gets one whose name begins with `origin_prefix`, else with that of the
/// host.
pub(super) fn seal_as(
    config: &Config,
    recorder: &Recorder,
    origin_prefix: Option<&str>,
) -> Result<Sealed, SealError> {
    let (database, state) = (&config.database, &config.state_directory);
    let host = host_name();
    seal(
        recorder,
        database,
        state,
        origin_prefix.unwrap_or(&host),
        &who(),
    )
}

/// Gives a log its key where it has none, so that the leaf that says so is not the last of a run, which counts its
/// leaves. What hinders it is told when the run cannot be sealed.
pub(super) fn make_first_key(config: &Config, recorder: &Recorder) -> Result<(), SealError> {
    let (database, state) = (&config.database, &config.state_directory);
    match make_key(recorder, database, state, &host_name(), &who()) {
        Err(error) if error.is_bad_news() => Err(error),
        Err(error) => {
            tracing::info!("no key yet: {error}");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Signs what a run has recorded. Where that cannot be done the run stands nevertheless.
pub(super) fn seal_run(config: &Config) -> Result<Sealed, SealError> {
    let recorder = Recorder::open(&config.database)?;
    seal_now(config, &recorder)
}

/// That what was recorded is not sealed, in words. The file is named, as SQLite does not say which it could not use.
pub(super) fn unsealed_text(config: &Config, error: &SealError) -> String {
    let database = config.database.display();
    format!("what was recorded in {database} is kept, and not sealed by a checkpoint: {error}")
}

/// What a command came to whose work was good, and is not sealed.
pub(super) fn exit_unsealed(error: &SealError) -> Exit {
    match error.is_bad_news() {
        true => Exit::BadNews,
        false => Exit::Partial,
    }
}
