//! One reading of all pages of an operation's results, and whether it can be believed to be whole.
//!
//! The cloud pages by number over a list that may change meanwhile, without a snapshot and without an
//! order that is promised. So a listing proves itself by its own numbers: TotalCount must be there and
//! the same on every page, and the distinct (account, region) keys must number exactly that.

use std::collections::BTreeMap;

use super::listed_rows::{ListedRow, ListedRows};
use super::paging::{Page, Paging, verdict};
use crate::model::{Outcome, Verdict};

/// A listing that is being read.
#[derive(Debug, Clone)]
pub struct Listing {
    paging: Paging,
    /// The first row of each key.
    rows: ListedRows,
    /// The status words of each key that came more than once with different states.
    disputes: BTreeMap<i64, Vec<i64>>,
}

/// A listing that is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Whether it is whole.
    pub verdict: Verdict,
    /// Why it is not.
    pub reason: Option<String>,
    /// Whether pages of it were not answered.
    pub lacks_pages: bool,
    /// Distinct keys, conflicting ones included.
    pub distinct_keys: i64,
    /// Pages in order of their leaves.
    pub pages: Vec<Page>,
    /// The rows that can be believed, by target; without the conflicting ones.
    pub rows: ListedRows,
    /// The status words of each conflicting one.
    pub disputed: Vec<Vec<i64>>,
}

impl Default for Listing {
    fn default() -> Self {
        Self::new()
    }
}

impl Listing {
    /// A listing of which nothing is known yet.
    pub fn new() -> Self {
        Self {
            paging: Paging::default(),
            rows: ListedRows::default(),
            disputes: BTreeMap::new(),
        }
    }

    /// Takes a page that was answered and read.
    pub fn add_page(&mut self, page: Page, rows: impl IntoIterator<Item = ListedRow>) {
        self.paging.add_page(page);
        for row in rows {
            if let Some(first) = self.rows.add(row).filter(|first| !first.agrees_with(&row)) {
                let words = self.disputes.entry(row.target);
                words
                    .or_insert_with(|| vec![first.status_no])
                    .push(row.status_no);
            }
        }
    }

    /// Takes a page that failed. A later answer for the same page makes it good again.
    pub fn add_failure(&mut self, page_number: i64, outcome: Outcome) {
        self.paging.add_failure(page_number, outcome);
    }

    /// The page that failed for good, and how.
    pub fn failure(&self) -> Option<(i64, Outcome)> {
        self.paging.failure()
    }

    /// Whether the pages read so far prove that nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.paging
            .defect(self.distinct_keys(), self.disputes.len())
            .is_none()
    }

    fn distinct_keys(&self) -> i64 {
        i64::try_from(self.rows.len()).unwrap_or(i64::MAX)
    }

    /// Closes the listing, with the answer that completed it or because nothing more will come.
    pub fn close(self) -> Closed {
        let distinct_keys = self.distinct_keys();
        let reason = self.paging.defect(distinct_keys, self.disputes.len());
        let lacks_pages = reason.is_some() && self.paging.lacks_pages();
        let pages = self.paging.into_pages();
        let mut rows = self.rows;
        for target in self.disputes.keys() {
            rows.remove(*target);
        }
        Closed {
            verdict: verdict(reason.as_ref()),
            reason,
            lacks_pages,
            distinct_keys,
            pages,
            rows,
            disputed: self.disputes.into_values().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UtcMillis;

    fn page(page_number: i64, total_count: Option<i64>) -> Page {
        Page {
            sequence: 100 + page_number,
            page_number,
            rows: 2,
            page_size: Some(2),
            total_count,
            requested_at: UtcMillis(page_number * 10),
            received_at: UtcMillis(page_number * 10 + 5),
        }
    }

    fn row(target: i64, status_no: i64) -> ListedRow {
        ListedRow {
            target,
            status_no,
            reason_no: None,
            folder_no: None,
            sequence: 100 + target,
        }
    }

    fn closed(pages: &[(Page, Vec<ListedRow>)]) -> Closed {
        let mut listing = Listing::new();
        for (page, rows) in pages {
            listing.add_page(*page, rows.iter().copied());
        }
        listing.close()
    }

    #[test]
    fn an_empty_list_is_complete_and_no_answer_is_not() {
        assert_eq!(
            closed(&[(page(1, Some(0)), vec![])]).verdict,
            Verdict::Complete
        );
        let nothing = closed(&[]);
        assert_eq!(
            (nothing.verdict, nothing.reason.as_deref()),
            (Verdict::Incomplete, Some("no page was answered"))
        );
    }

    #[test]
    fn pages_may_come_in_any_order_and_rows_twice() {
        let whole = closed(&[
            (page(2, Some(3)), vec![row(3, 1), row(1, 1)]),
            (page(1, Some(3)), vec![row(1, 1), row(2, 1)]),
        ]);
        assert_eq!(whole.verdict, Verdict::Complete);
        assert_eq!(
            whole.rows.iter().map(|r| r.target).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert_eq!(
            whole
                .pages
                .iter()
                .map(|p| p.page_number)
                .collect::<Vec<_>>(),
            [1, 2]
        );
    }

    #[test]
    fn conflicting_rows_add_nothing() {
        let torn = closed(&[
            (page(1, Some(2)), vec![row(1, 1), row(2, 1)]),
            (page(2, Some(2)), vec![row(1, 2)]),
        ]);
        assert_eq!(torn.verdict, Verdict::Incomplete);
        assert_eq!(torn.rows.iter().map(|r| r.target).collect::<Vec<_>>(), [2]);
        assert_eq!(torn.distinct_keys, 2);
    }

    #[test]
    fn every_state_of_a_conflicting_row_is_told() {
        let torn = closed(&[
            (page(1, Some(1)), vec![row(1, 1), row(1, 1), row(1, 2)]),
            (page(2, Some(1)), vec![row(1, 3)]),
        ]);
        assert_eq!(torn.disputed, [vec![1, 2, 3]]);
        assert_eq!(
            torn.reason.as_deref(),
            Some("1 keys came with different states")
        );
    }

    #[test]
    fn total_count_must_be_there_and_stay() {
        let grown = closed(&[
            (page(1, Some(2)), vec![row(1, 1)]),
            (page(2, Some(3)), vec![row(2, 1)]),
        ]);
        assert_eq!(
            grown.reason.as_deref(),
            Some("TotalCount changed from 2 to 3")
        );
        let silent = closed(&[(page(1, None), vec![row(1, 1)])]);
        assert_eq!(silent.reason.as_deref(), Some("TotalCount is missing"));
    }

    #[test]
    fn a_failed_page_is_named_until_it_is_answered() {
        let mut listing = Listing::new();
        listing.add_page(page(1, Some(2)), [row(1, 1)]);
        listing.add_failure(2, Outcome::Throttled);
        assert_eq!(
            listing.clone().close().reason.as_deref(),
            Some("page 2: throttled")
        );
        listing.add_page(page(2, Some(2)), [row(2, 1)]);
        assert!(listing.is_complete());
        assert_eq!(listing.failure(), None);
    }
}
