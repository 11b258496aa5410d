//! The cloud as seen over HTTP: a call goes in, the bytes that came back (or why none did) come out.

pub mod credentials;
pub mod retry;
pub mod sign;

pub use credentials::{Credentials, CredentialsError, Secret};
