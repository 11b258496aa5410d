//! The oracle: what the views must show, worked out from the poller's log in plain Rust by the words of the
//! promise. No SQL, nothing of the program's own derivation, and nothing kept small or fast: each row has the
//! list of its looks.

mod chronicle;
mod listing;
mod rows;
mod targets;
mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use chronicle::{Chronicle, Look};
pub use listing::{Listing, Target};
pub use rows::expected;
pub use targets::targets;
pub use words::trimmed;

use crate::coverage::Coverage;
use crate::log::{Answered, Event};

/// All that may be said of one operation.
#[derive(Debug, Default)]
pub struct Operation {
    /// Of itself.
    pub own: Chronicle,
    /// Receipt of its last look, ms.
    pub last_seen_at: i64,
    /// Of its rows.
    pub results: BTreeMap<Target, Chronicle>,
    /// Rows that the last complete listing lacked and that nothing has been concluded of.
    lacked: BTreeSet<Target>,
    /// Every time that a complete listing lacked a known row: from its start to its end, ms.
    pub lacks: Vec<(Target, i64, i64)>,
    /// Whether the last complete listing showed a failed row; `None` while there is none.
    has_listed_failure: Option<bool>,
}

/// All that may be said after a log.
#[derive(Debug, Default)]
pub struct Oracle {
    /// By number in the world.
    pub operations: BTreeMap<usize, Operation>,
    /// In the order in which they began.
    pub listings: Vec<Listing>,
}

impl Oracle {
    /// What may be said after these events.
    pub fn after(events: &[Event], coverage: &mut Coverage) -> Self {
        let mut oracle = Self::default();
        for event in events {
            oracle.take(event, coverage);
        }
        if oracle.listings.iter().any(|listing| !listing.is_closed) {
            coverage.saw("listing never closed");
        }
        for operation in oracle.operations.values() {
            if operation
                .results
                .values()
                .chain([&operation.own])
                .any(Chronicle::is_reworded)
            {
                coverage.saw("status that came in another form");
            }
        }
        oracle
    }

    fn take(&mut self, event: &Event, coverage: &mut Coverage) {
        match event {
            Event::Look { op, at, state } => {
                let operation = self.operations.entry(*op).or_default();
                operation.own.show(state, *at, None);
                operation.own.confirm(Look {
                    requested_at: at.requested_at,
                    received_at: at.received_at,
                    instant: at.instant,
                });
                operation.last_seen_at = at.received_at;
            }
            Event::ListingBegun {
                listing_id,
                run_id,
                op,
            } => {
                // Versions stand in order, so what is still open of the same operation ends here.
                if self.close(|listing| listing.op == *op, coverage) {
                    coverage.saw("listing closed by the next one");
                }
                self.listings.push(Listing {
                    listing_id: *listing_id,
                    run_id: *run_id,
                    op: *op,
                    pages: Vec::new(),
                    is_closed: false,
                });
            }
            Event::Page {
                listing_id,
                at,
                page,
            } => {
                let mut listings = self.listings.iter_mut();
                let listing = listings
                    .find(|l| l.listing_id == *listing_id)
                    .expect("begun");
                if listing.is_closed {
                    coverage.saw("page after its listing closed");
                    return;
                }
                listing.pages.push((*at, page.clone()));
                if listing.is_complete() {
                    self.close(|listing| listing.listing_id == *listing_id, coverage);
                }
            }
            Event::RunClosed { run_id } => {
                self.close(|listing| listing.run_id == *run_id, coverage);
            }
        }
    }

    /// Closes open listings; whether there was one.
    fn close(&mut self, ends: impl Fn(&Listing) -> bool, coverage: &mut Coverage) -> bool {
        let mut closed = false;
        for listing in &mut self.listings {
            if !listing.is_closed && ends(listing) {
                listing.is_closed = true;
                closed = true;
                let operation = self.operations.entry(listing.op).or_default();
                operation.take_listing(listing, coverage);
            }
        }
        closed
    }
}

impl Operation {
    fn take_listing(&mut self, listing: &Listing, coverage: &mut Coverage) {
        if listing.conflicts() > 0 {
            coverage.saw("conflicting rows");
        }
        let believed = listing.believed();
        for (target, (at, state)) in &believed {
            let row = self.results.entry(target.clone()).or_default();
            if !row.is_present() && row.newest().is_some() {
                coverage.saw("row returned");
            }
            row.show(state, *at, Some(listing.listing_id));
        }
        if listing.third_state_failed() {
            coverage.saw("row whose third state was the failed one");
        }
        if !listing.is_complete() {
            coverage.saw("incomplete listing");
            if self.has_listed_failure == Some(false) && listing.showed_failure() {
                coverage.saw("failed row of a later incomplete listing");
            }
            return;
        }
        coverage.saw("complete listing");
        self.has_listed_failure = Some(listing.showed_failure());
        let last_page = listing.pages.last().expect("complete").0;
        let is_lacked = |(target, row): &(&Target, &mut Chronicle)| {
            row.is_present() && !believed.contains_key(*target)
        };
        let span = (
            listing.started_at().expect("complete"),
            listing.ended_at().expect("complete"),
        );
        let mut lacked_now = BTreeSet::new();
        for (target, row) in self.results.iter_mut().filter(is_lacked) {
            self.lacks.push((target.clone(), span.0, span.1));
            if self.lacked.contains(target) {
                coverage.saw("row retired");
                row.retire(last_page, listing.listing_id);
            } else {
                coverage.saw("row lacked once");
                lacked_now.insert(target.clone());
            }
        }
        if lacked_now.is_empty() {
            self.look(listing, &believed);
        }
        self.lacked = lacked_now;
    }

    /// A complete listing that lacks nothing that was known is a look at every row.
    fn look(
        &mut self,
        listing: &Listing,
        believed: &BTreeMap<Target, (Answered, crate::world::State)>,
    ) {
        let requested_at = listing.started_at().expect("complete");
        let received_at = listing.ended_at().expect("complete");
        for (target, row) in &mut self.results {
            match believed.get(target) {
                Some((at, _)) => {
                    row.confirm(Look {
                        requested_at,
                        received_at,
                        instant: at.instant,
                    });
                }
                None => row.confirm_version(received_at),
            }
        }
    }
}
