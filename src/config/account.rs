//! The accounts that are asked, and the watches that a configuration declares for them.
//!
//! It is not the credentials: an account names where they come from. Endpoints are text; `cloud`, which knows
//! what an endpoint is, judges them. Depends on `model` alone.

use std::collections::BTreeMap;
use std::fmt;

use super::SignatureVersion;
pub use crate::model::ALL_REGIONS;
use crate::model::{Service, UtcMillis};

/// Label of the account where none is configured, and of the one that has no name.
pub const DEFAULT_LABEL: &str = "default";

/// The name of a role's session where none is configured; it stands in the trail of the account.
pub const DEFAULT_SESSION_NAME: &str = "optrail";

/// How long a role's credentials hold where nothing else is asked for (STS documentation, AssumeRole).
pub const DEFAULT_ROLE_DURATION_SECONDS: u32 = 3_600;

/// One account: who it is, whose credentials ask, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What watches and evidence call it: its name, or its id where it comes from a list, or `default`.
    pub label: String,
    /// What people call it.
    pub name: Option<String>,
    /// Its id, where the configuration says it: in a list of accounts, by `account_id`, or in the role's ARN.
    pub account_id: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// What it is for, such as `production`.
    pub environment: Option<String>,
    /// Where the credentials come from; of a role, those that assume it.
    pub access: Access,
    /// The role that is assumed with these credentials.
    pub role: Option<Role>,
    /// Which site the account belongs to.
    pub site: Site,
    /// Addresses that replace those of the site, by service; not yet judged.
    pub endpoints: BTreeMap<Service, String>,
    /// How requests are signed; a flag is already counted in.
    pub signature: SignatureVersion,
    /// What is to be recorded of it.
    pub watches: Vec<DeclaredWatch>,
}

impl Account {
    /// The account of a configuration that names none.
    pub fn unnamed(access: Access, signature: SignatureVersion) -> Self {
        Self {
            label: DEFAULT_LABEL.to_owned(),
            name: None,
            account_id: None,
            owner: None,
            environment: None,
            access,
            role: None,
            site: Site::Cn,
            endpoints: BTreeMap::new(),
            signature,
            watches: Vec::new(),
        }
    }

    /// Whether somebody who says `word` means this account: its label, its name or its id.
    pub fn is_called(&self, word: &str) -> bool {
        self.words().any(|known| known == word)
    }

    /// The words by which it may be chosen.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let names = [self.name.as_deref(), self.account_id.as_deref()];
        std::iter::once(self.label.as_str()).chain(names.into_iter().flatten())
    }
}

/// Where credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The default credential chain.
    Chain,
    /// A profile of `~/.aliyun/config.json`.
    Profile(String),
}

/// A role, and how it is assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// `acs:ram::<account id>:role/<name>`.
    pub arn: String,
    /// What the role's trust policy asks of a third party.
    pub external_id: Option<String>,
    /// The session's name in the trail of the account.
    pub session_name: String,
    /// How long the credentials hold, in seconds.
    pub duration_seconds: u32,
}

/// The two sites of the cloud, which are two businesses of the vendor: an account belongs to one, and some services
/// have a host for each. The host follows the account, not the region that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Site {
    /// The Chinese site, aliyun.com.
    #[default]
    Cn,
    /// The international site, alibabacloud.com.
    Intl,
}

impl Site {
    /// Every site, the default first.
    pub const ALL: [Self; 2] = [Self::Cn, Self::Intl];

    /// The word of the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cn => "cn",
            Self::Intl => "intl",
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A watch that the configuration declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredWatch {
    /// Stack groups and their operations, found by listing.
    RosStackGroups {
        /// A region, or [`ALL_REGIONS`].
        region: String,
        /// Patterns of stack-group names; empty: all.
        names: Vec<String>,
        /// Only operations that began at this time or later.
        since: Option<UtcMillis>,
    },
    /// Stack-group operations by id.
    Ros {
        /// Where the stack group is.
        region: String,
        /// Operations.
        ids: Vec<String>,
    },
    /// CADT operations by id.
    Bpstudio {
        /// Operations.
        ids: Vec<String>,
        /// The resource group that the permission is checked against.
        resource_group_id: Option<String>,
    },
    /// DNS batch tasks.
    Alidns {
        /// Tasks; empty: the last one, whichever that is.
        task_ids: Vec<String>,
        /// Only batches of this kind.
        batch_type: Option<String>,
        /// Language of reasons; `None`: the one that a watch has where nothing is said.
        lang: Option<String>,
    },
}

impl DeclaredWatch {
    /// The word of `kind`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RosStackGroups { .. } => "ros-stack-groups",
            Self::Ros { .. } => "ros",
            Self::Bpstudio { .. } => "bpstudio",
            Self::Alidns { .. } => "alidns",
        }
    }
}
