//! One account: credentials, whose they are, and what a few harmless calls with them tell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::probe::{Probe, ask, harmless};
use super::{Check, Topic, reach};
use crate::cloud::Lease;
use crate::collect::account::Account;
use crate::collect::fleet::mistaken;
use crate::collect::sealed::Sealed;
use crate::model::{Action, Outcome};

/// Accounts that are asked at the same time: each has a few requests in flight.
const ACCOUNTS_AT_ONCE: usize = 64;

/// An account to be looked at.
pub struct Patient {
    /// The account.
    pub account: Arc<Account>,
    /// The calls that recording it takes.
    pub actions: BTreeSet<Action>,
    /// A region in which it is asked.
    pub region_id: String,
    /// The account that its credentials belonged to in the last run.
    pub before: Option<String>,
}

/// Looks at all of them at the same time, and tells in their order.
///
/// # Errors
/// [`tokio::task::JoinError`] where one of the looks panicked.
pub async fn examine_accounts(
    patients: Vec<Patient>,
) -> Result<Vec<Check>, tokio::task::JoinError> {
    let room = Arc::new(Semaphore::new(ACCOUNTS_AT_ONCE));
    let looks: Vec<_> = patients
        .into_iter()
        .map(|patient| {
            let room = Arc::clone(&room);
            tokio::spawn(async move {
                // Never closed; if it were, to ask at once would be as well.
                let _room = room.acquire().await;
                examine(Arc::new(patient)).await
            })
        })
        .collect();
    let mut examined = Vec::new();
    for look in looks {
        examined.push(look.await?);
    }
    tell_twins(&mut examined);
    Ok(examined.into_iter().flat_map(|one| one.checks).collect())
}

/// What was found of one account.
struct Examined {
    label: String,
    /// Whose its credentials are, where that is known and as it should be.
    account_id: Option<String>,
    checks: Vec<Check>,
}

/// Says of each account that another before it is the same one.
fn tell_twins(examined: &mut [Examined]) {
    let mut first_of: BTreeMap<String, String> = BTreeMap::new();
    for one in examined {
        let Some(account_id) = &one.account_id else {
            continue;
        };
        let Some(first) = first_of.get(account_id) else {
            first_of.insert(account_id.clone(), one.label.clone());
            continue;
        };
        let twin = Check::warning(
            Topic::Identity,
            format!(
                "accounts '{first}' and '{}' are both {account_id}: everything is asked twice",
                one.label
            ),
            "remove one of them from the configuration, or give it the credentials that it is meant to have",
        )
        .of_account(&one.label);
        let identities = one.checks.iter_mut();
        for check in identities.filter(|check| check.topic == Topic::Identity) {
            *check = twin.clone();
        }
    }
}

async fn examine(patient: Arc<Patient>) -> Examined {
    let label = patient.account.label.clone();
    let (checks, account_id) = match patient.account.keeper.lease().await.lease {
        Ok(lease) => examine_with(&patient, lease).await,
        Err(error) => {
            let failed = Check::failed(Topic::Credentials, &error.to_string());
            let checks: Vec<Check> = std::iter::once(failed)
                .chain(skipped(&AFTER_CREDENTIALS, "there are no credentials"))
                .collect();
            (checks, None)
        }
    };
    let checks = checks
        .into_iter()
        .map(|check| check.of_account(&label))
        .collect();
    Examined {
        label,
        account_id,
        checks,
    }
}

/// What cannot be told without credentials.
const AFTER_CREDENTIALS: [Topic; 4] = [
    Topic::Identity,
    Topic::Permissions,
    Topic::Endpoints,
    Topic::Clock,
];

fn skipped(topics: &[Topic], why: &str) -> Vec<Check> {
    let topics = topics.iter();
    topics.map(|topic| Check::skipped(*topic, why)).collect()
}

/// What its credentials lead to, and whose they are if they are as they should be.
async fn examine_with(patient: &Arc<Patient>, lease: Arc<Lease>) -> (Vec<Check>, Option<String>) {
    let mut checks = vec![credentials(&lease)];
    let sealed = Arc::new(Sealed::new(lease));
    let client = &patient.account.client;
    let asked = crate::services::sts::caller_identity();
    let first = ask(client, &sealed, &asked).await;
    let identity = identity(patient, &first);
    let why_not = match (first.outcome, &identity) {
        (Outcome::Credential, _) => Some("the credentials are refused"),
        (Outcome::Clock, _) => Some("the clock is refused"),
        (Outcome::Ok, check) if check.health.is_finding() => {
            Some("the credentials are of another account")
        }
        _ => None,
    };
    let is_known = !identity.health.is_finding();
    let found = first.identity.as_ref().filter(|_| is_known);
    let account_id = found.map(|found| found.account_id.clone());
    checks.push(identity);
    let mut probes = vec![first];
    match why_not {
        Some(why) => checks.push(Check::skipped(Topic::Permissions, why)),
        None => {
            let of_actions = probe_actions(patient, &sealed).await;
            checks.push(reach::permissions(&of_actions));
            probes.extend(of_actions);
        }
    }
    checks.push(reach::endpoints(&probes, &client.config().endpoints));
    checks.push(clock(&probes));
    (checks, account_id)
}

fn credentials(lease: &Lease) -> Check {
    let credentials = &lease.credentials;
    let mut detail = format!(
        "{}, key …{}",
        credentials.origin(),
        credentials.key_id_tail()
    );
    if let Some(end) = lease.expires_at {
        detail.push_str(&format!(", until {}", end.to_seconds_text()));
    }
    Check::ok(Topic::Credentials, detail)
}

/// Whose they are, and whether that is who is meant.
fn identity(patient: &Patient, probe: &Probe) -> Check {
    let Some(identity) = &probe.identity else {
        let said = format!("{}: {}", probe.action, probe.said());
        let advice = match probe.outcome {
            Outcome::Credential => "renew or enable the key, or choose other credentials",
            Outcome::Clock => "set the clock of this machine",
            Outcome::Unreachable | Outcome::Truncated | Outcome::InvalidAnswer => {
                return Check::skipped(Topic::Identity, "not known, for want of an answer");
            }
            _ => "run this again; without an identity no run asks for anything",
        };
        return Check::error(Topic::Identity, said, advice);
    };
    let before = patient.before.as_deref();
    match mistaken(&patient.account, &identity.account_id, before) {
        Some(text) => Check::failed(Topic::Identity, &text),
        None => {
            let arn = identity.arn.as_deref().unwrap_or("no ARN");
            Check::ok(
                Topic::Identity,
                format!("account {}, {arn}", identity.account_id),
            )
        }
    }
}

/// The harmless calls, all at the same time.
async fn probe_actions(patient: &Arc<Patient>, sealed: &Arc<Sealed>) -> Vec<Probe> {
    let requests = patient
        .actions
        .iter()
        .filter_map(|action| harmless(*action, &patient.region_id));
    let calls: Vec<_> = requests
        .map(|request| {
            let (patient, sealed) = (Arc::clone(patient), Arc::clone(sealed));
            tokio::spawn(async move { ask(&patient.account.client, &sealed, &request).await })
        })
        .collect();
    let mut probes = Vec::with_capacity(calls.len());
    for call in calls {
        // A call that panicked tells nothing; the others do.
        probes.extend(call.await);
    }
    probes
}

/// By the answer that took the least time, which says most.
fn clock(probes: &[Probe]) -> Check {
    let offsets = probes.iter().filter_map(|probe| probe.offset);
    match offsets.min_by_key(|offset| offset.round_trip_ms) {
        Some(offset) => offset.check(),
        None => Check::skipped(Topic::Clock, "no answer said what time it is"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    fn examined(label: &str, account_id: Option<&str>) -> Examined {
        let topics = [Topic::Credentials, Topic::Identity];
        Examined {
            label: label.to_owned(),
            account_id: account_id.map(str::to_owned),
            checks: topics
                .map(|topic| Check::ok(topic, "").of_account(label))
                .to_vec(),
        }
    }

    #[test]
    fn two_names_of_one_account_are_told_of_the_later() {
        let mut all = [
            examined("prod", Some("1")),
            examined("other", Some("2")),
            examined("unknown", None),
            examined("bad", Some("1")),
            examined("lost", None),
        ];
        tell_twins(&mut all);
        let findings: Vec<&Check> = all
            .iter()
            .flat_map(|one| &one.checks)
            .filter(|check| check.health.is_finding())
            .collect();
        assert_eq!(findings.len(), 1, "{findings:?}");
        let told = findings[0];
        assert_eq!(
            (told.topic, told.health),
            (Topic::Identity, Health::Warning)
        );
        assert_eq!(told.account.as_deref(), Some("bad"));
        assert!(
            told.detail
                .starts_with("accounts 'prod' and 'bad' are both 1:")
        );
    }
}
