//! The order of the default chain, and how each source is switched off.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// A world in which every source is set up, each with a key of its own.
fn with_everything() -> World {
    let world = World::new(|number, request| {
        let line = request.lines().next().unwrap();
        if line.starts_with("PUT") {
            (200, "token".to_owned())
        } else if line.contains("security-credentials/audit") {
            (
                200,
                flat_answer(number, IN_AN_HOUR).replace("STS.key", "STS.ecs"),
            )
        } else if line.contains("/uri") {
            (
                200,
                flat_answer(number, IN_AN_HOUR).replace("STS.key", "STS.uri"),
            )
        } else {
            (
                200,
                sts_answer(number, IN_AN_HOUR).replace("STS.key", "STS.oidc"),
            )
        }
    });
    let token = world.file("token", CANARY);
    world.file(
        ".aliyun/config.json",
        &config_json(&format!(
            r#""mode":"AK","access_key_id":"LTAI-file-cli","access_key_secret":"{CANARY}""#
        )),
    );
    world.file(
        ".alibabacloud/credentials",
        &format!(
            "[default]\ntype=access_key\naccess_key_id=LTAI-file-ini\naccess_key_secret={CANARY}\n"
        ),
    );
    let uri = format!("{}/uri", world.server.address("http"));
    world
        .with_key()
        .with("ALIBABA_CLOUD_ROLE_ARN", ROLE_ARN)
        .with("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "p")
        .with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", path_text(&token))
        .with("ALIBABA_CLOUD_ECS_METADATA", "audit")
        .with("ALIBABA_CLOUD_CREDENTIALS_URI", uri)
}

#[tokio::test]
async fn each_source_comes_before_the_next() {
    let world = with_everything();
    let found = async || key_id(&world.of_chain().await).to_owned();
    assert_eq!(found().await, "LTAI-environment");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    assert_eq!(found().await, "STS.oidc-0000");
    world.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "");
    assert_eq!(found().await, "LTAI-file-cli");
    world.set("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true");
    assert_eq!(found().await, "LTAI-file-ini");
    std::fs::remove_file(world.home.path().join(".alibabacloud/credentials")).unwrap();
    assert_eq!(found().await, "STS.ecs-0002");
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "TRUE");
    assert_eq!(found().await, "STS.uri-0003");
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", "");
    let got = world.of_chain().await;
    let error = failure(&got).to_string();
    for told in [
        "CLI_PROFILE_DISABLED",
        ".alibabacloud/credentials",
        "METADATA_DISABLED",
    ] {
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn a_source_that_is_set_up_by_half_ends_the_chain() {
    let world = with_everything();
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    let got = world.of_chain().await;
    assert!(matches!(failure(&got), CredentialsError::Incomplete { .. }));
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn a_profile_that_is_named_is_found_in_either_file_or_nowhere() {
    let world = with_everything().with("ALIBABA_CLOUD_PROFILE", "default");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    world.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "");
    assert_eq!(key_id(&world.of_chain().await), "LTAI-file-ini");
    world.set("ALIBABA_CLOUD_PROFILE", "prod");
    let got = world.of_chain().await;
    assert!(failure(&got).to_string().contains("no profile 'prod'"));
    assert!(world.asked().is_empty(), "no other identity is asked for");
}

#[tokio::test]
async fn fault_44_the_source_that_answered_is_the_only_one_asked_again() {
    let world = with_everything();
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    let keeper = world.keeper(Source::DefaultChain);
    let first = checked(keeper.lease().await);
    assert_eq!(key_id(&first), "STS.oidc-0000");
    // The token's file is gone; the key that the CLI's file has is another identity.
    std::fs::remove_file(world.home.path().join("token")).unwrap();
    let got = checked(keeper.refresh(lease(&first)).await);
    assert!(matches!(failure(&got), CredentialsError::Unreadable { .. }));
}
