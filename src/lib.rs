//! optrail records operations of Alibaba Cloud.
#![forbid(unsafe_code)]

pub mod model;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod services;
