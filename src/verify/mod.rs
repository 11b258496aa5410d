//! Does the file hold what the recorder wrote? Everything is computed again from the evidence and compared:
//! the schema with that of a new file, the leaves with their hashes, the bodies with the digests that
//! their leaves state, every derived row with the one that the same rules derive now.
//!
//! Every check runs on one snapshot, so that a collector may go on writing. It changes nothing; to make
//! derived rows again in place is [`rebuild()`]. It cannot tell a file that was re-written as a whole, or cut
//! off at its end, from one that was not: for that an outside copy of size and root is needed.
//!
//! Depends on `record`, `store`, `derive`, `evidence`, `services` and `model`.

mod batch;
mod bodies;
mod checker;
mod derived;
mod head;
mod leaves;
mod rebuild;
mod report;
mod schema;
mod templates;
mod tree;

use std::path::Path;

use crate::evidence::tree::Hash;
use crate::store::{StoreError, aside, open, views};
use leaves::RootsAt;
use report::Findings;

pub use rebuild::{Rebuilt, rebuild};
pub use report::{DIFFERENCES_LISTED, Difference, Kind, Report};

/// How much is compared; each depth includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The schema, that no leaf and no cached root is missing, and how far derivation has come.
    Quick,
    /// Every leaf: its hash, its form, its place in the tree.
    Leaves,
    /// Every body, every derived row, and the file itself.
    All,
}

/// Verifies a database. An error means that it could not be verified; what is wrong with it is in the
/// report.
pub fn verify(database: &Path, depth: Depth) -> Result<Report, StoreError> {
    verify_with_roots(database, depth, &[], &mut |_, _| {})
}

/// The same, and calls `visit` with the root at each of these sizes (in ascending order), as the one pass over
/// the leaves comes to it: what an outside copy of an earlier size and root is compared with. A size below
/// which a leaf is missing, and one beyond the last leaf, has no root; at [`Depth::Quick`] none has, since no
/// leaf is read.
pub fn verify_with_roots(
    database: &Path,
    depth: Depth,
    sizes: &[u64],
    visit: &mut dyn FnMut(u64, Hash),
) -> Result<Report, StoreError> {
    let mut live = open::read_only(database)?;
    let live = live.transaction()?;
    let mut aside = aside::open_aside()?;
    views::install(&mut aside)?;
    let mut findings = Findings::default();
    let mut report = Report::default();

    if schema::check(&live, &aside, &mut findings)? {
        let head = head::check(&live, depth, &mut findings, &mut report)?;
        if depth >= Depth::Leaves {
            let roots_at = RootsAt { sizes, visit };
            leaves::check(&live, depth, roots_at, &mut findings, &mut report)?;
        }
        if depth == Depth::All {
            schema::check_integrity(&live, &mut findings)?;
            if let Some(through) = head.derived_through {
                derived::check(&live, &mut aside, through, &mut findings, &mut report)?;
            }
        }
    }
    (report.differences, report.more) = findings.into_parts();
    Ok(report)
}
