//! Profiles of the CLI, mode by mode, and sections of the ini file, type by type.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::cloud::credentials::{check_profile, check_section};
use crate::config::FILE_BYTES_MAX;
use crate::model::Action;

/// The credentials of a profile with these fields.
async fn of_fields(world: &World, fields: &str) -> Fetched {
    world.file(".aliyun/config.json", &config_json(fields));
    world.of_profile("p").await
}

fn key_fields() -> String {
    format!(r#""access_key_id":"LTAI-of-profile","access_key_secret":"{CANARY}""#)
}

#[tokio::test]
async fn modes_that_take_no_call() {
    let world = World::generous();
    let got = of_fields(&world, &format!(r#""mode":"AK",{}"#, key_fields())).await;
    assert_eq!(key_id(&got), "LTAI-of-profile");
    let fields = format!(
        r#""mode":"StsToken","sts_token":"{CANARY}",{}"#,
        key_fields()
    );
    let got = of_fields(&world, &fields).await;
    assert!(lease(&got).credentials.security_token().is_some());
    assert_eq!(lease(&got).expires_at, None);
    assert!(world.asked().is_empty() && got.reports.is_empty());
}

#[tokio::test]
async fn a_profile_of_mode_ram_role_arn_takes_on_its_role() {
    let world = World::generous();
    let fields = format!(
        r#""mode":"RamRoleArn","ram_role_arn":"{ROLE_ARN}","ram_session_name":"s","expired_seconds":900,"external_id":"{CANARY}",{}"#,
        key_fields()
    );
    let got = of_fields(&world, &fields).await;
    assert_eq!(key_id(&got), "STS.key-0000");
    let origin = lease(&got).credentials.origin();
    assert!(origin.contains("profile 'p'"), "{origin}");
    let request = world.server.requests().remove(0);
    assert!(request.ends_with("&RoleSessionName=s&DurationSeconds=900&ExternalId=c4n4ry-s3cr3t"));
    let without_role = format!(r#""mode":"RamRoleArn",{}"#, key_fields());
    let got = of_fields(&world, &without_role).await;
    assert!(failure(&got).to_string().contains("no role ARN"));
}

#[tokio::test]
async fn a_chain_of_profiles_is_followed_once_around() {
    let world = World::generous();
    let fields = format!(
        r#""mode":"ChainableRamRoleArn","source_profile":"keys","ram_role_arn":"{ROLE_ARN}""#
    );
    let got = of_fields(&world, &fields).await;
    assert_eq!(key_id(&got), "STS.key-0000");
    assert!(lease(&got).credentials.origin().contains("profile 'keys'"));

    let looped = fields.replace("keys", "p");
    let got = of_fields(&world, &looped).await;
    assert!(matches!(
        failure(&got),
        CredentialsError::ProfileLoop { .. }
    ));
    let got = of_fields(&world, &fields.replace("keys", "gone")).await;
    assert!(failure(&got).to_string().contains("no profile 'gone'"));
}

#[tokio::test]
async fn the_other_modes_that_need_no_browser() {
    let world = World::new(|number, request| match request {
        r if r.contains("AssumeRoleWithOIDC") => (200, sts_answer(number, IN_AN_HOUR)),
        r if r.starts_with("PUT") => (200, "token".to_owned()),
        _ => (200, flat_answer(number, IN_AN_HOUR)),
    });
    let got = of_fields(&world, r#""mode":"EcsRamRole","ram_role_name":"audit""#).await;
    assert_eq!(key_id(&got), "STS.key-0001");

    let token = world.file("token", CANARY);
    let fields = format!(
        r#""mode":"OIDC","oidc_provider_arn":"acs:ram::1:oidc-provider/p","oidc_token_file":"{}","ram_role_arn":"{ROLE_ARN}""#,
        token.display()
    );
    let got = of_fields(&world, &fields).await;
    assert_eq!(got.reports[0].action, Some(Action::AssumeRoleWithOidc));

    let uri = format!("{}/{CANARY}", world.server.address("http"));
    let fields = format!(r#""mode":"CredentialsURI","credentials_uri":"{uri}""#);
    assert_eq!(key_id(&of_fields(&world, &fields).await), "STS.key-0003");

    let fields = r#""mode":"External","process_command":"/nonexistent/c4n4ry-s3cr3t""#;
    let got = of_fields(&world, fields).await;
    assert!(matches!(failure(&got), CredentialsError::Process { .. }));
    world.set("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS", "1");
    let got = of_fields(&world, fields).await;
    assert!(matches!(failure(&got), CredentialsError::Disabled { .. }));
}

#[tokio::test]
async fn modes_that_need_a_person_are_named() {
    let world = World::generous();
    for (mode, advice) in [
        ("CloudSSO", "browser"),
        ("OAuth", "browser"),
        ("RsaKeyPair", "use one of AK"),
        ("", "use one of AK"),
    ] {
        let got = of_fields(&world, &format!(r#""mode":"{mode}""#)).await;
        let error = failure(&got).to_string();
        assert!(error.contains(&format!("'{mode}'")), "{error}");
        assert!(error.contains(advice), "{error}");
    }
}

/// The credentials of an ini file with this text.
async fn of_ini(world: &World, text: &str) -> Fetched {
    world.file(".alibabacloud/credentials", text);
    world.of_chain().await
}

#[tokio::test]
async fn types_of_the_ini_file() {
    let world = World::generous();
    let key = format!("access_key_id = LTAI-of-ini\naccess_key_secret={CANARY}\n");
    let text =
        format!("# c\n[other]\ntype = x\n[default]\nenable = true\ntype=access_key\n{key}; c\n");
    let got = of_ini(&world, &text).await;
    assert_eq!(key_id(&got), "LTAI-of-ini");
    assert!(
        lease(&got)
            .credentials
            .origin()
            .contains("section 'default'")
    );

    let role = format!(
        "[default]\ntype = ram_role_arn\nrole_arn = {ROLE_ARN}\nrole_session_name = s\n{key}"
    );
    assert_eq!(key_id(&of_ini(&world, &role).await), "STS.key-0000");
    let token = world.file("token", CANARY);
    let oidc = format!(
        "[default]\ntype = oidc_role_arn\nrole_arn = {ROLE_ARN}\noidc_provider_arn = p\noidc_token_file_path = {}\n",
        token.display()
    );
    let got = of_ini(&world, &oidc).await;
    assert_eq!(got.reports[0].action, Some(Action::AssumeRoleWithOidc));

    for kind in ["rsa_key_pair", "bearer", ""] {
        let got = of_ini(&world, &format!("[default]\ntype = {kind}\n{key}")).await;
        let error = failure(&got);
        assert!(
            matches!(error, CredentialsError::UnsupportedMode { .. }),
            "{error}"
        );
    }
    let got = of_ini(&world, &format!("[default]\n{CANARY}\n")).await;
    assert!(failure(&got).to_string().contains("line 2"));
}

#[tokio::test]
async fn the_ini_file_is_found_by_either_name_or_by_its_variable() {
    let world = World::generous().with("ALIBABA_CLOUD_PROFILE", "audit");
    let text = format!(
        "[audit]\ntype=access_key\naccess_key_id=LTAI-by-python\naccess_key_secret={CANARY}\n"
    );
    world.file(".alibabacloud/credentials.ini", &text);
    assert_eq!(key_id(&world.of_chain().await), "LTAI-by-python");
    let other = world.file("other", &text.replace("python", "variable"));
    world.set("ALIBABA_CLOUD_CREDENTIALS_FILE", path_text(&other));
    assert_eq!(key_id(&world.of_chain().await), "LTAI-by-variable");
}

#[tokio::test]
async fn fault_66_a_file_that_others_can_read_is_warned_of_and_used() {
    use std::os::unix::fs::PermissionsExt;

    let world = World::generous();
    let text = config_json(&format!(r#""mode":"AK",{}"#, key_fields()));
    let file = world.file(".aliyun/config.json", &text);
    for (mode, is_warned_of) in [(0o600, false), (0o400, false), (0o640, true), (0o606, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        for source in [Source::DefaultChain, Source::Profile("p".to_owned())] {
            let context = world.context();
            let keeper = Keeper::new(source, Arc::clone(&context));
            assert_eq!(key_id(&checked(keeper.lease().await)), "LTAI-of-profile");
            let warned = context.warned.lock().unwrap();
            assert_eq!(warned.contains(&file), is_warned_of, "{mode:o}");
        }
    }
}

/// The environment of a machine with this file, and nothing else.
fn with_file(variable: &'static str, path: &Path) -> impl Fn(&str) -> Option<String> {
    let path = path.display().to_string();
    move |name| match name {
        "ALIBABA_CLOUD_PROFILE" => Some("p".to_owned()),
        name => (name == variable).then(|| path.clone()),
    }
}

#[test]
fn a_chain_of_thousands_of_profiles_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config.json");
    let profiles: Vec<String> = (0..20_000)
        .map(|number| {
            let next = number + 1;
            format!(
                r#"{{"name":"{number}","mode":"ChainableRamRoleArn","source_profile":"{next}"}}"#
            )
        })
        .collect();
    // Fewer bytes than the limit, and one after the other more frames than a stack has.
    let text = format!(r#"{{"profiles":[{}]}}"#, profiles[..13_000].join(","));
    assert!(text.len() < FILE_BYTES_MAX, "{}", text.len());
    std::fs::write(&path, text).unwrap();
    let environment = with_file("ALIBABA_CLOUD_CONFIG_FILE", &path);
    let error = check_profile(Some("0"), &environment).unwrap_err();
    assert!(error.to_string().contains("more than 16"), "{error}");
    // And no file is read without end.
    std::fs::write(&path, format!("[{}]", profiles.join(","))).unwrap();
    let error = check_profile(Some("0"), &environment).unwrap_err();
    assert!(
        error.to_string().contains("cannot read the profiles"),
        "{error}"
    );
}

#[test]
fn a_key_in_the_line_of_the_mode_is_not_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("credentials");
    let environment = with_file("ALIBABA_CLOUD_CREDENTIALS_FILE", &path);
    for (kind, told) in [
        ("saml", "'saml'"),
        (CANARY, "no word"),
        ("fH8x0KJ2mNvQ9sT4wYzA6bC1dE3gLp", "no word"),
    ] {
        std::fs::write(&path, format!("[p]\ntype = {kind}\n")).unwrap();
        let error = check_section(&environment).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    std::fs::write(&path, "\n".repeat(FILE_BYTES_MAX + 1)).unwrap();
    let error = check_section(&environment).unwrap_err().to_string();
    assert!(error.contains("cannot read the credentials"), "{error}");
}
