//! Pages of results, to the verdict whether they are the whole list.

use std::collections::{BTreeMap, BTreeSet};

use optrail::derive::listed_rows::ListedRow;
use optrail::derive::listing::Listing;
use optrail::derive::paging::Page;
use optrail::model::{Action, Outcome, UtcMillis, Verdict};
use optrail::services::{Asked, Body, Content};

/// Stands between two pages: no byte of UTF-8.
const BETWEEN: u8 = 0xff;

/// Pages of a list as they come, each with the number that was asked for.
pub fn listing(bytes: &[u8]) {
    let action = Action::ListStackGroupOperationResults;
    let mut listing = Listing::new();
    let mut numbers = Numbers::default();
    let mut targets = BTreeSet::new();
    let mut totals = BTreeSet::new();
    let mut unread = BTreeSet::new();
    let mut last_page = 0;
    for (sequence, body) in (1_i64..).zip(bytes.split(|byte| *byte == BETWEEN)) {
        // Every second time the page is asked for once more.
        let number = sequence / 2 + 1;
        last_page = number;
        let asked: Asked = [("PageNumber", number.to_string())].into_iter().collect();
        let answer = Body::from(body.to_vec()).read(action, &asked, 200);
        let Content::ResultsPage(reading) = answer.content else {
            assert_ne!(answer.outcome, Outcome::Ok);
            listing.add_failure(number, answer.outcome);
            unread.insert(number);
            continue;
        };
        unread.remove(&number);
        let page = reading.value.clone();
        totals.insert(page.total_count);
        let rows: Vec<ListedRow> = page
            .rows
            .iter()
            .map(|row| {
                let target = format!("{}\n{}", row.account_id, row.region_id);
                targets.insert(target.clone());
                ListedRow {
                    target: numbers.of(&target),
                    status_no: numbers.of(row.status.as_deref().unwrap_or_default()),
                    reason_no: row.status_reason.as_deref().map(|text| numbers.of(text)),
                    folder_no: row.folder_id.as_deref().map(|text| numbers.of(text)),
                    sequence,
                }
            })
            .collect();
        let page = Page {
            sequence,
            page_number: number,
            rows: rows.len() as i64,
            page_size: page.page_size,
            total_count: page.total_count,
            requested_at: UtcMillis(sequence),
            received_at: UtcMillis(sequence + 1),
        };
        listing.add_page(page, rows);
    }
    let is_complete = listing.is_complete();
    let closed = listing.close();
    assert_eq!(closed.verdict == Verdict::Complete, is_complete);
    assert_eq!(closed.verdict == Verdict::Complete, closed.reason.is_none());
    assert_eq!(closed.distinct_keys, targets.len() as i64);
    if is_complete {
        // Only what every page says of itself makes a list whole.
        assert_eq!(totals.len(), 1);
        assert_eq!(totals.first(), Some(&Some(targets.len() as i64)));
        assert!(closed.disputed.is_empty());
        assert!(!closed.pages.is_empty());
        // All that is there came on other pages, or the number of rows would not be right.
        assert!(unread.len() < last_page as usize || unread.is_empty());
    }
}

/// The number of each text, from 1, as a dictionary gives it.
#[derive(Default)]
struct Numbers(BTreeMap<String, i64>);

impl Numbers {
    fn of(&mut self, text: &str) -> i64 {
        let next = self.0.len() as i64 + 1;
        *self.0.entry(text.to_owned()).or_insert(next)
    }
}
