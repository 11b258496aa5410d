//! What AssumeRole and AssumeRoleWithOIDC ask for, checked in form and limits.
//!
//! Whether the role exists and lets itself be assumed is the world's to say.

use super::parameters::Parameters;
use crate::sandbox::refusal::Refusal;

/// What both calls have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct RoleRequest {
    pub(in crate::sandbox) role_arn: String,
    pub(in crate::sandbox) session_name: String,
    /// Seconds; not yet compared with what the role allows.
    pub(in crate::sandbox) duration_s: u32,
}

/// What is shown to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct OidcProof {
    pub(in crate::sandbox) provider_arn: String,
    pub(in crate::sandbox) token: String,
}

/// Shortest life of temporary credentials, in seconds.
const DURATION_MIN_S: u32 = 900;

/// Life of temporary credentials where none is asked for, in seconds.
const DURATION_DEFAULT_S: u32 = 3600;

/// Longest life that any role can allow, in seconds (12 hours).
const DURATION_MAX_S: u32 = 43_200;

/// Longest inline policy, in characters.
const POLICY_MAX_CHARS: usize = 2048;

impl RoleRequest {
    pub(super) fn read(parameters: Parameters<'_>) -> Result<Self, Refusal> {
        let role_arn = parameters.required("RoleArn")?;
        if account_of_role(role_arn).is_none() {
            return Err(refusal("RoleArn", "The specified RoleArn is invalid."));
        }
        let session_name = parameters.required("RoleSessionName")?;
        if !is_session_name(session_name) {
            return Err(refusal(
                "RoleSessionName",
                "The parameter RoleSessionName must match ^[a-zA-Z0-9\\.@\\-_]{2,64}$.",
            ));
        }
        let duration = parameters.number(
            "DurationSeconds",
            DURATION_DEFAULT_S,
            DURATION_MIN_S..=DURATION_MAX_S,
        );
        let duration_s = duration.map_err(|_| Refusal::duration())?;
        parameters.text("Policy", 1..=POLICY_MAX_CHARS)?;
        Ok(Self {
            role_arn: role_arn.to_owned(),
            session_name: session_name.to_owned(),
            duration_s,
        })
    }
}

impl OidcProof {
    pub(super) fn read(parameters: Parameters<'_>) -> Result<Self, Refusal> {
        let provider_arn = parameters.required("OIDCProviderArn")?.to_owned();
        parameters.required("OIDCToken")?;
        let token = parameters.text("OIDCToken", 4..=20_000)?;
        Ok(Self {
            provider_arn,
            token: token.unwrap_or_default(),
        })
    }
}

fn refusal(parameter: &str, message: &str) -> Refusal {
    Refusal::new(400, &format!("InvalidParameter.{parameter}"), message)
}

/// The account in `acs:ram::ACCOUNT:role/NAME`; `None` if it is not of that form.
fn account_of_role(arn: &str) -> Option<&str> {
    let (account_id, name) = arn.strip_prefix("acs:ram::")?.split_once(":role/")?;
    let is_account = !account_id.is_empty() && account_id.bytes().all(|b| b.is_ascii_digit());
    (is_account && !name.is_empty()).then_some(account_id)
}

impl RoleRequest {
    /// The account of the role.
    pub(in crate::sandbox) fn account_id(&self) -> &str {
        account_of_role(&self.role_arn).unwrap_or_default()
    }
}

/// 2 to 64 letters, digits and `. @ - _`.
fn is_session_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    (2..=64).contains(&name.len()) && name.bytes().all(is_allowed)
}
