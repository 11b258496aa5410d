//! Whose key signs: found where the official libraries and the official CLI look, kept fresh, never written.
//!
//! A [`Keeper`] holds the credentials of one account. It gets them from a [`Source`]: the default chain
//! (`chain`), a profile of the official CLI (`cli_profile`), or by taking on a role with another keeper's
//! (`assume_role`). Files and variables say which `provider` is meant; one file is one provider. Every call
//! that answers with credentials is told by a [`FetchReport`]. The environment comes in as a function, so that
//! nothing here reads the process's own.
//!
//! No message holds a secret: it names where a credential came from and at most the last four
//! characters of the key id.

pub mod answer;
mod assume_role;
mod chain;
mod cli_profile;
pub mod command_line;
mod context;
pub mod echo;
mod ecs_metadata;
mod environment;
mod error;
mod external;
mod ini;
mod keeper;
mod key;
mod lease;
mod oidc;
mod plain_http;
mod provider;
mod role;
mod secret;
mod sts;
mod uri;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub use assume_role::TOKEN_ENDED;
pub use context::{Context, SharedEnvironment};
pub use error::CredentialsError;
pub use keeper::{Keeper, Source};
pub use key::Credentials;
pub use lease::{FetchReport, Fetched, Lease};
pub use role::Role;
pub use secret::Secret;

use crate::config::FILE_BYTES_MAX;

/// How environment variables are looked up. A variable that is set but empty counts as unset.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Variables that name the region, first one wins (as in the official CLI).
const REGION_VARIABLES: [&str; 3] = [
    "ALIBABA_CLOUD_REGION_ID",
    "ALIBABACLOUD_REGION_ID",
    "ALICLOUD_REGION_ID",
];

/// The region to use where none is named, in the same order as the key: that of a profile which the user
/// named for this program, else the environment's, else that of the profile which the CLI's file chooses.
pub fn default_region(profile: Option<&str>, environment: &Environment<'_>) -> Option<String> {
    let of_environment = || {
        REGION_VARIABLES
            .into_iter()
            .find_map(|name| variable(environment, name))
    };
    let of_profile = || cli_profile::region(profile, environment);
    match profile {
        Some(_) => of_profile().or_else(of_environment),
        None => of_environment().or_else(of_profile),
    }
}

/// The files in which credentials are looked for, whether they exist or not.
pub fn files(environment: &Environment<'_>) -> Vec<PathBuf> {
    let profiles = cli_profile::path(environment).into_iter();
    profiles.chain(ini::paths(environment)).collect()
}

/// Whether the profile of the official CLI that would be used can be, and the file it stands in. Files and variables
/// are read, nobody is asked, no program is run.
///
/// # Errors
/// What is wrong with the file, or with the profile.
pub fn check_profile(
    named: Option<&str>,
    environment: &Environment<'_>,
) -> Result<PathBuf, CredentialsError> {
    cli_profile::provider(named, environment).map(|(path, _)| path)
}

/// The same of the section of the ini file; `None` where there is no file or no such section.
///
/// # Errors
/// What is wrong with the file, or with the section.
pub fn check_section(environment: &Environment<'_>) -> Result<Option<PathBuf>, CredentialsError> {
    Ok(ini::chosen(environment, |_| ())?.map(|(path, _)| path))
}

/// The text of a file of credentials.
///
/// # Errors
/// It cannot be read, is no UTF-8, or longer than any such file is.
fn read_text(path: &Path) -> io::Result<Zeroizing<String>> {
    // Room for all of it: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(4096));
    File::open(path)?
        .take(FILE_BYTES_MAX as u64 + 1)
        .read_to_string(&mut text)?;
    if text.len() > FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {FILE_BYTES_MAX} bytes; is it the right file?"),
        ));
    }
    Ok(text)
}

/// A variable that is set and not empty.
fn variable(environment: &Environment<'_>, name: &str) -> Option<String> {
    environment(name).filter(|value| !value.trim().is_empty())
}

/// Whether a switch is on: the official libraries accept `true` in any case.
fn is_true(environment: &Environment<'_>, name: &str) -> bool {
    variable(environment, name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests;
