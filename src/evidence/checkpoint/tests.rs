//! Checkpoints against a published text, what is refused, and the line that others keep.

#![allow(clippy::unwrap_used)]

use crate::evidence::digest::Digest;
use proptest::prelude::*;

use super::*;
use crate::evidence::tree::leaf_hash;

/// From the tests of golang.org/x/mod/sumdb/tlog (BSD-3-Clause).
const GOLDEN: &str =
    "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n";

const ORIGIN: &str = "example.com/optrail/0123456789abcdef";

/// The golden tree under a name that a key can have.
fn text() -> String {
    GOLDEN.replace("go.sum database tree", ORIGIN)
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 123_456_789_012,
        root: leaf_hash(b"hello world"),
    }
}

fn key(name: &str) -> SignerKey {
    SignerKey::generate(name, [7; 32]).unwrap()
}

fn time() -> UtcMillis {
    UtcMillis::parse_rfc3339("2026-11-22T03:00:00.000Z").unwrap()
}

#[test]
fn the_text_is_the_published_one() {
    let golden = Checkpoint {
        origin: "go.sum database tree".to_owned(),
        ..checkpoint()
    };
    assert_eq!(golden.text(), GOLDEN);
    assert_eq!(Checkpoint::parse_text(&text()), Ok(checkpoint()));
    // Its origin has blanks, so no key of a log that we read can have that name.
    assert!(Checkpoint::parse_text(GOLDEN).is_err());
}

/// C2SP's example: a real note, whose key was not published.
#[test]
fn the_published_example_is_read() {
    let whole = "example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
";
    let note = Note::parse(whole.as_bytes()).unwrap();
    let checkpoint = Checkpoint::parse_text(note.text()).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size, 20_852_163);
    assert_eq!(checkpoint.text(), note.text());
}

#[test]
fn fault_72_what_is_not_exactly_a_checkpoint_is_refused() {
    let good = text();
    let size = |size: &str| good.replace("123456789012", size);
    let root = |root: &str| good.replace("TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=", root);
    let origin = |origin: &str| good.replace(ORIGIN, origin);
    let bad = [
        String::new(),
        "\n\n\n".to_owned(),
        good.trim_end().to_owned(),
        good.replace('\n', "\r\n"),
        format!("\n{good}"),
        format!("{good}\n"),
        format!("{good}extension\n\nextension\n"),
        format!("{good}extension"),
        format!("{good}{}", "extension\n".repeat(EXTENSION_LINES_MAX + 1)),
        format!("{ORIGIN}\n5\n"),
        origin(""),
        origin("a b"),
        origin("a+b"),
        origin(&"a".repeat(513)),
        size("0xabcdef"),
        size("0123"),
        size("00"),
        size("+1"),
        size("-1"),
        size(" 1"),
        size("1 "),
        size(""),
        size("9223372036854775808"),
        size("18446744073709551616"),
        root(""),
        root("TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBTOOBIG="), // published: too long, a stray bit
        root("TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb1="),     // a stray bit
        root("TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0"),
        root("TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBQ=="), // 31 bytes
        root("TszzRgjTG6xce-z2AG31kAXYKBgQVtCSCE40HmuwBb0="),
        root("4eccf34608d31bac5c7becf6006df59005d828181056d092084e341e6bb005bd"),
    ];
    for bad in bad {
        let result = Checkpoint::parse_text(&bad);
        assert!(
            matches!(result, Err(CheckpointError::Malformed { .. })),
            "{bad:?}"
        );
    }
    for good in [size("0"), size("9223372036854775807")] {
        assert_eq!(Checkpoint::parse_text(&good).unwrap().text(), good);
    }
}

#[test]
fn extension_lines_are_accepted_and_mean_nothing() {
    let extended = format!("{}{}", text(), "any thing\n".repeat(EXTENSION_LINES_MAX));
    assert_eq!(Checkpoint::parse_text(&extended), Ok(checkpoint()));
    let key = key(ORIGIN);
    let note = note::sign(&extended, &key).unwrap();
    assert_eq!(open(&note, key.verifier()), Ok(checkpoint()));
}

#[test]
fn a_signed_checkpoint_opens_with_the_key_of_its_log_alone() {
    let key = key(ORIGIN);
    let note = sign(&checkpoint(), &key).unwrap();
    assert_eq!(note.text(), text());
    assert_eq!(sign(&checkpoint(), &key), Ok(note.clone()));
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(open(&read, key.verifier()), Ok(checkpoint()));

    let same_name = SignerKey::generate(ORIGIN, [8; 32]).unwrap();
    let error = open(&note, same_name.verifier()).unwrap_err();
    assert!(matches!(
        error,
        CheckpointError::Note(NoteError::NotSignedBy { .. })
    ));
}

#[test]
fn a_key_of_another_log_neither_signs_nor_opens() {
    let other = key("example.com/other");
    let other_log = CheckpointError::OtherLog {
        origin: ORIGIN.to_owned(),
        key_name: "example.com/other".to_owned(),
    };
    assert_eq!(sign(&checkpoint(), &other), Err(other_log.clone()));
    // Whoever signs the bytes without asking us is still not believed.
    let note = note::sign(&text(), &other).unwrap();
    assert_eq!(open(&note, other.verifier()), Err(other_log));
}

#[test]
fn a_size_that_no_database_holds_is_not_signed() {
    let size = 1 << 63;
    let result = sign(
        &Checkpoint {
            size,
            ..checkpoint()
        },
        &key(ORIGIN),
    );
    assert!(matches!(result, Err(CheckpointError::Malformed { .. })));
}

#[test]
fn no_changed_byte_of_a_signed_checkpoint_opens() {
    let key = key("e/o");
    let head = Checkpoint {
        origin: "e/o".to_owned(),
        ..checkpoint()
    };
    let whole = sign(&head, &key).unwrap().to_string().into_bytes();
    let opens =
        |bytes: &[u8]| Note::parse(bytes).is_ok_and(|note| open(&note, key.verifier()).is_ok());
    assert!(opens(&whole));
    for at in 0..whole.len() {
        assert!(!opens(&whole[..at]), "{at} bytes");
        for change in [1, 0x20, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= change;
            assert!(!opens(&changed), "byte {at}");
        }
    }
}

#[test]
fn the_line_holds_all_and_is_read_again() {
    let line = "example.com/optrail/0123456789abcdef 123456789012 TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0= 2026-11-22T03:00:00.000Z";
    assert_eq!(checkpoint().line(time()), line);
    let held = HeldHead {
        origin: Some(ORIGIN.to_owned()),
        size: 123_456_789_012,
        root: leaf_hash(b"hello world"),
        time: Some(time()),
    };
    assert_eq!(Checkpoint::parse_line(line), Ok(held));
}

#[test]
fn origin_and_time_of_a_line_may_be_missing() {
    let whole = checkpoint().line(time());
    let [origin, size, root, date] = whole.split(' ').collect::<Vec<_>>()[..] else {
        unreachable!()
    };
    for (line, has_origin, has_time) in [
        (format!("{origin} {size} {root} {date}"), true, true),
        (format!("{origin} {size} {root}"), true, false),
        (format!("{size} {root} {date}"), false, true),
        (format!("{size} {root}"), false, false),
        (
            format!("{size} {}", Digest(checkpoint().root)),
            false,
            false,
        ),
        // An origin that looks like a number.
        (format!("77 {size} {root}"), true, false),
        (
            format!(" \t{origin} \t {size}  {root}\t{date} \r\n"),
            true,
            true,
        ),
        (
            format!("{size} {root} 2026-11-22T04:00:00+01:00\n"),
            false,
            true,
        ),
    ] {
        let held = Checkpoint::parse_line(&line).unwrap();
        assert_eq!(
            (held.size, held.root),
            (checkpoint().size, checkpoint().root)
        );
        assert_eq!(held.origin.is_some(), has_origin, "{line:?}");
        assert_eq!(held.time, has_time.then(time), "{line:?}");
    }
    for line in [
        String::new(),
        " \n".to_owned(),
        size.to_owned(),
        root.to_owned(),
        format!("{root} {size}"),
        format!("{origin} {size}"),
        format!("{origin} {root}"),
        format!("{size} {root} today"),
        format!("{size} {root} 2026-11-22"),
        format!("Nov 22 03:00:00 host optrail: {whole}"),
        format!("host {whole}"),
        format!("{whole} {whole}"),
        format!("{whole}\n{whole}"),
        format!("{origin}\n{size} {root}"),
        format!("{size}\u{a0}{root}"),
        format!("\u{a0}{size} {root}"),
        format!("a+b {size} {root}"),
        format!("0{size} {root}"),
        format!("{size} {}", root.trim_end_matches('=')),
        format!("{}{whole}", " ".repeat(HELD_LINE_LONGEST_BYTES)),
    ] {
        assert!(Checkpoint::parse_line(&line).is_err(), "{line:?}");
    }
}

proptest! {
    #[test]
    fn every_checkpoint_is_read_as_it_was_written(
        origin in "[a-zü./-]{1,40}",
        size in 0..=NUMBER_LARGEST,
        root in any::<Hash>(),
        ms in 0..253_402_300_799_999_i64,
    ) {
        let head = Checkpoint { origin, size, root };
        prop_assert_eq!(Checkpoint::parse_text(&head.text()), Ok(head.clone()));
        let held = Checkpoint::parse_line(&head.line(UtcMillis(ms))).unwrap();
        prop_assert_eq!(held.time, Some(UtcMillis(ms)));
        prop_assert_eq!((held.origin.unwrap(), held.size, held.root), (head.origin, size, root));
    }

    #[test]
    fn any_text_is_judged(text in "\\PC{0,80}", lines in "(.{0,10}\n){0,5}") {
        prop_assert!(Checkpoint::parse_line(&text).is_err());
        prop_assert!(Checkpoint::parse_text(&lines).is_err());
    }
}
