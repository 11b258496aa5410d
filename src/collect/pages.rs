//! Reading all pages of a list.
//!
//! Page 1 says how many there are; the others are asked at the same time. Whether the reading is whole is
//! decided by derivation from the kept pages, not here; where it is not, or where it lacks a row that was
//! there before, the list is read again at once.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::ask::{Caller, How};
use super::patience::{Patience, RepeatUntil};
use super::round::CollectorError;
use crate::evidence::leaf;
use crate::model::{Action, ListPage, Outcome};
use crate::services::{Answer, Content, Request};
use crate::store::{StoreError, listings, page_listings};

/// How often a list is read in one run: once, once more because it was torn or lacked a row, and once more
/// because that reading was torn in turn.
const READINGS_MAX: u32 = 3;

/// Pages of one listing. The service's quotas allow 2,000 rows of 50 a page; this is five hundred times as
/// much, and ends a reading of a list that claims to be endless.
const PAGES_MAX: u32 = 20_000;

/// Pages that wait for a place among the requests in flight.
const PAGES_QUEUED: usize = 64;

/// A list that can be read.
pub(super) struct List {
    /// What evidence says once for all of its pages.
    pub(super) leaf: leaf::Listing,
    /// The request for one page, from 1.
    pub(super) request: Box<dyn Fn(u32) -> Request + Send + Sync>,
    /// The run's deadline: repeats may take until then, even if the budget would not let them.
    pub(super) deadline: Instant,
    /// Whether the caller wants to see the pages; those of results are too many to hold.
    pub(super) wants_pages: bool,
}

/// Reads a list until a reading is whole and lacks nothing, at most [`READINGS_MAX`] times. Gives the pages
/// of all readings, where they are wanted: one that breaks early takes nothing back.
pub(super) async fn read(caller: &Arc<Caller>, list: List) -> Result<Vec<Content>, CollectorError> {
    let list = Arc::new(list);
    let mut pages = Vec::new();
    for _ in 0..READINGS_MAX {
        let listing_id = caller.recorder().begin_listing(list.leaf.clone()).await?;
        let mut reading = Reading::new(caller, &list, listing_id);
        let all_answered = reading.read().await?;
        pages.append(&mut reading.pages);
        let verdict = verdict(caller, list.leaf.action, listing_id).await?;
        let again = match verdict {
            Some((true, lacked)) => lacked > 0,
            Some((false, _)) | None => all_answered,
        };
        if !again || caller.is_stopping() {
            break;
        }
    }
    Ok(pages)
}

/// Whether a listing that has closed is complete, and how many known rows it lacks that may be gone.
async fn verdict(
    caller: &Caller,
    action: Action,
    listing_id: i64,
) -> Result<Option<(bool, i64)>, StoreError> {
    caller
        .recorder()
        .read(move |db| match action {
            Action::ListStackGroupOperationResults => listings::verdict(db, listing_id),
            _ => Ok(page_listings::verdict(db, listing_id)?.map(|complete| (complete, 0))),
        })
        .await
}

/// One reading of a list.
struct Reading {
    caller: Arc<Caller>,
    list: Arc<List>,
    listing_id: i64,
    patience: Arc<Patience>,
    pages: Vec<Content>,
}

impl Reading {
    fn new(caller: &Arc<Caller>, list: &Arc<List>, listing_id: i64) -> Self {
        let patience = Patience::until_at_least(list.deadline);
        Self {
            caller: Arc::clone(caller),
            list: Arc::clone(list),
            listing_id,
            patience: Arc::new(patience),
            pages: Vec::new(),
        }
    }

    /// Tells whether every page was answered.
    async fn read(&mut self) -> Result<bool, CollectorError> {
        let Some(first) = self.page(1).await? else {
            return Ok(false);
        };
        let Some(shape) = Shape::of(&first.content) else {
            return Ok(false);
        };
        match last_page(&shape) {
            LastPage::Known(last) => self.read_rest(first.content, last).await,
            LastPage::Unknown => {
                self.read_on(first.content).await?;
                // Read to the end, but nothing proves that: reading again would prove no more.
                Ok(false)
            }
        }
    }

    /// Asks for pages 2 to `last`, many at a time.
    async fn read_rest(&mut self, first: Content, last: u32) -> Result<bool, CollectorError> {
        let has_keys = !matches!(first, Content::BatchDetailsPage(_));
        let mut waiting = 2..=last;
        let mut asked: JoinSet<Result<Option<Answer>, StoreError>> = JoinSet::new();
        let mut all_answered = true;
        let mut hopeless = false;
        let mut ended = false;
        loop {
            while asked.len() < PAGES_QUEUED
                && !hopeless
                && !ended
                && let Some(number) = waiting.next()
            {
                asked.spawn(self.page(number));
            }
            let Some(answer) = asked.join_next().await else {
                break;
            };
            let answer = answer??;
            let outcome = answer.as_ref().map(|answer| answer.outcome);
            all_answered &= outcome == Some(Outcome::Ok);
            // What refuses one page refuses them all; and once the time for repeats is over, a list that
            // lacks a page is not worth a timeout for each of the others.
            hopeless |= match outcome {
                None | Some(Outcome::Denied | Outcome::Credential | Outcome::Clock) => true,
                Some(Outcome::Ok) => false,
                Some(_) => Instant::now() >= self.patience.end(),
            };
            if let Some(answer) = answer {
                // The end of a list that counts more rows than it has, or a server that does not page: rows
                // that have a key do not come twice.
                ended |= Shape::of(&answer.content).is_some_and(|shape| shape.rows == 0)
                    || (has_keys && have_same_rows(&first, &answer.content));
                self.take(answer.content);
            }
        }
        self.take(first);
        Ok(all_answered && !hopeless)
    }

    /// Asks for one page after the other until one is empty, or says what the one before said: without
    /// TotalCount nothing else tells the end, and a server may not page at all.
    async fn read_on(&mut self, first: Content) -> Result<(), StoreError> {
        let mut before = first;
        for number in 2..=PAGES_MAX {
            let Some(answer) = self.page(number).await? else {
                break;
            };
            let page = answer.content;
            let is_end = Shape::of(&page).is_none_or(|shape| shape.rows == 0);
            if is_end || have_same_rows(&before, &page) {
                break;
            }
            let former = std::mem::replace(&mut before, page);
            self.take(former);
        }
        self.take(before);
        Ok(())
    }

    fn take(&mut self, page: Content) {
        if self.list.wants_pages {
            self.pages.push(page);
        }
    }

    /// Asks for one page.
    fn page(
        &self,
        number: u32,
    ) -> impl Future<Output = Result<Option<Answer>, StoreError>> + Send + 'static {
        let caller = Arc::clone(&self.caller);
        let list = Arc::clone(&self.list);
        let patience = Arc::clone(&self.patience);
        let listing_id = self.listing_id;
        async move {
            let how = How {
                account_id: Some(&list.leaf.account),
                page: Some((listing_id, number)),
                repeat_until: RepeatUntil::Patience(&patience),
                ..How::default()
            };
            let answer = caller.ask(&(list.request)(number), &how).await?;
            if let Some(Answer {
                outcome: Outcome::Ok,
                ..
            }) = &answer
            {
                patience.renew();
            }
            Ok(answer)
        }
    }
}

/// What a page tells of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    /// Rows on the page.
    rows: usize,
    page_size: Option<i64>,
    total_count: Option<i64>,
}

impl Shape {
    /// `None` for an answer that is no page.
    fn of(content: &Content) -> Option<Self> {
        fn of<T>(page: &ListPage<T>) -> Shape {
            Shape {
                rows: page.rows.len(),
                page_size: page.page_size,
                total_count: page.total_count,
            }
        }
        match content {
            Content::ResultsPage(reading) => Some(Self {
                rows: reading.value.rows.len(),
                page_size: reading.value.page_size,
                total_count: reading.value.total_count,
            }),
            Content::StackGroupsPage(reading) => Some(of(&reading.value)),
            Content::GroupOperationsPage(reading) => Some(of(&reading.value)),
            Content::BatchDetailsPage(reading) => Some(of(&reading.value)),
            _ => None,
        }
    }
}

/// Whether a page says again what another has said.
fn have_same_rows(one: &Content, other: &Content) -> bool {
    match (one, other) {
        (Content::ResultsPage(one), Content::ResultsPage(other)) => {
            one.value.rows == other.value.rows
        }
        (Content::StackGroupsPage(one), Content::StackGroupsPage(other)) => {
            one.value.rows == other.value.rows
        }
        (Content::GroupOperationsPage(one), Content::GroupOperationsPage(other)) => {
            one.value.rows == other.value.rows
        }
        (Content::BatchDetailsPage(one), Content::BatchDetailsPage(other)) => {
            one.value.rows == other.value.rows
        }
        _ => false,
    }
}

/// How many pages there are, as far as the first one tells.
#[derive(Debug, PartialEq, Eq)]
enum LastPage {
    Known(u32),
    Unknown,
}

/// Counted by the PageSize *answered*: the server may cap the one that was asked for.
fn last_page(first: &Shape) -> LastPage {
    let rows = i64::try_from(first.rows).unwrap_or(i64::MAX);
    // A page that is not the last has as many rows as a page can have, whatever size it claims.
    let size = first
        .page_size
        .filter(|size| *size > 0)
        .map_or(rows, |size| size.min(rows));
    match first.total_count {
        Some(total) if total <= rows => LastPage::Known(1),
        Some(total) if size > 0 => {
            let pages = u32::try_from((total - 1) / size + 1).unwrap_or(PAGES_MAX);
            LastPage::Known(pages.min(PAGES_MAX))
        }
        // A list that counts rows and shows none has nothing more to show.
        Some(_) => LastPage::Known(1),
        None => LastPage::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(rows: usize, page_size: Option<i64>, total_count: Option<i64>) -> Shape {
        Shape {
            rows,
            page_size,
            total_count,
        }
    }

    #[test]
    fn pages_are_counted_by_the_size_answered() {
        use LastPage::{Known, Unknown};
        let cases = [
            (first(50, Some(50), Some(100_000)), Known(2_000)),
            (first(10, Some(10), Some(51)), Known(6)),
            (first(10, None, Some(51)), Known(6)),
            (first(10, Some(50), Some(23)), Known(3)),
            (first(0, Some(50), Some(0)), Known(1)),
            (first(50, Some(50), Some(50)), Known(1)),
            (first(0, Some(0), Some(7)), Known(1)),
            (first(50, Some(50), Some(i64::MAX)), Known(PAGES_MAX)),
            (first(50, Some(50), None), Unknown),
        ];
        for (shape, pages) in cases {
            assert_eq!(last_page(&shape), pages, "{shape:?}");
        }
    }
}
