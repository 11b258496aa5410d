//! A role that is taken on, and by which name.

use std::fmt;

use crate::config::DEFAULT_SESSION_NAME;

/// A role that is taken on with AssumeRole (STS, version 2015-04-01).
#[derive(Clone, PartialEq, Eq)]
pub struct Role {
    /// `acs:ram::ACCOUNT:role/NAME`.
    pub role_arn: String,
    /// Name of the session, 2 to 64 letters, digits or `.@-_`.
    pub session_name: String,
    /// What the role's owner asks for, 2 to 1224 characters.
    pub external_id: Option<String>,
    /// How long the credentials shall hold: 900 s to the role's own limit; the service's default is 3600 s.
    pub duration_seconds: Option<u32>,
    /// A policy that narrows the role for this session, JSON of at most 2048 characters.
    pub policy: Option<String>,
}

/// Without the external id, which the role's owner may take for a secret.
impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role")
            .field("role_arn", &self.role_arn)
            .field("session_name", &self.session_name)
            .field("external_id", &self.external_id.as_ref().map(|_| "***"))
            .field("duration_seconds", &self.duration_seconds)
            .field("policy", &self.policy)
            .finish()
    }
}

impl Role {
    /// The role with nothing but its name, for a session named `optrail`.
    pub fn new(role_arn: impl Into<String>) -> Self {
        Self {
            role_arn: role_arn.into(),
            session_name: DEFAULT_SESSION_NAME.to_owned(),
            external_id: None,
            duration_seconds: None,
            policy: None,
        }
    }

    /// The parameters of the call.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("RoleArn", self.role_arn.clone()),
            ("RoleSessionName", self.session_name.clone()),
        ];
        let duration = self.duration_seconds.map(|seconds| seconds.to_string());
        let optional = [
            ("DurationSeconds", duration),
            ("ExternalId", self.external_id.clone()),
            ("Policy", self.policy.clone()),
        ];
        let set = optional.into_iter();
        parameters.extend(set.filter_map(|(name, value)| Some((name, value?))));
        parameters
    }
}
