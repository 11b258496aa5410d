//! The judgement on each planned watch at the end of a run: what the tables know of it, what that means, and
//! the rows that follow.

use std::collections::{BTreeMap, HashSet};

use super::deriver::{Place, leaf_at};
use super::gaps::{Look, Missed};
use super::runs::{Ending, Tally};
use super::whose::{Failed, Whose, whose};
use super::{body, moving, plan};
use crate::derive::watching::{Asked, Cause, Poll, RunEnded, WatchState, judge};
use crate::model::{OperationKey, Outcome, Phase, Service};
use crate::record::PlanEntry;
use crate::store::listings::RunListings;
use crate::store::{
    StoreError, exchanges, listings as listing_rows, operations, page_listings, runs, watches,
};

/// Reads of an operation that are looked back on to count runs in a row: three runs of at most four
/// attempts, with room for stops in between.
const READS_LOOKED_BACK_ON: i64 = 64;

/// Judges every watch of the plans of a run, each once.
pub(super) fn judge_plans(
    place: Place<'_>,
    end: &Ending,
    before: Option<i64>,
) -> Result<(Tally, Vec<Look>), StoreError> {
    let mut looks = Vec::new();
    let mut tally = Tally::default();
    let mut judged = HashSet::new();
    let mut parts: BTreeMap<i64, Vec<PlanEntry>> = BTreeMap::new();
    for sequence in runs::plans(place.derived, end.run_id)? {
        for entry in read_plan(place, sequence)? {
            if moving::is_part(&entry) {
                parts.entry(entry.watch).or_default().push(entry);
            } else if judged.insert(entry.watch) {
                looks.push(judge_watch(place, end, &entry, before, &mut tally)?);
            }
        }
    }
    for (watch_id, entries) in parts {
        if judged.insert(watch_id) {
            looks.push(judge_moving(
                place, end, watch_id, &entries, before, &mut tally,
            )?);
        }
    }
    Ok((tally, looks))
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
    let mut judgement = judge(&found.poll);
    if found.poll.state == WatchState::Settled {
        // Asked again on request only: what is final is not unseen because nobody looked once more.
        judgement.missed = None;
    }
    let deferred_before = was_deferred(place, entry.watch, before)?;
    tally.add(found.poll.asked, &judgement, deferred_before);
    if let Some(op) = found.op {
        if lacks_details(&found.poll) {
            tally.details_missing += 1;
            let is_begun = page_listings::details_begun(place.derived, end.run_id, op)?;
            tally.details_unread += i64::from(!is_begun);
        }
        watches::insert_operation(place.derived, entry.watch, op, end.sequence)?;
        let number = found.state_number.unwrap_or(0);
        if number == 0 || judgement.state != found.poll.state {
            operations::insert_watch_state(
                place.derived,
                op,
                number + 1,
                end.sequence,
                judgement.state,
            )?;
        }
    }
    keep_missed(
        place,
        end,
        entry.watch,
        found.op,
        judgement.missed,
        (found.failed, found.read),
    )
}

/// Judges a watch that is about no operation by its parts.
fn judge_moving(
    place: Place<'_>,
    end: &Ending,
    watch_id: i64,
    entries: &[PlanEntry],
    before: Option<i64>,
    tally: &mut Tally,
) -> Result<Look, StoreError> {
    let (whole, failed) = moving::look(place, end.run_id, end.how.ended(), entries)?;
    let deferred_before = was_deferred(place, watch_id, before)?;
    tally.add(whole.asked, &whole.judgement, deferred_before);
    keep_missed(
        place,
        end,
        watch_id,
        None,
        whole.judgement.missed,
        (failed, None),
    )
}

/// Whether a watch was not begun in the run before, either.
fn was_deferred(place: Place<'_>, watch_id: i64, before: Option<i64>) -> Result<bool, StoreError> {
    let Some(run_id) = before else {
        return Ok(false);
    };
    let cause = watches::missed_cause(place.derived, watch_id, run_id)?;
    Ok(cause.as_deref() == Some(Cause::Deferred.as_str()))
}

/// Whether a batch task was seen to have ended and its rows are still to be listed.
fn lacks_details(poll: &Poll) -> bool {
    poll.service == Service::Alidns
        && poll.asked == Asked::Answered(Outcome::Ok)
        && poll.phase.is_some_and(Phase::is_final)
        && !poll.details_complete
}

/// Keeps a look that was missed: at the receipt of the answer that failed, else at the end of the run. With the
/// failure comes the newest attempt of the run to read the operation.
fn keep_missed(
    place: Place<'_>,
    end: &Ending,
    watch_id: i64,
    op: Option<i64>,
    missed: Option<Cause>,
    (failed, read): (Option<Failed>, Option<i64>),
) -> Result<Look, StoreError> {
    let Some(cause) = missed else {
        return Ok(Look {
            watch_id,
            missed: None,
        });
    };
    let missed = Missed {
        cause,
        at: match failed {
            Some(failed) => failed.at(place)?,
            None => end.at,
        },
        exchange: failed.and_then(Failed::exchange),
        asked: failed.and_then(Failed::exchange).or(read),
    };
    watches::insert_missed(
        place.derived,
        &watches::MissedLook {
            watch_id,
            run_id: end.run_id,
            op,
            sequence: end.sequence,
            at: missed.at,
            cause: cause.as_str().to_owned(),
        },
    )?;
    Ok(Look {
        watch_id,
        missed: Some(missed),
    })
}

/// What the tables know of a planned watch at the end of its run.
struct Found {
    op: Option<i64>,
    poll: Poll,
    state_number: Option<i64>,
    /// The failure that is the reason, if one is.
    failed: Option<Failed>,
    /// The newest attempt of the run to read the operation.
    read: Option<i64>,
}

fn look_up(place: Place<'_>, end: &Ending, entry: &PlanEntry) -> Result<Found, StoreError> {
    let service: Service = entry.service.parse().map_err(|_| {
        StoreError::Inconsistent(format!("watch {} is about no service", entry.watch))
    })?;
    let mut found = Found::not_begun(service, end.how.ended());
    let (account_id, cut_short) = match whose(place, end.run_id, &entry.label)? {
        Whose::Account { id, cut_short } => (id, cut_short),
        Whose::Refused(cause, failed) => {
            found.poll.asked = Asked::NoIdentity(cause);
            found.failed = Some(failed);
            return Ok(found);
        }
        Whose::Unknown => return Ok(found),
    };
    if let Some((cause, failed)) = cut_short {
        // Unless it was asked before that, as is seen below.
        found.poll.asked = Asked::NoIdentity(cause);
        found.failed = Some(failed);
    }
    let key = OperationKey {
        service,
        account_id,
        region_id: entry.region.clone(),
        operation_id: entry.operation.clone(),
    };
    let Some(op) = operations::find(place.derived, &key)? else {
        return Ok(found);
    };
    found.op = Some(op);
    found.look_at_reads(place, end, op)?;
    found.look_at_listings(place, end, op, cut_short)?;
    if let Some((number, state)) = operations::watch_state(place.derived, op)? {
        found.state_number = Some(number);
        found.poll.state = state;
    }
    Ok(found)
}

impl Found {
    /// What is known of a watch that was not asked.
    fn not_begun(service: Service, ended: RunEnded) -> Self {
        Self {
            op: None,
            poll: Poll::not_begun(service, ended),
            state_number: None,
            failed: None,
            read: None,
        }
    }

    /// What reading the operation itself came to, in this run and before.
    fn look_at_reads(&mut self, place: Place<'_>, end: &Ending, op: i64) -> Result<(), StoreError> {
        let reads = exchanges::reads(place.derived, op, READS_LOOKED_BACK_ON)?;
        let newest = reads.iter().find(|(run_id, _, _)| *run_id == end.run_id);
        if let Some((_, sequence, outcome)) = newest {
            self.poll.asked = Asked::Answered(*outcome);
            self.read = Some(*sequence);
            let is_reason = Cause::of(*outcome).is_some() || *outcome == Outcome::Expired;
            self.failed = is_reason.then_some(Failed::Exchange(*sequence));
        }
        self.poll.not_found_runs = not_found_runs(&reads);
        if let Some(newest) = operations::newest(place.derived, op)? {
            self.poll.phase = Some(newest.phase);
        }
        if self.poll.phase.is_some_and(Phase::is_final) {
            let looks = operations::final_looks(place.derived, op)?;
            self.poll.final_looks = u32::try_from(looks).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    /// What its listings of this run came to. `cut_short` is why its account could not be asked to the end, if so.
    fn look_at_listings(
        &mut self,
        place: Place<'_>,
        end: &Ending,
        op: i64,
        cut_short: Option<(Cause, Failed)>,
    ) -> Result<(), StoreError> {
        let poll = &mut self.poll;
        if poll.service == Service::Alidns {
            poll.details_complete = page_listings::details_complete(place.derived, op)?;
        }
        let RunListings {
            complete,
            all_final,
            newest,
            lacks_pages,
        } = listing_rows::of_run(place.derived, end.run_id, op)?;
        (poll.listing_complete, poll.listing_all_final) = (complete, all_final);
        let page_failure = match newest.filter(|_| !complete) {
            Some(listing_id) => exchanges::page_failure(place.derived, listing_id)?,
            None => None,
        };
        if let Some((sequence, outcome)) = page_failure {
            poll.page_failure = Cause::of(outcome);
            self.failed = Some(Failed::Exchange(sequence));
        } else if poll.service == Service::Ros && !complete && (newest.is_none() || lacks_pages) {
            poll.cut = Some(poll.ended.cut(cut_short.map(|(cause, _)| cause)));
            if poll.ended == RunEnded::ByItself {
                let refused = cut_short.map(|(_, failed)| failed);
                self.failed = self.failed.or(refused);
            }
        }
        Ok(())
    }
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
}
