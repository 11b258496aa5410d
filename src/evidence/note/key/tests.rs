//! Keys against published ones, and against every small change.

#![allow(clippy::unwrap_used)]

use super::*;

const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SECRET: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

/// Every proper substring, and every text with one byte one higher.
fn mangled(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for start in 0..=text.len() {
        for end in start..=text.len() {
            if end - start < text.len() {
                all.push(text[start..end].to_owned());
            }
        }
    }
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] += 1;
        all.push(String::from_utf8(bytes).unwrap());
    }
    for end in ["\n", " ", "=", "A"] {
        all.push(format!("{text}{end}"));
        all.push(format!("{end}{text}"));
    }
    all
}

#[test]
fn published_keys_are_read_and_written() {
    let verifier: VerifierKey = VKEY.parse().unwrap();
    assert_eq!(verifier.name(), "PeterNeumann");
    assert_eq!(verifier.key_id(), [0xc7, 0x4f, 0x20, 0xa3]);
    assert_eq!(verifier.public_key()[..3], [0x1a, 0x5c, 0xd9]);
    assert_eq!(verifier.to_string(), VKEY);
    let signer: SignerKey = SECRET.parse().unwrap();
    assert_eq!(*signer.verifier(), verifier);
    assert_eq!(*signer.secret_text(), SECRET);
}

#[test]
fn no_mangled_key_is_accepted() {
    let mut count = 0;
    for text in mangled(VKEY) {
        assert!(text.parse::<VerifierKey>().is_err(), "{text:?}");
        count += 1;
    }
    for text in mangled(SECRET) {
        assert!(text.parse::<SignerKey>().is_err(), "{text:?}");
        count += 1;
    }
    assert!(count > 5_000, "{count}");
    assert!(SECRET.parse::<VerifierKey>().is_err());
    assert!(VKEY.parse::<SignerKey>().is_err());
    assert!(
        VKEY.replace("c74f20a3", "C74F20A3")
            .parse::<VerifierKey>()
            .is_err()
    );
    assert!(
        VKEY.replace("c74f20a3", "0c74f20a3")
            .parse::<VerifierKey>()
            .is_err()
    );
}

#[test]
fn length_and_type_are_checked_where_the_id_is_right() {
    let long = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==";
    // Go reads this base64; we refuse its stray bits already. So with them cleared, too.
    for text in [long, &long.replace("BADKEY==", "BADKEQ==")] {
        let error = text.parse::<VerifierKey>().unwrap_err();
        assert!(matches!(error, KeyError::Form { .. }), "{error:?}");
    }
    let of_unknown_type = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(
        of_unknown_type.parse::<VerifierKey>(),
        Err(KeyError::UnknownType {
            name: "PeterNeumann".to_owned(),
            key_type: 0x65
        })
    );
    let id = VKEY.replace("c74f20a3", "c74f20a4").parse::<VerifierKey>();
    assert_eq!(
        id,
        Err(KeyError::WrongId {
            name: "PeterNeumann".to_owned()
        })
    );
}

#[test]
fn a_name_is_one_word_without_plus() {
    let seed = [7; 32];
    let longest = "n".repeat(KEY_NAME_LONGEST_BYTES);
    for name in [
        "a",
        "example.com/optrail/0123456789abcdef",
        "名前",
        &longest,
    ] {
        let key = SignerKey::generate(name, seed).unwrap();
        let verifier: VerifierKey = key.verifier().to_string().parse().unwrap();
        assert_eq!(verifier, *key.verifier());
        let again: SignerKey = key.secret_text().parse().unwrap();
        assert_eq!(*again.verifier(), verifier);
        assert_eq!(again.secret_text(), key.secret_text());
    }
    let too_long = format!("{longest}n");
    for name in [
        "",
        " ",
        "a b",
        "a+b",
        "a\n",
        "a\u{a0}b",
        "a\u{2003}",
        "a\u{85}",
        "\u{1b}[1m",
        &too_long,
    ] {
        assert_eq!(
            SignerKey::generate(name, seed).unwrap_err(),
            KeyError::Name,
            "{name:?}"
        );
    }
}

#[test]
fn no_message_and_no_debug_text_holds_the_seed() {
    let seed_text = SECRET.rsplit('+').next().unwrap();
    let signer: SignerKey = SECRET.parse().unwrap();
    assert_eq!(format!("{signer:?}"), format!("SignerKey(of {VKEY})"));
    // Texts that are nearly the secret: none of their messages repeats eight characters of it.
    let mut messages = vec![format!("{signer:?}")];
    messages.extend(mangled(SECRET).iter().filter_map(|text| {
        let error = text.parse::<SignerKey>().err()?;
        Some(format!("{error} {error:?}"))
    }));
    messages.extend(
        SECRET
            .parse::<VerifierKey>()
            .err()
            .map(|error| format!("{error} {error:?}")),
    );
    for message in messages {
        for at in 0..seed_text.len() - 8 {
            assert!(!message.contains(&seed_text[at..at + 8]), "{message}");
        }
    }
}
