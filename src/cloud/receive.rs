//! Takes an answer in: its body in pieces, under limits of size and time, and what its headers say
//! about it.

use reqwest::header::{
    CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderName, TRANSFER_ENCODING,
};
use reqwest::{Response, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::exchange::{Answer, End, Framing, NoAnswer, RETRY_AFTER_LIMIT_MS};
use super::failure;
use crate::model::Outcome;

/// What is kept of an answer that is too large: enough to see what it was, while several of them may
/// arrive at once.
pub(super) const TOO_LARGE_KEPT_BYTES: usize = 64 * 1024;
/// How long the service asks to wait, in milliseconds.
const RETRY_AFTER: HeaderName = HeaderName::from_static("x-acs-retry-after");

/// When an attempt must be over, and what to call it if that instant passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    pub(super) instant: Instant,
    pub(super) word: &'static str,
}

/// Reads the body to its end. `body_limit_bytes` holds for what arrives, whatever was announced.
pub(super) async fn receive(mut response: Response, body_limit_bytes: usize, until: Until) -> End {
    let status = response.status();
    let framing = framing(status, response.headers());
    let announced_bytes = match framing {
        Framing::Length => announced_bytes(response.headers()),
        Framing::Chunked | Framing::Close => None,
    };
    let no_answer = |outcome, reason, partial| {
        End::NoAnswer(NoAnswer {
            outcome,
            reason,
            http_status: Some(status.as_u16()),
            partial,
        })
    };
    let over_limit = |bytes: u64| u64::try_from(body_limit_bytes).is_ok_and(|limit| bytes > limit);
    if let Some(bytes) = announced_bytes.filter(|bytes| over_limit(*bytes)) {
        let reason = format!("body of {bytes} bytes, over the limit of {body_limit_bytes}");
        return no_answer(Outcome::TooLarge, reason, Vec::new());
    }
    let mut body = Vec::with_capacity(room_for(announced_bytes));
    loop {
        let word = match timeout_at(until.instant, response.chunk()).await {
            Ok(Ok(Some(piece))) => {
                body.extend_from_slice(&piece);
                if body.len() > body_limit_bytes {
                    let beginning = body[..body.len().min(TOO_LARGE_KEPT_BYTES)].to_vec();
                    let reason = format!("body over the limit of {body_limit_bytes} bytes");
                    return no_answer(Outcome::TooLarge, reason, beginning);
                }
                continue;
            }
            Ok(Ok(None)) => return End::Answer(answer(&response, framing, body)),
            Ok(Err(error)) => failure::word(&error),
            Err(_) => until.word,
        };
        let of = announced_bytes.map_or(String::new(), |bytes| format!(" of {bytes}"));
        let reason = format!("body: {word} after {}{of} bytes", body.len());
        return no_answer(Outcome::Truncated, reason, body);
    }
}

fn answer(response: &Response, framing: Framing, body: Vec<u8>) -> Answer {
    let headers = response.headers();
    Answer {
        http_status: response.status().as_u16(),
        date: text(headers, DATE),
        retry_after_ms: retry_after_ms(headers),
        framing,
        content_type: text(headers, CONTENT_TYPE),
        body,
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

/// Room that is made at once for a body that is announced. It is believed as far as a usual answer goes.
fn room_for(announced_bytes: Option<u64>) -> usize {
    let announced = announced_bytes.map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    announced.min(TOO_LARGE_KEPT_BYTES)
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

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn framing_by_headers_and_status() {
        let of =
            |status: u16, pairs| framing(StatusCode::from_u16(status).unwrap(), &headers(pairs));
        assert_eq!(of(200, &[("content-length", "3")]), Framing::Length);
        assert_eq!(
            of(200, &[("transfer-encoding", "Chunked")]),
            Framing::Chunked
        );
        let both = [("content-length", "3"), ("transfer-encoding", "chunked")];
        assert_eq!(of(200, &both), Framing::Chunked);
        assert_eq!(of(502, &[]), Framing::Close);
        assert_eq!(of(204, &[]), Framing::Length);
    }

    #[test]
    fn retry_after_is_a_positive_number_of_milliseconds() {
        let of = |value| retry_after_ms(&headers(&[("x-acs-retry-after", value)]));
        assert_eq!(of("1500"), Some(1500));
        assert_eq!(of(" 1 "), Some(1));
        assert_eq!(of("99999999999999"), Some(RETRY_AFTER_LIMIT_MS));
        for nonsense in ["0", "-5", "1.5", "soon", "", "99999999999999999999999"] {
            assert_eq!(of(nonsense), None, "{nonsense}");
        }
        assert_eq!(retry_after_ms(&headers(&[])), None);
    }
}
