//! The simulated cloud: a server on loopback that answers the recorded calls as strictly as the
//! real gateway does, over a world that moves on a clock of its own.
//!
//! `optrail demo` and `optrail sandbox` serve it to people, tests compare recordings with its
//! [`Truth`]. It is no mock of our client: it checks signatures from the raw bytes of the request
//! with code of its own and may import [`crate::model`] alone (of that, clocks and instants), so
//! that it cannot share a mistake with what it tests.
//!
//! A request goes through `gate` (who asks, is it signed), `call` (what is asked), `fault`
//! (does it fail on purpose), `world` (what is true now), `answer` (JSON or XML).

mod answer;
mod call;
mod chance;
mod fault;
mod gate;
mod key;
mod latency;
mod metadata;
mod rate;
mod refusal;
pub mod scenario;
mod server;
mod service;
#[cfg(test)]
mod test_client;
mod truth;
mod world;

pub use call::{BatchType, Lang};
pub use chance::RandomFaults;
pub use fault::{Fault, FaultKind, Matcher, Spelling};
pub use key::{DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, DEFAULT_ACCOUNT_ID, Key};
pub use metadata::{CREDENTIALS_URI_PATH, Metadata, MetadataFailure, SeenMetadataRequest};
pub use rate::{NoRateLimit, RateCount, RateKind, RateLimit};
pub use server::{Sandbox, SandboxError};
pub use truth::{Answered, SeenLook, SeenRequest, Truth};
pub use world::{
    Amount, AutoDeployment, BPSTUDIO_LIFETIME_MS, BatchDetail, BatchSpec, BatchState, BatchTask,
    BpOperation, BpSpec, BpState, DEFAULT_REGIONS, DeploymentTargets, DriftDetail, GroupDrift,
    GroupSpec, OidcTrust, Paging, Preferences, Role, RosOperation, RosSpec, Row, RowFormula,
    RowState, Rows, Schedule, StackGroup, Stop, TotalCount, Word, World,
};

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::model::Clock;

/// What a sandbox is to be.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The world's clock, and that of the `Date` header.
    pub clock: Arc<dyn Clock>,
    /// The clock that timestamps of signatures are checked against; `None`: the world's.
    pub signature_clock: Option<Arc<dyn Clock>>,
    /// The clock that limits of calls count by; `None`: the world's.
    pub rate_clock: Option<Arc<dyn Clock>>,
    /// Where made-up ids come from: the same seed gives the same ids, RequestIds included.
    pub seed: u64,
    /// The keys that are known from the beginning; [`World::add_key`] adds more.
    pub keys: Vec<Key>,
    /// How long every answer takes from the arrival of its request, in milliseconds of real time.
    pub latency_ms: u64,
}

impl SandboxConfig {
    /// A free port on loopback, the default key, no latency.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock,
            signature_clock: None,
            rate_clock: None,
            seed: 0,
            keys: vec![Key::default()],
            latency_ms: 0,
        }
    }
}
