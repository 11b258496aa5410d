//! Answers of the cloud, as the fixture has them recorded. `%R` is where the RequestId goes.

use serde_json::{Value, json};

/// The account whose credentials ask.
pub const ACCOUNT: &str = "1234567890123456";

/// The region of all stack groups.
pub const REGION: &str = "cn-hangzhou";

/// A stack-group operation with every field that the program knows, and one that it does not.
pub fn ros_operation(operation: &str, status: &str, end_time: Option<&str>) -> String {
    json!({
        "RequestId": "%R",
        "StackGroupOperation": {
            "OperationId": operation, "Action": "UPDATE", "Status": status,
            "CreateTime": "2026-01-20T09:22:03", "EndTime": end_time,
            "StackGroupId": "fd0ddef9", "StackGroupName": "MyStackGroup",
            "OperationDescription": "drift, every night",
            "AdministrationRoleName": "admin", "ExecutionRoleName": "executor", "RetainStacks": false,
            "DeploymentTargets": {"AccountIds": ["151266687691****"], "RdFolderIds": ["fd-x", "fd-y"]},
            "OperationPreferences": {
                "FailureToleranceCount": 0, "FailureTolerancePercentage": 10, "MaxConcurrentCount": 1,
                "MaxConcurrentPercentage": 20, "RegionIdsOrder": ["cn-hangzhou", "cn-beijing"]
            },
            "StackGroupDriftDetectionDetail": {
                "DriftDetectionStatus": "IN_PROGRESS", "StackGroupDriftStatus": "NOT_CHECKED",
                "DriftDetectionTime": "2026-01-20T09:22:05", "TotalStackInstancesCount": 6,
                "DriftedStackInstancesCount": 1, "InSyncStackInstancesCount": 2,
                "InProgressStackInstancesCount": 3, "FailedStackInstancesCount": 4,
                "CancelledStackInstancesCount": 5
            },
            "NewThing": {"of": "tomorrow"}
        }
    })
    .to_string()
}

/// A page of results; rows are (account, status, reason).
pub fn ros_page(number: u32, total_count: i64, rows: &[(&str, &str, Option<&str>)]) -> String {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(account, status, reason)| {
            json!({
                "AccountId": account, "RegionId": "cn-beijing", "Status": status,
                "StatusReason": reason, "RdFolderId": reason.map(|_| "fd-x")
            })
        })
        .collect();
    json!({
        "RequestId": "%R", "PageNumber": number, "PageSize": 2, "TotalCount": total_count,
        "StackGroupOperationResults": rows
    })
    .to_string()
}

/// A CADT operation whose texts hold JSON.
pub fn bpstudio_operation(operation: &str, status: &str) -> String {
    json!({
        "RequestId": "%R", "Code": "200", "Message": "ok",
        "Data": {
            "OperationId": operation, "Status": status,
            "Message": "[{\"listenerPort\": 80}]", "Arguments": "{\"tagMap\": {}}"
        }
    })
    .to_string()
}

/// A CADT id that is past its hour.
pub fn bpstudio_expired() -> String {
    json!({"RequestId": "%R", "Code": "200", "Message": "ok"}).to_string()
}

/// A DNS batch task.
pub fn batch_count(task: i64, status: i64, success_count: i64) -> String {
    json!({
        "RequestId": "%R", "TaskId": task, "Status": status, "BatchType": "RR_ADD", "TotalCount": 4,
        "SuccessCount": success_count, "FailedCount": 1, "Reason": "a reason"
    })
    .to_string()
}

/// Whose credentials ask.
pub fn caller_identity() -> String {
    json!({
        "RequestId": "%R", "AccountId": ACCOUNT, "Arn": format!("acs:ram::{ACCOUNT}:user/auditor"),
        "IdentityType": "RAMUser", "PrincipalId": "p", "UserId": "u"
    })
    .to_string()
}

/// A failure.
pub fn failure(code: &str, message: &str) -> String {
    // Named twice: such a body is kept whole.
    let detail = json!({"RequestId": "%R"});
    json!({"RequestId": "%R", "Code": code, "Message": message, "AccessDeniedDetail": detail})
        .to_string()
}

/// The same in the other format.
pub fn failure_xml(code: &str, message: &str) -> String {
    format!(
        "<Error><RequestId>%R</RequestId><Code>{code}</Code><Message>{message}</Message></Error>"
    )
}
