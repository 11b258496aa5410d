//! What the configuration says that rows are derived with: the schedule, the zones of cloud times, the names
//! of accounts. Kept as a leaf and a body whenever it differs from what was kept last.

use serde::{Deserialize, Serialize};

use super::body::{json_line, json_lines};
use crate::evidence::digest::Digest;
use crate::evidence::leaf::Config;
use crate::model::UtcMillis;
use crate::store::StoreError;
use crate::store::configs::AccountName;

/// The configuration, without its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// When it was met.
    pub at: UtcMillis,
    /// The declared schedule: time from start to start of collect runs.
    pub every_ms: Option<u64>,
    /// Zone in which AliDNS writes its times, minutes east of UTC.
    pub alidns_offset_minutes: Option<i32>,
}

/// An account as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedAccount {
    /// Name of the credentials.
    pub label: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

impl From<NamedAccount> for AccountName {
    fn from(account: NamedAccount) -> Self {
        Self {
            label: account.label,
            account_id: account.account_id,
            name: account.name,
            owner: account.owner,
            environment: account.environment,
        }
    }
}

/// The leaf and its body.
pub(super) fn to_leaf(
    settings: &Settings,
    accounts: &[NamedAccount],
) -> Result<(Config, Vec<u8>), StoreError> {
    let body = to_body(accounts)?;
    let leaf = Config {
        at: settings.at,
        every_ms: settings.every_ms,
        alidns_offset_minutes: settings.alidns_offset_minutes,
        bpstudio_offset_minutes: None,
        entries: u64::try_from(accounts.len()).unwrap_or(u64::MAX),
        body: Digest::of(&body),
        length: u64::try_from(body.len()).unwrap_or(u64::MAX),
    };
    Ok((leaf, body))
}

/// Whether two leaves say the same, whenever each was met.
pub(super) fn is_same(one: &Config, other: &Config) -> bool {
    *one == Config {
        at: one.at,
        ..other.clone()
    }
}

/// The body: the accounts, one a line.
fn to_body(accounts: &[NamedAccount]) -> Result<Vec<u8>, StoreError> {
    let lines: Vec<String> = accounts.iter().map(json_line).collect::<Result<_, _>>()?;
    Ok(json_lines(&lines))
}

/// Reads the body of a config leaf.
pub(super) fn from_body(body: &[u8]) -> Result<Vec<NamedAccount>, serde_json::Error> {
    serde_json::from_slice(body)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_back_and_the_time_alone_makes_no_difference() {
        let accounts = vec![
            NamedAccount {
                label: "prod".to_owned(),
                name: Some("Production \"1\"\n".to_owned()),
                account_id: Some("1".to_owned()),
                owner: None,
                environment: Some("prod".to_owned()),
            },
            NamedAccount {
                label: "2".to_owned(),
                name: None,
                account_id: None,
                owner: Some("ops".to_owned()),
                environment: None,
            },
        ];
        assert_eq!(from_body(&to_body(&accounts).unwrap()).unwrap(), accounts);
        assert_eq!(from_body(&to_body(&[]).unwrap()).unwrap(), []);

        let settings = Settings {
            at: UtcMillis(1),
            every_ms: Some(300_000),
            alidns_offset_minutes: Some(480),
        };
        let later = Settings {
            at: UtcMillis(2),
            ..settings
        };
        let slower = Settings {
            every_ms: None,
            ..settings
        };
        let leaf = |settings, accounts| to_leaf(settings, accounts).unwrap().0;
        let first = leaf(&settings, &accounts);
        assert!(is_same(&first, &leaf(&later, &accounts)));
        assert!(!is_same(&first, &leaf(&slower, &accounts)));
        assert!(!is_same(&first, &leaf(&settings, &accounts[..1])));
    }
}
