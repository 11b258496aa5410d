//! Which accounts a question is about.

/// Names or ids of accounts, as the JSON array that a question takes as one parameter; empty: all.
pub(super) fn parameter(accounts: &[String]) -> String {
    serde_json::Value::from(accounts).to_string()
}
