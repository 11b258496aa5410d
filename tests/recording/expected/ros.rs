//! Stack-group operations and their results.

use chrono::DateTime;
use optrail::model::UtcMillis;
use optrail::sandbox::{Amount, DriftDetail, RosOperation, Row, Truth};
use rusqlite::types::Value;

use super::{
    Expectation, Fields, Operation, Seen, common_history, history_of_operation, instant,
    instants_of_operation, is_final, key, number, operations, optional_text, own_current,
    own_history, phase_of, text, versions,
};

/// Looks at an ended operation after which it is asked daily only, because its rows did not end.
const UNSETTLED_LOOKS: usize = 5;

/// Everything recorded of all stack-group operations.
pub(super) fn expectations(truth: &Truth) -> Vec<Expectation> {
    let mut all = truth.ros.clone();
    all.sort_by(|a, b| a.operation_id.cmp(&b.operation_id));
    let (mut common, mut own, mut lists) = (Vec::new(), Vec::new(), Vec::new());
    let (mut newest, mut result_versions, mut results) = (Vec::new(), Vec::new(), Vec::new());
    for operation in &all {
        let looks = instants_of_operation(truth, "GetStackGroupOperation", &operation.operation_id);
        let seen = versions(looks.iter().map(|at| (*at, fields(operation, *at))));
        let (shared, with_fields) = history_of_operation(
            "ros",
            &operation.operation_id,
            &seen,
            trimmed_status,
            phase_of,
        );
        common.extend(shared);
        own.extend(with_fields);
        lists.extend((1..=seen.len()).flat_map(|version| list_rows(operation, version)));
        newest.push(operation_row(operation, &looks, &seen));
        let mut rows: Vec<Row> = (0..operation.row_count())
            .map(|number| operation.row(number).unwrap())
            .collect();
        rows.sort_by(|a, b| (&a.account_id, &a.region_id).cmp(&(&b.account_id, &b.region_id)));
        for row in &rows {
            let seen = versions_of_row(row, &looks);
            result_versions.extend(history_of_row(operation, row, &seen));
            results.extend(newest_of_row(operation, row, &seen));
        }
    }
    let names: Vec<&str> = all
        .first()
        .map(|operation| fields(operation, truth.at))
        .unwrap_or_default()
        .iter()
        .map(|(name, _)| *name)
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    vec![
        common_history("ros", common),
        own_current("ros_operations", &names, &own),
        own_history("ros_operation_history", &names, own),
        operations("ros", newest),
        Expectation {
            sql: "SELECT operation_id, version, list, position, value FROM ros_operation_lists \
                  ORDER BY operation_id, version, list, position"
                .to_owned(),
            rows: lists,
        },
        Expectation {
            sql: "SELECT service, account_id, region_id, operation_id, resource_name, kind, target_account_id, \
                  target_region_id, folder_id, version, status, phase, status_reason, present, first_seen_at, \
                  last_seen_at, replaced_at, is_current, changed FROM result_history \
                  ORDER BY operation_id, target_account_id, target_region_id, version"
                .to_owned(),
            rows: result_versions,
        },
        Expectation {
            sql: "SELECT service, account_id, region_id, operation_id, resource_name, kind, target_account_id, \
                  target_region_id, folder_id, version, status, phase, status_reason, present, first_seen_at, \
                  last_seen_at FROM results ORDER BY operation_id, target_account_id, target_region_id"
                .to_owned(),
            rows: results,
        },
    ]
}

/// A time as the service writes it, and the instant that it means.
fn written(operation: &RosOperation, at: UtcMillis) -> (UtcMillis, String) {
    let whole = UtcMillis(at.0.div_euclid(1000) * 1000);
    let seconds = if operation.spec.one_digit_seconds {
        "%-S"
    } else {
        "%S"
    };
    let form = format!("%Y-%m-%dT%H:%M:{seconds}");
    let text = DateTime::from_timestamp_millis(whole.0)
        .unwrap()
        .format(&form);
    (whole, text.to_string())
}

fn started_at(operation: &RosOperation) -> (UtcMillis, String) {
    written(operation, operation.spec.status.steps()[0].0)
}

/// Every field that GetStackGroupOperation showed at `at`.
fn fields(operation: &RosOperation, at: UtcMillis) -> Fields {
    let spec = &operation.spec;
    let status = operation.status_at(at).unwrap_or_default();
    let ended_at = operation.ended_at(at).map(|at| written(operation, at).1);
    let list = |items: &Vec<String>| Value::Text(serde_json::to_string(items).unwrap());
    let targets = spec.deployment_targets.as_ref();
    let preferences = spec.preferences.as_ref();
    let tolerance = preferences.map(|p| p.failure_tolerance);
    let concurrent = preferences.map(|p| p.max_concurrent);
    let drift = spec.drift.as_ref().and_then(|drift| drift.at(at));
    let of_drift =
        |read: fn(&DriftDetail) -> u32| drift.map_or(Value::Null, |detail| number(read(detail)));
    vec![
        ("action", text(&spec.action)),
        ("status", text(&status)),
        (
            "operation_description",
            optional_text(spec.description.as_deref()),
        ),
        ("stack_group_id", text(&operation.stack_group_id)),
        ("stack_group_name", text(&spec.stack_group_name)),
        ("create_time", Value::Text(started_at(operation).1)),
        ("end_time", optional_text(ended_at.as_deref())),
        (
            "administration_role_name",
            optional_text(spec.administration_role_name.as_deref()),
        ),
        (
            "execution_role_name",
            optional_text(spec.execution_role_name.as_deref()),
        ),
        (
            "retain_stacks",
            spec.retain_stacks.map_or(Value::Null, number),
        ),
        (
            "account_ids",
            targets.map_or(Value::Null, |t| list(&t.account_ids)),
        ),
        (
            "rd_folder_ids",
            targets.map_or(Value::Null, |t| list(&t.folder_ids)),
        ),
        (
            "region_ids_order",
            preferences.map_or(Value::Null, |p| list(&p.region_ids_order)),
        ),
        ("failure_tolerance_count", count(tolerance)),
        ("failure_tolerance_percentage", percentage(tolerance)),
        ("max_concurrent_count", count(concurrent)),
        ("max_concurrent_percentage", percentage(concurrent)),
        (
            "drift_detection_status",
            optional_text(drift.map(|detail| &*detail.detection_status)),
        ),
        (
            "stack_group_drift_status",
            optional_text(drift.map(|detail| &*detail.drift_status)),
        ),
        (
            "drift_detection_time",
            drift
                .and_then(|detail| detail.detection_time)
                .map_or(Value::Null, |at| Value::Text(written(operation, at).1)),
        ),
        (
            "total_stack_instances_count",
            of_drift(|d| d.drifted + d.in_sync + d.in_progress + d.failed + d.cancelled),
        ),
        ("drifted_stack_instances_count", of_drift(|d| d.drifted)),
        ("in_sync_stack_instances_count", of_drift(|d| d.in_sync)),
        (
            "in_progress_stack_instances_count",
            of_drift(|d| d.in_progress),
        ),
        ("failed_stack_instances_count", of_drift(|d| d.failed)),
        ("cancelled_stack_instances_count", of_drift(|d| d.cancelled)),
    ]
}

fn count(amount: Option<Amount>) -> Value {
    match amount {
        Some(Amount::Count(count)) => number(count),
        _ => Value::Null,
    }
}

fn percentage(amount: Option<Amount>) -> Value {
    match amount {
        Some(Amount::Percentage(percentage)) => number(percentage),
        _ => Value::Null,
    }
}

fn raw_status(fields: &Fields) -> String {
    match &fields[1] {
        ("status", Value::Text(status)) => status.clone(),
        other => panic!("{other:?} is no status"),
    }
}

fn trimmed_status(fields: &Fields) -> String {
    raw_status(fields).trim().to_owned()
}

/// The rows of `ros_operation_lists` of one version.
fn list_rows(operation: &RosOperation, version: usize) -> Vec<Vec<Value>> {
    let spec = &operation.spec;
    let targets = spec.deployment_targets.as_ref();
    let lists = [
        ("account_ids", targets.map(|t| &t.account_ids)),
        ("rd_folder_ids", targets.map(|t| &t.folder_ids)),
        (
            "region_ids_order",
            spec.preferences.as_ref().map(|p| &p.region_ids_order),
        ),
    ];
    let mut rows = Vec::new();
    for (list, items) in lists {
        for (position, item) in (1_i64..).zip(items.into_iter().flatten()) {
            rows.push(vec![
                text(&operation.operation_id),
                number(i64::try_from(version).unwrap()),
                text(list),
                number(position),
                text(item),
            ]);
        }
    }
    rows
}

fn operation_row(
    operation: &RosOperation,
    looks: &[UtcMillis],
    seen: &[Seen<Fields>],
) -> Vec<Value> {
    let (first, last) = (looks[0], looks[looks.len() - 1]);
    let newest = &seen[seen.len() - 1].state;
    let phase = phase_of(&trimmed_status(newest));
    let phases: Vec<&str> = (0..operation.row_count())
        .filter_map(|number| operation.row(number).unwrap().history.at(last)?.clone())
        .map(|state| phase_of(state.status.trim()))
        .collect();
    let of_phase = |phase: &str| phases.iter().filter(|p| **p == phase).count();
    let counts = [
        phases.len(),
        of_phase("succeeded"),
        of_phase("failed"),
        of_phase("cancelled"),
    ];
    let final_looks = looks
        .iter()
        .filter(|at| is_final(phase_of(operation.status_at(**at).unwrap().trim())));
    let watch_state = match phase {
        phase if !is_final(phase) => "active",
        _ if phases.iter().all(|phase| is_final(phase)) => "settled",
        _ if final_looks.count() >= UNSETTLED_LOOKS => "unsettled",
        _ => "active",
    };
    Operation {
        key: key("ros", &operation.operation_id),
        kind: text(&operation.spec.action),
        resource_id: text(&operation.stack_group_id),
        resource_name: text(&operation.spec.stack_group_name),
        status: trimmed_status(newest),
        status_raw: raw_status(newest),
        phase,
        has_failures: number(phase == "failed" || of_phase("failed") > 0),
        reason: Value::Null,
        started_at: Some(started_at(operation)),
        ended_at: operation.ended_at(last).map(|at| written(operation, at)),
        counts: counts.map(|count| number(i64::try_from(count).unwrap())),
        counted_at: instant(last),
        first_seen_at: first,
        last_seen_at: last,
        version: seen.len(),
        watch_state,
    }
    .row()
}

/// What a row said: raw status and reason; `present` is false for what it said last before it went.
#[derive(Clone, PartialEq)]
struct Said {
    status: String,
    reason: Option<String>,
    present: bool,
}

/// Every list was read twice where it lacked a row, so that a row is gone with the look that lacked it.
fn versions_of_row(row: &Row, looks: &[UtcMillis]) -> Vec<Seen<Said>> {
    let mut last: Option<Said> = None;
    let said = looks.iter().filter_map(|at| {
        let now = row.history.at(*at).cloned().flatten();
        let said = match now {
            Some(state) => Some(Said {
                status: state.status.into_owned(),
                reason: state.reason.map(|reason| reason.into_owned()),
                present: true,
            }),
            None => last.clone().map(|said| Said {
                present: false,
                ..said
            }),
        };
        last.clone_from(&said);
        Some((*at, said?))
    });
    versions(said)
}

/// What both views of results say first.
fn row_so_far(
    operation: &RosOperation,
    row: &Row,
    version: usize,
    seen: &Seen<Said>,
) -> Vec<Value> {
    let status = seen.state.status.trim();
    let mut cells = key("ros", &operation.operation_id);
    cells.extend([
        text(&operation.spec.stack_group_name),
        text(&operation.spec.action),
        text(&row.account_id),
        text(&row.region_id),
        optional_text(row.folder_id.as_deref()),
        number(i64::try_from(version).unwrap()),
        text(status),
        text(phase_of(status)),
        optional_text(seen.state.reason.as_deref()),
        number(seen.state.present),
    ]);
    cells
}

fn history_of_row(operation: &RosOperation, row: &Row, seen: &[Seen<Said>]) -> Vec<Vec<Value>> {
    let rows = seen.iter().enumerate().map(|(number_before, version)| {
        let mut cells = row_so_far(operation, row, number_before + 1, version);
        let before = number_before.checked_sub(1).map(|before| &seen[before]);
        cells.extend([
            instant(version.first),
            instant(version.last),
            version.replaced.map_or(Value::Null, instant),
            number(version.replaced.is_none()),
            before.map_or(Value::Null, |before| {
                changed_of_row(&before.state, &version.state)
            }),
        ]);
        cells
    });
    rows.collect()
}

fn changed_of_row(before: &Said, after: &Said) -> Value {
    let differences = [
        ("status", before.status != after.status),
        ("status_reason", before.reason != after.reason),
        ("present", before.present != after.present),
    ];
    let names = differences.iter().filter(|(_, differs)| *differs);
    let names: Vec<&str> = names.map(|(name, _)| *name).collect();
    Value::Text(serde_json::to_string(&names).unwrap())
}

fn newest_of_row(operation: &RosOperation, row: &Row, seen: &[Seen<Said>]) -> Option<Vec<Value>> {
    let newest = seen.last()?;
    let held = match seen {
        [.., held, gone] if !gone.state.present => held,
        _ => newest,
    };
    let mut cells = row_so_far(operation, row, seen.len(), newest);
    cells.extend([instant(seen[0].first), instant(held.last)]);
    Some(cells)
}
