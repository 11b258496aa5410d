//! The tree over the leaves that are there, while they come: its root in the end, the roots of complete
//! subtrees, and the root at each size that somebody asks for.
//!
//! Hashes in, roots out. It reads nothing and judges nothing.

use std::collections::VecDeque;

use crate::evidence::tree::{Frontier, Hash, SUBTREE_LEAVES, subtree_root};

/// The tree while it grows.
#[derive(Default)]
pub(super) struct Tree {
    frontier: Frontier,
    /// Hashes of leaves of the subtree that is being read.
    hashes: Vec<Hash>,
    /// The subtree that is being read.
    number: i64,
    /// Sequence of the next leaf, while none is missing.
    next: Option<i64>,
    /// Sizes whose root is asked for and was not reached yet.
    asked: VecDeque<i64>,
    /// The tree up to some leaf of the subtree that is being read, and how many of its hashes that has: sizes
    /// that follow each other in one subtree cost what lies between them.
    partial: Option<(Frontier, usize)>,
}

/// What adding leaves has shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Roots {
    /// Roots of the subtrees of which every leaf is there, by their numbers.
    pub(super) subtrees: Vec<(i64, Hash)>,
    /// Roots at the sizes that were asked for.
    pub(super) asked: Vec<(u64, Hash)>,
}

impl Tree {
    /// The empty tree, of which the roots at some sizes are wanted, in ascending order. A size below which a
    /// leaf is missing, and one beyond the last leaf, has no root.
    pub(super) fn new(roots_at: &[u64]) -> Self {
        let sizes = roots_at.iter();
        Self {
            next: Some(0),
            asked: sizes.filter_map(|size| i64::try_from(*size).ok()).collect(),
            ..Self::default()
        }
    }

    /// Adds a leaf; sequences ascend.
    pub(super) fn add(&mut self, sequence: i64, hash: Hash, roots: &mut Roots) {
        self.tell_asked(roots);
        if self.next == Some(sequence) {
            self.next = sequence.checked_add(1);
        } else {
            self.next = None;
        }
        let number = sequence.div_euclid(SUBTREE_LEAVES as i64);
        if number != self.number {
            self.close_subtree(roots);
            self.number = number;
        }
        self.hashes.push(hash);
        if self.hashes.len() == SUBTREE_LEAVES {
            self.close_subtree(roots);
        }
    }

    /// Ends the tree; its root.
    pub(super) fn end(mut self, roots: &mut Roots) -> Hash {
        self.tell_asked(roots);
        self.close_subtree(roots);
        self.frontier.root()
    }

    fn tell_asked(&mut self, roots: &mut Roots) {
        while let Some(size) = self.next.filter(|size| self.asked.front() == Some(size)) {
            let whole = || (self.frontier.clone(), 0);
            let (partial, taken) = self.partial.get_or_insert_with(whole);
            let hashes = self.hashes[*taken..].iter();
            hashes.for_each(|hash| partial.append(*hash));
            *taken = self.hashes.len();
            roots.asked.push((size.cast_unsigned(), partial.root()));
            self.asked.pop_front();
        }
    }

    fn close_subtree(&mut self, roots: &mut Roots) {
        self.partial = None;
        let mut appended = false;
        if let Ok(full) = <&[Hash; SUBTREE_LEAVES]>::try_from(self.hashes.as_slice()) {
            let root = subtree_root(full);
            roots.subtrees.push((self.number, root));
            appended = self.frontier.append_subtree(root).is_ok();
        }
        if !appended {
            let hashes = self.hashes.iter();
            hashes.for_each(|hash| self.frontier.append(*hash));
        }
        self.hashes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::tree::{leaf_hash, root_of_hashes};

    fn hashes(count: usize) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_le_bytes())).collect()
    }

    #[test]
    fn the_root_at_every_size_is_that_of_the_leaves_before_it() {
        let hashes = hashes(2 * SUBTREE_LEAVES + 3);
        let sizes: Vec<u64> = (0..=hashes.len() as u64 + 2).collect();
        let mut roots = Roots::default();
        let mut tree = Tree::new(&sizes);
        for (sequence, hash) in hashes.iter().enumerate() {
            tree.add(sequence as i64, *hash, &mut roots);
        }
        assert_eq!(tree.end(&mut roots), root_of_hashes(&hashes));
        assert_eq!(roots.asked.len(), hashes.len() + 1);
        for (size, root) in roots.asked {
            assert_eq!(root, root_of_hashes(&hashes[..size as usize]), "{size}");
        }
        let numbers: Vec<i64> = roots.subtrees.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [0, 1]);
    }

    #[test]
    fn behind_a_leaf_that_is_missing_there_is_no_root() {
        let hashes = hashes(3 * SUBTREE_LEAVES);
        let mut roots = Roots::default();
        let mut tree = Tree::new(&[100, 300, 300, 301, 600]);
        let mut there = hashes.clone();
        there.remove(300);
        for (sequence, hash) in hashes.iter().enumerate().filter(|(n, _)| *n != 300) {
            tree.add(sequence as i64, *hash, &mut roots);
        }
        assert_eq!(tree.end(&mut roots), root_of_hashes(&there));
        let sizes: Vec<u64> = roots.asked.iter().map(|(size, _)| *size).collect();
        assert_eq!(sizes, [100, 300, 300]);
        let numbers: Vec<i64> = roots.subtrees.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [0, 2]);
    }
}
