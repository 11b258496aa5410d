//! Which accounts a question is about, and which the file knows.

use rusqlite::Connection;

use super::StoreError;

/// Names or ids of accounts, as the JSON array that a question takes as one parameter; empty: all.
pub(super) fn parameter(accounts: &[String]) -> String {
    serde_json::Value::from(accounts).to_string()
}

/// An account by everything that it is called in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAccount {
    /// The account; `None` where it was never met.
    pub account_id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// Names of the credentials that belonged to it.
    pub labels: Vec<String>,
}

impl KnownAccount {
    /// Whether somebody who says `word` means this account: its id, its name or a label.
    pub fn is_called(&self, word: &str) -> bool {
        self.words().any(|known| known == word)
    }

    /// The words by which it may be chosen.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let names = [self.account_id.as_deref(), self.name.as_deref()];
        let labels = self.labels.iter().map(String::as_str);
        names.into_iter().flatten().chain(labels)
    }
}

/// Every account of the view `accounts`, and those of which only a watch tells.
///
/// # Errors
/// [`StoreError`].
pub fn known(connection: &Connection) -> Result<Vec<KnownAccount>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT account_id, name, labels FROM accounts
         UNION ALL
         SELECT DISTINCT NULL, NULL, json_array(label) FROM watch
         WHERE label NOT IN (SELECT label FROM account_label)",
    )?;
    let mut rows = statement.query([])?;
    let mut accounts = Vec::new();
    while let Some(row) = rows.next()? {
        let labels: String = row.get(2)?;
        accounts.push(KnownAccount {
            account_id: row.get(0)?,
            name: row.get(1)?,
            labels: serde_json::from_str(&labels).map_err(|error| {
                StoreError::Inconsistent(format!("labels of an account, '{labels}': {error}"))
            })?,
        });
    }
    Ok(accounts)
}
