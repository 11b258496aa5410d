//! What hands out keys: STS, the metadata service, a program; and the files that name them. Nothing that is said about
//! any of it repeats a secret.

use std::path::Path;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use optrail::cloud::credentials::answer::{read_flat, read_printed, read_sts};
use optrail::cloud::credentials::command_line;
use optrail::cloud::credentials::echo;
use optrail::cloud::credentials::{check_profile, check_section, default_region};
use optrail::cloud::sign::percent_encode;

use crate::{CANARY, pick, scratch, text};

/// The first byte picks who answers.
pub fn credential(bytes: &[u8]) {
    let (who, body) = pick(bytes);
    let lease = match who % 3 {
        0 => read_flat(body, "the fuzzer").lease,
        1 => match read_sts(body, "the fuzzer") {
            Some(granted) => granted.lease,
            None => return,
        },
        _ => read_printed(body, "the fuzzer"),
    };
    let told = match &lease {
        Ok(lease) => {
            let key = &lease.credentials;
            assert!(!key.access_key_secret().expose().is_empty());
            // Who answers with a temporary key has to add its token.
            assert!(who % 3 == 2 || key.security_token().is_some());
            format!("{key:?} {:?}", key.access_key_secret())
        }
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!told.contains(CANARY), "{told}");
}

/// The first byte picks how a message repeats a secret; the secret is what stands before the first line feed.
pub fn echo(bytes: &[u8]) {
    let (how, bytes) = pick(bytes);
    let Some((secret, around)) = text(bytes).and_then(|text| text.split_once('\n')) else {
        return;
    };
    if let Some(words) = command_line::words(around) {
        assert!(!words.is_empty());
    }
    let (before, after) = around.split_once('\n').unwrap_or((around, ""));
    let encoded = match how % 4 {
        0 => secret.to_owned(),
        1 => percent_encode(secret),
        2 => percent_encode(&percent_encode(secret)),
        _ => STANDARD.encode(secret),
    };
    let message = format!("{before}{encoded}{after}");
    let told = echo::without(&[secret], None, message.clone());
    // Of fewer letters and digits than that anything is met by chance. Others are no part of a key or a token.
    let is_long = secret.bytes().filter(u8::is_ascii_alphanumeric).count() >= 6;
    if is_long
        && secret
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    {
        assert_ne!(told, message, "{secret:?}");
        assert!(!told.contains(secret));
    }
}

/// A home directory with nothing in it but the file that is looked at.
fn home() -> &'static Path {
    static HOME: OnceLock<tempfile::TempDir> = OnceLock::new();
    HOME.get_or_init(scratch).path()
}

/// The environment in which the file is looked at.
fn with_file(variable: &'static str, path: &Path) -> impl Fn(&str) -> Option<String> {
    let path = path.display().to_string();
    move |name| match name {
        "ALIBABA_CLOUD_PROFILE" => Some("p".to_owned()),
        name if name == variable => Some(path.clone()),
        _ => None,
    }
}

/// `~/.aliyun/config.json` with a profile `p`.
pub fn profiles(bytes: &[u8]) {
    let path = home().join("config.json");
    std::fs::write(&path, bytes).expect("a file");
    let environment = with_file("ALIBABA_CLOUD_CONFIG_FILE", &path);
    let _ = default_region(None, &environment);
    for named in [None, Some("p"), Some("")] {
        if let Err(error) = check_profile(named, &environment) {
            // Which profiles there are is told, by name.
            let error = error.to_string();
            let told = error.split("; it has: ").next().unwrap_or_default();
            assert!(!told.contains(CANARY), "{error}");
        }
    }
}

/// `~/.alibabacloud/credentials` with a section `p`.
pub fn ini(bytes: &[u8]) {
    let path = home().join("credentials");
    std::fs::write(&path, bytes).expect("a file");
    let environment = with_file("ALIBABA_CLOUD_CREDENTIALS_FILE", &path);
    if let Err(error) = check_section(&environment) {
        assert!(!error.to_string().contains(CANARY), "{error}");
    }
}
