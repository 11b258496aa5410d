//! Keeps the credentials of one account: fetches them once, renews them before they end, and after the cloud
//! has refused them. However many ask at the same time, one fetch is under way.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use tokio::sync::{Mutex, MutexGuard};

use super::chain::{self, Link};
use super::context::{Context, StsPlace};
use super::provider::{Fetch, Provider};
use super::{Credentials, CredentialsError, FetchReport, Fetched, Lease, Role};
use super::{assume_role, cli_profile};

/// Credentials are renewed when they hold for less than this: longer than any run of a minute takes, and
/// than a call with all its attempts.
const RENEW_BEFORE_MS: i64 = 5 * 60 * 1000;

/// Where an account's credentials come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The default chain of the official libraries.
    DefaultChain,
    /// This profile of the official CLI's file.
    Profile(String),
    /// These, whatever happens.
    Fixed(Credentials),
}

/// What is fetched.
enum Kind {
    Source(Source),
    Role { base: Arc<Keeper>, role: Role },
}

/// The credentials of one account. Shared by whoever asks for that account; any number of keepers may take on
/// their roles with one and the same base.
pub struct Keeper {
    kind: Kind,
    context: Arc<Context>,
    current: RwLock<Option<Arc<Lease>>>,
    flight: Mutex<Flight>,
}

/// What whoever fetches must know of the fetches before. Held while a fetch is under way.
#[derive(Default)]
struct Flight {
    /// Which source of the default chain has answered.
    answered: Option<Link>,
    /// When the last fetch ended, and how.
    last: Option<(Instant, Option<Arc<CredentialsError>>)>,
}

impl Keeper {
    /// A keeper that has fetched nothing yet.
    pub fn new(source: Source, context: Arc<Context>) -> Self {
        Self::of(Kind::Source(source), context)
    }

    /// A keeper of the role that `base`'s credentials take on.
    pub fn assume(base: Arc<Self>, role: Role, context: Arc<Context>) -> Self {
        Self::of(Kind::Role { base, role }, context)
    }

    fn of(kind: Kind, context: Arc<Context>) -> Self {
        Self {
            kind,
            context,
            current: RwLock::default(),
            flight: Mutex::default(),
        }
    }

    /// Credentials that hold for a while: those at hand, else new ones. Where they cannot be renewed, those
    /// at hand do until they end.
    pub async fn lease(&self) -> Fetched {
        if let Some(lease) = self.holding(RENEW_BEFORE_MS) {
            return at_hand(Ok(lease));
        }
        let mut flight = match (self.flight.try_lock(), self.holding(0)) {
            (Ok(flight), _) => flight,
            // Somebody is fetching; who can do without, need not wait.
            (Err(_), Some(lease)) => return at_hand(Ok(lease)),
            (Err(_), None) => self.flight.lock().await,
        };
        if let Some(lease) = self.holding(RENEW_BEFORE_MS) {
            return at_hand(Ok(lease));
        }
        if let Some(failed) = self.held(&flight) {
            match (self.holding(0), failed) {
                (Some(lease), _) => return at_hand(Ok(lease)),
                (None, Some(error)) => return at_hand(Err(error)),
                // What was fetched a moment ago has ended since.
                (None, None) => {}
            }
        }
        let mut fetched = self.fetch(&mut flight, None).await;
        if let (Err(error), Some(lease)) = (&fetched.lease, self.holding(0)) {
            tracing::warn!(%error, "cannot renew credentials; going on with those that still hold");
            fetched.lease = Ok(lease);
        }
        fetched
    }

    /// Other credentials than those that the cloud has refused: newer ones if somebody has fetched them
    /// meanwhile, else one fetch, however many ask for it.
    pub async fn refresh(&self, refused: &Arc<Lease>) -> Fetched {
        let mut flight = self.flight.lock().await;
        if let Some(lease) = self.holding(0)
            && !lease.is_same_key(refused)
        {
            return at_hand(Ok(lease));
        }
        // Nobody must be given what is refused, now or while other credentials are fetched.
        self.keep(None);
        if let Some(Some(error)) = self.held(&flight) {
            return at_hand(Err(error));
        }
        self.fetch(&mut flight, Some(refused)).await
    }

    /// One fetch; what it brings is kept, unless it is the one that was refused.
    async fn fetch(
        &self,
        flight: &mut MutexGuard<'_, Flight>,
        refused: Option<&Arc<Lease>>,
    ) -> Fetched {
        let mut reports = Vec::new();
        let fetched = self.ask(&mut flight.answered, &mut reports).await;
        let fetched = fetched.and_then(|lease| match refused {
            Some(refused) if lease.is_same_key(refused) => Err(CredentialsError::NoneNewer {
                origin: lease.credentials.origin().to_owned(),
            }),
            _ => Ok(Arc::new(lease)),
        });
        let lease = fetched.map_err(Arc::new);
        if let Ok(lease) = &lease {
            tracing::info!(
                origin = lease.credentials.origin(),
                access_key_id_tail = lease.credentials.key_id_tail(),
                expires_at = lease.expires_at.map(tracing::field::display),
                "got credentials"
            );
            self.keep(Some(Arc::clone(lease)));
        }
        flight.last = Some((Instant::now(), lease.as_ref().err().cloned()));
        Fetched { lease, reports }
    }

    /// Asks the source. Boxed, since the base of a role is asked by the same function.
    fn ask<'a>(
        &'a self,
        answered: &'a mut Option<Link>,
        reports: &'a mut Vec<FetchReport>,
    ) -> Fetch<'a> {
        let context = self.context.as_ref();
        Box::pin(async move {
            match &self.kind {
                Kind::Source(Source::DefaultChain) => {
                    chain::fetch(answered, context, reports).await
                }
                Kind::Source(Source::Profile(name)) => {
                    let named = Some(name.as_str());
                    let (path, provider) = cli_profile::provider(named, context.environment())?;
                    context.warn_if_open(&path);
                    provider.fetch(context, reports).await
                }
                Kind::Source(Source::Fixed(credentials)) => {
                    let fixed = Provider::Fixed(credentials.clone());
                    fixed.fetch(context, reports).await
                }
                Kind::Role { base, role } => take_on(base, role, context, reports).await,
            }
        })
    }

    /// The lease at hand, if it holds for so long.
    fn holding(&self, margin_ms: i64) -> Option<Arc<Lease>> {
        // The lock is held for a clone alone, which doesn't panic.
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.context.clock.now();
        current.clone().filter(|lease| lease.holds(now, margin_ms))
    }

    fn keep(&self, lease: Option<Arc<Lease>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = lease;
    }

    /// How the last fetch ended, if it is too early for the next: its error, or none.
    fn held(&self, flight: &Flight) -> Option<Option<Arc<CredentialsError>>> {
        let (ended, error) = flight.last.as_ref()?;
        (ended.elapsed() < self.context.hold).then(|| error.clone())
    }
}

/// Takes on a role; if the base's token has ended meanwhile, once more with a newer one.
async fn take_on(
    base: &Keeper,
    role: &Role,
    context: &Context,
    reports: &mut Vec<FetchReport>,
) -> Result<Lease, CredentialsError> {
    let of_base = |fetched: Fetched, reports: &mut Vec<FetchReport>| {
        reports.extend(fetched.reports);
        fetched.lease.map_err(|cause| CredentialsError::Base {
            role_arn: role.role_arn.clone(),
            cause,
        })
    };
    let place = StsPlace::default();
    let lease = of_base(base.lease().await, reports)?;
    let taken = assume_role::fetch(role, &place, &lease.credentials, context, reports).await;
    match taken {
        Err(error) if assume_role::base_has_ended(&error) => {
            let lease = of_base(base.refresh(&lease).await, reports)?;
            assume_role::fetch(role, &place, &lease.credentials, context, reports).await
        }
        taken => taken,
    }
}

/// An answer that took no call.
fn at_hand(lease: Result<Arc<Lease>, Arc<CredentialsError>>) -> Fetched {
    Fetched {
        lease,
        reports: Vec::new(),
    }
}
