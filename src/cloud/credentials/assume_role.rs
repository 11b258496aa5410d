//! AssumeRole: other credentials take on a role, in their own account or another.

use super::context::{Context, StsPlace};
use super::sts::Call;
use super::{Credentials, CredentialsError, FetchReport, Lease, Role};
use crate::model::Action;
use crate::services::Request;

/// The code that a token past its end is refused with: another one may be had.
pub const TOKEN_ENDED: &str = "InvalidSecurityToken.Expired";

/// Takes on a role with these credentials.
pub(super) async fn fetch(
    role: &Role,
    place: &StsPlace,
    base: &Credentials,
    context: &Context,
    reports: &mut Vec<FetchReport>,
) -> Result<Lease, CredentialsError> {
    let origin = format!("role {} taken on with {}", role.role_arn, base.origin());
    if role.role_arn.trim().is_empty() {
        return Err(CredentialsError::Incomplete {
            origin,
            field: "role ARN",
        });
    }
    let call = Call {
        endpoint: context.sts_endpoint(place)?,
        request: Request {
            action: Action::AssumeRole,
            parameters: role.parameters(),
        },
        credentials: Some(base),
        origin,
    };
    call.make(context, reports).await
}

/// Whether the call failed because the token that signed it has ended, so that a newer one may do.
pub(super) fn base_has_ended(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::Refused { code: Some(code), .. } if code == TOKEN_ENDED)
}
