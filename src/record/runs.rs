//! The end of a run: its listings close, each planned watch is judged, the run is counted.

use super::deriver::{Deriver, Place, leaf_at};
use super::gaps::{self, Look, Missed};
use super::{body, life, listings, plan};
use crate::derive::watching::{Asked, Cause, Judgement, Poll, WatchState, judge};
use crate::evidence::leaf::{Leaf, RunAborted, RunEnd, RunKind, RunStart};
use crate::model::{OperationKey, Outcome, Phase, Service};
use crate::record::PlanEntry;
use crate::store::life as life_rows;
use crate::store::listings::RunListings;
use crate::store::runs::RunEndRow;
use crate::store::runs::RunRow;
use crate::store::{StoreError, exchanges, listings as listing_rows, operations, runs, watches};

/// Reads of an operation that are looked back on to count runs in a row: three runs of at most four
/// attempts, with room for stops in between.
const READS_LOOKED_BACK_ON: i64 = 64;

/// A run that began.
pub(super) fn begin(place: Place<'_>, sequence: i64, leaf: &RunStart) -> Result<(), StoreError> {
    let row = RunRow {
        run_id: leaf.run,
        start_sequence: sequence,
        kind: leaf.kind.as_str().to_owned(),
        started_at: leaf.started_at.0,
    };
    runs::insert(place.derived, &row)?;
    if leaf.kind != RunKind::Collect {
        return Ok(());
    }
    let before = runs::before(place.derived, leaf.run)?;
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

struct Ending {
    run_id: i64,
    sequence: i64,
    at: i64,
    how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    ByItself,
    Interrupted,
    Error,
    Aborted,
}

impl How {
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
    if runs::end(place.derived, end.run_id)?.is_some() {
        // It was declared dead while it lived, because its lock was removed: the first end counts.
        return Ok(());
    }
    let before = runs::before(place.derived, end.run_id)?;
    let mut tally = Tally::default();
    let mut looks = Vec::new();
    for sequence in runs::plans(place.derived, end.run_id)? {
        for entry in read_plan(place, sequence)? {
            looks.push(judge_watch(place, end, &entry, before, &mut tally)?);
        }
    }
    gaps::end_run(place, &run, end.sequence, looks)?;
    life::run_clock(place, &run, end.sequence)?;
    let counts = runs::counts(place.derived, end.run_id, run.start_sequence, end.sequence)?;
    let bytes_received =
        runs::bytes_received(place.evidence, end.run_id, run.start_sequence, end.sequence)?;
    runs::insert_end(
        place.derived,
        &RunEndRow {
            run_id: end.run_id,
            end_sequence: end.sequence,
            ended_at: (end.how != How::Aborted).then_some(end.at),
            outcome: tally.outcome(end.how).to_owned(),
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
struct Tally {
    due: i64,
    polled: i64,
    failed: i64,
    deferred: i64,
    deferred_again: i64,
    not_found: i64,
    expired_unseen: i64,
    /// Watches that got an answer about their id: ok, not_found or expired.
    answered: i64,
}

impl Tally {
    fn add(&mut self, poll: &Poll, judgement: &Judgement, deferred_before: bool) {
        self.due += 1;
        match poll.asked {
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

    fn outcome(&self, how: How) -> &'static str {
        let missing = self.failed + self.deferred + self.not_found + self.expired_unseen;
        match how {
            How::Aborted => "aborted",
            How::Interrupted => "interrupted",
            How::Error => "failed",
            How::ByItself if self.due > 0 && self.answered == 0 => "failed",
            How::ByItself if missing > 0 => "partial",
            How::ByItself => "complete",
        }
    }
}

fn read_plan(place: Place<'_>, sequence: i64) -> Result<Vec<PlanEntry>, StoreError> {
    let (row, _) = leaf_at(place.evidence, sequence)?;
    let bytes = body::read_body(place.evidence, &row)?.unwrap_or_default();
    plan::from_body(&bytes).map_err(|error| {
        StoreError::Inconsistent(format!(
            "the plan of leaf {sequence} cannot be read: {error}"
        ))
    })
}

fn judge_watch(
    place: Place<'_>,
    end: &Ending,
    entry: &PlanEntry,
    before: Option<i64>,
    tally: &mut Tally,
) -> Result<Look, StoreError> {
    let found = look_up(place, end, entry)?;
    let judgement = judge(&found.poll);
    let deferred_before = match before {
        Some(run_id) => {
            let cause = watches::missed_cause(place.derived, entry.watch, run_id)?;
            cause.as_deref() == Some(Cause::Deferred.as_str())
        }
        None => false,
    };
    tally.add(&found.poll, &judgement, deferred_before);
    if let Some(op) = found.op {
        watches::insert_operation(place.derived, entry.watch, op, end.sequence)?;
        let number = found.state_number.unwrap_or(0);
        if number == 0 || judgement.state != found.poll.state {
            operations::insert_watch_state(
                place.derived,
                op,
                number + 1,
                end.sequence,
                judgement.state.as_str(),
            )?;
        }
    }
    let missed = match judgement.missed {
        Some(cause) => Some(Missed {
            cause,
            at: match (found.noted_at, found.failed_at) {
                (Some(at), _) => at,
                (None, Some(sequence)) => received_at(place, sequence)?,
                (None, None) => end.at,
            },
            exchange: found.failed_at,
            asked: found.failed_at.or(found.read),
        }),
        None => None,
    };
    if let Some(missed) = &missed {
        watches::insert_missed(
            place.derived,
            &watches::MissedLook {
                watch_id: entry.watch,
                run_id: end.run_id,
                op: found.op,
                sequence: end.sequence,
                at: missed.at,
                cause: missed.cause.as_str().to_owned(),
            },
        )?;
    }
    Ok(Look {
        watch_id: entry.watch,
        missed,
    })
}

/// What the tables know of a planned watch at the end of its run.
struct Found {
    op: Option<i64>,
    poll: Poll,
    state_number: Option<i64>,
    /// The exchange whose failure is the reason, if one is.
    failed_at: Option<i64>,
    /// The newest attempt of the run to read the operation.
    read: Option<i64>,
    /// When it was found that the account cannot be asked, ms.
    noted_at: Option<i64>,
}

fn look_up(place: Place<'_>, end: &Ending, entry: &PlanEntry) -> Result<Found, StoreError> {
    let service: Service = entry.service.parse().map_err(|_| {
        StoreError::Inconsistent(format!("watch {} is about no service", entry.watch))
    })?;
    let mut poll = Poll {
        service,
        asked: Asked::NotBegun,
        aborted: end.how == How::Aborted,
        phase: None,
        listing_complete: false,
        listing_all_final: false,
        page_failure: None,
        not_found_runs: 0,
        final_looks: 0,
        state: WatchState::Active,
    };
    let mut found = Found {
        op: None,
        poll,
        state_number: None,
        failed_at: None,
        read: None,
        noted_at: None,
    };
    let identity = runs::identity(place.derived, end.run_id, &entry.label)?;
    let note = life_rows::note(place.derived, end.run_id, &entry.label)?;
    let note = note.filter(|note| note.account_id.is_some() || identity.is_none());
    if let Some(note) = note {
        let cause = Cause::from_word(&note.cause);
        found.poll.asked = Asked::NoIdentity(cause.unwrap_or(Cause::InvalidAnswer));
        found.noted_at = Some(note.at);
        return Ok(found);
    }
    let Some(account_id) = identity else {
        let failure = exchanges::identity_failure(place.derived, end.run_id, &entry.label)?;
        if let Some((sequence, outcome)) = failure {
            let cause = Cause::of(outcome).unwrap_or(Cause::InvalidAnswer);
            found.poll.asked = Asked::NoIdentity(cause);
            found.failed_at = Some(sequence);
        }
        return Ok(found);
    };
    let key = OperationKey {
        service,
        account_id,
        region_id: entry.region.clone(),
        operation_id: entry.operation.clone(),
    };
    let Some(op) = operations::find(place.derived, &key)? else {
        return Ok(found);
    };
    let reads = exchanges::reads(place.derived, op, READS_LOOKED_BACK_ON)?;
    if let Some((_, sequence, outcome)) = reads.iter().find(|(run_id, _, _)| *run_id == end.run_id)
    {
        poll.asked = Asked::Answered(*outcome);
        found.read = Some(*sequence);
        let is_reason = Cause::of(*outcome).is_some() || *outcome == Outcome::Expired;
        found.failed_at = is_reason.then_some(*sequence);
    }
    poll.not_found_runs = not_found_runs(&reads);
    if let Some(newest) = operations::newest(place.derived, op)? {
        poll.phase = Phase::from_word(&newest.phase);
    }
    if poll.phase.is_some_and(Phase::is_final) {
        poll.final_looks =
            u32::try_from(operations::final_looks(place.derived, op)?).unwrap_or(u32::MAX);
    }
    let RunListings {
        complete,
        all_final,
        newest,
    } = listing_rows::of_run(place.derived, end.run_id, op)?;
    (poll.listing_complete, poll.listing_all_final) = (complete, all_final);
    if let Some(listing_id) = newest.filter(|_| !complete)
        && let Some((sequence, outcome)) = exchanges::page_failure(place.derived, listing_id)?
    {
        poll.page_failure = Some(outcome);
        found.failed_at = Some(sequence);
    }
    if let Some((number, state)) = operations::watch_state(place.derived, op)? {
        found.state_number = Some(number);
        poll.state = WatchState::from_word(&state)
            .ok_or_else(|| StoreError::Inconsistent(format!("'{state}' is no watch state")))?;
    }
    Ok(Found {
        op: Some(op),
        poll,
        ..found
    })
}

/// Runs in a row, the newest first, whose last read was `not_found`.
fn not_found_runs(reads: &[(i64, i64, Outcome)]) -> u32 {
    let mut runs = 0;
    let mut last_run = None;
    for (run_id, _, outcome) in reads {
        if last_run == Some(*run_id) {
            continue;
        }
        if *outcome != Outcome::NotFound {
            break;
        }
        last_run = Some(*run_id);
        runs += 1;
    }
    runs
}

fn received_at(place: Place<'_>, sequence: i64) -> Result<i64, StoreError> {
    match leaf_at(place.evidence, sequence)?.1 {
        Leaf::Exchange(exchange) => Ok(exchange.received_at.0),
        Leaf::NoAnswer(no_answer) => Ok(no_answer.received_at.0),
        _ => Err(StoreError::Inconsistent(format!(
            "leaf {sequence} is no exchange"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_in_a_row_are_counted_by_their_last_read() {
        use Outcome::{NotFound, Ok, Throttled};
        assert_eq!(not_found_runs(&[]), 0);
        assert_eq!(
            not_found_runs(&[
                (3, 30, NotFound),
                (3, 29, Throttled),
                (2, 20, NotFound),
                (1, 10, Ok)
            ]),
            2
        );
        assert_eq!(not_found_runs(&[(3, 30, Throttled), (2, 20, NotFound)]), 0);
    }

    #[test]
    fn a_signal_interrupts_and_an_error_fails() {
        assert!(How::of("SIGTERM") == How::Interrupted && How::of("SIGINT") == How::Interrupted);
        assert!(How::of("deadline") == How::ByItself && How::of("done") == How::ByItself);
        assert_eq!(
            Tally::default().outcome(How::of("error: disk full")),
            "failed"
        );
    }
}
