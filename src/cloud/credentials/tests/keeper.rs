//! One fetch for many, renewal, and what happens when it fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::cloud::{Credentials, Secret};
use crate::model::{Action, Outcome};

const MINUTE_MS: i64 = 60_000;

/// A keeper of a role taken on with a key of long standing.
fn of_role(world: &World) -> Keeper {
    let context = world.context();
    let base = Keeper::new(Source::Fixed(key()), Arc::clone(&context));
    Keeper::assume(Arc::new(base), Role::new(ROLE_ARN), context)
}

fn key() -> Credentials {
    let secret = Secret::new(CANARY.to_owned());
    Credentials::new("LTAI-of-the-base", secret, None, "a test").unwrap()
}

/// A profile that itself is a role.
fn role_profile() -> String {
    config_json(&format!(
        r#""mode":"RamRoleArn","access_key_id":"LTAI-base-key","access_key_secret":"{CANARY}","ram_role_arn":"{ROLE_ARN}""#
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_together_make_one_call() {
    let world = World::acting(|number, _| {
        let answer = send(&http(200, &sts_answer(number, IN_AN_HOUR)));
        vec![Act::Pause(Duration::from_millis(100)), answer]
    });
    let keeper = Arc::new(of_role(&world));
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let keeper = Arc::clone(&keeper);
            tokio::spawn(async move { checked(keeper.lease().await) })
        })
        .collect();
    let mut reports = 0;
    for asked in asking {
        let fetched = asked.await.unwrap();
        assert_eq!(key_id(&fetched), "STS.key-0000");
        reports += fetched.reports.len();
    }
    assert_eq!(world.asked().len(), 1);
    assert_eq!(reports, 1, "the one who called reports");
}

#[tokio::test]
async fn what_holds_is_not_fetched_again_and_what_ends_soon_is() {
    let mut world = World::new(|number, _| match number {
        0 => (200, sts_answer(0, IN_AN_HOUR)),
        _ => (200, sts_answer(number, "2026-01-02T05:04:05Z")),
    });
    world.hold = Duration::ZERO;
    let keeper = of_role(&world);
    let first = checked(keeper.lease().await);
    assert_eq!(first.reports.len(), 1);
    let report = &first.reports[0];
    assert_eq!(report.action, Some(Action::AssumeRole));
    assert_eq!((report.attempt, report.outcome), (1, Outcome::Ok));
    assert_eq!(report.key_id_tail.as_deref(), Some("0000"));
    assert_eq!(report.request_id.as_deref(), Some("R-0"));
    assert_eq!(report.expires_at, lease(&first).expires_at);
    assert_eq!(report.requested_at, NOW);

    world.clock.advance_ms(54 * MINUTE_MS);
    let still = keeper.lease().await;
    assert!(Arc::ptr_eq(lease(&first), lease(&still)) && still.reports.is_empty());
    world.clock.advance_ms(2 * MINUTE_MS);
    assert_eq!(key_id(&checked(keeper.lease().await)), "STS.key-0001");
}

#[tokio::test]
async fn fault_44_while_the_old_lease_holds_a_failed_renewal_is_told_and_no_more() {
    let mut world = World::new(|number, _| match number {
        0 => (200, sts_answer(0, IN_AN_HOUR)),
        _ => (403, refusal("NoPermission", "not you")),
    });
    world.hold = Duration::ZERO;
    let keeper = of_role(&world);
    let first = checked(keeper.lease().await);
    world.clock.advance_ms(56 * MINUTE_MS);
    let kept = checked(keeper.lease().await);
    assert!(Arc::ptr_eq(lease(&first), lease(&kept)));
    assert_eq!(kept.reports.len(), 1);
    assert_eq!(kept.reports[0].outcome, Outcome::Denied);

    world.clock.advance_ms(5 * MINUTE_MS);
    let ended = checked(keeper.lease().await);
    assert!(matches!(failure(&ended), CredentialsError::Refused { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_44_a_refused_token_is_replaced_by_one_call_however_many_met_the_refusal() {
    let world = World::generous();
    let keeper = Arc::new(of_role(&world));
    let refused = Arc::clone(lease(&keeper.lease().await));
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let (keeper, refused) = (Arc::clone(&keeper), Arc::clone(&refused));
            tokio::spawn(async move { checked(keeper.refresh(&refused).await) })
        })
        .collect();
    for asked in asking {
        assert_eq!(key_id(&asked.await.unwrap()), "STS.key-0001");
    }
    assert_eq!(world.asked().len(), 2);
    assert_eq!(key_id(&keeper.lease().await), "STS.key-0001");
}

#[tokio::test]
async fn a_source_that_has_nothing_newer_says_so() {
    let world = World::generous();
    let keeper = world.keeper(Source::Fixed(key()));
    let refused = Arc::clone(lease(&keeper.lease().await));
    let again = checked(keeper.refresh(&refused).await);
    assert!(matches!(
        failure(&again),
        CredentialsError::NoneNewer { .. }
    ));
    assert!(failure(&again).to_string().contains("a test"));
}

#[tokio::test]
async fn a_dead_base_is_not_asked_by_each_of_two_hundred_accounts() {
    let world = World::new(|_, _| (403, refusal("NoPermission", "not you")));
    world.file(".aliyun/config.json", &role_profile());
    let context = world.context();
    let base = Keeper::new(Source::Profile("p".to_owned()), Arc::clone(&context));
    let base = Arc::new(base);
    let mut reports = 0;
    for account in 0..200 {
        let role = Role::new(format!("acs:ram::{account:016}:role/r"));
        let keeper = Keeper::assume(Arc::clone(&base), role, Arc::clone(&context));
        let fetched = checked(keeper.lease().await);
        let error = failure(&fetched);
        assert!(matches!(error, CredentialsError::Base { .. }), "{error}");
        assert!(error.to_string().contains("NoPermission"), "{error}");
        reports += fetched.reports.len();
    }
    assert_eq!(world.asked().len(), 1);
    assert_eq!(reports, 1);
}

#[tokio::test]
async fn two_hundred_roles_share_one_base() {
    let world = World::generous();
    world.file(".aliyun/config.json", &role_profile());
    let context = world.context();
    let base = Arc::new(Keeper::new(Source::DefaultChain, Arc::clone(&context)));
    for account in 0..200 {
        let role = Role::new(format!("acs:ram::{account:016}:role/r"));
        let keeper = Keeper::assume(Arc::clone(&base), role, Arc::clone(&context));
        let fetched = checked(keeper.lease().await);
        assert_eq!(fetched.reports.len(), if account == 0 { 2 } else { 1 });
    }
    assert_eq!(world.asked().len(), 201);
}

#[tokio::test]
async fn fault_44_a_base_whose_token_has_ended_is_renewed_for_the_role() {
    // The base's first token is refused when it takes on the role.
    let world = World::new(|number, request| {
        let of_base = request.contains("base-role");
        match (of_base, request.contains("STS.key-0000")) {
            (false, true) => (400, refusal("InvalidSecurityToken.Expired", "ended")),
            _ => (200, sts_answer(number, IN_AN_HOUR)),
        }
    });
    let context = world.context();
    let key = Keeper::new(Source::Fixed(key()), Arc::clone(&context));
    let base_role = Role::new("acs:ram::1:role/base-role");
    let base = Keeper::assume(Arc::new(key), base_role, Arc::clone(&context));
    let keeper = Keeper::assume(Arc::new(base), Role::new(ROLE_ARN), context);
    let fetched = checked(keeper.lease().await);
    assert_eq!(key_id(&fetched), "STS.key-0003");
    let outcomes: Vec<_> = fetched
        .reports
        .iter()
        .map(|report| report.outcome)
        .collect();
    use Outcome::{Credential, Ok};
    assert_eq!(outcomes, [Ok, Credential, Ok, Ok]);
}

#[tokio::test]
async fn a_failed_fetch_is_repeated_after_a_while() {
    let mut world = World::new(|number, _| match number {
        0 => (403, refusal("NoPermission", "not you")),
        _ => (200, sts_answer(number, IN_AN_HOUR)),
    });
    world.hold = Duration::from_secs(2);
    let keeper = of_role(&world);
    assert!(checked(keeper.lease().await).lease.is_err());
    let held = checked(keeper.lease().await);
    assert!(held.lease.is_err() && held.reports.is_empty());
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(key_id(&keeper.lease().await), "STS.key-0001");
}

#[tokio::test]
async fn what_was_refused_is_given_to_nobody_although_its_renewal_failed() {
    let world = World::new(|number, _| match number {
        0 => (200, sts_answer(0, IN_AN_HOUR)),
        _ => (403, refusal("NoPermission", "not you")),
    });
    let keeper = of_role(&world);
    let refused = Arc::clone(lease(&checked(keeper.lease().await)));
    assert!(checked(keeper.refresh(&refused).await).lease.is_err());
    let after = checked(keeper.lease().await);
    assert!(matches!(failure(&after), CredentialsError::Refused { .. }));
    assert!(after.reports.is_empty(), "the failure is remembered");
}
