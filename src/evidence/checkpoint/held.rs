//! The line that somebody kept of a checkpoint: what it says, whichever of its parts they kept.
//!
//! It is not signed: it is worth what the place is worth where it was kept. Words before or after, as
//! syslog and mail put them, are not part of it.

use crate::evidence::digest::Digest;
use crate::evidence::lines::{decimal, hash};
use crate::evidence::note::is_key_name;
use crate::evidence::tree::Hash;
use crate::model::UtcMillis;

/// The longest line that is looked at: a name of 512 bytes, the other parts, and blanks.
pub const HELD_LINE_LONGEST_BYTES: usize = 1024;

/// The size and root of a log, as somebody outside kept them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldHead {
    /// Which log, if that was kept.
    pub origin: Option<String>,
    /// Leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// When it was signed, if that was kept.
    pub time: Option<UtcMillis>,
}

/// A line that is no head of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no line of a checkpoint: {problem}; write 'ORIGIN SIZE ROOT TIME', where ORIGIN or TIME or both may be left out"
)]
pub struct HeldLineError {
    /// What is wrong with it.
    problem: &'static str,
}

/// A root as checkpoints have it, in base64, or as everything else of ours prints it, in hexadecimal.
fn root_of(text: &str) -> Option<Hash> {
    hash(text).or_else(|| text.parse::<Digest>().ok().map(|digest| digest.0))
}

/// Reads `[ORIGIN] SIZE ROOT [TIME]` with any run of blanks and tabs between. Line ends around it are
/// ignored; within it they are refused, since two lines are two heads.
pub(super) fn parse(line: &str) -> Result<HeldHead, HeldLineError> {
    let refused = |problem| HeldLineError { problem };
    if line.len() > HELD_LINE_LONGEST_BYTES {
        return Err(refused("it is longer than such a line can be"));
    }
    let fields: Vec<&str> = line
        .trim_ascii()
        .split([' ', '\t'])
        .filter(|field| !field.is_empty())
        .collect();
    let (origin, size, root, time) = match fields[..] {
        [size, root] => (None, size, root, None),
        // Only a root reads as one, so the three tell which part is missing.
        [size, root, time] if root_of(root).is_some() => (None, size, root, Some(time)),
        [origin, size, root] => (Some(origin), size, root, None),
        [origin, size, root, time] => (Some(origin), size, root, Some(time)),
        _ => return Err(refused("it has not two, three or four parts")),
    };
    if origin.is_some_and(|origin| !is_key_name(origin)) {
        return Err(refused("the origin cannot be the name of a log's key"));
    }
    Ok(HeldHead {
        origin: origin.map(str::to_owned),
        size: decimal(size).ok_or_else(|| refused("the size is no number of leaves"))?,
        root: root_of(root)
            .ok_or_else(|| refused("the root is not 32 bytes in base64 or hexadecimal"))?,
        time: time
            .map(|time| {
                UtcMillis::parse_rfc3339(time)
                    .ok_or_else(|| refused("the time is not one as 2026-11-22T03:00:00.000Z"))
            })
            .transpose()?,
    })
}
