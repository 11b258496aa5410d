//! A call whose signature has been checked, read into a type: which action, with which parameters.
//!
//! This is where the placement of parameters, their vocabularies and the limits of pages are
//! checked. The table of actions is the sandbox's own, so that a mistake in the client's is seen.

mod parameters;
mod role;

pub(super) use role::{OidcProof, RoleRequest};

use super::gate::Asked;
use super::refusal::Refusal;
use parameters::{ALIDNS_PAGE_SIZE, Parameters, ROS_PAGE_SIZE};

/// The language of a `Reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// `zh`, the default.
    Zh,
    /// `en`.
    En,
}

/// What a DNS batch task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchType {
    /// Adds domains.
    DomainAdd,
    /// Deletes domains.
    DomainDel,
    /// Adds records.
    RrAdd,
    /// Deletes records.
    RrDel,
}

impl BatchType {
    const ALL: [Self; 4] = [Self::DomainAdd, Self::DomainDel, Self::RrAdd, Self::RrDel];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DomainAdd => "DOMAIN_ADD",
            Self::DomainDel => "DOMAIN_DEL",
            Self::RrAdd => "RR_ADD",
            Self::RrDel => "RR_DEL",
        }
    }
}

/// Which stack-group operation is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RosTarget {
    pub(super) region_id: String,
    pub(super) operation_id: String,
}

/// Which page of a listing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageRequest {
    /// From 1.
    pub(super) number: u32,
    /// Rows.
    pub(super) size: u32,
}

/// Which stack groups are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupFilter {
    pub(super) region_id: String,
    /// `ACTIVE` or `DELETED`; `None`: both.
    pub(super) status: Option<&'static str>,
    pub(super) resource_group_id: Option<String>,
    /// Every one of these keys has to be there, with this value where one is given.
    pub(super) tags: Vec<(String, Option<String>)>,
}

/// Which DNS batch task is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TaskFilter {
    /// `None`: the last one.
    pub(super) task_id: Option<i64>,
    pub(super) batch_type: Option<BatchType>,
    pub(super) lang: Lang,
}

/// The language of a region's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RegionLanguage {
    Chinese,
    English,
    Japanese,
}

/// One call of the served actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    GetStackGroupOperation(RosTarget),
    ListStackGroupOperationResults {
        target: RosTarget,
        page: PageRequest,
    },
    StopStackGroupOperation(RosTarget),
    GetExecuteOperationResult {
        operation_id: String,
    },
    DescribeBatchResultCount(TaskFilter),
    DescribeBatchResultDetail {
        task: TaskFilter,
        /// Only the entries that succeeded, or only those that failed.
        succeeded: Option<bool>,
        page: PageRequest,
    },
    DescribeRegions(RegionLanguage),
    ListStackGroups {
        filter: GroupFilter,
        page: PageRequest,
    },
    ListStackGroupOperations {
        region_id: String,
        stack_group_name: String,
        page: PageRequest,
    },
    GetCallerIdentity,
    AssumeRole {
        request: RoleRequest,
        external_id: Option<String>,
    },
    AssumeRoleWithOidc {
        request: RoleRequest,
        proof: OidcProof,
    },
}

/// Every version that a product of the sandbox has.
const VERSIONS: [&str; 4] = [ROS, BPSTUDIO, ALIDNS, STS];
const ROS: &str = "2019-09-10";
const BPSTUDIO: &str = "2021-09-31";
const ALIDNS: &str = "2015-01-09";
const STS: &str = "2015-04-01";

/// The one action that bears no signature.
pub(super) const ASSUME_ROLE_WITH_OIDC: &str = "AssumeRoleWithOIDC";

impl Call {
    /// Reads a call.
    ///
    /// # Errors
    /// The refusal of the gateway (version, action) or of the service (parameters).
    pub(super) fn read(asked: &Asked) -> Result<Self, Refusal> {
        if !VERSIONS.contains(&&*asked.version) {
            let message = "Specified parameter Version is not valid.";
            return Err(Refusal::new(400, "NoSuchVersion", message));
        }
        let action = &*asked.action;
        let query = Parameters::of(&asked.query);
        let form = Parameters::of(&asked.form);
        let call = match &*asked.version {
            ROS => Self::read_ros(action, query)?,
            ALIDNS => Self::read_alidns(action, query)?,
            STS => Self::read_sts(action, Parameters::of_both(&asked.query, &asked.form))?,
            _ => match action {
                "GetExecuteOperationResult" => Some(Self::GetExecuteOperationResult {
                    operation_id: form.required("OperationId")?.to_owned(),
                }),
                _ => None,
            },
        };
        call.ok_or_else(Refusal::unknown_action)
    }

    fn read_ros(action: &str, query: Parameters<'_>) -> Result<Option<Self>, Refusal> {
        Ok(Some(match action {
            "GetStackGroupOperation" => Self::GetStackGroupOperation(query.ros_target()?),
            "ListStackGroupOperationResults" => Self::ListStackGroupOperationResults {
                target: query.ros_target()?,
                page: query.page(ROS_PAGE_SIZE)?,
            },
            "StopStackGroupOperation" => Self::StopStackGroupOperation(query.ros_target()?),
            "DescribeRegions" => {
                let words = [
                    ("zh-CN", RegionLanguage::Chinese),
                    ("en-US", RegionLanguage::English),
                    ("ja", RegionLanguage::Japanese),
                ];
                let language = query.word("AcceptLanguage", &words)?;
                Self::DescribeRegions(language.unwrap_or(RegionLanguage::Chinese))
            }
            "ListStackGroups" => Self::ListStackGroups {
                filter: GroupFilter {
                    region_id: query.required("RegionId")?.to_owned(),
                    status: query
                        .word("Status", &[("ACTIVE", "ACTIVE"), ("DELETED", "DELETED")])?,
                    resource_group_id: query.get("ResourceGroupId").map(str::to_owned),
                    tags: query.tags()?,
                },
                page: query.page(ROS_PAGE_SIZE)?,
            },
            "ListStackGroupOperations" => Self::ListStackGroupOperations {
                region_id: query.required("RegionId")?.to_owned(),
                stack_group_name: query.stack_group_name()?,
                page: query.page(ROS_PAGE_SIZE)?,
            },
            _ => return Ok(None),
        }))
    }

    fn read_alidns(action: &str, query: Parameters<'_>) -> Result<Option<Self>, Refusal> {
        let task = || {
            Ok(TaskFilter {
                task_id: query.task_id()?,
                batch_type: query.batch_type()?,
                lang: query.lang()?,
            })
        };
        Ok(Some(match action {
            "DescribeBatchResultCount" => Self::DescribeBatchResultCount(task()?),
            "DescribeBatchResultDetail" => Self::DescribeBatchResultDetail {
                task: task()?,
                succeeded: query.word("Status", &[("SUCCESS", true), ("FAILED", false)])?,
                page: query.page(ALIDNS_PAGE_SIZE)?,
            },
            _ => return Ok(None),
        }))
    }

    fn read_sts(action: &str, parameters: Parameters<'_>) -> Result<Option<Self>, Refusal> {
        Ok(Some(match action {
            "GetCallerIdentity" => Self::GetCallerIdentity,
            "AssumeRole" => Self::AssumeRole {
                request: RoleRequest::read(parameters)?,
                external_id: parameters.text("ExternalId", 2..=1224)?,
            },
            ASSUME_ROLE_WITH_OIDC => Self::AssumeRoleWithOidc {
                request: RoleRequest::read(parameters)?,
                proof: OidcProof::read(parameters)?,
            },
            _ => return Ok(None),
        }))
    }

    /// The action's name.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::GetStackGroupOperation(_) => "GetStackGroupOperation",
            Self::ListStackGroupOperationResults { .. } => "ListStackGroupOperationResults",
            Self::StopStackGroupOperation(_) => "StopStackGroupOperation",
            Self::GetExecuteOperationResult { .. } => "GetExecuteOperationResult",
            Self::DescribeBatchResultCount(_) => "DescribeBatchResultCount",
            Self::DescribeBatchResultDetail { .. } => "DescribeBatchResultDetail",
            Self::DescribeRegions(_) => "DescribeRegions",
            Self::ListStackGroups { .. } => "ListStackGroups",
            Self::ListStackGroupOperations { .. } => "ListStackGroupOperations",
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::AssumeRole { .. } => "AssumeRole",
            Self::AssumeRoleWithOidc { .. } => ASSUME_ROLE_WITH_OIDC,
        }
    }

    /// The operation, task, stack group (by its name) or role (by its ARN) that is asked for.
    pub(super) fn operation(&self) -> Option<String> {
        match self {
            Self::GetStackGroupOperation(target)
            | Self::StopStackGroupOperation(target)
            | Self::ListStackGroupOperationResults { target, .. } => {
                Some(target.operation_id.clone())
            }
            Self::GetExecuteOperationResult { operation_id } => Some(operation_id.clone()),
            Self::DescribeBatchResultCount(task) | Self::DescribeBatchResultDetail { task, .. } => {
                task.task_id.map(|id| id.to_string())
            }
            Self::ListStackGroupOperations {
                stack_group_name, ..
            } => Some(stack_group_name.clone()),
            Self::AssumeRole { request, .. } | Self::AssumeRoleWithOidc { request, .. } => {
                Some(request.role_arn.clone())
            }
            Self::DescribeRegions(_) | Self::ListStackGroups { .. } | Self::GetCallerIdentity => {
                None
            }
        }
    }

    /// The page that is asked for.
    pub(super) fn page(&self) -> Option<u32> {
        match self {
            Self::ListStackGroupOperationResults { page, .. }
            | Self::DescribeBatchResultDetail { page, .. }
            | Self::ListStackGroups { page, .. }
            | Self::ListStackGroupOperations { page, .. } => Some(page.number),
            _ => None,
        }
    }
}
