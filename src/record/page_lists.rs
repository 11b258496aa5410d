//! Listings of other things than results, while they are read and when they close: stack groups of a region,
//! operations of the groups of one name, rows of a DNS batch.

use std::collections::HashSet;

use super::answers;
use super::deriver::{Deriver, Place};
use super::listings::{PageLeaf, answer_at, ending};
use crate::derive::page_list::{ClosedList, PageList, place_objection};
use crate::derive::paging::extent;
use crate::derive::stack_group;
use crate::evidence::leaf::Listing as ListingLeaf;
use crate::model::{
    Action, BatchDetail, FieldValue, ListedOperation, OperationKey, Outcome, StackGroup, Verdict,
};
use crate::services::{Asked, Content};
use crate::store::page_listings::{PageListing, PageListingEnd};
use crate::store::{StoreError, batch_details, exchanges, operations, page_listings, stack_groups};

/// The parameter that names the groups whose operations are listed.
const GROUP_NAME: &str = "StackGroupName";

/// A listing that is being read.
pub(super) struct OpenPageList {
    pub(super) listing: PageListing,
    rows: Rows,
}

/// What is read, by its key.
enum Rows {
    Groups(PageList<String, StackGroup>),
    Operations(PageList<String, ListedOperation>),
    /// Rows without key, by page and place on it.
    Details(PageList<(i64, usize), BatchDetail>),
}

impl Rows {
    /// Nothing yet of the list that a call reads; `None` for calls that read none of these.
    fn of(action: Action) -> Option<Self> {
        match action {
            Action::ListStackGroups => Some(Self::Groups(PageList::default())),
            Action::ListStackGroupOperations => Some(Self::Operations(PageList::default())),
            Action::DescribeBatchResultDetail => Some(Self::Details(PageList::default())),
            _ => None,
        }
    }

    /// Takes a page. One of another list says nothing of this one.
    fn take(&mut self, page: &PageLeaf<'_>, content: &Content) {
        match (self, content) {
            (Self::Groups(list), Content::StackGroupsPage(reading)) => {
                let rows = reading.value.rows.iter().cloned();
                let keyed = rows.map(|row| (row.stack_group_id.clone(), row));
                list.add_page(page.of(&reading.value), keyed);
            }
            (Self::Operations(list), Content::GroupOperationsPage(reading)) => {
                let rows = reading.value.rows.iter().cloned();
                let keyed = rows.map(|row| (row.operation_id.clone(), row));
                list.add_page(page.of(&reading.value), keyed);
            }
            (Self::Details(list), Content::BatchDetailsPage(reading)) => {
                let number = i64::from(page.page_number);
                let rows = reading.value.rows.iter().cloned().enumerate();
                let placed = rows.map(|(place, row)| ((number, place), row));
                list.add_page(page.of(&reading.value), placed);
            }
            _ => {}
        }
    }

    fn add_failure(&mut self, page_number: i64, outcome: Outcome) {
        match self {
            Self::Groups(list) => list.add_failure(page_number, outcome),
            Self::Operations(list) => list.add_failure(page_number, outcome),
            Self::Details(list) => list.add_failure(page_number, outcome),
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::Groups(list) => list.is_complete(),
            Self::Operations(list) => list.is_complete(),
            Self::Details(list) => list.is_complete(),
        }
    }
}

/// Whether a listing leaf of that call is of one of these lists.
pub(super) fn is_read_here(action: Action) -> bool {
    Rows::of(action).is_some()
}

/// A listing leaf: whatever listing of the same list is still open closes now.
pub(super) fn begin(
    deriver: &mut Deriver,
    place: Place<'_>,
    sequence: i64,
    leaf: &ListingLeaf,
) -> Result<(), StoreError> {
    let Some(rows) = Rows::of(leaf.action) else {
        return Ok(());
    };
    let op = if leaf.operation.is_empty() {
        None
    } else {
        let key = OperationKey {
            service: leaf.action.service(),
            account_id: leaf.account.clone(),
            region_id: leaf.region.clone(),
            operation_id: leaf.operation.clone(),
        };
        Some(deriver.operation(place, key, sequence)?)
    };
    let name = leaf.parameters.get(GROUP_NAME).unwrap_or_default();
    let listing = PageListing {
        listing_id: sequence,
        run_id: leaf.run,
        action: leaf.action,
        account_id: leaf.account.clone(),
        region_id: leaf.region.clone(),
        stack_group_name: name.to_owned(),
        op,
        watch_id: leaf.watch,
    };
    close_where(deriver, place, |open| is_same_list(open, &listing))?;
    page_listings::insert(place.derived, &listing)?;
    let open = OpenPageList { listing, rows };
    deriver.page_lists.insert(sequence, open);
    Ok(())
}

fn is_same_list(a: &PageListing, b: &PageListing) -> bool {
    a.action == b.action
        && a.account_id == b.account_id
        && a.region_id == b.region_id
        && a.stack_group_name == b.stack_group_name
        && a.op == b.op
}

/// The call of a page and the parameters with which it was asked; `None` where its listing is none of these.
pub(super) fn asked(
    deriver: &Deriver,
    place: Place<'_>,
    listing_id: i64,
    page_number: u32,
) -> Result<Option<(Action, Asked)>, StoreError> {
    if deriver.listings.contains_key(&listing_id) {
        return Ok(None);
    }
    if let Some(open) = deriver.page_lists.get(&listing_id) {
        return Ok(Some(asked_page(&open.listing, page_number)));
    }
    let closed = page_listings::find(place.derived, listing_id)?;
    Ok(closed.map(|listing| asked_page(&listing, page_number)))
}

fn asked_page(listing: &PageListing, page_number: u32) -> (Action, Asked) {
    let mut parameters = vec![("PageNumber", page_number.to_string())];
    if !listing.stack_group_name.is_empty() {
        parameters.push((GROUP_NAME, listing.stack_group_name.clone()));
    }
    (listing.action, parameters.into_iter().collect())
}

/// Takes a page that was answered and read; closes the listing if that completes it. A page that comes after
/// the answer that completed its listing says nothing more.
pub(super) fn add_page(
    deriver: &mut Deriver,
    place: Place<'_>,
    listing_id: i64,
    page: &PageLeaf<'_>,
    content: &Content,
) -> Result<(), StoreError> {
    let Some(open) = deriver.page_lists.get_mut(&listing_id) else {
        return Ok(());
    };
    open.rows.take(page, content);
    if open.rows.is_complete()
        && let Some(open) = deriver.page_lists.remove(&listing_id)
    {
        close(place, open)?;
    }
    Ok(())
}

/// Takes a page that failed.
pub(super) fn add_failure(
    deriver: &mut Deriver,
    listing_id: i64,
    page_number: u32,
    outcome: Outcome,
) {
    if let Some(open) = deriver.page_lists.get_mut(&listing_id) {
        open.rows.add_failure(i64::from(page_number), outcome);
    }
}

/// Closes the listings of a run.
pub(super) fn close_run(
    deriver: &mut Deriver,
    place: Place<'_>,
    run_id: i64,
) -> Result<(), StoreError> {
    close_where(deriver, place, |listing| listing.run_id == run_id)
}

fn close_where(
    deriver: &mut Deriver,
    place: Place<'_>,
    ends: impl Fn(&PageListing) -> bool,
) -> Result<(), StoreError> {
    for listing_id in ending(&deriver.page_lists, |open| ends(&open.listing)) {
        if let Some(open) = deriver.page_lists.remove(&listing_id) {
            close(place, open)?;
        }
    }
    Ok(())
}

fn close(place: Place<'_>, open: OpenPageList) -> Result<(), StoreError> {
    let listing = &open.listing;
    match open.rows {
        Rows::Groups(list) => {
            let closed = list.close(None);
            keep_verdict(place, listing, &closed)?;
            keep_groups(place, listing, &closed)
        }
        Rows::Operations(list) => keep_verdict(place, listing, &list.close(None)),
        Rows::Details(list) => {
            let early = listed_early(place, listing)?;
            let objection = early.or_else(|| place_objection(list.pages()));
            let closed = list.close(objection);
            // The rows of a task that has ended change no more: the first complete list is kept.
            let is_known = match listing.op {
                Some(op) => page_listings::details_complete(place.derived, op)?,
                None => true,
            };
            keep_verdict(place, listing, &closed)?;
            match listing.op {
                Some(op) if closed.verdict == Verdict::Complete && !is_known => {
                    keep_details(place, op, &closed)
                }
                _ => Ok(()),
            }
        }
    }
}

/// Rows that were listed before the task was seen to have ended are not known to be all.
fn listed_early(place: Place<'_>, listing: &PageListing) -> Result<Option<String>, StoreError> {
    let final_since = match listing.op {
        Some(op) => operations::final_since(place.derived, op)?,
        None => None,
    };
    let has_ended = final_since.is_some_and(|sequence| sequence < listing.listing_id);
    Ok((!has_ended).then(|| "the task was not known to have ended".to_owned()))
}

fn keep_verdict<K, R>(
    place: Place<'_>,
    listing: &PageListing,
    closed: &ClosedList<K, R>,
) -> Result<(), StoreError> {
    let last = closed.pages.last();
    let end = PageListingEnd {
        listing_id: listing.listing_id,
        end_sequence: last.map_or(listing.listing_id, |page| page.sequence),
        verdict: closed.verdict,
        reason: closed.reason.clone(),
        failed_outcome: closed.failed_outcome,
        extent: extent(&closed.pages),
        distinct_keys: closed.distinct_keys,
        lacks_pages: closed.lacks_pages,
    };
    page_listings::insert_end(place.derived, &end)
}

/// New versions of the groups of a list, and of a complete one which known groups it lacks.
fn keep_groups(
    place: Place<'_>,
    listing: &PageListing,
    closed: &ClosedList<String, StackGroup>,
) -> Result<(), StoreError> {
    let home = (listing.account_id.as_str(), listing.region_id.as_str());
    for (id, sequence, group) in &closed.rows {
        let number = stack_groups::find_or_insert(place.derived, home, id, *sequence)?;
        let known = stack_groups::newest(place.derived, number)?;
        let fields = stack_group::fields(group);
        let Some((version, changed)) = stack_group::next_version(known.as_ref(), &fields) else {
            continue;
        };
        let changed = changed.map(|columns| serde_json::Value::from(columns).to_string());
        let values: Vec<FieldValue> = fields.into_iter().map(|field| field.value).collect();
        stack_groups::insert_version(
            place.derived,
            (number, version),
            *sequence,
            changed.as_deref(),
            &values,
        )?;
    }
    if closed.verdict != Verdict::Complete {
        return Ok(());
    }
    let listed: HashSet<&str> = closed.rows.iter().map(|(id, _, _)| id.as_str()).collect();
    for (number, id, was_listed) in stack_groups::known(place.derived, home.0, home.1)? {
        let is_listed = listed.contains(id.as_str());
        if is_listed != was_listed {
            stack_groups::insert_presence(place.derived, number, listing.listing_id, is_listed)?;
        }
    }
    Ok(())
}

fn keep_details(
    place: Place<'_>,
    op: i64,
    closed: &ClosedList<(i64, usize), BatchDetail>,
) -> Result<(), StoreError> {
    for (position, (_, sequence, row)) in (1_i64..).zip(&closed.rows) {
        batch_details::insert(place.derived, op, position, *sequence, row)?;
    }
    Ok(())
}

/// Reads the listings that were open when the tables were last written, from their pages.
pub(super) fn reopen(deriver: &mut Deriver, place: Place<'_>) -> Result<(), StoreError> {
    for listing in page_listings::open(place.derived)? {
        let Some(mut rows) = Rows::of(listing.action) else {
            continue;
        };
        let listing_id = listing.listing_id;
        for (sequence, page_number, outcome) in exchanges::pages(place.derived, listing_id)? {
            if outcome == Outcome::Ok {
                let page_number = u32::try_from(page_number).unwrap_or(u32::MAX);
                read_again(place, &listing, &mut rows, sequence, page_number)?;
            } else {
                rows.add_failure(page_number, outcome);
            }
        }
        let open = OpenPageList { listing, rows };
        deriver.page_lists.insert(listing_id, open);
    }
    Ok(())
}

/// Reads a page from evidence into its list.
fn read_again(
    place: Place<'_>,
    listing: &PageListing,
    rows: &mut Rows,
    sequence: i64,
    page_number: u32,
) -> Result<(), StoreError> {
    let (exchange, body) = answer_at(place, sequence)?;
    let (action, asked) = asked_page(listing, page_number);
    let page = PageLeaf {
        sequence,
        page_number,
        leaf: &exchange,
    };
    rows.take(
        &page,
        &answers::read_content(action, &asked, &exchange, &body),
    );
    Ok(())
}
