//! What the system allows this process, settled before a command begins: limits that would otherwise kill it
//! in the middle of its work become errors with a message.

use anyhow::{Context as _, bail};
use rustix::process::{Resource, getrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// Files that a process must be allowed to have open: the database and its log three times over, locks,
/// what the runtime needs, and the connections of one account. With fewer the runtime panics where it
/// listens for signals.
const OPEN_FILES_MIN: u64 = 48;

/// SIGXFSZ, by its number in Linux: sent to who writes beyond the greatest size that a file may have.
const FILE_TOO_LARGE_SIGNAL: i32 = 25;

/// Refuses to begin with too few files, and turns a file that must not grow into a failed write.
pub fn settle() -> anyhow::Result<()> {
    if let Some(limit) = getrlimit(Resource::Nofile).current
        && limit < OPEN_FILES_MIN
    {
        bail!(
            "only {limit} files may be open at the same time, and at least {OPEN_FILES_MIN} are needed; raise the limit \
             (`ulimit -n`, LimitNOFILE= of a systemd service)"
        );
    }
    fail_writes_beyond_the_limit().context("cannot prepare for a limit on the size of files")
}

/// Unhandled, the signal ends the process without a word. Once it was handled it stays so for as long as the
/// process lives, and the write fails instead, as on a full disk.
fn fail_writes_beyond_the_limit() -> std::io::Result<()> {
    if getrlimit(Resource::Fsize).current.is_none() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _inside = runtime.enter();
    signal(SignalKind::from_raw(FILE_TOO_LARGE_SIGNAL)).map(drop)
}
