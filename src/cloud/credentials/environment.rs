//! Credentials from environment variables, under the names that all official SDKs read.

use super::{Credentials, CredentialsError, Environment, Secret, variable};

const ACCESS_KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const ACCESS_KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// The environment's key, `None` where neither id nor secret is set. One without the other is an
/// error: to go on to the next source would ask with another identity than the user meant.
pub(super) fn credentials(
    environment: &Environment<'_>,
) -> Result<Option<Credentials>, CredentialsError> {
    let id = variable(environment, ACCESS_KEY_ID);
    let secret = variable(environment, ACCESS_KEY_SECRET);
    if id.is_none() && secret.is_none() {
        return Ok(None);
    }
    let token = variable(environment, SECURITY_TOKEN).map(Secret::new);
    let secret = Secret::new(secret.unwrap_or_default());
    Credentials::new(
        &id.unwrap_or_default(),
        secret,
        token,
        "the environment (ALIBABA_CLOUD_ACCESS_KEY_ID)",
    )
    .map(Some)
}
