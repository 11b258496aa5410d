//! What each service is asked and how its answers read. Pure: no clock, no network, no storage.
//! Depends on `model` alone.
//!
//! [`ros`], [`bpstudio`], [`alidns`] and [`sts`] make the requests; [`Body`] takes the bytes that
//! came back. Inside, an answer goes through [`document`] (JSON or XML to one object), [`classify`]
//! (success or which failure) and the reading of its service.

pub mod alidns;
mod answer;
mod body;
pub mod bpstudio;
pub mod classify;
mod codes;
pub mod document;
mod embedded;
mod fields;
mod list;
mod reading;
mod request;
pub mod ros;
pub mod sts;
mod xml;

pub use answer::{Answer, Asked, Content, Mismatch};
pub use body::Body;
pub use embedded::embedded_json;
pub use reading::{InvalidAnswer, Reading, UnknownItem, UnknownKind};
pub use request::{Placement, Request};
