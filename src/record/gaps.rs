//! Gaps: stretches in which something due was not seen. A run that ends begins those of what it missed and
//! ends those of what it saw; a watch given up ends its own. Those of the recorder itself are in [`recorder`].
//!
//! The subject of a gap is the operation, so that one under two watches has one gap: it is seen in a run
//! when any of them saw it. A watch that is about no one operation, or whose account nobody has told yet,
//! is a subject of its own.

pub(super) mod recorder;

use std::collections::BTreeMap;

use super::deriver::{Place, leaf_at};
use crate::evidence::leaf::Leaf;
use crate::model::{Cause, OperationKey, RunKind, Service};
use crate::store::gaps::{self, GapEnd, GapRow, Subject, WatchSpan};
use crate::store::runs::RunRow;
use crate::store::{StoreError, operations, runs};

/// What one run was for one planned watch. What it saw of an operation is found in the tables; of a watch that
/// is about no one operation it saw all, if nothing was missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) watch_id: i64,
    pub(super) missed: Option<Missed>,
}

/// Why a planned look was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missed {
    pub(super) cause: Cause,
    pub(super) at: i64,
    /// The exchange whose failure is the reason, if one is.
    pub(super) exchange: Option<i64>,
    /// The exchange with which it was missed; `None` where that was only known when the run ended.
    pub(super) asked: Option<i64>,
}

/// The run whose end is taken up.
#[derive(Clone, Copy)]
struct Ended {
    run_id: i64,
    start_sequence: i64,
    /// The leaf that ended it.
    sequence: i64,
}

/// Takes up what a run saw and missed, in the order of its plan.
pub(super) fn end_run(
    place: Place<'_>,
    run: &RunRow,
    end_sequence: i64,
    looks: Vec<Look>,
) -> Result<(), StoreError> {
    let run = Ended {
        run_id: run.run_id,
        start_sequence: run.start_sequence,
        sequence: end_sequence,
    };
    let mut subjects: BTreeMap<Subject, Vec<(WatchSpan, Look)>> = BTreeMap::new();
    for look in looks {
        let Some(span) = gaps::span(place.derived, look.watch_id)? else {
            // A plan names a watch that was never added: nothing is due for it.
            continue;
        };
        let subject = subject(place, &span, run.run_id)?;
        subjects.entry(subject).or_default().push((span, look));
    }
    for (subject, looks) in &subjects {
        take_up(place, run, subject, looks)?;
    }
    for watch_id in gaps::removed_between(place.derived, run.start_sequence, run.sequence)? {
        end_if_unwatched(place, watch_id, run.sequence)?;
    }
    Ok(())
}

/// The subject that a watch belongs to, by what is known of its account in that run.
fn subject(place: Place<'_>, span: &WatchSpan, run_id: i64) -> Result<Subject, StoreError> {
    let target = &span.target;
    if target.operation_id.is_empty() {
        return Ok(Subject::Watch(span.watch_id));
    }
    let account = runs::last_told_identity(place.derived, &target.label, run_id.saturating_add(1))?;
    Ok(match account {
        Some(account_id) => Subject::Operation {
            service: target.service.clone(),
            account_id,
            region_id: target.region_id.clone(),
            operation_id: target.operation_id.clone(),
        },
        None => Subject::Watch(span.watch_id),
    })
}

fn take_up(
    place: Place<'_>,
    run: Ended,
    subject: &Subject,
    looks: &[(WatchSpan, Look)],
) -> Result<(), StoreError> {
    if let Some((requested_at, received_at)) = seen(place, run, subject, looks)? {
        if let Subject::Watch(watch_id) = subject {
            let (id, end) = (run.run_id, run.sequence);
            gaps::insert_watch_look(place.derived, *watch_id, id, end, requested_at, received_at)?;
        }
        let end = GapEnd {
            sequence: run.sequence,
            how: "seen",
            gap_until: received_at,
            run_id: Some(run.run_id),
        };
        let watches = looks.iter().map(|(span, _)| Subject::Watch(span.watch_id));
        for subject in watches.chain([subject.clone()]) {
            if let Some(open) = gaps::open(place.derived, &subject)? {
                gaps::insert_end(place.derived, open.gap_id, &end)?;
            }
        }
        return Ok(());
    }
    let missed = looks
        .iter()
        .filter_map(|(span, look)| Some((span, look.missed?)))
        // When a run died nobody knows: what it missed it missed before anybody gave up its watch.
        .filter(|(span, missed)| missed.cause == Cause::Aborted || counts(run, span, missed.asked))
        .min_by_key(|(span, missed)| (missed.at, span.watch_id));
    match missed {
        Some((span, missed)) => begin(place, run, subject, looks, span, &missed),
        None => Ok(()),
    }
}

/// Whether a look that was taken or missed with the exchange `asked` came before its watch was given up.
fn counts(run: Ended, span: &WatchSpan, asked: Option<i64>) -> bool {
    span.removed
        .is_none_or(|removed| asked.unwrap_or(run.sequence) < removed)
}

/// Request and receipt of the good look at a subject in this run, ms.
fn seen(
    place: Place<'_>,
    run: Ended,
    subject: &Subject,
    looks: &[(WatchSpan, Look)],
) -> Result<Option<(i64, i64)>, StoreError> {
    let Some(op) = operation(place, subject)? else {
        return match looks {
            [(span, look)] if look.missed.is_none() && span.target.operation_id.is_empty() => {
                seen_by_watch(place, run, span)
            }
            _ => Ok(None),
        };
    };
    // Without a gap to end and without a miss there is nothing that the look would change.
    let mut matters = looks.iter().any(|(_, look)| look.missed.is_some())
        || gaps::open(place.derived, subject)?.is_some();
    for (span, _) in looks {
        matters = matters || gaps::open(place.derived, &Subject::Watch(span.watch_id))?.is_some();
    }
    if !matters {
        return Ok(None);
    }
    let before = watched_until(place, run, subject)?.min(run.sequence);
    let lists = lists_results(subject);
    let found = gaps::newest_good_look(place.derived, op, lists, run.start_sequence, before)?;
    let Some(look) = found else {
        return Ok(None);
    };
    let (of_run, requested_at, received_at) = times(place, look.sequence)?;
    let until = look
        .listing_ended_at
        .unwrap_or(received_at)
        .max(received_at);
    // A stop or a run that was declared dead may go on beside this one.
    Ok((of_run == run.run_id).then_some((requested_at, until)))
}

/// The leaf with which the last watch of a subject that was there when the run began was given up; the end of
/// time where one was not.
fn watched_until(place: Place<'_>, run: Ended, subject: &Subject) -> Result<i64, StoreError> {
    let spans = spans_of(place, subject, run.run_id)?;
    let planned = spans.iter().filter(|span| span.added < run.start_sequence);
    let until = planned.map(|span| span.removed.unwrap_or(i64::MAX)).max();
    Ok(until.unwrap_or(i64::MAX))
}

/// Request of the first answer and receipt of the last that a run got for a watch that is about no one
/// operation, ms.
fn seen_by_watch(
    place: Place<'_>,
    run: Ended,
    span: &WatchSpan,
) -> Result<Option<(i64, i64)>, StoreError> {
    let asked = gaps::asked_for_watch(place.derived, run.run_id, span.watch_id)?;
    let mut seen = asked.lists;
    for sequence in asked.exchanges {
        if !counts(run, span, Some(sequence)) {
            continue;
        }
        // An attempt that brought no answer was repeated: nothing was missed.
        let Leaf::Exchange(exchange) = leaf_at(place.evidence, sequence)?.1 else {
            continue;
        };
        let (requested_at, received_at) = (exchange.requested_at.0, exchange.received_at.0);
        seen = Some(match seen {
            Some((first, last)) => (first.min(requested_at), last.max(received_at)),
            None => (requested_at, received_at),
        });
    }
    Ok(seen)
}

fn lists_results(subject: &Subject) -> bool {
    matches!(subject, Subject::Operation { service, .. } if service == Service::Ros.as_str())
}

/// Our number of the operation that is the subject, if it was ever asked for.
fn operation(place: Place<'_>, subject: &Subject) -> Result<Option<i64>, StoreError> {
    let Subject::Operation {
        service,
        account_id,
        region_id,
        operation_id,
    } = subject
    else {
        return Ok(None);
    };
    let Ok(service) = service.parse() else {
        return Ok(None);
    };
    let key = OperationKey {
        service,
        account_id: account_id.clone(),
        region_id: region_id.clone(),
        operation_id: operation_id.clone(),
    };
    operations::find(place.derived, &key)
}

/// Run, request and receipt of an answer, ms.
fn times(place: Place<'_>, sequence: i64) -> Result<(i64, i64, i64), StoreError> {
    match leaf_at(place.evidence, sequence)?.1 {
        Leaf::Exchange(exchange) => Ok((
            exchange.run,
            exchange.requested_at.0,
            exchange.received_at.0,
        )),
        _ => Err(StoreError::Inconsistent(format!(
            "leaf {sequence} is no answer"
        ))),
    }
}

/// Begins a gap, unless the subject is in one already.
fn begin(
    place: Place<'_>,
    run: Ended,
    subject: &Subject,
    looks: &[(WatchSpan, Look)],
    span: &WatchSpan,
    missed: &Missed,
) -> Result<(), StoreError> {
    if gaps::open(place.derived, subject)?.is_some() {
        return Ok(());
    }
    let period = watched_since(place, subject, span, run)?;
    let last = match operation(place, subject)? {
        Some(op) => gaps::newest_good_look(
            place.derived,
            op,
            lists_results(subject),
            period,
            run.sequence,
        )?,
        None => None,
    };
    for (span, _) in looks {
        // Begun while the account was unknown; it goes on unless the operation was seen since.
        if let Some(open) = gaps::open(place.derived, &Subject::Watch(span.watch_id))?
            && last.is_none_or(|look| look.sequence < open.sequence)
        {
            return Ok(());
        }
    }
    let gap_from = match (last, subject) {
        (Some(look), _) => times(place, look.sequence)?.1,
        (None, Subject::Watch(watch_id)) => {
            match gaps::newest_watch_look(place.derived, *watch_id)? {
                Some(requested_at) => requested_at,
                None => changed_at(place, period)?,
            }
        }
        (None, Subject::Operation { .. }) => changed_at(place, period)?,
    };
    let account = runs::last_told_identity(
        place.derived,
        &span.target.label,
        run.run_id.saturating_add(1),
    )?;
    let gap = GapRow {
        sequence: run.sequence,
        subject: match subject {
            Subject::Operation { .. } => "operation",
            Subject::Watch(_) => "watch",
        },
        watch_id: Some(span.watch_id),
        target: Some(span.target.clone()),
        account_id: account.unwrap_or_default(),
        run_id: Some(run.run_id),
        exchange: missed.exchange,
        cause: missed.cause.as_str(),
        gap_from,
    };
    gaps::insert(place.derived, &gap).map(drop)
}

/// The leaf with which the subject began to be watched without a break until now.
fn watched_since(
    place: Place<'_>,
    subject: &Subject,
    span: &WatchSpan,
    run: Ended,
) -> Result<i64, StoreError> {
    let mut since = span.added;
    let spans = spans_of(place, subject, run.run_id)?;
    while let Some(earlier) = spans
        .iter()
        .filter(|other| other.added < since && other.removed.is_none_or(|removed| removed > since))
        .map(|other| other.added)
        .min()
    {
        since = earlier;
    }
    Ok(since)
}

/// All watches of a subject, given up or not.
fn spans_of(
    place: Place<'_>,
    subject: &Subject,
    run_id: i64,
) -> Result<Vec<WatchSpan>, StoreError> {
    let Subject::Operation {
        service,
        region_id,
        operation_id,
        ..
    } = subject
    else {
        return Ok(Vec::new());
    };
    let mut spans = Vec::new();
    for span in gaps::spans(place.derived, service, region_id, operation_id)? {
        if self::subject(place, &span, run_id)? == *subject {
            spans.push(span);
        }
    }
    Ok(spans)
}

/// When a watch leaf was written, ms.
fn changed_at(place: Place<'_>, sequence: i64) -> Result<i64, StoreError> {
    match leaf_at(place.evidence, sequence)?.1 {
        Leaf::Watch(watch) => Ok(watch.at.0),
        _ => Err(StoreError::Inconsistent(format!(
            "leaf {sequence} is about no watch"
        ))),
    }
}

/// A watch was given up. While a collect run is on, what that saw before comes first: its end takes it up.
pub(super) fn remove_watch(
    place: Place<'_>,
    watch_id: i64,
    sequence: i64,
) -> Result<(), StoreError> {
    let is_collecting = runs::open(place.derived)?
        .iter()
        .any(|run| run.kind == RunKind::Collect);
    if is_collecting {
        return Ok(());
    }
    end_if_unwatched(place, watch_id, sequence)
}

/// Ends the gaps of what a watch was about, if no other watch is about it.
fn end_if_unwatched(place: Place<'_>, watch_id: i64, sequence: i64) -> Result<(), StoreError> {
    let Some(span) = gaps::span(place.derived, watch_id)? else {
        return Ok(());
    };
    let Some(removed) = span.removed else {
        return Ok(());
    };
    let end = GapEnd {
        sequence,
        how: "removed",
        gap_until: changed_at(place, removed)?,
        run_id: None,
    };
    let subject = subject(place, &span, i64::MAX - 1)?;
    let spans = spans_of(place, &subject, i64::MAX - 1)?;
    let is_watched = spans
        .iter()
        .any(|other| other.added < removed && other.removed.is_none_or(|other| other > removed));
    let of_operation = (!is_watched).then_some(subject);
    let subjects = [Some(Subject::Watch(watch_id)), of_operation];
    for subject in subjects.iter().flatten() {
        if let Some(open) = gaps::open(place.derived, subject)? {
            gaps::insert_end(place.derived, open.gap_id, &end)?;
        }
    }
    Ok(())
}
