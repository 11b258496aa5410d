//! Exit codes, on which cron lines and scripts are built.

use std::process::{ExitCode, Termination};

use crate::collect::Signal;

/// How a command ended. The numbers are a promise and stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// All that was due was asked and answered, or waits for its time.
    Done,
    /// Could not go on: configuration, credentials of every account, database, disk, or no watch
    /// due got an answer about its operation.
    Failed,
    /// What was typed cannot be understood.
    Usage,
    /// The command did its work, and its finding is bad: a difference, or a database older than
    /// its checkpoint.
    BadNews,
    /// A watch failed, a listing stayed incomplete, an id was lost, or a watch was deferred twice.
    Partial,
    /// Another collector holds the lock; nothing was asked.
    Locked,
    /// Ended by SIGINT, after the answers in flight were committed.
    Interrupted,
    /// Ended by SIGTERM, after the answers in flight were committed.
    Terminated,
}

impl Exit {
    /// Every way to end.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::BadNews,
        Self::Partial,
        Self::Locked,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The process's exit status; of signals, 128 and the signal's number, as shells report it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::BadNews => 3,
            Self::Partial => 4,
            Self::Locked => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Signal> for Exit {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Terminate => Self::Terminated,
            Signal::Interrupt => Self::Interrupted,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_scripts_know() {
        let codes = Exit::ALL.map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 130, 143]);
    }
}
