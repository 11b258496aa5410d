//! The limiter against clouds that are made up.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod changes;
mod figures;
mod shell;
mod simulation;
