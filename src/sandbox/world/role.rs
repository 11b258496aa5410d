//! RAM roles: who may assume them, and what STS answers who does.
//!
//! Pure: it reads a request against a role. The credentials themselves are the key ring's.

use super::keyring::Issued;
use crate::model::UtcMillis;
use crate::sandbox::answer::Object;
use crate::sandbox::call::{OidcProof, RoleRequest};
use crate::sandbox::key::Key;
use crate::sandbox::refusal::Refusal;

/// An identity provider that a role trusts, and the one token of it that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcTrust {
    /// `acs:ram::ACCOUNT:oidc-provider/NAME`.
    pub provider_arn: String,
    /// The token.
    pub token: String,
}

/// A role of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Whose role it is.
    pub account_id: String,
    /// Its name.
    pub name: String,
    /// Who may assume it by key: ARNs of users and assumed roles, or account ids, which stand for
    /// all of the account's users and roles.
    pub trusted: Vec<String>,
    /// What has to be sent as `ExternalId`; `None`: nothing, and anything is let pass.
    pub external_id: Option<String>,
    /// Longest life of its credentials, in seconds (3,600 to 43,200).
    pub max_duration_s: u32,
    /// Who may assume it by token.
    pub oidc: Option<OidcTrust>,
}

impl Role {
    /// A role that every user of `trusted_account_id` may assume for an hour.
    pub fn new(
        account_id: impl Into<String>,
        name: impl Into<String>,
        trusted_account_id: impl Into<String>,
    ) -> Self {
        Self {
            account_id: account_id.into(),
            name: name.into(),
            trusted: vec![trusted_account_id.into()],
            external_id: None,
            max_duration_s: 3600,
            oidc: None,
        }
    }

    /// `acs:ram::ACCOUNT:role/NAME`, in lower case as the service answers it.
    pub fn arn(&self) -> String {
        format!("acs:ram::{}:role/{}", self.account_id, self.name)
    }

    /// Whether this key may assume it.
    ///
    /// # Errors
    /// NoPermission; InvalidParameter.DurationSeconds.
    pub(super) fn admit(
        &self,
        caller: &Key,
        external_id: Option<&str>,
        request: &RoleRequest,
    ) -> Result<(), Refusal> {
        // The account itself cannot assume roles, only its users and roles can.
        let is_root = caller.arn.ends_with(":root");
        let mut trusted = self.trusted.iter();
        let is_trusted = trusted.any(|who| *who == caller.arn || *who == caller.account_id);
        let is_right = self
            .external_id
            .as_deref()
            .is_none_or(|expected| external_id == Some(expected));
        if is_root || !is_trusted || !is_right {
            return Err(Refusal::no_permission());
        }
        self.check_duration(request)
    }

    /// Whether this token opens it.
    ///
    /// # Errors
    /// AuthenticationFail.…; NoPermission; InvalidParameter.DurationSeconds.
    pub(super) fn admit_token(
        &self,
        proof: &OidcProof,
        request: &RoleRequest,
    ) -> Result<(), Refusal> {
        let Some(trust) = &self.oidc else {
            return Err(Refusal::no_permission());
        };
        if trust.provider_arn != proof.provider_arn {
            let message = "The OIDC provider does not exist.";
            return Err(Refusal::new(404, "EntityNotExist.OIDCProvider", message));
        }
        if trust.token != proof.token {
            let message = "The OIDC token is invalid.";
            let code = "AuthenticationFail.OIDCToken.Invalid";
            return Err(Refusal::new(400, code, message));
        }
        self.check_duration(request)
    }

    fn check_duration(&self, request: &RoleRequest) -> Result<(), Refusal> {
        match request.duration_s <= self.max_duration_s {
            true => Ok(()),
            false => Err(Refusal::duration()),
        }
    }
}

/// A role that nobody has.
pub(super) fn unknown(arn: &str) -> Refusal {
    let message = format!("The role not exists: {arn}.");
    Refusal::new(404, "EntityNotExist.Role", message)
}

/// When credentials that are issued now end: whole seconds, as the answer says it.
pub(super) fn expiry(now: UtcMillis, duration_s: u32) -> UtcMillis {
    UtcMillis((now.unix_seconds() + i64::from(duration_s)) * 1000)
}

/// The body of AssumeRole.
pub(super) fn answer(issued: &Issued) -> Object {
    let key = &issued.key;
    let session = key.arn.rsplit('/').next().unwrap_or_default();
    let own_id: String = key.account_id.chars().rev().collect();
    Object::new()
        .with(
            "AssumedRoleUser",
            Object::new()
                .with("Arn", &key.arn)
                .with("AssumedRoleId", format!("3{own_id}:{session}")),
        )
        .with("Credentials", credentials(issued))
}

/// The body of AssumeRoleWithOIDC.
pub(super) fn answer_oidc(issued: &Issued) -> Object {
    let token = Object::new()
        .with("Subject", "system:serviceaccount:sandbox:optrail")
        .with("Issuer", "https://oidc.sandbox.invalid")
        .with("ClientIds", "sts.aliyuncs.com")
        .with("ExpirationTime", issued.expires_at.to_seconds_text())
        .with("VerificationInfo", "Success");
    answer(issued).with("OIDCTokenInfo", token)
}

/// Id, secret, token and end, as STS, the metadata service and a credentials URI spell them alike.
pub(in crate::sandbox) fn credentials(issued: &Issued) -> Object {
    let key = &issued.key;
    Object::new()
        .with("AccessKeyId", &key.access_key_id)
        .with("AccessKeySecret", &key.access_key_secret)
        .with_some("SecurityToken", key.security_token.as_ref())
        .with("Expiration", issued.expires_at.to_seconds_text())
}
