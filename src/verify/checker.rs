//! The second thread of the pass over the leaves: each is hashed again, read as a leaf, put into the tree, and
//! its body is put together and compared with what it states. Pure: batches in, findings out.

use super::batch::Batch;
use super::bodies::{Body, compare};
use super::report::{Findings, Kind};
use super::tree::Tree;
use crate::evidence::digest::Digest;
use crate::evidence::leaf::{KeyChange, Leaf};
use crate::evidence::tree::{Hash, leaf_hash};
use crate::record::MadeKey;
use crate::store::evidence::RawLeaf;

/// Checks all leaves of a batch and puts them into the tree.
pub(super) fn check(batch: &mut Batch, tree: &mut Tree) {
    let mut findings = std::mem::take(&mut batch.findings);
    let mut roots = std::mem::take(&mut batch.roots);
    let mut keys = std::mem::take(&mut batch.keys);
    let mut counts = batch.counts;
    for fresh in &batch.fresh {
        if fresh.sha256 != Digest::of(&fresh.template).0 {
            let key = format_args!("template_id={}", fresh.template_id);
            let what = "sha256 is not that of the template";
            findings.add(Kind::Invalid, "body_template", key, what);
        }
    }
    for (row, template) in batch.leaves() {
        counts.leaves += 1;
        let hash = leaf_hash(row.record);
        let body = check_row(&row, &hash, &mut keys, &mut findings);
        tree.add(row.sequence, hash, &mut roots);
        let Some(body) = body else { continue };
        counts.stated += i64::from(matches!(body, Body::Kept { .. }));
        counts.redacted += i64::from(body.is_redacted());
        if let (Some(template), Body::Kept { length, digest, .. }) = (template, body) {
            counts.bodies += 1;
            if let Err(what) = compare(template, &row, length, digest) {
                let key = format_args!("sequence={}", row.sequence);
                findings.add(Kind::Invalid, "leaf", key, what);
            }
        }
    }
    (batch.findings, batch.roots, batch.counts) = (findings, roots, counts);
    batch.keys = keys;
}

/// Checks a row in itself; `hash` is that of its record. A key that it makes goes to `keys`. Returns the body
/// that its leaf states, `None` where it states none or cannot be read.
fn check_row(
    row: &RawLeaf<'_>,
    hash: &Hash,
    keys: &mut Vec<MadeKey>,
    findings: &mut Findings,
) -> Option<Body> {
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
    if let Leaf::Key(key) = &leaf
        && key.change == KeyChange::Made
    {
        keys.push(MadeKey {
            sequence: row.sequence,
            origin: key.origin.clone(),
            vkey: key.vkey.clone(),
        });
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
