//! Sends one signed attempt and takes in what comes back.
//!
//! It never repeats a request, follows no redirect and uses no proxy but a configured one. What goes on
//! the wire is what was signed, once. (A request that waited for a pooled connection which turned out to
//! be closed is moved to another by the HTTP library; no byte of it had been written then.)

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use tokio::time::timeout_at;

use super::credentials::Credentials;
use super::endpoint::{Endpoint, Endpoints};
use super::error::CloudError;
use super::exchange::{End, Exchange, NoAnswer};
use super::failure;
use super::network::{Trust, http_client};
use super::nonce::Nonces;
use super::receive::{Until, receive};
use super::sign::SignatureVersion;
use super::wire::{self, Stamp, WireRequest};
use crate::config::Network;
use crate::model::Clock;
use crate::services::Request;

/// Time for name, TCP and TLS together; the official SDKs' default.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest silence: until an answer begins, and between its pieces. The official SDKs' default.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest whole attempt, so that an answer that drips can't hold a run.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest body that is taken in. A page of 50 results is some 20 KB; this is far beyond any answer of
/// these calls, and small enough that many calls in flight, each answered with so much, still fit in the
/// memory of a small machine.
const BODY_LIMIT_BYTES: usize = 16 * 1024 * 1024;
/// How long an unused connection is kept: less than the idle times after which load balancers close
/// theirs (15 s and more), as a request on a connection that is just being closed is lost.
pub(super) const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Limits of one attempt. The head of an answer is limited by the HTTP library: to 100 headers, and to
/// what one read brings beyond 408 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for name, TCP and TLS together.
    pub connect: Duration,
    /// Longest silence of the server.
    pub read: Duration,
    /// Longest whole attempt.
    pub total: Duration,
    /// Largest body, bytes.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: CONNECT_TIMEOUT,
            read: READ_TIMEOUT,
            total: TOTAL_TIMEOUT,
            body_bytes: BODY_LIMIT_BYTES,
        }
    }
}

/// How to ask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientConfig {
    /// Whom.
    pub endpoints: Endpoints,
    /// With which signature.
    pub signature: SignatureVersion,
    /// Within which limits.
    pub limits: Limits,
    /// By which way.
    pub network: Network,
}

/// Asks the cloud. Serves any number of requests at the same time over kept connections; how many
/// there are is the caller's choice.
pub struct Client {
    http: reqwest::Client,
    config: ClientConfig,
    clock: Arc<dyn Clock>,
    nonces: Nonces,
}

impl Client {
    /// A client without open connections.
    ///
    /// # Errors
    /// [`CloudError::Tls`] where an endpoint is encrypted and there are no root certificates;
    /// [`CloudError::CaFile`] and [`CloudError::Proxy`] where these settings cannot be used;
    /// [`CloudError::Randomness`] where the system gives no random bytes.
    pub fn new(config: ClientConfig, clock: Arc<dyn Clock>) -> Result<Self, CloudError> {
        let trust = if config.endpoints.any_encrypted() {
            Trust::System
        } else {
            Trust::Nobody
        };
        Self::trusting(trust, config, clock)
    }

    fn trusting(
        trust: Trust,
        config: ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CloudError> {
        Ok(Self {
            http: http_client(trust, &config.network, &config.limits)?,
            config,
            clock,
            nonces: Nonces::new()?,
        })
    }

    /// How it asks.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Makes one attempt, with a nonce and timestamp of its own. It ends by `deadline` at the latest;
    /// if that has passed, nothing is sent. Dropping the future closes the connection.
    pub async fn send(
        &self,
        request: &Request,
        credentials: &Credentials,
        deadline: Option<Instant>,
    ) -> Exchange {
        let endpoint = self.config.endpoints.of(request.service());
        self.send_to(endpoint, request, Some(credentials), deadline)
            .await
    }

    /// The same at another endpoint than the configured one; without credentials unsigned, for the one
    /// call that needs no key.
    pub(super) async fn send_to(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        credentials: Option<&Credentials>,
        deadline: Option<Instant>,
    ) -> Exchange {
        let requested_at = self.clock.now();
        let begun = Instant::now();
        let stamp = Stamp {
            at: requested_at,
            nonce: &self.nonces.next(),
        };
        let host = endpoint.host_header();
        let wire = match credentials {
            Some(key) => wire::sign(self.config.signature, request, &host, key, &stamp),
            None => wire::unsigned(request, &host, &stamp),
        };
        let url = endpoint.url(&wire.query);
        let signature = wire.signature.clone();
        let end = self.attempt(url, wire, self.until(begun, deadline)).await;
        Exchange {
            requested_at,
            received_at: self.clock.after(requested_at, begun.elapsed()),
            end,
            signature,
        }
    }

    /// The end of the attempt: the caller's deadline or our own limit, whichever comes first.
    fn until(&self, begun: Instant, deadline: Option<Instant>) -> Until {
        let limit = begun + self.config.limits.total;
        match deadline.filter(|deadline| *deadline < limit) {
            Some(deadline) => Until {
                instant: deadline.into(),
                word: "deadline",
            },
            None => Until {
                instant: limit.into(),
                word: "timeout",
            },
        }
    }

    async fn attempt(&self, url: Url, wire: WireRequest, until: Until) -> End {
        if until.instant <= tokio::time::Instant::now() {
            return End::NoAnswer(NoAnswer::unreachable(until.word));
        }
        let Some(headers) = header_map(&wire) else {
            // Parts of a request are checked where they come from, so this does not happen; if it
            // did, the call would fail like any other, with a reason.
            return End::NoAnswer(NoAnswer::unreachable("a header that cannot be sent"));
        };
        let mut request = reqwest::Request::new(Method::POST, url);
        *request.headers_mut() = headers;
        if !wire.body.is_empty() {
            *request.body_mut() = Some(wire.body.into());
        }
        match timeout_at(until.instant, self.http.execute(request)).await {
            Ok(Ok(response)) => receive(response, self.config.limits.body_bytes, until).await,
            Ok(Err(error)) => End::NoAnswer(failure::before_answer(&error)),
            Err(_) => End::NoAnswer(NoAnswer::unreachable(until.word)),
        }
    }
}

/// The headers, those that let others act as us marked as sensitive, so that no log prints them.
fn header_map(wire: &WireRequest) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(wire.headers.len());
    for (name, text) in &wire.headers {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(matches!(*name, "authorization" | "x-acs-security-token"));
        headers.insert(HeaderName::from_static(name), value);
    }
    Some(headers)
}

#[cfg(test)]
pub(super) mod raw_server;
#[cfg(test)]
mod tests;
