//! optrail records operations of Alibaba Cloud.
#![forbid(unsafe_code)]

pub mod cloud;
pub mod model;
pub mod services;
