//! The declared schedule against the runs that were made. Pure.

use crate::store::report::Window;
use crate::store::report::runs::Run;

/// Milliseconds of a second.
const SECOND_MS: i64 = 1_000;

/// A run and the time until the next one began, or until the newest evidence.
#[derive(Debug, Clone, Copy)]
struct Stretch<'r> {
    run: &'r Run,
    next: Option<&'r Run>,
    /// Start of the next run, or time of the newest leaf, milliseconds.
    until: i64,
}

/// What the schedule and the runs of a period come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Starts that were wanted in the period and did not happen; `None` where nothing was declared.
    pub missed: Option<i64>,
    /// The start leaves of the runs around them.
    pub around_missed: Vec<i64>,
    /// Longest time between two starts, milliseconds; `None` without a run.
    pub longest_ms: Option<i64>,
    /// The start leaves of these two runs.
    pub around_longest: Vec<i64>,
    /// Schedules that were declared, milliseconds, ascending, each once.
    pub every_ms: Vec<i64>,
}

/// Looks at the runs, in their order, whose time until the next run has a moment in common with the period. One that
/// was limited to some services or accounts stands for no run of the schedule: what it left out was not looked at.
pub fn schedule(runs: &[Run], window: &Window) -> Schedule {
    let mut schedule = Schedule::default();
    let whole: Vec<&Run> = runs.iter().filter(|run| !run.is_filtered).collect();
    for stretch in stretches(&whole, window) {
        let length = (stretch.until - stretch.run.started_at).max(0);
        if schedule.longest_ms.is_none_or(|longest| length > longest) {
            schedule.longest_ms = Some(length);
            schedule.around_longest = stretch.leaves();
        }
        let Some(every_ms) = stretch.run.every_ms.filter(|every_ms| *every_ms > 0) else {
            continue;
        };
        schedule.every_ms.push(every_ms);
        let missed = stretch.missed(every_ms, window);
        schedule.missed = Some(schedule.missed.unwrap_or(0) + missed);
        if missed > 0 {
            schedule.around_missed.extend(stretch.leaves());
        }
    }
    schedule.every_ms.sort_unstable();
    schedule.every_ms.dedup();
    schedule
}

fn stretches<'r>(runs: &[&'r Run], window: &Window) -> impl Iterator<Item = Stretch<'r>> {
    let (since, until) = (window.since.0, window.until.0);
    let evidence_end = window.evidence_end.0;
    let next = runs.iter().copied().skip(1).map(Some).chain([None]);
    let runs = runs.iter().copied();
    runs.zip(next)
        .map(move |(run, next)| Stretch {
            run,
            next,
            until: next.map_or(evidence_end, |next| next.started_at),
        })
        .filter(move |stretch| stretch.run.started_at < until && stretch.until >= since)
}

impl Stretch<'_> {
    fn leaves(self) -> Vec<i64> {
        let next = self.next.map(|next| next.start_sequence);
        [self.run.start_sequence].into_iter().chain(next).collect()
    }

    /// Starts t0 + k * every, k >= 1, before the next run by more than half of it, that lie in the period.
    fn missed(self, every_ms: i64, window: &Window) -> i64 {
        let start = i128::from(self.run.started_at);
        let every = i128::from(every_ms);
        // Doubled, so that the half is whole: 2 * (start + k * every) < 2 * until - every.
        let last_before = 2 * i128::from(self.until) - every - 2 * start;
        let of_schedule = (last_before - 1).div_euclid(2 * every);
        // start + k * every < period's end.
        let of_period = (i128::from(window.until.0) - start - 1).div_euclid(every);
        let last = of_schedule.min(of_period);
        // start + k * every >= period's begin.
        let begin = i128::from(window.since.0) - start;
        let first = ((begin + every - 1).div_euclid(every)).max(1);
        i64::try_from((last - first + 1).max(0)).unwrap_or(i64::MAX)
    }
}

/// Milliseconds as seconds, rounded up.
pub fn seconds_up(ms: i64) -> i64 {
    ms.max(0).div_euclid(SECOND_MS) + i64::from(ms.max(0).rem_euclid(SECOND_MS) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UtcMillis;

    fn window(since: i64, until: i64, evidence_end: i64) -> Window {
        Window {
            since: UtcMillis(since),
            until: UtcMillis(until),
            evidence_end: UtcMillis(evidence_end),
            accounts: Vec::new(),
            services: Vec::new(),
            regions: Vec::new(),
        }
    }

    fn runs(starts: &[i64], every_ms: Option<i64>) -> Vec<Run> {
        let numbered = (1..).zip(starts);
        numbered
            .map(|(run_id, started_at)| Run {
                run_id,
                start_sequence: run_id * 10,
                started_at: *started_at,
                every_ms,
                ..Run::default()
            })
            .collect()
    }

    /// The definition word by word.
    fn missed_by_hand(runs: &[Run], window: &Window) -> i64 {
        let mut missed = 0;
        for (index, run) in runs.iter().enumerate() {
            let next = runs.get(index + 1);
            let t1 = next.map_or(window.evidence_end.0, |next| next.started_at);
            let (t0, every) = (run.started_at, run.every_ms.unwrap_or(i64::MAX / 4));
            if 2 * (t1 - t0) > 3 * every {
                let mut at = t0 + every;
                while 2 * at < 2 * t1 - every {
                    missed += i64::from(window.holds(UtcMillis(at)));
                    at += every;
                }
            }
        }
        missed
    }

    #[test]
    fn missed_starts_are_those_of_the_definition() {
        for every in [7, 10, 13] {
            for starts in [&[0, 10, 20][..], &[0, 15, 16, 60], &[3, 19, 90, 80, 200]] {
                let runs = runs(starts, Some(every));
                for since in [-5, 0, 11, 30, 85] {
                    for until in [12, 40, 86, 300] {
                        for end in [60, 90, 250] {
                            let window = window(since, until, end);
                            let found = schedule(&runs, &window).missed.unwrap_or(0);
                            let wanted = missed_by_hand(&runs, &window);
                            assert_eq!(found, wanted, "{starts:?} {every} {window:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_period_between_two_runs_is_missed_and_not_unknown() {
        let runs = runs(&[0, 1_000], Some(100));
        let between = schedule(&runs, &window(300, 500, 1_000));
        assert_eq!(between.missed, Some(2));
        assert_eq!(between.around_missed, [10, 20]);
        assert_eq!(between.longest_ms, Some(1_000));
        let after = schedule(&runs, &window(1_200, 1_300, 1_100));
        assert_eq!(after, Schedule::default());
    }

    #[test]
    fn a_limited_run_stands_for_no_run_of_the_schedule() {
        let mut runs = runs(&[0, 100, 200, 300], Some(100));
        runs[1].is_filtered = true;
        runs[1].every_ms = Some(7);
        runs[2].is_filtered = true;
        let found = schedule(&runs, &window(0, 400, 350));
        assert_eq!((found.missed, found.longest_ms), (Some(2), Some(300)));
        assert_eq!(
            (found.around_missed, found.every_ms),
            (vec![10, 40], vec![100])
        );
    }

    #[test]
    fn without_a_declared_schedule_nothing_is_missed_and_that_is_not_zero() {
        let found = schedule(&runs(&[0, 1_000], None), &window(0, 2_000, 1_500));
        assert_eq!((found.missed, found.longest_ms), (None, Some(1_000)));
    }

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!([-1, 0, 1, 1_000, 1_001].map(seconds_up), [0, 0, 1, 1, 2]);
    }
}
