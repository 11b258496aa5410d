//! optrail records operations of Alibaba Cloud.
#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod export;
pub mod model;
pub mod services;
