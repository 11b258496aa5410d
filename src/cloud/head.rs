//! What the head of an answer says: where its body ends, when it was sent, and how long to wait. Pure.
//!
//! Whatever stands between the cloud and us writes heads, too: none of it is believed further than a bound, and what
//! can't be read says nothing.

use reqwest::StatusCode;
use reqwest::header::{
    CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderName, TRANSFER_ENCODING,
};

use super::exchange::{Framing, RETRY_AFTER_LIMIT_MS};

/// How long the service asks to wait, in milliseconds.
const RETRY_AFTER: HeaderName = HeaderName::from_static("x-acs-retry-after");

/// The part of a head that anybody here needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// What marks the end of the body.
    pub framing: Framing,
    /// Bytes of the body, where [`Framing::Length`] announces a number.
    pub announced_bytes: Option<u64>,
    /// Header `Date`, as sent; bytes outside of ASCII are shown as `?`.
    pub date: Option<String>,
    /// Header `x-acs-retry-after`, milliseconds: positive, at most [`RETRY_AFTER_LIMIT_MS`].
    pub retry_after_ms: Option<u64>,
    /// Header `Content-Type`, as `date`.
    pub content_type: Option<String>,
}

impl Head {
    /// Reads it.
    pub fn read(status: StatusCode, headers: &HeaderMap) -> Self {
        let framing = framing(status, headers);
        let announced_bytes = match framing {
            Framing::Length => announced_bytes(headers),
            Framing::Chunked | Framing::Close => None,
        };
        Self {
            framing,
            announced_bytes,
            date: text(headers, DATE),
            retry_after_ms: retry_after_ms(headers),
            content_type: text(headers, CONTENT_TYPE),
        }
    }
}

/// What ends the body, by RFC 9112, 6.3: some statuses have none, chunks win over a length, and
/// without either the connection's end is the body's.
fn framing(status: StatusCode, headers: &HeaderMap) -> Framing {
    if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        return Framing::Length;
    }
    match text(headers, TRANSFER_ENCODING) {
        Some(codings) if codings.trim_end().to_ascii_lowercase().ends_with("chunked") => {
            Framing::Chunked
        }
        Some(_) => Framing::Close,
        None if headers.contains_key(CONTENT_LENGTH) => Framing::Length,
        None => Framing::Close,
    }
}

fn announced_bytes(headers: &HeaderMap) -> Option<u64> {
    text(headers, CONTENT_LENGTH)?.trim().parse().ok()
}

/// A positive whole number; anything else says nothing.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let ms: u64 = text(headers, RETRY_AFTER)?.trim().parse().ok()?;
    (ms > 0).then_some(ms.min(RETRY_AFTER_LIMIT_MS))
}

/// The last value of a header; bytes outside of ASCII are shown as `?`.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get_all(name).iter().next_back()?;
    let visible = |byte: &u8| {
        if byte.is_ascii() {
            char::from(*byte)
        } else {
            '?'
        }
    };
    Some(value.as_bytes().iter().map(visible).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn read(status: u16, pairs: &[(&'static str, &'static str)]) -> Head {
        let headers = pairs
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect();
        Head::read(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn framing_by_headers_and_status() {
        fn of(status: u16, pairs: &[(&'static str, &'static str)]) -> (Framing, Option<u64>) {
            let head = read(status, pairs);
            (head.framing, head.announced_bytes)
        }
        let length = ("content-length", "3");
        let chunked = ("transfer-encoding", "Chunked");
        assert_eq!(of(200, &[length]), (Framing::Length, Some(3)));
        let below_zero = ("content-length", "-3");
        assert_eq!(of(200, &[below_zero]), (Framing::Length, None));
        assert_eq!(of(200, &[chunked]), (Framing::Chunked, None));
        assert_eq!(of(200, &[length, chunked]), (Framing::Chunked, None));
        assert_eq!(of(502, &[]), (Framing::Close, None));
        assert_eq!(of(204, &[]), (Framing::Length, None));
    }

    #[test]
    fn retry_after_is_a_positive_number_of_milliseconds() {
        let of = |value| read(429, &[("x-acs-retry-after", value)]).retry_after_ms;
        assert_eq!(of("1500"), Some(1500));
        assert_eq!(of(" 1 "), Some(1));
        assert_eq!(of("99999999999999"), Some(RETRY_AFTER_LIMIT_MS));
        for nonsense in ["0", "-5", "1.5", "soon", "", "99999999999999999999999"] {
            assert_eq!(of(nonsense), None, "{nonsense}");
        }
        assert_eq!(read(429, &[]).retry_after_ms, None);
    }

    #[test]
    fn of_a_header_that_is_there_twice_the_last_holds() {
        let mut headers = HeaderMap::new();
        for value in [&b"1"[..], b"2 \xc3\xbc"] {
            headers.append(DATE, HeaderValue::from_bytes(value).unwrap());
        }
        let head = Head::read(StatusCode::OK, &headers);
        assert_eq!(head.date.as_deref(), Some("2 ??"));
    }
}
