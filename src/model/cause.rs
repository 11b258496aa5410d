//! Why something that was due was not seen.

use super::Outcome;
use super::words::words;

words! {
    /// The cause of a gap: why a planned look is missing, or why the recorder did not run.
    pub enum Cause {
        /// No run began when one was to.
        NotRun = "not_run",
        /// The run died.
        Aborted = "aborted",
        /// The run ended before its turn.
        Deferred = "deferred",
        /// No answer, or the service failed.
        Unreachable = "unreachable",
        /// Too many requests.
        Throttled = "throttled",
        /// Permission refused.
        Denied = "denied",
        /// Key or token refused, or not to be had.
        Credential = "credential",
        /// Our timestamp refused.
        Clock = "clock",
        /// An answer that cannot be read, or is about something else.
        InvalidAnswer = "invalid_answer",
        /// All pages answered, and the list not whole.
        IncompleteListing = "incomplete_listing",
        /// The id died before its end was seen.
        ExpiredUnseen = "expired_unseen",
        /// Too little room on the disk to keep answers.
        Disk = "disk",
    }
}

impl Cause {
    /// The cause that a failed request is; `None` for answers that are facts about the target.
    pub const fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Ok | Outcome::NotFound | Outcome::Expired => None,
            Outcome::Unreachable | Outcome::ServerError => Some(Self::Unreachable),
            Outcome::Throttled => Some(Self::Throttled),
            Outcome::Denied => Some(Self::Denied),
            Outcome::Credential => Some(Self::Credential),
            Outcome::Clock => Some(Self::Clock),
            Outcome::InvalidRequest
            | Outcome::InvalidAnswer
            | Outcome::WrongEntity
            | Outcome::Truncated
            | Outcome::TooLarge => Some(Self::InvalidAnswer),
        }
    }
}
