//! Proofs against those that transparency-dev/merkle publishes: 98 of inclusion, 98 of consistency,
//! most of them wrong in one way each.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::tests::range_root_over;
use super::*;
use crate::evidence::tree::leaf_hash;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inclusion {
    file: String,
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    #[serde(rename = "desc")]
    _desc: String,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Consistency {
    file: String,
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    #[serde(rename = "desc")]
    _desc: String,
    want_err: bool,
}

fn inclusion_cases() -> Vec<Inclusion> {
    let text = include_str!("../../../../tests/data/rfc6962/inclusion.json");
    serde_json::from_str(text).unwrap()
}

fn consistency_cases() -> Vec<Consistency> {
    let text = include_str!("../../../../tests/data/rfc6962/consistency.json");
    serde_json::from_str(text).unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

/// Some "hashes" of the cases are words ("WrongRoot") or empty. Our functions take 32 bytes, so such
/// a one stands here as a hash of its own: what was equal stays equal, what differed differs.
fn stand_in(text: &str) -> Hash {
    let bytes = bytes(text);
    match bytes.clone().try_into() {
        Ok(hash) => hash,
        Err(_) => Sha256::digest([b"of another length: ", bytes.as_slice()].concat()).into(),
    }
}

fn proof_of(texts: Option<&Vec<String>>) -> Vec<Hash> {
    texts.into_iter().flatten().map(|t| stand_in(t)).collect()
}

fn published_leaves() -> Vec<Hash> {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    leaves.map(leaf_hash).into()
}

#[test]
fn fault_73_inclusion_is_judged_as_published() {
    let cases = inclusion_cases();
    assert_eq!(cases.len(), 98);
    assert_eq!(cases.iter().filter(|case| !case.want_err).count(), 6);
    let mut others = BTreeSet::new();
    for case in &cases {
        let result = verify_inclusion(
            case.leaf_idx,
            case.tree_size,
            &stand_in(&case.leaf_hash),
            &proof_of(case.proof.as_ref()),
            &stand_in(&case.root),
        );
        if result.is_err() != case.want_err {
            others.insert(case.file.as_str());
        }
    }
    // A leaf hash and a root that are both empty: wrong by their length alone, which the type forbids.
    assert_eq!(
        others,
        BTreeSet::from(["single-entry/empty-root-and-leaf.json"])
    );
}

#[test]
fn fault_73_consistency_is_judged_as_published() {
    let cases = consistency_cases();
    assert_eq!(cases.len(), 98);
    assert_eq!(cases.iter().filter(|case| !case.want_err).count(), 6);
    let mut others = BTreeSet::new();
    for case in &cases {
        let result = verify_consistency(
            case.size1,
            case.size2,
            &stand_in(&case.root1),
            &stand_in(&case.root2),
            &proof_of(case.proof.as_ref()),
        );
        if result.is_err() != case.want_err {
            others.insert(case.file.as_str());
        }
    }
    // Theirs calls a proof from the empty tree meaningless. RFC 9162 does not define one, C2SP's
    // witnesses want it empty: so do we, as every history begins with the empty one.
    assert_eq!(
        others,
        BTreeSet::from(["additional/size1-is-zero-and-size2-is-not-zero.json"])
    );
}

/// The cases with roots or leaf hashes of another length: the texts of checkpoints and proofs cannot
/// hold them at all. One of them is right otherwise, with two equal roots of 12 bytes.
#[test]
fn a_hash_of_another_length_is_no_hash() {
    let is_hash = |text: &str| crate::evidence::lines::hash(text).is_some();
    let mut right_otherwise = Vec::new();
    let mut odd = 0;
    for case in consistency_cases() {
        if !is_hash(&case.root1) || !is_hash(&case.root2) {
            odd += 1;
            if !case.want_err {
                right_otherwise.push(case.file);
            }
        }
    }
    for case in inclusion_cases() {
        if !is_hash(&case.root) || !is_hash(&case.leaf_hash) {
            odd += 1;
            assert!(case.want_err, "{}", case.file);
        }
    }
    assert_eq!(odd, 35);
    assert_eq!(
        right_otherwise,
        ["additional/sizes-are-equal-one-and-proof-is-empty.json"]
    );
}

#[test]
fn our_proofs_are_those_published() {
    let leaves = published_leaves();
    let range_root = &mut range_root_over(&leaves);
    let mut compared = 0;
    for case in inclusion_cases().iter().filter(|case| !case.want_err) {
        let leaf = bytes(&case.leaf_hash);
        if leaves
            .get(case.leaf_idx as usize)
            .is_some_and(|l| leaf == *l)
        {
            let ours = inclusion_proof(case.leaf_idx, case.tree_size, range_root).unwrap();
            assert_eq!(ours, proof_of(case.proof.as_ref()), "{}", case.file);
            compared += 1;
        }
    }
    for case in consistency_cases().iter().filter(|case| !case.want_err) {
        let ours = consistency_proof(case.size1, case.size2, range_root).unwrap();
        assert_eq!(ours, proof_of(case.proof.as_ref()), "{}", case.file);
        compared += 1;
    }
    // One right case of inclusion is over another leaf.
    assert_eq!(compared, 11);
}
