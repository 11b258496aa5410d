//! The oracle's knowledge in the columns of the views.

use std::collections::BTreeMap;

use optrail::model::{Service, UtcMillis};
use serde_json::{Value, json};

use super::chronicle::{Stretch, Version};
use super::words::{Phase, trimmed};
use super::{Listing, Operation, Oracle, Target};
use crate::world::{self, ACCOUNT, World};

/// The rows of each view, in any order.
pub fn expected(world: &World, oracle: &Oracle) -> BTreeMap<&'static str, Vec<Value>> {
    let mut views: BTreeMap<&'static str, Vec<Value>> = BTreeMap::new();
    let mut add = |view, key: &Value, row: Value| {
        views.entry(view).or_default().push(joined(key, row));
    };
    for (number, operation) in &oracle.operations {
        let truth = &world.operations[*number];
        let key = key(truth);
        if !operation.own.versions.is_empty() {
            let listings: Vec<&Listing> = oracle
                .listings
                .iter()
                .filter(|listing| listing.op == *number)
                .collect();
            add(
                "operations",
                &key,
                operation_row(truth.service, operation, &listings),
            );
        }
        for (version, index) in operation.own.versions.iter().zip(1..) {
            add("operation_history", &key, history_row(version, index));
        }
        for (stretch, index) in operation.own.stretches.iter().zip(1..) {
            let row = joined(&stretch_row(stretch, index), cloud_times(stretch));
            add("operation_timeline", &key, row.clone());
            let scope =
                json!({"scope": "operation", "target_account_id": null, "target_region_id": null});
            add("status_timeline", &key, joined(&scope, row));
        }
        for (target, chronicle) in &operation.results {
            let key = joined(&key, target_key(target));
            if let Some(newest) = chronicle.newest() {
                let about = about(operation);
                let held = chronicle
                    .versions
                    .iter()
                    .rev()
                    .find(|version| version.is_present);
                let last_seen_at = held.map(|version| version.last_seen_at);
                let first_seen_at = chronicle.versions[0].shown.received_at;
                let seen = json!({
                    "first_seen_at": time(Some(first_seen_at)), "last_seen_at": time(last_seen_at),
                });
                let row = result_columns(newest, chronicle.versions.len());
                add("results", &key, joined(&about, joined(&row, seen)));
            }
            for (version, index) in chronicle.versions.iter().zip(1..) {
                let row = joined(&result_columns(version, index), version_columns(version));
                let listing = json!({"listing_id": version.listing_id});
                add(
                    "result_history",
                    &key,
                    joined(&about(operation), joined(&listing, row)),
                );
            }
            for (stretch, index) in chronicle.stretches.iter().zip(1..) {
                let row = stretch_row(stretch, index);
                add("result_timeline", &key, row.clone());
                let result =
                    json!({"scope": "result", "cloud_started_at": null, "cloud_ended_at": null});
                add("status_timeline", &key, joined(&result, row));
            }
        }
    }
    for listing in &oracle.listings {
        add(
            "listings",
            &key(&world.operations[listing.op]),
            listing_row(listing),
        );
    }
    views
}

/// The key of an operation.
pub fn key(operation: &world::Operation) -> Value {
    json!({
        "service": operation.service.as_str(),
        "account_id": ACCOUNT,
        "region_id": operation.region_id,
        "operation_id": operation.operation_id,
    })
}

fn target_key((account_id, region_id): &Target) -> Value {
    json!({"target_account_id": account_id, "target_region_id": region_id})
}

/// Both objects in one.
fn joined(one: &Value, other: Value) -> Value {
    let mut all = one.as_object().expect("an object").clone();
    all.extend(other.as_object().expect("an object").clone());
    Value::Object(all)
}

/// An instant as the views write it.
pub fn time(at: Option<i64>) -> Value {
    at.map_or(Value::Null, |at| Value::from(UtcMillis(at).to_string()))
}

fn history_row(version: &Version, number: usize) -> Value {
    let status = trimmed(&version.state.field("status"));
    let row = json!({
        "version": number,
        "phase": Phase::of(&status).0,
        "status": status,
        "exchange_id": version.shown.sequence,
    });
    joined(&row, version_columns(version))
}

fn version_columns(version: &Version) -> Value {
    json!({
        "first_seen_at": time(Some(version.shown.received_at)),
        "last_seen_at": time(Some(version.last_seen_at)),
        "replaced_at": time(version.replaced_at),
        "is_current": i64::from(version.replaced_at.is_none()),
        "changed": version.changed,
    })
}

fn result_columns(version: &Version, number: usize) -> Value {
    let status = trimmed(&version.state.field("status"));
    json!({
        "version": number,
        "phase": Phase::of(&status).0,
        "status": status,
        "status_reason": version.state.field("status_reason"),
        "folder_id": version.state.field("folder_id"),
        "present": i64::from(version.is_present),
    })
}

/// What the rows of results say of their operation, as last seen.
fn about(operation: &Operation) -> Value {
    let newest = operation.own.newest();
    let field = |name| newest.map_or(Value::Null, |version| version.state.field(name));
    json!({"resource_name": field("stack_group_name"), "kind": field("action")})
}

fn stretch_row(stretch: &Stretch, number: usize) -> Value {
    let reason = match stretch.state.field("reason") {
        Value::Null => stretch.state.field("status_reason"),
        reason => reason,
    };
    json!({
        "sequence": number,
        "status": stretch.status,
        "phase": stretch.phase.0,
        "reason": reason,
        "entered_earliest_at": time(stretch.entered_earliest),
        "entered_latest_at": time(Some(stretch.shown.received_at)),
        "left_earliest_at": time(Some(stretch.left_earliest())),
        "left_latest_at": time(stretch.left_latest),
        "min_duration_seconds": stretch.min_duration_seconds(),
        "max_duration_seconds": stretch.max_duration_seconds(),
        "looks": stretch.looks.len(),
        "widest_look_gap_seconds": stretch.widest_look_gap_seconds(),
    })
}

fn cloud_times(stretch: &Stretch) -> Value {
    json!({
        "cloud_started_at": time(stretch.state.cloud_started_at),
        "cloud_ended_at": time(stretch.state.cloud_ended_at),
    })
}

fn operation_row(service: Service, operation: &Operation, listings: &[&Listing]) -> Value {
    let newest = operation.own.newest().expect("seen");
    let state = &newest.state;
    let status = trimmed(&state.field("status"));
    let phase = Phase::of(&status);
    let kind = match service {
        Service::Alidns => state.field("batch_type"),
        Service::Ros | Service::Bpstudio | Service::Sts => state.field("action"),
    };
    let row = json!({
        "kind": kind,
        "resource_id": state.field("stack_group_id"),
        "resource_name": state.field("stack_group_name"),
        "status": status,
        "status_raw": match state.field("status") {
            Value::Number(number) => Value::from(number.to_string()),
            word => word,
        },
        "phase": phase.0,
        "is_final": i64::from(phase.is_final()),
        "reason": state.field("reason"),
        "first_seen_at": time(Some(operation.own.versions[0].shown.received_at)),
        "last_seen_at": time(Some(operation.last_seen_at)),
        "version": operation.own.versions.len(),
        "cloud_started_at": time(state.cloud_started_at),
        "cloud_ended_at": time(state.cloud_ended_at),
    });
    let counts = match service {
        Service::Alidns => json!({
            "total_count": state.field("total_count"),
            "succeeded_count": state.field("success_count"),
            "failed_count": state.field("failed_count"),
            "cancelled_count": null,
            "counted_at": time(Some(operation.last_seen_at)),
            "has_failures": alidns_failures(phase, &state.field("failed_count")),
        }),
        Service::Ros | Service::Bpstudio | Service::Sts => listing_counts(phase, listings),
    };
    joined(&row, counts)
}

fn alidns_failures(phase: Phase, failed_count: &Value) -> Value {
    match failed_count.as_i64() {
        _ if phase.0 == "failed" => json!(1),
        Some(failed) => json!(i64::from(failed > 0)),
        None => Value::Null,
    }
}

/// Counts of the last complete listing; failures of that one or of any later one.
fn listing_counts(phase: Phase, listings: &[&Listing]) -> Value {
    let closed: Vec<_> = listings
        .iter()
        .filter(|listing| listing.is_closed)
        .collect();
    let last = closed.iter().rposition(|listing| listing.is_complete());
    let showed_failure = closed[last.unwrap_or(0)..]
        .iter()
        .any(|listing| listing.showed_failure());
    let has_failures = match last {
        _ if phase.0 == "failed" || showed_failure => json!(1),
        Some(_) => json!(0),
        None => Value::Null,
    };
    let last = last.map(|index| closed[index]);
    let count = |phase| last.map(|listing| listing.count(phase));
    json!({
        "total_count": last.map(|listing| listing.states().len()),
        "succeeded_count": count("succeeded"),
        "failed_count": count("failed"),
        "cancelled_count": count("cancelled"),
        "counted_at": time(last.and_then(|listing| listing.ended_at())),
        "has_failures": has_failures,
    })
}

fn listing_row(listing: &Listing) -> Value {
    let row = json!({"listing_id": listing.listing_id, "run_id": listing.run_id});
    if !listing.is_closed {
        let unknown = json!({
            "started_at": null, "ended_at": null, "pages": null, "page_size": null,
            "first_total_count": null, "last_total_count": null, "distinct_keys": null, "verdict": null,
        });
        return joined(&row, unknown);
    }
    let total =
        |page: Option<&(_, crate::answers::Page)>| page.and_then(|(_, page)| page.total_count);
    let verdict = if listing.is_complete() {
        "complete"
    } else {
        "incomplete"
    };
    let columns = json!({
        "started_at": time(listing.started_at()),
        "ended_at": time(listing.ended_at()),
        "pages": listing.pages.len(),
        "page_size": listing.pages.first().map(|(_, page)| page.page_size),
        "first_total_count": total(listing.pages.first()),
        "last_total_count": total(listing.pages.last()),
        "distinct_keys": listing.states().len(),
        "verdict": verdict,
    });
    joined(&row, columns)
}
