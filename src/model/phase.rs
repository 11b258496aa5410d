//! One vocabulary over the services' status words.

use std::fmt;

/// What a status word means. A word that is not known is `Unknown`: stored, shown, never final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Accepted, not begun.
    Pending,
    /// Under way.
    Running,
    /// Being stopped.
    Stopping,
    /// Ended well (single targets may have failed: `has_failures`).
    Succeeded,
    /// Ended badly.
    Failed,
    /// Never begun, because the operation ended first.
    Cancelled,
    /// Ended by a stop.
    Stopped,
    /// A word that the program does not know.
    Unknown,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Running,
        Self::Stopping,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Stopped,
        Self::Unknown,
    ];

    /// The word used in views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }

    /// The phase of the word used in views.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == word)
    }

    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Stopped
        )
    }

    /// The phase of a status word of ROS (of an operation or of a row of its results) or of BPStudio
    /// (trimmed and upper-cased before). One vocabulary, because the sources contradict each other
    /// about which word belongs where.
    pub fn of_word(status: &str) -> Self {
        match status {
            "QUEUED" | "PENDING" | "INIT" => Self::Pending,
            "RUNNING" => Self::Running,
            "STOPPING" => Self::Stopping,
            "SUCCEEDED" | "SUCCESS" => Self::Succeeded,
            "FAILED" | "FAILURE" => Self::Failed,
            "CANCELLED" => Self::Cancelled,
            "STOPPED" => Self::Stopped,
            _ => Self::Unknown,
        }
    }

    /// The phase of an AliDNS batch status; −1 ("no task") never gets here.
    pub const fn of_alidns(status: i64) -> Self {
        match status {
            0 => Self::Running,
            1 => Self::Succeeded,
            2 => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_never_final() {
        assert_eq!(
            Phase::of_word("INIT/RUNNING/SUCCESS/FAILURE"),
            Phase::Unknown
        );
        assert!(!Phase::Unknown.is_final());
        assert_eq!(Phase::of_word("succeeded"), Phase::Unknown);
        assert_eq!(Phase::of_alidns(3), Phase::Unknown);
    }
}
