//! Options of every command.

use std::path::PathBuf;

use clap::Args;

use super::values::{some_text, words};
use crate::config::{ColorPolicy, Flags, LogFormat, SignatureVersion, Verbosity, Zone};

/// Options that may stand before or after any command. Environment variables are not read here
/// but in [`crate::config`], which also knows the defaults.
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Database [env: OPTRAIL_DB] [default: optrail/optrail.db below the user's data directory;
    /// of root /var/lib/optrail/optrail.db]
    #[arg(long, value_name = "FILE", global = true)]
    pub db: Option<PathBuf>,

    /// Configuration file [env: OPTRAIL_CONFIG] [default: optrail/optrail.toml below the user's
    /// configuration directory, else /etc/optrail/optrail.toml]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// Only this account: whose credentials ask, or whose answers are shown; repeatable
    #[arg(long, value_name = "NAME|ID", global = true, value_parser = some_text)]
    pub account: Vec<String>,

    /// Profile of ~/.aliyun/config.json that signs the calls [env: OPTRAIL_PROFILE] [default: the
    /// key in the environment, else the file's current profile]
    #[arg(long, value_name = "NAME", global = true, value_parser = some_text)]
    pub profile: Option<String>,

    /// One address for every service; plain http only on loopback [env: OPTRAIL_ENDPOINT]
    #[arg(long, value_name = "URL", global = true, value_parser = some_text)]
    pub endpoint: Option<String>,

    /// How calls are signed: v3 is ACS3-HMAC-SHA256, v1 is HMAC-SHA1 [default: v3]
    #[arg(
        long,
        value_name = "VERSION",
        global = true,
        value_parser = words(&SignatureVersion::ALL, SignatureVersion::as_str)
    )]
    pub signature: Option<SignatureVersion>,

    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more on stderr: -v what is done, -vv each request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// How log lines are written [default: text]
    #[arg(
        long,
        value_name = "FORMAT",
        global = true,
        value_parser = words(&LogFormat::ALL, LogFormat::as_str)
    )]
    pub log_format: Option<LogFormat>,

    /// Zone in which times are typed and shown to people: +08:00, local, Asia/Shanghai; files are
    /// UTC [default: UTC]
    #[arg(long, value_name = "ZONE", global = true, value_parser = Zone::parse, allow_hyphen_values = true)]
    pub tz: Option<Zone>,

    /// When to use color; NO_COLOR is heard [default: auto]
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        value_parser = words(&ColorPolicy::ALL, ColorPolicy::as_str)
    )]
    pub color: Option<ColorPolicy>,
}

impl GlobalArgs {
    /// What was typed, for [`Config::resolve`](crate::config::Config::resolve).
    pub fn flags(&self) -> Flags {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Debug,
        };
        Flags {
            database: self.db.clone(),
            config: self.config.clone(),
            makes_config: false,
            accounts: self.account.clone(),
            profile: self.profile.clone(),
            endpoint: self.endpoint.clone(),
            signature: self.signature,
            color: self.color,
            log_format: self.log_format,
            verbosity,
            zone: self.tz.clone().unwrap_or_default(),
        }
    }
}
