//! From when on operations are taken up: an instant, a day, or so long before now.

use std::time::Duration;

use crate::cli::values::duration;
use crate::model::UtcMillis;

/// One day, in ms.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What `--since` may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// This instant.
    At(UtcMillis),
    /// So many milliseconds before the watch is added.
    Ago(i64),
}

impl Since {
    /// The instant, if it is `now`.
    pub(super) fn at(self, now: UtcMillis) -> UtcMillis {
        match self {
            Self::At(at) => at,
            Self::Ago(ms) => now.plus_ms(-ms),
        }
    }
}

/// Reads an instant (RFC 3339), a day (its midnight in UTC), or a time before now in days, hours, minutes.
pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Some(at) = UtcMillis::parse_rfc3339(text) {
        return Ok(Since::At(at));
    }
    if let Some(at) = UtcMillis::parse_rfc3339(&format!("{text}T00:00:00Z")) {
        return Ok(Since::At(at));
    }
    let days: Option<u16> = text.strip_suffix('d').and_then(|days| days.parse().ok());
    let ms = match days {
        Some(days) => i64::from(days).checked_mul(DAY_MS),
        None => duration(text).ok().and_then(to_ms),
    };
    match ms {
        Some(ms) if ms > 0 => Ok(Since::Ago(ms)),
        _ => Err(format!(
            "'{text}' is no time; write 2026-01-31T08:00:00Z, 2026-01-31, or a time before now as in 30d or 12h"
        )),
    }
}

fn to_ms(duration: Duration) -> Option<i64> {
    i64::try_from(duration.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_days_and_times_before_now() {
        assert_eq!(since("1970-01-02"), Ok(Since::At(UtcMillis(DAY_MS))));
        assert_eq!(
            since("1970-01-01T08:00:01+08:00"),
            Ok(Since::At(UtcMillis(1_000)))
        );
        assert_eq!(since("30d"), Ok(Since::Ago(30 * DAY_MS)));
        assert_eq!(since("12h"), Ok(Since::Ago(DAY_MS / 2)));
        assert_eq!(Since::Ago(5).at(UtcMillis(7)), UtcMillis(2));
        for bad in [
            "",
            "d",
            "0d",
            "-1d",
            "30",
            "1970-01-32",
            "yesterday",
            "1.5d",
        ] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }
}
