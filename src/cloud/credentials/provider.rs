//! Where credentials come from, once the files and variables that say so are read. What needs no call is there
//! already; what needs one is fetched each time it is asked for.

use std::future::Future;
use std::pin::Pin;

use super::context::{Context, StsPlace};
use super::ecs_metadata::EcsMetadata;
use super::external::External;
use super::oidc::Oidc;
use super::uri::CredentialsUri;
use super::{Credentials, CredentialsError, FetchReport, Lease, Role, assume_role};

/// A way to credentials.
#[derive(Debug)]
pub(super) enum Provider {
    /// A key that stands in a file or variable.
    Fixed(Credentials),
    /// A role for the token of a platform.
    Oidc(Oidc),
    /// The role of this instance.
    EcsMetadata(EcsMetadata),
    /// A local service.
    Uri(CredentialsUri),
    /// A program.
    External(External),
    /// A role for other credentials.
    AssumedRole {
        /// The others.
        base: Box<Provider>,
        /// The role.
        role: Role,
        /// Which STS.
        place: StsPlace,
    },
}

/// A fetch under way. Boxed, since the base of a role is fetched by the same function.
pub(super) type Fetch<'a> =
    Pin<Box<dyn Future<Output = Result<Lease, CredentialsError>> + Send + 'a>>;

impl Provider {
    /// Gets credentials; the calls that this takes are added to the reports.
    pub(super) fn fetch<'a>(
        &'a self,
        context: &'a Context,
        reports: &'a mut Vec<FetchReport>,
    ) -> Fetch<'a> {
        Box::pin(async move {
            match self {
                Self::Fixed(credentials) => Ok(Lease {
                    credentials: credentials.clone(),
                    expires_at: None,
                }),
                Self::Oidc(oidc) => oidc.fetch(context, reports).await,
                Self::EcsMetadata(metadata) => metadata.fetch(context, reports).await,
                Self::Uri(uri) => uri.fetch(context, reports).await,
                Self::External(program) => program.fetch(context).await,
                Self::AssumedRole { base, role, place } => {
                    let base = base.fetch(context, reports).await?;
                    assume_role::fetch(role, place, &base.credentials, context, reports).await
                }
            }
        })
    }
}
