//! Checkpoints that were kept elsewhere: notes in files, lines of logs and mails.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;

use super::VerifyArgs;
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::note::{NOTE_LONGEST_BYTES, Note, VerifierKey};
use crate::verify::{Difference, Held, HeldBy, Kind};

/// What was handed in.
pub(super) struct HandedIn {
    /// Heads to compare the log with.
    pub(super) heads: Vec<Held>,
    /// Notes that no key that was given has signed.
    pub(super) refused: Vec<Difference>,
}

/// Reads all of it.
pub(super) fn read(args: &VerifyArgs) -> anyhow::Result<HandedIn> {
    let mut handed_in = HandedIn {
        heads: Vec::new(),
        refused: Vec::new(),
    };
    for line in &args.against {
        let head = Checkpoint::parse_line(line)
            .with_context(|| format!("--against cannot be read: {line:?}"))?;
        handed_in.heads.push(Held {
            source: "the line that was given".to_owned(),
            by: HeldBy::Others,
            origin: head.origin,
            size: head.size,
            root: head.root,
        });
    }
    for path in &args.checkpoint {
        match signed(path, &args.key)? {
            Ok(held) => handed_in.heads.push(held),
            Err(refused) => handed_in.refused.push(refused),
        }
    }
    Ok(handed_in)
}

/// The head that a note states, if one of the keys has signed it; or why it is not believed.
fn signed(path: &Path, keys: &[VerifierKey]) -> anyhow::Result<Result<Held, Difference>> {
    let source = path.display().to_string();
    let unreadable = || format!("cannot read the checkpoint {source}");
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| {
            file.take(NOTE_LONGEST_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
        })
        .with_context(unreadable)?;
    let note = Note::parse(&bytes).with_context(unreadable)?;
    let mut opened = keys.iter().map(|key| checkpoint::open(&note, key));
    // The first complaint, if none holds.
    let first = opened.next().context("no key was given")?;
    Ok(
        match opened.fold(first, |found, next| {
            found.or_else(|error| next.map_err(|_| error))
        }) {
            Ok(checkpoint) => Ok(Held {
                source,
                by: HeldBy::Others,
                origin: Some(checkpoint.origin),
                size: checkpoint.size,
                root: checkpoint.root,
            }),
            Err(error) => Err(Difference {
                kind: Kind::Invalid,
                table: "checkpoint".to_owned(),
                key: source,
                what: error.to_string(),
            }),
        },
    )
}
