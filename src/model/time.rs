//! Instants: one newtype, milliseconds since 1970 in UTC, and the two ways they are written.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat};

/// Whole milliseconds of a length of time; of one that is too long, as many as there are.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds of a minute, of an hour, of a day of 24 hours.
pub const MINUTE_MS: i64 = 60 * 1000;
/// See [`MINUTE_MS`].
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// See [`MINUTE_MS`].
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// 0000-01-01T00:00:00.000Z.
const FIRST_MS: i64 = -62_167_219_200_000;

/// 9999-12-31T23:59:59.999Z.
const LAST_MS: i64 = 253_402_300_799_999;

/// An instant in UTC, milliseconds since 1970-01-01T00:00:00Z.
///
/// Written as `YYYY-MM-DDTHH:MM:SS.mmmZ`, always 24 characters for years 0000 to 9999, so that
/// text order is time order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMillis(pub i64);

impl UtcMillis {
    /// Whole seconds since 1970, rounded down.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant, `ms` milliseconds later; stops at the ends of what can be written.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms).clamp(FIRST_MS, LAST_MS))
    }

    /// `YYYY-MM-DDTHH:MM:SSZ`, the form of `Timestamp` and `x-acs-date` in signed requests, which take no fraction.
    pub fn to_seconds_text(self) -> String {
        DateTime::from_timestamp(self.unix_seconds(), 0)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// Reads RFC 3339 with any offset, to the millisecond. `None` also for the hours around the years 0000 and
    /// 9999 that an offset moves out of them.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let instant = DateTime::parse_from_rfc3339(text).ok()?;
        Self(instant.timestamp_millis()).writable()
    }

    /// The instant, if it can be written in 24 characters.
    fn writable(self) -> Option<Self> {
        (FIRST_MS..=LAST_MS).contains(&self.0).then_some(self)
    }
}

impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Beyond what can be written: the end of it, never another instant.
        let text = DateTime::from_timestamp_millis(self.0.clamp(FIRST_MS, LAST_MS))
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Millis, true);
        f.write_str(&text)
    }
}

/// Reads a time as the cloud's services write it, leniently: one-digit parts (`…T09:22:3`), a blank
/// or two instead of `T`, any fraction, an optional `Z`. `offset_minutes` is the zone in which a
/// text without `Z` is meant. `None` where the text is no such time: it then stays raw only.
///
/// The forms are those of the services' published examples; none of them bears a zone.
pub fn parse_cloud_time(text: &str, offset_minutes: i32) -> Option<UtcMillis> {
    let text = text.trim();
    let (text, offset_minutes) = match text.strip_suffix('Z') {
        Some(rest) => (rest, 0),
        None => (text, offset_minutes),
    };
    let (date, time) = match text.split_once('T') {
        Some(parts) => parts,
        None => text.split_once(' ')?,
    };
    let mut day = date.splitn(3, '-');
    let year: i32 = digits(day.next()?, 4)?.try_into().ok()?;
    let month = digits(day.next()?, 2)?;
    let day = digits(day.next()?, 2)?;
    let (clock, fraction) = match time.trim_start().split_once('.') {
        Some((clock, fraction)) => (clock, fraction),
        None => (time.trim_start(), ""),
    };
    let mut parts = clock.splitn(3, ':');
    let hour = digits(parts.next()?, 2)?;
    let minute = digits(parts.next()?, 2)?;
    let second = digits(parts.next()?, 2)?;
    let millis = fraction_millis(fraction)?;
    let local = NaiveDate::from_ymd_opt(year, month, day)?
        .and_hms_milli_opt(hour, minute, second, millis)?;
    let shift_ms = i64::from(offset_minutes) * 60_000;
    UtcMillis(local.and_utc().timestamp_millis() - shift_ms).writable()
}

/// One to `longest` ASCII digits as a number.
fn digits(text: &str, longest: usize) -> Option<u32> {
    let fits =
        !text.is_empty() && text.len() <= longest && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// The first three digits of a decimal fraction; the rest is below our resolution.
fn fraction_millis(fraction: &str) -> Option<u32> {
    if fraction.bytes().any(|b| !b.is_ascii_digit()) {
        return None;
    }
    let mut millis = 0;
    for place in 0..3 {
        let digit = fraction
            .as_bytes()
            .get(place)
            .map_or(0, |b| u32::from(b - b'0'));
        millis = millis * 10 + digit;
    }
    Some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_times_have_a_fixed_width() {
        assert_eq!(UtcMillis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            UtcMillis(1_579_512_143_045).to_string(),
            "2020-01-20T09:22:23.045Z"
        );
        assert_eq!(
            UtcMillis(1_579_512_143_999).to_seconds_text(),
            "2020-01-20T09:22:23Z"
        );
    }

    #[test]
    fn what_cannot_be_written_stops_at_the_ends() {
        let (first, last) = ("0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z");
        assert_eq!(UtcMillis(i64::MIN).to_string(), first);
        assert_eq!(UtcMillis(i64::MAX).to_string(), last);
        assert_eq!(UtcMillis(0).plus_ms(i64::MAX).to_string(), last);
        assert_eq!(UtcMillis(LAST_MS).plus_ms(1), UtcMillis(LAST_MS));
        assert_eq!(UtcMillis(FIRST_MS).plus_ms(-1), UtcMillis(FIRST_MS));
    }

    #[test]
    fn cloud_times_are_read_leniently() {
        let read = |text: &str| parse_cloud_time(text, 0).map(|t| t.to_string());
        assert_eq!(
            read("2020-01-20T09:22:3").as_deref(),
            Some("2020-01-20T09:22:03.000Z")
        );
        assert_eq!(
            read("2020-01-20T09:22:36.123456").as_deref(),
            Some("2020-01-20T09:22:36.123Z")
        );
        assert_eq!(
            read("2021-09-15  08:30:00").as_deref(),
            Some("2021-09-15T08:30:00.000Z")
        );
        assert_eq!(
            read("2021-09-15T08:30:00Z").as_deref(),
            Some("2021-09-15T08:30:00.000Z")
        );
        for not_a_time in [
            "",
            "yesterday",
            "2021-13-01T00:00:00",
            "2021-02-30T00:00:00",
            "2020-01-20",
            "2020-01-20T09:22:",
        ] {
            assert_eq!(read(not_a_time), None, "{not_a_time}");
        }
    }

    #[test]
    fn times_that_no_view_could_write_are_none() {
        assert_eq!(UtcMillis(FIRST_MS).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(UtcMillis(LAST_MS).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(parse_cloud_time("9999-12-31 23:59:59", -1), None);
        assert_eq!(parse_cloud_time("0000-01-01 00:00:00", 1), None);
        assert_eq!(
            UtcMillis::parse_rfc3339("9999-12-31T23:59:59.999Z"),
            Some(UtcMillis(LAST_MS))
        );
        assert_eq!(UtcMillis::parse_rfc3339("9999-12-31T23:59:59-00:01"), None);
    }

    #[test]
    fn a_zone_that_the_user_declared_shifts_the_time() {
        let read = parse_cloud_time("2019-08-22 18:02:58", 8 * 60).map(|t| t.to_string());
        assert_eq!(read.as_deref(), Some("2019-08-22T10:02:58.000Z"));
    }
}
