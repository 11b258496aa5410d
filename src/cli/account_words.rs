//! The words of `--account`, as rows know accounts.

use crate::config::Config;

/// The words of `--account`, each with the label of the account that the configuration calls so: rows bear
/// labels and ids, and an account of a list has a name beside these.
pub(super) fn account_words(config: &Config) -> Vec<String> {
    let mut words = config.accounts.clone();
    for account in &config.configured {
        if config.accounts.iter().any(|word| account.is_called(word)) {
            words.push(account.label.clone());
        }
    }
    words.sort();
    words.dedup();
    words
}
