//! Where a stack group is deployed: for each account and region the latest result, worked out by going through all
//! operations one by one.

use std::collections::BTreeMap;

use optrail::model::Service;
use serde_json::{Value, json};

use super::rows::time;
use super::words::{Phase, trimmed};
use super::{Chronicle, Operation, Oracle, Target};
use crate::coverage::Coverage;
use crate::world::{self, ACCOUNT, World};

/// When an operation was started, as the cloud tells it, and the answer that first showed it.
type Rank = (Option<i64>, i64);

/// A result of a deployment.
struct Deployed<'a> {
    rank: Rank,
    truth: &'a world::Operation,
    operation: &'a Operation,
    result: &'a Chronicle,
}

/// The rows of `targets`.
pub fn targets(world: &World, oracle: &Oracle, coverage: &mut Coverage) -> Vec<Value> {
    let mut found: BTreeMap<(&str, String, &Target), Vec<Deployed<'_>>> = BTreeMap::new();
    for (number, operation) in &oracle.operations {
        let truth = &world.operations[*number];
        let Some(newest) = operation.own.newest() else {
            continue;
        };
        let action = newest.state.field("action");
        let Value::String(group) = newest.state.field("stack_group_id") else {
            continue;
        };
        if truth.service != Service::Ros || (action != "CREATE" && action != "UPDATE") {
            continue;
        }
        let rank = (
            newest.state.cloud_started_at,
            operation.own.versions[0].shown.sequence,
        );
        for (target, result) in operation.results.iter().filter(|(_, r)| r.is_present()) {
            let deployed = Deployed {
                rank,
                truth,
                operation,
                result,
            };
            let place = (truth.region_id, group.clone(), target);
            found.entry(place).or_default().push(deployed);
        }
    }
    let rows = found.into_iter().map(|((region_id, group, target), all)| {
        let latest = all.iter().max_by_key(|deployed| deployed.rank).expect("one");
        let succeeded = all.iter().filter(|deployed| phase(deployed).0 == "succeeded");
        let success = succeeded.max_by_key(|deployed| deployed.rank);
        if all.len() > 1 {
            coverage.saw("target of several deployments");
        }
        if success.is_some_and(|success| success.rank != latest.rank) {
            coverage.saw("target whose last success is an older one");
        }
        let about = &latest.operation.own.newest().expect("seen").state;
        let state = &latest.result.newest().expect("seen").state;
        json!({
            "service": "ros", "account_id": ACCOUNT, "region_id": region_id, "resource_id": group,
            "resource_name": about.field("stack_group_name"), "kind": about.field("action"),
            "target_account_id": target.0, "target_region_id": target.1,
            "operation_id": latest.truth.operation_id, "status": trimmed(&state.field("status")),
            "phase": phase(latest).0, "status_reason": state.field("status_reason"), "since": time(Some(since(latest))),
            "last_success_at": time(success.map(since)),
            "last_success_operation_id": success.map(|success| &success.truth.operation_id),
        })
    });
    rows.collect()
}

fn phase(deployed: &Deployed<'_>) -> Phase {
    let state = &deployed.result.newest().expect("seen").state;
    Phase::of(&trimmed(&state.field("status")))
}

/// Receipt of the answer that first showed the status that it still has.
fn since(deployed: &Deployed<'_>) -> i64 {
    let stretch = deployed.result.stretches.last().expect("seen");
    stretch.shown.received_at
}
