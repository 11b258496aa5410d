//! What fetching needs of the outside: environment, clock, and ways to send.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use super::{CredentialsError, Environment, is_true, variable};
use crate::cloud::client::{Client, ClientConfig};
use crate::cloud::endpoint::{Endpoint, Endpoints};
use crate::cloud::error::CloudError;
use crate::cloud::limiter::{Limiter, Permit};
use crate::model::{Action, Clock};

/// How environment variables are looked up by whoever outlives the call.
pub type SharedEnvironment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where the metadata service of an ECS instance answers: a link-local address that means the instance's own
/// host.
const METADATA_ADDRESS: &str = "http://100.100.100.200";
/// A failed fetch is not repeated for so long, and a lease that was short from the start not renewed: two
/// hundred accounts behind one dead source would ask it two hundred times.
const HOLD: Duration = Duration::from_secs(10);

/// The metadata service is on the same host: who has no answer within a second is on no instance. The official
/// libraries' time for connecting, and for each silence.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// Calls of STS in flight at most: they take some tens of milliseconds, and STS allows 100 a second.
pub(super) const STS_IN_FLIGHT_MAX: usize = 16;

/// How long one call of STS waits for its turns, with all its attempts: at 100 a second 30,000 roles are taken on in
/// this time. Who gets none meanwhile stands behind calls that are throttled or not answered, and a run that waits
/// with it would have no end.
const STS_PATIENCE: Duration = Duration::from_secs(5 * 60);

const STS_REGION: &str = "ALIBABA_CLOUD_STS_REGION";
const VPC_ENDPOINT_ENABLED: &str = "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED";

/// What fetching needs. Shared by all keepers that ask by the same way.
pub struct Context {
    pub(super) environment: SharedEnvironment,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) client: Client,
    pub(super) metadata_address: String,
    pub(super) metadata_timeout: Duration,
    pub(super) hold: Duration,
    /// Draws from [0, 1) for the delays between attempts.
    pub(super) jitter: fn() -> f64,
    /// The pace that STS allows: hundreds of roles are taken on by one key.
    sts_pace: Limiter,
    /// Calls of STS in flight.
    pub(super) sts_room: Semaphore,
    /// How long a call of STS waits for its turns.
    pub(super) sts_patience: Duration,
    /// Files about whose mode a warning was given.
    pub(super) warned: Mutex<HashSet<PathBuf>>,
}

impl Context {
    /// A context without open connections. `config` says how STS is asked: an endpoint of STS that is not the
    /// documented one wins over the regions that profiles and the environment name.
    ///
    /// # Errors
    /// Those of [`Client::new`].
    pub fn new(
        environment: SharedEnvironment,
        clock: Arc<dyn Clock>,
        config: ClientConfig,
    ) -> Result<Self, CloudError> {
        Ok(Self {
            environment,
            client: Client::new(config, Arc::clone(&clock))?,
            sts_pace: Limiter::new(&BTreeMap::new(), &[], Arc::clone(&clock)),
            sts_room: Semaphore::new(STS_IN_FLIGHT_MAX),
            sts_patience: STS_PATIENCE,
            clock,
            metadata_address: METADATA_ADDRESS.to_owned(),
            metadata_timeout: METADATA_TIMEOUT,
            hold: HOLD,
            jitter: fastrand::f64,
            warned: Mutex::default(),
        })
    }

    /// Asks another address than [`METADATA_ADDRESS`], for a test that plays the metadata service.
    #[cfg(test)]
    pub(super) fn with_metadata_address(mut self, address: impl Into<String>) -> Self {
        self.metadata_address = address.into();
        self
    }

    /// The environment, as those take it who only look.
    pub(super) fn environment(&self) -> &Environment<'static> {
        self.environment.as_ref()
    }

    /// Waits until STS may be called; `None` where that is not before `until`. Who holds a turn must not wait for
    /// another: there are few.
    pub(super) async fn sts_turn(&self, action: Action, until: Instant) -> Option<StsTurn<'_>> {
        let permit = self.sts_pace.admit(action, Some(until)).await?;
        let room = timeout_at(until, self.sts_room.acquire()).await.ok()?;
        Some(StsTurn {
            permit: Some(permit),
            pace: &self.sts_pace,
            // The semaphore is never closed.
            _room: room.ok(),
        })
    }

    /// Which STS is asked: the configured one, else that of a profile's region, else that of the
    /// environment's, else the central one.
    pub(super) fn sts_endpoint(&self, profile: &StsPlace) -> Result<Endpoint, CredentialsError> {
        let configured = &self.client.config().endpoints.sts;
        if *configured != Endpoints::default().sts {
            return Ok(configured.clone());
        }
        let environment = self.environment();
        let region = profile
            .region
            .clone()
            .or_else(|| variable(environment, STS_REGION));
        let Some(region) = region else {
            return Ok(configured.clone());
        };
        let within_vpc = profile.within_vpc || is_true(environment, VPC_ENDPOINT_ENABLED);
        Endpoint::sts_of_region(region.trim(), within_vpc).map_err(|error| {
            CredentialsError::Setting {
                origin: "the region of STS (ALIBABA_CLOUD_STS_REGION, or sts_region of a profile)"
                    .to_owned(),
                reason: error.to_string(),
            }
        })
    }

    /// Warns, once for each file, where others than its owner can read it.
    pub(super) fn warn_if_open(&self, path: &Path) {
        let Some(mode) = mode_for_others(path) else {
            return;
        };
        // A set is never left half changed by a panic.
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(path.to_owned()) {
            tracing::warn!(
                path = %path.display(),
                mode = format_args!("{mode:04o}"),
                "others can use this file of credentials; run 'chmod 600' on it"
            );
        }
    }
}

/// Which STS a profile wants to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StsPlace {
    /// Region.
    pub(super) region: Option<String>,
    /// Whether within the vendor's network.
    pub(super) within_vpc: bool,
}

/// The file's mode, if it gives anything to group or others.
fn mode_for_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;

    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// The right to call STS once.
pub(super) struct StsTurn<'c> {
    permit: Option<Permit>,
    pace: &'c Limiter,
    _room: Option<SemaphorePermit<'c>>,
}

impl StsTurn<'_> {
    /// Tells what came of the call, so that the pace is learned.
    pub(super) fn answered(&mut self, was_throttled: bool, retry_after: Option<Duration>) {
        if let Some(permit) = self.permit.take() {
            self.pace.answered(permit, was_throttled, retry_after);
        }
    }
}
