//! What was served, bounded: the newest entries, and exact counts of all.

use std::collections::VecDeque;

/// Entries that a log keeps unless a test asks for all. A look at a full page of results is some
/// 5 KB, so that this is 100 MB at the very worst.
const LOG_ENTRIES_MAX: usize = 20_000;

/// The newest entries of a log.
#[derive(Debug)]
pub(super) struct Log<T> {
    entries: VecDeque<T>,
    keeps_all: bool,
    written: u64,
}

impl<T: Clone> Log<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            keeps_all: false,
            written: 0,
        }
    }

    pub(super) fn keep_all(&mut self) {
        self.keeps_all = true;
    }

    pub(super) fn push(&mut self, entry: T) {
        if !self.keeps_all && self.entries.len() == LOG_ENTRIES_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.written += 1;
    }

    pub(super) fn to_vec(&self) -> Vec<T> {
        self.entries.iter().cloned().collect()
    }

    /// The entries after the first `written` ones, as far as they are kept.
    pub(super) fn since(&self, written: u64) -> Vec<T> {
        let new = usize::try_from(self.written.saturating_sub(written)).unwrap_or(usize::MAX);
        let skipped = self.entries.len().saturating_sub(new);
        self.entries.range(skipped..).cloned().collect()
    }

    /// How many entries there ever were.
    pub(super) fn written(&self) -> u64 {
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_and_the_count_stays_exact() {
        let mut log = Log::new();
        for number in 0..=LOG_ENTRIES_MAX {
            log.push(number);
        }
        assert_eq!(log.to_vec().first(), Some(&1));
        assert_eq!(log.written(), LOG_ENTRIES_MAX as u64 + 1);
        assert_eq!(log.since(LOG_ENTRIES_MAX as u64 - 1).len(), 2);
        assert_eq!(log.since(LOG_ENTRIES_MAX as u64 + 1), [0_usize; 0]);
        assert_eq!(
            log.since(0).len(),
            LOG_ENTRIES_MAX,
            "as far as they are kept"
        );
        log.keep_all();
        log.push(0);
        assert_eq!(log.to_vec().len(), LOG_ENTRIES_MAX + 1);
    }
}
