//! The tree against published vectors, and against its definition.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// Lines of "number root", from a file under `tests/data`.
fn roots(file: &str) -> Vec<(usize, Hash)> {
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (size, root) = line.split_once(' ').unwrap();
            (size.parse().unwrap(), hash(root.trim()))
        })
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

fn hash(text: &str) -> Hash {
    unhex(text).try_into().unwrap()
}

/// RFC 6962, section 2.1, word for word.
fn root_by_definition(leaf_hashes: &[Hash]) -> Hash {
    match leaf_hashes {
        [] => Sha256::digest(b"").into(),
        [one] => *one,
        more => {
            let k = more.len().next_power_of_two() / 2;
            let (left, right) = more.split_at(k);
            node_hash(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

/// Leaf hashes that differ, cheaply made.
fn counted_leaves(count: usize) -> Vec<Hash> {
    (0..count as u64)
        .map(|i| leaf_hash(&i.to_be_bytes()))
        .collect()
}

/// By whole subtrees as long as they last, then leaf by leaf.
fn root_by_subtrees(leaf_hashes: &[Hash]) -> Hash {
    let (subtrees, rest) = leaf_hashes.as_chunks::<SUBTREE_LEAVES>();
    let mut frontier = Frontier::new();
    for leaves in subtrees {
        frontier.append_subtree(subtree_root(leaves)).unwrap();
    }
    for leaf in rest {
        frontier.append(*leaf);
    }
    frontier.root()
}

#[test]
fn leaf_and_node_hashes_are_those_of_the_published_vectors() {
    assert_eq!(
        leaf_hash(b"L123456"),
        hash("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56")
    );
    assert_eq!(
        node_hash_of_bytes(b"N123", b"N456"),
        hash("aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb")
    );
    // Nodes over hashes: the second level of the published tree of eight leaves.
    let leaves: Vec<_> = ["", "00", "10", "2021"]
        .map(|leaf| leaf_hash(&unhex(leaf)))
        .into();
    assert_eq!(
        node_hash(&leaves[2], &leaves[3]),
        hash("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e")
    );
}

#[test]
fn roots_of_up_to_eight_leaves_are_those_of_the_published_vectors() {
    let leaves: Vec<_> = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    .map(|leaf| leaf_hash(&unhex(leaf)))
    .into();
    let published = roots(include_str!("../../../tests/data/tree-roots-small.txt"));
    assert_eq!(published.len(), 9);
    for (size, root) in published {
        assert_eq!(root_of_hashes(&leaves[..size]), root, "{size} leaves");
    }
}

#[test]
fn fault_73_roots_at_the_boundaries_of_subtrees_are_those_computed_elsewhere() {
    let vectors = roots(include_str!("../../../tests/data/tree-roots-counted.txt"));
    let largest = vectors.iter().map(|(size, _)| *size).max().unwrap();
    assert_eq!(largest, 1_000_000);
    let leaves = counted_leaves(largest);
    let mut frontier = Frontier::new();
    for (size, root) in vectors {
        for leaf in &leaves[frontier.size() as usize..size] {
            frontier.append(*leaf);
        }
        assert_eq!(frontier.root(), root, "{size} leaves, one by one");
        assert_eq!(root_by_subtrees(&leaves[..size]), root, "{size} leaves");
    }
}

#[test]
fn every_small_size_follows_the_definition() {
    let leaves = counted_leaves(600);
    let mut frontier = Frontier::new();
    for size in 0..=leaves.len() {
        assert_eq!(frontier.size(), size as u64);
        assert_eq!(frontier.root(), root_by_definition(&leaves[..size]));
        if let Some(next) = leaves.get(size) {
            frontier.append(*next);
        }
    }
}

#[test]
fn a_subtree_begins_at_a_multiple_of_its_width() {
    let mut frontier = Frontier::new();
    frontier.append([7; 32]);
    let before = frontier.clone();
    assert_eq!(
        frontier.append_subtree([8; 32]),
        Err(MisplacedSubtree { size: 1 })
    );
    assert_eq!(frontier, before);
}

proptest! {
    #[test]
    fn fault_74_all_ways_come_to_the_root_of_the_definition(
        leaves in prop::collection::vec(any::<Hash>(), 0..1500),
    ) {
        let root = root_by_definition(&leaves);
        prop_assert_eq!(root_of_hashes(&leaves), root);
        prop_assert_eq!(root_by_subtrees(&leaves), root);
    }

    #[test]
    fn any_changed_leaf_changes_the_root(
        leaves in prop::collection::vec(any::<Hash>(), 1..600),
        at in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let mut changed = leaves.clone();
        changed[at.index(leaves.len())][bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(root_of_hashes(&changed), root_of_hashes(&leaves));
    }
}
