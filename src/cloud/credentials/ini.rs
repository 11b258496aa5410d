//! The ini file of the SDKs: `~/.alibabacloud/credentials`. Read, never written.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::context::{Context, StsPlace};
use super::oidc::Oidc;
use super::provider::Provider;
use super::{Credentials, CredentialsError, Environment, Role, Secret, cli_profile, ecs_metadata};
use super::{oidc, read_text, variable};

const CREDENTIALS_FILE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";
/// Where the file lies, below the home directory; the second name is that of the Python library.
const DEFAULT_PATHS: [&str; 2] = [".alibabacloud/credentials", ".alibabacloud/credentials.ini"];
/// The section that is meant where none is named.
const DEFAULT_SECTION: &str = "default";
/// What a type that needs a private key is answered with.
const RSA_ADVICE: &str = "RSA key pairs are withdrawn; use type access_key or ram_role_arn";
const TYPE_ADVICE: &str = "use type access_key, ram_role_arn, oidc_role_arn or ecs_ram_role";

/// A section's names and values; the values may be secret.
type Section = BTreeMap<String, Zeroizing<String>>;

/// The provider of the section that is meant; `None` where there is no file or no such section.
pub(super) fn provider(context: &Context) -> Result<Option<Provider>, CredentialsError> {
    let environment = context.environment();
    let chosen = chosen(environment, |path| context.warn_if_open(path))?;
    Ok(chosen.map(|(_, provider)| provider))
}

/// The same with its file, which is shown as soon as it is read.
pub(super) fn chosen(
    environment: &Environment<'_>,
    found: impl FnOnce(&Path),
) -> Result<Option<(PathBuf, Provider)>, CredentialsError> {
    let Some((path, text)) = read(environment)? else {
        return Ok(None);
    };
    found(&path);
    let name = cli_profile::named_by(environment).unwrap_or_else(|| DEFAULT_SECTION.to_owned());
    let Some(section) = section(&path, &text, &name)? else {
        return Ok(None);
    };
    let provider = of_section(&section, &name, &path, environment)?;
    Ok(Some((path, provider)))
}

/// Which files are looked at, in words.
pub(super) fn looked_at(environment: &Environment<'_>) -> String {
    let paths = paths(environment);
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    match shown.is_empty() {
        true => "no ini file, since HOME is unset".to_owned(),
        false => shown.join(", "),
    }
}

/// The files that are looked at, the first that exists being the one.
pub(super) fn paths(environment: &Environment<'_>) -> Vec<PathBuf> {
    if let Some(path) = variable(environment, CREDENTIALS_FILE) {
        return vec![PathBuf::from(path)];
    }
    let home = variable(environment, "HOME").map(PathBuf::from);
    let below = |home: PathBuf| DEFAULT_PATHS.map(|path| home.join(path));
    home.map_or_else(Vec::new, |home| below(home).to_vec())
}

/// The first file that is there.
fn read(
    environment: &Environment<'_>,
) -> Result<Option<(PathBuf, Zeroizing<String>)>, CredentialsError> {
    for path in paths(environment) {
        match read_text(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(cause) => {
                return Err(CredentialsError::Unreadable {
                    what: "the credentials",
                    path,
                    cause,
                });
            }
        }
    }
    Ok(None)
}

/// The section of that name. Of a name that stands twice the last one holds.
fn section(path: &Path, text: &str, wanted: &str) -> Result<Option<Section>, CredentialsError> {
    let mut found: Option<Section> = None;
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = name.trim() == wanted;
            if inside {
                found.get_or_insert_default();
            }
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            return Err(CredentialsError::MalformedIni {
                path: path.to_owned(),
                line: index + 1,
            });
        };
        if let Some(section) = found.as_mut().filter(|_| inside) {
            let value = Zeroizing::new(value.trim().to_owned());
            section.insert(name.trim().to_owned(), value);
        }
    }
    Ok(found)
}

fn of_section(
    section: &Section,
    name: &str,
    path: &Path,
    environment: &Environment<'_>,
) -> Result<Provider, CredentialsError> {
    let origin = format!("section '{name}' of {}", path.display());
    let text = |key: &str| section.get(key).map(|value| value.to_string());
    let text = |key: &str| text(key).filter(|value| !value.is_empty());
    let key = || {
        let id = text("access_key_id").unwrap_or_default();
        let secret = Secret::new(text("access_key_secret").unwrap_or_default());
        Credentials::new(&id, secret, None, origin.as_str())
    };
    let role = |session: &str| {
        let mut role = Role::new(text("role_arn").unwrap_or_default());
        let named = text(session).or_else(|| variable(environment, oidc::SESSION_NAME));
        role.session_name = named.unwrap_or(role.session_name);
        role.policy = text("policy");
        role
    };
    let kind = text("type").unwrap_or_default();
    let unsupported = |advice| CredentialsError::UnsupportedMode {
        profile: name.to_owned(),
        path: path.to_owned(),
        mode: kind.clone(),
        advice,
    };
    match kind.as_str() {
        "access_key" => key().map(Provider::Fixed),
        "ram_role_arn" => Ok(Provider::AssumedRole {
            base: Box::new(Provider::Fixed(key()?)),
            role: role("role_session_name"),
            place: StsPlace::default(),
        }),
        "oidc_role_arn" => Ok(Provider::Oidc(Oidc {
            role: role("role_session_name"),
            provider_arn: text("oidc_provider_arn").unwrap_or_default(),
            token_file: PathBuf::from(text("oidc_token_file_path").unwrap_or_default()),
            place: StsPlace::default(),
        })),
        "ecs_ram_role" => {
            ecs_metadata::of_instance(text("role_name"), environment).map(Provider::EcsMetadata)
        }
        "rsa_key_pair" => Err(unsupported(RSA_ADVICE)),
        _ => Err(unsupported(TYPE_ADVICE)),
    }
}
