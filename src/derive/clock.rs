//! How far our clock is from the cloud's, by the dates of its answers.

use std::collections::BTreeMap;

/// A `Date` header has full seconds: the instant that it means lies half a second later on average, ms.
const HALF_SECOND_MS: i64 = 500;

/// An answer with a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedAnswer {
    /// Its `Date` header, seconds since 1970.
    pub date_seconds: i64,
    /// When the request was sent, by our clock, ms.
    pub requested_ms: i64,
    /// When the answer was there, by our clock, ms.
    pub received_ms: i64,
}

impl DatedAnswer {
    /// The cloud's clock less ours in the middle of the exchange, ms.
    fn offset_ms(self) -> i64 {
        let cloud = self
            .date_seconds
            .saturating_mul(1000)
            .saturating_add(HALF_SECOND_MS);
        let half = self.received_ms.saturating_sub(self.requested_ms) / 2;
        cloud.saturating_sub(self.requested_ms.saturating_add(half))
    }
}

/// What the answers of a run say of our clock. Offsets are counted and not listed: a date has whole seconds, so that
/// those of a million answers are some thousand different ones, and a list of a run of two million took 47 MB.
#[derive(Debug, Default)]
pub struct Offsets {
    /// Answers by offset, ms.
    counts: BTreeMap<i64, u64>,
    answers: u64,
}

impl Offsets {
    /// Takes an answer.
    pub fn add(&mut self, answer: DatedAnswer) {
        *self.counts.entry(answer.offset_ms()).or_default() += 1;
        self.answers += 1;
    }

    /// Answers that were taken.
    pub fn answers(&self) -> u64 {
        self.answers
    }

    /// The median, ms; of an even number the lower of the two in the middle, so that it is what an answer said.
    /// `None` without answers.
    pub fn median_ms(&self) -> Option<i64> {
        let middle = self.answers.checked_sub(1)? / 2;
        let mut up_to = 0;
        self.counts.iter().find_map(|(offset_ms, count)| {
            up_to += count;
            (up_to > middle).then_some(*offset_ms)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(date_seconds: i64, requested_ms: i64, received_ms: i64) -> DatedAnswer {
        DatedAnswer {
            date_seconds,
            requested_ms,
            received_ms,
        }
    }

    fn median_ms(answers: &[DatedAnswer]) -> Option<i64> {
        let mut offsets = Offsets::default();
        for answer in answers {
            offsets.add(*answer);
        }
        assert_eq!(offsets.answers(), answers.len() as u64);
        offsets.median_ms()
    }

    #[test]
    fn the_median_stands_against_one_that_lies() {
        assert_eq!(median_ms(&[]), None);
        assert_eq!(median_ms(&[answer(10, 10_400, 10_600)]), Some(0));
        // Ours is two minutes ahead.
        assert_eq!(median_ms(&[answer(10, 130_400, 130_600)]), Some(-120_000));
        let good = [
            answer(10, 10_300, 10_500),
            answer(11, 11_500, 11_700),
            answer(12, 12_400, 12_600),
        ];
        assert_eq!(median_ms(&good), Some(0));
        let with_a_liar = [answer(i64::MAX, i64::MIN, i64::MAX), good[1], good[2]];
        assert_eq!(median_ms(&with_a_liar), Some(0));
        assert_eq!(median_ms(&good[..2]), Some(-100));
        // What was said often weighs as often.
        let often = [good[0], good[1], good[1], good[1], good[2]];
        assert_eq!(median_ms(&often), Some(-100));
    }
}
