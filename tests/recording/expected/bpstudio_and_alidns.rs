//! CADT operations and DNS batch tasks.

use optrail::sandbox::{BatchState, BatchTask, BpOperation, BpState, Truth};
use rusqlite::types::Value;
use sha2::{Digest, Sha256};

use super::{
    Expectation, Fields, Operation, common_history, history_of_operation, instant,
    instants_of_operation, is_final, key, number, operations, optional_text, own_current,
    own_history, phase_of, text, versions,
};

/// The columns that are compared of a CADT operation.
const BPSTUDIO_FIELDS: [&str; 5] = ["code", "response_message", "status", "message", "arguments"];

/// The columns of a DNS batch task.
const ALIDNS_FIELDS: [&str; 7] = [
    "task_id",
    "batch_type",
    "status",
    "total_count",
    "success_count",
    "failed_count",
    "reason",
];

/// Everything recorded of both.
pub(super) fn expectations(truth: &Truth) -> Vec<Expectation> {
    let mut expectations = bpstudio(truth);
    expectations.extend(alidns(truth));
    expectations
}

fn bpstudio(truth: &Truth) -> Vec<Expectation> {
    let mut all = truth.bpstudio.clone();
    all.sort_by(|a, b| a.operation_id.cmp(&b.operation_id));
    let (mut common, mut own, mut digests, mut newest) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for operation in &all {
        let id = &operation.operation_id;
        let looks = instants_of_operation(truth, "GetExecuteOperationResult", id);
        let answered: Vec<_> = looks
            .iter()
            .filter_map(|at| Some((*at, operation.state_at(*at)?)))
            .collect();
        let Some((last_seen_at, last)) = answered.last().copied() else {
            continue;
        };
        let seen = versions(answered.iter().map(|(at, state)| (*at, of_bp(state))));
        let (shared, with_fields) =
            history_of_operation("bpstudio", id, &seen, bp_status, phase_of);
        common.extend(shared);
        own.extend(with_fields);
        digests.push(vec![
            text(id),
            digest(&last.message),
            digest(&last.arguments),
        ]);
        let has_died = looks.last() != Some(&last_seen_at);
        newest.push(bp_row(operation, last, has_died, |row| {
            row.first_seen_at = answered[0].0;
            row.last_seen_at = last_seen_at;
            row.version = seen.len();
        }));
    }
    vec![
        common_history("bpstudio", common),
        own_current("bpstudio_operations", &BPSTUDIO_FIELDS, &own),
        own_history("bpstudio_operation_history", &BPSTUDIO_FIELDS, own),
        operations("bpstudio", newest),
        Expectation {
            sql: "SELECT operation_id, message_sha256, arguments_sha256 FROM bpstudio_operations ORDER BY operation_id"
                .to_owned(),
            rows: digests,
        },
    ]
}

fn of_bp(state: &BpState) -> Fields {
    vec![
        ("code", text("200")),
        ("response_message", text("")),
        ("status", text(&state.status)),
        ("message", text(&state.message)),
        ("arguments", text(&state.arguments)),
    ]
}

fn bp_status(fields: &Fields) -> String {
    match &fields[2] {
        ("status", Value::Text(status)) => status.trim().to_uppercase(),
        other => panic!("{other:?} is no status"),
    }
}

fn digest(content: &str) -> Value {
    let digest = Sha256::digest(content);
    Value::Text(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn bp_row(
    operation: &BpOperation,
    last: &BpState,
    has_died: bool,
    seen: impl FnOnce(&mut Operation),
) -> Vec<Value> {
    let status = last.status.trim().to_uppercase();
    let phase = phase_of(&status);
    let watch_state = match phase {
        phase if is_final(phase) => "settled",
        _ if has_died => "expired",
        _ => "active",
    };
    let has_failures = if phase == "failed" {
        number(1)
    } else {
        Value::Null
    };
    let mut row = Operation {
        key: key("bpstudio", &operation.operation_id),
        kind: Value::Null,
        resource_id: Value::Null,
        resource_name: Value::Null,
        status,
        status_raw: last.status.clone().into_owned(),
        phase,
        has_failures,
        reason: Value::Null,
        started_at: None,
        ended_at: None,
        counts: [const { Value::Null }; 4],
        counted_at: Value::Null,
        first_seen_at: operation.expires_at(),
        last_seen_at: operation.expires_at(),
        version: 0,
        watch_state,
    };
    seen(&mut row);
    row.row()
}

fn alidns(truth: &Truth) -> Vec<Expectation> {
    let mut all = truth.batches.clone();
    all.sort_by_key(|task| task.task_id.to_string());
    let (mut common, mut own, mut newest) = (Vec::new(), Vec::new(), Vec::new());
    for task in &all {
        let id = task.task_id.to_string();
        let looks = instants_of_operation(truth, "DescribeBatchResultCount", &id);
        let answered: Vec<_> = looks
            .iter()
            .filter_map(|at| Some((*at, task.state_at(*at)?)))
            .collect();
        let Some((last_seen_at, last)) = answered.last().copied() else {
            continue;
        };
        let seen = versions(
            answered
                .iter()
                .map(|(at, state)| (*at, of_batch(task, state))),
        );
        let (shared, with_fields) = history_of_operation(
            "alidns",
            &id,
            &seen,
            |fields| match &fields[2] {
                ("status", Value::Integer(status)) => status.to_string(),
                other => panic!("{other:?} is no status"),
            },
            phase_of_batch,
        );
        common.extend(shared);
        own.extend(with_fields);
        let phase = phase_of_batch(&last.status.to_string());
        newest.push(
            Operation {
                key: key("alidns", &id),
                kind: text(task.spec.batch_type.as_str()),
                resource_id: Value::Null,
                resource_name: Value::Null,
                status: last.status.to_string(),
                status_raw: last.status.to_string(),
                phase,
                has_failures: number(phase == "failed" || last.failed_count > 0),
                reason: reason(last),
                started_at: None,
                ended_at: None,
                counts: [
                    number(last.total_count),
                    number(last.success_count),
                    number(last.failed_count),
                    Value::Null,
                ],
                counted_at: instant(last_seen_at),
                first_seen_at: answered[0].0,
                last_seen_at,
                version: seen.len(),
                watch_state: if is_final(phase) { "settled" } else { "active" },
            }
            .row(),
        );
    }
    vec![
        common_history("alidns", common),
        own_current("batches", &ALIDNS_FIELDS, &own),
        own_history("batch_counts", &ALIDNS_FIELDS, own),
        operations("alidns", newest),
    ]
}

fn of_batch(task: &BatchTask, state: &BatchState) -> Fields {
    vec![
        ("task_id", text(&task.task_id.to_string())),
        ("batch_type", text(task.spec.batch_type.as_str())),
        ("status", number(state.status)),
        ("total_count", number(state.total_count)),
        ("success_count", number(state.success_count)),
        ("failed_count", number(state.failed_count)),
        ("reason", reason(state)),
    ]
}

/// Reasons were asked for in English.
fn reason(state: &BatchState) -> Value {
    optional_text(state.reason.as_ref().map(|(_, english)| &**english))
}

fn phase_of_batch(status: &str) -> &'static str {
    match status {
        "0" => "running",
        "1" => "succeeded",
        "2" => "failed",
        _ => "unknown",
    }
}
