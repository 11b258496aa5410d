//! Bundles: what the program writes, read by code of the test's own, and what it refuses to write. That python3 comes
//! to the same is `.ci/evidence`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "prove/bundles.rs"]
mod bundles;
#[path = "prove/checker.rs"]
mod checker;
#[path = "prove/refusals.rs"]
mod refusals;
#[path = "prove/scene.rs"]
mod scene;
#[path = "recording/world.rs"]
#[allow(dead_code)]
mod world;
