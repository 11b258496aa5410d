//! Stack groups, and how ListStackGroups and ListStackGroupOperations show them and their operations.
//!
//! Pure: every answer is a function of the entity and the instant.

use super::ros::RosOperation;
use super::rows::Word;
use super::schedule::Schedule;
use super::written;
use crate::model::UtcMillis;
use crate::sandbox::answer::{Object, Value};
use crate::sandbox::call::GroupFilter;

/// Times of listings, with microseconds as in the published example of ListStackGroupOperations.
const LIST_TIME: &str = "%Y-%m-%dT%H:%M:%S.%6f";

/// `AutoDeployment`, of service-managed groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoDeployment {
    /// `Enabled`.
    pub enabled: bool,
    /// `RetainStacksOnAccountRemoval`.
    pub retain_stacks: bool,
}

/// What drift detection last found of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDrift {
    /// `StackGroupDriftStatus`.
    pub status: Word,
    /// `DriftDetectionTime`.
    pub detected_at: UtcMillis,
}

/// What a stack group is to be. [`GroupSpec::new`] fills in the ordinary; change what matters.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSpec {
    /// Whose group it is.
    pub account_id: String,
    /// Where it lives.
    pub region_id: String,
    /// Its id; `None`: a fresh one.
    pub stack_group_id: Option<String>,
    /// Its name; another may bear it once this one is deleted.
    pub name: String,
    /// `Description`.
    pub description: Option<String>,
    /// `ResourceGroupId`.
    pub resource_group_id: Option<String>,
    /// `PermissionModel`: SELF_MANAGED or SERVICE_MANAGED.
    pub permission_model: Word,
    /// `AutoDeployment`.
    pub auto_deployment: Option<AutoDeployment>,
    /// `Tags`: keys and values.
    pub tags: Vec<(String, String)>,
    /// `Status` over time: ACTIVE, perhaps DELETED; its beginning is `CreateTime`, its last step
    /// `UpdateTime`.
    pub status: Schedule<Word>,
    /// What drift detection found over time.
    pub drift: Option<Schedule<GroupDrift>>,
}

impl GroupSpec {
    /// A self-managed group in cn-hangzhou that is there from `created_at` on.
    pub fn new(
        account_id: impl Into<String>,
        name: impl Into<String>,
        created_at: UtcMillis,
    ) -> Self {
        Self {
            account_id: account_id.into(),
            region_id: "cn-hangzhou".to_owned(),
            stack_group_id: None,
            name: name.into(),
            description: None,
            resource_group_id: None,
            permission_model: "SELF_MANAGED".into(),
            auto_deployment: None,
            tags: Vec::new(),
            status: Schedule::starting(created_at, "ACTIVE".into()),
            drift: None,
        }
    }
}

/// A stack group in the world.
#[derive(Debug, Clone, PartialEq)]
pub struct StackGroup {
    /// What it was made from.
    pub spec: GroupSpec,
    /// Its id.
    pub stack_group_id: String,
}

impl StackGroup {
    /// Its status at `now`; `None` before it was created.
    pub fn status_at(&self, now: UtcMillis) -> Option<&Word> {
        self.spec.status.at(now)
    }

    /// When it was created.
    pub fn created_at(&self) -> Option<UtcMillis> {
        self.spec.status.steps().first().map(|(at, _)| *at)
    }

    /// When it was deleted, if it ever is.
    pub fn deleted_at(&self) -> Option<UtcMillis> {
        let mut steps = self.spec.status.steps().iter();
        steps
            .find(|(_, status)| status == "DELETED")
            .map(|(at, _)| *at)
    }

    /// Whether an operation is this group's.
    pub fn owns(&self, operation: &RosOperation) -> bool {
        operation.stack_group_id == self.stack_group_id
            && operation.spec.account_id == self.spec.account_id
            && operation.spec.region_id == self.spec.region_id
    }

    pub(super) fn matches(&self, filter: &GroupFilter, account_id: &str, now: UtcMillis) -> bool {
        let spec = &self.spec;
        let has_tag = |(key, value): &(String, Option<String>)| {
            let mut tags = spec.tags.iter();
            tags.any(|(k, v)| k == key && value.as_ref().is_none_or(|value| v == value))
        };
        let resource_group_id = filter.resource_group_id.as_ref();
        spec.account_id == account_id
            && spec.region_id == filter.region_id
            && self
                .status_at(now)
                .is_some_and(|status| filter.status.is_none_or(|wanted| status == wanted))
            && resource_group_id
                .is_none_or(|wanted| spec.resource_group_id.as_ref() == Some(wanted))
            && filter.tags.iter().all(has_tag)
    }

    /// One entry of ListStackGroups; `None` before the group was created.
    pub(super) fn entry(&self, now: UtcMillis) -> Option<Object> {
        let spec = &self.spec;
        let steps = spec.status.until(now);
        let (created_at, _) = steps.first()?;
        let (updated_at, status) = steps.last()?;
        let drift = spec.drift.as_ref().and_then(|drift| drift.at(now));
        let auto_deployment = spec.auto_deployment.map(|auto| {
            Object::new()
                .with("Enabled", auto.enabled)
                .with("RetainStacksOnAccountRemoval", auto.retain_stacks)
        });
        let tags = spec
            .tags
            .iter()
            .map(|(key, value)| Value::from(Object::new().with("Key", key).with("Value", value)));
        let tags: Vec<_> = tags.collect();
        let entry = Object::new()
            .with("StackGroupId", &self.stack_group_id)
            .with("StackGroupName", &spec.name)
            .with("Status", status.clone())
            .with_some("Description", spec.description.as_ref())
            .with("PermissionModel", spec.permission_model.clone())
            .with_some("ResourceGroupId", spec.resource_group_id.as_ref())
            .with("CreateTime", written(*created_at, LIST_TIME))
            .with("UpdateTime", written(*updated_at, LIST_TIME))
            .with(
                "StackGroupDriftStatus",
                drift.map_or("NOT_CHECKED".into(), |drift| drift.status.clone()),
            )
            .with_some(
                "DriftDetectionTime",
                drift.map(|drift| written(drift.detected_at, LIST_TIME)),
            )
            .with_some("AutoDeployment", auto_deployment);
        Some(match tags.is_empty() {
            true => entry,
            false => entry.with("Tags", Value::List(tags)),
        })
    }
}

/// One entry of ListStackGroupOperations; `None` before the operation was created. `EndTime` is empty
/// while it runs, and a description that was not given is empty, as in the published example.
pub(super) fn operation_entry(operation: &RosOperation, now: UtcMillis) -> Option<Object> {
    let spec = &operation.spec;
    let status = operation.status_at(now)?;
    let (created_at, _) = spec.status.steps().first()?;
    let ended_at = operation.ended_at(now);
    Some(
        Object::new()
            .with("OperationId", &operation.operation_id)
            .with("Action", spec.action.clone())
            .with("Status", status)
            .with("CreateTime", written(*created_at, LIST_TIME))
            .with(
                "EndTime",
                ended_at.map_or_else(String::new, |at| written(at, LIST_TIME)),
            )
            .with(
                "OperationDescription",
                spec.description.clone().unwrap_or_default(),
            )
            .with("StackGroupId", &operation.stack_group_id)
            .with("StackGroupName", &spec.stack_group_name),
    )
}
