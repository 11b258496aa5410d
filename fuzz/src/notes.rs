//! Signed notes, checkpoints, the lines that others keep of them, and keys.

use std::sync::OnceLock;

use optrail::evidence::checkpoint::{self, Checkpoint, HeldHead};
use optrail::evidence::note::{NOTE_LONGEST_BYTES, Note, SIGNATURES_MAX, SignerKey, VerifierKey};
use optrail::prove::Held;

use crate::{CANARY, text};

/// The key of the log whose notes are the seeds.
pub fn log_key() -> &'static VerifierKey {
    static KEY: OnceLock<VerifierKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let text = include_str!("../seeds/key/log");
        text.trim_end().parse().expect("the key of the seeds")
    })
}

/// The note that this key has signed; it has signed no other.
pub fn signed_note() -> &'static Note {
    static NOTE: OnceLock<Note> = OnceLock::new();
    NOTE.get_or_init(|| {
        let note = Note::parse(include_bytes!("../seeds/note/checkpoint")).expect("a note");
        note.verify(log_key()).expect("a signed note");
        note
    })
}

/// What is no note is refused, and what the log has not signed is not taken for signed.
pub fn note(bytes: &[u8]) {
    let note = match Note::parse(bytes) {
        Ok(note) => note,
        Err(error) => {
            assert!(error.to_string().len() < 1_024);
            return;
        }
    };
    assert!(bytes.len() <= NOTE_LONGEST_BYTES);
    assert!((1..=SIGNATURES_MAX).contains(&note.signatures().len()));
    assert_eq!(note.to_string().as_bytes(), bytes);
    assert!(note.text().ends_with('\n'));
    let signed = signed_note();
    if note.verify(log_key()).is_ok() {
        assert_eq!(note.text(), signed.text());
    }
    let head = checkpoint::open(&note, log_key());
    if head.is_ok() {
        assert_eq!(head, checkpoint::open(signed, log_key()));
    }
    let held = Held::parse("it", bytes);
    let read = Checkpoint::parse_text(note.text());
    assert_eq!(held.is_ok(), read.is_ok());
}

/// The text of a checkpoint, and the line that somebody kept.
pub fn checkpoint(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(head) = Checkpoint::parse_text(text) {
        assert!(text.starts_with(&head.text()));
        assert_eq!(Checkpoint::parse_text(&head.text()), Ok(head.clone()));
        assert!(head.size <= i64::MAX as u64);
    }
    let Ok(HeldHead {
        origin,
        size,
        root,
        time,
    }) = Checkpoint::parse_line(text)
    else {
        return;
    };
    if let (Some(origin), Some(time)) = (&origin, time) {
        let head = Checkpoint {
            origin: origin.clone(),
            size,
            root,
        };
        let again = Checkpoint::parse_line(&head.line(time)).expect("its own line");
        assert_eq!(
            (again.origin.as_ref(), again.size, again.root, again.time),
            (Some(origin), size, root, Some(time))
        );
    }
}

/// Each key has one text.
pub fn key(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match text.parse::<VerifierKey>() {
        Ok(key) => assert_eq!(key.to_string(), text),
        Err(error) => assert!(error.to_string().len() < 1_024),
    }
    match text.parse::<SignerKey>() {
        Ok(key) => {
            assert_eq!(*key.secret_text(), text);
            assert!(!format!("{key:?}").contains("PRIVATE"));
        }
        Err(error) => assert!(!error.to_string().contains(CANARY)),
    }
}
