//! What each service is asked and how its answers read. Pure: no clock, no network, no storage.
//! Depends on `model` alone.

mod request;

pub use request::{Placement, Request};
