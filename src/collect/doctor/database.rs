//! The database: whether this program can use it, and how its runs go.

use std::path::Path;
use std::time::Duration;

use super::{Check, Topic};
use crate::collect::lock::{Lock, LockError};
use crate::config::{duration_text, lock_path};
use crate::model::{RunKind, UtcMillis};
use crate::record::{DERIVE_VERSION, Schedule};
use crate::store::progress::Progress;
use crate::store::runs::RunRow;
use crate::store::status::{LastCollect, last_collect};
use crate::store::{Connection, StoreError, derived, migrate, open, runs};

/// How far a database can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseState {
    /// There is none that this program can read.
    Unusable,
    /// An older program made it, or derived its rows by other rules.
    Older,
    /// It is of this program.
    Current,
}

/// Whether it opens, whether schema and rules are those of this program, and how its runs go. `every` is the
/// declared schedule.
pub fn examine_database(
    database: &Path,
    every: Option<Duration>,
    now: UtcMillis,
) -> (Vec<Check>, DatabaseState) {
    let connection = match open::read_only_of_any_age(database) {
        Ok(connection) => connection,
        Err(error) => {
            let failed = Check::failed(Topic::Database, &error.to_string());
            return (vec![failed], DatabaseState::Unusable);
        }
    };
    let failed = |topic, error: StoreError| Check::failed(topic, &error.to_string());
    let (check, state) = match state(&connection) {
        Ok(told) => told,
        Err(error) => (failed(Topic::Database, error), DatabaseState::Unusable),
    };
    let mut checks = vec![check];
    if state == DatabaseState::Current {
        let lock = lock_path(database);
        let told = of_runs(&connection, &lock, every, now);
        checks.push(told.unwrap_or_else(|error| failed(Topic::Runs, error)));
    }
    (checks, state)
}

fn state(connection: &Connection) -> Result<(Check, DatabaseState), StoreError> {
    let (found, known) = (
        migrate::schema_version(connection)?,
        migrate::known_version(),
    );
    // There since schema 2, the first that holds rows.
    let watermark = derived::watermark(connection)?;
    let rules = watermark.derive_version;
    if found < known {
        let mut detail = format!("schema {found}, and this program has {known}");
        // Without rows it is the migration that brings the rules.
        if rules != DERIVE_VERSION && watermark.derived_through >= 0 {
            detail.push_str(&format!(
                "; rows by rules {rules}, and this program has rules {DERIVE_VERSION}"
            ));
        }
        let check = Check::warning(
            Topic::Database,
            detail,
            "run `optrail rebuild`; else the next `optrail collect` does that first",
        );
        return Ok((check, DatabaseState::Older));
    }
    if rules != DERIVE_VERSION {
        let check = Check::error(
            Topic::Database,
            format!(
                "its rows are derived by rules {rules}, and this program has rules {DERIVE_VERSION}"
            ),
            "run `optrail rebuild`",
        );
        return Ok((check, DatabaseState::Older));
    }
    let progress = Progress::read(connection)?;
    let detail = format!(
        "schema {found}, rules {rules}, {} leaves of evidence",
        progress.evidence_size
    );
    Ok((Check::ok(Topic::Database, detail), DatabaseState::Current))
}

/// Whether one is going on, and else when the last one began.
fn of_runs(
    connection: &Connection,
    lock: &Path,
    every: Option<Duration>,
    now: UtcMillis,
) -> Result<Check, StoreError> {
    let is_collect = |run: &RunRow| run.kind == RunKind::Collect;
    // The lock is touched only where a run has no end, so that no collector ever meets it held by a look.
    if let Some(open) = runs::open(connection)?.iter().rfind(|run| is_collect(run))
        && lock.exists()
    {
        let since = UtcMillis(open.started_at).to_seconds_text();
        return Ok(match Lock::shared(lock) {
            Err(LockError::Held(_)) => {
                Check::ok(Topic::Runs, format!("a collector runs, since {since}"))
            }
            Err(LockError::Failed { .. }) => Check::error(
                Topic::Runs,
                format!("cannot open the lock {}", lock.display()),
                "run as the user who owns it",
            ),
            Ok(_) => Check::warning(
                Topic::Runs,
                format!("the run of {since} died before its end; its answers are kept"),
                "the next `optrail collect` notes it; look into the system's log for why",
            ),
        });
    }
    Ok(schedule(last_collect(connection)?, every, now))
}

/// Whether the schedule is kept, as `status` and `check` judge it: of runs over everything.
fn schedule(last: LastCollect, every: Option<Duration>, now: UtcMillis) -> Check {
    let schedule = Schedule::of(last, every, now);
    let due = schedule.map_or_else(String::new, |schedule| {
        let every = Duration::from_millis(schedule.every_ms);
        format!(", one is due every {}", duration_text(every))
    });
    let Some(last_at) = last.started_at else {
        return Check::ok(Topic::Runs, format!("none yet{due}"));
    };
    let detail = format!("the last began at {}{due}", last_at.to_seconds_text());
    if schedule.is_some_and(|schedule| schedule.is_overdue) {
        let advice = "see whether its timer or crontab line still starts it";
        return Check::warning(Topic::Runs, detail, advice);
    }
    Check::ok(Topic::Runs, detail)
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    #[test]
    fn a_run_is_late_when_its_beginning_would_end_a_gap() {
        let now = UtcMillis(1_000_000_000);
        let every = Some(Duration::from_secs(300));
        let last = |ago_ms: i64, every_ms| LastCollect {
            started_at: Some(now.plus_ms(-ago_ms)),
            every_ms,
        };
        let health = |ago_ms: i64, every| schedule(last(ago_ms, None), every, now).health;
        assert_eq!(health(450_000, every), Health::Ok);
        assert_eq!(health(450_001, every), Health::Warning);
        assert_eq!(health(86_400_000, None), Health::Ok);
        assert_eq!(health(-5_000, every), Health::Ok, "our clock was set back");
        assert_eq!(
            schedule(LastCollect::default(), every, now).health,
            Health::Ok
        );
        let of_run = schedule(last(450_001, Some(300_000)), None, now);
        assert_eq!(of_run.health, Health::Warning, "the run was told every 5m");
    }
}
