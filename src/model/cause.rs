//! Why something that was due was not seen.

use std::fmt;

use super::Outcome;

/// The cause of a gap: why a planned look is missing, or why the recorder did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// No run began when one was to.
    NotRun,
    /// The run died.
    Aborted,
    /// The run ended before its turn.
    Deferred,
    /// No answer, or the service failed.
    Unreachable,
    /// Too many requests.
    Throttled,
    /// Permission refused.
    Denied,
    /// Key or token refused, or not to be had.
    Credential,
    /// Our timestamp refused.
    Clock,
    /// An answer that cannot be read, or is about something else.
    InvalidAnswer,
    /// All pages answered, and the list not whole.
    IncompleteListing,
    /// The id died before its end was seen.
    ExpiredUnseen,
    /// Too little room on the disk to keep answers.
    Disk,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 12] = [
        Self::NotRun,
        Self::Aborted,
        Self::Deferred,
        Self::Unreachable,
        Self::Throttled,
        Self::Denied,
        Self::Credential,
        Self::Clock,
        Self::InvalidAnswer,
        Self::IncompleteListing,
        Self::ExpiredUnseen,
        Self::Disk,
    ];

    /// The word used in evidence and views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRun => "not_run",
            Self::Aborted => "aborted",
            Self::Deferred => "deferred",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Credential => "credential",
            Self::Clock => "clock",
            Self::InvalidAnswer => "invalid_answer",
            Self::IncompleteListing => "incomplete_listing",
            Self::ExpiredUnseen => "expired_unseen",
            Self::Disk => "disk",
        }
    }

    /// The cause of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }

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

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_its_cause_alone() {
        for cause in Cause::ALL {
            assert_eq!(Cause::from_word(cause.as_str()), Some(cause));
        }
        assert_eq!(Cause::from_word("weather"), None);
    }
}
