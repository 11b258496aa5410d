//! The file as it was: every table and every view of a size is what derivation from so many leaves alone gives.
//!
//! Two histories are told: one of a stop, a row that goes, failures and broken lists, by the program; and months of
//! chance, with stack groups that are found, batches, watches that are given up, runs that die and clocks that are
//! wrong.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "year/births.rs"]
mod births;
#[path = "year/desk.rs"]
#[allow(dead_code)]
mod desk;
#[path = "truth/dice.rs"]
#[allow(dead_code)]
mod dice;
#[path = "year/life.rs"]
#[allow(dead_code)]
mod life;
#[path = "year/model.rs"]
#[allow(dead_code)]
mod model;
#[path = "prove/scene.rs"]
#[allow(dead_code)]
mod scene;
#[path = "year/sight.rs"]
mod sight;
#[path = "year/thing.rs"]
#[allow(dead_code)]
mod thing;
#[path = "as_of/views.rs"]
mod views;
#[path = "recording/world.rs"]
#[allow(dead_code)]
mod world;
