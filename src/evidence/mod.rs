//! What is kept as evidence, and in which form: enough to read a database of optrail, and to check
//! it, without optrail.
//!
//! Nothing here asks, stores or derives: bytes in, bytes out, with no clock, file or database. It
//! depends on `model` alone.
//!
//! # From an answer to a root
//! 1. The bytes of an answer, as they came, are freed of secrets ([`redact`]). What is left is the
//!    *body*; its SHA-256 is its name ([`digest`]).
//! 2. The body is split into a *template* and its RequestId ([`body`]). The template is packed
//!    ([`codec`]) and stored once under its own digest; RequestId and offset stand beside the leaf.
//! 3. A *leaf*, one line of JSON, says who asked what and when, and names the body by its digest
//!    ([`leaf`]). Every other event of the recorder's life is a leaf too. Leaves are numbered from 0
//!    without a gap.
//! 4. The leaves, in that order, are the leaves of a Merkle tree ([`tree`]). Its size and root stand
//!    for all of them: whoever noted both once can tell later whether anything before was changed.
//! 5. Size and root, under the name of the log (its *origin*), are a *checkpoint* ([`checkpoint`]),
//!    signed by the log's key as a note ([`note`]). The signature tells whose it is. That history is
//!    whole, only an older checkpoint tells that somebody else kept, if but one line of it.
//!
//! # Checking it by hand
//! For each leaf: `SHA-256(0x00 ‖ line)` is the leaf's hash, and all hashes give the root. For each
//! `exchange`: unpack the template, insert the RequestId at its offset, and compare the length and
//! the SHA-256 with the leaf's `length` and `body`. Nothing has to be serialized again, so there
//! is no canonical form to agree on: what is hashed is what is stored.
//!
//! Who was handed one leaf, and not the database, checks it in four steps, with a *tlog-proof*
//! ([`tlog_proof`]) and the log's *vkey*, which must come from elsewhere:
//! 1. The Ed25519 signature is the key's, over the text of the checkpoint up to its empty line.
//! 2. The first line of that text is the name of the key.
//! 3. The leaf's hash, joined with those of the proof as its index tells, gives the third line.
//! 4. If an older checkpoint was kept: a consistency proof ([`tree`]) leads from its root to this one.
//!
//! All forms are published ones, so other people's programs read them: RFC 6962 and RFC 9162 for the
//! tree, C2SP's `signed-note`, `tlog-checkpoint` and `tlog-proof` for the files.
//!
//! Whether an answer was the cloud's, and what was never asked, no hash can show.

pub mod body;
pub mod checkpoint;
pub mod codec;
pub mod digest;
pub mod leaf;
mod lines;
pub mod note;
pub mod redact;
pub mod tlog_proof;
pub mod tree;
