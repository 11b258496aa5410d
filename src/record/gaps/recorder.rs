//! Gaps of the recorder: stretches in which no run began, although one was to.

use crate::evidence::leaf::{Leaf, RunSkipped, RunStart, SkipCause};
use crate::model::Cause;
use crate::record::deriver::{Place, leaf_at};
use crate::store::gaps::{self, GapEnd, GapRow};
use crate::store::runs::RunRow;
use crate::store::{StoreError, runs};

/// Starts of runs may lie this much further apart than declared before a run counts as missing: 3/2.
const LATE_NUMERATOR: i64 = 3;
const LATE_DENOMINATOR: i64 = 2;

/// A collect run begins: whatever kept the recorder from its work is over, and a declared schedule shows
/// whether runs did not happen. `before` is the collect run before it that was about everything, if this one
/// is, too.
pub(in crate::record) fn begin_run(
    place: Place<'_>,
    sequence: i64,
    start: &RunStart,
    before: Option<i64>,
) -> Result<(), StoreError> {
    let end = GapEnd {
        sequence,
        how: "run",
        gap_until: start.started_at.0,
        run_id: Some(start.run),
    };
    if let Some(open) = gaps::open_of_recorder(place.derived, Cause::Disk.as_str())? {
        gaps::insert_end(place.derived, open.gap_id, &end)?;
    }
    let Some(run) = find_run(place, before)? else {
        return Ok(());
    };
    let Leaf::RunStart(earlier) = leaf_at(place.evidence, run.start_sequence)?.1 else {
        return Err(StoreError::Inconsistent(format!(
            "leaf {} is no start of a run",
            run.start_sequence
        )));
    };
    let apart_ms = start.started_at.0.saturating_sub(run.started_at);
    if earlier
        .every_ms
        .is_none_or(|every_ms| !is_late(apart_ms, every_ms))
    {
        return Ok(());
    }
    let gap = of_recorder(sequence, Cause::NotRun, Some(run.run_id), run.started_at);
    let gap_id = gaps::insert(place.derived, &gap)?;
    gaps::insert_end(place.derived, gap_id, &end)
}

/// Whether a run that began so long after the one before, in ms, came later than the schedule allows: then no
/// run happened that was to.
pub fn is_late(apart_ms: i64, every_ms: u64) -> bool {
    let every_ms = i64::try_from(every_ms).unwrap_or(i64::MAX);
    apart_ms.saturating_mul(LATE_DENOMINATOR) > every_ms.saturating_mul(LATE_NUMERATOR)
}

/// A collector asked nothing. Where another one was at work nothing is lost; without room on the disk the
/// recorder is blind from its last run on.
pub(in crate::record) fn skip_run(
    place: Place<'_>,
    sequence: i64,
    skipped: &RunSkipped,
) -> Result<(), StoreError> {
    let is_known = gaps::open_of_recorder(place.derived, Cause::Disk.as_str())?.is_some();
    if skipped.cause != SkipCause::Disk || is_known {
        return Ok(());
    }
    let run = find_run(place, runs::before(place.derived, i64::MAX)?)?;
    let run_id = run.as_ref().map(|run| run.run_id);
    let gap_from = run.map_or(skipped.at.0, |run| run.started_at);
    let gap = of_recorder(sequence, Cause::Disk, run_id, gap_from);
    gaps::insert(place.derived, &gap).map(drop)
}

fn find_run(place: Place<'_>, run_id: Option<i64>) -> Result<Option<RunRow>, StoreError> {
    match run_id {
        Some(run_id) => runs::find(place.derived, run_id),
        None => Ok(None),
    }
}

fn of_recorder(sequence: i64, cause: Cause, run_id: Option<i64>, gap_from: i64) -> GapRow {
    GapRow {
        sequence,
        subject: "recorder",
        watch_id: None,
        target: None,
        account_id: String::new(),
        run_id,
        exchange: None,
        cause: cause.as_str(),
        gap_from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_late_after_one_and_a_half_intervals() {
        assert!(!is_late(450_000, 300_000));
        assert!(is_late(450_001, 300_000));
        assert!(!is_late(-5, 300_000));
        assert!(!is_late(i64::MAX, u64::MAX));
    }
}
