//! optrail records operations of Alibaba Cloud.
#![forbid(unsafe_code)]

pub mod evidence;
pub mod model;
pub mod services;
