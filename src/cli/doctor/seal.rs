//! The seal: whether the key can be used, and whether the database goes on from its newest checkpoint.

use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::collect::doctor::{Check, DatabaseState, Topic};
use crate::config::Config;
use crate::evidence::checkpoint::Checkpoint;
use crate::model::{DAY_MS, UtcMillis};
use crate::seal::{Look, SealError, look};
use crate::store::open;

/// How long leaves may wait for a seal: a run seals, and there is none without one in a day.
const UNSEALED_MAX_MS: i64 = DAY_MS;

/// Looks at key and newest checkpoint; the modes of the state directory are told with those of other places.
pub(super) fn examine(config: &Config, state: DatabaseState, now: UtcMillis) -> Check {
    if state != DatabaseState::Current {
        let why = "not before the database is of this program";
        return Check::skipped(Topic::Seal, why);
    }
    let looked = open::read_only(&config.database)
        .map_err(SealError::from)
        .and_then(|connection| look(&connection, &config.database, &config.state_directory));
    match looked {
        Ok(look) => of_look(&look, now),
        Err(error) => failed(&error),
    }
}

fn of_look(look: &Look, now: UtcMillis) -> Check {
    match (&look.sealed, &look.key) {
        (Err(error), _) | (Ok(_), Err(error)) => failed(error),
        (Ok(None), Ok(_)) => {
            Check::skipped(Topic::Seal, "no checkpoint seals it yet; the next run does")
        }
        (Ok(Some(newest)), Ok(_)) => {
            let path = look.state.as_ref().map(|state| state.checkpoint_path());
            let signed_at = path.and_then(|path| modified(&path));
            sealed(newest, look.size, signed_at, now)
        }
    }
}

fn sealed(newest: &Checkpoint, size: u64, signed_at: Option<UtcMillis>, now: UtcMillis) -> Check {
    let since = size.saturating_sub(newest.size);
    let when = signed_at.map_or_else(String::new, |at| format!(" at {}", at.to_seconds_text()));
    let mut detail = format!(
        "{} of {size} leaves are sealed by {}{when}",
        newest.size, newest.origin
    );
    let is_late = signed_at.is_some_and(|at| now.0.saturating_sub(at.0) > UNSEALED_MAX_MS);
    match since {
        0 => Check::ok(Topic::Seal, detail),
        since if is_late => {
            detail.push_str(&format!(", and {since} since then are not"));
            let advice = "run `optrail checkpoint`, which seals them, or says why it cannot";
            Check::warning(Topic::Seal, detail, advice)
        }
        since => {
            detail.push_str(&format!("; the next run seals the {since} since then"));
            Check::ok(Topic::Seal, detail)
        }
    }
}

/// When a file was written last.
fn modified(path: &Path) -> Option<UtcMillis> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UtcMillis)
}

/// What stands in the way is the first sentence of such an error, what to do the rest.
fn failed(error: &SealError) -> Check {
    let text = error.to_string();
    match text.split_once(". ") {
        Some((detail, advice)) => Check::error(Topic::Seal, detail, advice),
        None => Check::failed(Topic::Seal, &text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::doctor::Health;

    #[test]
    fn leaves_may_wait_for_their_seal_for_a_day() {
        let newest = Checkpoint {
            origin: "a/optrail/0".to_owned(),
            size: 5,
            root: [0; 32],
        };
        let now = UtcMillis(10 * UNSEALED_MAX_MS);
        let health =
            |size, ago_ms| sealed(&newest, size, Some(UtcMillis(now.0 - ago_ms)), now).health;
        assert_eq!(health(5, 2 * UNSEALED_MAX_MS), Health::Ok);
        assert_eq!(health(7, UNSEALED_MAX_MS), Health::Ok);
        assert_eq!(health(7, UNSEALED_MAX_MS + 1), Health::Warning);
        assert_eq!(health(7, -5), Health::Ok);
    }
}
