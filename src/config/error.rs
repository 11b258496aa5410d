//! What makes a configuration unusable, and how that is told: the file, the line and the key, never the value.
//!
//! Depends on nothing of ours.

use std::path::PathBuf;

use super::around::FILE_BYTES_MAX;
use super::origin::Place;
use super::values::KEY_NOT_REPEATED;

/// Where credentials belong; said where somebody writes one into the configuration file.
const SECRETS_BELONG: &str = "credentials do not belong in this file: put them into ~/.aliyun/config.json (and name the profile here), the environment (ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET), or use a role";

/// What makes a configuration unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable whose value is no text.
    #[error("environment variable {0} is not valid UTF-8; set it to plain text or unset it")]
    NotText(&'static str),
    /// A file that was named, or is there, and cannot be read.
    #[error("cannot read {named_by} {}: {reason}", path.display())]
    Unreadable {
        /// What the file is, and who names it.
        named_by: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file larger than any configuration is.
    #[error("{} has more than {FILE_BYTES_MAX} bytes; that is no configuration", .0.display())]
    TooLarge(PathBuf),
    /// Text that is no TOML, or no CSV. The message is the parser's, without the line itself.
    #[error("{place}: {}{message}", in_key(key.as_deref()))]
    Syntax {
        /// Where.
        place: Place,
        /// The key on that line, if it is one that we know.
        key: Option<String>,
        /// What is wrong there.
        message: String,
    },
    /// A key that does not exist.
    #[error("{place}: unknown key {}{}", repeated(key.as_deref()), nearest.as_ref().map(|n| format!("; did you mean '{n}'?")).unwrap_or_default())]
    UnknownKey {
        /// Where.
        place: Place,
        /// The key, with its table, if it can be repeated.
        key: Option<String>,
        /// The known one most like it.
        nearest: Option<String>,
    },
    /// A key for a secret, which this file does not hold.
    #[error("{place}: {}: {SECRETS_BELONG}", repeated(key.as_deref()))]
    Secret {
        /// Where.
        place: Place,
        /// The key, with its table, if it can be repeated.
        key: Option<String>,
    },
    /// A value of the wrong type, out of range, or in contradiction to another.
    #[error("{place}: '{key}': {reason}")]
    Value {
        /// Where.
        place: Place,
        /// The key, with its table, or the column.
        key: String,
        /// What would do.
        reason: String,
    },
    /// Two accounts that cannot be told apart.
    #[error("{second}: {what} is there already, at {first}; each account stands once")]
    Twice {
        /// What stands twice.
        what: String,
        /// Where it stands first.
        first: Place,
        /// Where it stands again.
        second: Place,
    },
    /// A profile beside accounts that name their own credentials.
    #[error(
        "{0} chooses credentials only where no [[account]] is configured; choose among the configured accounts with --account"
    )]
    ProfileWithAccounts(&'static str),
}

fn in_key(key: Option<&str>) -> String {
    key.map(|key| format!("'{key}': ")).unwrap_or_default()
}

fn repeated(key: Option<&str>) -> String {
    match key {
        Some(key) => format!("'{key}'"),
        None => format!("({KEY_NOT_REPEATED})"),
    }
}

/// `--account` names an account that the configuration does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no account '{wanted}' is configured{}", match (nearest, known) {
    (Some(nearest), _) => format!("; did you mean '{nearest}'?"),
    (None, Some(known)) => format!("; known are {known}"),
    (None, None) => String::new(),
})]
pub struct UnknownAccount {
    /// The name or id that was given.
    pub wanted: String,
    /// The configured one most like it.
    pub nearest: Option<String>,
    /// The labels that there are, if they are few.
    pub known: Option<String>,
}
