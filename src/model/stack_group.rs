//! Shapes of Resource Orchestration Service that discovery reads: regions, stack groups, and the operations
//! of a group in short.
//!
//! Absent and null are `None`; an empty text stays an empty text. Times are as the cloud wrote them.

/// A region in which the service has stack groups (`Regions` of DescribeRegions). Its localised name is
/// presentation and not kept here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosRegion {
    /// The region, such as `cn-hangzhou`.
    pub region_id: String,
    /// The host that answers for it.
    pub region_endpoint: Option<String>,
}

/// One stack group of a region (`StackGroups` of ListStackGroups).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackGroup {
    /// The group's id, its key: a group that is made again under the same name has another.
    pub stack_group_id: String,
    /// The name, by which its operations are listed.
    pub stack_group_name: Option<String>,
    /// ACTIVE or DELETED, trimmed.
    pub status: Option<String>,
    /// The status word as sent.
    pub status_raw: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// SELF_MANAGED or SERVICE_MANAGED.
    pub permission_model: Option<String>,
    /// Resource group.
    pub resource_group_id: Option<String>,
    /// DRIFTED, NOT_CHECKED, IN_SYNC (the group matches its template).
    pub stack_group_drift_status: Option<String>,
    /// When drift was last detected, as sent.
    pub drift_detection_time: Option<String>,
    /// When it was made, as sent.
    pub create_time: Option<String>,
    /// When it was changed last, as sent.
    pub update_time: Option<String>,
    /// Whether new accounts of its folders are deployed to by themselves (`AutoDeployment.Enabled`).
    pub auto_deployment_enabled: Option<bool>,
    /// Whether stacks outlive an account's leaving (`AutoDeployment.RetainStacksOnAccountRemoval`).
    pub retain_stacks_on_account_removal: Option<bool>,
    /// Tags, in the order sent.
    pub tags: Option<Vec<Tag>>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// Its key.
    pub key: Option<String>,
    /// Its value.
    pub value: Option<String>,
}

/// A stack-group operation as a list shows it (`StackGroupOperations` of ListStackGroupOperations).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedOperation {
    /// The operation's id.
    pub operation_id: String,
    /// CREATE, UPDATE, DELETE, DETECT_DRIFT.
    pub action: Option<String>,
    /// The status word, trimmed.
    pub status: Option<String>,
    /// The status word as sent.
    pub status_raw: Option<String>,
    /// The group's id: of groups that bore one name in turn, the one that it is about.
    pub stack_group_id: Option<String>,
    /// The group's name.
    pub stack_group_name: Option<String>,
    /// Description, where one was given on creation.
    pub operation_description: Option<String>,
    /// When it was created, as sent.
    pub create_time: Option<String>,
    /// When it ended, as sent.
    pub end_time: Option<String>,
}
