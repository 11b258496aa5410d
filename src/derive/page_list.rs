//! One reading of all pages of a list whose rows are few enough to be held as they are: stack groups, their
//! operations, the rows of a DNS batch.
//!
//! The proof that it is whole is that of every list ([`super::paging`]). Equal rows of one key fold;
//! different ones are no rows that can be believed, and make it incomplete.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::paging::{Page, Paging, verdict};
use crate::model::{Outcome, Verdict};

/// A list that is being read.
#[derive(Debug, Clone)]
pub struct PageList<K, R> {
    paging: Paging,
    /// The first row of each key, with the page that showed it.
    rows: BTreeMap<K, (i64, R)>,
    /// Keys that came more than once with different states.
    disputed: BTreeSet<K>,
}

/// A list that is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedList<K, R> {
    /// Whether it is whole.
    pub verdict: Verdict,
    /// Why it is not.
    pub reason: Option<String>,
    /// What became of the page that failed for good, where one did.
    pub failed_outcome: Option<Outcome>,
    /// Whether pages of it were not answered.
    pub lacks_pages: bool,
    /// Distinct keys, conflicting ones included.
    pub distinct_keys: i64,
    /// Pages in order of their leaves.
    pub pages: Vec<Page>,
    /// The rows that can be believed, by key, each with the page that showed it.
    pub rows: Vec<(K, i64, R)>,
}

impl<K, R> Default for PageList<K, R> {
    fn default() -> Self {
        Self {
            paging: Paging::default(),
            rows: BTreeMap::new(),
            disputed: BTreeSet::new(),
        }
    }
}

impl<K: Ord + Clone, R: PartialEq> PageList<K, R> {
    /// Takes a page that was answered and read.
    pub fn add_page(&mut self, page: Page, rows: impl IntoIterator<Item = (K, R)>) {
        self.paging.add_page(page);
        for (key, row) in rows {
            match self.rows.entry(key) {
                Entry::Vacant(free) => {
                    free.insert((page.sequence, row));
                }
                Entry::Occupied(first) if first.get().1 != row => {
                    self.disputed.insert(first.key().clone());
                }
                Entry::Occupied(_) => {}
            }
        }
    }

    /// Takes a page that failed. A later answer for the same page makes it good again.
    pub fn add_failure(&mut self, page_number: i64, outcome: Outcome) {
        self.paging.add_failure(page_number, outcome);
    }

    /// Whether the pages read so far prove that nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.defect().is_none()
    }

    /// The pages so far.
    pub fn pages(&self) -> &[Page] {
        self.paging.pages()
    }

    fn defect(&self) -> Option<String> {
        self.paging
            .defect(self.distinct_keys(), self.disputed.len())
    }

    fn distinct_keys(&self) -> i64 {
        i64::try_from(self.rows.len()).unwrap_or(i64::MAX)
    }

    /// Closes the list, with the answer that completed it or because nothing more will come. An `objection`
    /// makes it incomplete whatever its numbers say.
    pub fn close(self, objection: Option<String>) -> ClosedList<K, R> {
        let reason = self.defect().or(objection);
        let distinct_keys = self.distinct_keys();
        let failure = self.paging.failure();
        let lacks_pages = reason.is_some() && self.paging.lacks_pages();
        let disputed = self.disputed;
        ClosedList {
            verdict: verdict(reason.as_ref()),
            failed_outcome: failure
                .map(|(_, outcome)| outcome)
                .filter(|_| reason.is_some()),
            reason,
            lacks_pages,
            distinct_keys,
            pages: self.paging.into_pages(),
            rows: self
                .rows
                .into_iter()
                .filter(|(key, _)| !disputed.contains(key))
                .map(|(key, (sequence, row))| (key, sequence, row))
                .collect(),
        }
    }
}

/// Why the rows of a list without keys cannot be told apart by their place, which is page and place on it:
/// pages of different size overlap or leave rows out, and so does a page that is missing between others.
pub fn place_objection(pages: &[Page]) -> Option<String> {
    let sizes: BTreeSet<Option<i64>> = pages.iter().map(|page| page.page_size).collect();
    if sizes.len() > 1 {
        return Some("PageSize changed from page to page".to_owned());
    }
    let numbers: BTreeSet<i64> = pages.iter().map(|page| page.page_number).collect();
    (1..)
        .zip(&numbers)
        .find(|(wanted, number)| wanted != *number)
        .map(|(wanted, _)| format!("page {wanted} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UtcMillis;

    fn page(page_number: i64, page_size: i64, total_count: Option<i64>) -> Page {
        Page {
            sequence: 100 + page_number,
            page_number,
            rows: page_size,
            page_size: Some(page_size),
            total_count,
            requested_at: UtcMillis(0),
            received_at: UtcMillis(1),
        }
    }

    #[test]
    fn equal_rows_fold_and_different_ones_are_not_believed() {
        let mut list = PageList::default();
        list.add_page(page(1, 2, Some(3)), [("a", 1), ("b", 1)]);
        assert!(!list.is_complete());
        list.add_page(page(2, 2, Some(3)), [("b", 1), ("c", 1)]);
        assert!(list.is_complete());
        let whole = list.clone().close(None);
        assert_eq!(whole.verdict, Verdict::Complete);
        assert_eq!(whole.rows, [("a", 101, 1), ("b", 101, 1), ("c", 102, 1)]);
        list.add_page(page(3, 2, Some(3)), [("b", 2)]);
        let torn = list.close(None);
        assert_eq!((torn.verdict, torn.distinct_keys), (Verdict::Incomplete, 3));
        assert_eq!(torn.rows, [("a", 101, 1), ("c", 102, 1)]);
    }

    #[test]
    fn a_page_that_failed_is_named_until_it_is_answered() {
        let mut list = PageList::default();
        list.add_page(page(1, 1, Some(2)), [("a", 1)]);
        list.add_failure(2, Outcome::Throttled);
        let torn = list.clone().close(None);
        assert_eq!(torn.reason.as_deref(), Some("page 2: throttled"));
        assert_eq!(torn.failed_outcome, Some(Outcome::Throttled));
        list.add_page(page(2, 1, Some(2)), [("b", 1)]);
        assert_eq!(list.close(None).failed_outcome, None);
    }

    #[test]
    fn an_objection_outweighs_the_numbers() {
        let mut list = PageList::default();
        list.add_page(page(1, 1, Some(1)), [("a", 1)]);
        let closed = list.close(Some("too early".to_owned()));
        assert_eq!(closed.reason.as_deref(), Some("too early"));
    }

    #[test]
    fn places_need_pages_of_one_size_without_a_hole() {
        let place = |pages: &[(i64, i64)]| {
            let pages: Vec<Page> = pages
                .iter()
                .map(|(number, size)| page(*number, *size, Some(1)))
                .collect();
            place_objection(&pages)
        };
        assert_eq!(place(&[]), None);
        assert_eq!(place(&[(2, 20), (1, 20), (2, 20)]), None);
        assert_eq!(
            place(&[(1, 20), (2, 10)]).as_deref(),
            Some("PageSize changed from page to page")
        );
        assert_eq!(
            place(&[(1, 20), (3, 20)]).as_deref(),
            Some("page 2 is missing")
        );
    }
}
