//! Notes against published ones, and against every small change.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

// The example of C2SP's signed-note.
const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const FOO_NOTE: &str = "This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
";

// From the tests of golang.org/x/mod/sumdb/note (BSD-3-Clause); the secret is published there.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str = "If you think cryptography is the answer to your problem,
then you don't know what your problem is.
";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn verifier(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn note(lines: &[&str]) -> Result<Note, NoteError> {
    Note::parse(format!("{TEXT}\n{}", lines.concat()).as_bytes())
}

fn peters_note() -> String {
    format!("{TEXT}\n{PETER_LINE}")
}

/// All that the bytes say to somebody who trusts the key.
fn verified_text(bytes: &[u8], key: &VerifierKey) -> Option<String> {
    let note = Note::parse(bytes).ok()?;
    note.verify(key).ok()?;
    Some(note.text().to_owned())
}

#[test]
fn fault_73_published_notes_verify() {
    for (key, whole, text) in [
        (FOO, FOO_NOTE, "This is an example message.\n"),
        (PETER, peters_note().as_str(), TEXT),
        (ENOCH, &format!("{TEXT}\n{ENOCH_LINE}"), TEXT),
    ] {
        let note = Note::parse(whole.as_bytes()).unwrap();
        assert_eq!(note.verify(&verifier(key)), Ok(()));
        assert_eq!(note.text(), text);
        assert_eq!(note.to_string(), whole);
        assert_eq!(note.signatures().len(), 1);
    }
}

#[test]
fn signing_again_gives_the_published_bytes() {
    let key: SignerKey = PETER_SECRET.parse().unwrap();
    assert_eq!(sign(TEXT, &key).unwrap().to_string(), peters_note());
}

#[test]
fn lines_of_unknown_keys_are_ignored_and_those_of_the_known_must_hold() {
    let [peter, enoch] = [PETER, ENOCH].map(verifier);
    let unsigned = |key: &VerifierKey| Err(NoteError::NotSignedBy { key: key.label() });
    let wrong = Err(NoteError::WrongSignature { key: peter.label() });

    let both = note(&[PETER_LINE, ENOCH_LINE]).unwrap();
    assert_eq!(both.signatures()[0].key_name(), "PeterNeumann");
    assert_eq!(both.signatures()[1].key_id(), [0xaf, 0x0c, 0xfe, 0x78]);
    assert_eq!(both.verify(&peter), Ok(()));
    assert_eq!(both.verify(&enoch), Ok(()));
    assert_eq!(
        note(&[ENOCH_LINE]).unwrap().verify(&peter),
        unsigned(&peter)
    );

    // Same name with another id, same id with another name: other keys.
    let other_id = PETER_LINE.replace("x08g", "xxxx");
    let other_name = PETER_LINE.replace("PeterNeumann", "CarmenSandiego");
    for line in [&other_id, &other_name] {
        assert_eq!(note(&[line]).unwrap().verify(&peter), unsigned(&peter));
        assert_eq!(note(&[line, PETER_LINE]).unwrap().verify(&peter), Ok(()));
    }
    // A wrong line of the key, before or after a right one.
    let spoiled = PETER_LINE.replace("UG/Sffc", "UG/Sffd");
    let stretched = PETER_LINE.replace("UG/Sffc", "UG/SffcABCD");
    for line in [&spoiled, &stretched] {
        assert_eq!(note(&[line]).unwrap().verify(&peter), wrong);
        assert_eq!(note(&[line, PETER_LINE]).unwrap().verify(&peter), wrong);
        assert_eq!(note(&[PETER_LINE, line]).unwrap().verify(&peter), wrong);
    }
    // The same line twice says nothing new, and is allowed.
    assert_eq!(
        note(&[PETER_LINE, PETER_LINE]).unwrap().verify(&peter),
        Ok(())
    );
}

#[test]
fn what_is_not_exactly_a_note_is_refused() {
    let whole = peters_note();
    let signature = PETER_LINE.split(' ').next_back().unwrap();
    let bad = [
        String::new(),
        "\n".to_owned(),
        "\n\n".to_owned(),
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        format!("{TEXT}{PETER_LINE}"),
        format!("{TEXT}\n\n"),
        whole.trim_end().to_owned(),
        format!("{whole}\n"),
        format!("{whole}\n\n"),
        format!("{whole}Unexpected line.\n"),
        format!("\u{1}{whole}"),
        whole.replace('\n', "\r\n"),
        whole.replace(TEXT, &TEXT.replace(' ', "\t")),
        format!("{TEXT}\n— Bad Name {signature}"),
        format!("{TEXT}\n— Bad+Name {signature}"),
        format!("{TEXT}\n— Bad\u{a0}Name {signature}"),
        format!("{TEXT}\n—  {signature}"),
        format!("{TEXT}\n— {signature}"),
        format!("{TEXT}\n- PeterNeumann {signature}"),
        format!("{TEXT}\n—PeterNeumann {signature}"),
        format!("{TEXT}\n — PeterNeumann {signature}"),
        format!("{TEXT}\n— PeterNeumann  {signature}"),
        format!("{TEXT}\n— PeterNeumann {} \n", signature.trim_end()),
        format!(
            "{TEXT}\n— PeterNeumann {}\n",
            signature.trim_end_matches("=\n")
        ),
        format!("{TEXT}\n— PeterNeumann \n"),
        format!("{TEXT}\n— PeterNeumann\n"),
        format!("{TEXT}\n— PeterNeumann x08g\n"),
        format!("{TEXT}\n— PeterNeumann x08gow==\n"), // an id, and no signature
        whole.replace("nAM=", "nAN="),                // a stray bit
    ];
    for bad in bad {
        let result = Note::parse(bad.as_bytes());
        assert!(
            matches!(result, Err(NoteError::Malformed { .. })),
            "{bad:?}"
        );
    }
    let not_utf8 = [b"\xff", whole.as_bytes()].concat();
    assert!(matches!(
        Note::parse(&not_utf8),
        Err(NoteError::Malformed { .. })
    ));
}

#[test]
fn a_text_may_hold_empty_lines_and_what_looks_like_signatures() {
    let key: SignerKey = PETER_SECRET.parse().unwrap();
    for text in [
        "\n",
        "\n\n",
        "a\n",
        "a\n\n",
        "a\n\n\nb\n",
        "ü —\u{7f}\n",
        &peters_note(),
    ] {
        let note = sign(text, &key).unwrap();
        assert_eq!(note.text(), text);
        assert_eq!(note.signatures().len(), 1);
        assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
    }
    for text in ["", "a", "a\n\nb", "a\r\n", "a\tb\n", "\0\n"] {
        assert!(
            matches!(sign(text, &key), Err(NoteError::Malformed { .. })),
            "{text:?}"
        );
    }
}

#[test]
fn fault_72_hostile_notes_are_refused_before_they_cost_anything() {
    let accepted = note(&[PETER_LINE; SIGNATURES_MAX]).unwrap();
    assert_eq!(accepted.verify(&verifier(PETER)), Ok(()));
    assert_eq!(
        note(&[PETER_LINE; SIGNATURES_MAX + 1]),
        Err(NoteError::TooManySignatures {
            signatures: SIGNATURES_MAX + 1
        })
    );
    // 4,096 short ones are within the bytes, so that only their count tells.
    assert_eq!(
        note(&["— a AAAAAAA=\n"; 4096]),
        Err(NoteError::TooManySignatures { signatures: 4096 })
    );
    let long = format!("{}\n\n{PETER_LINE}", "a".repeat(NOTE_LONGEST_BYTES));
    assert_eq!(
        Note::parse(long.as_bytes()),
        Err(NoteError::TooLong { bytes: long.len() })
    );
    // What the format asks a verifier to accept: 16 signatures of nearly 5 kB.
    let large = format!("— witness.example/w1 {}\n", to_base64(&[1; 5000]));
    let lines = [vec![large.as_str(); 15], vec![PETER_LINE]].concat();
    assert_eq!(note(&lines).unwrap().verify(&verifier(PETER)), Ok(()));
}

#[test]
fn fault_73_no_prefix_and_no_changed_byte_of_a_note_verifies() {
    let key = verifier(PETER);
    let whole = peters_note().into_bytes();
    assert_eq!(verified_text(&whole, &key).as_deref(), Some(TEXT));
    for end in 0..whole.len() {
        assert_eq!(verified_text(&whole[..end], &key), None, "{end} bytes");
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            assert_eq!(
                verified_text(&changed, &key),
                None,
                "bit {bit} of byte {at}"
            );
        }
        let mut changed = whole.clone();
        changed[at] = changed[at].wrapping_add(1);
        assert_eq!(verified_text(&changed, &key), None, "byte {at}");
        changed.copy_from_slice(&whole);
        changed.remove(at);
        assert_eq!(verified_text(&changed, &key), None, "without byte {at}");
    }
}

/// The order of the group may be added to a signature's second half without changing what it means;
/// only the smallest is accepted, so nobody without the key makes a second one of it.
#[test]
fn a_signature_has_one_form() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let line = PETER_LINE.split(' ').next_back().unwrap();
    let mut bytes = from_base64(line.trim_end()).unwrap();
    let mut carry = 0_u16;
    for (byte, order) in bytes[KEY_ID_BYTES + 32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    let line = format!("— PeterNeumann {}\n", to_base64(&bytes));
    let peter = verifier(PETER);
    assert_eq!(
        note(&[&line]).unwrap().verify(&peter),
        Err(NoteError::WrongSignature { key: peter.label() })
    );
}

proptest! {
    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(verified_text(&bytes, &verifier(PETER)), None);
    }

    #[test]
    fn pieces_of_notes_never_say_what_was_not_signed(
        pieces in prop::collection::vec(prop::sample::select(vec![
            TEXT, "\n", "\n\n", PETER_LINE, ENOCH_LINE, "— PeterNeumann ", "x08go/ZJ", "a", "—", " ", "\r\n",
        ]), 0..8),
    ) {
        let whole = pieces.concat();
        if let Some(text) = verified_text(whole.as_bytes(), &verifier(PETER)) {
            prop_assert_eq!(text, TEXT);
        }
    }

    #[test]
    fn every_text_that_is_signed_verifies(
        lines in prop::collection::vec("[^\\x00-\\x1f]{0,20}", 1..6), seed in any::<[u8; 32]>(),
    ) {
        let text = lines.join("\n") + "\n";
        let key = SignerKey::generate("example.com/log", seed).unwrap();
        let note = sign(&text, &key).unwrap();
        prop_assert_eq!(note.text(), text);
        prop_assert_eq!(note.verify(key.verifier()), Ok(()));
        prop_assert!(note.verify(&verifier(PETER)).is_err());
    }
}
