//! The Merkle tree of RFC 6962 (section 2.1) over the leaves: hashes in, roots and proofs out. It
//! stores nothing and reads nothing.
//!
//! # The tree in six lines
//! - The hash of a leaf is `SHA-256(0x00 ‖ leaf bytes)`, of a node `SHA-256(0x01 ‖ left ‖ right)`.
//!   The first byte keeps a node from being passed off as a leaf.
//! - The root of no leaves is `SHA-256("")`, of one leaf its hash.
//! - The root of *n* > 1 leaves is the node of the root of the first *k* and the root of the
//!   others, where *k* is the largest power of two smaller than *n*.
//!
//! From this follows that any run of 256 leaves that begins at a multiple of 256 is a node of every
//! tree that holds it. Such a *subtree* root never changes, so one row for each may be cached, and
//! dropped, at will: [`Frontier`] takes leaf hashes or whole subtrees and comes to the same root.

mod proof;

use sha2::{Digest as _, Sha256};

pub use proof::{
    PROOF_HASHES_MAX, ProofError, consistency_proof, inclusion_proof, verify_consistency,
    verify_inclusion,
};

/// The hash of a leaf, a node or a tree.
pub type Hash = [u8; 32];

/// Leaves under one cached subtree: 39,000 rows for ten million leaves, and at most 255 leaf hashes
/// to read beyond them. Also the width of a tile in the C2SP tlog-tiles format.
pub const SUBTREE_LEAVES: usize = 256;

/// The level of a subtree's root above the leaves.
const SUBTREE_LEVEL: u32 = SUBTREE_LEAVES.trailing_zeros();

/// The hash of a leaf, from its bytes as stored.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0x00])
        .chain_update(leaf)
        .finalize()
        .into()
}

/// The hash of the node over two others.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    node_hash_of_bytes(left, right)
}

/// [`node_hash`] over children of any length, as a published vector has them.
fn node_hash_of_bytes(left: &[u8], right: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0x01])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The root of the tree over these leaf hashes.
pub fn root_of_hashes(leaf_hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    for leaf_hash in leaf_hashes {
        frontier.append(*leaf_hash);
    }
    frontier.root()
}

/// The root of one full subtree: the row that may be cached.
pub fn subtree_root(leaf_hashes: &[Hash; SUBTREE_LEAVES]) -> Hash {
    let mut level = *leaf_hashes;
    let mut width = SUBTREE_LEAVES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            level[i] = node_hash(&level[2 * i], &level[2 * i + 1]);
        }
    }
    level[0]
}

/// A subtree was appended where none can begin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a subtree of {SUBTREE_LEAVES} leaves cannot follow {size} leaves: it begins at a multiple of {SUBTREE_LEAVES}; append leaf by leaf up to there"
)]
pub struct MisplacedSubtree {
    /// The leaves before it.
    pub size: u64,
}

/// The right edge of a growing tree: the roots of the perfect trees that its leaves fall into, the
/// largest first, one for each set bit of the size. All that is needed to append and to know the
/// root, in under 2 KiB whatever the size. (Also known as a compact range.)
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The edge of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves so far; the index of the next one.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash.
    pub fn append(&mut self, leaf_hash: Hash) {
        self.append_perfect(leaf_hash, 0);
    }

    /// Appends [`SUBTREE_LEAVES`] leaves by the root of their subtree.
    pub fn append_subtree(&mut self, subtree_root: Hash) -> Result<(), MisplacedSubtree> {
        if !self.size.is_multiple_of(1 << SUBTREE_LEVEL) {
            return Err(MisplacedSubtree { size: self.size });
        }
        self.append_perfect(subtree_root, SUBTREE_LEVEL);
        Ok(())
    }

    /// Appends a perfect tree of 2^`level` leaves. The size is a multiple of that, so this is binary
    /// addition: each set bit from `level` upward is a peak of equal height, to be joined.
    fn append_perfect(&mut self, root: Hash, level: u32) {
        let mut root = root;
        for _ in 0..(self.size >> level).trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                root = node_hash(&left, &root);
            }
        }
        self.peaks.push(root);
        self.size += 1 << level;
    }

    /// The root of the tree: the peaks joined from the right.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Sha256::digest(b"").into(),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

#[cfg(test)]
mod tests;
