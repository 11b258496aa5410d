//! What an answer says of an operation, column by column: which fields each service has, and how each is
//! compared. The order is that of the service's table; a test of `record` holds the two together.

use serde_json::Value;

use super::operation::{Comparison, Field, Observed};
use crate::evidence::digest::Digest;
use crate::model::{
    BatchCount, BpstudioOperation, DriftDetection, FieldValue, OperationPreferences,
    OperationState, Phase, RosOperation, UtcMillis, parse_cloud_time,
};
use crate::services::{Reading, embedded_json};

/// ROS writes UTC without saying so (its documentation does elsewhere).
const ROS_OFFSET_MINUTES: i32 = 0;

pub(super) fn exact(column: &'static str, value: impl Into<FieldValue>) -> Field {
    Field {
        column,
        value: value.into(),
        comparison: Comparison::Exact,
    }
}

pub(super) fn derived(column: &'static str, value: impl Into<FieldValue>) -> Field {
    Field {
        column,
        value: value.into(),
        comparison: Comparison::Derived,
    }
}

fn set(column: &'static str, items: Option<&[String]>) -> Field {
    Field {
        column,
        value: json_array(items),
        comparison: Comparison::Set,
    }
}

fn json_array(items: Option<&[String]>) -> FieldValue {
    items.map_or(FieldValue::Null, |items| {
        FieldValue::Text(Value::from(items).to_string())
    })
}

fn phase(status: Option<&str>) -> Phase {
    status.map_or(Phase::Unknown, Phase::of_word)
}

pub(super) fn ros_time(raw: Option<&str>) -> Option<UtcMillis> {
    parse_cloud_time(raw?, ROS_OFFSET_MINUTES)
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
    let mut fields = vec![
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
        set("account_ids", targets.account_ids.as_deref()),
        set("rd_folder_ids", targets.rd_folder_ids.as_deref()),
    ];
    fields.extend(preference_fields(&preferences));
    fields.extend(drift_fields(drift));
    let lists = [
        ("account_ids", targets.account_ids),
        ("rd_folder_ids", targets.rd_folder_ids),
        ("region_ids_order", preferences.region_ids_order),
    ];
    Observed {
        state: ros_state(reading),
        fields,
        lists: lists
            .into_iter()
            .filter_map(|(list, items)| Some((list, items?)))
            .collect(),
    }
}

fn ros_state(reading: &Reading<RosOperation>) -> OperationState {
    let operation = &reading.value;
    OperationState {
        status: operation.status.clone(),
        status_raw: operation.status_raw.clone(),
        phase: phase(operation.status.as_deref()),
        kind: operation.action.clone(),
        resource_id: operation.stack_group_id.clone(),
        resource_name: operation.stack_group_name.clone(),
        reason: None,
        cloud_started_at: ros_time(operation.create_time.as_deref()),
        cloud_started_at_raw: operation.create_time.clone(),
        cloud_ended_at: ros_time(operation.end_time.as_deref()),
        cloud_ended_at_raw: operation.end_time.clone(),
        unknown_fields: unknown_fields(reading.extra.as_ref()),
    }
}

fn preference_fields(preferences: &OperationPreferences) -> [Field; 5] {
    [
        exact(
            "region_ids_order",
            json_array(preferences.region_ids_order.as_deref()),
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
    ]
}

fn drift_fields(drift: DriftDetection) -> [Field; 10] {
    let detected_at = ros_time(drift.drift_detection_time.as_deref()).map(|at| at.0);
    [
        exact("drift_detection_status", drift.drift_detection_status),
        exact("stack_group_drift_status", drift.stack_group_drift_status),
        exact("drift_detection_time", drift.drift_detection_time),
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
        derived("drift_detected_at", detected_at),
    ]
}

/// A CADT operation.
pub fn bpstudio(operation: &BpstudioOperation, extra: Option<&Value>) -> Observed {
    let json = |text: &Option<String>| text.as_deref().and_then(embedded_json);
    let sha256 = |text: &Option<String>| {
        text.as_deref()
            .map(|text| Digest::of(text.as_bytes()).to_string())
    };
    let state = OperationState {
        status: operation.status.clone(),
        status_raw: operation.status_raw.clone(),
        phase: phase(operation.status.as_deref()),
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
    let as_text = || batch.status_raw.as_deref().map(|raw| raw.trim().to_owned());
    let state = OperationState {
        status: batch
            .status
            .map(|status| status.to_string())
            .or_else(as_text),
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
        exact("task_id", batch.task_id.map(|id| id.to_string())),
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
