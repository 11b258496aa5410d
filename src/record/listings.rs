//! Listings while they are read and when they close.

use std::collections::BTreeMap;

use super::closing::{self, Told};
use super::deriver::{Deriver, OpenListing, Place, leaf_at};
use super::unchanged::Unchanged;
use super::{answers, body};
use crate::derive::listed_rows::ListedRow;
use crate::derive::listing::{Closed, Listing};
use crate::derive::paging::{Page, extent};
use crate::evidence::leaf::{Ask, Exchange, Leaf, Listing as ListingLeaf};
use crate::model::{
    ListPage, OperationKey, Outcome, Phase, ResultRow, ResultsPage, UtcMillis, Verdict,
};
use crate::services::Body;
use crate::store::evidence::LeafRow;
use crate::store::listings::ListingEnd;
use crate::store::targets::Targets;
use crate::store::{StoreError, exchanges, listings, results};

/// A listing leaf: whatever listing of the same operation is still open closes now, because its versions
/// must stand before those of this one.
pub(super) fn begin(
    deriver: &mut Deriver,
    place: Place<'_>,
    sequence: i64,
    leaf: &ListingLeaf,
) -> Result<(), StoreError> {
    let key = OperationKey {
        service: leaf.action.service(),
        account_id: leaf.account.clone(),
        region_id: leaf.region.clone(),
        operation_id: leaf.operation.clone(),
    };
    let op = deriver.operation(place, key, sequence)?;
    close_where(deriver, place, |open| open.op == op)?;
    listings::insert(place.derived, sequence, op, leaf.run)?;
    let open = OpenListing {
        op,
        run_id: leaf.run,
        listing: Listing::new(),
        unchanged: Unchanged::since_last_look(place, op)?,
    };
    deriver.listings.insert(sequence, open);
    Ok(())
}

/// Takes a page that is the same as in the last look, without reading it; `false` where it has to be read.
pub(super) fn take_unread(
    deriver: &mut Deriver,
    place: Place<'_>,
    row: &LeafRow,
    leaf: &Exchange,
) -> Result<bool, StoreError> {
    let Ask::Page { listing, page } = leaf.ask else {
        return Ok(false);
    };
    let unchanged = deriver
        .listings
        .get_mut(&listing)
        .and_then(|open| open.unchanged.as_mut());
    let Some(unchanged) = unchanged else {
        return Ok(false);
    };
    if !unchanged.take(row, leaf, page) {
        return Ok(false);
    }
    let is_complete = unchanged.is_complete();
    exchanges::insert(
        place.derived,
        &answers::page_read(row.sequence, leaf, listing, page),
    )?;
    if is_complete
        && let Some(open) = deriver.listings.remove(&listing)
        && let Some(unchanged) = open.unchanged
    {
        listings::insert_end(place.derived, &unchanged.into_end(listing))?;
    }
    Ok(true)
}

/// Reads the pages that were not read because they were the same as in the last look.
fn read_unread(
    deriver: &mut Deriver,
    place: Place<'_>,
    open: &mut OpenListing,
) -> Result<(), StoreError> {
    let Some(unchanged) = open.unchanged.take() else {
        return Ok(());
    };
    for page in unchanged.into_pages() {
        read_again(
            deriver,
            place,
            &mut open.listing,
            page.sequence,
            page.page_number,
        )?;
    }
    Ok(())
}

/// Takes a page that was answered and read; closes the listing if that completes it.
pub(super) fn add_page(
    deriver: &mut Deriver,
    place: Place<'_>,
    listing_id: i64,
    page: &PageLeaf<'_>,
    content: &ResultsPage,
) -> Result<(), StoreError> {
    let Some(mut open) = deriver.listings.remove(&listing_id) else {
        // It is closed: the page came after the answer that completed it.
        return Ok(());
    };
    read_unread(deriver, place, &mut open)?;
    take(deriver, place, &mut open.listing, page, content)?;
    if open.listing.is_complete() {
        close(deriver, place, listing_id, open)
    } else {
        deriver.listings.insert(listing_id, open);
        Ok(())
    }
}

/// Takes a page that failed.
pub(super) fn add_failure(
    deriver: &mut Deriver,
    listing_id: i64,
    page_number: u32,
    outcome: Outcome,
) {
    if let Some(open) = deriver.listings.get_mut(&listing_id) {
        open.listing.add_failure(i64::from(page_number), outcome);
    }
}

/// Where and when a page came.
pub(super) struct PageLeaf<'a> {
    pub(super) sequence: i64,
    pub(super) page_number: u32,
    pub(super) leaf: &'a Exchange,
}

impl PageLeaf<'_> {
    /// What the page says of itself, and where and when it came.
    pub(super) fn of<T>(&self, content: &ListPage<T>) -> Page {
        Page {
            sequence: self.sequence,
            page_number: i64::from(self.page_number),
            rows: i64::try_from(content.rows.len()).unwrap_or(i64::MAX),
            page_size: content.page_size,
            total_count: content.total_count,
            requested_at: self.leaf.requested_at,
            received_at: self.leaf.received_at,
        }
    }
}

fn take(
    deriver: &mut Deriver,
    place: Place<'_>,
    listing: &mut Listing,
    page: &PageLeaf<'_>,
    content: &ResultsPage,
) -> Result<(), StoreError> {
    deriver.words.make_room();
    let mut ahead = std::mem::take(&mut deriver.ahead);
    let names: Vec<_> = content
        .rows
        .iter()
        .map(|row| (row.account_id.as_str(), row.region_id.as_str()))
        .collect();
    let targets = Targets::new(place.derived, &mut ahead)?.numbers(&names)?;
    deriver.ahead = ahead;
    let rows = content
        .rows
        .iter()
        .zip(targets)
        .map(|(row, target)| listed(deriver, place, target, row, page.sequence))
        .collect::<Result<Vec<_>, _>>()?;
    listing.add_page(page.of(content), rows);
    Ok(())
}

/// A row in the numbers of the dictionaries.
fn listed(
    deriver: &mut Deriver,
    place: Place<'_>,
    target: i64,
    row: &ResultRow,
    sequence: i64,
) -> Result<ListedRow, StoreError> {
    Ok(ListedRow {
        target,
        status_no: status_no(deriver, place, row)?,
        reason_no: text_no(deriver, place, row.status_reason.as_deref())?,
        folder_no: text_no(deriver, place, row.folder_id.as_deref())?,
        sequence,
    })
}

fn status_no(deriver: &mut Deriver, place: Place<'_>, row: &ResultRow) -> Result<i64, StoreError> {
    if let Some(known) = deriver.words.statuses.get(&row.status_raw) {
        return Ok(*known);
    }
    let phase = row.status.as_deref().map_or(Phase::Unknown, Phase::of_word);
    let status_no = results::status(
        place.derived,
        row.status_raw.as_deref(),
        row.status.as_deref(),
        phase,
    )?;
    deriver
        .words
        .statuses
        .insert(row.status_raw.clone(), status_no);
    deriver
        .statuses
        .insert(status_no, (row.status.clone(), phase));
    Ok(status_no)
}

fn text_no(
    deriver: &mut Deriver,
    place: Place<'_>,
    text: Option<&str>,
) -> Result<Option<i64>, StoreError> {
    let Some(text) = text else { return Ok(None) };
    if let Some(known) = deriver.words.texts.get(text) {
        return Ok(Some(*known));
    }
    let text_no = results::text(place.derived, text)?;
    deriver.words.texts.insert(text.to_owned(), text_no);
    Ok(Some(text_no))
}

/// The numbers of the open lists for which `ends` holds, in order.
pub(super) fn ending<L>(open: &BTreeMap<i64, L>, ends: impl Fn(&L) -> bool) -> Vec<i64> {
    let ending = open.iter().filter(|(_, list)| ends(list));
    ending.map(|(listing_id, _)| *listing_id).collect()
}

/// Closes the open listings for which `ends` holds, in order.
pub(super) fn close_where(
    deriver: &mut Deriver,
    place: Place<'_>,
    ends: impl Fn(&OpenListing) -> bool,
) -> Result<(), StoreError> {
    for listing_id in ending(&deriver.listings, ends) {
        if let Some(open) = deriver.listings.remove(&listing_id) {
            close(deriver, place, listing_id, open)?;
        }
    }
    Ok(())
}

/// Closes the listings of a run.
pub(super) fn close_run(
    deriver: &mut Deriver,
    place: Place<'_>,
    run_id: i64,
) -> Result<(), StoreError> {
    close_where(deriver, place, |open| open.run_id == run_id)
}

fn close(
    deriver: &mut Deriver,
    place: Place<'_>,
    listing_id: i64,
    mut open: OpenListing,
) -> Result<(), StoreError> {
    read_unread(deriver, place, &mut open)?;
    let op = open.op;
    let closed = open.listing.close();
    let end_sequence = closed.pages.last().map_or(listing_id, |page| page.sequence);
    let told = closing::keep_versions(deriver, place, op, &closed, end_sequence)?;
    let mut end = summary(listing_id, op, end_sequence, &closed, &told);
    let is_look = closed.verdict == Verdict::Complete && told.missing.is_empty();
    if is_look {
        let before = listings::newest_look(place.derived, op)?;
        end.look = Some(before.map_or(1, |(look, _)| look + 1));
        end.look_gap_ms = before
            .zip(end.extent.ended_at)
            .map(|((_, started_at), UtcMillis(ended_at))| ended_at.saturating_sub(started_at));
    }
    listings::insert_end(place.derived, &end)?;
    for target in told.missing {
        listings::insert_missing(place.derived, listing_id, target)?;
    }
    Ok(())
}

/// The row of a closed listing, but for whether it is a look.
fn summary(
    listing_id: i64,
    op: i64,
    end_sequence: i64,
    closed: &Closed,
    told: &Told,
) -> ListingEnd {
    ListingEnd {
        listing_id,
        op,
        end_sequence,
        verdict: closed.verdict,
        look: None,
        look_gap_ms: None,
        extent: extent(&closed.pages),
        distinct_keys: closed.distinct_keys,
        succeeded_count: told.succeeded,
        failed_count: told.failed,
        cancelled_count: told.cancelled,
        final_count: told.finals,
        versions_new: told.versions_new,
        lacks_pages: closed.lacks_pages,
        reason: closed.reason.clone(),
    }
}

/// Reads the listings that were open when the tables were last written, from their pages.
pub(super) fn reopen(deriver: &mut Deriver, place: Place<'_>) -> Result<(), StoreError> {
    for (listing_id, op, run_id) in listings::open(place.derived)? {
        let mut listing = Listing::new();
        for (sequence, page_number, outcome) in exchanges::pages(place.derived, listing_id)? {
            if outcome == Outcome::Ok {
                let page_number = u32::try_from(page_number).unwrap_or(u32::MAX);
                read_again(deriver, place, &mut listing, sequence, page_number)?;
            } else {
                listing.add_failure(page_number, outcome);
            }
        }
        let open = OpenListing {
            op,
            run_id,
            listing,
            unchanged: None,
        };
        deriver.listings.insert(listing_id, open);
    }
    Ok(())
}

/// Reads a page from evidence into its listing.
fn read_again(
    deriver: &mut Deriver,
    place: Place<'_>,
    listing: &mut Listing,
    sequence: i64,
    page_number: u32,
) -> Result<(), StoreError> {
    let (exchange, body) = answer_at(place, sequence)?;
    let reading = answers::read_page(&exchange, page_number, &body).ok_or_else(|| {
        StoreError::Inconsistent(format!("leaf {sequence} is no page of results"))
    })?;
    let page = PageLeaf {
        sequence,
        page_number,
        leaf: &exchange,
    };
    take(deriver, place, listing, &page, &reading.value)
}

/// An answer that was kept, with its body.
pub(super) fn answer_at(place: Place<'_>, sequence: i64) -> Result<(Exchange, Body), StoreError> {
    let (row, leaf) = leaf_at(place.evidence, sequence)?;
    let Leaf::Exchange(exchange) = leaf else {
        return Err(StoreError::Inconsistent(format!(
            "leaf {sequence} is no exchange"
        )));
    };
    let body = body::read_body(place.evidence, &row)?.unwrap_or_default();
    Ok((exchange, Body::from(body)))
}
