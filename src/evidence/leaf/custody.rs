//! Leaves of who answers for the log: the key that seals it, that it was taken up again from a copy, that its
//! file was migrated.

use serde::{Deserialize, Serialize};

use super::fields::{millis, word, words};
use crate::model::UtcMillis;

/// What became of a signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyChange {
    /// It was made: checkpoints from here on are signed with it.
    Made,
    /// It could not be used: the log goes on without a seal.
    Unusable,
}

words!(KeyChange, "change of a key", { Made => "made", Unusable => "unusable" });

/// `key`: the key that signs checkpoints of this log was made, or could not be used. A new key has a new
/// origin, so that no origin ever has two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// When.
    #[serde(with = "millis")]
    pub at: UtcMillis,
    /// What became of it.
    #[serde(with = "word")]
    pub change: KeyChange,
    /// The origin of its checkpoints, which is its name.
    pub origin: String,
    /// Its public half, as a C2SP verifier key.
    pub vkey: String,
    /// The operating system's user.
    pub user: String,
    /// The host's name.
    pub host: String,
    /// Why it could not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `restore`: the log was taken up again from a copy, or without the state directory. Where it does not go on from
/// its newest checkpoint, the leaf of a new key follows; else its key goes on signing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    /// When.
    #[serde(with = "millis")]
    pub at: UtcMillis,
    /// The operating system's user.
    pub user: String,
    /// The host's name.
    pub host: String,
    /// Why, in that person's words.
    pub reason: String,
    /// Origin of the newest checkpoint that was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_origin: Option<String>,
    /// Its size. Where it is larger than the number of leaves before this one, that many are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_size: Option<u64>,
    /// Its root, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_root: Option<String>,
}

/// `schema`: the file was brought to a newer schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaChange {
    /// When that was kept.
    #[serde(with = "millis")]
    pub at: UtcMillis,
    /// The schema before.
    pub from: i64,
    /// The schema since.
    pub to: i64,
    /// Program and version that did it, as `optrail 0.1.0`.
    pub program: String,
    /// Name of the copy that was made before, without its directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
}
