//! How far this machine's clock is from the cloud's, by the `Date` header of an answer. Pure.

use super::{Check, Topic};
use crate::evidence::leaf::ServerDate;
use crate::model::UtcMillis;

/// Beyond it recorded times mislead whoever compares them with the cloud's.
const WARN_FROM_MS: u64 = 30_000;

/// Beyond it signatures are refused (error texts of InvalidTimeStamp.Expired).
const REFUSED_FROM_MS: u64 = 15 * 60_000;

/// How far ahead this machine's clock is, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    /// Milliseconds; negative where it is behind.
    pub(super) ahead_ms: i64,
    /// How long the call took, which the offset cannot be told apart from.
    pub(super) round_trip_ms: i64,
}

impl Offset {
    /// From a header and the times of its call; `None` of a header that is no date. The header has whole
    /// seconds, so that its middle is half a second later.
    pub(super) fn of(
        header: &str,
        requested_at: UtcMillis,
        received_at: UtcMillis,
    ) -> Option<Self> {
        let ServerDate::UnixSeconds(seconds) = ServerDate::from_header(header) else {
            return None;
        };
        let round_trip_ms = received_at.0 - requested_at.0;
        let theirs_ms = seconds.checked_mul(1000)?.checked_add(500)?;
        Some(Self {
            ahead_ms: requested_at.0 + round_trip_ms / 2 - theirs_ms,
            round_trip_ms,
        })
    }

    /// What that means.
    pub(super) fn check(self) -> Check {
        let off_ms = self.ahead_ms.unsigned_abs();
        let seconds = (off_ms + 500) / 1000;
        let side = if self.ahead_ms > 0 {
            "ahead of"
        } else {
            "behind"
        };
        let detail = match seconds {
            0 | 1 => "agrees with the cloud's to a second".to_owned(),
            _ => format!("{seconds} s {side} the cloud's"),
        };
        let advice = "set the clock of this machine, and keep it set (chrony, systemd-timesyncd)";
        if off_ms > REFUSED_FROM_MS {
            let detail = format!("{detail}: the cloud refuses calls that are 15 min off");
            Check::error(Topic::Clock, detail, advice)
        } else if off_ms >= WARN_FROM_MS {
            Check::warning(Topic::Clock, detail, advice)
        } else {
            Check::ok(Topic::Clock, detail)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Health;
    use super::*;

    fn health(ahead_ms: i64) -> Health {
        let offset = Offset {
            ahead_ms,
            round_trip_ms: 10,
        };
        offset.check().health
    }

    #[test]
    fn the_middle_of_the_call_is_compared_with_the_middle_of_the_second() {
        let header = "Sun, 06 Nov 1994 08:49:37 GMT";
        let theirs = UtcMillis::parse_rfc3339("1994-11-06T08:49:37Z").unwrap();
        let offset = |from, to| Offset::of(header, theirs.plus_ms(from), theirs.plus_ms(to));
        assert_eq!(offset(400, 600).unwrap().ahead_ms, 0);
        assert_eq!(offset(60_400, 60_600).unwrap().ahead_ms, 60_000);
        assert_eq!(offset(-59_600, -59_400).unwrap().ahead_ms, -60_000);
        assert_eq!(Offset::of("soon", theirs, theirs), None);
    }

    #[test]
    fn half_a_minute_is_much_and_a_quarter_of_an_hour_too_much() {
        for (ms, expected) in [
            (0, Health::Ok),
            (-29_999, Health::Ok),
            (30_000, Health::Warning),
            (-900_000, Health::Warning),
            (900_001, Health::Error),
            (-900_001, Health::Error),
        ] {
            assert_eq!(health(ms), expected, "{ms}");
        }
    }
}
