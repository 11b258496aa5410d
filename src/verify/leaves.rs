//! Leaf by leaf, in one pass: each is hashed again, read as a leaf, put into the tree, and (at the full
//! depth) its body is put together and compared with what it states.

use super::Depth;
use super::bodies::{Bodies, Body};
use super::report::{Findings, Kind, Report};
use crate::evidence::leaf::Leaf;
use crate::evidence::tree::{Frontier, Hash, SUBTREE_LEAVES, leaf_hash, subtree_root};
use crate::store::evidence::{self, RawLeaf};
use crate::store::{Connection, StoreError};

/// Checks every leaf, and fills what the report says of leaves, bodies and the tree.
pub(super) fn check(
    live: &Connection,
    depth: Depth,
    findings: &mut Findings,
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut tree = Tree::default();
    let mut bodies = (depth == Depth::All).then(|| Bodies::new(live));
    let pass = evidence::each_raw_leaf(live, |row| {
        report.leaves_checked += 1;
        let hash = leaf_hash(row.record);
        let body = check_row(&row, &hash, findings);
        tree.add(live, row.sequence, hash, findings)?;
        if let Some(body) = body {
            report.redacted += i64::from(body.is_redacted());
            if let Some(bodies) = &mut bodies {
                bodies.check(&row, &body, findings)?;
            }
        }
        Ok(())
    });
    findings.unless_damaged("leaf", pass)?;
    let ended = tree.end(live, findings);
    findings.unless_damaged("subtree", ended)?;
    report.root = tree.frontier.root();
    if let Some(bodies) = bodies {
        (report.bodies_checked, report.templates_checked) = bodies.end(findings)?;
    }
    Ok(())
}

/// Checks a row in itself; `hash` is that of its record. Returns the body that its leaf states, `None` where
/// it states none or cannot be read.
fn check_row(row: &RawLeaf<'_>, hash: &Hash, findings: &mut Findings) -> Option<Body> {
    let key = format_args!("sequence={}", row.sequence);
    let mut invalid = |what: &dyn std::fmt::Display| findings.add(Kind::Invalid, "leaf", key, what);
    if row.sequence < 0 {
        invalid(&"leaves are numbered from 0");
    }
    if row.hash != hash {
        invalid(&"hash is not that of record");
    }
    if let Some(what) = columns_disagree(row) {
        invalid(&what);
    }
    let leaf = match std::str::from_utf8(row.record) {
        Ok(line) => Leaf::parse(line).map_err(|error| error.to_string()),
        Err(error) => Err(format!("record is not UTF-8: {error}")),
    };
    let leaf = match leaf {
        Ok(leaf) => leaf,
        Err(error) => {
            invalid(&error);
            return None;
        }
    };
    if matches!(leaf, Leaf::Genesis(_)) != (row.sequence == 0) {
        invalid(&"the first leaf, and no other, is the genesis");
    }
    let body = Body::stated_by(leaf);
    match (&body, row.template_id) {
        (None, Some(_)) => invalid(&"template_id stands beside a leaf that has no body"),
        (Some(Body::Kept { .. }), None) => invalid(&"the leaf has a body, and no template_id"),
        _ => {}
    }
    body
}

/// What of the columns cannot stand together, whatever the leaf says.
fn columns_disagree(row: &RawLeaf<'_>) -> Option<&'static str> {
    if row.request_id.is_some() != row.request_id_offset.is_some() {
        return Some("request_id and request_id_offset stand together or not at all");
    }
    if row.request_id.is_some() && row.template_id.is_none() {
        return Some("request_id stands beside no template_id");
    }
    if row.request_id_offset.is_some_and(|offset| offset < 0) {
        return Some("request_id_offset is negative");
    }
    None
}

/// The tree over the leaves that are there.
#[derive(Default)]
struct Tree {
    frontier: Frontier,
    /// Hashes of leaves of the subtree that is being read.
    hashes: Vec<Hash>,
    /// The subtree that is being read.
    number: i64,
}

impl Tree {
    fn add(
        &mut self,
        live: &Connection,
        sequence: i64,
        hash: Hash,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let number = sequence.div_euclid(SUBTREE_LEAVES as i64);
        if number != self.number {
            self.end(live, findings)?;
            self.number = number;
        }
        self.hashes.push(hash);
        Ok(())
    }

    /// Ends a subtree: compares its root with the cached one, if all its leaves are there.
    fn end(&mut self, live: &Connection, findings: &mut Findings) -> Result<(), StoreError> {
        let hashes = std::mem::take(&mut self.hashes);
        let appended = match <&[Hash; SUBTREE_LEAVES]>::try_from(hashes.as_slice()) {
            Ok(full) => {
                let root = subtree_root(full);
                let number = self.number;
                // That there is none at all is told with the head.
                if evidence::subtree(live, number)?.is_some_and(|cached| cached != root) {
                    let what = "hash is not the root of its leaves";
                    findings.add(
                        Kind::Invalid,
                        "subtree",
                        format_args!("number={number}"),
                        what,
                    );
                }
                self.frontier.append_subtree(root).is_ok()
            }
            Err(_) => false,
        };
        if !appended {
            hashes
                .into_iter()
                .for_each(|hash| self.frontier.append(hash));
        }
        Ok(())
    }
}
