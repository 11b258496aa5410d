//! The figures of completeness.

use super::known::Gap;
use super::{Cell, Oracle, Section, is, leaves, seconds};
use crate::diary::Run;
use crate::truth::{MINUTE, Service};

impl Oracle<'_> {
    pub fn completeness(&self) -> Section {
        let mut section = Section::new("completeness", &["figure"]);
        let mut figure = |name: &'static str, value: Option<i64>, evidence: Option<Cell>| {
            let mut cells = vec![("value", is(value))];
            cells.extend(evidence.map(|evidence| ("evidence", evidence)));
            section.push(cells, [name.into()]);
        };
        self.count_runs(&mut figure);
        self.count_watches(&mut figure);
        self.count_gaps(&mut figure);
        self.count_evidence(&mut figure);
        section
    }

    fn count_runs(&self, figure: &mut impl FnMut(&'static str, Option<i64>, Option<Cell>)) {
        let runs = self.runs();
        let mut counted = |name, has: &dyn Fn(&Run) -> bool| {
            let starts: Vec<i64> = runs
                .iter()
                .filter(|run| has(run))
                .map(|run| run.start)
                .collect();
            figure(name, Some(count(&starts)), Some(leaves(starts)));
        };
        counted("runs_made", &|_| true);
        for (name, outcome) in [
            ("runs_complete", Some("complete")),
            ("runs_partial", Some("partial")),
            ("runs_failed", Some("failed")),
            ("runs_interrupted", Some("interrupted")),
            ("runs_aborted", Some("aborted")),
            ("runs_unfinished", None),
        ] {
            counted(name, &|run| {
                run.outcome == outcome && run.end.is_some() == outcome.is_some()
            });
        }
        let all: Vec<&Run> = self
            .diary
            .runs
            .iter()
            .filter(|run| run.is_collect && !run.is_limited)
            .collect();
        let (mut missed, mut longest) = (0, None);
        for (place, run) in all.iter().enumerate() {
            let next = all
                .get(place + 1)
                .map_or(self.diary.evidence_end, |next| next.started_at);
            let wanted = (1..).map(|k| run.started_at + k * run.every_ms);
            let wanted = wanted.take_while(|at| 2 * at < 2 * next - run.every_ms);
            missed += i64::try_from(wanted.filter(|at| self.holds(*at)).count()).unwrap();
            if run.started_at < self.scope.until && next >= self.scope.since {
                longest = longest.max(Some(next - run.started_at));
            }
        }
        figure("runs_missed", Some(missed), None);
        let of_schedule = runs.iter().filter(|run| !run.is_limited).count();
        let expected = missed + i64::try_from(of_schedule).unwrap();
        figure("runs_expected", Some(expected), None);
        figure("longest_run_interval_seconds", longest.map(seconds), None);
        let mut worst: Option<i64> = None;
        for offset in runs.iter().filter_map(|run| offset(run)) {
            if worst.is_none_or(|worst| offset.abs() > worst.abs()) {
                worst = Some(offset);
            }
        }
        figure("clock_offset_worst_ms", worst, None);
        let steps = self
            .diary
            .clock_steps
            .iter()
            .filter(|(at, _)| self.holds(*at));
        let steps: Vec<i64> = steps.map(|(_, leaf)| *leaf).collect();
        figure("clock_steps", Some(count(&steps)), Some(leaves(steps)));
        let skipped = self
            .diary
            .skipped
            .iter()
            .filter(|(at, _, _)| self.holds(*at));
        let skipped: Vec<i64> = skipped.map(|(_, _, leaf)| *leaf).collect();
        figure("runs_skipped", Some(count(&skipped)), Some(leaves(skipped)));
    }

    fn count_watches(&self, figure: &mut impl FnMut(&'static str, Option<i64>, Option<Cell>)) {
        let watches = self.watches();
        let mut counted = |name, found: Vec<i64>| {
            figure(name, Some(count(&found)), Some(leaves(found)));
        };
        counted("watches", watches.iter().map(|watch| watch.leaf).collect());
        let added = watches.iter().filter(|watch| self.holds(watch.added_at));
        counted("watches_added", added.map(|watch| watch.leaf).collect());
        let removed = watches.iter().filter_map(|watch| watch.removed);
        let removed = removed.filter(|(at, _, _, _)| self.holds(*at));
        counted(
            "watches_removed",
            removed.map(|(_, _, _, leaf)| leaf).collect(),
        );
        let operations = self
            .seen()
            .map(|op| self.known.versions(op).last().unwrap().leaf);
        counted("operations", operations.collect());
        for (name, state, service) in [
            ("ids_expired_unseen", "expired", Some(Service::Bpstudio)),
            ("ids_not_found", "not_found", None),
        ] {
            let lost = self.diary.watches.iter().filter_map(|watch| {
                let operation = self.truth(watch.op?);
                let is_ours = self.is_of_account(operation.account)
                    && service.is_none_or(|service| service == operation.service);
                let (known, run) = watch.state;
                let run = &self.diary.runs[usize::try_from(run).unwrap().checked_sub(1)?];
                (is_ours && known == state).then_some(run)
            });
            // With the run ends what it found; one that died is found dead when the next one begins.
            let lost = lost.filter(|run| {
                let at = run.ended_at.or_else(|| {
                    let id = usize::try_from(run.id).unwrap();
                    let mut later = self.diary.runs[id..].iter();
                    later.find(|run| run.is_collect).map(|run| run.started_at)
                });
                at.is_some_and(|at| self.holds(at))
            });
            // Watches that a run lost together are one leaf, and count each.
            let ends: Vec<i64> = lost.filter_map(|run| run.end).collect();
            counted(name, ends);
        }
    }

    fn count_gaps(&self, figure: &mut impl FnMut(&'static str, Option<i64>, Option<Cell>)) {
        let gaps: Vec<&Gap> = self.gaps();
        let evidence = gaps
            .iter()
            .flat_map(|gap| [gap.leaf].into_iter().chain(gap.end_leaf));
        figure("coverage_gaps", Some(count(&gaps)), Some(leaves(evidence)));
        let open: Vec<i64> = gaps
            .iter()
            .filter(|gap| gap.until.is_none())
            .map(|gap| gap.leaf)
            .collect();
        figure("coverage_gaps_open", Some(count(&open)), Some(leaves(open)));
        let end = self.diary.evidence_end.min(self.scope.until);
        let blind = gaps.iter().map(|gap| {
            let until = gap.until.unwrap_or(end).min(end);
            (until - gap.from.max(self.scope.since)).max(0)
        });
        let blind = blind.max().unwrap_or(0);
        figure("longest_blind_interval_seconds", Some(seconds(blind)), None);
        let listings = self.listings();
        let mut counted = |name, has: &dyn Fn(bool) -> bool| {
            let found = listings.iter().filter(|listing| has(listing.is_complete));
            let found: Vec<i64> = found.map(|listing| listing.leaf).collect();
            figure(name, Some(count(&found)), Some(leaves(found)));
        };
        counted("listings", &|_| true);
        counted("listings_complete", &|complete| complete);
        counted("listings_incomplete", &|complete| !complete);
    }

    fn count_evidence(&self, figure: &mut impl FnMut(&'static str, Option<i64>, Option<Cell>)) {
        let requests = self.requested();
        let mut counted = |name, outcome: Option<&str>| {
            let found = requests.iter();
            let found = found.filter(|one| outcome.is_none_or(|outcome| one.outcome == outcome));
            let found: Vec<i64> = found.map(|one| one.leaf).collect();
            let span = found.iter().min().zip(found.iter().max());
            let span = span.into_iter().flat_map(|(first, last)| *first..=*last);
            figure(name, Some(count(&found)), Some(leaves(span)));
        };
        counted("requests", None);
        counted("requests_ok", Some("ok"));
        counted("requests_throttled", Some("throttled"));
        let times = self.diary.times.iter().filter(|(at, _)| self.holds(*at));
        let found: Vec<i64> = times.map(|(_, leaf)| *leaf).collect();
        let (first, last) = (found.iter().min().copied(), found.iter().max().copied());
        figure("leaves", Some(count(&found)), None);
        figure("leaves_first", first, Some(leaves(first)));
        figure("leaves_last", last, Some(leaves(last)));
        let cuts = self
            .diary
            .redactions
            .iter()
            .filter(|(at, _)| self.holds(*at));
        figure("redactions", Some(cuts.map(|(_, count)| count).sum()), None);
    }
}

fn count<T>(things: &[T]) -> i64 {
    i64::try_from(things.len()).unwrap()
}

/// The cloud's clock less the recorder's: the median of a run's answers, of two in the middle the lower.
fn offset(run: &Run) -> Option<i64> {
    run.end?;
    let mut offsets = run.offsets.clone();
    offsets.sort_unstable();
    let middle = offsets.len().checked_sub(1)? / 2;
    assert!(
        offsets[middle].abs() < 2 * MINUTE,
        "no clock of this world is so wrong"
    );
    Some(offsets[middle])
}
