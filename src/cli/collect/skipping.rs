//! A collector that asks nothing says so in the log, if that can be said at once.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::cli::os_user::os_user;
use crate::collect::host_name;
use crate::config::Config;
use crate::evidence::leaf::{RunSkipped, SkipCause};
use crate::model::{Clock as _, SystemClock};
use crate::record::Recorder;
use crate::store::{StoreError, open};

/// How long it may take: the transactions of the other collector are over in milliseconds. Only `rebuild` and
/// a migration keep the file for longer, and a cron job that has nothing to do must not wait for these.
const PATIENCE: Duration = Duration::from_millis(500);

/// Keeps that this collector asked nothing, unless that took a migration or other views: these are not put
/// under the feet of the collector that is at work. What fails here is no reason to fail: the log then shows a run that
/// did not happen.
pub(super) fn keep(config: &Config, cause: SkipCause, detail: Option<String>) {
    let skipped = RunSkipped {
        at: SystemClock.now(),
        user: os_user(),
        host: host_name(),
        process_id: std::process::id(),
        cause,
        detail,
    };
    let database = config.database.clone();
    let (done, kept) = mpsc::channel();
    // A thread that may be left behind: SQLite undoes what it has not finished.
    thread::spawn(move || {
        let kept = keep_in(&database, skipped);
        // Nobody listens any more if it took too long.
        let _ = done.send(kept);
    });
    match kept.recv_timeout(PATIENCE) {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => {
            tracing::info!(
                "the database is of an older version: the skipped run is not in the log"
            );
        }
        Ok(Err(error)) => tracing::info!(%error, "the skipped run is not in the log"),
        Err(_) => tracing::info!("the database is busy: the skipped run is not in the log"),
    }
}

/// Whether it was kept.
fn keep_in(database: &Path, skipped: RunSkipped) -> Result<bool, StoreError> {
    if !open::is_current(database)? {
        return Ok(false);
    }
    Recorder::open(database)?.skip_run(skipped)?;
    Ok(true)
}
