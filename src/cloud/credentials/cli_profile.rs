//! Profiles of the official CLI: `~/.aliyun/config.json`. Read, never written: other tools refresh
//! tokens in that file, and a recorder has no business there.

use std::io::ErrorKind;
use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Credentials, CredentialsError, Environment, Secret, is_true, variable};

const CONFIG_FILE: &str = "ALIBABA_CLOUD_CONFIG_FILE";
const PROFILE: &str = "ALIBABA_CLOUD_PROFILE";
const PROFILES_DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
/// Where the file lies, below the home directory.
const DEFAULT_PATH: &str = ".aliyun/config.json";

#[derive(Deserialize)]
struct ConfigFile {
    current: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    name: String,
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Secret>,
    sts_token: Option<Secret>,
    region_id: Option<String>,
}

/// The credentials of profile `named`, else of the one that the environment or the file chooses.
pub(super) fn credentials(
    named: Option<&str>,
    environment: &Environment<'_>,
) -> Result<Credentials, CredentialsError> {
    let (path, profile) = chosen(named, environment)?;
    let origin = format!("profile '{}' of {}", profile.name, path.display());
    let secret = profile.access_key_secret;
    let token = match profile.mode.as_deref() {
        // A token that an earlier mode has left behind is not this key's.
        Some("AK") => None,
        Some("StsToken") => Some(profile.sts_token.unwrap_or_else(empty)),
        other => {
            return Err(CredentialsError::UnsupportedMode {
                mode: other.unwrap_or_default().to_owned(),
                profile: profile.name,
                path,
            });
        }
    };
    let id = profile.access_key_id.unwrap_or_default();
    Credentials::new(&id, secret.unwrap_or_else(empty), token, origin)
}

/// The region of the same profile, whatever its mode; `None` where there is no such profile or
/// region, since a default is no reason to fail.
pub(super) fn region(named: Option<&str>, environment: &Environment<'_>) -> Option<String> {
    let (_, profile) = chosen(named, environment).ok()?;
    profile.region_id.filter(|region| !region.is_empty())
}

fn empty() -> Secret {
    Secret::new(String::new())
}

/// The file and the profile that is meant.
fn chosen(
    named: Option<&str>,
    environment: &Environment<'_>,
) -> Result<(PathBuf, Profile), CredentialsError> {
    if is_true(environment, PROFILES_DISABLED) {
        return Err(match named {
            Some(profile) => CredentialsError::ProfilesDisabled {
                profile: profile.to_owned(),
            },
            None => not_found("no file, since ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true"),
        });
    }
    let path = path(environment)
        .ok_or_else(|| not_found("no file, since HOME and ALIBABA_CLOUD_CONFIG_FILE are unset"))?;
    let file = match (read(&path), named) {
        // Without a file there is no such profile, whatever else there is.
        (Err(CredentialsError::NotFound { .. }), Some(profile)) => {
            return Err(CredentialsError::UnknownProfile {
                profile: profile.to_owned(),
                path,
                known: "no profile, since there is no such file".to_owned(),
            });
        }
        (file, _) => file?,
    };
    let wanted = named
        .map(str::to_owned)
        .or_else(|| variable(environment, PROFILE))
        .or(file.current)
        .unwrap_or_default();
    let known: Vec<String> = file.profiles.iter().map(|p| p.name.clone()).collect();
    match file.profiles.into_iter().find(|p| p.name == wanted) {
        Some(profile) => Ok((path, profile)),
        None => Err(CredentialsError::UnknownProfile {
            profile: wanted,
            path,
            known: known.join(", "),
        }),
    }
}

fn path(environment: &Environment<'_>) -> Option<PathBuf> {
    variable(environment, CONFIG_FILE)
        .map(PathBuf::from)
        .or_else(|| {
            variable(environment, "HOME").map(|home| PathBuf::from(home).join(DEFAULT_PATH))
        })
}

fn read(path: &PathBuf) -> Result<ConfigFile, CredentialsError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(not_found(&path.display().to_string()));
        }
        Err(cause) => {
            return Err(CredentialsError::Unreadable {
                path: path.clone(),
                cause,
            });
        }
    };
    serde_json::from_str(&text).map_err(|error| CredentialsError::Malformed {
        path: path.clone(),
        line: error.line(),
        column: error.column(),
    })
}

fn not_found(looked_at: &str) -> CredentialsError {
    CredentialsError::NotFound {
        looked_at: looked_at.to_owned(),
    }
}
