//! The file as it was: every table and every view of a size is what derivation from so many leaves alone gives.
//!
//! Two histories are told: a short one in which everything happens that leaves a row, at every size; and days of
//! chance, with rows that go, stack groups that are found, batches, watches that are given up, lists that break off and
//! runs that die, at sizes where something ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "verify/answers.rs"]
#[allow(dead_code)]
mod answers;
#[path = "year/births.rs"]
mod births;
#[path = "as_of/changes.rs"]
mod changes;
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
#[path = "year/sight.rs"]
mod sight;
#[path = "year/thing.rs"]
#[allow(dead_code)]
mod thing;
#[path = "as_of/views.rs"]
mod views;

#[path = "verify"]
#[allow(dead_code)]
mod recorded {
    pub mod fixture;
}
