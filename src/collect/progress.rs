//! How far a run has come, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of the present run, written while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Looks and steps of discovery known so far.
    planned: AtomicU64,
    /// Of them finished.
    finished: AtomicU64,
}

impl Progress {
    /// Begins anew, for the next run.
    pub(super) fn begin(&self, planned: usize) {
        self.planned.store(count(planned), Ordering::Relaxed);
        self.finished.store(0, Ordering::Relaxed);
    }

    pub(super) fn found(&self, more: usize) {
        self.planned.fetch_add(count(more), Ordering::Relaxed);
    }

    pub(super) fn finished(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// What is finished, and what is known to be done in all.
    pub fn read(&self) -> (u64, u64) {
        (
            self.finished.load(Ordering::Relaxed),
            self.planned.load(Ordering::Relaxed),
        )
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
