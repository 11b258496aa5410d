//! The default chain of the official libraries: environment, OIDC, profile of the CLI, ini file, ECS metadata,
//! URI.
//!
//! A source that is set up and fails ends the chain: to go on would ask with another identity than was meant.
//! Only the metadata service, which every machine is asked for, is passed over where it does not answer. The
//! source that answered is the only one that is asked again.

use super::context::Context;
use super::provider::Provider;
use super::{CredentialsError, FetchReport, Lease};
use super::{cli_profile, ecs_metadata, environment, ini, oidc, uri};

/// A source of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Environment,
    Oidc,
    CliProfile,
    IniFile,
    EcsMetadata,
    Uri,
}

/// In the order in which they are asked.
const LINKS: [Link; 6] = [
    Link::Environment,
    Link::Oidc,
    Link::CliProfile,
    Link::IniFile,
    Link::EcsMetadata,
    Link::Uri,
];

/// Gets credentials from the first source that is set up, or from the one that `answered` before.
pub(super) async fn fetch(
    answered: &mut Option<Link>,
    context: &Context,
    reports: &mut Vec<FetchReport>,
) -> Result<Lease, CredentialsError> {
    let mut looked_at = Vec::new();
    let mut unknown_profile = None;
    for link in LINKS {
        if answered.is_some_and(|only| only != link) {
            continue;
        }
        let provider = match provider(link, context) {
            Ok(provider) => provider,
            // Another file may have a section of that name.
            Err(error @ CredentialsError::UnknownProfile { .. }) => {
                unknown_profile = Some(error);
                continue;
            }
            Err(CredentialsError::NotFound { looked_at: place }) => {
                looked_at.push(place);
                continue;
            }
            Err(error @ CredentialsError::Disabled { .. }) if link == Link::EcsMetadata => {
                looked_at.push(error.to_string());
                continue;
            }
            Err(error) => return Err(error),
        };
        let Some(provider) = provider else {
            if link == Link::IniFile {
                looked_at.push(ini::looked_at(context.environment()));
            }
            continue;
        };
        let is_probe = matches!(&provider, Provider::EcsMetadata(probed) if probed.role.is_none());
        // Who names a profile means it: nothing but a file that has it will do.
        if link != Link::IniFile
            && let Some(error) = unknown_profile.take()
        {
            return Err(error);
        }
        match provider.fetch(context, reports).await {
            Ok(lease) => {
                *answered = Some(link);
                return Ok(lease);
            }
            Err(error) if link == Link::EcsMetadata && is_probe && answered.is_none() => {
                looked_at.push(error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    Err(
        unknown_profile.unwrap_or_else(|| CredentialsError::NotFound {
            looked_at: looked_at.join("; "),
        }),
    )
}

/// The source as it is set up now; `None` where it is not.
fn provider(link: Link, context: &Context) -> Result<Option<Provider>, CredentialsError> {
    let environment = context.environment();
    Ok(match link {
        Link::Environment => environment::credentials(environment)?.map(Provider::Fixed),
        Link::Oidc => oidc::of_environment(environment).map(Provider::Oidc),
        Link::CliProfile => {
            let (path, provider) = cli_profile::provider(None, environment)?;
            context.warn_if_open(&path);
            Some(provider)
        }
        Link::IniFile => ini::provider(context)?,
        Link::EcsMetadata => Some(Provider::EcsMetadata(ecs_metadata::of_instance(
            None,
            environment,
        )?)),
        Link::Uri => uri::of_environment(environment)?.map(Provider::Uri),
    })
}
