//! The access keys that the simulated cloud knows. All are made up.

use std::fmt;

/// An access key and whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Public part.
    pub access_key_id: String,
    /// Secret part.
    pub access_key_secret: String,
    /// The token that temporary credentials carry besides; a key with one is refused without it.
    pub security_token: Option<String>,
    /// The account that owns it, 16 digits.
    pub account_id: String,
    /// Whose key it is: `acs:ram::ACCOUNT:root`, `…:user/NAME` or `…:assumed-role/ROLE/SESSION`.
    pub arn: String,
}

/// Id of the key that a sandbox knows unless told otherwise.
pub const DEFAULT_ACCESS_KEY_ID: &str = "LTAIsandboxKeyOfNobody";

/// Secret of the key that a sandbox knows unless told otherwise. It opens nothing.
pub const DEFAULT_ACCESS_KEY_SECRET: &str = "sandboxSecretOfNobody000000000";

/// Account of the key that a sandbox knows unless told otherwise.
pub const DEFAULT_ACCOUNT_ID: &str = "1234567890123456";

impl Default for Key {
    fn default() -> Self {
        Self {
            access_key_id: DEFAULT_ACCESS_KEY_ID.to_owned(),
            access_key_secret: DEFAULT_ACCESS_KEY_SECRET.to_owned(),
            security_token: None,
            account_id: DEFAULT_ACCOUNT_ID.to_owned(),
            arn: format!("acs:ram::{DEFAULT_ACCOUNT_ID}:user/sandbox"),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("access_key_id", &self.access_key_id)
            .field("account_id", &self.account_id)
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}
