//! Steps of our own clock: found where it stands before what was recorded, and where it and the monotonic
//! clock disagree about how long a run took. Times of evidence are read with them in mind.

use crate::model::UtcMillis;
use crate::record::leaf_at;
use crate::store::{Connection, StoreError, evidence, runs};

/// The smallest step that is told, ms: a service that keeps the time right moves the clock by less at once,
/// and two processes that write at the same time may be apart by some milliseconds.
const STEP_MIN_MS: i64 = 1_000;

/// How far the clock was set, forward or (negative) back, if it was.
pub(super) fn step_ms(expected: UtcMillis, found: UtcMillis) -> Option<i64> {
    let step_ms = found.0.saturating_sub(expected.0);
    (step_ms.saturating_abs() > STEP_MIN_MS).then_some(step_ms)
}

/// How far the clock stands before the newest record, at least; negative.
pub(super) fn set_back_ms(newest: Option<UtcMillis>, now: UtcMillis) -> Option<i64> {
    step_ms(newest?, now).filter(|step_ms| *step_ms < 0)
}

/// The newest instant that is recorded: of the last leaf, or the end of the last run, whichever is later. A
/// run begins with leaves of its own, so that the last leaf alone may be younger than a step.
pub(super) fn newest(db: &Connection) -> Result<Option<UtcMillis>, StoreError> {
    let size = evidence::size(db)?;
    if size == 0 {
        return Ok(None);
    }
    let (_, leaf) = leaf_at(db, size - 1)?;
    let ended_at = runs::last_ended_at(db)?.map(UtcMillis);
    Ok(leaf.at().max(ended_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_more_than_a_second() {
        let at = UtcMillis(1_790_000_000_000);
        assert_eq!(step_ms(at, at.plus_ms(1_000)), None);
        assert_eq!(step_ms(at, at.plus_ms(-1_000)), None);
        assert_eq!(step_ms(at, at.plus_ms(1_001)), Some(1_001));
        assert_eq!(step_ms(at, at.plus_ms(-3_600_000)), Some(-3_600_000));
    }

    #[test]
    fn time_that_passed_between_runs_is_no_step() {
        let at = UtcMillis(1_790_000_000_000);
        assert_eq!(set_back_ms(None, at), None);
        assert_eq!(set_back_ms(Some(at), at.plus_ms(86_400_000)), None);
        assert_eq!(set_back_ms(Some(at), at.plus_ms(-2_000)), Some(-2_000));
    }
}
