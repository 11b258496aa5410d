//! Proofs against their definition, and against every way of changing them.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::iter::successors;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::evidence::tree::leaf_hash;

/// Roots of ranges of these leaves, each computed once.
pub(super) fn range_root_over(
    leaves: &[Hash],
) -> impl FnMut(Range<u64>) -> Result<Hash, Infallible> {
    let mut known = HashMap::new();
    move |range: Range<u64>| {
        let root = known
            .entry((range.start, range.end))
            .or_insert_with(|| root_of_hashes(&leaves[range.start as usize..range.end as usize]));
        Ok(*root)
    }
}

/// Roots of 2^level leaves that are all the same.
static PERFECT_ROOTS: LazyLock<Vec<Hash>> = LazyLock::new(|| {
    successors(Some(leaf_hash(b"leaf")), |root| Some(node_hash(root, root)))
        .take(64)
        .collect()
});

/// The root of a range of equal leaves, at once for any number. It must be a node of the tree.
fn range_root_of_equal_leaves(range: Range<u64>) -> Result<Hash, Infallible> {
    let leaves = range.end - range.start;
    assert!(leaves > 0, "{range:?} is empty");
    let width = leaves.checked_next_power_of_two().unwrap_or(1 << 63);
    assert!(range.start.is_multiple_of(width), "{range:?} is no node");
    let peaks = (0..64).filter(|level| leaves >> level & 1 == 1);
    let peaks = peaks.map(|level| PERFECT_ROOTS[level]);
    Ok(peaks
        .reduce(|right, left| node_hash(&left, &right))
        .unwrap())
}

fn counted_leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    leaves.split_at(leaves.len().next_power_of_two() / 2)
}

/// PATH of RFC 6962, section 2.1.1, word for word.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = split(leaves);
    let (mut path, other) = if m < left.len() {
        (path(m, left), right)
    } else {
        (path(m - left.len(), right), left)
    };
    path.push(root_of_hashes(other));
    path
}

/// SUBPROOF of RFC 6962, section 2.1.2, word for word.
fn subproof(m: usize, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if is_whole {
            Vec::new()
        } else {
            vec![root_of_hashes(leaves)]
        };
    }
    let (left, right) = split(leaves);
    let (mut proof, other) = if m <= left.len() {
        (subproof(m, left, is_whole), right)
    } else {
        (subproof(m - left.len(), right, false), left)
    };
    proof.push(root_of_hashes(other));
    proof
}

fn flipped(proof: &[Hash], bit: usize) -> Vec<Hash> {
    let mut changed = proof.to_vec();
    changed[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
    changed
}

/// One hash more or less, at either end.
fn cut_and_stretched(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut others = vec![[proof, &[[7; 32]]].concat(), [&[[7; 32]], proof].concat()];
    if let ([_, tail @ ..], [head @ .., _]) = (proof, proof) {
        others.extend([tail.to_vec(), head.to_vec()]);
    }
    others
}

#[test]
fn proofs_follow_the_definition() {
    let leaves = counted_leaves(70);
    let range_root = &mut range_root_over(&leaves);
    for size in 1..=leaves.len() {
        for m in 0..size {
            let inclusion = inclusion_proof(m as u64, size as u64, range_root).unwrap();
            assert_eq!(inclusion, path(m, &leaves[..size]), "leaf {m} of {size}");
            let consistency = consistency_proof(m as u64 + 1, size as u64, range_root).unwrap();
            let defined = subproof(m + 1, &leaves[..size], true);
            assert_eq!(consistency, defined, "{} to {size}", m + 1);
        }
    }
}

/// Up to here each bit of each proof is flipped.
const ALL_BITS_UP_TO: u64 = 17;

/// Up to here everything else is changed too. Beyond, where there are 18,000 trees for each test,
/// each proof is tried as it is, and with one bit of it flipped.
const ALL_CHANGES_UP_TO: u64 = 64;

/// The bits of so many hashes to flip, in a tree of `size` leaves.
fn bits_to_flip(hashes: usize, size: u64) -> impl Iterator<Item = usize> {
    let bits = hashes * 256;
    if size <= ALL_BITS_UP_TO {
        (0..bits).step_by(1)
    } else if size <= ALL_CHANGES_UP_TO {
        (0..bits).step_by(251)
    } else {
        (size as usize * 37 % bits.max(1)..bits).step_by(bits.max(1))
    }
}

#[test]
fn every_leaf_of_every_small_tree_is_proved_there_and_nowhere_else() {
    let leaves = counted_leaves(201);
    let range_root = &mut range_root_over(&leaves);
    for size in 1..=200 {
        let root = range_root(0..size).unwrap();
        for index in 0..size {
            let leaf = &leaves[index as usize];
            let proof = inclusion_proof(index, size, range_root).unwrap();
            let holds = |index, proof: &[Hash], root: &Hash| {
                verify_inclusion(index, size, leaf, proof, root).is_ok()
            };
            assert!(holds(index, &proof, &root), "leaf {index} of {size}");
            for bit in bits_to_flip(proof.len(), size) {
                assert!(!holds(index, &flipped(&proof, bit), &root));
            }
            if size > ALL_CHANGES_UP_TO {
                continue;
            }
            for other in [index ^ 1, index + 1, size - 1 - index, index | 1 << 63] {
                assert!(other == index || !holds(other, &proof, &root));
            }
            for other in cut_and_stretched(&proof) {
                assert!(!holds(index, &other, &root), "leaf {index} of {size}");
            }
            // Against the heads of its neighbours.
            for other in [size - 1, size + 1] {
                let root = range_root(0..other).unwrap();
                assert!(verify_inclusion(index, other, leaf, &proof, &root).is_err());
                assert!(!holds(index, &proof, &root));
            }
        }
    }
}

#[test]
fn fault_74_every_small_tree_begins_every_larger_one_and_no_other() {
    let leaves = counted_leaves(201);
    let range_root = &mut range_root_over(&leaves);
    for new in 0..=200 {
        let new_root = range_root(0..new).unwrap();
        for old in 0..=new {
            let old_root = range_root(0..old).unwrap();
            let proof = consistency_proof(old, new, range_root).unwrap();
            let holds =
                |proof: &[Hash]| verify_consistency(old, new, &old_root, &new_root, proof).is_ok();
            assert!(holds(&proof), "{old} to {new}");
            for bit in bits_to_flip(proof.len(), new) {
                assert!(!holds(&flipped(&proof, bit)), "{old} to {new}");
            }
            if new > ALL_CHANGES_UP_TO {
                continue;
            }
            for other in cut_and_stretched(&proof) {
                assert!(!holds(&other), "{old} to {new}");
            }
            for bit in bits_to_flip(1, new) {
                let [old_other] = flipped(&[old_root], bit)[..] else {
                    unreachable!()
                };
                let [new_other] = flipped(&[new_root], bit)[..] else {
                    unreachable!()
                };
                assert!(verify_consistency(old, new, &old_other, &new_root, &proof).is_err());
                // Nothing is known of the later tree but that it is not empty.
                let result = verify_consistency(old, new, &old_root, &new_other, &proof);
                assert_eq!(result.is_ok(), old == 0 && new > 0, "{old} to {new}");
            }
            // The proof with the heads of its neighbours.
            for (other_old, other_new) in [(old + 1, new), (old, new + 1)] {
                if other_old >= other_new || old == 0 {
                    continue;
                }
                let other_old_root = range_root(0..other_old).unwrap();
                let other_new_root = range_root(0..other_new).unwrap();
                let result = verify_consistency(
                    other_old,
                    other_new,
                    &other_old_root,
                    &other_new_root,
                    &proof,
                );
                assert!(
                    result.is_err(),
                    "{old} to {new} as {other_old} to {other_new}"
                );
            }
        }
    }
}

#[test]
fn the_empty_tree_begins_every_tree_and_equal_trees_have_equal_roots() {
    let empty = root_of_hashes(&[]);
    let [one, other] = [[1; 32], [2; 32]];
    let check = verify_consistency;
    assert_eq!(check(0, 0, &empty, &empty, &[]), Ok(()));
    assert_eq!(check(0, 9, &empty, &one, &[]), Ok(()));
    assert_eq!(check(9, 9, &one, &one, &[]), Ok(()));
    let length = Err(ProofError::Length { hashes: 1 });
    assert_eq!(check(0, 0, &empty, &empty, &[one]), length);
    assert_eq!(check(0, 9, &empty, &one, &[one]), length);
    assert_eq!(check(9, 9, &one, &one, &[one]), length);
    let old_root = Err(ProofError::OldRootDiffers { size: 0 });
    assert_eq!(check(0, 0, &one, &one, &[]), old_root);
    assert_eq!(check(0, 9, &one, &other, &[]), old_root);
    assert_eq!(
        check(9, 9, &one, &other, &[]),
        Err(ProofError::RootDiffers { size: 9 })
    );
    assert_eq!(
        check(9, 8, &one, &one, &[]),
        Err(ProofError::SizesSwapped { old: 9, new: 8 })
    );
    assert_eq!(
        check(8, 9, &one, &other, &[]),
        Err(ProofError::Length { hashes: 0 })
    );
}

#[test]
fn what_cannot_be_proved_gets_an_empty_proof_that_is_refused() {
    let range_root = &mut range_root_of_equal_leaves;
    for (index, size) in [(0, 0), (1, 1), (8, 8), (u64::MAX, 8)] {
        assert_eq!(inclusion_proof(index, size, range_root), Ok(vec![]));
        assert_eq!(
            verify_inclusion(index, size, &[1; 32], &[], &[1; 32]),
            Err(ProofError::IndexOutside { index, size })
        );
    }
    assert_eq!(consistency_proof(9, 8, range_root), Ok(vec![]));
}

#[test]
fn what_keeps_the_hashes_may_fail() {
    let failing = &mut |_: Range<u64>| Err("the disk is gone");
    assert_eq!(inclusion_proof(3, 8, failing), Err("the disk is gone"));
    assert_eq!(consistency_proof(3, 8, failing), Err("the disk is gone"));
}

/// A hostile proof is left at the first hash too many: its length costs nothing.
#[test]
fn a_proof_of_any_length_ends_at_the_height_of_the_tree() {
    let long = vec![[1; 32]; 4_000_000];
    let length = Err(ProofError::Length { hashes: long.len() });
    assert_eq!(
        verify_inclusion(u64::MAX - 1, u64::MAX, &[0; 32], &long, &[0; 32]),
        length
    );
    assert_eq!(
        verify_consistency(5, u64::MAX, &[0; 32], &[1; 32], &long),
        length
    );
}

/// Sizes of every magnitude up to the largest, not only the largest.
fn large_size() -> impl Strategy<Value = u64> {
    (1..64_u32, any::<u64>()).prop_map(|(bits, number)| (number >> (64 - bits)).max(1))
}

proptest! {
    #[test]
    fn fault_74_proofs_hold_at_any_size(
        size in large_size(),
        part in any::<u64>(),
        near in 0..3_u64,
        bit in any::<prop::sample::Index>(),
    ) {
        let range_root = &mut range_root_of_equal_leaves;
        let root = range_root(0..size).unwrap();
        // Anywhere, and at both ends, where the tree is not perfect.
        for index in [part % size, near.min(size - 1), size - 1 - near.min(size - 1)] {
            let proof = inclusion_proof(index, size, range_root).unwrap();
            prop_assert!(proof.len() <= PROOF_HASHES_MAX);
            let leaf = leaf_hash(b"leaf");
            prop_assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
            for other in cut_and_stretched(&proof) {
                prop_assert!(verify_inclusion(index, size, &leaf, &other, &root).is_err());
            }
            if !proof.is_empty() {
                let other = flipped(&proof, bit.index(proof.len() * 256));
                prop_assert!(verify_inclusion(index, size, &leaf, &other, &root).is_err());
            }

            let old = index + 1;
            let old_root = range_root(0..old).unwrap();
            let proof = consistency_proof(old, size, range_root).unwrap();
            // One more than the height: where the older tree is not perfect, its last peak comes first.
            prop_assert!(proof.len() <= PROOF_HASHES_MAX + 1);
            prop_assert_eq!(verify_consistency(old, size, &old_root, &root, &proof), Ok(()));
            for other in cut_and_stretched(&proof) {
                prop_assert!(verify_consistency(old, size, &old_root, &root, &other).is_err());
            }
            if !proof.is_empty() {
                let other = flipped(&proof, bit.index(proof.len() * 256));
                prop_assert!(verify_consistency(old, size, &old_root, &root, &other).is_err());
            }
        }
    }

    #[test]
    fn any_hashes_and_sizes_are_judged(
        a in any::<u64>(), b in any::<u64>(), proof in prop::collection::vec(any::<Hash>(), 0..70),
    ) {
        prop_assert!(verify_inclusion(a, b, &[1; 32], &proof, &[2; 32]).is_err());
        prop_assert!(verify_consistency(a, b, &[1; 32], &[2; 32], &proof).is_err());
    }
}
