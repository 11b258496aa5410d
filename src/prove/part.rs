//! One file of a bundle, and a sink that knows what went through it.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use crate::evidence::digest::Digest;
use crate::store::proving::Dataset;

/// Where the bytes of a file come from. What is large is made anew each time it is asked for.
#[derive(Debug)]
pub(super) enum Source {
    /// Here they are.
    Bytes(Vec<u8>),
    /// The line of this leaf.
    Leaf(i64),
    /// The proof of this leaf.
    Proof(i64),
    /// The body of this leaf.
    Body(i64),
    /// The rows of this table.
    Rows(&'static Dataset),
    /// A line for each operation.
    Population,
}

/// A file of the bundle.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) size: u64,
    pub(super) digest: Digest,
}

/// Counts and hashes what is written, and hands it on.
pub(super) struct Meter<W> {
    out: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Meter<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            hash: Sha256::new(),
            size: 0,
        }
    }

    /// Bytes and SHA-256 of all that was written.
    pub(super) fn read(self) -> (u64, Digest) {
        (self.size, Digest(self.hash.finalize().into()))
    }
}

impl<W: Write> Write for Meter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
