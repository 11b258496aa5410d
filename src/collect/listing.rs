//! Reading all pages of an operation's results.
//!
//! Page 1 says how many there are; the others are asked at the same time. Whether the reading is whole is
//! decided by derivation from the kept pages, not here; where it is not, or where it lacks a row that was
//! there before, the list is read again at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::ask::{Caller, How};
use super::round::CollectorError;
use crate::evidence::leaf;
use crate::model::{Action, Outcome, ResultRow, ResultsPage};
use crate::services::{Answer, Content, ros};
use crate::store::{StoreError, listings};

/// How often a list is read in one run: once, once more because it was torn or lacked a row, and once more
/// because that reading was torn in turn.
const READINGS_MAX: u32 = 3;

/// How long pages of a listing that has begun may be repeated, whatever the run's deadline: a listing cut
/// in two proves nothing, and the next run would have to read it all again.
const LISTING_RETRY_BUDGET: Duration = Duration::from_secs(60);

/// Pages of one listing. The service's quotas allow 2,000 rows of 50 a page; this is five hundred times as
/// much, and ends a reading of a list that claims to be endless.
const PAGES_MAX: u32 = 20_000;

/// Pages that wait for a place among the requests in flight.
const PAGES_QUEUED: usize = 64;

/// The operation whose results are read.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) run_id: i64,
    pub(super) watch_id: i64,
    pub(super) account_id: String,
    pub(super) region_id: String,
    pub(super) operation_id: String,
    /// The run's deadline, for repeats of the first listing's pages if it is later than the budget.
    pub(super) deadline: Instant,
}

/// Reads the list until a reading is whole and lacks nothing, at most [`READINGS_MAX`] times.
pub(super) async fn read(caller: &Arc<Caller>, listed: &Listed) -> Result<(), CollectorError> {
    for _ in 0..READINGS_MAX {
        let listing_id = begin(caller, listed).await?;
        let all_answered = read_once(caller, listed, listing_id).await?;
        let verdict = caller
            .recorder
            .read(move |db| listings::verdict(db, listing_id))
            .await?;
        let again = match verdict {
            Some((true, lacked)) => lacked > 0,
            Some((false, _)) | None => all_answered,
        };
        if !again || caller.stopping.signal().is_some() {
            break;
        }
    }
    Ok(())
}

async fn begin(caller: &Caller, listed: &Listed) -> Result<i64, StoreError> {
    caller
        .recorder
        .begin_listing(leaf::Listing {
            run: listed.run_id,
            account: listed.account_id.clone(),
            action: Action::ListStackGroupOperationResults,
            region: listed.region_id.clone(),
            operation: listed.operation_id.clone(),
            parameters: leaf::Parameters::default(),
            page_size: ros::PAGE_SIZE_MAX,
            watch: Some(listed.watch_id),
        })
        .await
}

/// One reading; tells whether every page was answered.
async fn read_once(
    caller: &Arc<Caller>,
    listed: &Listed,
    listing_id: i64,
) -> Result<bool, CollectorError> {
    let repeat_until = listed.deadline.max(Instant::now() + LISTING_RETRY_BUDGET);
    let Some(first) = page(caller, listed, listing_id, 1, repeat_until).await? else {
        return Ok(false);
    };
    let Content::ResultsPage(reading) = &first.content else {
        return Ok(false);
    };
    match last_page(&reading.value) {
        LastPage::Known(last) => read_rest(caller, listed, listing_id, last, repeat_until).await,
        LastPage::Unknown => {
            read_on(
                caller,
                listed,
                listing_id,
                &reading.value.rows,
                repeat_until,
            )
            .await?;
            // Read to the end, but nothing proves that: reading again would prove no more.
            Ok(false)
        }
    }
}

/// How many pages there are, as far as the first one tells.
#[derive(Debug, PartialEq, Eq)]
enum LastPage {
    Known(u32),
    Unknown,
}

/// Counted by the PageSize *answered*: the server may cap the one that was asked for.
fn last_page(first: &ResultsPage) -> LastPage {
    let rows = i64::try_from(first.rows.len()).unwrap_or(i64::MAX);
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

/// Whether it is a page without rows.
fn is_empty(answer: &Answer) -> bool {
    match &answer.content {
        Content::ResultsPage(reading) => reading.value.rows.is_empty(),
        _ => false,
    }
}

/// Asks for pages 2 to `last`, many at a time.
async fn read_rest(
    caller: &Arc<Caller>,
    listed: &Listed,
    listing_id: i64,
    last: u32,
    repeat_until: Instant,
) -> Result<bool, CollectorError> {
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
            let (caller, listed) = (Arc::clone(caller), listed.clone());
            asked.spawn(
                async move { page(&caller, &listed, listing_id, number, repeat_until).await },
            );
        }
        let Some(answer) = asked.join_next().await else {
            break;
        };
        let answer = answer??;
        let outcome = answer.as_ref().map(|answer| answer.outcome);
        all_answered &= outcome == Some(Outcome::Ok);
        // The end of a list that counts more rows than it has.
        ended |= answer.is_some_and(|answer| is_empty(&answer));
        // What refuses one page refuses them all; and once the time for repeats is over, a list that lacks
        // a page is not worth a timeout for each of the others.
        hopeless |= match outcome {
            None | Some(Outcome::Denied | Outcome::Credential | Outcome::Clock) => true,
            Some(Outcome::Ok) => false,
            Some(_) => Instant::now() >= repeat_until,
        };
    }
    Ok(all_answered && !hopeless)
}

/// Asks for one page after the other until one is empty, or says what the one before said: without
/// TotalCount nothing else tells the end, and a server may not page at all.
async fn read_on(
    caller: &Arc<Caller>,
    listed: &Listed,
    listing_id: i64,
    first: &[ResultRow],
    repeat_until: Instant,
) -> Result<(), StoreError> {
    let mut before = first.to_vec();
    for number in 2..=PAGES_MAX {
        let answer = page(caller, listed, listing_id, number, repeat_until).await?;
        let Some(Content::ResultsPage(reading)) = answer.map(|answer| answer.content) else {
            break;
        };
        let rows = reading.value.rows;
        if rows.is_empty() || rows == before {
            break;
        }
        before = rows;
    }
    Ok(())
}

async fn page(
    caller: &Caller,
    listed: &Listed,
    listing_id: i64,
    number: u32,
    repeat_until: Instant,
) -> Result<Option<Answer>, StoreError> {
    let request = ros::list_results(
        &listed.region_id,
        &listed.operation_id,
        number,
        ros::PAGE_SIZE_MAX,
    );
    let how = How {
        run_id: listed.run_id,
        account_id: Some(&listed.account_id),
        page: Some((listing_id, number)),
        intervention: None,
        repeat_until,
        begin_until: None,
    };
    caller.ask(&request, &how).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(rows: usize, page_size: Option<i64>, total_count: Option<i64>) -> ResultsPage {
        let row = ResultRow {
            account_id: "1".to_owned(),
            region_id: "r".to_owned(),
            ..ResultRow::default()
        };
        ResultsPage {
            page_number: Some(1),
            page_size,
            total_count,
            rows: vec![row; rows],
        }
    }

    #[test]
    fn pages_are_counted_by_the_size_answered() {
        assert_eq!(
            last_page(&first(50, Some(50), Some(100_000))),
            LastPage::Known(2_000)
        );
        assert_eq!(
            last_page(&first(10, Some(10), Some(51))),
            LastPage::Known(6)
        );
        assert_eq!(last_page(&first(10, None, Some(51))), LastPage::Known(6));
        assert_eq!(
            last_page(&first(10, Some(50), Some(23))),
            LastPage::Known(3)
        );
        assert_eq!(last_page(&first(0, Some(50), Some(0))), LastPage::Known(1));
        assert_eq!(
            last_page(&first(50, Some(50), Some(50))),
            LastPage::Known(1)
        );
        assert_eq!(last_page(&first(0, Some(0), Some(7))), LastPage::Known(1));
        assert_eq!(
            last_page(&first(50, Some(50), Some(i64::MAX))),
            LastPage::Known(PAGES_MAX)
        );
        assert_eq!(last_page(&first(50, Some(50), None)), LastPage::Unknown);
    }
}
