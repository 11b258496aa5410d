//! Proofs as files: written, read, verified, and refused after every small change.

#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::evidence::note::SignerKey;
use crate::evidence::tree::{inclusion_proof, leaf_hash, root_of_hashes};

const ORIGIN: &str = "example.com/optrail/0123456789abcdef";

fn key() -> SignerKey {
    SignerKey::generate(ORIGIN, [7; 32]).unwrap()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// The proof of leaf `index` of a tree of `size` counted leaves, and the leaf's hash.
fn proof(index: u64, size: u64) -> (TlogProof, Hash) {
    let leaves = leaves(size);
    let range_root = &mut |range: Range<u64>| {
        Ok::<_, Infallible>(root_of_hashes(
            &leaves[range.start as usize..range.end as usize],
        ))
    };
    let head = Checkpoint {
        origin: ORIGIN.to_owned(),
        size,
        root: root_of_hashes(&leaves),
    };
    let proof = TlogProof {
        index,
        hashes: inclusion_proof(index, size, range_root).unwrap(),
        checkpoint: checkpoint::sign(&head, &key()).unwrap().to_string(),
    };
    (proof, leaves[index as usize])
}

#[test]
fn a_proof_is_read_as_it_was_written_and_holds() {
    for size in [1, 2, 3, 100] {
        for index in 0..size {
            let (proof, leaf) = proof(index, size);
            let text = proof.to_string();
            let read: TlogProof = text.parse().unwrap();
            assert_eq!(read, proof);
            let head = read.verify(&leaf, key().verifier()).unwrap();
            assert_eq!((head.origin.as_str(), head.size), (ORIGIN, size));
        }
    }
    let (proof, _) = proof(0, 1);
    assert_eq!(
        proof.to_string(),
        format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{}", proof.checkpoint)
    );
}

#[test]
fn each_part_must_fit_the_others() {
    let (good, leaf) = proof(70, 100);
    let verifier = key();
    let verifier = verifier.verifier();
    let result = good.verify(&leaf_hash(b"another"), verifier);
    assert_eq!(
        result,
        Err(TlogProofError::Proof(ProofError::RootDiffers { size: 100 }))
    );
    let moved = TlogProof {
        index: 71,
        ..good.clone()
    };
    assert!(moved.verify(&leaf, verifier).is_err());
    let beyond = TlogProof {
        index: 100,
        ..good.clone()
    };
    assert_eq!(
        beyond.verify(&leaf, verifier),
        Err(TlogProofError::Proof(ProofError::IndexOutside {
            index: 100,
            size: 100
        }))
    );
    let (other, _) = proof(70, 101);
    let other_head = TlogProof {
        checkpoint: other.checkpoint,
        ..good.clone()
    };
    assert!(other_head.verify(&leaf, verifier).is_err());
    let other_key = SignerKey::generate(ORIGIN, [8; 32]).unwrap();
    assert!(matches!(
        good.verify(&leaf, other_key.verifier()),
        Err(TlogProofError::Checkpoint(CheckpointError::Note(
            NoteError::NotSignedBy { .. }
        )))
    ));
}

#[test]
fn extra_data_is_accepted_and_means_nothing() {
    let (good, _) = proof(2, 3);
    let text = good.to_string();
    let with = |line: &str| {
        text.replacen("index", &format!("{line}\nindex"), 1)
            .parse::<TlogProof>()
    };
    assert_eq!(with("extra YWdlLXYxLjIuMQ=="), Ok(good.clone()));
    assert_eq!(with("extra "), Ok(good));
    for bad in [
        "extra",
        "extra YW",
        "extra YWdlLXYxLjIuMR==",
        " extra YWdl",
        "extra YWdl\nextra YWdl",
    ] {
        assert!(with(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_is_not_exactly_a_proof_is_refused() {
    let (good, _) = proof(2, 4);
    let text = good.to_string();
    let index = |index: &str| text.replacen("index 2\n", index, 1);
    let bad = [
        String::new(),
        "c2sp.org/tlog-proof@v1\n".to_owned(),
        text.replacen("@v1", "@v2", 1),
        text.replacen("@v1", "@v1 ", 1),
        text.replace('\n', "\r\n"),
        text.replacen('\n', "\r\n", 1),
        format!("\n{text}"),
        format!("{text}\n"),
        format!("{text}more\n"),
        text.trim_end().to_owned(),
        text.replacen("\n\n", "\n", 1),
        text.replacen("\n\n", "\n\n\n", 1) + "\n",
        index(""),
        index("index\n"),
        index("index \n"),
        index("index 02\n"),
        index("index +2\n"),
        index("index 0x2\n"),
        index("index  2\n"),
        index("index 2 \n"),
        index("Index 2\n"),
        index("index 9223372036854775808\n"),
        index("index 2\n\n"),
        index("index 2\nindex 2\n"),
        index("index 2\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb1=\n"), // a stray bit
        index("index 2\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBQ==\n"), // 31 bytes
    ];
    for bad in bad {
        assert!(bad.parse::<TlogProof>().is_err(), "{bad:?}");
    }
}

#[test]
fn fault_72_hostile_proofs_are_refused_before_they_cost_anything() {
    let (good, _) = proof(0, 1);
    let of = |hashes| {
        let hashes = vec![[1; 32]; hashes];
        TlogProof {
            hashes,
            ..good.clone()
        }
        .to_string()
        .parse::<TlogProof>()
    };
    assert!(of(PROOF_HASHES_MAX).is_ok());
    assert_eq!(
        of(PROOF_HASHES_MAX + 1),
        Err(malformed("it has more than 63 hashes"))
    );
    assert_eq!(of(1000), Err(malformed("it has more than 63 hashes")));
    assert!(matches!(of(100_000), Err(TlogProofError::TooLong { .. })));
    let long = "a".repeat(TLOG_PROOF_LONGEST_BYTES + 1);
    assert_eq!(
        long.parse::<TlogProof>(),
        Err(TlogProofError::TooLong { bytes: long.len() })
    );
}

#[test]
fn no_prefix_and_no_changed_byte_of_a_proof_verifies() {
    let (good, leaf) = proof(4, 7);
    let key = key();
    let holds = |bytes: Vec<u8>| {
        String::from_utf8(bytes)
            .ok()
            .and_then(|text| text.parse::<TlogProof>().ok())
            .is_some_and(|proof| proof.verify(&leaf, key.verifier()).is_ok())
    };
    let text = good.to_string().into_bytes();
    assert!(holds(text.clone()));
    for at in 0..text.len() {
        assert!(!holds(text[..at].to_vec()), "{at} bytes");
        for change in [1, 2, 0x20, 0x80] {
            let mut changed = text.clone();
            changed[at] ^= change;
            assert!(!holds(changed), "byte {at}");
        }
    }
}

proptest! {
    #[test]
    fn any_lines_are_judged(
        lines in prop::collection::vec(prop::sample::select(vec![
            "c2sp.org/tlog-proof@v1", "index 0", "index 5", "extra YWdl", "", "a", "1",
            "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=",
            "— a x08go/ZJkuBS9UG/SffcvIAQ",
        ]), 0..12),
    ) {
        let text = lines.join("\n") + "\n";
        if let Ok(proof) = text.parse::<TlogProof>() {
            // Whatever is accepted is written as it was, but for extra data, and proves nothing.
            let without_extra = text.replacen("extra YWdl\n", "", 1);
            prop_assert!([&text, &without_extra].contains(&&proof.to_string()));
            prop_assert!(proof.verify(&[1; 32], key().verifier()).is_err());
        }
    }
}
