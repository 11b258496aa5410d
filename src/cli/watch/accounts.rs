//! Which accounts a watch is for.
//!
//! An id belongs to one account, and a wrong guess would only be told by the cloud's "not found": with several
//! accounts, one has to be named. What finds operations by itself is for every account that is picked.

use crate::cli::UsageError;
use crate::config::{Account, Config, DEFAULT_LABEL};

/// Labels that a message lists; more would hide it.
const LABELS_SHOWN: usize = 8;

/// The accounts that `--account` picks, or all.
pub(super) fn picked(config: &Config) -> anyhow::Result<Vec<&Account>> {
    if config.has_accounts() {
        return Ok(config.selected_accounts()?);
    }
    match config.accounts.iter().find(|name| *name != DEFAULT_LABEL) {
        None => Ok(config.configured.iter().collect()),
        Some(account) => Err(UsageError(format!(
            "no account '{account}' is configured; leave --account out, and choose credentials with --profile"
        ))
        .into()),
    }
}

/// The one account of an operation that is named by its id.
pub(super) fn one(config: &Config) -> anyhow::Result<&Account> {
    match picked(config)?.as_slice() {
        [account] => Ok(account),
        several => Err(UsageError(format!(
            "of which account is the operation? name it with --account: {}",
            labels(several)
        ))
        .into()),
    }
}

/// The account that a word names.
pub(super) fn called<'c>(config: &'c Config, word: &str) -> Result<&'c Account, String> {
    let all: Vec<&Account> = config.configured.iter().collect();
    let found = all.iter().find(|account| account.is_called(word));
    found.copied().ok_or_else(|| {
        format!(
            "no account '{word}' is configured; there are {}",
            labels(&all)
        )
    })
}

/// The names of some accounts, for a message.
pub(super) fn labels(accounts: &[&Account]) -> String {
    let shown = accounts.iter().take(LABELS_SHOWN).map(|a| a.label.as_str());
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if accounts.len() > LABELS_SHOWN {
        text.push_str(&format!(", … ({} in all)", accounts.len()));
    }
    text
}
