//! AssumeRoleWithOIDC: a token that the platform has written into a file takes on a role (RRSA in container
//! clusters). The call is not signed; the token is its proof.

use std::path::PathBuf;

use super::context::{Context, StsPlace};
use super::sts::Call;
use super::{CredentialsError, Environment, FetchReport, Lease, Role, read_text, variable};
use crate::model::Action;
use crate::services::Request;

const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
const PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
const TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
/// Names the session, for every role of the environment and of profiles that name none.
pub(super) const SESSION_NAME: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";

/// Which token takes on which role.
#[derive(Debug)]
pub(super) struct Oidc {
    pub(super) role: Role,
    pub(super) provider_arn: String,
    pub(super) token_file: PathBuf,
    pub(super) place: StsPlace,
}

/// The environment's; `None` unless all three variables are set, as for the official libraries: clusters
/// set some of them for pods that take on no role.
pub(super) fn of_environment(environment: &Environment<'_>) -> Option<Oidc> {
    let mut role = Role::new(variable(environment, ROLE_ARN)?.trim());
    let provider_arn = variable(environment, PROVIDER_ARN)?.trim().to_owned();
    let token_file = PathBuf::from(variable(environment, TOKEN_FILE)?);
    if let Some(name) = variable(environment, SESSION_NAME) {
        role.session_name = name;
    }
    Some(Oidc {
        role,
        provider_arn,
        token_file,
        place: StsPlace::default(),
    })
}

impl Oidc {
    /// Takes on the role. The token is read again each time: the platform replaces it within the hour.
    pub(super) async fn fetch(
        &self,
        context: &Context,
        reports: &mut Vec<FetchReport>,
    ) -> Result<Lease, CredentialsError> {
        let origin = format!(
            "role {} taken on with the OIDC token in {}",
            self.role.role_arn,
            self.token_file.display()
        );
        let text = read_text(&self.token_file);
        let token = text.map_err(|cause| CredentialsError::Unreadable {
            what: "the OIDC token",
            path: self.token_file.clone(),
            cause,
        })?;
        let parts = [
            ("role ARN", self.role.role_arn.as_str()),
            ("OIDC provider ARN", &self.provider_arn),
            ("OIDC token", token.trim()),
        ];
        if let Some((field, _)) = parts.iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(CredentialsError::Incomplete { origin, field });
        }
        let mut parameters = self.role.parameters();
        // This call knows no external id: the provider's trust stands in its place.
        parameters.retain(|(name, _)| *name != "ExternalId");
        parameters.push(("OIDCProviderArn", self.provider_arn.clone()));
        parameters.push(("OIDCToken", token.trim().to_owned()));
        let call = Call {
            endpoint: context.sts_endpoint(&self.place)?,
            request: Request {
                action: Action::AssumeRoleWithOidc,
                parameters,
            },
            credentials: None,
            origin,
        };
        call.make(context, reports).await
    }
}
