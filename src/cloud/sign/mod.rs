//! The two signatures of Alibaba Cloud's RPC interface, as pure functions of text: no clock, no
//! nonce, no network. Parameters and headers are arbitrary, so that published vectors can be
//! checked; which of them our own requests carry is decided in `wire`.
//!
//! Facts: Alibaba Cloud documentation, "V3 request structure and signature" and "RPC mechanism:
//! request signatures"; where they are silent, the official SDKs, whose requests are the vectors
//! in `tests/data/signature-vectors.json`.

mod encode;
mod form;
pub mod v1;
pub mod v3;

#[cfg(test)]
mod vectors;

pub use encode::{canonical_query, hex, percent_encode};
pub use form::form_encode;

pub use crate::config::SignatureVersion;
