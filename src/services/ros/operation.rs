//! How an answer of GetStackGroupOperation reads.

use crate::model::{DeploymentTargets, DriftDetection, OperationPreferences, Phase, RosOperation};
use crate::services::document::Document;
use crate::services::fields::Fields;
use crate::services::reading::{InvalidAnswer, Reading, Unknowns};

const ENTITY: &str = "StackGroupOperation";
const TARGETS: &str = "StackGroupOperation.DeploymentTargets";
const PREFERENCES: &str = "StackGroupOperation.OperationPreferences";
const DRIFT: &str = "StackGroupOperation.StackGroupDriftDetectionDetail";

pub(super) const ACTIONS: [&str; 4] = ["CREATE", "UPDATE", "DELETE", "DETECT_DRIFT"];
const DRIFT_DETECTION_STATUSES: [&str; 5] = [
    "COMPLETED",
    "FAILED",
    "PARTIAL_SUCCESS",
    "IN_PROGRESS",
    "STOPPED",
];
pub(super) const DRIFT_STATUSES: [&str; 3] = ["DRIFTED", "NOT_CHECKED", "IN_SYNC"];

/// Reads one stack-group operation. An answer without `StackGroupOperation`, or with one that has
/// neither an id nor a status, is invalid.
pub fn read_operation(document: &Document) -> Result<Reading<RosOperation>, InvalidAnswer> {
    let mut unknowns = Unknowns::default();
    let mut answer = document.fields("GetStackGroupOperation");
    let Some(mut entity) = answer.object(ENTITY, ENTITY)? else {
        return Err(InvalidAnswer::new("StackGroupOperation is missing"));
    };
    answer.finish(&mut unknowns);
    let status_raw = entity.text("Status")?;
    let operation = RosOperation {
        operation_id: entity.text("OperationId")?,
        action: entity.text("Action")?,
        status: status_raw.as_deref().map(|word| word.trim().to_owned()),
        status_raw,
        stack_group_id: entity.text("StackGroupId")?,
        stack_group_name: entity.text("StackGroupName")?,
        operation_description: entity.text("OperationDescription")?,
        create_time: entity.text("CreateTime")?,
        end_time: entity.text("EndTime")?,
        administration_role_name: entity.text("AdministrationRoleName")?,
        execution_role_name: entity.text("ExecutionRoleName")?,
        retain_stacks: entity.boolean("RetainStacks")?,
        deployment_targets: entity
            .object("DeploymentTargets", TARGETS)?
            .map(|fields| read_targets(fields, &mut unknowns))
            .transpose()?,
        operation_preferences: entity
            .object("OperationPreferences", PREFERENCES)?
            .map(|fields| read_preferences(fields, &mut unknowns))
            .transpose()?,
        drift_detection: entity
            .object("StackGroupDriftDetectionDetail", DRIFT)?
            .map(|fields| read_drift(fields, &mut unknowns))
            .transpose()?,
    };
    entity.finish(&mut unknowns);
    if operation.operation_id.is_none() && operation.status.is_none() {
        return Err(InvalidAnswer::new(
            "StackGroupOperation has neither OperationId nor Status",
        ));
    }
    note_words(&operation, &mut unknowns);
    Ok(unknowns.reading(operation))
}

fn read_targets(
    mut fields: Fields<'_>,
    unknowns: &mut Unknowns,
) -> Result<DeploymentTargets, InvalidAnswer> {
    let targets = DeploymentTargets {
        account_ids: fields.texts("AccountIds")?,
        rd_folder_ids: fields.texts("RdFolderIds")?,
    };
    fields.finish(unknowns);
    Ok(targets)
}

fn read_preferences(
    mut fields: Fields<'_>,
    unknowns: &mut Unknowns,
) -> Result<OperationPreferences, InvalidAnswer> {
    let preferences = OperationPreferences {
        failure_tolerance_count: fields.integer("FailureToleranceCount")?,
        failure_tolerance_percentage: fields.integer("FailureTolerancePercentage")?,
        max_concurrent_count: fields.integer("MaxConcurrentCount")?,
        max_concurrent_percentage: fields.integer("MaxConcurrentPercentage")?,
        region_ids_order: fields.texts("RegionIdsOrder")?,
    };
    fields.finish(unknowns);
    Ok(preferences)
}

fn read_drift(
    mut fields: Fields<'_>,
    unknowns: &mut Unknowns,
) -> Result<DriftDetection, InvalidAnswer> {
    let drift = DriftDetection {
        drift_detection_status: fields.text("DriftDetectionStatus")?,
        stack_group_drift_status: fields.text("StackGroupDriftStatus")?,
        drift_detection_time: fields.text("DriftDetectionTime")?,
        total_stack_instances_count: fields.integer("TotalStackInstancesCount")?,
        drifted_stack_instances_count: fields.integer("DriftedStackInstancesCount")?,
        in_sync_stack_instances_count: fields.integer("InSyncStackInstancesCount")?,
        in_progress_stack_instances_count: fields.integer("InProgressStackInstancesCount")?,
        failed_stack_instances_count: fields.integer("FailedStackInstancesCount")?,
        cancelled_stack_instances_count: fields.integer("CancelledStackInstancesCount")?,
    };
    fields.finish(unknowns);
    Ok(drift)
}

fn note_words(operation: &RosOperation, unknowns: &mut Unknowns) {
    if let Some(status) = &operation.status
        && Phase::of_word(status) == Phase::Unknown
    {
        unknowns.word("StackGroupOperation.Status", status);
    }
    unknowns.word_outside(
        &ACTIONS,
        "StackGroupOperation.Action",
        operation.action.as_deref(),
    );
    let Some(drift) = &operation.drift_detection else {
        return;
    };
    unknowns.word_outside(
        &DRIFT_DETECTION_STATUSES,
        "StackGroupOperation.StackGroupDriftDetectionDetail.DriftDetectionStatus",
        drift.drift_detection_status.as_deref(),
    );
    unknowns.word_outside(
        &DRIFT_STATUSES,
        "StackGroupOperation.StackGroupDriftDetectionDetail.StackGroupDriftStatus",
        drift.stack_group_drift_status.as_deref(),
    );
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &str) -> Result<Reading<RosOperation>, InvalidAnswer> {
        read_operation(&Document::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn every_documented_field_is_read() {
        let body = r#"{"RequestId":"R","StackGroupOperation":{
            "OperationId":"o","Action":"DETECT_DRIFT","Status":" QUEUED ","CreateTime":"2020-01-20T09:22:3",
            "EndTime":"","StackGroupId":"g","StackGroupName":"G","OperationDescription":null,
            "AdministrationRoleName":"a","ExecutionRoleName":"e","RetainStacks":"True",
            "DeploymentTargets":{"AccountIds":["151266687691****"],"RdFolderIds":["fd-x"]},
            "OperationPreferences":{"FailureToleranceCount":0,"FailureTolerancePercentage":"10",
              "MaxConcurrentCount":1,"MaxConcurrentPercentage":2,"RegionIdsOrder":["r2","r1"]},
            "StackGroupDriftDetectionDetail":{"DriftDetectionStatus":"IN_PROGRESS","StackGroupDriftStatus":"NOT_CHECKED",
              "DriftDetectionTime":"t","TotalStackInstancesCount":6,"DriftedStackInstancesCount":1,
              "InSyncStackInstancesCount":2,"InProgressStackInstancesCount":3,"FailedStackInstancesCount":4,
              "CancelledStackInstancesCount":5}}}"#;
        let reading = read(body).unwrap();
        assert!(reading.unknown.is_empty(), "{:?}", reading.unknown);
        assert_eq!(reading.extra, None);
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            reading.value,
            RosOperation {
                operation_id: text("o"),
                action: text("DETECT_DRIFT"),
                status: text("QUEUED"),
                status_raw: text(" QUEUED "),
                stack_group_id: text("g"),
                stack_group_name: text("G"),
                operation_description: None,
                create_time: text("2020-01-20T09:22:3"),
                end_time: text(""),
                administration_role_name: text("a"),
                execution_role_name: text("e"),
                retain_stacks: Some(true),
                deployment_targets: Some(DeploymentTargets {
                    account_ids: Some(vec!["151266687691****".to_owned()]),
                    rd_folder_ids: Some(vec!["fd-x".to_owned()]),
                }),
                operation_preferences: Some(OperationPreferences {
                    failure_tolerance_count: Some(0),
                    failure_tolerance_percentage: Some(10),
                    max_concurrent_count: Some(1),
                    max_concurrent_percentage: Some(2),
                    region_ids_order: Some(vec!["r2".to_owned(), "r1".to_owned()]),
                }),
                drift_detection: Some(DriftDetection {
                    drift_detection_status: text("IN_PROGRESS"),
                    stack_group_drift_status: text("NOT_CHECKED"),
                    drift_detection_time: text("t"),
                    total_stack_instances_count: Some(6),
                    drifted_stack_instances_count: Some(1),
                    in_sync_stack_instances_count: Some(2),
                    in_progress_stack_instances_count: Some(3),
                    failed_stack_instances_count: Some(4),
                    cancelled_stack_instances_count: Some(5),
                }),
            }
        );
    }

    #[test]
    fn unknown_words_and_fields_are_told() {
        let body = r#"{"New":1,"StackGroupOperation":{"Status":"PAUSED","Action":"IMPORT","NewThing":"x",
            "OperationPreferences":{"Deep":{"a":1}},
            "StackGroupDriftDetectionDetail":{"DriftDetectionStatus":"LOST","StackGroupDriftStatus":"DRIFTED"}}}"#;
        let reading = read(body).unwrap();
        assert_eq!(
            reading.told(),
            [
                ("StackGroupOperation.Action", "IMPORT"),
                (
                    "StackGroupOperation.StackGroupDriftDetectionDetail.DriftDetectionStatus",
                    "LOST"
                ),
                ("StackGroupOperation.Status", "PAUSED"),
                ("GetStackGroupOperation.New", "number"),
                ("StackGroupOperation.NewThing", "string"),
                ("StackGroupOperation.OperationPreferences.Deep", "object"),
            ]
        );
        assert_eq!(
            reading.extra,
            Some(json!({
                "GetStackGroupOperation.New": 1,
                "StackGroupOperation.NewThing": "x",
                "StackGroupOperation.OperationPreferences.Deep": {"a": 1},
            }))
        );
    }

    #[test]
    fn an_answer_without_the_entity_is_invalid() {
        for body in [
            "{}",
            r#"{"StackGroupOperation":null}"#,
            r#"{"StackGroupOperation":{}}"#,
            r#"{"StackGroupOperation":[]}"#,
            r#"{"StackGroupOperation":"x"}"#,
            "<GetStackGroupOperationResponse><StackGroupOperation/></GetStackGroupOperationResponse>",
        ] {
            assert!(read(body).is_err(), "{body}");
        }
        let error = read(r#"{"StackGroupOperation":{"Status":{"a":1}}}"#).expect_err("shape");
        assert_eq!(
            error.reason,
            "StackGroupOperation.Status is no text (object found)"
        );
    }
}
