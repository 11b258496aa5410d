//! Verification and rebuild, on a file that the recorder wrote and on files that somebody changed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod fixture;
mod life;
mod rebuild;
mod tamper;
mod tampered_evidence;
mod tampered_schema;
mod untouched;
mod walk;
