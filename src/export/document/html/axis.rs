//! The time scale of a drawing: where an instant is, and which ticks are readable. Pure arithmetic.

use crate::model::{DAY_MS, HOUR_MS, MINUTE_MS, UtcMillis};

/// Shortest stretch of time that an axis shows, so that one single look has a place.
const SPAN_MIN_MS: i64 = MINUTE_MS;

/// Distances between ticks that people count in.
const STEPS_MS: [i64; 28] = {
    const S: i64 = 1000;
    const MIN: i64 = MINUTE_MS;
    const H: i64 = HOUR_MS;
    const D: i64 = DAY_MS;
    [
        5 * S,
        10 * S,
        15 * S,
        30 * S,
        MIN,
        2 * MIN,
        5 * MIN,
        10 * MIN,
        15 * MIN,
        30 * MIN,
        H,
        2 * H,
        3 * H,
        6 * H,
        12 * H,
        D,
        2 * D,
        7 * D,
        14 * D,
        28 * D,
        91 * D,
        182 * D,
        364 * D,
        728 * D,
        3640 * D,
        36_400 * D,
        364_000 * D,
        1_000_000 * D,
    ]
};

/// A scale from instants to coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    first_ms: i64,
    last_ms: i64,
    left: f64,
    right: f64,
}

/// One tick: where, and what stands below it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) x: f64,
    /// `09:15`, `09:15:30`, or `03-01` where ticks are days apart.
    pub(super) label: String,
    /// `2026-03-01`, later `03-02`, or `2026` where ticks are days apart; told at the first tick and where it changes.
    pub(super) day: Option<String>,
}

impl Axis {
    /// From the earliest to the latest of `instants`, between two coordinates.
    pub(super) fn of(instants: impl Iterator<Item = UtcMillis>, left: f64, right: f64) -> Self {
        let (mut first_ms, mut last_ms) = (i64::MAX, i64::MIN);
        for at in instants {
            first_ms = first_ms.min(at.0);
            last_ms = last_ms.max(at.0);
        }
        if first_ms > last_ms {
            (first_ms, last_ms) = (0, 0);
        }
        let missing = SPAN_MIN_MS - last_ms.saturating_sub(first_ms);
        if missing > 0 {
            first_ms = first_ms.saturating_sub(missing / 2);
            last_ms = first_ms.saturating_add(SPAN_MIN_MS);
        }
        Self {
            first_ms,
            last_ms,
            left,
            right,
        }
    }

    /// Where an instant is.
    // Differences of instants of four-digit years are exact.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn x(&self, at: UtcMillis) -> f64 {
        let part = at.0.saturating_sub(self.first_ms) as f64;
        let whole = self.last_ms.saturating_sub(self.first_ms) as f64;
        self.left + (self.right - self.left) * (part / whole).clamp(0.0, 1.0)
    }

    /// The ticks: as many as are readable, `most` at most, at instants that people count in.
    pub(super) fn ticks(&self, most: i64) -> Vec<Tick> {
        let count =
            |step: i64| self.last_ms.div_euclid(step) - (self.first_ms - 1).div_euclid(step);
        let longest = STEPS_MS[STEPS_MS.len() - 1];
        let step = STEPS_MS
            .into_iter()
            .find(|&step| count(step) <= most)
            .unwrap_or(longest);
        let first = (self.first_ms - 1).div_euclid(step) + 1;
        let mut date_before = String::new();
        (first..first + count(step))
            .map(|number| {
                let at = UtcMillis(number * step);
                let text = at.to_string();
                let part = |from, to| text.get(from..to).unwrap_or_default().to_owned();
                let (label, date) = match step {
                    ..MINUTE_MS => (part(11, 19), part(0, 10)),
                    MINUTE_MS..DAY_MS => (part(11, 16), part(0, 10)),
                    _ => (part(5, 10), part(0, 4)),
                };
                let day = match date == date_before {
                    true => None,
                    // The year is told once.
                    false if date.len() > 4 && date.get(..4) == date_before.get(..4) => {
                        Some(part(5, 10))
                    }
                    false => Some(date.clone()),
                };
                date_before = date;
                Tick {
                    x: self.x(at),
                    label,
                    day,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn axis(from: &str, until: &str) -> Axis {
        let instants = [from, until].map(|text| UtcMillis::parse_rfc3339(text).unwrap());
        Axis::of(instants.into_iter(), 0.0, 100.0)
    }

    #[test]
    fn ticks_are_few_and_round() {
        let day = axis("2026-03-01T22:10:00Z", "2026-03-02T03:50:00Z");
        let ticks = day.ticks(8);
        let labels: Vec<&str> = ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["23:00", "00:00", "01:00", "02:00", "03:00"]);
        assert_eq!(ticks[0].day.as_deref(), Some("2026-03-01"));
        assert_eq!(ticks[1].day.as_deref(), Some("03-02"));
        assert_eq!(ticks[2].day, None);
        assert!((ticks[0].x - 100.0 * 50.0 / 340.0).abs() < 1e-9);
    }

    #[test]
    fn every_length_has_some_ticks_and_not_too_many() {
        for ms in [
            0,
            1,
            999,
            60_000,
            61_000,
            3_599_999,
            86_400_000,
            31_622_400_000,
            250_000_000_000_000,
        ] {
            for most in [4, 8] {
                let axis = Axis::of([UtcMillis(0), UtcMillis(ms)].into_iter(), 0.0, 100.0);
                let ticks = axis.ticks(most);
                assert!(
                    (1..=most as usize).contains(&ticks.len()),
                    "{ms}: {ticks:?}"
                );
                assert!(ticks.iter().all(|tick| (0.0..=100.0).contains(&tick.x)));
            }
        }
    }

    #[test]
    fn a_single_look_is_in_the_middle() {
        let at = UtcMillis(1_000_000);
        let axis = Axis::of([at].into_iter(), 0.0, 100.0);
        assert!((axis.x(at) - 50.0).abs() < 1e-9);
    }
}
