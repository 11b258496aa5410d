//! What the commands that ask the cloud have in common: from configuration to a collector.

use std::sync::Arc;

use anyhow::Context;

use super::os_user::os_user;
use crate::cloud::{ClientConfig, Credentials, Endpoint, Endpoints, Limits, credentials};
use crate::collect::{Collector, Failure, Stopping, host_name};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::model::SystemClock;

/// A variable of the process's environment; one that is not UTF-8 counts as unset.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A collector over the machine's clock, with the credentials that the configuration leads to.
pub fn collector(config: &Config, stopping: Stopping) -> anyhow::Result<Collector> {
    let credentials = credentials::resolve(config.profile.as_deref(), &environment)?;
    tracing::info!(
        origin = credentials.origin(),
        access_key_id_tail = credentials.key_id_tail(),
        "found credentials"
    );
    collector_with(config, credentials, stopping)
}

/// The same with credentials that are known already.
pub fn collector_with(
    config: &Config,
    credentials: Credentials,
    stopping: Stopping,
) -> anyhow::Result<Collector> {
    let endpoints = match &config.endpoint {
        Some(url) => {
            let endpoint = Endpoint::parse(url)
                // The address itself is not repeated: it may hold a password.
                .context("--endpoint (or OPTRAIL_ENDPOINT) cannot be used")?;
            Endpoints::everywhere(endpoint)
        }
        None => Endpoints::default(),
    };
    Ok(Collector {
        database: config.database.clone(),
        clock: Arc::new(SystemClock),
        client: ClientConfig {
            endpoints,
            signature: config.signature,
            limits: Limits::default(),
            ..ClientConfig::default()
        },
        credentials,
        endpoint: config.endpoint.clone(),
        simulated: false,
        user: os_user(),
        host: host_name(),
        stopping,
    })
}

/// The runtime on which the cloud is asked: two threads, because requests wait and databases have a thread
/// of their own.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Characters of the cloud's message that a line shows; the whole of it is a column of `requests`.
const MESSAGE_CHARS_SHOWN: usize = 500;

/// One line for people about a call that failed for good.
pub fn failure_line(failure: &Failure) -> String {
    let mut line = failure.action.service().to_string();
    for part in [&failure.region_id, &failure.operation_id]
        .into_iter()
        .flatten()
    {
        line.push(' ');
        line.push_str(part);
    }
    line.push_str(&format!(": {} {}", failure.action, failure.outcome));
    for text in [&failure.code, &failure.message].into_iter().flatten() {
        line.push_str(": ");
        line.extend(text.chars().take(MESSAGE_CHARS_SHOWN));
        if text.chars().nth(MESSAGE_CHARS_SHOWN).is_some() {
            line.push('…');
        }
    }
    if let Some(request_id) = &failure.request_id {
        line.push_str(&format!(" (RequestId {request_id})"));
    }
    terminal(&line).into_owned()
}
