//! Pages that say what they said at the last look: the usual case of an operation that has ended or waits.
//!
//! Two answers with the same template differ in nothing but their RequestId. While every page of a listing
//! is the same as in the last look, there is nothing to read: the listing says what that one said. With the
//! first page that differs, all of them are read as if nothing had been skipped.

use std::collections::HashMap;

use super::deriver::Place;
use crate::evidence::leaf::Exchange;
use crate::model::{Extent, UtcMillis};
use crate::store::evidence::LeafRow;
use crate::store::listings::ListingEnd;
use crate::store::{StoreError, evidence, exchanges, listings, unknowns};

/// The last look at the results of an operation, and the pages of the listing at hand that are the same.
pub(super) struct Unchanged {
    before: ListingEnd,
    /// Template of each page of the last look that was not met again yet, by its number.
    templates: HashMap<i64, i64>,
    /// Pages of this listing so far, all of them the same.
    same: Vec<SamePage>,
}

/// A page that was not read.
pub(super) struct SamePage {
    pub(super) sequence: i64,
    pub(super) page_number: u32,
    requested_at: UtcMillis,
    received_at: UtcMillis,
}

impl Unchanged {
    /// The last look, if nothing was listed after it. `None` where it must be read: words or fields that
    /// the program does not know are counted in each answer.
    pub(super) fn since_last_look(place: Place<'_>, op: i64) -> Result<Option<Self>, StoreError> {
        let Some(before) = listings::newest_end(place.derived, op)? else {
            return Ok(None);
        };
        let (first, last) = (before.listing_id, before.end_sequence);
        if before.look.is_none() || unknowns::any_between(place.derived, first, last)? {
            return Ok(None);
        }
        let template_ids: HashMap<i64, i64> = evidence::template_ids(place.evidence, first, last)?
            .into_iter()
            .collect();
        let templates: HashMap<i64, i64> = exchanges::pages_read(place.derived, first, last)?
            .into_iter()
            .filter_map(|(sequence, page_number)| {
                Some((page_number, *template_ids.get(&sequence)?))
            })
            .collect();
        let whole = i64::try_from(templates.len()).is_ok_and(|pages| pages == before.extent.pages);
        Ok(whole.then_some(Self {
            before,
            templates,
            same: Vec::new(),
        }))
    }

    /// Takes a page if it is the same as in the last look.
    pub(super) fn take(&mut self, row: &LeafRow, leaf: &Exchange, page_number: u32) -> bool {
        let number = i64::from(page_number);
        let is_same = leaf.http_status == 200
            && row.request_id.is_some()
            && row.template_id.is_some()
            && row.template_id == self.templates.get(&number).copied();
        if is_same {
            self.templates.remove(&number);
            self.same.push(SamePage {
                sequence: row.sequence,
                page_number,
                requested_at: leaf.requested_at,
                received_at: leaf.received_at,
            });
        }
        is_same
    }

    /// Whether every page of the last look was met again.
    pub(super) fn is_complete(&self) -> bool {
        self.templates.is_empty()
    }

    /// The pages that were not read.
    pub(super) fn into_pages(self) -> Vec<SamePage> {
        self.same
    }

    /// The verdict on a listing of which every page is the same.
    pub(super) fn into_end(self, listing_id: i64) -> ListingEnd {
        let started_at = self.same.iter().map(|page| page.requested_at).min();
        let ended_at = self.same.iter().map(|page| page.received_at).max();
        let end_sequence = self
            .same
            .iter()
            .map(|page| page.sequence)
            .max()
            .unwrap_or(listing_id);
        let gap =
            |ended_at: UtcMillis| Some(ended_at.0.saturating_sub(self.before.extent.started_at?.0));
        ListingEnd {
            listing_id,
            end_sequence,
            look: self.before.look.map(|look| look + 1),
            look_gap_ms: ended_at.and_then(gap),
            extent: Extent {
                started_at,
                ended_at,
                ..self.before.extent
            },
            versions_new: 0,
            ..self.before
        }
    }
}
