//! The services and the calls that optrail knows, by the names the cloud gives them.

use std::fmt;
use std::str::FromStr;

/// A service whose operations are recorded, or (`Sts`) that says who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Resource Orchestration Service: stack groups.
    Ros,
    /// Cloud Architect Design Tools, product code BPStudio.
    Bpstudio,
    /// Alibaba Cloud DNS: batch tasks.
    Alidns,
    /// Security Token Service: whose credentials ask.
    Sts,
}

impl Service {
    /// The word used in commands, views and evidence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ros => "ros",
            Self::Bpstudio => "bpstudio",
            Self::Alidns => "alidns",
            Self::Sts => "sts",
        }
    }

    /// The version that the `Version` parameter or `x-acs-version` header carries; opaque text
    /// (BPStudio's names a day that does not exist).
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Ros => "2019-09-10",
            Self::Bpstudio => "2021-09-31",
            Self::Alidns => "2015-01-09",
            Self::Sts => "2015-04-01",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no service.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is no service; known are ros, bpstudio (or cadt), alidns")]
pub struct UnknownService(String);

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ros" => Ok(Self::Ros),
            "bpstudio" | "cadt" => Ok(Self::Bpstudio),
            "alidns" => Ok(Self::Alidns),
            "sts" => Ok(Self::Sts),
            other => Err(UnknownService(other.to_owned())),
        }
    }
}

/// What stands in place of a region for a discovery in all of them.
pub const ALL_REGIONS: &str = "all";

/// A call. Collection sends those for which [`Action::is_read_only`] holds, and the other for a kept intervention alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// One stack-group operation.
    GetStackGroupOperation,
    /// One page of its results.
    ListStackGroupOperationResults,
    /// Stops it: the one call that changes the world.
    StopStackGroupOperation,
    /// One CADT operation.
    GetExecuteOperationResult,
    /// Counts of one DNS batch task.
    DescribeBatchResultCount,
    /// One page of the rows of a DNS batch task that has ended.
    DescribeBatchResultDetail,
    /// The regions in which the service has stack groups.
    DescribeRegions,
    /// One page of the stack groups of a region.
    ListStackGroups,
    /// One page of the operations of the stack groups of one name.
    ListStackGroupOperations,
    /// Whose credentials these are.
    GetCallerIdentity,
    /// Temporary credentials of a role, for a key.
    AssumeRole,
    /// Temporary credentials of a role, for a token of an OpenID Connect provider.
    AssumeRoleWithOidc,
}

impl Action {
    /// Every action, in the order of this enum.
    pub const ALL: [Self; 12] = [
        Self::GetStackGroupOperation,
        Self::ListStackGroupOperationResults,
        Self::StopStackGroupOperation,
        Self::GetExecuteOperationResult,
        Self::DescribeBatchResultCount,
        Self::DescribeBatchResultDetail,
        Self::DescribeRegions,
        Self::ListStackGroups,
        Self::ListStackGroupOperations,
        Self::GetCallerIdentity,
        Self::AssumeRole,
        Self::AssumeRoleWithOidc,
    ];

    /// The name as it goes on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GetStackGroupOperation => "GetStackGroupOperation",
            Self::ListStackGroupOperationResults => "ListStackGroupOperationResults",
            Self::StopStackGroupOperation => "StopStackGroupOperation",
            Self::GetExecuteOperationResult => "GetExecuteOperationResult",
            Self::DescribeBatchResultCount => "DescribeBatchResultCount",
            Self::DescribeBatchResultDetail => "DescribeBatchResultDetail",
            Self::DescribeRegions => "DescribeRegions",
            Self::ListStackGroups => "ListStackGroups",
            Self::ListStackGroupOperations => "ListStackGroupOperations",
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
            Self::AssumeRoleWithOidc => "AssumeRoleWithOIDC",
        }
    }

    /// The action of that wire name.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }

    /// The service that answers it.
    pub const fn service(self) -> Service {
        match self {
            Self::GetStackGroupOperation
            | Self::ListStackGroupOperationResults
            | Self::StopStackGroupOperation
            | Self::DescribeRegions
            | Self::ListStackGroups
            | Self::ListStackGroupOperations => Service::Ros,
            Self::GetExecuteOperationResult => Service::Bpstudio,
            Self::DescribeBatchResultCount | Self::DescribeBatchResultDetail => Service::Alidns,
            Self::GetCallerIdentity | Self::AssumeRole | Self::AssumeRoleWithOidc => Service::Sts,
        }
    }

    /// The parameter that names the operation or task asked for; `None` for a call about none.
    pub const fn id_parameter(self) -> Option<&'static str> {
        match self {
            Self::GetStackGroupOperation
            | Self::ListStackGroupOperationResults
            | Self::StopStackGroupOperation
            | Self::GetExecuteOperationResult => Some("OperationId"),
            Self::DescribeBatchResultCount | Self::DescribeBatchResultDetail => Some("TaskId"),
            Self::DescribeRegions
            | Self::ListStackGroups
            | Self::ListStackGroupOperations
            | Self::GetCallerIdentity
            | Self::AssumeRole
            | Self::AssumeRoleWithOidc => None,
        }
    }

    /// Whether it leaves the world as it was.
    pub const fn is_read_only(self) -> bool {
        !matches!(self, Self::StopStackGroupOperation)
    }

    /// Whether its answer is a credential, of which evidence holds no body.
    pub const fn answers_with_credentials(self) -> bool {
        matches!(self, Self::AssumeRole | Self::AssumeRoleWithOidc)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_names_come_back() {
        for action in Action::ALL {
            assert_eq!(Action::from_wire(action.as_str()), Some(action));
        }
        assert_eq!(Action::from_wire("getstackgroupoperation"), None);
    }

    #[test]
    fn only_stop_changes_the_world() {
        let writers: Vec<_> = Action::ALL
            .into_iter()
            .filter(|a| !a.is_read_only())
            .collect();
        assert_eq!(writers, [Action::StopStackGroupOperation]);
    }
}
