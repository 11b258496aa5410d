//! Flags, environment, file and defaults resolved into one checked [`Config`].
//!
//! It is not the place where endpoints or credentials are judged: `cloud` does that, where it
//! knows the services. A flag beats an environment variable, which beats the file, which beats a default; a
//! variable set to nothing counts as not set. Environment and files come in as functions, so that a test needs
//! no process of its own. Depends on `model` alone.

mod account;
mod account_list;
mod accounts;
mod around;
mod error;
mod file;
mod origin;
mod section;
mod settings;
mod values;
mod watch;
mod words;
mod zone;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::Service;

pub use account::{
    ALL_REGIONS, Access, Account, DEFAULT_LABEL, DEFAULT_ROLE_DURATION_SECONDS,
    DEFAULT_SESSION_NAME, DeclaredWatch, Role, Site,
};
pub use around::{FILE_BYTES_MAX, Surroundings};
pub use error::{ConfigError, UnknownAccount};
use file::FileConfig;
pub use origin::{Origin, Origins, Place};
pub use settings::{Setting, Table, Value, settings, to_toml};
pub use values::{
    KEY_NOT_REPEATED, duration_text, masked_url, nearest, parse_duration, parse_region,
    parse_zone_minutes, repeatable_key, zone_text,
};
pub use words::{ColorPolicy, LogFormat, SignatureVersion, Verbosity};
pub use zone::{UnknownZone, Zone};

/// How long a run begins further watches where nothing else is asked for: a run each minute is then over
/// before the next.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(50);

/// Requests in flight where nothing else is asked for: the cloud's published limits allow tens of
/// calls a second, and a call takes some tens of milliseconds.
pub const DEFAULT_CONCURRENCY: u16 = 8;

/// Requests in flight at most; more would only wait for the cloud's limits.
pub const CONCURRENCY_MAX: u16 = 256;

/// A configuration file in which everything is explained and commented out.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// Labels that an error about an unknown one lists; more would hide the message.
const LABELS_LISTED_MAX: usize = 8;

/// What was given on the command line; `None` where a flag was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--db`.
    pub database: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// Whether the command is the one that makes the configuration file, so that a file that is named may
    /// be missing.
    pub makes_config: bool,
    /// `--account`, as often as given.
    pub accounts: Vec<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--endpoint`.
    pub endpoint: Option<String>,
    /// `--signature`.
    pub signature: Option<SignatureVersion>,
    /// `--color`.
    pub color: Option<ColorPolicy>,
    /// `--log-format`.
    pub log_format: Option<LogFormat>,
    /// `-q`, `-v`, `-vv`.
    pub verbosity: Verbosity,
    /// `--tz`.
    pub zone: Zone,
}

/// The way to the cloud.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Through which proxy.
    pub proxy: Proxy,
    /// PEM certificates that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// Through which proxy requests go.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// None, whatever the environment says.
    #[default]
    None,
    /// That of the process's environment: `HTTPS_PROXY` or `ALL_PROXY`, but for hosts in `NO_PROXY`.
    Environment,
    /// This one, which may hold a password: `http://[USER:PASSWORD@]HOST:PORT`.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Environment => f.write_str("Environment"),
            Self::Url(url) => f.debug_tuple("Url").field(&masked_url(url)).finish(),
        }
    }
}

/// The zones in which services write times that bear none, in minutes ahead of UTC; `None`: not known, such
/// times are kept raw only. ROS writes UTC, and BPStudio tells no time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CloudTime {
    /// Of AliDNS.
    pub alidns: Option<i32>,
}

/// Everything that holds for a whole process.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The database file.
    pub database: PathBuf,
    /// Where what is no record is kept: keys, checkpoints.
    pub state_directory: PathBuf,
    /// The file that was read, if there is one.
    pub file: Option<PathBuf>,
    /// The file that `init` makes where there is none.
    pub file_to_make: PathBuf,
    /// The declared schedule: the time from the start of one run to that of the next.
    pub every: Option<Duration>,
    /// How long a run begins further watches.
    pub deadline: Duration,
    /// Requests in flight at most.
    pub concurrency: u16,
    /// Requests a second at most, for each account and action of a service.
    pub caps: BTreeMap<Service, f64>,
    /// How the cloud is reached.
    pub network: Network,
    /// Zones of cloud times.
    pub cloud_time: CloudTime,
    /// Every account that is configured; one of label [`DEFAULT_LABEL`] where none is. Never empty.
    pub configured: Vec<Account>,
    /// Names or ids of the accounts to work on; empty: all.
    pub accounts: Vec<String>,
    /// A profile of `~/.aliyun/config.json`; `None`: the default credential chain, or configured accounts.
    pub profile: Option<String>,
    /// One address for every service, not yet judged.
    pub endpoint: Option<String>,
    /// How requests are signed where an account does not say.
    pub signature: SignatureVersion,
    /// When to use color; the environment is already counted in.
    pub color: ColorPolicy,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How much to say on stderr.
    pub verbosity: Verbosity,
    /// The zone in which people read and type times.
    pub zone: Zone,
    /// Where these values came from.
    pub origins: Origins,
}

impl Config {
    /// The configuration that flags, environment, file and defaults amount to.
    ///
    /// # Errors
    /// [`ConfigError`] where a file that is named cannot be read, or something in it, or a variable, cannot
    /// be used.
    pub fn resolve(flags: Flags, around: &Surroundings<'_>) -> Result<Self, ConfigError> {
        let (read, file_to_make) = find_file(&flags, around)?;
        let path = read.as_ref().map(|(path, _)| path.clone());
        let mut file = match read {
            Some((path, text)) => FileConfig::read(&path, &text, around)?,
            None => FileConfig::default(),
        };
        let mut origins = std::mem::take(&mut file.origins);
        let mut pick = |key: &str, flag, flag_name, variable| {
            pick_text(&mut origins, around, key, flag, flag_name, variable)
        };
        let profile = pick("profile", flags.profile, "--profile", "OPTRAIL_PROFILE")?;
        let endpoint = pick("endpoint", flags.endpoint, "--endpoint", "OPTRAIL_ENDPOINT")?;
        let database = database(flags.database, file.database, around, &mut origins);
        if flags.signature.is_some() {
            origins.set("signature", Origin::Flag("--signature"));
        }
        let configured = configured(file.accounts, profile.clone(), flags.signature, &origins)?;
        Ok(Self {
            database,
            state_directory: file
                .state_directory
                .unwrap_or_else(|| around.state_directory()),
            file: path,
            file_to_make,
            every: file.every,
            deadline: file.deadline.unwrap_or(DEFAULT_DEADLINE),
            concurrency: file.concurrency.unwrap_or(DEFAULT_CONCURRENCY),
            caps: file.caps,
            network: file.network,
            cloud_time: file.cloud_time,
            configured,
            accounts: flags.accounts,
            profile,
            endpoint,
            signature: flags.signature.unwrap_or_default(),
            color: color(flags.color, around),
            log_format: flags.log_format.unwrap_or_default(),
            verbosity: flags.verbosity,
            zone: flags.zone,
            origins,
        })
    }

    /// The lock of this configuration's database.
    pub fn lock_path(&self) -> PathBuf {
        lock_path(&self.database)
    }

    /// Whether accounts are configured, rather than the one that is there without any.
    pub fn has_accounts(&self) -> bool {
        let is_of_file = |account: &Account| {
            let key = format!("account.{}.name", account.label);
            matches!(self.origins.of(&key), Origin::File(_))
        };
        self.configured.first().is_some_and(is_of_file)
    }

    /// The accounts to ask, in the order of the configuration: those that `--account` names by label, name or
    /// id, or all.
    ///
    /// # Errors
    /// [`UnknownAccount`] for a word that names none of them.
    pub fn selected_accounts(&self) -> Result<Vec<&Account>, UnknownAccount> {
        let is_known = |word: &String| self.configured.iter().any(|a| a.is_called(word));
        if let Some(wanted) = self.accounts.iter().find(|word| !is_known(word)) {
            return Err(self.unknown(wanted));
        }
        let is_wanted = |account: &&Account| {
            self.accounts.is_empty() || self.accounts.iter().any(|word| account.is_called(word))
        };
        Ok(self.configured.iter().filter(is_wanted).collect())
    }

    fn unknown(&self, wanted: &str) -> UnknownAccount {
        let words = self.configured.iter().flat_map(Account::words);
        let labels: Vec<&str> = self.configured.iter().map(|a| a.label.as_str()).collect();
        UnknownAccount {
            wanted: wanted.to_owned(),
            nearest: values::nearest(wanted, words).map(str::to_owned),
            known: (labels.len() <= LABELS_LISTED_MAX).then(|| labels.join(", ")),
        }
    }

    /// The address that the user chose for a service of an account, not yet judged; `None`: the site's own.
    pub fn endpoint_of<'c>(&'c self, account: &'c Account, service: Service) -> Option<&'c str> {
        let of_account = || account.endpoints.get(&service).map(String::as_str);
        self.endpoint.as_deref().or_else(of_account)
    }
}

/// The file whose lock a collector holds: beside the database, its name with `.lock` appended.
pub fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// A file that was found, with its text.
type Found = Option<(PathBuf, String)>;

/// The configuration file with its text, and the one to make where there is none.
fn find_file(flags: &Flags, around: &Surroundings<'_>) -> Result<(Found, PathBuf), ConfigError> {
    let of_flag = flags.config.clone().map(|path| (path, "--config"));
    let of_variable = || {
        let path = around.value("OPTRAIL_CONFIG").map(PathBuf::from);
        path.map(|path| (path, "OPTRAIL_CONFIG"))
    };
    if let Some((path, name)) = of_flag.or_else(of_variable) {
        let named_by = format!("the configuration that {name} names,");
        return match around.file(&path, &named_by)? {
            Some(text) => Ok((Some((path.clone(), text)), path)),
            None if flags.makes_config => Ok((None, path)),
            None => Err(ConfigError::Unreadable {
                named_by,
                path,
                reason: "there is no such file; `optrail init` makes one".to_owned(),
            }),
        };
    }
    let mut first = None;
    for path in around.looked_for() {
        if let Some(text) = around.file(&path, "the configuration")? {
            return Ok((Some((path.clone(), text)), path));
        }
        first.get_or_insert(path);
    }
    // There is always one for the whole machine to look for.
    Ok((None, first.unwrap_or_default()))
}

/// A text that a flag or a variable gives.
fn pick_text(
    origins: &mut Origins,
    around: &Surroundings<'_>,
    key: &str,
    flag: Option<String>,
    flag_name: &'static str,
    variable: &'static str,
) -> Result<Option<String>, ConfigError> {
    if flag.is_some() {
        origins.set(key, Origin::Flag(flag_name));
        return Ok(flag);
    }
    let value = around.text(variable)?;
    if value.is_some() {
        origins.set(key, Origin::Variable(variable));
    }
    Ok(value)
}

fn database(
    flag: Option<PathBuf>,
    file: Option<PathBuf>,
    around: &Surroundings<'_>,
    origins: &mut Origins,
) -> PathBuf {
    if let Some(path) = flag {
        origins.set("database", Origin::Flag("--db"));
        return path;
    }
    if let Some(path) = around.value("OPTRAIL_DB") {
        origins.set("database", Origin::Variable("OPTRAIL_DB"));
        return PathBuf::from(path);
    }
    file.unwrap_or_else(|| around.database())
}

/// The accounts of the file, or the one that is there without any.
fn configured(
    of_file: Vec<Account>,
    profile: Option<String>,
    signature: Option<SignatureVersion>,
    origins: &Origins,
) -> Result<Vec<Account>, ConfigError> {
    if of_file.is_empty() {
        let access = profile.map_or(Access::Chain, Access::Profile);
        return Ok(vec![Account::unnamed(
            access,
            signature.unwrap_or_default(),
        )]);
    }
    match origins.of("profile") {
        Origin::Flag(name) | Origin::Variable(name) => {
            return Err(ConfigError::ProfileWithAccounts(name));
        }
        Origin::File(_) | Origin::Default => {}
    }
    let with_flag = |account: Account| Account {
        signature: signature.unwrap_or(account.signature),
        ..account
    };
    Ok(of_file.into_iter().map(with_flag).collect())
}

/// A flag decides; without one, `NO_COLOR` (no-color.org: any value but the empty one) and a
/// terminal that says it is `dumb` switch color off.
fn color(flag: Option<ColorPolicy>, around: &Surroundings<'_>) -> ColorPolicy {
    let is_dumb = || around.value("TERM").is_some_and(|term| term == "dumb");
    match flag.unwrap_or_default() {
        ColorPolicy::Auto if around.value("NO_COLOR").is_some() || is_dumb() => ColorPolicy::Never,
        policy => policy,
    }
}

#[cfg(test)]
mod tests;
