//! What became of one attempt: bytes and their circumstances, not yet read.

use std::fmt;

use crate::model::{Outcome, UtcMillis};

use super::credentials::Secret;

/// One attempt at one call, answered or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The instant just before the request was signed; its signature bears the same one, in seconds.
    pub requested_at: UtcMillis,
    /// `requested_at` and the time that passed on the monotonic clock until the last byte or the
    /// failure: never before `requested_at`, even if the machine's clock stepped.
    pub received_at: UtcMillis,
    /// How it ended.
    pub end: End,
    /// The signature that was sent: an answer may echo it, evidence must not hold it.
    pub signature: Secret,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// An HTTP answer arrived to its end, whatever it says: errors and redirects are answers too.
    Answer(Answer),
    /// None did, or not all of it.
    NoAnswer(NoAnswer),
}

/// One HTTP answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub http_status: u16,
    /// Header `Date`, as sent.
    pub date: Option<String>,
    /// Header `x-acs-retry-after`, milliseconds: positive, at most [`RETRY_AFTER_LIMIT_MS`].
    pub retry_after_ms: Option<u64>,
    /// What marks the end of the body.
    pub framing: Framing,
    /// Header `Content-Type`, as sent; not to be relied on.
    pub content_type: Option<String>,
    /// The body's bytes as they came: never decompressed, never re-coded.
    pub body: Vec<u8>,
}

/// A day. A header that asks for more is read as this, so that sums of times can't overflow.
pub const RETRY_AFTER_LIMIT_MS: u64 = 24 * 60 * 60 * 1000;

/// What marks the end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Its length was announced and has arrived.
    Length,
    /// Its last chunk has arrived.
    Chunked,
    /// The end of the connection, which looks the same when the answer was cut: whether it is
    /// whole, only its text can tell.
    Close,
}

impl Framing {
    /// The word used in evidence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Chunked => "chunked",
            Self::Close => "close",
        }
    }
}

/// An attempt without a whole answer.
#[derive(Clone, PartialEq, Eq)]
pub struct NoAnswer {
    /// [`Outcome::Unreachable`]: no answer began, so the request may or may not have been carried out.
    /// [`Outcome::Truncated`]: it began and broke off. [`Outcome::TooLarge`]: it passed the limit.
    pub outcome: Outcome,
    /// Why, in a few fixed words and numbers: never a URL, a header or a secret.
    pub reason: String,
    /// HTTP status, where an answer began.
    pub http_status: Option<u16>,
    /// What had arrived of the body; of one that is too large only its beginning.
    pub partial: Vec<u8>,
}

impl NoAnswer {
    /// An attempt of which nothing came back.
    pub(super) fn unreachable(reason: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Unreachable,
            reason: reason.into(),
            http_status: None,
            partial: Vec::new(),
        }
    }
}

// Bodies may hold what customers keep secret: debugging shows their sizes.

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("http_status", &self.http_status)
            .field("date", &self.date)
            .field("retry_after_ms", &self.retry_after_ms)
            .field("framing", &self.framing)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl fmt::Debug for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoAnswer")
            .field("outcome", &self.outcome)
            .field("reason", &self.reason)
            .field("http_status", &self.http_status)
            .field("partial_bytes", &self.partial.len())
            .finish()
    }
}
