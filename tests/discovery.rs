//! Discovery and batch rows, from kept answers to what collection asks next and what the views show.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "discovery/batches.rs"]
mod batches;
#[path = "discovery/groups.rs"]
mod groups;
#[path = "discovery/plans.rs"]
mod plans;
#[path = "discovery/scene.rs"]
mod scene;
#[path = "discovery/watches.rs"]
mod watches;
