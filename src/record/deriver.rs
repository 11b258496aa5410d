//! From leaves to rows, in order: the one function behind catching up, rebuilding and verifying.

use std::collections::{BTreeMap, HashMap};

use super::body::read_body;
use super::fresh::Fresh;
use super::page_lists::OpenPageList;
use super::unchanged::Unchanged;
use super::{answers, gaps, life, listings, page_lists, runs};
use crate::derive::listing::Listing;
use crate::evidence::leaf::{Leaf, Watch, WatchChange};
use crate::model::{OperationKey, Phase, Service};
use crate::services::Body;
use crate::store::evidence::{LeafRow, each_leaf, leaf};
use crate::store::targets::Ahead;
use crate::store::{
    Connection, StoreError, custody, derived as derived_rows, operations, runs as run_rows, watches,
};

/// The version of the rules by which rows are derived. A file carries the version that derived it; another
/// program must rebuild before it adds rows.
pub const DERIVE_VERSION: i64 = 2;

/// Operations whose numbers are remembered. More watches than this cost a look-up each.
const OPERATIONS_REMEMBERED: usize = 20_000;

/// What derivation remembers; everything here can be read again from the tables.
#[derive(Default)]
pub struct Deriver {
    /// The last leaf derived by this memory; `None` before the tables were looked at.
    through: Option<i64>,
    /// The leaf that was taken up last.
    reached: i64,
    /// Listings that are being read, by the number of their leaf.
    pub(super) listings: BTreeMap<i64, OpenListing>,
    /// The same of other lists than results.
    pub(super) page_lists: BTreeMap<i64, OpenPageList>,
    /// Status words of results: trimmed, and what they mean.
    pub(super) statuses: HashMap<i64, (Option<String>, Phase)>,
    /// Numbers of the status words, reasons and folders met last: a listing repeats few of them often.
    pub(super) words: Words,
    /// Targets that are likely to come next.
    pub(super) ahead: Ahead,
    operations: HashMap<OperationKey, i64>,
}

/// Numbers of dictionary entries, bounded.
#[derive(Default)]
pub(super) struct Words {
    pub(super) statuses: HashMap<Option<String>, i64>,
    pub(super) texts: HashMap<String, i64>,
}

impl Words {
    /// Entries of each kind; reasons can be long and all different.
    const REMEMBERED: usize = 1_000;

    /// Forgets everything before it grows past its bound.
    pub(super) fn make_room(&mut self) {
        if self.statuses.len() >= Self::REMEMBERED {
            self.statuses.clear();
        }
        if self.texts.len() >= Self::REMEMBERED {
            self.texts.clear();
        }
    }
}

/// A listing that is being read.
pub(super) struct OpenListing {
    pub(super) op: i64,
    pub(super) run_id: i64,
    pub(super) listing: Listing,
    /// While all its pages are those of the last look; `None` once they are read.
    pub(super) unchanged: Option<Unchanged>,
}

/// Where rows come from and where they go: the same file when recording, two when verifying.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) evidence: &'a Connection,
    pub(super) derived: &'a Connection,
}

impl Deriver {
    /// Derives every leaf up to and including `last` that has not been derived yet.
    pub fn catch_up(
        &mut self,
        evidence: &Connection,
        derived: &Connection,
        last: i64,
    ) -> Result<(), StoreError> {
        self.catch_up_from(&mut Fresh::default(), evidence, derived, last)
    }

    /// The same where some of the last leaves are at hand.
    pub(super) fn catch_up_from(
        &mut self,
        fresh: &mut Fresh,
        evidence: &Connection,
        derived: &Connection,
        last: i64,
    ) -> Result<(), StoreError> {
        let place = Place { evidence, derived };
        let through = derived_through(derived)?;
        if self.through != Some(through) {
            *self = Self::default();
            listings::reopen(self, place)?;
            page_lists::reopen(self, place)?;
            self.through = Some(through);
        }
        if last <= through {
            return Ok(());
        }
        let mut next = through + 1;
        while next <= last
            && let Some((row, body)) = fresh.take(next)
        {
            self.derive(place, &row, body)?;
            next += 1;
        }
        each_leaf(evidence, next, last, |row| self.derive(place, &row, None))?;
        derived_rows::advance(derived, last)?;
        self.through = Some(last);
        Ok(())
    }

    /// The leaf that was taken up last: after an error the one that could not be derived.
    pub fn reached(&self) -> i64 {
        self.reached
    }

    fn derive(
        &mut self,
        place: Place<'_>,
        row: &LeafRow,
        body: Option<Body>,
    ) -> Result<(), StoreError> {
        let sequence = row.sequence;
        self.reached = sequence;
        match parse(sequence, &row.record)? {
            Leaf::RunStart(start) => runs::begin(place, sequence, &start),
            Leaf::Plan(plan) => run_rows::insert_plan(place.derived, sequence, plan.run),
            Leaf::Listing(leaf) if page_lists::is_read_here(leaf.action) => {
                page_lists::begin(self, place, sequence, &leaf)
            }
            Leaf::Listing(leaf) => listings::begin(self, place, sequence, &leaf),
            Leaf::Exchange(exchange) if listings::take_unread(self, place, row, &exchange)? => {
                Ok(())
            }
            Leaf::Exchange(exchange) => {
                let body = match body {
                    Some(body) => body,
                    None => Body::from(read_body(place.evidence, row)?.unwrap_or_default()),
                };
                answers::exchange(self, place, row, &exchange, &body)
            }
            Leaf::NoAnswer(no_answer) => answers::no_answer(self, place, sequence, &no_answer),
            Leaf::RunEnd(end) => runs::end(self, place, sequence, &end),
            Leaf::RunAborted(aborted) => runs::abort(self, place, sequence, &aborted),
            Leaf::RunSkipped(leaf) => life::skipped(place, sequence, &leaf),
            Leaf::Note(leaf) => life::note(place, sequence, &leaf),
            Leaf::Credential(leaf) => life::credential(place, sequence, &leaf),
            Leaf::Clock(leaf) => life::clock_step(place, sequence, &leaf),
            Leaf::Config(leaf) => life::config(place, row, &leaf),
            Leaf::Key(leaf) => life::key(place, sequence, &leaf),
            Leaf::Restore(_) => custody::insert_restoration(place.derived, sequence),
            Leaf::Schema(_) => custody::insert_schema_change(place.derived, sequence),
            Leaf::Watch(leaf) => watch(place, sequence, &leaf),
            Leaf::Intervention(leaf) => answers::intervention(self, place, sequence, &leaf),
            // A genesis says who we are; what a newer program wrote says nothing to this one.
            Leaf::Genesis(_) | Leaf::Other { .. } => Ok(()),
        }
    }

    /// Our number of an operation, new with the leaf `sequence` if it has none yet.
    pub(super) fn operation(
        &mut self,
        place: Place<'_>,
        key: OperationKey,
        sequence: i64,
    ) -> Result<i64, StoreError> {
        if let Some(op) = self.operations.get(&key) {
            return Ok(*op);
        }
        let op = operations::find_or_insert(place.derived, &key, sequence)?;
        if self.operations.len() >= OPERATIONS_REMEMBERED {
            self.operations.clear();
        }
        self.operations.insert(key, op);
        Ok(op)
    }
}

/// The last leaf derived; refuses rows that other rules have made.
fn derived_through(derived: &Connection) -> Result<i64, StoreError> {
    let watermark = derived_rows::watermark(derived)?;
    if watermark.derive_version != DERIVE_VERSION {
        return Err(StoreError::OtherRules {
            found: watermark.derive_version,
            known: DERIVE_VERSION,
        });
    }
    Ok(watermark.derived_through)
}

/// Reads the line of a leaf.
pub(super) fn parse(sequence: i64, record: &str) -> Result<Leaf, StoreError> {
    Leaf::parse(record)
        .map_err(|error| StoreError::Inconsistent(format!("leaf {sequence}: {error}")))
}

/// The leaf with this sequence, which must be there.
pub fn leaf_at(evidence: &Connection, sequence: i64) -> Result<(LeafRow, Leaf), StoreError> {
    let row = leaf(evidence, sequence)?
        .ok_or_else(|| StoreError::Inconsistent(format!("leaf {sequence} is missing")))?;
    let parsed = parse(sequence, &row.record)?;
    Ok((row, parsed))
}

fn watch(place: Place<'_>, sequence: i64, leaf: &Watch) -> Result<(), StoreError> {
    match leaf.change {
        WatchChange::Add => watches::insert(
            place.derived,
            leaf.watch,
            sequence,
            &target_of(leaf),
            leaf.parent,
        ),
        WatchChange::Remove => {
            watches::insert_removal(place.derived, leaf.watch, sequence)?;
            gaps::remove_watch(place, leaf.watch, sequence)
        }
    }
}

/// What a watch is about, as its leaf says.
pub fn target_of(leaf: &Watch) -> watches::WatchTarget {
    let operation_id = leaf.operation.clone().unwrap_or_default();
    let is_moving = operation_id.is_empty();
    watches::WatchTarget {
        service: leaf
            .service
            .map_or_else(String::new, |s: Service| s.as_str().to_owned()),
        label: leaf.label.clone().unwrap_or_default(),
        region_id: leaf.region.clone().unwrap_or_default(),
        operation_id,
        kind: leaf.kind.map(|kind| kind.as_str().to_owned()),
        batch_type: leaf.batch_type.clone().filter(|_| is_moving),
        names: leaf.names.clone(),
        since: leaf.since,
    }
}
