//! Proofs: what holds is what was in the tree.

use std::convert::Infallible;
use std::sync::OnceLock;

use optrail::evidence::tlog_proof::TlogProof;
use optrail::evidence::tree::{
    Hash, consistency_proof, inclusion_proof, leaf_hash, root_of_hashes, verify_consistency,
    verify_inclusion,
};

use crate::notes::{log_key, signed_note};
use crate::{pick, text};

/// The leaf of the seed, and its proof.
fn proved() -> &'static (Hash, TlogProof) {
    static PROVED: OnceLock<(Hash, TlogProof)> = OnceLock::new();
    PROVED.get_or_init(|| {
        let leaf = leaf_hash(include_bytes!("../seeds/leaf/proved"));
        let text = include_str!("../seeds/tlog_proof/proved");
        let proof: TlogProof = text.parse().expect("a proof");
        proof.verify(&leaf, log_key()).expect("a proof that holds");
        (leaf, proof)
    })
}

/// What reads is written, and reads as the same; what holds says where the leaf is.
pub fn tlog_proof(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let proof: TlogProof = match text.parse() {
        Ok(proof) => proof,
        Err(error) => {
            assert!(error.to_string().len() < 1_024);
            return;
        }
    };
    assert!(proof.hashes.len() <= 63);
    let written = proof.to_string();
    assert_eq!(written.parse::<TlogProof>().as_ref(), Ok(&proof));
    if !text.contains("\nextra ") {
        assert_eq!(written, text);
    }
    let (leaf, honest) = proved();
    if let Ok(head) = proof.verify(leaf, log_key()) {
        assert_eq!(head.text(), signed_note().text());
        assert_eq!((proof.index, &proof.hashes), (honest.index, &honest.hashes));
    }
}

/// Leaves of the largest tree that is tried.
const LEAVES: usize = 70;

fn leaves() -> &'static [Hash] {
    static LEAF_HASHES: OnceLock<Vec<Hash>> = OnceLock::new();
    LEAF_HASHES.get_or_init(|| {
        (0..LEAVES as u8)
            .map(|number| leaf_hash(&[number]))
            .collect()
    })
}

fn root(range: std::ops::Range<u64>) -> Hash {
    root_of_hashes(&leaves()[range.start as usize..range.end as usize])
}

/// An honest proof with what the bytes do to it: none that is another one holds.
pub fn tree(bytes: &[u8]) {
    let (size, bytes) = pick(bytes);
    let (part, bytes) = pick(bytes);
    let (size, part) = (1 + (size % LEAVES) as u64, part as u64);
    let mut range_root = |range| Ok::<_, Infallible>(root(range));
    let Ok(inclusion) = inclusion_proof(part, size, &mut range_root);
    let Ok(consistency) = consistency_proof(part, size, &mut range_root);
    let whole = root(0..size);

    let place = changed_number(part, bytes);
    let forged = changed(&inclusion, bytes);
    for (leaf, hash) in leaves().iter().enumerate() {
        if verify_inclusion(place, size, hash, &forged, &whole).is_ok() {
            assert_eq!(place, leaf as u64);
            assert_eq!(forged.len(), inclusion.len());
        }
    }
    let _ = verify_inclusion(place, u64::MAX, &whole, &forged, &whole);

    let forged = changed(&consistency, bytes);
    for old in 0..=size {
        let old_root = root(0..old);
        let other = changed(&[old_root], bytes)[0];
        if verify_consistency(old, size, &other, &whole, &forged).is_ok() {
            assert_eq!(other, old_root, "{old} of {size}");
        }
    }
    let _ = verify_consistency(place, u64::MAX, &whole, &whole, &forged);
}

/// A number as hostile as eight bytes can make it.
fn changed_number(number: u64, bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(chunk) => number ^ u64::from_be_bytes(*chunk),
        None => number,
    }
}

/// The hashes with each byte pair of the edits done to them: where, and what. 255 adds a hash, 254 drops one.
fn changed(hashes: &[Hash], bytes: &[u8]) -> Vec<Hash> {
    let mut hashes = hashes.to_vec();
    for edit in bytes.get(8..).unwrap_or_default().chunks_exact(2) {
        let count = hashes.len();
        match (edit[0], count) {
            (255, _) => hashes.push(leaves()[usize::from(edit[1]) % LEAVES]),
            (254, 2..) => hashes.truncate(count - 1),
            (_, 0) => {}
            (at, _) => hashes[usize::from(at) % count][usize::from(at) / count % 32] ^= edit[1],
        }
    }
    hashes
}
