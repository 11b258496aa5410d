//! Takes an answer in: its body in pieces, under limits of size and time. What its head says is read in
//! `head`.

use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::exchange::{Answer, End, NoAnswer};
use super::failure;
use super::head::Head;
use crate::model::Outcome;

/// What is kept of an answer that is too large: enough to see what it was, while several of them may
/// arrive at once.
pub(super) const TOO_LARGE_KEPT_BYTES: usize = 64 * 1024;

/// When an attempt must be over, and what to call it if that instant passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    pub(super) instant: Instant,
    pub(super) word: &'static str,
}

/// Reads the body to its end. `body_limit_bytes` holds for what arrives, whatever was announced.
pub(super) async fn receive(mut response: Response, body_limit_bytes: usize, until: Until) -> End {
    let status = response.status();
    let head = Head::read(status, response.headers());
    let announced_bytes = head.announced_bytes;
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
            Ok(Ok(None)) => return End::Answer(answer(status.as_u16(), head, body)),
            Ok(Err(error)) => failure::word(&error),
            Err(_) => until.word,
        };
        let of = announced_bytes.map_or(String::new(), |bytes| format!(" of {bytes}"));
        let reason = format!("body: {word} after {}{of} bytes", body.len());
        return no_answer(Outcome::Truncated, reason, body);
    }
}

fn answer(http_status: u16, head: Head, body: Vec<u8>) -> Answer {
    Answer {
        http_status,
        date: head.date,
        retry_after_ms: head.retry_after_ms,
        framing: head.framing,
        content_type: head.content_type,
        body,
    }
}

/// Room that is made at once for a body that is announced. It is believed as far as a usual answer goes.
fn room_for(announced_bytes: Option<u64>) -> usize {
    let announced = announced_bytes.map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    announced.min(TOO_LARGE_KEPT_BYTES)
}
