//! What STS is asked, and what is told of its answers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::TcpListener;

use super::*;
use crate::cloud::credentials::context::STS_IN_FLIGHT_MAX;
use crate::cloud::{Credentials, Secret};
use crate::model::Outcome;

/// A role taken on with a temporary key; every secret is a canary.
fn of_role(context: Arc<Context>) -> Keeper {
    let secret = || Secret::new(format!("{CANARY}+/ secret").replace(' ', "="));
    let key = Credentials::new("STS.of-the-base", secret(), Some(secret()), "a test").unwrap();
    let base = Keeper::new(Source::Fixed(key), Arc::clone(&context));
    let role = Role {
        session_name: "audit@host-1".to_owned(),
        external_id: Some(format!("{CANARY}-external")),
        duration_seconds: Some(3600),
        policy: Some(r#"{"Version":"1"}"#.to_owned()),
        ..Role::new(ROLE_ARN)
    };
    Keeper::assume(Arc::new(base), role, context)
}

async fn fetched(world: &World) -> Fetched {
    checked(of_role(world.context()).lease().await)
}

#[tokio::test]
async fn the_parameters_travel_in_the_body_and_the_external_id_in_no_report() {
    let world = World::generous();
    let got = fetched(&world).await;
    let request = world.server.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("x-acs-action: AssumeRole\r\n"), "{head}");
    assert_eq!(
        body,
        "RoleArn=acs%3Aram%3A%3A1234567890123456%3Arole%2Faudit-reader&RoleSessionName=audit%40host-1\
         &DurationSeconds=3600&ExternalId=c4n4ry-s3cr3t-external&Policy=%7B%22Version%22%3A%221%22%7D"
    );
    let names: Vec<_> = got.reports[0]
        .parameters
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(
        names,
        ["RoleArn", "RoleSessionName", "DurationSeconds", "Policy"]
    );
    let origin = lease(&got).credentials.origin();
    assert!(
        origin.contains(ROLE_ARN) && origin.contains("a test"),
        "{origin}"
    );
}

#[tokio::test]
async fn fault_68_refusals_tell_what_to_do_and_repeat_no_secret() {
    let echo = format!("string to sign is: POST&%2F&SecurityToken%3D{CANARY}");
    let cases = [
        (
            "NoPermission",
            "not authorized",
            403,
            Outcome::Denied,
            "sts:AssumeRole",
        ),
        (
            "EntityNotExist.Role",
            "no role",
            404,
            Outcome::InvalidRequest,
            "check the role",
        ),
        (
            "InvalidTimeStamp.Expired",
            "late",
            400,
            Outcome::Clock,
            "set the clock",
        ),
        (
            "SignatureDoesNotMatch",
            &echo,
            403,
            Outcome::Credential,
            "renew the key",
        ),
        (
            "NoPermission",
            &format!("{CANARY}+%2F= secret"),
            403,
            Outcome::Denied,
            "not told",
        ),
        (
            &format!("X.{CANARY}+/=secret"),
            "odd",
            403,
            Outcome::Denied,
            "not told",
        ),
    ];
    for (code, message, status, outcome, advice) in cases {
        let body = refusal(code, message);
        let world = World::new(move |_, _| (status, body.clone()));
        let got = fetched(&world).await;
        let error = failure(&got).to_string();
        assert!(error.contains(advice) && error.contains("R-x"), "{error}");
        assert_eq!(got.reports.len(), 1, "{code}");
        assert_eq!(got.reports[0].outcome, outcome, "{code}");
        assert_eq!(got.reports[0].http_status, Some(status));
    }
}

#[tokio::test]
async fn a_turn_is_waited_for_as_long_as_told_and_no_longer() {
    let mut world = World::generous();
    world.sts_patience = Duration::from_millis(30);
    let context = world.context();
    let others = u32::try_from(STS_IN_FLIGHT_MAX).unwrap();
    let others = context.sts_room.try_acquire_many(others).unwrap();
    let got = checked(of_role(Arc::clone(&context)).lease().await);
    let error = failure(&got);
    assert!(matches!(error, CredentialsError::NoTurn { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::Throttled);
    let told = error.to_string();
    assert!(
        told.contains(" s for the turn to call AssumeRole"),
        "{told}"
    );
    // Nothing was sent, and so nothing is told as a call.
    assert!(got.reports.is_empty() && world.server.requests().is_empty());
    // Who was waited for is done: the next one is served.
    drop(others);
    let got = checked(of_role(context).lease().await);
    assert!(got.lease.is_ok() && got.reports.len() == 1);
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let world = World::new(|number, _| match number {
        0 => (400, refusal("Throttling.User", "slowly")),
        1 => (503, "<html>busy</html>".to_owned()),
        _ => (200, sts_answer(number, IN_AN_HOUR)),
    });
    let got = fetched(&world).await;
    assert_eq!(key_id(&got), "STS.key-0002");
    let told: Vec<_> = got.reports.iter().map(|r| (r.attempt, r.outcome)).collect();
    let expected = [
        (1, Outcome::Throttled),
        (2, Outcome::ServerError),
        (3, Outcome::Ok),
    ];
    assert_eq!(told, expected);
}

/// The leases of many roles, asked for at once over one context.
async fn leases_of_many(context: &Arc<Context>) -> Vec<Fetched> {
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let keeper = of_role(Arc::clone(context));
        asked.spawn(async move { checked(keeper.lease().await) });
    }
    // Far longer than the attempts take, far shorter than for ever.
    let all = tokio::time::timeout(Duration::from_secs(60), asked.join_all());
    all.await.expect("calls of STS wait for one another")
}

#[tokio::test]
async fn roles_that_get_no_answer_do_not_wait_for_one_another() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    for got in leases_of_many(&World::generous().context_at(&address)).await {
        let is_unreachable = matches!(failure(&got), CredentialsError::Unreachable { .. });
        assert!(is_unreachable && got.reports.len() == 4, "{got:?}");
    }
}

#[tokio::test]
async fn roles_that_are_answered_with_errors_do_not_wait_for_one_another() {
    let world = World::new(|_, _| (503, "<html>busy</html>".to_owned()));
    for got in leases_of_many(&world.context()).await {
        let outcomes: Vec<_> = got.reports.iter().map(|report| report.outcome).collect();
        assert_eq!(outcomes, [Outcome::ServerError; 4]);
    }
}

#[tokio::test]
async fn nobody_listens() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let world = World::generous();
    let got = checked(of_role(world.context_at(&address)).lease().await);
    assert!(matches!(
        failure(&got),
        CredentialsError::Unreachable { .. }
    ));
    assert_eq!(got.reports.len(), 4);
    assert_eq!(got.reports[3].message.as_deref(), Some("connect: refused"));
}

#[tokio::test]
async fn answers_without_credentials_are_invalid() {
    let no_token = format!(
        r#"{{"Credentials":{{"AccessKeyId":"STS.k","AccessKeySecret":"{CANARY}","Expiration":"{IN_AN_HOUR}"}}}}"#
    );
    let no_time = sts_answer(0, "soon");
    let wrong_type = format!(r#"{{"Credentials":{{"AccessKeyId":["{CANARY}"]}}}}"#);
    let garbage = format!("{CANARY} <<");
    for body in ["{}", "", "null", &no_token, &no_time, &wrong_type, &garbage] {
        let answer = body.to_owned();
        let world = World::new(move |_, _| (200, answer.clone()));
        let got = fetched(&world).await;
        let error = failure(&got);
        assert!(
            matches!(error, CredentialsError::InvalidAnswer { .. }),
            "{body}: {error}"
        );
        assert_eq!(got.reports[0].outcome, Outcome::InvalidAnswer, "{body}");
    }
}

#[tokio::test]
async fn credentials_that_have_ended_are_refused_at_once() {
    let world = World::new(|_, _| (200, sts_answer(0, "2026-01-02T03:00:00Z")));
    let got = fetched(&world).await;
    assert!(matches!(failure(&got), CredentialsError::Ended { .. }));
    assert_eq!(got.reports[0].outcome, Outcome::Ok, "the call went well");
}

#[tokio::test]
async fn the_environment_chooses_the_sts_of_a_region() {
    let world = World::generous().with("ALIBABA_CLOUD_STS_REGION", "cn-beijing");
    let variables = Arc::clone(&world.variables);
    let environment = move |name: &str| variables.lock().unwrap().get(name).cloned();
    let clock = Arc::clone(&world.clock);
    let place = super::super::context::StsPlace::default();
    let local = world.context().sts_endpoint(&place).unwrap();
    assert!(!local.is_encrypted(), "a configured endpoint wins");

    // Without root certificates no client for the documented endpoints can be made.
    let Ok(context) = Context::new(Arc::new(environment), clock, ClientConfig::default()) else {
        return;
    };
    let host = |place| context.sts_endpoint(place).map(|e| e.host_header());
    assert_eq!(host(&place).unwrap(), "sts.cn-beijing.aliyuncs.com");
    world.set("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "true");
    assert_eq!(host(&place).unwrap(), "sts-vpc.cn-beijing.aliyuncs.com");
    world.set("ALIBABA_CLOUD_STS_REGION", "evil.example/");
    assert!(matches!(
        host(&place),
        Err(CredentialsError::Setting { .. })
    ));
}
