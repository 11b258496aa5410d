//! Proofs over the tree: that a leaf stands in it (inclusion, RFC 6962 section 2.1.1), and that a
//! smaller tree is the beginning of a larger one (consistency, section 2.1.2); and how both are
//! checked (RFC 9162, sections 2.1.3.2 and 2.1.4.2).
//!
//! Hashes in, hashes out. Where the hashes of a tree are stored, whoever asks for a proof knows: the
//! functions name ranges of leaves, and are given their roots.
//!
//! # What a proof does not say
//! A root alone does not tell its size, so a proof may hold for another size with the same root.
//! Size and root must come from one source that is trusted, such as a signed checkpoint.

use std::ops::Range;

use super::{Hash, node_hash, root_of_hashes};

/// Hashes of a proof of inclusion at most: the height of a tree of 2^63 leaves, beyond which no size is
/// accepted. A proof of consistency may have one more.
pub const PROOF_HASHES_MAX: usize = 63;

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is beyond the end of the tree: no proof can show it there.
    #[error(
        "leaf {index} is not in a tree of {size} leaves; check it against a checkpoint of more than {index}"
    )]
    IndexOutside {
        /// The leaf, counted from 0.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// The tree that is said to be the beginning is the larger one.
    #[error(
        "a tree of {old} leaves cannot be the beginning of one of {new}; compare them the other way round"
    )]
    SizesSwapped {
        /// Leaves of the tree said to be older.
        old: u64,
        /// Leaves of the tree said to be newer.
        new: u64,
    },
    /// There are more or fewer hashes than the place of the leaf, or the two sizes, ask for.
    #[error(
        "a proof of {hashes} hashes is too long or too short for where it is said to belong; it was cut, or made for other sizes"
    )]
    Length {
        /// Hashes in the proof.
        hashes: usize,
    },
    /// The hashes do not lead to the root of the tree (for consistency: the newer one).
    #[error(
        "the proof does not lead to the root of the tree of {size} leaves: the leaf or the proof was changed, or belongs to another tree"
    )]
    RootDiffers {
        /// Leaves of the tree.
        size: u64,
    },
    /// The hashes do not lead to the root of the older tree.
    #[error(
        "the proof does not lead to the root of the older tree of {size} leaves: the newer tree does not begin with it, or the proof was changed"
    )]
    OldRootDiffers {
        /// Leaves of the older tree.
        size: u64,
    },
}

/// The hashes that lead from leaf `index` to the root of the first `size` leaves, the leaf's sibling
/// first. At most [`PROOF_HASHES_MAX`] up to 2^63 leaves.
///
/// `range_root` is asked for the root of ranges of leaves, from the largest to the smallest. Each is
/// a node of the tree: it begins at a multiple of the smallest power of two that holds its length.
/// A leaf beyond the tree has no proof: the answer is empty, and [`verify_inclusion`] refuses it.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    range_root: &mut impl FnMut(Range<u64>) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    if index >= size {
        return Ok(proof);
    }
    let mut node = 0..size;
    while node.end - node.start > 1 {
        let (left, right) = children(&node);
        if index < left.end {
            proof.push(range_root(right)?);
            node = left;
        } else {
            proof.push(range_root(left)?);
            node = right;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The hashes that lead from the root of the first `old` leaves to the root of the first `new`, the
/// deepest first: one more than the height of the tree at most. Empty for an `old` of 0, for equal sizes,
/// and where `old` is beyond `new`, which [`verify_consistency`] refuses.
///
/// `range_root` is asked as by [`inclusion_proof`].
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    range_root: &mut impl FnMut(Range<u64>) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let mut node = 0..new;
    while node.end != old {
        let (left, right) = children(&node);
        if old <= left.end {
            proof.push(range_root(right)?);
            node = left;
        } else {
            proof.push(range_root(left)?);
            node = right;
        }
    }
    // The node that ends where the old tree ends. If it is the whole old tree, its root is known already.
    if node.start > 0 {
        proof.push(range_root(node)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The two children of the node over a range of more than one leaf: the left one is as large a power
/// of two as leaves something for the right one.
fn children(node: &Range<u64>) -> (Range<u64>, Range<u64>) {
    let left_leaves = 1 << (node.end - node.start - 1).ilog2();
    let middle = node.start + left_leaves;
    (node.start..middle, middle..node.end)
}

/// Whether `proof` leads from the leaf at `index` to `root`, the root of `size` leaves
/// (RFC 9162, section 2.1.3.2). Stops at the first hash too many.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf_hash: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutside { index, size });
    }
    let mut climb = Climb::from(index, size - 1);
    let mut hash = *leaf_hash;
    for sibling in proof {
        hash = match climb.step() {
            None => return Err(wrong_length(proof)),
            Some(Side::Left) => node_hash(sibling, &hash),
            Some(Side::Right) => node_hash(&hash, sibling),
        };
    }
    if !climb.is_at_root() {
        return Err(wrong_length(proof));
    }
    if hash != *root {
        return Err(ProofError::RootDiffers { size });
    }
    Ok(())
}

/// Whether `proof` shows that the `old` leaves under `old_root` are the first of the `new` leaves
/// under `new_root` (RFC 9162, section 2.1.4.2).
///
/// The empty tree is the beginning of every tree, equal trees have equal roots; both need no proof,
/// and so accept none but the empty one. An `old_root` of no leaves must be that of the empty tree.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::SizesSwapped { old, new });
    }
    if old == 0 && *old_root != root_of_hashes(&[]) {
        return Err(ProofError::OldRootDiffers { size: old });
    }
    if old == new && old_root != new_root {
        return Err(ProofError::RootDiffers { size: new });
    }
    if old == 0 || old == new {
        return match proof {
            [] => Ok(()),
            _ => Err(wrong_length(proof)),
        };
    }
    verify_growth(old, new, old_root, new_root, proof)
}

/// [`verify_consistency`] for 0 < `old` < `new`.
fn verify_growth(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    // Both trees hold the node that ends where the old one ends. It is the old tree itself where
    // that is perfect; otherwise the proof begins with it.
    let (shared, rest) = match proof.split_first() {
        _ if old.is_power_of_two() => (old_root, proof),
        Some(parts) => parts,
        None => return Err(wrong_length(proof)),
    };
    let mut climb = Climb::from(old - 1, new - 1);
    climb.skip_right_turns();
    let (mut old_hash, mut new_hash) = (*shared, *shared);
    for sibling in rest {
        match climb.step() {
            None => return Err(wrong_length(proof)),
            Some(Side::Left) => {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
            }
            Some(Side::Right) => new_hash = node_hash(&new_hash, sibling),
        }
    }
    if !climb.is_at_root() {
        return Err(wrong_length(proof));
    }
    if old_hash != *old_root {
        return Err(ProofError::OldRootDiffers { size: old });
    }
    if new_hash != *new_root {
        return Err(ProofError::RootDiffers { size: new });
    }
    Ok(())
}

fn wrong_length(proof: &[Hash]) -> ProofError {
    ProofError::Length {
        hashes: proof.len(),
    }
}

/// On which side of a node its sibling stands.
enum Side {
    Left,
    Right,
}

/// The way from a node up to the root: its place in its level, and the last place there (`fn` and
/// `sn` of RFC 9162).
struct Climb {
    place: u64,
    last: u64,
}

impl Climb {
    fn from(place: u64, last: u64) -> Self {
        Self { place, last }
    }

    /// Goes up while the node is a right child: to the largest perfect tree that ends with it.
    fn skip_right_turns(&mut self) {
        let levels = self.place.trailing_ones();
        // A place below `last` < 2^64 - 1 has a zero bit, so this is less than 64.
        self.place >>= levels;
        self.last >>= levels;
    }

    /// Goes up to the next node that has two children; tells where the other child stands. `None` at
    /// the root. The last node of a level may have no sibling: it is its own parent, and passed.
    fn step(&mut self) -> Option<Side> {
        if self.is_at_root() {
            return None;
        }
        let is_alone = self.place == self.last && self.place.is_multiple_of(2);
        let levels = if is_alone {
            self.place.trailing_zeros()
        } else {
            0
        };
        self.place >>= levels;
        self.last >>= levels;
        let side = if self.place.is_multiple_of(2) {
            Side::Right
        } else {
            Side::Left
        };
        self.place >>= 1;
        self.last >>= 1;
        Some(side)
    }

    fn is_at_root(&self) -> bool {
        self.last == 0
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
