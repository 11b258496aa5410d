//! Would a run succeed? Each thing that a run needs is looked at, and what is wrong is told with what to do.
//!
//! It is no collection: its calls change nothing, and neither they nor their answers are kept. It reads the
//! database and writes nothing. The parts: `place` (files, modes, room on the disk), `database` (schema, rules,
//! runs), and for each account `account` (credentials, identity) with `probe` (one harmless call), `reach`
//! (what the calls say of permissions and endpoints) and `offset` (what they say of the clock).

mod account;
mod database;
mod offset;
mod place;
mod probe;
mod reach;

pub use account::{Patient, examine_accounts};
pub use database::{DatabaseState, examine_database};
pub use place::{Places, examine_places};

/// What is looked at, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The configuration file and its accounts.
    Configuration,
    /// Directories and files: who may write and read them.
    Files,
    /// Room on the disk.
    Disk,
    /// Whether the database can be used, and with which schema and rules.
    Database,
    /// Whether the newest evidence is whole.
    Evidence,
    /// Whether what is recorded can be signed, and goes on from what was.
    Seal,
    /// Whether a collector runs, and when the last one did.
    Runs,
    /// Whether there are credentials.
    Credentials,
    /// Whose they are.
    Identity,
    /// Which calls they allow.
    Permissions,
    /// Whether the cloud can be reached, and where.
    Endpoints,
    /// How far this machine's clock is from the cloud's.
    Clock,
}

impl Topic {
    /// The word that people and programs read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Files => "files",
            Self::Disk => "disk",
            Self::Database => "database",
            Self::Evidence => "evidence",
            Self::Seal => "seal",
            Self::Runs => "runs",
            Self::Credentials => "credentials",
            Self::Identity => "identity",
            Self::Permissions => "permissions",
            Self::Endpoints => "endpoints",
            Self::Clock => "clock",
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    /// Nothing to do.
    Ok,
    /// A run would go on, and something is not as it should be.
    Warning,
    /// A run would fail, or be open to others.
    Error,
    /// Not looked at, since something before it failed or nothing is there yet.
    Skipped,
}

impl Health {
    /// The word that people and programs read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }

    /// Whether something is to be done.
    pub const fn is_finding(self) -> bool {
        matches!(self, Self::Warning | Self::Error)
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub topic: Topic,
    /// Name of the account in the configuration, where it is about one.
    pub account: Option<String>,
    /// How it stands.
    pub health: Health,
    /// What was found. It may repeat what the cloud wrote, but no secret.
    pub detail: String,
    /// What to do.
    pub advice: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(topic: Topic, detail: impl Into<String>) -> Self {
        Self::of(topic, Health::Ok, detail, None)
    }

    /// Not looked at.
    pub fn skipped(topic: Topic, detail: impl Into<String>) -> Self {
        Self::of(topic, Health::Skipped, detail, None)
    }

    /// Something is not as it should be.
    pub fn warning(topic: Topic, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::of(topic, Health::Warning, detail, Some(advice.into()))
    }

    /// Something is wrong.
    pub fn error(topic: Topic, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::of(topic, Health::Error, detail, Some(advice.into()))
    }

    /// An error that says behind its last semicolon what to do; one within brackets is of the story.
    pub fn failed(topic: Topic, message: &str) -> Self {
        let is_whole = |part: &str| part.matches('(').count() == part.matches(')').count();
        let (detail, advice) = match message.rsplit_once("; ") {
            Some((detail, advice)) if is_whole(advice) => (detail, Some(advice.to_owned())),
            _ => (message, None),
        };
        Self::of(topic, Health::Error, detail, advice)
    }

    /// The same, about an account.
    #[must_use]
    pub fn of_account(self, label: &str) -> Self {
        Self {
            account: Some(label.to_owned()),
            ..self
        }
    }

    fn of(topic: Topic, health: Health, detail: impl Into<String>, advice: Option<String>) -> Self {
        Self {
            topic,
            account: None,
            health,
            detail: detail.into(),
            advice,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_told_apart_from_what_is_wrong() {
        let check = Check::failed(Topic::Database, "no file; make one");
        assert_eq!(check.detail, "no file");
        assert_eq!(check.advice.as_deref(), Some("make one"));
        let check = Check::failed(Topic::Credentials, "none (looked here; there)");
        assert_eq!(check.advice, None);
        let check = Check::failed(Topic::Database, "disk I/O error").of_account("prod");
        assert_eq!(
            (check.detail.as_str(), check.advice),
            ("disk I/O error", None)
        );
        assert_eq!(check.account.as_deref(), Some("prod"));
        assert!(check.health.is_finding());
        assert!(!Health::Skipped.is_finding());
    }
}
