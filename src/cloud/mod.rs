//! The cloud as seen over HTTP: a call goes in, the bytes that came back (or why none did) come out.
//!
//! It signs, sends one attempt, and tells what arrived. It does not read answers (that is
//! `services`), repeat calls by itself (`retry` says when, the caller does), or store anything.
//! It depends on `services` (what is asked), `config` (which signature, site, proxy and network) and `model` alone.
//!
//! The parts, in reading order: [`endpoint`] (which host), [`sign`] (pure: canonical forms and
//! signatures), `wire` (pure: one request as it is sent), `network` (through which proxy, trusting
//! whom), `nonce` (what no request has twice), [`client`] (sends), `receive` and `failure` (what came, and why
//! nothing did), [`head`] (pure: what a head says), [`exchange`] (what became of it), [`retry`] (pure: when again),
//! [`limiter`] (how fast, learned), and on top of them [`credentials`] (whose key, and how it stays fresh).

pub mod client;
pub mod credentials;
pub mod endpoint;
mod error;
pub mod exchange;
mod failure;
pub mod head;
pub mod limiter;
mod network;
mod nonce;
mod receive;
pub mod retry;
pub mod sign;
mod wire;

pub use client::{Client, ClientConfig, Limits};
pub use credentials::{Context, FetchReport, Fetched, Keeper, Lease, Role, Source};
pub use credentials::{Credentials, CredentialsError, Secret};
pub use endpoint::{Endpoint, EndpointError, Endpoints};
pub use error::CloudError;
pub use exchange::{Answer, End, Exchange, Framing, NoAnswer};
pub use limiter::{Learned, Limiter, Permit};
pub use sign::SignatureVersion;
