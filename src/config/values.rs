//! How single values are read, on the command line and in the configuration file alike. A message says what
//! would do and never repeats the value: what was put into the wrong field may be a secret.
//!
//! Depends on nothing of ours.

use std::time::Duration;

/// What a duration looks like.
const DURATION_HELP: &str = "write a whole number and a unit, as in 250ms, 50s, 5m, 1h";

/// Characters of an unknown key, or column, that an error repeats.
const KEY_CHARS_MAX: usize = 60;

/// Minutes of the offset furthest from UTC that a zone has (Pacific/Kiritimati, +14:00).
const ZONE_OFFSET_MAX_MINUTES: i32 = 14 * 60;

/// A duration: a whole number with `ms`, `s`, `m` or `h`, above zero.
///
/// # Errors
/// What would be one.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let help = || format!("this is no duration; {DURATION_HELP}");
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(help)?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().map_err(|_| help())?;
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(help()),
    };
    match number.checked_mul(unit_ms) {
        Some(0) => Err("a duration must be longer than nothing".to_owned()),
        Some(ms) => Ok(Duration::from_millis(ms)),
        None => Err(help()),
    }
}

/// A duration as [`parse_duration`] reads it, in the largest unit that is exact.
pub fn duration_text(duration: Duration) -> String {
    let ms = duration.as_millis();
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let is_exact = |(unit_ms, _): &(u128, &str)| ms.is_multiple_of(*unit_ms);
    match units.into_iter().find(is_exact) {
        Some((unit_ms, unit)) => format!("{}{unit}", ms / unit_ms),
        None => format!("{ms}ms"),
    }
}

/// A region id such as `cn-hangzhou`. New regions appear, so only the alphabet is checked: it
/// catches a blank or a pasted quote before the cloud answers "not found" to it.
///
/// # Errors
/// What would be one.
pub fn parse_region(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a region id has letters, digits and hyphens, as in cn-hangzhou".to_owned())
    }
}

/// The minutes that a zone is ahead of UTC: `+08:00`, `-03:30`, `Z`.
///
/// # Errors
/// What would be one.
pub fn parse_zone_minutes(text: &str) -> Result<i32, String> {
    let read = || {
        if text == "Z" {
            return Some(0);
        }
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let two_digits = |part: &str| {
            let fits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i32>().ok().filter(|_| fits)
        };
        let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
        let offset = hours * 60 + minutes;
        (minutes < 60 && offset <= ZONE_OFFSET_MAX_MINUTES).then_some(sign * offset)
    };
    read().ok_or_else(|| "this is no zone; write its offset, as in +08:00, or Z".to_owned())
}

/// A zone as [`parse_zone_minutes`] reads it.
pub fn zone_text(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let ahead = minutes.abs();
    format!("{sign}{:02}:{:02}", ahead / 60, ahead % 60)
}

/// An address without the password, or whatever else stands before an `@` in it.
pub fn masked_url(url: &str) -> String {
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(is_of_scheme) => (format!("{scheme}://"), rest),
        // What stands there instead may be half a password.
        _ => (String::new(), url),
    };
    // Up to the last `@` wherever it stands: a password may hold a slash that should have been encoded.
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}***@{host}"),
        None => url.to_owned(),
    }
}

/// A key or column that there is not, as an error may repeat it: only if it is written as ours are.
///
/// What else stands in its place may be no key at all: the first line of a file of secrets that was named by
/// mistake, or the whole of `key = "secret"` in the header of a list.
pub fn repeatable_key(key: &str) -> Option<&str> {
    let is_written_as_ours = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-';
    (key.len() <= KEY_CHARS_MAX && key.bytes().all(is_written_as_ours)).then_some(key)
}

/// Why an error does not repeat a key.
pub const KEY_NOT_REPEATED: &str = "not repeated here, as keys are written with a-z, '_' and '-'";

/// The known name that is most like another one; `None` where none is at all like it.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this (0: nothing in common, 1: the same) a suggestion would be a guess.
    const LIKE_ENOUGH: f64 = 0.7;
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_come_back() {
        for text in ["250ms", "50s", "5m", "1h", "1500ms", "90s"] {
            assert_eq!(parse_duration(text).map(duration_text), Ok(text.to_owned()));
        }
    }

    #[test]
    fn zones_are_offsets() {
        assert_eq!(parse_zone_minutes("+08:00"), Ok(480));
        assert_eq!(parse_zone_minutes("-03:30"), Ok(-210));
        assert_eq!(parse_zone_minutes("Z"), Ok(0));
        for bad in [
            "", "8", "08:00", "+8:00", "+08:60", "+15:00", "+0800", "+08:0é", "CST", "é08:00",
        ] {
            assert!(parse_zone_minutes(bad).is_err(), "{bad}");
        }
        for minutes in [0, 480, -210, 840] {
            assert_eq!(parse_zone_minutes(&zone_text(minutes)), Ok(minutes));
        }
    }

    #[test]
    fn passwords_are_masked_wherever_they_end() {
        assert_eq!(masked_url("http://u:p@proxy:3128"), "http://***@proxy:3128");
        assert_eq!(masked_url("http://u:p@s/w@proxy/"), "http://***@proxy/");
        assert_eq!(masked_url("u:p@proxy"), "***@proxy");
        assert_eq!(masked_url("u:p://w@proxy"), "***@proxy");
        assert_eq!(masked_url("u:p@proxy://"), "***@proxy://");
        assert_eq!(masked_url("http://proxy:3128"), "http://proxy:3128");
    }

    #[test]
    fn only_what_is_like_it_is_suggested() {
        let known = ["deadline", "concurrency", "every"];
        assert_eq!(nearest("dedline", known), Some("deadline"));
        assert_eq!(nearest("evry", known), Some("every"));
        assert_eq!(nearest("zzz", known), None);
    }
}
