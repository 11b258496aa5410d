//! After a run: a write-ahead log that has grown is folded into the database, and where it stays large that is told.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use crate::collect::{Failing, Stopping};
use crate::config::Config;
use crate::store::fold::{LOG_BYTES_MAX, Log, PATIENCE, fold};

/// What stays large.
pub(super) const LOG: &str = "the write-ahead log";

/// Folds it, unless a signal comes, and waits for readers no longer than the deadline of the run leaves: the next one may
/// begin then. The caller asks nothing meanwhile: no answer waits for it.
pub(super) fn fold_log(
    config: &Config,
    stopping: &Stopping,
    time_left: Duration,
) -> anyhow::Result<Log> {
    let is_unwanted = || stopping.signal().is_some();
    let patience = PATIENCE.min(time_left);
    fold(&config.database, LOG_BYTES_MAX, patience, &is_unwanted).with_context(|| {
        let path = config.database.display();
        format!("what was recorded is kept, but {LOG} of {path} cannot be folded into it")
    })
}

/// That it stayed large.
pub(super) fn of_log(database: &Path, bytes: u64) -> Failing {
    Failing {
        what: LOG.to_owned(),
        cause: "reader".to_owned(),
        code: None,
        text: format!(
            "{} MiB of {} cannot be folded into it, because another process has been reading it all the while; nothing is lost, and each run tries again: find that process (`fuser` with this file) and let it end",
            bytes >> 20,
            database.display()
        ),
        kind: LOG.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_28_a_log_that_stays_is_told_with_its_size_its_cause_and_what_to_do() {
        let failing = of_log(Path::new("/data/optrail.db"), 60 << 20);
        assert_eq!(
            format!("{}: {}", failing.what, failing.text),
            "the write-ahead log: 60 MiB of /data/optrail.db cannot be folded into it, because another process has been \
             reading it all the while; nothing is lost, and each run tries again: find that process (`fuser` with this \
             file) and let it end"
        );
    }
}
