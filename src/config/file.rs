//! The configuration file: its tables and keys.
//!
//! It is not flags or defaults, which are joined with it in the room's root. Depends on `model` alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Account;
use super::accounts;
use super::around::Surroundings;
use super::error::ConfigError;
use super::origin::Origins;
use super::section::{Section, Source};
use super::values::{parse_duration, parse_zone_minutes};
use super::{CONCURRENCY_MAX, CloudTime, Network, Proxy};
use crate::model::Service;

/// Keys outside any table, and the tables.
const WHOLE: [&str; 7] = [
    "database",
    "state",
    "collect",
    "limits",
    "network",
    "cloud_time",
    "account",
];

/// Keys of `[collect]`.
const COLLECT: [&str; 3] = ["every", "deadline", "concurrency"];

/// Keys of `[limits]` and of `[account.endpoints]`.
pub(super) const SERVICES: [&str; 4] = ["ros", "bpstudio", "alidns", "sts"];

/// Requests a second that a cap may name; the published limits are far below.
const CAP_MAX: f64 = 10_000.0;

/// What a configuration file says; nothing where it says nothing.
#[derive(Debug, Default)]
pub(super) struct FileConfig {
    pub(super) database: Option<PathBuf>,
    pub(super) state_directory: Option<PathBuf>,
    pub(super) every: Option<Duration>,
    pub(super) deadline: Option<Duration>,
    pub(super) concurrency: Option<u16>,
    pub(super) caps: BTreeMap<Service, f64>,
    pub(super) network: Network,
    pub(super) cloud_time: CloudTime,
    pub(super) accounts: Vec<Account>,
    pub(super) origins: Origins,
}

impl FileConfig {
    /// Reads the text of the file at `path`, and the lists that it names.
    pub(super) fn read(
        path: &Path,
        text: &str,
        around: &Surroundings<'_>,
    ) -> Result<Self, ConfigError> {
        let source = Source::new(path, text);
        let table = source.parse(&known_keys())?;
        let whole = Section::whole(&source, &table, &WHOLE)?;
        let mut config = Self {
            database: whole.path("database")?,
            ..Self::default()
        };
        whole.note(&mut config.origins, "");
        config.read_state(&whole)?;
        config.read_collect(&whole)?;
        config.read_limits(&whole)?;
        config.read_network(&whole)?;
        config.read_cloud_time(&whole)?;
        config.accounts = accounts::read(&whole, around, &mut config.origins)?;
        Ok(config)
    }

    fn read_state(&mut self, whole: &Section<'_>) -> Result<(), ConfigError> {
        if let Some(state) = whole.table("state", "state", &["directory"])? {
            state.note(&mut self.origins, "state");
            self.state_directory = state.path("directory")?;
        }
        Ok(())
    }

    fn read_collect(&mut self, whole: &Section<'_>) -> Result<(), ConfigError> {
        let Some(collect) = whole.table("collect", "collect", &COLLECT)? else {
            return Ok(());
        };
        collect.note(&mut self.origins, "collect");
        self.every = collect.read("every", parse_duration)?;
        self.deadline = collect.read("deadline", parse_duration)?;
        let concurrency = collect.integer("concurrency", 1..=i64::from(CONCURRENCY_MAX))?;
        self.concurrency = concurrency.and_then(|number| u16::try_from(number).ok());
        Ok(())
    }

    fn read_limits(&mut self, whole: &Section<'_>) -> Result<(), ConfigError> {
        let Some(limits) = whole.table("limits", "limits", &SERVICES)? else {
            return Ok(());
        };
        limits.note(&mut self.origins, "limits");
        for (word, service) in services() {
            if let Some(cap) = limits.positive(word, CAP_MAX)? {
                self.caps.insert(service, cap);
            }
        }
        Ok(())
    }

    fn read_network(&mut self, whole: &Section<'_>) -> Result<(), ConfigError> {
        let Some(network) = whole.table("network", "network", &["proxy", "ca_file"])? else {
            return Ok(());
        };
        network.note(&mut self.origins, "network");
        self.network.proxy = match network.text_or_empty("proxy")? {
            None => Proxy::None,
            Some(word) if word == "environment" => Proxy::Environment,
            Some(url) if url.contains("://") => Proxy::Url(url),
            Some(_) => {
                let help = "write an address with its scheme, as in http://HOST:PORT, or \"environment\", or nothing";
                return Err(network.wrong("proxy", help));
            }
        };
        let ca_file = network.text_or_empty("ca_file")?;
        self.network.ca_file = ca_file.map(|path| network.below(&path));
        Ok(())
    }

    fn read_cloud_time(&mut self, whole: &Section<'_>) -> Result<(), ConfigError> {
        let Some(zones) = whole.table("cloud_time", "cloud_time", &["alidns"])? else {
            return Ok(());
        };
        zones.note(&mut self.origins, "cloud_time");
        self.cloud_time = CloudTime {
            alidns: zones.read("alidns", parse_zone_minutes)?,
        };
        Ok(())
    }
}

/// The services by the words of the file.
pub(super) fn services() -> [(&'static str, Service); 4] {
    let service = |service: Service| (service.as_str(), service);
    [
        service(Service::Ros),
        service(Service::Bpstudio),
        service(Service::Alidns),
        service(Service::Sts),
    ]
}

/// Every key that the file may hold.
fn known_keys() -> Vec<&'static str> {
    [
        &WHOLE[..],
        &COLLECT,
        &SERVICES,
        &["directory", "proxy", "ca_file"],
        &accounts::KEYS,
        &super::watch::KEYS,
    ]
    .concat()
}
