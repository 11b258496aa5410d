//! The true history of one thing: a value and the exact instants at which it becomes another.
//!
//! Pure. What a look sees is a function of the schedule and the instant, so a test can compute
//! what must have been seen.

use crate::model::UtcMillis;

/// A value over time. It has a beginning, before which there is nothing, and its steps are in
/// order of time: each is written as a delay after the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule<T> {
    steps: Vec<(UtcMillis, T)>,
}

impl<T> Schedule<T> {
    /// Begins at `at` with `value`.
    pub fn starting(at: UtcMillis, value: T) -> Self {
        Self {
            steps: vec![(at, value)],
        }
    }

    /// Becomes `value`, `delay_ms` milliseconds after the step before.
    pub fn then(mut self, delay_ms: u32, value: T) -> Self {
        let before = self.steps.last().map_or(UtcMillis(0), |(at, _)| *at);
        self.steps
            .push((before.plus_ms(i64::from(delay_ms)), value));
        self
    }

    /// The value at `now`; `None` before the beginning.
    pub fn at(&self, now: UtcMillis) -> Option<&T> {
        let begun = self.steps.partition_point(|(at, _)| *at <= now);
        begun.checked_sub(1).map(|last| &self.steps[last].1)
    }

    /// Every change with its instant, those to come included.
    pub fn steps(&self) -> &[(UtcMillis, T)] {
        &self.steps
    }

    /// The changes that have happened by `now`.
    pub fn until(&self, now: UtcMillis) -> &[(UtcMillis, T)] {
        &self.steps[..self.steps.partition_point(|(at, _)| *at <= now)]
    }

    /// Forgets what was to come after `instant`.
    pub(super) fn cut_after(&mut self, instant: UtcMillis) {
        let kept = self.until(instant).len();
        self.steps.truncate(kept);
    }

    /// Becomes `value` at `at`, or at the last step if that is later.
    pub(super) fn push_at(&mut self, at: UtcMillis, value: T) {
        let at = self.steps.last().map_or(at, |(last, _)| at.max(*last));
        self.steps.push((at, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_from_its_instant_until_the_next() {
        let schedule = Schedule::starting(UtcMillis(100), "a")
            .then(50, "b")
            .then(0, "c");
        let at = |ms| schedule.at(UtcMillis(ms)).copied();
        assert_eq!(at(99), None);
        assert_eq!(at(100), Some("a"));
        assert_eq!(at(149), Some("a"));
        assert_eq!(
            at(150),
            Some("c"),
            "of two steps at one instant the last holds"
        );
        assert_eq!(schedule.until(UtcMillis(149)).len(), 1);
    }
}
