//! Credentials that this machine or its platform gives: OIDC token, ECS metadata, URI, program.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::TcpListener;

use super::super::external::External;
use super::*;
use crate::model::{Action, Outcome};

/// A machine of a platform that writes OIDC tokens.
fn with_token(world: World) -> World {
    let file = world.file("token", &format!("{CANARY}-oidc-1\n"));
    world
        .with("ALIBABA_CLOUD_ROLE_ARN", ROLE_ARN)
        .with(
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            "acs:ram::1:oidc-provider/p",
        )
        .with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", path_text(&file))
}

#[tokio::test]
async fn an_oidc_token_takes_on_a_role_unsigned_and_is_read_again_each_time() {
    let world = with_token(World::generous()).with("ALIBABA_CLOUD_ROLE_SESSION_NAME", "s");
    let keeper = world.keeper(Source::DefaultChain);
    let first = checked(keeper.lease().await);
    assert_eq!(first.reports[0].action, Some(Action::AssumeRoleWithOidc));
    assert_eq!(
        first.reports[0].parameters,
        [
            ("RoleArn", ROLE_ARN.to_owned()),
            ("RoleSessionName", "s".to_owned()),
            ("OIDCProviderArn", "acs:ram::1:oidc-provider/p".to_owned()),
        ]
    );
    world.file("token", &format!("{CANARY}-oidc-2"));
    let second = checked(keeper.refresh(lease(&first)).await);
    assert_eq!(key_id(&second), "STS.key-0001");

    let requests = world.server.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /?Action=AssumeRoleWithOIDC&Format=JSON&"),
        "{head}"
    );
    assert!(
        !head.contains("authorization") && !head.contains("Signature="),
        "{head}"
    );
    assert!(body.ends_with("&OIDCToken=c4n4ry-s3cr3t-oidc-1"), "{body}");
    assert!(requests[1].ends_with("&OIDCToken=c4n4ry-s3cr3t-oidc-2"));
}

#[tokio::test]
async fn an_oidc_token_that_is_refused_or_missing_ends_the_chain() {
    let echo = format!("token {CANARY}-oidc-1 has expired");
    let body = refusal("AuthenticationFail.OIDCToken.Expired", &echo);
    let world = with_token(World::new(move |_, _| (400, body.clone())));
    let got = world.of_chain().await;
    assert!(matches!(failure(&got), CredentialsError::Refused { .. }));
    world.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/nonexistent/token");
    let got = world.of_chain().await;
    assert!(failure(&got).to_string().contains("/nonexistent/token"));
    world.file("token", " \n");
    world.set(
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
        path_text(&world.home.path().join("token")),
    );
    let got = world.of_chain().await;
    assert!(failure(&got).to_string().contains("no OIDC token"));
}

/// The metadata service: `token` answers the question for a token.
fn metadata(token: (u16, &'static str)) -> World {
    World::new(move |number, request| {
        let line = request.lines().next().unwrap();
        match line {
            "PUT /latest/api/token HTTP/1.1" => (token.0, token.1.to_owned()),
            "GET /latest/meta-data/ram/security-credentials/ HTTP/1.1" => {
                (200, "audit\n".to_owned())
            }
            "GET /latest/meta-data/ram/security-credentials/audit HTTP/1.1" => {
                (200, flat_answer(number, IN_AN_HOUR))
            }
            _ => (404, String::new()),
        }
    })
}

const TOKEN: (u16, &str) = (200, "c4n4ry-s3cr3t-metadata-token");

#[tokio::test]
async fn metadata_version_2_is_asked_with_a_token() {
    let world = metadata(TOKEN);
    let got = world.of_chain().await;
    assert_eq!(key_id(&got), "STS.key-0002");
    assert_eq!(got.reports.len(), 1, "one call answers with credentials");
    assert_eq!(got.reports[0].source, "role audit of this ECS instance");
    assert_eq!(got.reports[0].outcome, Outcome::Ok);
    let requests = world.server.requests();
    assert!(requests[0].contains("x-aliyun-ecs-metadata-token-ttl-seconds: 21600"));
    for request in &requests[1..] {
        assert!(request.contains("x-aliyun-ecs-metadata-token: c4n4ry-s3cr3t-metadata-token"));
    }
    // A role that is known is not asked for.
    world.set("ALIBABA_CLOUD_ECS_METADATA", "audit");
    assert!(world.of_chain().await.lease.is_ok());
    assert_eq!(world.asked().len(), 5);
}

#[tokio::test]
async fn metadata_version_1_is_asked_only_where_it_is_allowed() {
    let world = metadata((404, ""));
    assert!(world.of_chain().await.lease.is_ok());
    let requests = world.server.requests();
    assert!(!requests[1..].concat().contains("metadata-token"));

    let world = metadata((404, "")).with("ALIBABA_CLOUD_IMDSV1_DISABLED", "true");
    assert!(world.of_chain().await.lease.is_err());
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test]
async fn metadata_that_is_refused_garbled_or_ended() {
    let no_role = World::new(|_, _| (404, String::new()));
    assert!(
        failure(&no_role.of_chain().await)
            .to_string()
            .contains("HTTP 404")
    );
    for name in ["../x", "a b", "{\"AccessKeyId\":\"x\"}", "<html>"] {
        let odd = World::new(move |_, _| (200, name.to_owned()));
        assert!(odd.of_chain().await.lease.is_err(), "{name}");
        assert!(odd.asked().len() < 4, "{name}");
    }
    for answer in [
        flat_answer(0, "2026-01-02T03:00:00Z"),
        flat_answer(0, "soon"),
        flat_answer(0, IN_AN_HOUR).replace("Success", "Fail"),
        format!("{CANARY}!"),
    ] {
        let body = answer.clone();
        let world = World::new(move |_, request| match request.starts_with("PUT") {
            true => (200, "token".to_owned()),
            false => (200, body.clone()),
        });
        world.set("ALIBABA_CLOUD_ECS_METADATA", "audit");
        let got = world.of_chain().await;
        let error = failure(&got);
        let named = matches!(
            error,
            CredentialsError::Ended { .. } | CredentialsError::InvalidAnswer { .. }
        );
        assert!(named, "a role that was named is meant: {error}");
        assert_eq!(got.reports.len(), 1);
    }
}

#[tokio::test]
async fn no_metadata_service_leaves_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let world = World::generous();
    let keeper = Keeper::new(Source::DefaultChain, world.context_at(&address));
    let got = checked(keeper.lease().await);
    let error = failure(&got).to_string();
    assert!(matches!(failure(&got), CredentialsError::NotFound { .. }));
    assert!(
        error.contains("cannot be reached (connect: refused)"),
        "{error}"
    );
}

#[tokio::test]
async fn a_metadata_service_that_is_silent_is_given_up() {
    let world = World::acting(|_, _| vec![Act::Pause(Duration::from_secs(5))]);
    let mut context = Arc::into_inner(world.context()).unwrap();
    context.metadata_timeout = Duration::from_millis(100);
    let got = checked(
        Keeper::new(Source::DefaultChain, Arc::new(context))
            .lease()
            .await,
    );
    assert!(
        failure(&got).to_string().contains("(timeout)"),
        "{:?}",
        failure(&got)
    );
    assert_eq!(got.reports[0].outcome, Outcome::Unreachable);
}

#[tokio::test]
async fn a_uri_answers_and_is_not_repeated_in_messages() {
    let world = World::new(|number, _| (200, flat_answer(number, IN_AN_HOUR)))
        .with("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let uri = format!("{}/{CANARY}?key={CANARY}", world.server.address("http"));
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", uri);
    let got = world.of_chain().await;
    assert_eq!(key_id(&got), "STS.key-0000");
    assert!(got.reports[0].source.contains("127.0.0.1"));
    assert!(world.asked()[0].starts_with("GET /c4n4ry-s3cr3t?key="));

    for (status, body) in [
        (500, String::new()),
        (200, flat_answer(0, "").replace("Success", "Fail")),
        (200, format!("<{CANARY}>")),
        (302, String::new()),
    ] {
        let answer = body.clone();
        let world = World::new(move |_, _| (status, answer.clone()))
            .with("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
        world.set(
            "ALIBABA_CLOUD_CREDENTIALS_URI",
            world.server.address("http"),
        );
        let got = world.of_chain().await;
        let error = failure(&got);
        assert!(
            matches!(error, CredentialsError::InvalidAnswer { .. }),
            "{error}"
        );
        assert_ne!(got.reports[0].outcome, Outcome::Ok);
    }
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", format!("ftp://h/{CANARY}"));
    assert!(matches!(
        failure(&world.of_chain().await),
        CredentialsError::Setting { .. }
    ));
}

#[tokio::test]
async fn a_uri_that_is_not_there_or_answers_too_late() {
    let world = World::new(|_, _| (200, flat_answer(0, "2026-01-02T03:00:00Z")))
        .with("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let address = world.server.address("http");
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", address);
    let got = world.of_chain().await;
    assert!(matches!(failure(&got), CredentialsError::Ended { .. }));

    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/{CANARY}", free.local_addr().unwrap());
    drop(free);
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", address);
    let got = world.of_chain().await;
    assert!(matches!(
        failure(&got),
        CredentialsError::Unreachable { .. }
    ));
    assert_eq!(got.reports[0].outcome, Outcome::Unreachable);
}

/// Runs a script of this test's own.
async fn printed(script: &str, limit: Duration) -> Result<Lease, CredentialsError> {
    let world = World::generous();
    let file = world.file("print it", script);
    let program = External::parse(&format!("/bin/sh '{}'", file.display()), "a test").unwrap();
    let got = program.within(limit).fetch(&world.context()).await;
    let text = format!("{got:?}");
    assert!(!text.contains("c4n4ry"), "{text}");
    got
}

#[tokio::test]
async fn a_program_prints_credentials_or_is_told_by_name() {
    let patient = Duration::from_secs(20);
    let json = format!(
        r#"{{"mode":"StsToken","access_key_id":"STS.printed","access_key_secret":"{CANARY}","sts_token":"{CANARY}","expiration":"{IN_AN_HOUR}"}}"#
    );
    let lease = printed(&format!("echo '{json}'; echo noise >&2"), patient)
        .await
        .unwrap();
    assert_eq!(lease.credentials.access_key_id(), "STS.printed");
    assert_eq!(lease.expires_at, UtcMillis::parse_rfc3339(IN_AN_HOUR));

    let of_mode_ak = json.replace("StsToken", "AK");
    let lease = printed(&format!("echo '{of_mode_ak}'"), patient)
        .await
        .unwrap();
    assert!(lease.credentials.security_token().is_none());

    let ended = json.replace("T04:", "T02:");
    for (script, told) in [
        (format!("echo '{CANARY}'; exit 3"), "exit status: 3"),
        (format!("echo '{CANARY}'"), "no JSON"),
        (format!("echo '{ended}'"), "had ended"),
        (
            format!("echo '{}'", json.replace("StsToken", "OAuth")),
            "neither AK nor StsToken",
        ),
    ] {
        let error = printed(&script, patient).await.unwrap_err().to_string();
        assert!(error.contains(told) && error.contains("a test"), "{error}");
    }
    let error = printed("sleep 20", Duration::from_millis(100))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("ran longer"), "{error}");
}

#[tokio::test]
async fn no_shell_reads_a_command() {
    let world = World::generous();
    let line = format!(
        "/nonexistent/program $(touch {}) ; {CANARY}",
        world.home.path().join("x").display()
    );
    let program = External::parse(&line, "a test").unwrap();
    let error = program
        .fetch(&world.context())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("cannot be started") && !error.contains(CANARY),
        "{error}"
    );
    assert!(!world.home.path().join("x").exists());
    assert!(External::parse("tool 'open", "a test").is_err());
}
