//! Credentials URI: a local service, named by its URL, that answers with credentials.

use std::fmt;
use std::time::Duration;

use reqwest::{Method, Url};

use super::context::Context;
use super::plain_http::Ask;
use super::{CredentialsError, Environment, FetchReport, Lease, variable};
use crate::cloud::client::Limits;
use crate::cloud::network::{Trust, http_client};
use crate::config::{Network, Proxy};

const CREDENTIALS_URI: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";
/// Time until a connection stands, and longest silence: the official libraries'.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer: credentials are some 2 KB.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// A URL that answers with credentials.
pub(super) struct CredentialsUri {
    url: Url,
    origin: String,
}

/// Without path and query, which may hold what opens the door.
impl fmt::Debug for CredentialsUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsUri")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The environment's; `None` where none is set.
pub(super) fn of_environment(
    environment: &Environment<'_>,
) -> Result<Option<CredentialsUri>, CredentialsError> {
    let text = variable(environment, CREDENTIALS_URI);
    text.map(|text| CredentialsUri::parse(&text, "ALIBABA_CLOUD_CREDENTIALS_URI"))
        .transpose()
}

impl CredentialsUri {
    /// Reads a URL that was found at `place`.
    pub(super) fn parse(text: &str, place: &str) -> Result<Self, CredentialsError> {
        let refused = |reason: String| CredentialsError::Setting {
            origin: format!("the credentials URI of {place}"),
            reason,
        };
        let url = Url::parse(text.trim()).map_err(|error| refused(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("its scheme is not http or https".to_owned()));
        }
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        Ok(Self {
            origin: format!("the credentials URI at {host}:{port} ({place})"),
            url,
        })
    }

    /// Asks it.
    pub(super) async fn fetch(
        &self,
        context: &Context,
        reports: &mut Vec<FetchReport>,
    ) -> Result<Lease, CredentialsError> {
        let limits = Limits {
            connect: CONNECT_TIMEOUT,
            read: READ_TIMEOUT,
            total: READ_TIMEOUT,
            body_bytes: BODY_LIMIT_BYTES,
        };
        let network = &context.client.config().network;
        // Plain http is for this machine or its neighbours: a proxy would read the credentials.
        let (trust, proxy) = match self.url.scheme() {
            "https" => (Trust::System, network.proxy.clone()),
            _ => (Trust::Nobody, Proxy::None),
        };
        let network = Network {
            proxy,
            ca_file: network.ca_file.clone(),
        };
        let http = http_client(trust, &network, &limits);
        let http = http.map_err(|error| CredentialsError::Setting {
            origin: self.origin.clone(),
            reason: error.to_string(),
        })?;
        let ask = Ask {
            http: &http,
            limits,
            clock: context.clock.as_ref(),
            origin: self.origin.clone(),
        };
        let got = ask.send(Method::GET, self.url.clone(), None).await;
        ask.read(got, Vec::new(), reports)
    }
}
