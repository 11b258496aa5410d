//! What is found without any call, with an environment and a home directory made for each test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::path::PathBuf;

use tempfile::TempDir;

use super::super::provider::Provider;
use super::super::{
    Credentials, CredentialsError, Environment, Secret, cli_profile, default_region, environment,
};

/// No profile or variable below holds this text but as a secret or token.
const CANARY: &str = "c4n4ry-s3cr3t";

const CONFIG: &str = r#"{
  "current": "keys",
  "meta_path": "",
  "profiles": [
    {"name": "keys", "mode": "AK", "access_key_id": "LTAI-file-keys", "access_key_secret": "c4n4ry-s3cr3t",
     "sts_token": "c4n4ry-s3cr3t-left-behind", "region_id": "cn-beijing"},
    {"name": "temporary", "mode": "StsToken", "access_key_id": "STS.file-temp", "access_key_secret": "c4n4ry-s3cr3t",
     "sts_token": "c4n4ry-s3cr3t-token", "region_id": ""},
    {"name": "half", "mode": "StsToken", "access_key_id": "STS.file-half", "access_key_secret": "c4n4ry-s3cr3t"},
    {"name": "role", "mode": "RamRoleArn", "access_key_id": "LTAI-role", "access_key_secret": "c4n4ry-s3cr3t",
     "ram_role_arn": "acs:ram::1:role/r", "region_id": "cn-shanghai"}
  ]
}"#;

/// A home directory with that file, and variables.
struct Setting {
    home: TempDir,
    variables: HashMap<String, String>,
}

impl Setting {
    fn new(config: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aliyun")).unwrap();
        std::fs::write(home.path().join(".aliyun/config.json"), config).unwrap();
        let variables = HashMap::from([("HOME".to_owned(), home.path().display().to_string())]);
        Self { home, variables }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn with_key(self) -> Self {
        self.with("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-environment")
            .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", CANARY)
    }

    fn resolve(&self, profile: Option<&str>) -> Result<Credentials, CredentialsError> {
        resolve(profile, &|name| self.variables.get(name).cloned())
    }

    fn region(&self, profile: Option<&str>) -> Option<String> {
        default_region(profile, &|name| self.variables.get(name).cloned())
    }

    /// The error's whole chain, checked to hold no secret.
    fn failure(&self, profile: Option<&str>) -> String {
        let error = self.resolve(profile).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains(CANARY), "{text}");
        error.to_string()
    }
}

/// The credentials of the two providers that take no call: those of the environment, or of a profile of mode AK or StsToken.
/// `profile` is one that the user named for this program (`--profile`); it wins over the environment, while
/// `ALIBABA_CLOUD_PROFILE` only chooses within the file.
fn resolve(
    profile: Option<&str>,
    environment: &Environment<'_>,
) -> Result<Credentials, CredentialsError> {
    if profile.is_none()
        && let Some(found) = environment::credentials(environment)?
    {
        return Ok(found);
    }
    match cli_profile::provider(profile, environment)? {
        (_, Provider::Fixed(credentials)) => Ok(credentials),
        (path, _) => Err(needs_a_call(profile, path)),
    }
}

fn needs_a_call(profile: Option<&str>, path: PathBuf) -> CredentialsError {
    let name = profile.unwrap_or("the current one");
    CredentialsError::Setting {
        origin: format!("profile '{name}' of {}", path.display()),
        reason: "its mode asks the cloud for credentials, which is not supported here".to_owned(),
    }
}

#[test]
fn a_named_profile_wins_over_the_environment_and_that_over_the_file() {
    let setting = Setting::new(CONFIG).with_key();
    let found = setting.resolve(Some("temporary")).unwrap();
    assert_eq!(found.access_key_id(), "STS.file-temp");
    assert_eq!(
        found.security_token().unwrap().expose(),
        "c4n4ry-s3cr3t-token"
    );

    let found = setting.resolve(None).unwrap();
    assert_eq!(found.access_key_id(), "LTAI-environment");
    assert!(found.security_token().is_none());

    let found = Setting::new(CONFIG).resolve(None).unwrap();
    assert_eq!(found.access_key_id(), "LTAI-file-keys");
    assert_eq!(found.access_key_secret().expose(), CANARY);
    assert!(found.security_token().is_none(), "mode AK has no token");
    assert!(found.origin().starts_with("profile 'keys' of "));
}

#[test]
fn the_profile_variable_chooses_within_the_file_only() {
    let setting = Setting::new(CONFIG).with("ALIBABA_CLOUD_PROFILE", "temporary");
    let found = setting.resolve(None).unwrap();
    assert_eq!(found.access_key_id(), "STS.file-temp");
    let found = setting.resolve(Some("keys")).unwrap();
    assert_eq!(found.access_key_id(), "LTAI-file-keys");
    let found = setting.with_key().resolve(None).unwrap();
    assert_eq!(found.access_key_id(), "LTAI-environment");
}

#[test]
fn the_environment_gives_a_token_too_and_line_ends_are_cut_off() {
    let setting = Setting::new("{}")
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.environment\n")
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", " secret\r\n")
        .with("ALIBABA_CLOUD_SECURITY_TOKEN", "token");
    let found = setting.resolve(None).unwrap();
    assert_eq!(found.access_key_id(), "STS.environment");
    assert_eq!(found.access_key_secret().expose(), "secret");
    assert_eq!(found.security_token().unwrap().expose(), "token");
}

#[test]
fn a_key_set_by_half_is_an_error_and_not_another_identity() {
    let setting = Setting::new(CONFIG).with("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-environment");
    assert!(setting.failure(None).contains("no access key secret"));
    let setting = Setting::new(CONFIG).with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", CANARY);
    assert!(setting.failure(None).contains("no access key id"));
    let failure = Setting::new(CONFIG).failure(Some("half"));
    assert!(failure.contains("profile 'half'"), "{failure}");
    assert!(failure.contains("no security token"), "{failure}");
}

#[test]
fn a_part_that_no_header_can_carry_is_refused() {
    let setting = Setting::new("{}")
        .with_key()
        .with("ALIBABA_CLOUD_SECURITY_TOKEN", "c4n4ry-s3cr3t\nx");
    let failure = setting.failure(None);
    assert!(failure.contains("security token"), "{failure}");
}

#[test]
fn what_takes_a_call_is_not_resolved_without_one() {
    let failure = Setting::new(CONFIG).failure(Some("role"));
    assert!(failure.contains("'role'"), "{failure}");
    assert!(failure.contains("not supported"), "{failure}");
}

#[test]
fn an_unknown_profile_is_answered_with_the_known_ones() {
    let failure = Setting::new(CONFIG).failure(Some("prod"));
    assert!(failure.contains("no profile 'prod'"), "{failure}");
    assert!(failure.contains("keys, temporary, half, role"), "{failure}");
}

#[test]
fn another_file_can_be_named_and_files_can_be_switched_off() {
    let setting = Setting::new("{}");
    let other = setting.home.path().join("other.json");
    std::fs::write(&other, CONFIG).unwrap();
    let setting = setting.with("ALIBABA_CLOUD_CONFIG_FILE", &other.display().to_string());
    assert!(setting.resolve(None).is_ok());

    let setting = setting.with("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "True");
    assert!(matches!(
        setting.resolve(None),
        Err(CredentialsError::NotFound { .. })
    ));
    assert!(matches!(
        setting.resolve(Some("keys")),
        Err(CredentialsError::ProfilesDisabled { .. })
    ));
    assert_eq!(setting.region(None), None);
}

#[test]
fn without_any_source_the_message_says_what_to_do() {
    let setting = Setting::new("{}").with("HOME", "/nonexistent");
    let failure = setting.failure(None);
    assert!(failure.contains("ALIBABA_CLOUD_ACCESS_KEY_ID"), "{failure}");
    assert!(
        failure.contains("/nonexistent/.aliyun/config.json"),
        "{failure}"
    );
}

#[test]
fn a_garbled_file_is_named_by_place_without_its_text() {
    let setting = Setting::new("{\"profiles\": [\n {\"name\": {\"c4n4ry-s3cr3t\": 1}}]}");
    let failure = setting.failure(None);
    assert!(failure.contains("line 2"), "{failure}");
    // A value of the wrong type is what the parser's own message would quote.
    Setting::new("{\"profiles\": \"c4n4ry-s3cr3t\"}").failure(None);
}

#[test]
fn regions_come_from_where_the_key_comes_from_first() {
    let setting = Setting::new(CONFIG);
    assert_eq!(setting.region(None).as_deref(), Some("cn-beijing"));
    assert_eq!(setting.region(Some("role")).as_deref(), Some("cn-shanghai"));
    assert_eq!(setting.region(Some("temporary")), None);
    assert_eq!(setting.region(Some("prod")), None);
    let setting = setting.with("ALICLOUD_REGION_ID", "us-east-1");
    assert_eq!(setting.region(None).as_deref(), Some("us-east-1"));
    assert_eq!(
        setting.region(Some("temporary")).as_deref(),
        Some("us-east-1")
    );
    assert_eq!(setting.region(Some("role")).as_deref(), Some("cn-shanghai"));
    let setting = setting.with("ALIBABA_CLOUD_REGION_ID", "eu-west-1");
    assert_eq!(setting.region(None).as_deref(), Some("eu-west-1"));
}

#[test]
fn debug_shows_the_tail_of_the_key_id_alone() {
    let token = Some(Secret::new(CANARY.to_owned()));
    let secret = Secret::new(CANARY.to_owned());
    let credentials = Credentials::new("LTAI5t-wxyz", secret, token, "a test").unwrap();
    let text = format!("{credentials:?}");
    assert!(text.contains("…wxyz"), "{text}");
    assert!(!text.contains("LTAI") && !text.contains(CANARY), "{text}");

    let secret = Secret::new(CANARY.to_owned());
    let short = Credentials::new("short", secret, None, "a test").unwrap();
    assert_eq!(short.key_id_tail(), "");
}
