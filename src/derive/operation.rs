//! From a reading of an operation to a version: which fields are compared, which columns they fill, and
//! whether the stretch of one status goes on.
//!
//! Compared are the fields that the program knows, as sent; absent and null are the same. RequestId, HostId
//! and the like belong to the answer, not to the operation. An unknown field is shown with the version that
//! happened to have it and makes none.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::{
    BatchCount, BpstudioOperation, FieldValue, OperationState, Phase, RosOperation, VersionPlace,
    parse_cloud_time,
};
use crate::services::{Reading, embedded_json};

/// ROS writes UTC without saying so (its documentation does elsewhere).
const ROS_OFFSET_MINUTES: i32 = 0;

/// One field of a service: its column, its value, and how it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name of the column.
    pub column: &'static str,
    /// As stored.
    pub value: FieldValue,
    /// Whether and how it is compared.
    pub comparison: Comparison,
}

/// How two values of a field are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// As they are.
    Exact,
    /// JSON arrays whose order means nothing.
    Set,
    /// Not at all: it follows from another field.
    Derived,
}

/// What one answer says of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The columns that all services share.
    pub state: OperationState,
    /// The service's own columns, in the order of its table.
    pub fields: Vec<Field>,
    /// The lists of a stack-group operation, one value each.
    pub lists: Vec<(&'static str, Vec<String>)>,
}

impl Observed {
    /// The values of the fields.
    pub fn values(&self) -> Vec<FieldValue> {
        self.fields
            .iter()
            .map(|field| field.value.clone())
            .collect()
    }
}

/// What is known of the newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its place.
    pub place: VersionPlace,
    /// Its status, trimmed.
    pub status: Option<String>,
    /// The service's own columns, in the order of its table.
    pub values: Vec<FieldValue>,
}

/// The version that an answer makes, with the names of the fields that changed (none for the first).
/// `None` where it says what is known already.
pub fn next_version(
    op: i64,
    known: Option<&Known>,
    observed: &Observed,
    sequence: i64,
) -> Option<(VersionPlace, Option<Vec<&'static str>>)> {
    let Some(known) = known else {
        let place = VersionPlace {
            op,
            version: 1,
            from_sequence: sequence,
            stretch: 1,
            starts_stretch: true,
        };
        return Some((place, None));
    };
    let changed: Vec<&'static str> = observed
        .fields
        .iter()
        .zip(&known.values)
        .filter(|(field, before)| differs(field, before))
        .map(|(field, _)| field.column)
        .collect();
    if changed.is_empty() {
        return None;
    }
    let starts_stretch = known.status != observed.state.status;
    let place = VersionPlace {
        op,
        version: known.place.version + 1,
        from_sequence: sequence,
        stretch: known.place.stretch + i64::from(starts_stretch),
        starts_stretch,
    };
    Some((place, Some(changed)))
}

fn differs(field: &Field, before: &FieldValue) -> bool {
    match field.comparison {
        Comparison::Exact => field.value != *before,
        Comparison::Set => as_set(&field.value) != as_set(before),
        Comparison::Derived => false,
    }
}

/// The items of a JSON array in an order of their own; anything else as it is.
fn as_set(value: &FieldValue) -> (Option<Vec<String>>, Option<&FieldValue>) {
    let FieldValue::Text(text) = value else {
        return (None, Some(value));
    };
    match serde_json::from_str::<Vec<String>>(text) {
        Ok(mut items) => {
            items.sort_unstable();
            items.dedup();
            (Some(items), None)
        }
        Err(_) => (None, Some(value)),
    }
}

fn exact(column: &'static str, value: impl Into<FieldValue>) -> Field {
    Field {
        column,
        value: value.into(),
        comparison: Comparison::Exact,
    }
}

fn derived(column: &'static str, value: impl Into<FieldValue>) -> Field {
    Field {
        column,
        value: value.into(),
        comparison: Comparison::Derived,
    }
}

fn json_array(items: Option<&Vec<String>>) -> FieldValue {
    items.map_or(FieldValue::Null, |items| {
        FieldValue::Text(Value::from(items.clone()).to_string())
    })
}

fn unknown_fields(extra: Option<&Value>) -> Option<String> {
    extra.map(Value::to_string)
}

/// A stack-group operation.
pub fn ros(reading: &Reading<RosOperation>) -> Observed {
    let operation = &reading.value;
    let targets = operation.deployment_targets.clone().unwrap_or_default();
    let preferences = operation.operation_preferences.clone().unwrap_or_default();
    let drift = operation.drift_detection.clone().unwrap_or_default();
    let time = |raw: &Option<String>| {
        raw.as_deref()
            .and_then(|raw| parse_cloud_time(raw, ROS_OFFSET_MINUTES))
    };
    let state = OperationState {
        status: operation.status.clone(),
        status_raw: operation.status_raw.clone(),
        phase: operation
            .status
            .as_deref()
            .map_or(Phase::Unknown, Phase::of_word),
        kind: operation.action.clone(),
        resource_id: operation.stack_group_id.clone(),
        resource_name: operation.stack_group_name.clone(),
        reason: None,
        cloud_started_at: time(&operation.create_time),
        cloud_started_at_raw: operation.create_time.clone(),
        cloud_ended_at: time(&operation.end_time),
        cloud_ended_at_raw: operation.end_time.clone(),
        unknown_fields: unknown_fields(reading.extra.as_ref()),
    };
    let set = |column, items| Field {
        column,
        value: json_array(items),
        comparison: Comparison::Set,
    };
    let fields = vec![
        exact("action", operation.action.clone()),
        exact("status", operation.status_raw.clone()),
        exact(
            "operation_description",
            operation.operation_description.clone(),
        ),
        exact("stack_group_id", operation.stack_group_id.clone()),
        exact("stack_group_name", operation.stack_group_name.clone()),
        exact("create_time", operation.create_time.clone()),
        exact("end_time", operation.end_time.clone()),
        exact(
            "administration_role_name",
            operation.administration_role_name.clone(),
        ),
        exact("execution_role_name", operation.execution_role_name.clone()),
        exact("retain_stacks", operation.retain_stacks),
        set("account_ids", targets.account_ids.as_ref()),
        set("rd_folder_ids", targets.rd_folder_ids.as_ref()),
        exact(
            "region_ids_order",
            json_array(preferences.region_ids_order.as_ref()),
        ),
        exact(
            "failure_tolerance_count",
            preferences.failure_tolerance_count,
        ),
        exact(
            "failure_tolerance_percentage",
            preferences.failure_tolerance_percentage,
        ),
        exact("max_concurrent_count", preferences.max_concurrent_count),
        exact(
            "max_concurrent_percentage",
            preferences.max_concurrent_percentage,
        ),
        exact("drift_detection_status", drift.drift_detection_status),
        exact("stack_group_drift_status", drift.stack_group_drift_status),
        exact("drift_detection_time", drift.drift_detection_time.clone()),
        exact(
            "total_stack_instances_count",
            drift.total_stack_instances_count,
        ),
        exact(
            "drifted_stack_instances_count",
            drift.drifted_stack_instances_count,
        ),
        exact(
            "in_sync_stack_instances_count",
            drift.in_sync_stack_instances_count,
        ),
        exact(
            "in_progress_stack_instances_count",
            drift.in_progress_stack_instances_count,
        ),
        exact(
            "failed_stack_instances_count",
            drift.failed_stack_instances_count,
        ),
        exact(
            "cancelled_stack_instances_count",
            drift.cancelled_stack_instances_count,
        ),
        derived(
            "drift_detected_at",
            time(&drift.drift_detection_time).map(|at| at.0),
        ),
    ];
    let lists = [
        ("account_ids", targets.account_ids),
        ("rd_folder_ids", targets.rd_folder_ids),
        ("region_ids_order", preferences.region_ids_order),
    ];
    let lists = lists
        .into_iter()
        .filter_map(|(list, items)| Some((list, items?)))
        .collect();
    Observed {
        state,
        fields,
        lists,
    }
}

/// A CADT operation.
pub fn bpstudio(operation: &BpstudioOperation, extra: Option<&Value>) -> Observed {
    let json = |text: &Option<String>| text.as_deref().and_then(embedded_json);
    let sha256 = |text: &Option<String>| {
        text.as_deref().map(|text| {
            Sha256::digest(text)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        })
    };
    let state = OperationState {
        status: operation.status.clone(),
        status_raw: operation.status_raw.clone(),
        phase: operation
            .status
            .as_deref()
            .map_or(Phase::Unknown, Phase::of_word),
        kind: None,
        resource_id: None,
        resource_name: None,
        reason: None,
        cloud_started_at: None,
        cloud_started_at_raw: None,
        cloud_ended_at: None,
        cloud_ended_at_raw: None,
        unknown_fields: unknown_fields(extra),
    };
    let fields = vec![
        exact("code", operation.code.clone()),
        exact("response_message", operation.message.clone()),
        exact("status", operation.status_raw.clone()),
        exact("message", operation.data_message.clone()),
        exact("arguments", operation.data_arguments.clone()),
        derived("message_json", json(&operation.data_message)),
        derived("arguments_json", json(&operation.data_arguments)),
        derived("message_sha256", sha256(&operation.data_message)),
        derived("arguments_sha256", sha256(&operation.data_arguments)),
    ];
    Observed {
        state,
        fields,
        lists: Vec::new(),
    }
}

/// A DNS batch task.
pub fn alidns(batch: &BatchCount, extra: Option<&Value>) -> Observed {
    let state = OperationState {
        status: batch
            .status
            .map(|status| status.to_string())
            .or_else(|| batch.status_raw.clone()),
        status_raw: batch.status_raw.clone(),
        phase: batch.status.map_or(Phase::Unknown, Phase::of_alidns),
        kind: batch.batch_type.clone(),
        resource_id: None,
        resource_name: None,
        reason: batch.reason.clone(),
        cloud_started_at: None,
        cloud_started_at_raw: None,
        cloud_ended_at: None,
        cloud_ended_at_raw: None,
        unknown_fields: unknown_fields(extra),
    };
    let fields = vec![
        exact("task_id", batch.task_id),
        exact("batch_type", batch.batch_type.clone()),
        exact("status", batch.status),
        exact("total_count", batch.total_count),
        exact("success_count", batch.success_count),
        exact("failed_count", batch.failed_count),
        exact("reason", batch.reason.clone()),
    ];
    Observed {
        state,
        fields,
        lists: Vec::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::{DeploymentTargets, OperationPreferences};

    fn reading(status: &str, accounts: &[&str], regions: &[&str]) -> Reading<RosOperation> {
        let list = |items: &[&str]| Some(items.iter().map(|item| (*item).to_owned()).collect());
        let value = RosOperation {
            status: Some(status.trim().to_owned()),
            status_raw: Some(status.to_owned()),
            create_time: Some("2020-01-20T09:22:3".to_owned()),
            deployment_targets: Some(DeploymentTargets {
                account_ids: list(accounts),
                rd_folder_ids: None,
            }),
            operation_preferences: Some(OperationPreferences {
                region_ids_order: list(regions),
                ..OperationPreferences::default()
            }),
            ..RosOperation::default()
        };
        Reading {
            value,
            unknown: Vec::new(),
            extra: None,
        }
    }

    fn known(observed: &Observed) -> Known {
        let (place, _) = next_version(7, None, observed, 10).unwrap();
        Known {
            place,
            status: observed.state.status.clone(),
            values: observed.values(),
        }
    }

    #[test]
    fn the_first_answer_is_version_one() {
        let observed = ros(&reading("RUNNING", &[], &[]));
        let (place, changed) = next_version(7, None, &observed, 10).unwrap();
        assert_eq!(
            (place.version, place.stretch, place.starts_stretch, changed),
            (1, 1, true, None)
        );
        assert_eq!(
            observed.state.cloud_started_at.unwrap().to_string(),
            "2020-01-20T09:22:03.000Z"
        );
    }

    #[test]
    fn sets_have_no_order_and_lists_have() {
        let before = known(&ros(&reading("RUNNING", &["1", "2"], &["a", "b"])));
        let shuffled = ros(&reading("RUNNING", &["2", "1"], &["a", "b"]));
        assert_eq!(next_version(7, Some(&before), &shuffled, 20), None);
        let reordered = ros(&reading("RUNNING", &["1", "2"], &["b", "a"]));
        let (place, changed) = next_version(7, Some(&before), &reordered, 20).unwrap();
        assert_eq!(
            (place.version, place.stretch, changed),
            (2, 1, Some(vec!["region_ids_order"]))
        );
    }

    #[test]
    fn blanks_around_a_status_make_a_version_and_no_stretch() {
        let before = known(&ros(&reading("RUNNING", &[], &[])));
        let (place, changed) =
            next_version(7, Some(&before), &ros(&reading("RUNNING\n", &[], &[])), 20).unwrap();
        assert_eq!(
            (place.stretch, place.starts_stretch, changed),
            (1, false, Some(vec!["status"]))
        );
        let (place, _) =
            next_version(7, Some(&before), &ros(&reading("FAILED", &[], &[])), 20).unwrap();
        assert_eq!((place.stretch, place.starts_stretch), (2, true));
    }

    #[test]
    fn null_to_value_is_a_change_and_an_unknown_field_is_none() {
        let bare = BatchCount {
            task_id: Some(1),
            status: Some(0),
            ..BatchCount::default()
        };
        let before = known(&alidns(&bare, None));
        assert_eq!(
            next_version(7, Some(&before), &alidns(&bare, Some(&Value::from(1))), 20),
            None
        );
        let reasoned = BatchCount {
            reason: Some(String::new()),
            ..bare
        };
        let (_, changed) = next_version(7, Some(&before), &alidns(&reasoned, None), 20).unwrap();
        assert_eq!(changed, Some(vec!["reason"]));
    }
}
