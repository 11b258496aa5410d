//! What each attacker leaves behind, and who finds it: the real program on files that somebody changed, with and
//! without a state directory, a public key and a copy of a checkpoint that was kept elsewhere.
//!
//! Misses stand in the tables like finds: nobody can find a history that the holder of the key writes anew, unless
//! somebody else kept a checkpoint of the old one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answer;
mod custody;
mod evidence;
mod forger;
mod history;
mod rows;
mod scene;
mod table;
#[path = "../recording/world.rs"]
#[allow(dead_code)] // each test program uses a part of it
mod world;
