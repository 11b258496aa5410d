//! Does the file hold what the recorder wrote? Everything is computed again from the evidence and compared:
//! the schema with that of a new file, the leaves with their hashes, the bodies with the digests that
//! their leaves state, every derived row with the one that the same rules derive now.
//!
//! Every check runs on one snapshot, so that a collector may go on writing. It changes nothing; to make
//! derived rows again in place is [`rebuild()`]. It cannot tell a file that was re-written as a whole, or cut
//! off at its end, from one that was not, except by comparison with a head that was held outside of it
//! ([`verify_against`]).
//!
//! Depends on `record`, `store`, `evidence` and `model`: `record` derives.

mod batch;
mod bodies;
mod checker;
mod checkpoints;
mod derived;
mod head;
mod heads;
mod keys;
mod leaves;
mod rebuild;
mod report;
mod schema;
mod stretch;
mod templates;
mod tree;

use std::path::Path;

use crate::evidence::note::VerifierKey;
use crate::store::{StoreError, aside, open, snapshot, views};
use heads::Heads;
use report::Findings;

pub use heads::Held;
pub use rebuild::{Rebuilt, rebuild};
pub use report::{Compared, Counts, DIFFERENCES_LISTED, Difference, HeldBy, Kind, Report};

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

/// Verifies a database, whoever made it. An error means that it could not be verified; what is wrong with it is in the
/// report.
pub fn verify(database: &Path, depth: Depth) -> Result<Report, StoreError> {
    verify_against(database, depth, &[], &[])
}

/// The same, and compares the log with heads that were held outside of it; `keys`: those of which one must have
/// signed each checkpoint, if there are any.
pub fn verify_against(
    database: &Path,
    depth: Depth,
    held: &[Held],
    keys: &[VerifierKey],
) -> Result<Report, StoreError> {
    let mut live = open::untrusted(database)?;
    let live = live.transaction()?;
    let mut aside = aside::open_aside()?;
    views::install(&mut aside)?;
    let mut findings = Findings::default();
    let mut report = Report::default();

    let schema = schema::check(&live, &aside, &mut findings)?;
    if schema.tables_stand {
        report.bodies_left_out = snapshot::lacks_bodies(&live)?;
        let head = head::check(&live, depth, &mut findings, &mut report)?;
        let mut heads = Heads::read(&live, held, depth >= Depth::Leaves, &mut findings)?;
        if depth >= Depth::Leaves {
            // Without bodies, leaves are all that can be checked.
            let depth = if report.bodies_left_out {
                Depth::Leaves
            } else {
                depth
            };
            leaves::check(&live, depth, &mut heads, &mut findings, &mut report)?;
        } else {
            heads.meet_stored(&live, report.size, &mut findings)?;
        }
        heads.judge(&live, keys, &mut findings, &mut report)?;
        if depth == Depth::All {
            schema::check_integrity(&live, schema, &mut findings)?;
            if let Some(through) = head.derived_through
                && !report.bodies_left_out
            {
                derived::check(&live, &mut aside, through, &mut findings, &mut report)?;
            }
        }
    }
    findings.tell(&mut report);
    Ok(report)
}
