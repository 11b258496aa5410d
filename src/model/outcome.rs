//! What became of one request, and of one listing.

use std::fmt;

/// What became of one HTTP request. Each is a fact of its own: none stands for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Answered, read, and about what was asked.
    Ok,
    /// The cloud does not know the id.
    NotFound,
    /// A CADT answer that succeeded and has no Data: the id is past its hour.
    Expired,
    /// Permission refused.
    Denied,
    /// Too many requests.
    Throttled,
    /// Key or token refused.
    Credential,
    /// Our timestamp refused.
    Clock,
    /// The request itself refused.
    InvalidRequest,
    /// The service failed.
    ServerError,
    /// An answer that cannot be read.
    InvalidAnswer,
    /// An answer about something else than asked.
    WrongEntity,
    /// No answer: name, connection, TLS, time.
    Unreachable,
    /// An answer that broke off.
    Truncated,
    /// An answer over the size limit.
    TooLarge,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 14] = [
        Self::Ok,
        Self::NotFound,
        Self::Expired,
        Self::Denied,
        Self::Throttled,
        Self::Credential,
        Self::Clock,
        Self::InvalidRequest,
        Self::ServerError,
        Self::InvalidAnswer,
        Self::WrongEntity,
        Self::Unreachable,
        Self::Truncated,
        Self::TooLarge,
    ];

    /// The word used in views and summaries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotFound => "not_found",
            Self::Expired => "expired",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Credential => "credential",
            Self::Clock => "clock",
            Self::InvalidRequest => "invalid_request",
            Self::ServerError => "server_error",
            Self::InvalidAnswer => "invalid_answer",
            Self::WrongEntity => "wrong_entity",
            Self::Unreachable => "unreachable",
            Self::Truncated => "truncated",
            Self::TooLarge => "too_large",
        }
    }

    /// The outcome of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether one reading of all pages can be believed to be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// TotalCount present and equal on all pages, and exactly that many distinct keys.
    Complete,
    /// Anything else.
    Incomplete,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 2] = [Self::Complete, Self::Incomplete];

    /// The word used in views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
        }
    }

    /// The verdict of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
