//! The line of JSON that a run leaves for machines.

use serde_json::{Map, Value, json};

use super::RoundEnd;
use super::ask::Failure;
use crate::evidence::digest::Digest;
use crate::model::UtcMillis;

/// One line for a run, without a line feed: names and order are the contract's; counts are integers, ids
/// are strings.
pub fn summary_line(end: &RoundEnd) -> String {
    let row = &end.row;
    let counts = &row.counts;
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| {
        line.insert(name.to_owned(), value);
    };
    put("run_id", json!(row.run_id.to_string()));
    put("started_at", json!(end.started_at.to_string()));
    put("ended_at", json!(row.ended_at.map(|ms| UtcMillis(ms).to_string())));
    put("duration_ms", json!(row.ended_at.map(|ms| ms - end.started_at.0)));
    put("outcome", json!(row.outcome));
    for (name, count) in [
        ("watches_due", row.watches_due),
        ("watches_polled", row.watches_polled),
        ("watches_failed", row.watches_failed),
        ("watches_deferred", row.watches_deferred),
        ("operations_new", counts.operations_new),
        ("versions_new", counts.versions_new),
        ("looks_unchanged", counts.looks_unchanged),
        ("results_seen", counts.results_seen),
        ("listings_complete", counts.listings_complete),
        ("listings_incomplete", counts.listings_incomplete),
        ("not_found", row.not_found),
        ("expired_unseen", row.expired_unseen),
        ("requests", counts.requests),
        ("retries", counts.retries),
        ("throttled", counts.throttled),
        ("bytes_received", row.bytes_received),
        ("evidence_size", end.evidence_size),
    ] {
        put(name, json!(count));
    }
    put("evidence_root", json!(Digest(end.evidence_root).to_string()));
    put("errors", Value::Array(end.failures.iter().map(error).collect()));
    Value::Object(line).to_string()
}

fn error(failure: &Failure) -> Value {
    json!({
        "account_id": failure.account_id,
        "service": failure.action.service().as_str(),
        "action": failure.action.as_str(),
        "region_id": failure.region_id,
        "operation_id": failure.operation_id,
        "outcome": failure.outcome.as_str(),
        "code": failure.code,
        "message": failure.message,
        "request_id": failure.request_id,
    })
}
