//! The role of an ECS instance: its metadata service answers with credentials, to whoever runs on it. Version
//! 2 asks for a token first, so that a request forged through a proxy or a web page gets nothing.

use reqwest::{Method, Url};

use super::context::Context;
use super::plain_http::{Ask, Got};
use super::{CredentialsError, Environment, FetchReport, Lease, is_true, variable};
use crate::cloud::client::Limits;
use crate::cloud::network::{Trust, http_client};
use crate::config::Network;

const ROLE: &str = "ALIBABA_CLOUD_ECS_METADATA";
const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
const V1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
/// Where the token is.
const TOKEN_PATH: &str = "/latest/api/token";
/// Where the name of the role is, and below it its credentials.
const CREDENTIALS_PATH: &str = "/latest/meta-data/ram/security-credentials/";
const TOKEN_TTL_HEADER: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";
const TOKEN_HEADER: &str = "x-aliyun-ecs-metadata-token";
/// Seconds that the token holds, the official libraries' choice and the service's maximum.
const TOKEN_TTL_S: &str = "21600";
/// Largest answer: credentials are some 2 KB.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// The role of this instance.
#[derive(Debug)]
pub(super) struct EcsMetadata {
    /// Its name; asked for where none is set.
    pub(super) role: Option<String>,
    /// Whether version 1 of the service may be asked.
    v1_allowed: bool,
}

/// The instance's role, named by a profile, by the environment or not at all.
///
/// # Errors
/// [`CredentialsError::Disabled`] where the metadata service is switched off.
pub(super) fn of_instance(
    role: Option<String>,
    environment: &Environment<'_>,
) -> Result<EcsMetadata, CredentialsError> {
    if is_true(environment, DISABLED) {
        return Err(CredentialsError::Disabled {
            origin: "the role of this ECS instance".to_owned(),
            switch: DISABLED,
        });
    }
    let role = role.or_else(|| variable(environment, ROLE));
    Ok(EcsMetadata {
        role: role.map(|name| name.trim().to_owned()),
        v1_allowed: !is_true(environment, V1_DISABLED),
    })
}

impl EcsMetadata {
    /// Asks for credentials: token, name of the role unless it is known, credentials.
    pub(super) async fn fetch(
        &self,
        context: &Context,
        reports: &mut Vec<FetchReport>,
    ) -> Result<Lease, CredentialsError> {
        let limits = Limits {
            connect: context.metadata_timeout,
            read: context.metadata_timeout,
            // So that an answer that drips can't hold a run.
            total: 2 * context.metadata_timeout,
            body_bytes: BODY_LIMIT_BYTES,
        };
        let origin = "the metadata service of this ECS instance".to_owned();
        // Never through a proxy: that would ask for the role of the proxy's machine.
        let http = http_client(Trust::Nobody, &Network::default(), &limits);
        let http = http.map_err(|error| CredentialsError::Setting {
            origin: origin.clone(),
            reason: error.to_string(),
        })?;
        let mut ask = Ask {
            http: &http,
            limits,
            clock: context.clock.as_ref(),
            origin,
        };
        let url = |path: &str| url(&context.metadata_address, path);
        let token_url = url(TOKEN_PATH)?;
        let ttl = Some((TOKEN_TTL_HEADER, TOKEN_TTL_S));
        let got = ask.send(Method::PUT, token_url, ttl).await;
        let token = match text_of(&got) {
            Some(token) => Some(token),
            None if self.v1_allowed => None,
            None => return ask.fail(got, "token", reports),
        };
        let header = token.as_deref().map(|token| (TOKEN_HEADER, token));
        let role = match &self.role {
            Some(role) => role.clone(),
            None => {
                let got = ask.send(Method::GET, url(CREDENTIALS_PATH)?, header).await;
                match text_of(&got) {
                    Some(role) => role,
                    None => return ask.fail(got, "name of a role", reports),
                }
            }
        };
        if !is_role_name(&role) {
            return Err(CredentialsError::InvalidAnswer {
                origin: ask.origin,
                reason: "what it gives for the role's name is no name".to_owned(),
            });
        }
        ask.origin = format!("role {role} of this ECS instance");
        let of_role = url(&format!("{CREDENTIALS_PATH}{role}"))?;
        let got = ask.send(Method::GET, of_role, header).await;
        ask.read(got, vec![("role", role)], reports)
    }
}

/// An answer that is one line of text.
fn text_of(got: &Got) -> Option<String> {
    let (200, body) = got.answer.as_ref().ok()? else {
        return None;
    };
    let text = std::str::from_utf8(body).ok()?.trim();
    let is_header_text = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_header_text.then(|| text.to_owned())
}

/// Names of RAM roles: letters, digits, `.`, `-`, `_`. Anything else could lead to another path.
fn is_role_name(name: &str) -> bool {
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !name.is_empty() && name.bytes().all(in_name) && !name.starts_with('.')
}

fn url(address: &str, path: &str) -> Result<Url, CredentialsError> {
    Url::parse(&format!("{address}{path}")).map_err(|error| CredentialsError::Setting {
        origin: "the address of the metadata service".to_owned(),
        reason: error.to_string(),
    })
}
