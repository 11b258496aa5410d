//! The way to the cloud: through which proxy, and whose certificates are trusted. Makes the HTTP clients that
//! `client` and `credentials` send with; sends nothing itself.
//!
//! The environment's proxy variables count only where the configuration says so: a recorder that runs
//! unattended must not change its way because a shell had a variable. Loopback never goes through a proxy.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use reqwest::{Certificate, ClientBuilder, NoProxy, Url, redirect, retry};

use super::client::Limits;
use super::error::CloudError;
use crate::config::{Network, Proxy};

/// Variables that name a proxy for https, first one wins: upper case first, as the official CLI reads them.
/// Plain http goes to loopback alone, so that `HTTP_PROXY` means nothing here.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// Variables that name the hosts without proxy, first one wins.
const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Hosts that are reached directly, always.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// Bytes of a file of certificates at most: that of all public authorities has 250,000.
const FILE_LONGEST_BYTES: u64 = 4 << 20;

/// Whose certificates are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// The system's root certificates, and those of the CA file.
    System,
    /// Nobody's: there is no encrypted endpoint, and machines without certificates run the demo too.
    Nobody,
}

/// A client that sends what it is given: once, without following redirects, over HTTP/1.1.
pub(super) fn http_client(
    trust: Trust,
    network: &Network,
    limits: &Limits,
) -> Result<reqwest::Client, CloudError> {
    // The process-wide choice of cryptography; it fails if it was made already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .http1_only()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        .connect_timeout(limits.connect)
        .read_timeout(limits.read)
        .pool_idle_timeout(super::client::POOL_IDLE_TIMEOUT);
    let certificates = match &network.ca_file {
        Some(path) => certificates(path)?,
        None => Vec::new(),
    };
    let builder = match trust {
        Trust::System => builder.tls_certs_merge(certificates),
        Trust::Nobody => builder.tls_certs_only([]),
    };
    through(builder, &network.proxy)?
        .build()
        .map_err(|error| CloudError::Tls(innermost(&error)))
}

/// Adds the proxy.
fn through(builder: ClientBuilder, choice: &Proxy) -> Result<ClientBuilder, CloudError> {
    let variable = |name: &&str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let (origin, address, direct) = match choice {
        Proxy::None => return Ok(builder),
        Proxy::Url(url) => ("[network] proxy", url.clone(), String::new()),
        Proxy::Environment => {
            let found = PROXY_VARIABLES
                .iter()
                .find_map(|name| Some((*name, variable(name)?)));
            let Some((name, address)) = found else {
                return Ok(builder);
            };
            let direct = NO_PROXY_VARIABLES.iter().find_map(variable);
            (name, address, direct.unwrap_or_default())
        }
    };
    let refused = |reason| CloudError::Proxy {
        origin: origin.to_owned(),
        reason,
    };
    // A bare HOST:PORT is what many machines have in these variables.
    let address = match address.contains("://") {
        true => address,
        false => format!("http://{address}"),
    };
    let url = Url::parse(address.trim()).map_err(|_| refused("it is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("its scheme is not http or https"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("it has more than scheme, user, host and port"));
    }
    let proxy = reqwest::Proxy::all(url).map_err(|_| refused("it is no address of a proxy"))?;
    let direct = format!("{direct},{LOOPBACK}");
    Ok(builder.proxy(proxy.no_proxy(NoProxy::from_string(&direct))))
}

/// The certificates of a file, at least one.
fn certificates(path: &Path) -> Result<Vec<Certificate>, CloudError> {
    let refused = |reason: String| CloudError::CaFile {
        path: path.to_owned(),
        reason,
    };
    let pem = read_bounded(path).map_err(|error| refused(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&pem)
        .map_err(|_| refused("it is not in PEM format".to_owned()))?;
    if found.is_empty() {
        return Err(refused("it holds no certificate".to_owned()));
    }
    Ok(found)
}

/// The bytes of a file, which may not have more than such a file has.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(FILE_LONGEST_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_LONGEST_BYTES {
        let long = format!("it has more than {FILE_LONGEST_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, long));
    }
    Ok(bytes)
}

/// The text of an error's first cause. Building a client has seen no URL and no secret.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
