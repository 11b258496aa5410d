//! Shape of the Security Token Service: whose credentials ask.

/// Whose credentials these are (GetCallerIdentity).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account that owns them, 16 digits as text.
    pub account_id: String,
    /// The caller's resource name.
    pub arn: Option<String>,
    /// Account, RAMUser, AssumedRoleUser.
    pub identity_type: Option<String>,
    /// The caller's id, for a role followed by the session's name.
    pub principal_id: Option<String>,
    /// The role, for an assumed role alone.
    pub role_id: Option<String>,
    /// The user, for an account or a RAM user alone.
    pub user_id: Option<String>,
}
