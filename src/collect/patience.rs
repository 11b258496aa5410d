//! Until when a call may be repeated.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after its last answer the pages of a listing that has begun may be repeated, whatever the run's
/// deadline: a listing cut in two proves nothing, and the next run would have to read it all again.
const LISTING_RETRY_BUDGET: Duration = Duration::from_secs(60);

/// The patience with a listing: as long as its pages are answered, those that fail may be repeated.
pub(super) struct Patience {
    deadline: Instant,
    last_answer: Mutex<Instant>,
}

impl Patience {
    /// Repeats may take until `deadline` in any case.
    pub(super) fn until_at_least(deadline: Instant) -> Self {
        Self {
            deadline,
            last_answer: Mutex::new(Instant::now()),
        }
    }

    /// When it ends, unless another answer comes.
    pub(super) fn end(&self) -> Instant {
        let last = *self
            .last_answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.deadline.max(last + LISTING_RETRY_BUDGET)
    }

    /// An answer came.
    pub(super) fn renew(&self) {
        *self
            .last_answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// Until when a call may be repeated.
#[derive(Default, Clone, Copy)]
pub(super) enum RepeatUntil<'a> {
    /// As long as attempts are left.
    #[default]
    AttemptsEnd,
    /// Until then.
    Instant(Instant),
    /// As long as the listing that it is a page of has answers.
    Patience(&'a Patience),
}

impl RepeatUntil<'_> {
    /// The end as it stands now.
    pub(super) fn end(self) -> Option<Instant> {
        match self {
            Self::AttemptsEnd => None,
            Self::Instant(instant) => Some(instant),
            Self::Patience(patience) => Some(patience.end()),
        }
    }
}
