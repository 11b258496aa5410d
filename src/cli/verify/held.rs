//! Checkpoints that were kept elsewhere: notes in files, lines of logs and mails.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::Duration;

use anyhow::Context as _;

use super::VerifyArgs;
use crate::cli::read::{self, ReadError};
use crate::evidence::checkpoint::{self, Checkpoint};
use crate::evidence::note::{NOTE_LONGEST_BYTES, Note, VerifierKey};
use crate::seal::Known;
use crate::verify::{Difference, Held, HeldBy, Kind};

/// How long a pipe may take to hand its checkpoint over: somebody may fetch it from far away, or nobody writes to
/// it at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was handed in.
pub(super) struct HandedIn {
    /// Heads to compare the log with.
    pub(super) heads: Vec<Held>,
    /// Notes that no key that was given has signed.
    pub(super) refused: Vec<Difference>,
}

/// The newest checkpoint in the state directory, as a head to compare the log with.
pub(in crate::cli) fn of_state(known: &Known) -> Held {
    let source = known.path().display().to_string();
    kept_by_program(source, known.checkpoint().clone(), known.note().clone())
}

/// A checkpoint that the program kept, as a head to compare the log with; its note must be of a key of the log.
pub(in crate::cli) fn kept_by_program(source: String, checkpoint: Checkpoint, note: Note) -> Held {
    Held {
        source,
        by: HeldBy::State,
        origin: Some(checkpoint.origin),
        size: checkpoint.size,
        root: checkpoint.root,
        unproved: Some(note),
    }
}

/// Reads all of it.
pub(super) fn read(args: &VerifyArgs) -> anyhow::Result<HandedIn> {
    let mut handed_in = HandedIn {
        heads: Vec::new(),
        refused: Vec::new(),
    };
    for (number, line) in (1..).zip(&args.against) {
        let head = Checkpoint::parse_line(line)
            .with_context(|| format!("--against cannot be read: {line:?}"))?;
        handed_in.heads.push(Held {
            source: match args.against.len() {
                1 => "the line that was given".to_owned(),
                _ => format!("line {number} of those given"),
            },
            by: HeldBy::Others,
            origin: head.origin,
            size: head.size,
            root: head.root,
            unproved: None,
        });
    }
    for path in &args.checkpoint {
        let (source, bytes) = read_note(path)?;
        match signed(source, &bytes, &args.key)? {
            Ok(held) => handed_in.heads.push(held),
            Err(refused) => handed_in.refused.push(refused),
        }
    }
    Ok(handed_in)
}

/// A checkpoint that was handed in: its name for people, and its bytes.
pub(in crate::cli) fn read_note(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    let source = path.display().to_string();
    let bytes = read_within(path, PATIENCE).with_context(|| unreadable(&source))?;
    Ok((source, bytes))
}

fn unreadable(source: &str) -> String {
    format!("cannot read the checkpoint {source}")
}

/// The head that a note states, if one of the keys has signed it; or why it is not believed.
pub(in crate::cli) fn signed(
    source: String,
    bytes: &[u8],
    keys: &[VerifierKey],
) -> anyhow::Result<Result<Held, Difference>> {
    let note = Note::parse(bytes).with_context(|| unreadable(&source))?;
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
                unproved: None,
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

/// The bytes of a file, as many as a note may have; of a pipe within that time, to its end.
fn read_within(path: &Path, patience: Duration) -> Result<Vec<u8>, ReadError> {
    if path.metadata()?.is_file() {
        return read_to_end(path);
    }
    // The name of a pipe opens when somebody writes to it, and that may be never. The thread ends with the process.
    let (done, read_there) = channel();
    let there = path.to_owned();
    Builder::new()
        .name("optrail-pipe".to_owned())
        .spawn(move || done.send(read_to_end(&there)))?;
    read_there.recv_timeout(patience).unwrap_or_else(|_| {
        let waited = format!("nothing came to its end there within {patience:?}");
        Err(io::Error::new(io::ErrorKind::TimedOut, waited).into())
    })
}

fn read_to_end(path: &Path) -> Result<Vec<u8>, ReadError> {
    read::bytes(File::open(path)?, NOTE_LONGEST_BYTES as u64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    #[test]
    fn a_pipe_is_waited_for_as_long_as_somebody_writes_and_no_longer_than_told() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        let refused = read_within(&pipe, Duration::from_millis(50)).unwrap_err();
        assert!(
            matches!(&refused, ReadError::Io(error) if error.kind() == io::ErrorKind::TimedOut),
            "{refused}"
        );

        let other = home.path().join("other");
        mkfifoat(CWD, &other, Mode::RUSR | Mode::WUSR).unwrap();
        let to = other.clone();
        let writer = std::thread::spawn(move || std::fs::write(to, "a note").unwrap());
        assert_eq!(read_within(&other, PATIENCE).unwrap(), b"a note");
        writer.join().unwrap();
    }
}
