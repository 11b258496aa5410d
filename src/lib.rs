//! optrail records operations of Alibaba Cloud.
#![forbid(unsafe_code)]

pub mod cli;
pub mod cloud;
pub mod config;
pub mod derive;
pub mod evidence;
pub mod export;
pub mod model;
pub mod record;
pub mod services;
pub mod store;
pub mod verify;
