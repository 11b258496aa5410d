//! What is kept as evidence, and in which form: enough to read a database of optrail, and to check
//! it, without optrail.
//!
//! Nothing here asks, stores or derives: bytes in, bytes out, with no clock, file or database. It
//! depends on `model` alone.

pub mod body;
pub mod codec;
pub mod digest;
pub mod tree;
