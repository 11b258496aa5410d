//! What became of one request, and of one listing.

use super::words::words;

words! {
    /// What became of one HTTP request. Each is a fact of its own: none stands for another.
    pub enum Outcome {
        /// Answered, read, and about what was asked.
        Ok = "ok",
        /// The cloud does not know the id.
        NotFound = "not_found",
        /// A CADT answer that succeeded and has no Data: the id is past its hour.
        Expired = "expired",
        /// Permission refused.
        Denied = "denied",
        /// Too many requests.
        Throttled = "throttled",
        /// Key or token refused.
        Credential = "credential",
        /// Our timestamp refused.
        Clock = "clock",
        /// The request itself refused.
        InvalidRequest = "invalid_request",
        /// The service failed.
        ServerError = "server_error",
        /// An answer that cannot be read.
        InvalidAnswer = "invalid_answer",
        /// An answer about something else than asked.
        WrongEntity = "wrong_entity",
        /// No answer: name, connection, TLS, time.
        Unreachable = "unreachable",
        /// An answer that broke off.
        Truncated = "truncated",
        /// An answer over the size limit.
        TooLarge = "too_large",
    }
}

words! {
    /// Whether one reading of all pages can be believed to be whole.
    pub enum Verdict {
        /// TotalCount present and equal on all pages, and exactly that many distinct keys.
        Complete = "complete",
        /// Anything else.
        Incomplete = "incomplete",
    }
}
