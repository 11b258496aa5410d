//! Flags, environment and defaults resolved into one checked [`Config`].
//!
//! It is not the place where endpoints or credentials are judged: `cloud` does that, where it
//! knows the services. A flag beats an environment variable, which beats a default; a variable set
//! to nothing counts as not set. The environment comes in as a function, so that a test needs no
//! process of its own. Depends on nothing of ours.

mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use words::{ColorPolicy, LogFormat, SignatureVersion, Verbosity};

/// Where a service that runs as root, or without a home, keeps its database (Filesystem Hierarchy
/// Standard: state of programs).
const SYSTEM_DATABASE: &str = "/var/lib/optrail/optrail.db";

/// The database below a directory for a user's data.
const USER_DATABASE: &str = "optrail/optrail.db";

/// What was given on the command line; `None` where a flag was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--db`.
    pub database: Option<PathBuf>,
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
}

/// Everything that holds for a whole process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The database file.
    pub database: PathBuf,
    /// Names or ids of the accounts to work on; empty: all.
    pub accounts: Vec<String>,
    /// A profile of `~/.aliyun/config.json`; `None`: the default credential chain.
    pub profile: Option<String>,
    /// One address for every service, not yet judged.
    pub endpoint: Option<String>,
    /// How requests are signed.
    pub signature: SignatureVersion,
    /// When to use color; the environment is already counted in.
    pub color: ColorPolicy,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How much to say on stderr.
    pub verbosity: Verbosity,
}

/// What makes a configuration unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable whose value is no text.
    #[error("environment variable {0} is not valid UTF-8; set it to plain text or unset it")]
    NotText(&'static str),
}

/// Where configuration comes from, flags apart.
pub struct Surroundings<'a> {
    /// Reads one environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// Whether the process runs as root.
    pub is_root: bool,
}

impl Surroundings<'_> {
    /// Those of this process.
    pub fn of_process() -> Surroundings<'static> {
        Surroundings {
            variable: &|name| std::env::var_os(name),
            is_root: runs_as_root(),
        }
    }

    /// The value of a variable that is set to something.
    fn value(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        self.value(name)
            .map(|value| value.into_string().map_err(|_| ConfigError::NotText(name)))
            .transpose()
    }

    /// A directory that a variable names. Relative ones do not count: the XDG Base Directory
    /// Specification has them ignored, and a cron job's working directory means nothing.
    fn directory(&self, name: &str) -> Option<PathBuf> {
        self.value(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }
}

impl Config {
    /// The configuration that flags, environment and defaults amount to.
    pub fn resolve(flags: Flags, around: &Surroundings<'_>) -> Result<Self, ConfigError> {
        let or_variable = |flag: Option<String>, name| match flag {
            Some(value) => Ok(Some(value)),
            None => around.text(name),
        };
        Ok(Self {
            database: flags.database.unwrap_or_else(|| database(around)),
            accounts: flags.accounts,
            profile: or_variable(flags.profile, "OPTRAIL_PROFILE")?,
            endpoint: or_variable(flags.endpoint, "OPTRAIL_ENDPOINT")?,
            signature: flags.signature.unwrap_or_default(),
            color: color(flags.color, around),
            log_format: flags.log_format.unwrap_or_default(),
            verbosity: flags.verbosity,
        })
    }

    /// The lock of this configuration's database.
    pub fn lock_path(&self) -> PathBuf {
        lock_path(&self.database)
    }
}

/// The file whose lock a collector holds: beside the database, its name with `.lock` appended.
pub fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// The database where no flag names one.
fn database(around: &Surroundings<'_>) -> PathBuf {
    if let Some(path) = around.value("OPTRAIL_DB") {
        return PathBuf::from(path);
    }
    if let Some(data) = around.directory("XDG_DATA_HOME") {
        return data.join(USER_DATABASE);
    }
    match around.directory("HOME") {
        Some(home) if !around.is_root => home.join(".local/share").join(USER_DATABASE),
        _ => PathBuf::from(SYSTEM_DATABASE),
    }
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

/// Whether the effective user is root, as Linux reports it (proc(5): `Uid:` real, effective,
/// saved, file system). Elsewhere the answer is no, and only a default path depends on it.
fn runs_as_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| effective_uid(&status) == Some(0))
}

fn effective_uid(status: &str) -> Option<u32> {
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests;
