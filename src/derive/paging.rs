//! What the pages of one list prove of each other: that the list is whole, or why that cannot be believed.
//!
//! Rows are none of its business; whoever reads them says how many keys there are and how many came with
//! different states.

use std::collections::BTreeSet;

use crate::model::{Extent, Outcome, UtcMillis, Verdict};

/// What a page says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Its leaf.
    pub sequence: i64,
    /// The number asked for.
    pub page_number: i64,
    /// Rows on it.
    pub rows: i64,
    /// PageSize as answered.
    pub page_size: Option<i64>,
    /// TotalCount as answered.
    pub total_count: Option<i64>,
    /// When it was asked.
    pub requested_at: UtcMillis,
    /// When it was there.
    pub received_at: UtcMillis,
}

impl Page {
    /// How many pages there are, as far as this one tells. A page that is not the last has as many rows as a
    /// page can have, whatever size it claims.
    fn last_page(&self) -> i64 {
        let claimed = self.page_size.filter(|size| *size > 0);
        let size = claimed.map_or(self.rows, |size| size.min(self.rows));
        match self.total_count {
            Some(total) if total > self.rows && size > 0 => (total - 1) / size + 1,
            _ => 1,
        }
    }
}

/// How far the pages of a list reach, which are in order of their leaves.
pub fn extent(pages: &[Page]) -> Extent {
    let (first, last) = (pages.first(), pages.last());
    Extent {
        started_at: pages.iter().map(|page| page.requested_at).min(),
        ended_at: pages.iter().map(|page| page.received_at).max(),
        pages: i64::try_from(pages.len()).unwrap_or(i64::MAX),
        page_size: first.and_then(|page| page.page_size),
        first_total_count: first.and_then(|page| page.total_count),
        last_total_count: last.and_then(|page| page.total_count),
    }
}

/// What a list is by the reason why it cannot be believed to be whole.
pub const fn verdict(reason: Option<&String>) -> Verdict {
    match reason {
        None => Verdict::Complete,
        Some(_) => Verdict::Incomplete,
    }
}

/// The pages of one list so far.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    pages: Vec<Page>,
    /// The first TotalCount that differs from that of the first page.
    other_total: Option<Option<i64>>,
    /// The last page that failed, with its number and what became of it.
    failure: Option<(i64, Outcome)>,
}

impl Paging {
    /// Takes a page that was answered and read.
    pub fn add_page(&mut self, page: Page) {
        if let Some(first) = self.pages.first()
            && first.total_count != page.total_count
        {
            self.other_total.get_or_insert(page.total_count);
        }
        self.pages.push(page);
        if self
            .failure
            .is_some_and(|(number, _)| number == page.page_number)
        {
            self.failure = None;
        }
    }

    /// Takes a page that failed. A later answer for the same page makes it good again.
    pub fn add_failure(&mut self, page_number: i64, outcome: Outcome) {
        self.failure = Some((page_number, outcome));
    }

    /// The page that failed for good, and how.
    pub fn failure(&self) -> Option<(i64, Outcome)> {
        self.failure
    }

    /// Whether pages that the first one counts were not answered, so that nobody knows what they would have
    /// said. A list that ends with an empty page has no more, whatever it counts.
    pub fn lacks_pages(&self) -> bool {
        let Some(first) = self.pages.iter().find(|page| page.page_number == 1) else {
            return true;
        };
        let last = first.last_page();
        if last <= 1 || self.pages.iter().any(|page| page.rows == 0) {
            return false;
        }
        let answered: BTreeSet<i64> = self.pages.iter().map(|page| page.page_number).collect();
        let answered = i64::try_from(answered.range(1..=last).count()).unwrap_or(i64::MAX);
        answered < last
    }

    /// The pages, in the order in which they were taken.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The pages, in order of their leaves.
    pub fn into_pages(self) -> Vec<Page> {
        let mut pages = self.pages;
        pages.sort_by_key(|page| page.sequence);
        pages
    }

    /// Why the pages do not prove that nothing is missing; `None` where they do: TotalCount is there, the
    /// same on all of them and the number of distinct keys, none of which came with different states.
    pub fn defect(&self, distinct_keys: i64, disputed_keys: usize) -> Option<String> {
        let failed = self
            .failure
            .map(|(page, outcome)| format!("page {page}: {outcome}"));
        let Some(first) = self.pages.first() else {
            return Some(failed.unwrap_or_else(|| "no page was answered".to_owned()));
        };
        let total_count = match (first.total_count, self.other_total) {
            (None, _) | (_, Some(None)) => return Some("TotalCount is missing".to_owned()),
            (Some(before), Some(Some(after))) => {
                return Some(format!("TotalCount changed from {before} to {after}"));
            }
            (Some(total_count), None) => total_count,
        };
        if disputed_keys > 0 {
            return Some(format!("{disputed_keys} keys came with different states"));
        }
        if total_count == distinct_keys {
            return None;
        }
        Some(
            failed.unwrap_or_else(|| {
                format!("{distinct_keys} distinct keys, TotalCount {total_count}")
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(pages: &[(i64, i64)]) -> Paging {
        let mut paging = Paging::default();
        for (page_number, rows) in pages {
            paging.add_page(Page {
                sequence: 100 + page_number,
                page_number: *page_number,
                rows: *rows,
                page_size: Some(50),
                total_count: Some(120),
                requested_at: UtcMillis(0),
                received_at: UtcMillis(1),
            });
        }
        paging
    }

    #[test]
    fn pages_that_the_first_one_counts_are_missed() {
        assert!(paging(&[]).lacks_pages());
        assert!(paging(&[(2, 50)]).lacks_pages());
        assert!(paging(&[(1, 50)]).lacks_pages());
        assert!(paging(&[(1, 50), (3, 20)]).lacks_pages());
        assert!(!paging(&[(1, 50), (3, 20), (2, 50)]).lacks_pages());
    }

    #[test]
    fn an_empty_page_is_the_end() {
        assert!(!paging(&[(1, 50), (2, 0)]).lacks_pages());
        assert!(!paging(&[(1, 0)]).lacks_pages());
    }

    #[test]
    fn the_size_is_what_a_page_holds() {
        // Capped at 40 rows, so there are three pages of them.
        assert!(paging(&[(1, 40), (2, 40)]).lacks_pages());
        assert!(!paging(&[(1, 40), (2, 40), (3, 40)]).lacks_pages());
    }
}
