//! optrail records operations of Alibaba Cloud.
#![forbid(unsafe_code)]

pub mod derive;
pub mod model;
pub mod services;
pub mod store;
