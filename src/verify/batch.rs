//! Leaves on their way from the thread that reads them to the one that checks them, and back with what was
//! found. Batches go round, so that no leaf costs an allocation and few are in memory at once.

use std::ops::Range;
use std::sync::Arc;

use super::report::Findings;
use super::tree::Roots;
use crate::record::MadeKey;
use crate::store::evidence::RawLeaf;

/// Leaves of a batch: enough that handing it over costs nothing.
const LEAVES: usize = 1_024;

/// Bytes of a batch, with the templates that were unpacked for it. One leaf may go beyond.
const BYTES: usize = 1024 * 1024;

/// Leaves, and what was found of them.
#[derive(Default)]
pub(super) struct Batch {
    /// Their texts, one after another.
    bytes: Vec<u8>,
    rows: Vec<Row>,
    /// Templates that are used for the first time, to be compared with their digests.
    pub(super) fresh: Vec<Fresh>,
    /// Bytes of these and of others that were unpacked for this batch.
    unpacked: usize,
    /// What was found, by reading and then by checking.
    pub(super) findings: Findings,
    /// Roots that are known now.
    pub(super) roots: Roots,
    /// Keys that were made for the log.
    pub(super) keys: Vec<MadeKey>,
    /// What was counted.
    pub(super) counts: Counts,
}

/// What checking has counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) leaves: i64,
    pub(super) bodies: i64,
    /// Bodies that leaves state, checked or not.
    pub(super) stated: i64,
    pub(super) redacted: i64,
}

/// A template that was met for the first time.
pub(super) struct Fresh {
    pub(super) template_id: i64,
    pub(super) template: Arc<Vec<u8>>,
    pub(super) sha256: Vec<u8>,
}

/// A leaf, by the places of its texts.
struct Row {
    sequence: i64,
    record: Range<usize>,
    hash: Range<usize>,
    template_id: Option<i64>,
    request_id_offset: Option<i64>,
    request_id: Option<Range<usize>>,
    template: Option<Arc<Vec<u8>>>,
}

impl Batch {
    /// Takes a leaf, with the template of its body where that is to be checked and could be read.
    pub(super) fn add(&mut self, leaf: &RawLeaf<'_>, template: Option<Arc<Vec<u8>>>) {
        let row = Row {
            sequence: leaf.sequence,
            record: self.keep(leaf.record),
            hash: self.keep(leaf.hash),
            template_id: leaf.template_id,
            request_id_offset: leaf.request_id_offset,
            request_id: leaf.request_id.map(|text| self.keep(text)),
            template,
        };
        self.rows.push(row);
    }

    fn keep(&mut self, text: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        start..self.bytes.len()
    }

    /// Counts a template that was unpacked for this batch.
    pub(super) fn count_unpacked(&mut self, bytes: usize) {
        self.unpacked += bytes;
    }

    /// Whether it is to go.
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= LEAVES || self.bytes.len() + self.unpacked >= BYTES
    }

    /// The leaves, each with its template.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (RawLeaf<'_>, Option<&[u8]>)> {
        self.rows.iter().map(|row| {
            let leaf = RawLeaf {
                sequence: row.sequence,
                record: &self.bytes[row.record.clone()],
                hash: &self.bytes[row.hash.clone()],
                template_id: row.template_id,
                request_id_offset: row.request_id_offset,
                request_id: row.request_id.clone().map(|text| &self.bytes[text]),
            };
            (
                leaf,
                row.template.as_ref().map(|template| template.as_slice()),
            )
        })
    }

    /// Forgets its leaves and what was found; the memory stays, unless a giant leaf has stretched it.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(2 * BYTES);
        self.rows.clear();
        self.fresh.clear();
        self.unpacked = 0;
        self.findings = Findings::default();
        self.roots = Roots::default();
        self.keys.clear();
        self.counts = Counts::default();
    }
}
