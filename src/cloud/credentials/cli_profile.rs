//! Profiles of the official CLI: `~/.aliyun/config.json`. Read, never written: other tools refresh
//! tokens in that file, and a recorder has no business there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::context::StsPlace;
use super::external::External;
use super::oidc::{self, Oidc};
use super::provider::Provider;
use super::uri::CredentialsUri;
use super::{Credentials, CredentialsError, Environment, Role, Secret};
use super::{ecs_metadata, is_true, read_text, variable};
use serde::Deserialize;

const CONFIG_FILE: &str = "ALIBABA_CLOUD_CONFIG_FILE";
const PROFILE: &str = "ALIBABA_CLOUD_PROFILE";
const PROFILES_DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
/// Switches off what runs a program or asks a URI: whoever writes the file would run programs as us.
const PROCESS_DISABLED: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS";
/// Where the file lies, below the home directory.
const DEFAULT_PATH: &str = ".aliyun/config.json";

/// What is said of modes that need a person.
const BROWSER_ADVICE: &str = "it needs a browser now and then; use a mode that an unattended machine can use, such as AK, RamRoleArn, EcsRamRole, OIDC or External";
/// What is said of modes that the vendor has withdrawn, and of unknown ones.
const OTHER_ADVICE: &str = "use one of AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, OIDC, CredentialsURI, External";

/// Profiles that lead to one by `source_profile` at most: each is a role taken on with the one before, and people
/// have two or three. A file may hold thousands.
const SOURCES_MAX: usize = 16;

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
    sts_region: Option<String>,
    #[serde(default)]
    enable_vpc: bool,
    ram_role_name: Option<String>,
    ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    external_id: Option<String>,
    policy: Option<String>,
    source_profile: Option<String>,
    expired_seconds: Option<u32>,
    region_id: Option<String>,
    process_command: Option<Secret>,
    credentials_uri: Option<Secret>,
    oidc_provider_arn: Option<String>,
    oidc_token_file: Option<String>,
}

/// The file and the profile in it that is meant.
struct Chosen {
    path: PathBuf,
    file: ConfigFile,
    /// Its place among the file's profiles.
    index: usize,
}

/// The provider of profile `named`, else of the one that the environment or the file chooses, and the file
/// it stands in.
pub(super) fn provider(
    named: Option<&str>,
    environment: &Environment<'_>,
) -> Result<(PathBuf, Provider), CredentialsError> {
    let chosen = chosen(named, environment)?;
    let mut met = Vec::new();
    let provider = of_profile(&chosen, chosen.index, environment, &mut met)?;
    Ok((chosen.path, provider))
}

/// The profile that the environment names.
pub(super) fn named_by(environment: &Environment<'_>) -> Option<String> {
    variable(environment, PROFILE)
}

/// The region of the same profile, whatever its mode; `None` where there is no such profile or
/// region, since a default is no reason to fail.
pub(super) fn region(named: Option<&str>, environment: &Environment<'_>) -> Option<String> {
    let chosen = chosen(named, environment).ok()?;
    filled(&chosen.file.profiles.get(chosen.index)?.region_id)
}

/// The provider of one profile. `met` are those that led here by `source_profile`.
fn of_profile(
    chosen: &Chosen,
    index: usize,
    environment: &Environment<'_>,
    met: &mut Vec<usize>,
) -> Result<Provider, CredentialsError> {
    let profile = &chosen.file.profiles[index];
    let (name, path) = (&profile.name, &chosen.path);
    let origin = format!("profile '{name}' of {}", path.display());
    if met.contains(&index) {
        return Err(CredentialsError::ProfileLoop {
            profile: name.clone(),
            path: path.clone(),
        });
    }
    if met.len() > SOURCES_MAX {
        return Err(CredentialsError::Setting {
            origin,
            reason: format!("more than {SOURCES_MAX} profiles lead here by source_profile"),
        });
    }
    met.push(index);
    let unsupported = |mode: &str, advice| CredentialsError::UnsupportedMode {
        profile: name.clone(),
        path: path.clone(),
        mode: mode.to_owned(),
        advice,
    };
    let role = || profile.role(environment);
    Ok(match profile.mode.as_deref().unwrap_or_default() {
        // A token that an earlier mode has left behind is not this key's.
        "AK" => Provider::Fixed(profile.key(None, &origin)?),
        "StsToken" => {
            let token = profile.sts_token.clone().unwrap_or_else(empty);
            Provider::Fixed(profile.key(Some(token), &origin)?)
        }
        "RamRoleArn" => Provider::AssumedRole {
            base: Box::new(Provider::Fixed(profile.key(None, &origin)?)),
            role: role(),
            place: profile.place(),
        },
        "ChainableRamRoleArn" => {
            let source = filled(&profile.source_profile).unwrap_or_default();
            let source = index_of(&chosen.file, &source, path)?;
            Provider::AssumedRole {
                base: Box::new(of_profile(chosen, source, environment, met)?),
                role: role(),
                place: profile.place(),
            }
        }
        "EcsRamRole" => Provider::EcsMetadata(ecs_metadata::of_instance(
            filled(&profile.ram_role_name),
            environment,
        )?),
        "OIDC" => Provider::Oidc(Oidc {
            role: role(),
            provider_arn: filled(&profile.oidc_provider_arn).unwrap_or_default(),
            token_file: PathBuf::from(filled(&profile.oidc_token_file).unwrap_or_default()),
            place: profile.place(),
        }),
        "CredentialsURI" => {
            allowed(&origin, environment)?;
            let uri = profile.credentials_uri.clone().unwrap_or_else(empty);
            Provider::Uri(CredentialsUri::parse(uri.expose(), &origin)?)
        }
        "External" => {
            allowed(&origin, environment)?;
            let command = profile.process_command.clone().unwrap_or_else(empty);
            Provider::External(External::parse(command.expose(), &origin)?)
        }
        mode @ ("CloudSSO" | "OAuth") => return Err(unsupported(mode, BROWSER_ADVICE)),
        mode => return Err(unsupported(mode, OTHER_ADVICE)),
    })
}

impl Profile {
    fn key(&self, token: Option<Secret>, origin: &str) -> Result<Credentials, CredentialsError> {
        let id = self.access_key_id.as_deref().unwrap_or_default();
        let secret = self.access_key_secret.clone().unwrap_or_else(empty);
        Credentials::new(id, secret, token, origin)
    }

    fn role(&self, environment: &Environment<'_>) -> Role {
        let mut role = Role::new(filled(&self.ram_role_arn).unwrap_or_default());
        let session = filled(&self.ram_session_name);
        let session = session.or_else(|| variable(environment, oidc::SESSION_NAME));
        role.session_name = session.unwrap_or(role.session_name);
        role.external_id = filled(&self.external_id);
        role.duration_seconds = self.expired_seconds.filter(|seconds| *seconds > 0);
        role.policy = filled(&self.policy);
        role
    }

    fn place(&self) -> StsPlace {
        StsPlace {
            region: filled(&self.sts_region),
            within_vpc: self.enable_vpc,
        }
    }
}

/// Refuses what runs a program or asks a URI where that is switched off.
fn allowed(origin: &str, environment: &Environment<'_>) -> Result<(), CredentialsError> {
    let switch = variable(environment, PROCESS_DISABLED);
    if switch.is_some_and(|value| value.trim() == "1") || is_true(environment, PROCESS_DISABLED) {
        return Err(CredentialsError::Disabled {
            origin: origin.to_owned(),
            switch: PROCESS_DISABLED,
        });
    }
    Ok(())
}

/// A field that is set and not empty: the CLI writes those that do not apply as `""`.
fn filled(field: &Option<String>) -> Option<String> {
    field.clone().filter(|text| !text.trim().is_empty())
}

fn empty() -> Secret {
    Secret::new(String::new())
}

/// The file and the profile that is meant.
fn chosen(named: Option<&str>, environment: &Environment<'_>) -> Result<Chosen, CredentialsError> {
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
        .or_else(|| named_by(environment))
        .or_else(|| file.current.clone())
        .unwrap_or_default();
    if wanted.is_empty() {
        return Err(not_found(&format!(
            "{}, which has no current profile",
            path.display()
        )));
    }
    let index = index_of(&file, &wanted, &path)?;
    Ok(Chosen { path, file, index })
}

fn index_of(file: &ConfigFile, wanted: &str, path: &Path) -> Result<usize, CredentialsError> {
    let found = file.profiles.iter().position(|p| p.name == wanted);
    found.ok_or_else(|| {
        let known: Vec<&str> = file.profiles.iter().map(|p| p.name.as_str()).collect();
        CredentialsError::UnknownProfile {
            profile: wanted.to_owned(),
            path: path.to_owned(),
            known: known.join(", "),
        }
    })
}

/// Where the profiles are; `None` without a home.
pub(super) fn path(environment: &Environment<'_>) -> Option<PathBuf> {
    variable(environment, CONFIG_FILE)
        .map(PathBuf::from)
        .or_else(|| {
            variable(environment, "HOME").map(|home| PathBuf::from(home).join(DEFAULT_PATH))
        })
}

fn read(path: &Path) -> Result<ConfigFile, CredentialsError> {
    let text = match read_text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(not_found(&path.display().to_string()));
        }
        Err(cause) => {
            return Err(CredentialsError::Unreadable {
                what: "the profiles",
                path: path.to_owned(),
                cause,
            });
        }
    };
    serde_json::from_str(&text).map_err(|error| CredentialsError::Malformed {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
    })
}

fn not_found(looked_at: &str) -> CredentialsError {
    CredentialsError::NotFound {
        looked_at: looked_at.to_owned(),
    }
}
