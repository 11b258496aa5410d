//! One vocabulary over the services' status words.

use super::words::words;

words! {
    /// What a status word means. A word that is not known is `Unknown`: stored, shown, never final.
    pub enum Phase {
        /// Accepted, not begun.
        Pending = "pending",
        /// Under way.
        Running = "running",
        /// Being stopped.
        Stopping = "stopping",
        /// Ended well (single targets may have failed: `has_failures`).
        Succeeded = "succeeded",
        /// Ended badly.
        Failed = "failed",
        /// Never begun, because the operation ended first.
        Cancelled = "cancelled",
        /// Ended by a stop.
        Stopped = "stopped",
        /// A word that the program does not know.
        Unknown = "unknown",
    }
}

impl Phase {
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
