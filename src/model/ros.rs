//! Shapes of Resource Orchestration Service: a stack-group operation and a page of its results.
//!
//! Every field of the answer is here under the cloud's name in snake case. Absent and null are
//! `None`; an empty text stays an empty text. Times are as the cloud wrote them.

use super::ListPage;

/// One stack-group operation (`StackGroupOperation` of GetStackGroupOperation).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosOperation {
    /// The id that the answer names.
    pub operation_id: Option<String>,
    /// CREATE, UPDATE, DELETE, DETECT_DRIFT.
    pub action: Option<String>,
    /// The status word, trimmed.
    pub status: Option<String>,
    /// The status word as sent.
    pub status_raw: Option<String>,
    /// The stack group's id.
    pub stack_group_id: Option<String>,
    /// The stack group's name; a later group may bear it again.
    pub stack_group_name: Option<String>,
    /// Description, where one was given on creation.
    pub operation_description: Option<String>,
    /// When it was created, as sent (`2020-01-20T09:22:3`, no zone).
    pub create_time: Option<String>,
    /// When it ended, as sent; what it holds while running is not documented.
    pub end_time: Option<String>,
    /// Administration role of a self-managed group.
    pub administration_role_name: Option<String>,
    /// Execution role of a self-managed group.
    pub execution_role_name: Option<String>,
    /// Whether stacks outlive their instances; with action DELETE alone.
    pub retain_stacks: Option<bool>,
    /// Where a service-managed group is deployed.
    pub deployment_targets: Option<DeploymentTargets>,
    /// How the operation proceeds.
    pub operation_preferences: Option<OperationPreferences>,
    /// What drift detection found; with action DETECT_DRIFT alone.
    pub drift_detection: Option<DriftDetection>,
}

/// Where a service-managed group is deployed (`DeploymentTargets`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentTargets {
    /// Member accounts.
    pub account_ids: Option<Vec<String>>,
    /// Folders of the resource directory.
    pub rd_folder_ids: Option<Vec<String>>,
}

/// How the operation proceeds (`OperationPreferences`). Of the two tolerances and of the two
/// limits of concurrency the cloud answers one each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationPreferences {
    /// Failures tolerated in a region, 0 to 20.
    pub failure_tolerance_count: Option<i64>,
    /// Failures tolerated in a region, per cent of the accounts, 0 to 100.
    pub failure_tolerance_percentage: Option<i64>,
    /// Accounts at once in a region, 1 to 20.
    pub max_concurrent_count: Option<i64>,
    /// Accounts at once in a region, per cent of the accounts, 1 to 100.
    pub max_concurrent_percentage: Option<i64>,
    /// The regions in the order in which they are worked on.
    pub region_ids_order: Option<Vec<String>>,
}

/// What drift detection found (`StackGroupDriftDetectionDetail`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriftDetection {
    /// COMPLETED, FAILED, PARTIAL_SUCCESS, IN_PROGRESS, STOPPED.
    pub drift_detection_status: Option<String>,
    /// DRIFTED, NOT_CHECKED, IN_SYNC (the group matches its template).
    pub stack_group_drift_status: Option<String>,
    /// When the detection began, as sent.
    pub drift_detection_time: Option<String>,
    /// Stack instances of the group.
    pub total_stack_instances_count: Option<i64>,
    /// Instances that drifted.
    pub drifted_stack_instances_count: Option<i64>,
    /// Instances that match the template.
    pub in_sync_stack_instances_count: Option<i64>,
    /// Instances not yet looked at.
    pub in_progress_stack_instances_count: Option<i64>,
    /// Instances whose detection failed.
    pub failed_stack_instances_count: Option<i64>,
    /// Instances whose detection was cancelled.
    pub cancelled_stack_instances_count: Option<i64>,
}

/// One page of the results of a stack-group operation.
pub type ResultsPage = ListPage<ResultRow>;

/// The result of a stack-group operation for one target account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResultRow {
    /// Target account, 16 digits as text.
    pub account_id: String,
    /// Target region.
    pub region_id: String,
    /// The status word, trimmed.
    pub status: Option<String>,
    /// The status word as sent.
    pub status_raw: Option<String>,
    /// Why the stack instance is in that status.
    pub status_reason: Option<String>,
    /// Folder of the resource directory (`RdFolderId`), in service-managed groups.
    pub folder_id: Option<String>,
}
