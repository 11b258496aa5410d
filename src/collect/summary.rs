//! The line of JSON that a run leaves for machines.

use serde::Serialize;

use super::RoundEnd;
use super::failures::Failure;
use crate::evidence::digest::Digest;
use crate::model::{Action, UtcMillis};

/// The line, field by field. Counts are integers, ids are strings.
#[derive(Serialize)]
struct Summary<'a> {
    run_id: String,
    started_at: String,
    ended_at: Option<String>,
    duration_ms: Option<i64>,
    outcome: &'a str,
    watches_due: i64,
    watches_polled: i64,
    watches_failed: i64,
    watches_deferred: i64,
    operations_new: i64,
    versions_new: i64,
    looks_unchanged: i64,
    results_seen: i64,
    listings_complete: i64,
    listings_incomplete: i64,
    not_found: i64,
    expired_unseen: i64,
    requests: i64,
    retries: i64,
    throttled: i64,
    bytes_received: i64,
    evidence_size: i64,
    evidence_root: String,
    errors: Vec<ErrorEntry<'a>>,
}

#[derive(Serialize)]
struct ErrorEntry<'a> {
    account: &'a str,
    account_id: Option<&'a str>,
    service: Option<&'a str>,
    action: Option<&'a str>,
    region_id: Option<&'a str>,
    operation_id: Option<&'a str>,
    stack_group_name: Option<&'a str>,
    outcome: &'a str,
    code: Option<&'a str>,
    message: Option<&'a str>,
    request_id: Option<&'a str>,
}

/// One line for a run, without a line feed.
pub fn summary_line(end: &RoundEnd) -> String {
    let row = &end.row;
    let counts = &row.counts;
    let summary = Summary {
        run_id: row.run_id.to_string(),
        started_at: end.started_at.to_string(),
        ended_at: row.ended_at.map(|ms| UtcMillis(ms).to_string()),
        duration_ms: row.ended_at.map(|ms| ms - end.started_at.0),
        outcome: row.outcome.as_str(),
        watches_due: row.watches_due,
        watches_polled: row.watches_polled,
        watches_failed: row.watches_failed,
        watches_deferred: row.watches_deferred,
        operations_new: counts.operations_new,
        versions_new: counts.versions_new,
        looks_unchanged: counts.looks_unchanged,
        results_seen: counts.results_seen,
        listings_complete: counts.listings_complete,
        listings_incomplete: counts.listings_incomplete,
        not_found: row.not_found,
        expired_unseen: row.expired_unseen,
        requests: counts.requests,
        retries: counts.retries,
        throttled: counts.throttled,
        bytes_received: row.bytes_received,
        evidence_size: end.evidence_size,
        evidence_root: Digest(end.evidence_root).to_string(),
        errors: end.failures.iter().map(error_entry).collect(),
    };
    // Strings and numbers always serialize.
    serde_json::to_string(&summary).unwrap_or_default()
}

fn error_entry(failure: &Failure) -> ErrorEntry<'_> {
    ErrorEntry {
        account: &failure.label,
        account_id: failure.account_id.as_deref(),
        service: failure.action.map(|action| action.service().as_str()),
        action: failure.action.map(Action::as_str),
        region_id: failure.region_id.as_deref(),
        operation_id: failure.operation_id.as_deref(),
        stack_group_name: failure.stack_group_name.as_deref(),
        outcome: failure.outcome,
        code: failure.code.as_deref(),
        message: failure.message.as_deref(),
        request_id: failure.request_id.as_deref(),
    }
}
