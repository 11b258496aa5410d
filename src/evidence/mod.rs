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
//!
//! # Checking it by hand
//! For each leaf: `SHA-256(0x00 ‖ line)` is the leaf's hash, and all hashes give the root. For each
//! `exchange`: unpack the template, insert the RequestId at its offset, and compare the length and
//! the SHA-256 with the leaf's `length` and `body`. Nothing has to be serialized again, so there
//! is no canonical form to agree on: what is hashed is what is stored.
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
pub mod tree;
