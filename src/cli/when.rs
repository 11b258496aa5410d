//! Times as people type them: an instant, a day, `yesterday`, `-7d`; and the two kinds of `--as-of`.
//!
//! Words are resolved once, against one instant that the caller calls now.

use super::values::duration;
use crate::config::Zone;
use crate::model::{DAY_MS, UtcMillis};

/// Days before now at most: a century.
const DAYS_MAX: i64 = 36_525;

/// What a flag that takes a time may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This instant.
    At(UtcMillis),
    /// When the clocks of `--tz` show this, given as if they were UTC's.
    Wall(UtcMillis),
    /// So many milliseconds before now.
    Ago(i64),
    /// Midnight, in `--tz`, so many days before that of the day it is now.
    DaysAgo(i64),
}

impl When {
    /// The instant, if it is `now`.
    pub fn resolve(self, now: UtcMillis, zone: &Zone) -> UtcMillis {
        match self {
            Self::At(at) => at,
            Self::Wall(wall) => zone.instant(wall),
            Self::Ago(ms) => now.plus_ms(-ms),
            Self::DaysAgo(days) => {
                let wall = zone.wall(now).0;
                let midnight = wall - wall.rem_euclid(DAY_MS) - days * DAY_MS;
                zone.instant(UtcMillis(midnight))
            }
        }
    }

    /// Whether it means another instant when it is typed again later.
    pub fn is_relative(self) -> bool {
        matches!(self, Self::Ago(_) | Self::DaysAgo(_))
    }
}

/// Reads a time: RFC 3339 with its offset; a day, or a day and a time, of `--tz`; `now`, `today`, `yesterday`;
/// or so long before now, `7d` or `-7d`, in weeks, days, hours, minutes, seconds.
pub fn when(text: &str) -> Result<When, String> {
    if let Some(at) = UtcMillis::parse_rfc3339(text) {
        return Ok(When::At(at));
    }
    if let Some(wall) = wall(text) {
        return Ok(When::Wall(wall));
    }
    match text {
        "now" => return Ok(When::Ago(0)),
        "today" => return Ok(When::DaysAgo(0)),
        "yesterday" => return Ok(When::DaysAgo(1)),
        _ => {}
    }
    ago_ms(text.strip_prefix('-').unwrap_or(text))
        .map(When::Ago)
        .ok_or_else(|| {
            format!(
                "'{text}' is no time; write 2026-01-31T08:00:00Z, 2026-01-31, '2026-01-31 08:00', yesterday, today, now, or a time before now as -7d or -12h"
            )
        })
}

/// `2026-01-31`, `2026-01-31 08:00`, `2026-01-31T08:00:05.123`: what clocks show.
fn wall(text: &str) -> Option<UtcMillis> {
    let bytes = text.as_bytes();
    let completed = match bytes.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        19.. => format!("{text}Z"),
        _ => return None,
    };
    let is_split = bytes.len() == 10 || matches!(bytes[10], b' ' | b'T');
    is_split
        .then(|| UtcMillis::parse_rfc3339(&completed))
        .flatten()
}

/// `30d`, `2w`, `12h`, `90m`, `30s` in milliseconds.
fn ago_ms(text: &str) -> Option<i64> {
    for (unit, days) in [("w", 7), ("d", 1)] {
        if let Some(number) = text.strip_suffix(unit) {
            let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
            let number: i64 = number.parse().ok().filter(|_| is_plain)?;
            let days = number
                .checked_mul(days)
                .filter(|days| (1..=DAYS_MAX).contains(days))?;
            return Some(days * DAY_MS);
        }
    }
    let ms = i64::try_from(duration(text).ok()?.as_millis()).ok()?;
    (ms <= DAYS_MAX * DAY_MS).then_some(ms)
}

/// What `--as-of` may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// What was known at this time.
    Time(When),
    /// What the first so many leaves of evidence say.
    Size(i64),
}

/// Reads an evidence size, which is a whole number, or a time.
pub fn as_of(text: &str) -> Result<AsOf, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text
            .parse()
            .map(AsOf::Size)
            .map_err(|_| format!("'{text}' is no evidence size"));
    }
    when(text).map(AsOf::Time)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn resolved(text: &str, zone: &str) -> String {
        let now = UtcMillis::parse_rfc3339("2026-03-01T17:30:00.250Z").unwrap();
        let zone = Zone::parse(zone).unwrap();
        when(text).unwrap().resolve(now, &zone).to_string()
    }

    #[test]
    fn words_are_read_in_the_zone_that_was_asked_for() {
        for (text, in_utc, in_shanghai) in [
            (
                "yesterday",
                "2026-02-28T00:00:00.000Z",
                "2026-02-28T16:00:00.000Z",
            ),
            (
                "today",
                "2026-03-01T00:00:00.000Z",
                "2026-03-01T16:00:00.000Z",
            ),
            (
                "2026-01-31",
                "2026-01-31T00:00:00.000Z",
                "2026-01-30T16:00:00.000Z",
            ),
            (
                "2026-01-31 08:00",
                "2026-01-31T08:00:00.000Z",
                "2026-01-31T00:00:00.000Z",
            ),
            (
                "2026-01-31T08:00:05.5",
                "2026-01-31T08:00:05.500Z",
                "2026-01-31T00:00:05.500Z",
            ),
            (
                "2026-01-31T08:00:00+08:00",
                "2026-01-31T00:00:00.000Z",
                "2026-01-31T00:00:00.000Z",
            ),
            (
                "now",
                "2026-03-01T17:30:00.250Z",
                "2026-03-01T17:30:00.250Z",
            ),
            (
                "-7d",
                "2026-02-22T17:30:00.250Z",
                "2026-02-22T17:30:00.250Z",
            ),
            ("2w", "2026-02-15T17:30:00.250Z", "2026-02-15T17:30:00.250Z"),
            (
                "-90m",
                "2026-03-01T16:00:00.250Z",
                "2026-03-01T16:00:00.250Z",
            ),
        ] {
            assert_eq!(resolved(text, "UTC"), in_utc, "{text}");
            assert_eq!(resolved(text, "+08:00"), in_shanghai, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "-",
            "d",
            "0d",
            "--7d",
            "-+7d",
            "+7d",
            "7",
            "tomorrow",
            "2026-02-30",
            "2026-1-31",
            "2026-01-31 8:00",
            "2026-01-31 08:00 +08:00",
            "1.5d",
            "9999999d",
            "99999999999999999999w",
            "aaaaaaaaaaa",
            "ééééé",
        ] {
            assert!(when(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn digits_alone_are_a_size() {
        assert_eq!(as_of("4870113"), Ok(AsOf::Size(4_870_113)));
        assert_eq!(as_of("-7d"), when("7d").map(AsOf::Time));
        assert!(as_of("99999999999999999999").is_err() && as_of("").is_err());
    }
}
