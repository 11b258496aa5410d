//! `--metrics`: how the recorder stands, in the text format of Prometheus, for the node exporter's textfile
//! collector.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::cli::Exit;
use crate::cli::output::AtomicFile;
use crate::cli::sealing::guard_reading;
use crate::cli::status::FileSize;
use crate::config::Config;
use crate::model::{Clock as _, RunOutcome, SystemClock, UtcMillis};
use crate::store::disk::free_bytes;
use crate::store::metrics::{LastRun, Metrics};
use crate::store::{StoreError, open};

/// Writes the file, wholly or not at all, so that everybody may read it.
pub(super) fn write(path: &Path, config: &Config, exit: Exit) -> anyhow::Result<()> {
    let (mut metrics, sealed) = match open::read_only(&config.database) {
        // Where the database is not what was signed, which the exit status says, nothing seals it.
        Ok(db) => (
            Metrics::read(&db)?,
            guard_reading(&db, config).ok().flatten(),
        ),
        Err(StoreError::Missing(_)) => (Metrics::default(), None),
        Err(error) => return Err(error.into()),
    };
    for account in &config.configured {
        let label = account.label.clone();
        metrics.watches_failing.entry(label).or_default();
    }
    let size = FileSize::of(&config.database);
    let around = Around {
        written_at: SystemClock.now(),
        exit,
        sealed_leaves: sealed.map_or(0, |checkpoint| checkpoint.size),
        database_bytes: size.database,
        log_bytes: size.log,
        free_bytes: free_bytes(&config.database),
    };
    let mut file = AtomicFile::create(path)?;
    file.let_all_read()?;
    file.write_all(text(&metrics, &around).as_bytes())?;
    file.commit()?;
    Ok(())
}

/// What is known from elsewhere than the database.
struct Around {
    written_at: UtcMillis,
    exit: Exit,
    /// Leaves that the checkpoint in the state directory covers.
    sealed_leaves: u64,
    database_bytes: u64,
    log_bytes: u64,
    free_bytes: Option<u64>,
}

fn text(metrics: &Metrics, around: &Around) -> String {
    let mut page = Page::default();
    page.family("optrail_build_info", "gauge", "The program.");
    let version = env!("CARGO_PKG_VERSION");
    page.sample("optrail_build_info", Some(("version", version)), 1);
    page.gauge(
        "optrail_last_collect_timestamp_seconds",
        "When collect ended last, with or without a run.",
        Seconds(around.written_at.0),
    );
    page.gauge(
        "optrail_last_collect_exit_code",
        "Exit status of collect then.",
        around.exit.code(),
    );
    if let Some(run) = &metrics.last_run {
        of_run(&mut page, run);
    }
    page.gauge(
        "optrail_last_success_timestamp_seconds",
        "When the last complete run ended; 0 while there was none.",
        Seconds(metrics.last_success_at.map_or(0, |at| at.0)),
    );
    page.family("optrail_watches", "gauge", "Watches by state.");
    for (state, count) in &metrics.watches {
        page.sample("optrail_watches", Some(("state", state)), count);
    }
    page.family(
        "optrail_watches_failing",
        "gauge",
        "Watches whose last look was not good, by account.",
    );
    for (label, count) in &metrics.watches_failing {
        page.sample("optrail_watches_failing", Some(("account", label)), count);
    }
    page.gauge(
        "optrail_cadt_pending",
        "CADT operations that have not ended: their ids die after an hour.",
        metrics.cadt_pending,
    );
    page.optional(
        "optrail_cadt_expires_first_timestamp_seconds",
        "When the first of these ids dies.",
        metrics.cadt_expires_first_at.map(|at| Seconds(at.0)),
    );
    page.family(
        "optrail_expired_unseen_total",
        "counter",
        "Ids that died before their end was seen.",
    );
    page.sample("optrail_expired_unseen_total", None, metrics.expired_unseen);
    page.gauge(
        "optrail_evidence_leaves",
        "Leaves of evidence.",
        metrics.evidence_size,
    );
    page.gauge(
        "optrail_evidence_sealed_leaves",
        "Leaves that the newest checkpoint in the state directory covers.",
        around.sealed_leaves,
    );
    page.gauge(
        "optrail_database_bytes",
        "Size of the database.",
        around.database_bytes,
    );
    page.gauge(
        "optrail_database_wal_bytes",
        "Size of its write-ahead log.",
        around.log_bytes,
    );
    page.optional(
        "optrail_disk_free_bytes",
        "Room left where the database lies.",
        around.free_bytes,
    );
    page.text
}

fn of_run(page: &mut Page, run: &LastRun) {
    page.gauge("optrail_last_run_id", "Number of the last run.", run.run_id);
    page.gauge(
        "optrail_last_run_start_timestamp_seconds",
        "When the last run began.",
        Seconds(run.started_at.0),
    );
    page.optional(
        "optrail_last_run_end_timestamp_seconds",
        "When the last run ended; not there if it died.",
        run.ended_at.map(|at| Seconds(at.0)),
    );
    page.family(
        "optrail_last_run_outcome",
        "gauge",
        "1 for what the last run came to.",
    );
    for outcome in RunOutcome::ALL {
        let is_it = u8::from(run.outcome == outcome);
        page.sample(
            "optrail_last_run_outcome",
            Some(("outcome", outcome.as_str())),
            is_it,
        );
    }
    page.family(
        "optrail_last_run_watches",
        "gauge",
        "Watches of the last run: planned, asked, without a good look, not begun.",
    );
    for (result, count) in [
        ("due", run.watches_due),
        ("polled", run.watches_polled),
        ("failed", run.watches_failed),
        ("deferred", run.watches_deferred),
    ] {
        page.sample("optrail_last_run_watches", Some(("result", result)), count);
    }
    for (name, help, count) in [
        ("requests", "Requests of the last run.", run.requests),
        ("retries", "Of them repeats.", run.retries),
        ("throttled", "Of them throttled.", run.throttled),
        (
            "versions_new",
            "New versions that the last run found.",
            run.versions_new,
        ),
        (
            "listings_incomplete",
            "Listings of the last run that stayed incomplete.",
            run.listings_incomplete,
        ),
    ] {
        page.gauge(&format!("optrail_last_run_{name}"), help, count);
    }
    page.optional(
        "optrail_clock_offset_seconds",
        "The cloud's clock less ours in the last run.",
        run.clock_offset_ms.map(Seconds),
    );
}

/// Milliseconds, shown in seconds.
struct Seconds(i64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let ms = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:03}", ms / 1000, ms % 1000)
    }
}

/// The text so far. Writing to a `String` cannot fail.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: impl std::fmt::Display) {
        let _ = match label {
            Some((label, word)) => {
                let word = word.replace('\\', "\\\\").replace('"', "\\\"");
                let word = word.replace('\n', "\\n");
                writeln!(self.text, "{name}{{{label}=\"{word}\"}} {value}")
            }
            None => writeln!(self.text, "{name} {value}"),
        };
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "gauge", help);
        self.sample(name, None, value);
    }

    fn optional(&mut self, name: &str, help: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.gauge(name, help, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_shown_in_seconds() {
        let shown: Vec<String> = [0, 7, -1_500, 1_790_000_000_123]
            .map(|ms| Seconds(ms).to_string())
            .into();
        assert_eq!(shown, ["0.000", "0.007", "-1.500", "1790000000.123"]);
    }
}
