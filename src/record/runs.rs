//! The end of a run: its listings close, each planned watch is judged, the run is counted.

use super::deriver::{Deriver, Place};
use super::{gaps, judging, life, listings, page_lists};
use crate::derive::watching::{Asked, Cause, Judgement, RunEnded};
use crate::evidence::leaf::{RunAborted, RunEnd, RunStart};
use crate::model::{RunKind, RunOutcome};
use crate::store::runs::RunEndRow;
use crate::store::runs::RunRow;
use crate::store::{StoreError, runs};

/// A run that began.
pub(super) fn begin(place: Place<'_>, sequence: i64, leaf: &RunStart) -> Result<(), StoreError> {
    let row = RunRow {
        run_id: leaf.run,
        start_sequence: sequence,
        kind: leaf.kind,
        started_at: leaf.started_at.0,
        is_filtered: !leaf.services.is_empty() || !leaf.accounts.is_empty(),
    };
    runs::insert(place.derived, &row)?;
    if leaf.kind != RunKind::Collect {
        return Ok(());
    }
    // A run over a part stands for no run of the schedule: what it left out was not looked at.
    let before = match row.is_filtered {
        true => None,
        false => runs::whole_before(place.derived, leaf.run)?,
    };
    gaps::recorder::begin_run(place, sequence, leaf, before)
}

/// A run that ended by itself.
pub(super) fn end(
    deriver: &mut Deriver,
    place: Place<'_>,
    sequence: i64,
    leaf: &RunEnd,
) -> Result<(), StoreError> {
    let end = Ending {
        run_id: leaf.run,
        sequence,
        at: leaf.ended_at.0,
        how: How::of(&leaf.reason),
    };
    close(deriver, place, &end)
}

/// A run that was found dead.
pub(super) fn abort(
    deriver: &mut Deriver,
    place: Place<'_>,
    sequence: i64,
    leaf: &RunAborted,
) -> Result<(), StoreError> {
    let end = Ending {
        run_id: leaf.run,
        sequence,
        at: leaf.found_at.0,
        how: How::Aborted,
    };
    close(deriver, place, &end)
}

pub(super) struct Ending {
    pub(super) run_id: i64,
    pub(super) sequence: i64,
    pub(super) at: i64,
    pub(super) how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    ByItself,
    Interrupted,
    Error,
    Aborted,
}

impl How {
    /// What that means for what the run had yet to ask.
    pub(super) fn ended(self) -> RunEnded {
        match self {
            Self::ByItself => RunEnded::ByItself,
            Self::Interrupted => RunEnded::Interrupted,
            Self::Error | Self::Aborted => RunEnded::Died,
        }
    }

    /// What the reason of a run_end leaf means.
    fn of(reason: &str) -> Self {
        match reason {
            "SIGTERM" | "SIGINT" => Self::Interrupted,
            _ if reason.starts_with("error") => Self::Error,
            _ => Self::ByItself,
        }
    }
}

fn close(deriver: &mut Deriver, place: Place<'_>, end: &Ending) -> Result<(), StoreError> {
    let Some(run) = runs::find(place.derived, end.run_id)? else {
        return Err(StoreError::Inconsistent(format!(
            "run {} ended and never began",
            end.run_id
        )));
    };
    listings::close_run(deriver, place, end.run_id)?;
    page_lists::close_run(deriver, place, end.run_id)?;
    if runs::end(place.derived, end.run_id)?.is_some() {
        // It was declared dead while it lived, because its lock was removed: the first end counts.
        return Ok(());
    }
    let before = runs::before(place.derived, end.run_id)?;
    let (tally, looks) = judging::judge_plans(place, end, before)?;
    gaps::end_run(place, &run, end.sequence, looks)?;
    let received = life::received(place, &run, end.sequence)?;
    let bytes_received = received.bytes;
    received.keep_clock(place, &run)?;
    let mut counts = runs::counts(place.derived, end.run_id, run.start_sequence, end.sequence)?;
    counts.listings_incomplete += tally.details_unread;
    runs::insert_end(
        place.derived,
        &RunEndRow {
            run_id: end.run_id,
            end_sequence: end.sequence,
            ended_at: (end.how != How::Aborted).then_some(end.at),
            outcome: tally.outcome(end.how),
            watches_due: tally.due,
            watches_polled: tally.polled,
            watches_failed: tally.failed,
            watches_deferred: tally.deferred,
            not_found: tally.not_found,
            expired_unseen: tally.expired_unseen,
            deferred_again: tally.deferred_again,
            bytes_received,
            counts,
        },
    )
}

/// What a run's watches came to.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) due: i64,
    pub(super) polled: i64,
    pub(super) failed: i64,
    pub(super) deferred: i64,
    pub(super) deferred_again: i64,
    pub(super) not_found: i64,
    pub(super) expired_unseen: i64,
    /// Batch tasks that have ended and whose rows were never listed completely.
    pub(super) details_missing: i64,
    /// Of them those of which this run began no list.
    pub(super) details_unread: i64,
    /// Watches that got an answer about their id: ok, not_found or expired.
    pub(super) answered: i64,
}

impl Tally {
    pub(super) fn add(&mut self, asked: Asked, judgement: &Judgement, deferred_before: bool) {
        self.due += 1;
        match asked {
            Asked::Answered(outcome) => {
                self.polled += 1;
                self.answered += i64::from(Cause::of(outcome).is_none());
            }
            Asked::NotBegun | Asked::NoIdentity(_) => {}
        }
        self.not_found += i64::from(judgement.not_found);
        match judgement.missed {
            None => {}
            Some(Cause::Deferred) => {
                self.deferred += 1;
                self.deferred_again += i64::from(deferred_before);
            }
            Some(Cause::ExpiredUnseen) => self.expired_unseen += 1,
            Some(_) => self.failed += 1,
        }
    }

    fn outcome(&self, how: How) -> RunOutcome {
        let missing = self.failed
            + self.deferred
            + self.not_found
            + self.expired_unseen
            + self.details_missing;
        match how {
            How::Aborted => RunOutcome::Aborted,
            How::Interrupted => RunOutcome::Interrupted,
            How::Error => RunOutcome::Failed,
            How::ByItself if self.due > 0 && self.answered == 0 => RunOutcome::Failed,
            How::ByItself if missing > 0 => RunOutcome::Partial,
            How::ByItself => RunOutcome::Complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_interrupts_and_an_error_fails() {
        assert!(How::of("SIGTERM") == How::Interrupted && How::of("SIGINT") == How::Interrupted);
        assert!(How::of("deadline") == How::ByItself && How::of("done") == How::ByItself);
        assert_eq!(
            Tally::default().outcome(How::of("error: disk full")),
            RunOutcome::Failed
        );
    }
}
