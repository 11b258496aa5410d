//! The words of `--account`, as rows know accounts.
//!
//! Rows bear ids, some also labels; people say names. The configuration is asked first for what a word means,
//! then the file itself, which remembers accounts that no configuration has any more.

use super::UsageError;
use crate::config::{Account, Config, nearest};
use crate::export::escape::terminal;
use crate::store::accounts::{self, KnownAccount};
use crate::store::{Connection, StoreError};

/// The ids and labels that the words of `--account` mean, each word among them; empty where there is none.
///
/// # Errors
/// [`UsageError`] for a word that nobody knows, or the file cannot be read.
pub(super) fn account_words(
    config: &Config,
    connection: &Connection,
) -> anyhow::Result<Vec<String>> {
    if config.accounts.is_empty() {
        return Ok(Vec::new());
    }
    let known = Known::read(config, connection)?;
    let mut words = Vec::new();
    for word in &config.accounts {
        words.push(word.clone());
        words.extend(known.meaning(word)?);
    }
    words.sort();
    words.dedup();
    Ok(words)
}

/// The configuration with ids in place of the words that the file alone knows, for a command that asks the
/// cloud: where no account is configured, `--account` says whose the credentials have to be.
///
/// # Errors
/// As [`account_words`].
pub(super) fn with_ids(config: &Config, connection: &Connection) -> anyhow::Result<Config> {
    let mut resolved = config.clone();
    if config.has_accounts() || config.accounts.is_empty() {
        return Ok(resolved);
    }
    let known = Known::read(config, connection)?;
    resolved.accounts.clear();
    for word in &config.accounts {
        let mut ids = Vec::new();
        if !known.is_configured(word) {
            ids = known.meaning(word)?;
            ids.retain(|id| is_id(id));
        }
        if ids.is_empty() {
            ids.push(word.clone());
        }
        resolved.accounts.extend(ids);
    }
    Ok(resolved)
}

/// Whether a word is the id of an account, known or not.
fn is_id(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Who knows accounts.
struct Known<'c> {
    configured: &'c [Account],
    of_file: Vec<KnownAccount>,
}

impl<'c> Known<'c> {
    fn read(config: &'c Config, connection: &Connection) -> Result<Self, StoreError> {
        Ok(Self {
            configured: &config.configured,
            of_file: accounts::known(connection)?,
        })
    }

    fn is_configured(&self, word: &str) -> bool {
        self.configured.iter().any(|a| a.is_called(word))
    }

    /// The ids and labels that a word means beside itself.
    fn meaning(&self, word: &str) -> Result<Vec<String>, UsageError> {
        let called = self.configured.iter().filter(|a| a.is_called(word));
        let called: Vec<&Account> = called.collect();
        let labels = called.iter().map(|account| account.label.clone());
        if is_id(word) {
            // An id means one account, whatever else its credentials have belonged to.
            return Ok(labels.collect());
        }
        let mut words: Vec<String> = labels.collect();
        words.extend(called.iter().filter_map(|a| a.account_id.clone()));
        let is_meant = |account: &&KnownAccount| match called.as_slice() {
            [] => account.is_called(word),
            called => called.iter().any(|a| account.labels.contains(&a.label)),
        };
        let mut of_file = self.of_file.iter().filter(is_meant).peekable();
        if called.is_empty() && of_file.peek().is_none() {
            return Err(self.unknown(word));
        }
        for account in of_file {
            match &account.account_id {
                Some(id) => words.push(id.clone()),
                None => words.extend(account.labels.clone()),
            }
        }
        Ok(words)
    }

    fn unknown(&self, word: &str) -> UsageError {
        let configured = self.configured.iter().flat_map(Account::words);
        let of_file = self.of_file.iter().flat_map(KnownAccount::words);
        let nearest = nearest(word, configured.chain(of_file));
        let advice = match nearest {
            Some(nearest) => format!("did you mean '{}'?", terminal(nearest)),
            None => "`optrail export accounts` lists those of the file".to_owned(),
        };
        UsageError(format!(
            "no account '{}' is configured or in this file; {advice}",
            terminal(word)
        ))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::{Access, SignatureVersion};

    fn of_file(id: &str, name: Option<&str>, labels: &[&str]) -> KnownAccount {
        KnownAccount {
            account_id: Some(id.to_owned()).filter(|id| !id.is_empty()),
            name: name.map(str::to_owned),
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
        }
    }

    fn configured(label: &str) -> Account {
        Account {
            label: label.to_owned(),
            name: Some(label.to_owned()),
            ..Account::unnamed(Access::Chain, SignatureVersion::default())
        }
    }

    #[test]
    fn a_word_means_what_the_configuration_says_else_what_the_file_says() {
        let configured = [configured("prod")];
        let known = Known {
            configured: &configured,
            of_file: vec![
                of_file("11", Some("payments"), &["prod"]),
                of_file("22", Some("prod"), &["gone"]),
                of_file("", None, &["new"]),
            ],
        };
        let meaning = |word: &str| known.meaning(word).unwrap().join(" ");
        assert_eq!(meaning("prod"), "prod 11");
        assert_eq!(meaning("payments"), "11");
        assert_eq!(meaning("gone"), "22");
        assert_eq!(meaning("new"), "new");
        assert_eq!(meaning("22"), "");
        assert_eq!(meaning("987"), "", "an id that is not known yet");
        let unknown = known.meaning("payment").unwrap_err().0;
        assert!(unknown.ends_with("did you mean 'payments'?"), "{unknown}");
        let strange = known.meaning("zzzz\u{1b}").unwrap_err().0;
        assert!(!strange.contains('\u{1b}'), "{strange}");
    }
}
