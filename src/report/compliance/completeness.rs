//! The figures of completeness: numbers, and the leaves that each was counted from. No words.

use super::facts::Facts;
use super::schedule::seconds_up;
use super::table::count;
use super::words::figures::{self as words, FigureWords};
use crate::export::document::Evidence;
use crate::model::RunOutcome;
use crate::store::report::Window;
use crate::store::report::gaps::Gap;
use crate::store::report::runs::Run;

/// One figure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// Its value; `None` where it cannot be known.
    pub value: Option<i64>,
    /// The leaves that it was counted from.
    pub leaves: Evidence,
}

impl Figure {
    /// As many as there are leaves.
    fn counted(leaves: Vec<i64>) -> Self {
        Self {
            value: Some(count(leaves.len())),
            leaves: leaves.into_iter().collect(),
        }
    }

    fn known(value: i64, leaves: Evidence) -> Self {
        Self {
            value: Some(value),
            leaves,
        }
    }

    /// Its value where it always has one.
    pub fn number(&self) -> i64 {
        self.value.unwrap_or(0)
    }
}

/// All figures; what each means stands in its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // explained in `words::figures`
pub struct Completeness {
    pub runs_made: Figure,
    /// Of the runs made those over everything: one that was limited stands for no run of the schedule.
    pub runs_of_schedule: i64,
    pub runs_missed: Figure,
    pub runs_expected: Figure,
    pub runs_complete: Figure,
    pub runs_partial: Figure,
    pub runs_failed: Figure,
    pub runs_interrupted: Figure,
    pub runs_aborted: Figure,
    pub runs_unfinished: Figure,
    pub runs_skipped: Figure,
    pub longest_run_interval_seconds: Figure,
    pub watches: Figure,
    pub watches_added: Figure,
    pub watches_removed: Figure,
    pub operations: Figure,
    pub coverage_gaps: Figure,
    pub coverage_gaps_open: Figure,
    pub longest_blind_interval_seconds: Figure,
    pub listings: Figure,
    pub listings_complete: Figure,
    pub listings_incomplete: Figure,
    pub ids_expired_unseen: Figure,
    pub ids_not_found: Figure,
    pub requests: Figure,
    pub requests_ok: Figure,
    pub requests_throttled: Figure,
    pub leaves: Figure,
    pub leaves_first: Figure,
    pub leaves_last: Figure,
    pub redactions: Figure,
    pub clock_offset_worst_ms: Figure,
    pub clock_steps: Figure,
}

impl Completeness {
    /// Counts them.
    pub fn of(facts: &Facts, window: &Window) -> Self {
        let mut figures = Self {
            runs_skipped: Figure::counted(facts.skipped.clone()),
            clock_steps: Figure::counted(facts.clock_steps.clone()),
            ..Self::default()
        };
        figures.count_runs(facts);
        figures.count_watches(facts, window);
        figures.count_gaps(facts, window);
        figures.count_listings(facts);
        figures.count_evidence(facts);
        figures
    }

    fn count_runs(&mut self, facts: &Facts) {
        let starts = |has: &dyn Fn(&Run) -> bool| {
            let runs = facts.runs.iter().filter(|run| has(run));
            Figure::counted(runs.map(|run| run.start_sequence).collect())
        };
        let with = |outcome| starts(&|run| run.outcome == Some(outcome));
        self.runs_made = starts(&|_| true);
        self.runs_complete = with(RunOutcome::Complete);
        self.runs_partial = with(RunOutcome::Partial);
        self.runs_failed = with(RunOutcome::Failed);
        self.runs_interrupted = with(RunOutcome::Interrupted);
        self.runs_aborted = with(RunOutcome::Aborted);
        self.runs_unfinished = starts(&|run| run.outcome.is_none());
        let schedule = &facts.schedule;
        self.runs_missed = Figure {
            value: schedule.missed,
            leaves: schedule.around_missed.iter().copied().collect(),
        };
        let around = schedule.around_missed.iter().copied();
        let whole = || facts.runs.iter().filter(|run| !run.is_filtered);
        self.runs_of_schedule = count(whole().count());
        let of_schedule = whole().map(|run| run.start_sequence);
        self.runs_expected = Figure {
            value: schedule.missed.map(|missed| missed + self.runs_of_schedule),
            leaves: match schedule.missed {
                Some(_) => of_schedule.chain(around).collect(),
                None => Evidence::default(),
            },
        };
        self.longest_run_interval_seconds = Figure {
            value: schedule.longest_ms.map(seconds_up),
            leaves: schedule.around_longest.iter().copied().collect(),
        };
        let offsets = facts
            .runs
            .iter()
            .filter(|run| run.clock_offset_ms.is_some());
        // Of equal ones the first.
        let worst = offsets
            .rev()
            .max_by_key(|run| run.clock_offset_ms.map(i64::unsigned_abs));
        self.clock_offset_worst_ms = Figure {
            value: worst.and_then(|run| run.clock_offset_ms),
            leaves: worst.map(|run| run.start_sequence).into_iter().collect(),
        };
    }

    fn count_watches(&mut self, facts: &Facts, window: &Window) {
        let (since, until) = (window.since.to_string(), window.until.to_string());
        let in_period = |at: &str| since.as_str() <= at && at < until.as_str();
        let watches = || facts.watches.iter();
        self.watches = Figure::counted(watches().map(|watch| watch.add_sequence).collect());
        let added = watches().filter(|watch| in_period(&watch.added_at));
        self.watches_added = Figure::counted(added.map(|watch| watch.add_sequence).collect());
        let removed = watches().filter(|watch| watch.removed_at.as_deref().is_some_and(in_period));
        self.watches_removed =
            Figure::counted(removed.filter_map(|watch| watch.remove_sequence).collect());
        let operations = facts.operations.iter();
        self.operations = Figure::known(
            count(facts.operations.len()),
            operations
                .filter_map(|operation| operation.current())
                .collect(),
        );
        let lost = |state: &str, service: Option<&str>| {
            let lost = facts.lost.iter().filter(|one| one.state == state);
            let lost = lost.filter(|one| service.is_none_or(|service| one.service == service));
            Figure::counted(lost.map(|one| one.sequence).collect())
        };
        self.ids_expired_unseen = lost("expired", Some("bpstudio"));
        self.ids_not_found = lost("not_found", None);
    }

    fn count_gaps(&mut self, facts: &Facts, window: &Window) {
        self.coverage_gaps = Figure::known(
            count(facts.gaps.len()),
            facts.gaps.iter().flat_map(Gap::leaves).collect(),
        );
        let open = facts.gaps.iter().filter(|gap| gap.gap_until.is_none());
        self.coverage_gaps_open = Figure::counted(open.map(|gap| gap.sequence).collect());
        let (length, gap) = facts.longest_blind_ms(window);
        self.longest_blind_interval_seconds = Figure::known(
            seconds_up(length),
            gap.map(|gap| gap.leaves().collect()).unwrap_or_default(),
        );
    }

    fn count_listings(&mut self, facts: &Facts) {
        let complete = &facts.listings.complete;
        let incomplete = facts.listings.incomplete.iter();
        let incomplete: Vec<i64> = incomplete.map(|listing| listing.listing_id).collect();
        self.listings = Figure::counted([complete.as_slice(), &incomplete].concat());
        self.listings_complete = Figure::counted(complete.clone());
        self.listings_incomplete = Figure::counted(incomplete);
    }

    fn count_evidence(&mut self, facts: &Facts) {
        let whole = |span: Option<(i64, i64)>| {
            span.map_or_else(Evidence::default, |(first, last)| {
                Evidence::span(first, last)
            })
        };
        let requests = |outcome| {
            let (count, span) = facts.requests_of(outcome);
            Figure::known(count, whole(span))
        };
        self.requests = requests(None);
        self.requests_ok = requests(Some("ok"));
        self.requests_throttled = requests(Some("throttled"));
        let leaves = &facts.leaves;
        self.leaves = Figure::known(leaves.count, whole(leaves.span));
        let one = |sequence: Option<i64>| Figure {
            value: sequence,
            leaves: sequence.into_iter().collect(),
        };
        self.leaves_first = one(leaves.span.map(|(first, _)| first));
        self.leaves_last = one(leaves.span.map(|(_, last)| last));
        self.redactions =
            Figure::known(leaves.redactions, leaves.redacted.iter().copied().collect());
    }

    /// Of the runs made those that were limited to some services or accounts.
    pub fn runs_limited(&self) -> i64 {
        self.runs_made.number() - self.runs_of_schedule
    }

    /// Runs that did not end with all that was due.
    pub fn runs_not_complete(&self) -> i64 {
        self.runs_made.number() - self.runs_complete.number()
    }

    /// All of them, each with its words, in order.
    pub(super) fn rows(&self) -> [(FigureWords, &Figure); 32] {
        [
            (words::RUNS_MADE, &self.runs_made),
            (words::RUNS_MISSED, &self.runs_missed),
            (words::RUNS_EXPECTED, &self.runs_expected),
            (words::RUNS_COMPLETE, &self.runs_complete),
            (words::RUNS_PARTIAL, &self.runs_partial),
            (words::RUNS_FAILED, &self.runs_failed),
            (words::RUNS_INTERRUPTED, &self.runs_interrupted),
            (words::RUNS_ABORTED, &self.runs_aborted),
            (words::RUNS_UNFINISHED, &self.runs_unfinished),
            (words::RUNS_SKIPPED, &self.runs_skipped),
            (
                words::LONGEST_RUN_INTERVAL_SECONDS,
                &self.longest_run_interval_seconds,
            ),
            (words::WATCHES, &self.watches),
            (words::WATCHES_ADDED, &self.watches_added),
            (words::WATCHES_REMOVED, &self.watches_removed),
            (words::OPERATIONS, &self.operations),
            (words::COVERAGE_GAPS, &self.coverage_gaps),
            (words::COVERAGE_GAPS_OPEN, &self.coverage_gaps_open),
            (
                words::LONGEST_BLIND_INTERVAL_SECONDS,
                &self.longest_blind_interval_seconds,
            ),
            (words::LISTINGS, &self.listings),
            (words::LISTINGS_COMPLETE, &self.listings_complete),
            (words::LISTINGS_INCOMPLETE, &self.listings_incomplete),
            (words::IDS_EXPIRED_UNSEEN, &self.ids_expired_unseen),
            (words::IDS_NOT_FOUND, &self.ids_not_found),
            (words::REQUESTS, &self.requests),
            (words::REQUESTS_OK, &self.requests_ok),
            (words::REQUESTS_THROTTLED, &self.requests_throttled),
            (words::LEAVES, &self.leaves),
            (words::LEAVES_FIRST, &self.leaves_first),
            (words::LEAVES_LAST, &self.leaves_last),
            (words::REDACTIONS, &self.redactions),
            (words::CLOCK_OFFSET_WORST_MS, &self.clock_offset_worst_ms),
            (words::CLOCK_STEPS, &self.clock_steps),
        ]
    }
}
