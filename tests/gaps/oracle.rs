//! The promise about gaps, word by word, over the log of a life: a gap is the stretch between two
//! consecutive good looks, or from the adding, to the removal, or with an open end, that holds at least one
//! look that failed, was missed or deferred. Of what the program does it knows nothing.

use optrail::model::UtcMillis;

use super::log::{Came, Gap, Log, Order, Run, THINGS, Watch, lists_results};

/// All rows that the view must show, in order.
pub fn gaps(log: &Log) -> Vec<Gap> {
    let mut gaps = of_recorder(log);
    for thing in 0..THINGS.len() {
        for period in periods(log, thing) {
            gaps.extend(of_period(log, thing, &period));
        }
    }
    gaps.sort();
    gaps
}

/// A time without a break in which at least one watch was about an operation.
struct Period {
    from: (Order, i64),
    until: Option<(Order, i64)>,
}

impl Period {
    fn holds(&self, order: Order) -> bool {
        self.from.0 <= order && self.until.is_none_or(|(until, _)| order < until)
    }
}

fn periods(log: &Log, thing: usize) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    // They stand in the order of their adding.
    for watch in log.watches.iter().filter(|watch| watch.thing == thing) {
        match periods.last_mut() {
            Some(last) if last.holds(watch.added.0) => {
                if watch
                    .removed
                    .is_none_or(|removed| Some(removed) > last.until)
                {
                    last.until = last.until.and(watch.removed);
                }
            }
            _ => periods.push(Period {
                from: watch.added,
                until: watch.removed,
            }),
        }
    }
    periods
}

/// What a run was for an operation.
enum Look {
    Good { requested_at: i64, received_at: i64 },
    Bad { cause: &'static str, watch_id: i64 },
}

fn of_period(log: &Log, thing: usize, period: &Period) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut last_good = period.from.1;
    let mut bad: Option<(i64, &'static str, i64)> = None;
    let mut gap = |(from, cause, watch_id): (i64, &str, i64), until: Option<i64>| {
        gaps.push(row(
            "watch",
            THINGS[thing],
            Some(watch_id),
            cause,
            from,
            until,
        ));
    };
    let runs = log.runs.iter().filter(|run| period.holds(run.started.0));
    for look in runs.filter_map(|run| look(log, run, thing, period)) {
        match look {
            Look::Bad { cause, watch_id } => {
                bad = bad.or(Some((last_good, cause, watch_id)));
            }
            Look::Good {
                requested_at,
                received_at,
            } => {
                if let Some(bad) = bad.take() {
                    gap(bad, Some(received_at));
                }
                last_good = requested_at;
            }
        }
    }
    if let Some(bad) = bad {
        gap(bad, period.until.map(|(_, at)| at));
    }
    gaps
}

fn look(log: &Log, run: &Run, thing: usize, period: &Period) -> Option<Look> {
    let planned: Vec<&Watch> = log
        .watches
        .iter()
        .filter(|watch| watch.thing == thing && run.planned.contains(&watch.watch_id))
        .collect();
    if planned.is_empty() {
        return None;
    }
    let listing = run.listings.iter().rfind(|listing| listing.thing == thing);
    let is_whole = !lists_results(thing) || listing.is_some_and(|listing| listing.is_complete);
    let seen = run
        .reads
        .iter()
        .rfind(|read| read.thing == thing && read.came == Came::Seen && period.holds(read.order));
    if let Some(read) = seen.filter(|_| is_whole) {
        let listed = listing.filter(|_| lists_results(thing));
        return Some(Look::Good {
            requested_at: read.requested_at,
            received_at: listed.map_or(read.received_at, |listing| {
                listing.ended_at.max(read.received_at)
            }),
        });
    }
    planned
        .iter()
        .filter_map(|watch| {
            let (cause, at, order) = missed(run, thing, watch.label)?;
            let order = order.unwrap_or(run.ended.0);
            let is_due = watch.removed.is_none_or(|(removed, _)| order < removed);
            (is_due || cause == "aborted").then_some((at, watch.watch_id, cause))
        })
        .min()
        .map(|(_, watch_id, cause)| Look::Bad { cause, watch_id })
}

/// Why a run missed its look: cause, when, and the call with which it did. `None` for answers that are facts
/// about the id.
fn missed(run: &Run, thing: usize, label: &str) -> Option<(&'static str, i64, Option<Order>)> {
    if let Some((_, cause, at, order)) = run.refused.iter().find(|refused| refused.0 == label) {
        return Some((cause, *at, *order));
    }
    let at_end = |cause| Some((cause, run.ended.1, None));
    let Some(read) = run.reads.iter().rfind(|read| read.thing == thing) else {
        return at_end(if run.is_aborted {
            "aborted"
        } else {
            "deferred"
        });
    };
    match read.came {
        Came::NotFound => None,
        Came::Expired => Some(("expired_unseen", read.received_at, Some(read.order))),
        Came::Failed(cause) => Some((cause, read.received_at, Some(read.order))),
        Came::Seen => {
            let listing = run.listings.iter().rfind(|listing| listing.thing == thing);
            if !lists_results(thing) || listing.is_some_and(|listing| listing.is_complete) {
                // Seen, though after its watch was given up.
                return None;
            }
            let failed = listing.and_then(|listing| listing.failed);
            let order = Some(failed.map_or(read.order, |(order, _, _)| order));
            let at = failed.map_or(run.ended.1, |(_, at, _)| at);
            let cause = failed.map_or("incomplete_listing", |(_, _, cause)| cause);
            Some((if run.is_aborted { "aborted" } else { cause }, at, order))
        }
    }
}

fn of_recorder(log: &Log) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut gap = |cause, from, until| {
        gaps.push(row("recorder", "", None, cause, from, until));
    };
    for pair in log.runs.windows(2) {
        let (from, until) = (pair[0].started.1, pair[1].started.1);
        if pair[0]
            .every_ms
            .is_some_and(|every_ms| until - from > every_ms + every_ms / 2)
        {
            gap("not_run", from, Some(until));
        }
    }
    let mut told = None;
    for &(order, at, is_disk) in log.skips.iter().filter(|(_, _, is_disk)| *is_disk) {
        assert!(is_disk);
        let before = log.runs.iter().rfind(|run| run.started.0 < order);
        let next = log.runs.iter().find(|run| run.started.0 > order);
        let next = next.map(|run| run.started);
        if told == Some(next) {
            continue;
        }
        told = Some(next);
        gap(
            "disk",
            before.map_or(at, |run| run.started.1),
            next.map(|(_, at)| at),
        );
    }
    gaps
}

fn row(
    scope: &str,
    operation_id: &str,
    watch_id: Option<i64>,
    cause: &str,
    from: i64,
    until: Option<i64>,
) -> Gap {
    Gap {
        scope: scope.to_owned(),
        operation_id: operation_id.to_owned(),
        watch_id,
        cause: cause.to_owned(),
        gap_from: UtcMillis(from).to_string(),
        gap_until: until.map(|until| UtcMillis(until).to_string()),
        gap_seconds: until.map(|until| {
            (until - from).max(0).div_euclid(1000) + i64::from((until - from).max(0) % 1000 > 0)
        }),
    }
}
