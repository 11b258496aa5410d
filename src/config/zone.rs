//! The zone in which a person reads and types times (`--tz`). What is stored, and what goes into a file for
//! machines, is UTC, always.
//!
//! Depends on the words of `model`; names of zones are looked up in the system's zone database.

use std::fmt;

use tz::timezone::{LocalTimeType, TimeZone};

use super::values::{parse_zone_minutes, zone_text};
use crate::model::{DAY_MS, MINUTE_MS, UtcMillis};

/// Rules that tell the offset from UTC at any instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    rules: TimeZone,
}

impl Default for Zone {
    fn default() -> Self {
        Self {
            rules: TimeZone::utc(),
        }
    }
}

/// A word that names no zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no time zone; write UTC, an offset as +08:00, local, or a name as Asia/Shanghai of the system's zone database"
)]
pub struct UnknownZone(String);

impl Zone {
    /// Reads `UTC`, `Z`, an offset `+08:00`, `local` (TZ, else /etc/localtime), or a name of the zone database.
    ///
    /// # Errors
    /// [`UnknownZone`].
    pub fn parse(text: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone(text.to_owned());
        let rules = match text {
            "UTC" | "utc" | "Z" => TimeZone::utc(),
            "local" => TimeZone::local().map_err(|_| unknown())?,
            _ if text.starts_with(['+', '-']) => {
                let minutes = parse_zone_minutes(text).map_err(|_| unknown())?;
                TimeZone::fixed(minutes * 60).map_err(|_| unknown())?
            }
            // Without the colon the library also takes rules, in which `UTC+8` is eight hours behind UTC.
            _ if is_name(text) => {
                TimeZone::from_posix_tz(&format!(":{text}")).map_err(|_| unknown())?
            }
            _ => return Err(unknown()),
        };
        Ok(Self { rules })
    }

    /// Whether it is UTC at every instant.
    pub fn is_utc(&self) -> bool {
        self.rules == TimeZone::utc()
    }

    /// Minutes by which its clocks are ahead of UTC at an instant. Rules that do not reach so far: none.
    pub fn offset_minutes(&self, at: UtcMillis) -> i32 {
        let found = self.rules.find_local_time_type(at.unix_seconds());
        found.map_or(0, LocalTimeType::ut_offset) / 60
    }

    /// The instant at which its clocks show what UTC's clocks show at `wall`. Where they show it twice, the
    /// earlier one; where they never do (the hour that summer takes), as if they had not been changed yet.
    pub fn instant(&self, wall: UtcMillis) -> UtcMillis {
        let shifted = |minutes: i32| wall.plus_ms(-i64::from(minutes) * MINUTE_MS);
        let before = self.offset_minutes(wall.plus_ms(-DAY_MS));
        let after = self.offset_minutes(wall.plus_ms(DAY_MS));
        let fits = |minutes: i32| self.offset_minutes(shifted(minutes)) == minutes;
        let candidates = [before, after].into_iter().filter(|&minutes| fits(minutes));
        candidates.map(shifted).min().unwrap_or(shifted(before))
    }

    /// What its clocks show at an instant, as UTC's clocks would show it at the instant returned.
    pub fn wall(&self, at: UtcMillis) -> UtcMillis {
        at.plus_ms(i64::from(self.offset_minutes(at)) * MINUTE_MS)
    }

    /// `2026-01-31 16:00:05 +08:00`; in UTC `2026-01-31 08:00:05 UTC`.
    pub fn to_text(&self, at: UtcMillis) -> String {
        format!(
            "{} {}",
            self.to_text_without_offset(at),
            self.offset_text(at)
        )
    }

    /// `2026-01-31 16:00:05`, for a table whose title bears the zone.
    pub fn to_text_without_offset(&self, at: UtcMillis) -> String {
        let text = self.wall(at).to_string();
        format!("{} {}", &text[..10], &text[11..19])
    }

    /// `+08:00`, or `UTC`.
    pub fn offset_text(&self, at: UtcMillis) -> String {
        let minutes = self.offset_minutes(at);
        if self.is_utc() {
            return "UTC".to_owned();
        }
        zone_text(minutes)
    }
}

impl fmt::Display for Zone {
    /// The offset where there is only one, else `local time`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules.as_ref();
        if rules.transitions().is_empty() && rules.extra_rule().is_none() {
            f.write_str(&self.offset_text(UtcMillis(0)))
        } else {
            f.write_str("local time")
        }
    }
}

/// Whether a text may name a zone: letters, digits, `_`, `+`, `-`, in parts between single `/`.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'))
    };
    text.split('/').all(is_part)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcMillis {
        UtcMillis::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn offsets_are_read_and_written() {
        for (typed, shown) in [
            ("+08:00", "2026-01-31 16:00:05 +08:00"),
            ("-03:30", "2026-01-31 04:30:05 -03:30"),
            ("UTC", "2026-01-31 08:00:05 UTC"),
        ] {
            let zone = Zone::parse(typed).unwrap();
            assert_eq!(zone.to_text(at("2026-01-31T08:00:05.9Z")), shown);
        }
        for bad in [
            "",
            "+",
            "8",
            "+8",
            "-0330",
            "+25:00",
            "+08:60",
            "+08:0",
            "+1:2:3",
            "é",
            "../etc/passwd",
            "/etc/localtime",
            "Mars/Phobos",
            ":UTC",
            "UTC+8",
            "GMT-8",
            "CST-8",
            "EST5EDT4",
            "Asia//Shanghai",
        ] {
            assert!(Zone::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fault_34_an_hour_that_comes_twice_or_never_is_read() {
        // Rules written out, so that the test needs no zone database: central Europe.
        let zone = Zone {
            rules: TimeZone::from_posix_tz("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
        };
        assert_eq!(
            zone.instant(at("2026-07-01T12:00:00Z")),
            at("2026-07-01T10:00:00Z")
        );
        assert_eq!(
            zone.instant(at("2026-01-01T12:00:00Z")),
            at("2026-01-01T11:00:00Z")
        );
        assert_eq!(
            zone.instant(at("2026-10-25T02:30:00Z")),
            at("2026-10-25T00:30:00Z")
        );
        assert_eq!(
            zone.instant(at("2026-03-29T02:30:00Z")),
            at("2026-03-29T01:30:00Z")
        );
        assert_eq!(zone.to_string(), "local time");
        assert_eq!(
            zone.to_text(at("2026-07-01T10:00:00Z")),
            "2026-07-01 12:00:00 +02:00"
        );
    }
}
