//! What a run is for, and what it comes to.

use super::words::words;

words! {
    /// What a run is for.
    pub enum RunKind {
        /// A round over what is due.
        Collect = "collect",
        /// A stop of one operation.
        Stop = "stop",
    }
}

words! {
    /// What a run came to.
    pub enum RunOutcome {
        /// All that was due was seen.
        Complete = "complete",
        /// Some of it was not seen.
        Partial = "partial",
        /// An error ended it, or nothing of what was due was answered.
        Failed = "failed",
        /// A signal ended it.
        Interrupted = "interrupted",
        /// It died, and a later run found that.
        Aborted = "aborted",
    }
}
