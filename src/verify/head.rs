//! The head of the log: that numbers have no gap, that each complete subtree has its cached root, and that
//! derivation has not come further than the evidence.

use super::Depth;
use super::report::{Findings, Kind, Report};
use crate::evidence::tree::{Frontier, Hash, SUBTREE_LEAVES};
use crate::record::DERIVE_VERSION;
use crate::store::derived::{WATERMARK, watermarks};
use crate::store::{Connection, StoreError, evidence};

/// What the other checks need to know.
pub(super) struct Head {
    /// The last leaf up to which derived rows can be compared; `None` where other rules derived them, or
    /// nothing says how far they have come.
    pub(super) derived_through: Option<i64>,
}

/// Checks the head, and fills size, root and watermark of the report. The root is that of the stored hashes.
/// Gaps are looked for at the quick depth alone: the others read every leaf, and meet them.
pub(super) fn check(
    live: &Connection,
    depth: Depth,
    findings: &mut Findings,
    report: &mut Report,
) -> Result<Head, StoreError> {
    let size = findings.unless_damaged("leaf", evidence::size(live))?;
    let Some(size) = size else {
        return Ok(Head {
            derived_through: None,
        });
    };
    report.size = size;
    if depth == Depth::Quick {
        evidence::each_gap(live, |first, last| add_gap(first, last, findings))?;
    }
    let cached = check_subtrees(live, size, findings);
    let cached = findings.unless_damaged("subtree", cached)?.flatten();
    let root = stored_root(live, cached);
    if let Some(root) = findings.unless_damaged("leaf", root)? {
        report.root = root;
    }
    let derived_through = check_watermark(live, size - 1, findings, report)?;
    Ok(Head { derived_through })
}

/// Notes that leaves are missing.
pub(super) fn add_gap(first: i64, last: i64, findings: &mut Findings) {
    let key = stretch("sequence", first, last);
    let what = "no such leaf, and there are later ones";
    findings.add(Kind::Gap, "leaf", key, what);
}

/// The key of one row or of several that follow each other: a forged number may leave out more rows than
/// anybody could list.
fn stretch(column: &str, first: i64, last: i64) -> String {
    if first == last {
        format!("{column}={first}")
    } else {
        format!("{column}={first}..{last}")
    }
}

/// Checks that exactly the complete subtrees have a cached root; the tree over these, if so.
fn check_subtrees(
    live: &Connection,
    size: i64,
    findings: &mut Findings,
) -> Result<Option<Frontier>, StoreError> {
    let complete = size / SUBTREE_LEAVES as i64;
    let mut frontier = Some(Frontier::new());
    let mut next = 0;
    let missing = |from: i64, to: i64, findings: &mut Findings| {
        let last = to.min(complete) - 1;
        if from <= last {
            let what = "leaves go on behind it, and its root is not there";
            findings.add(
                Kind::Missing,
                "subtree",
                stretch("number", from, last),
                what,
            );
        }
    };
    evidence::each_subtree(live, |number, hash| {
        if !(0..complete).contains(&number) {
            let what = "its leaves are not all there";
            findings.add(
                Kind::Extra,
                "subtree",
                format_args!("number={number}"),
                what,
            );
            frontier = None;
            return Ok(());
        }
        missing(next, number, findings);
        if number != next {
            frontier = None;
        }
        next = number + 1;
        // A hash of another length is told when the leaves are read.
        frontier = frontier.take().and_then(|mut frontier| {
            frontier.append_subtree(hash.try_into().ok()?).ok()?;
            Some(frontier)
        });
        Ok(())
    })?;
    missing(next, complete, findings);
    Ok(frontier.filter(|_| next == complete))
}

/// The root over the stored hashes, from the cached subtrees where they can be used.
fn stored_root(live: &Connection, cached: Option<Frontier>) -> Result<Hash, StoreError> {
    let mut frontier = cached.unwrap_or_default();
    let after = i64::try_from(frontier.size())
        .map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    evidence::each_leaf_hash(live, after, |hash| frontier.append(hash))?;
    Ok(frontier.root())
}

fn check_watermark(
    live: &Connection,
    last: i64,
    findings: &mut Findings,
    report: &mut Report,
) -> Result<Option<i64>, StoreError> {
    report.derived_through = -1;
    let Some(rows) = findings.unless_damaged(WATERMARK, watermarks(live))? else {
        return Ok(None);
    };
    let mut found = None;
    for row in rows {
        if row.id == 1 {
            found = Some(row);
        } else {
            let what = "there is one row, with id 1";
            findings.add(Kind::Extra, WATERMARK, format_args!("id={}", row.id), what);
        }
    }
    let Some(row) = found else {
        let what = "nothing says how far derivation has come; derived rows were not compared; run `optrail rebuild`";
        findings.add(Kind::Missing, WATERMARK, "id=1", what);
        return Ok(None);
    };
    report.derived_through = row.derived_through;
    if !(-1..=last).contains(&row.derived_through) {
        let what = format!(
            "derived_through is {}, and the last leaf is {last}",
            row.derived_through
        );
        findings.add(Kind::Invalid, WATERMARK, "id=1", what);
    }
    if row.derive_version != DERIVE_VERSION {
        let what = format!(
            "derived with rules {}, this program has rules {DERIVE_VERSION}; derived rows were not compared; run `optrail rebuild`",
            row.derive_version
        );
        findings.add(Kind::Invalid, WATERMARK, "id=1", what);
        return Ok(None);
    }
    Ok(Some(row.derived_through.clamp(-1, last)))
}
