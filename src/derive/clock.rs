//! How far our clock is from the cloud's, by the dates of its answers.

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

/// The median of what the answers say; of an even number the lower of the two in the middle, so that it is
/// what an answer said. `None` without answers.
pub fn offset_ms(answers: impl IntoIterator<Item = DatedAnswer>) -> Option<i64> {
    let mut offsets: Vec<i64> = answers.into_iter().map(DatedAnswer::offset_ms).collect();
    let middle = offsets.len().checked_sub(1)? / 2;
    let (_, median, _) = offsets.select_nth_unstable(middle);
    Some(*median)
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

    #[test]
    fn the_median_stands_against_one_that_lies() {
        assert_eq!(offset_ms([]), None);
        assert_eq!(offset_ms([answer(10, 10_400, 10_600)]), Some(0));
        // Ours is two minutes ahead.
        assert_eq!(offset_ms([answer(10, 130_400, 130_600)]), Some(-120_000));
        let good = [
            answer(10, 10_300, 10_500),
            answer(11, 11_500, 11_700),
            answer(12, 12_400, 12_600),
        ];
        assert_eq!(offset_ms(good), Some(0));
        let with_a_liar = [answer(i64::MAX, i64::MIN, i64::MAX), good[1], good[2]];
        assert_eq!(offset_ms(with_a_liar), Some(0));
        assert_eq!(offset_ms(good[..2].iter().copied()), Some(-100));
    }
}
