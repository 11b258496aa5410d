//! The `Date` header of an answer, in the shortest form from which its bytes come back.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDateTime};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The one form that RFC 9110 lets a server send (IMF-fixdate): `Sun, 06 Nov 1994 08:49:37 GMT`.
const IMF_FIXDATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// What an answer's `Date` header said: in the line an integer, or else the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerDate {
    /// Seconds since 1970 UTC, of a header that is exactly their IMF-fixdate.
    UnixSeconds(i64),
    /// Any other header, as it came.
    Text(String),
}

impl ServerDate {
    /// The shortest form of a header.
    pub fn from_header(header: &str) -> Self {
        NaiveDateTime::parse_from_str(header, IMF_FIXDATE)
            .map(|date| Self::UnixSeconds(date.and_utc().timestamp()))
            .ok()
            // The parser is lenient (one-digit days, leap seconds), the text must come back.
            .filter(|date| date.to_header().as_deref() == Some(header))
            .unwrap_or_else(|| Self::Text(header.to_owned()))
    }

    /// The header. `None` for seconds that no header can have said (years beyond the calendar's).
    pub fn to_header(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::UnixSeconds(seconds) => DateTime::from_timestamp(*seconds, 0)
                .map(|date| date.format(IMF_FIXDATE).to_string().into()),
            Self::Text(text) => Some(text.into()),
        }
    }
}

impl Serialize for ServerDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::UnixSeconds(seconds) => serializer.serialize_i64(*seconds),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for ServerDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Tells the two forms apart by their JSON type.
        struct Either;

        impl Visitor<'_> for Either {
            type Value = ServerDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("integer seconds or the text of a Date header")
            }

            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<ServerDate, E> {
                Ok(ServerDate::UnixSeconds(seconds))
            }

            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<ServerDate, E> {
                i64::try_from(seconds)
                    .map(ServerDate::UnixSeconds)
                    .map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ServerDate, E> {
                Ok(ServerDate::Text(text.to_owned()))
            }
        }

        deserializer
            .deserialize_any(Either)
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_header_is_its_seconds() {
        for (header, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sat, 21 Nov 2026 18:50:24 GMT", 1_795_287_024),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ] {
            let date = ServerDate::from_header(header);
            assert_eq!(date, ServerDate::UnixSeconds(seconds));
            assert_eq!(date.to_header().as_deref(), Some(header));
        }
    }

    #[test]
    fn any_other_header_stays_text() {
        for header in [
            "",
            "yesterday",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 06 Nov 1994  08:49:37 GMT",
            "Sat, 31 Dec 2016 23:59:60 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            let date = ServerDate::from_header(header);
            assert_eq!(date, ServerDate::Text(header.to_owned()));
            assert_eq!(date.to_header().as_deref(), Some(header));
        }
    }

    #[test]
    fn seconds_beyond_the_calendar_have_no_header() {
        assert_eq!(ServerDate::UnixSeconds(i64::MAX).to_header(), None);
    }
}
