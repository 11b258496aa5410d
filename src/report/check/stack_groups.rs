//! Drift of stack groups, and stops of which nothing came.

use super::{Finding, Kind, Quote, Scope, Status, resource};
use crate::export::shell::operand;
use crate::model::{DAY_MS, Service, UtcMillis};
use crate::store::check::{self, Drift, Stop};
use crate::store::{Connection, StoreError};

/// How long a stop that the cloud accepted may stay without effect, ms: a stop waits for the stacks under way, and
/// its status shows at the next look.
const STOP_EFFECT_DUE_MS: i64 = 15 * 60 * 1000;

/// How long a stop may be without an outcome, ms: its intent is recorded before the call, and the answer once the last
/// attempt of the call has ended, which takes a minute or two.
const STOP_OUTCOME_DUE_MS: i64 = 5 * 60 * 1000;

/// Groups that drifted as last detected, and those whose detection is too old where that is judged.
pub(super) fn drift(connection: &Connection, scope: &Scope) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let known = check::drift(connection, &scope.accounts)?;
    let is_same = |a: &Drift, b: &Drift| {
        (&a.account_id, &a.region_id, &a.stack_group_id)
            == (&b.account_id, &b.region_id, &b.stack_group_id)
    };
    for group in known.chunk_by(is_same) {
        let Some(finding) = newest(group).and_then(|drift| judged(drift, scope)) else {
            continue;
        };
        let first = &group[0];
        let (account, region) = (&first.account_id, &first.region_id);
        if !check::is_group_gone(connection, account, region, &first.stack_group_id)? {
            findings.push(finding);
        }
    }
    if findings.is_empty() {
        findings.push(Finding::well(
            Kind::Drift,
            "stack groups",
            "none is known to have drifted",
        ));
    }
    if scope.drift_max_ms.is_none() {
        let why = "how old a drift detection may be is not judged without --drift-days";
        findings.push(Finding::new(
            Kind::Drift,
            Status::Skip,
            "age of drift detections",
            why,
        ));
    }
    Ok(findings)
}

/// What was last learned of one group; `None` where somebody has given up that detection. A list of groups repeats
/// the newest detection: that is not news.
fn newest(known: &[Drift]) -> Option<&Drift> {
    let newest = known
        .iter()
        .max_by_key(|drift| (drift.detected_at, drift.sequence))?;
    let is_dealt_with = known
        .iter()
        .any(|drift| drift.is_given_up && drift.detected_at == newest.detected_at);
    (!is_dealt_with).then_some(newest)
}

fn judged(drift: &Drift, scope: &Scope) -> Option<Finding> {
    let reason = match (drift.drift_status.as_deref(), scope.drift_max_ms) {
        (Some("DRIFTED"), _) => match drift.drifted_of {
            Some((drifted, total)) => format!("DRIFTED: {drifted} of {total} stack instances"),
            None => "DRIFTED".to_owned(),
        },
        (_, Some(max_ms)) => match drift.detected_at {
            Some(at) if scope.now.0 - at.0 > max_ms => {
                format!(
                    "drift was last detected {} days ago",
                    (scope.now.0 - at.0) / DAY_MS
                )
            }
            Some(_) => return None,
            None => "drift was never detected".to_owned(),
        },
        (_, None) => return None,
    };
    let name = drift.stack_group_name.as_deref();
    let resource = resource(Service::Ros, &drift.region_id, name, &drift.stack_group_id);
    let mut finding = Finding::new(Kind::Drift, Status::Alarm, resource, reason)
        .shown_by(drift.detected_at, [drift.sequence])
        .see("optrail export drift-checks --format table");
    let key = super::Key {
        service: Service::Ros.as_str().to_owned(),
        account_id: drift.account_id.clone(),
        region_id: drift.region_id.clone(),
        operation_id: drift.operation_id.clone().unwrap_or_default(),
    };
    if let Some(id) = &drift.operation_id {
        finding.see = Some(format!("optrail show {}", operand(id)));
    }
    finding.key = Some(key);
    Some(finding)
}

/// Stops that were refused or never sent, and those that were accepted a while ago, while the operation goes on.
pub(super) fn stops(connection: &Connection, scope: &Scope) -> Result<Vec<Finding>, StoreError> {
    let stops = check::stops(connection, &scope.accounts)?;
    let due = stops.iter().filter(|stop| is_due(stop, scope.now));
    let mut findings: Vec<Finding> = due.map(stopped).collect();
    if findings.is_empty() {
        findings.push(Finding::well(
            Kind::StopWithoutEffect,
            "stops",
            "none was without effect",
        ));
    }
    Ok(findings)
}

/// Whether something should have come of a stop by now. A refusal is known at once.
fn is_due(stop: &Stop, now: UtcMillis) -> bool {
    let age_ms = now.0 - stop.at.0;
    match stop.outcome.as_deref() {
        Some("ok") => age_ms > STOP_EFFECT_DUE_MS,
        Some(_) => true,
        None => age_ms > STOP_OUTCOME_DUE_MS,
    }
}

fn stopped(stop: &Stop) -> Finding {
    let key = &stop.key;
    let resource = resource(
        key.service,
        &key.region_id,
        stop.resource_name.as_deref(),
        &key.operation_id,
    );
    let answer = match stop.outcome.as_deref() {
        Some(outcome) => format!("the answer was {outcome}"),
        None => "no call is recorded".to_owned(),
    };
    let status = stop.status.as_deref().unwrap_or("never seen");
    let user = stop.os_user.as_deref().unwrap_or("somebody");
    let reason = format!(
        "{} stopped it, and nothing came of it: {answer}, it is {}",
        Quote(user),
        Quote(status)
    );
    Finding::new(Kind::StopWithoutEffect, Status::Alarm, resource, reason)
        .of_operation(key)
        .shown_by(Some(stop.at), [stop.sequence])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OperationKey;

    fn drift(status: Option<&str>, detected_at: Option<i64>) -> Drift {
        Drift {
            account_id: "1".to_owned(),
            region_id: "r".to_owned(),
            stack_group_id: "g".to_owned(),
            stack_group_name: None,
            operation_id: None,
            drift_status: status.map(str::to_owned),
            drifted_of: None,
            detected_at: detected_at.map(UtcMillis),
            sequence: 3,
            is_given_up: false,
        }
    }

    fn reason(
        status: Option<&str>,
        detected_at: Option<i64>,
        max_days: Option<i64>,
    ) -> Option<String> {
        let drift = drift(status, detected_at);
        let scope = Scope {
            accounts: Vec::new(),
            now: UtcMillis(100 * DAY_MS),
            since: UtcMillis(0),
            drift_max_ms: max_days.map(|days| days * DAY_MS),
            overdue_since: None,
        };
        judged(&drift, &scope).map(|finding| finding.reason)
    }

    #[test]
    fn drift_is_told_however_old_and_its_age_only_when_asked() {
        assert_eq!(
            reason(Some("DRIFTED"), Some(0), None).as_deref(),
            Some("DRIFTED")
        );
        assert_eq!(reason(Some("IN_SYNC"), Some(0), None), None);
        let old = reason(Some("IN_SYNC"), Some(0), Some(99));
        assert_eq!(old.as_deref(), Some("drift was last detected 100 days ago"));
        assert_eq!(reason(Some("IN_SYNC"), Some(0), Some(100)), None);
        let never = reason(None, None, Some(100));
        assert_eq!(never.as_deref(), Some("drift was never detected"));
    }

    #[test]
    fn drift_that_was_given_up_is_told_again_when_it_is_detected_again() {
        let given_up = Drift {
            is_given_up: true,
            ..drift(Some("DRIFTED"), Some(5))
        };
        let listed = Drift {
            sequence: 9,
            ..drift(Some("DRIFTED"), Some(5))
        };
        let again = drift(Some("DRIFTED"), Some(6));
        assert_eq!(newest(&[given_up.clone(), listed.clone()]), None);
        let known = [given_up, listed, again.clone()];
        assert_eq!(newest(&known), Some(&again));
    }

    #[test]
    fn a_stop_has_time_to_be_answered_and_to_take_effect() {
        let is_due = |outcome: Option<&str>, age_ms: i64| {
            let stop = Stop {
                key: OperationKey {
                    service: Service::Ros,
                    account_id: "1".to_owned(),
                    region_id: "r".to_owned(),
                    operation_id: "o".to_owned(),
                },
                resource_name: None,
                os_user: None,
                outcome: outcome.map(str::to_owned),
                status: None,
                at: UtcMillis(0),
                sequence: 1,
            };
            is_due(&stop, UtcMillis(age_ms))
        };
        assert!(!is_due(None, STOP_OUTCOME_DUE_MS) && is_due(None, STOP_OUTCOME_DUE_MS + 1));
        assert!(is_due(Some("denied"), 0));
        assert!(
            !is_due(Some("ok"), STOP_EFFECT_DUE_MS) && is_due(Some("ok"), STOP_EFFECT_DUE_MS + 1)
        );
    }
}
