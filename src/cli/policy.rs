//! `optrail policy`.

use std::collections::BTreeSet;

use anyhow::bail;
use clap::Args;
use serde_json::{Value as Json, json};

use super::Exit;
use super::output::{self, DataFormat, to_stdout};
use crate::config::{Account, Config, DeclaredWatch};
use crate::model::{Action, Service};
use crate::store::{StoreError, open, watches};

/// Characters of a policy that RAM accepts in one custom policy (RAM documentation, limits).
const POLICY_CHARS_MAX: usize = 6_144;

/// Operations of stack groups, whose reading RAM narrows to them (ROS documentation, GetStackGroupOperation).
const ROS_OPERATIONS: &str = "acs:ros:*:*:stackgroupoperation/*";

/// Operations of CADT (BPStudio documentation, GetExecuteOperationResult, which leaves the region empty).
const BPSTUDIO_OPERATIONS: &str = "acs:bpstudio:*:*:bpstudiovirtual/*";

/// Print the least RAM policy that recording needs, as JSON
///
/// It allows the calls that the configured and the recorded watches lead to, and no other; where nothing is
/// watched yet, every call that reads. With roles, --base prints the policy of whoever assumes them.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail policy
  optrail policy --stop
  optrail policy --base")]
pub struct PolicyArgs {
    /// Allow `optrail stop` too
    #[arg(long)]
    pub stop: bool,

    /// The policy of the identity that assumes the roles of the configured accounts
    #[arg(long, conflicts_with = "stop")]
    pub base: bool,
}

/// What is to be recorded, as far as permissions differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// Stack-group operations that are known by id.
    RosOperations,
    /// Stack groups and operations that are found by listing.
    RosDiscovery,
    /// CADT operations.
    Bpstudio,
    /// DNS batch tasks.
    Alidns,
}

impl Need {
    /// Everything that can be recorded.
    pub(super) const ALL: [Self; 4] = [
        Self::RosOperations,
        Self::RosDiscovery,
        Self::Bpstudio,
        Self::Alidns,
    ];

    /// The calls that it leads to.
    pub(super) const fn actions(self) -> &'static [Action] {
        const LOOK: &[Action] = &[
            Action::GetStackGroupOperation,
            Action::ListStackGroupOperationResults,
        ];
        const FIND: &[Action] = &[
            Action::GetStackGroupOperation,
            Action::ListStackGroupOperationResults,
            Action::DescribeRegions,
            Action::ListStackGroups,
            Action::ListStackGroupOperations,
        ];
        match self {
            Self::RosOperations => LOOK,
            Self::RosDiscovery => FIND,
            Self::Bpstudio => &[Action::GetExecuteOperationResult],
            Self::Alidns => &[
                Action::DescribeBatchResultCount,
                Action::DescribeBatchResultDetail,
            ],
        }
    }
}

/// Prints one of the two policies.
pub fn run(args: &PolicyArgs, config: &Config) -> anyhow::Result<Exit> {
    let accounts = config.selected_accounts()?;
    let policy = if args.base {
        let Some(policy) = base_policy(&accounts) else {
            bail!("no account assumes a role: write role_arn in its [[account]]");
        };
        policy
    } else {
        let mut needs = declared(&accounts);
        needs.extend(recorded(config, &accounts)?);
        reader_policy(&needs, args.stop)
    };
    let text = serde_json::to_string_pretty(&policy)?;
    let written_tight = policy.to_string();
    if written_tight.chars().count() > POLICY_CHARS_MAX {
        output::notice(
            config,
            &format!(
                "RAM takes {POLICY_CHARS_MAX} characters in one policy, and this is longer: split its list over several policies"
            ),
        );
    }
    to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
    Ok(Exit::Done)
}

/// What the configuration declares.
pub(super) fn declared(accounts: &[&Account]) -> BTreeSet<Need> {
    let watches = accounts.iter().flat_map(|account| &account.watches);
    watches
        .map(|watch| match watch {
            DeclaredWatch::RosStackGroups { .. } => Need::RosDiscovery,
            DeclaredWatch::Ros { .. } => Need::RosOperations,
            DeclaredWatch::Bpstudio { .. } => Need::Bpstudio,
            DeclaredWatch::Alidns { .. } => Need::Alidns,
        })
        .collect()
}

/// What the watches of the database ask for, if there is one.
fn recorded(config: &Config, accounts: &[&Account]) -> anyhow::Result<BTreeSet<Need>> {
    let connection = match open::read_only(&config.database) {
        Ok(connection) => connection,
        Err(StoreError::Missing(_)) => return Ok(BTreeSet::new()),
        Err(error) => return Err(error.into()),
    };
    let is_selected = |label: &str| {
        config.accounts.is_empty() || accounts.iter().any(|account| account.label == label)
    };
    let needs = watches::all(&connection)?
        .into_iter()
        .map(|watch| watch.target)
        .filter(|target| is_selected(&target.label))
        .filter_map(|target| need_of(&target.service, &target.operation_id));
    Ok(needs.collect())
}

/// What one recorded watch needs; a stack-group watch without an operation is one that finds them.
pub(super) fn need_of(service: &str, operation_id: &str) -> Option<Need> {
    match service.parse().ok()? {
        Service::Ros if operation_id.is_empty() => Some(Need::RosDiscovery),
        Service::Ros => Some(Need::RosOperations),
        Service::Bpstudio => Some(Need::Bpstudio),
        Service::Alidns => Some(Need::Alidns),
        Service::Sts => None,
    }
}

/// The policy of whoever reads: a statement for each resource that RAM can narrow, and one for the rest. For
/// GetCallerIdentity no permission exists.
fn reader_policy(needs: &BTreeSet<Need>, stop: bool) -> Json {
    let needs = if needs.is_empty() {
        BTreeSet::from(Need::ALL)
    } else {
        needs.clone()
    };
    let mut actions: BTreeSet<Action> = needs
        .into_iter()
        .flat_map(|need| need.actions().iter().copied())
        .collect();
    if stop {
        // It is looked at before and after it is stopped.
        actions.extend([
            Action::StopStackGroupOperation,
            Action::GetStackGroupOperation,
        ]);
    }
    let resources = [ROS_OPERATIONS, BPSTUDIO_OPERATIONS, "*"];
    let statements: Vec<Json> = resources
        .into_iter()
        .filter_map(|resource| {
            let of_resource = actions.iter().filter(|a| resource_of(**a) == resource);
            let names: Vec<String> = of_resource.map(|action| permission(*action)).collect();
            (!names.is_empty()).then(|| statement(&names, &[resource]))
        })
        .collect();
    policy(statements)
}

/// The policy of whoever assumes the roles; `None` where there are none.
fn base_policy(accounts: &[&Account]) -> Option<Json> {
    let arns: BTreeSet<&str> = accounts
        .iter()
        .filter_map(|account| account.role.as_ref())
        .map(|role| role.arn.as_str())
        .collect();
    let arns: Vec<&str> = arns.into_iter().collect();
    let actions = [permission(Action::AssumeRole)];
    (!arns.is_empty()).then(|| policy(vec![statement(&actions, &arns)]))
}

/// To what RAM can narrow an action, as far as its documentation says.
const fn resource_of(action: Action) -> &'static str {
    match action {
        Action::GetStackGroupOperation => ROS_OPERATIONS,
        Action::GetExecuteOperationResult => BPSTUDIO_OPERATIONS,
        _ => "*",
    }
}

fn permission(action: Action) -> String {
    format!("{}:{action}", action.service())
}

fn statement(actions: &[String], resources: &[&str]) -> Json {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

fn policy(statements: Vec<Json>) -> Json {
    json!({"Version": "1", "Statement": statements})
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::{Access, Role, SignatureVersion};

    fn allowed(policy: &Json) -> BTreeSet<String> {
        let statements = policy["Statement"].as_array().unwrap().iter();
        statements
            .flat_map(|statement| statement["Action"].as_array().unwrap())
            .map(|action| action.as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn with_nothing_watched_every_call_of_recording_is_allowed() {
        let reading = Action::ALL
            .into_iter()
            .filter(|action| action.is_read_only() && action.service() != Service::Sts);
        let policy = reader_policy(&BTreeSet::new(), false);
        assert_eq!(allowed(&policy), reading.map(permission).collect());
    }

    #[test]
    fn only_what_is_watched_is_allowed() {
        let of =
            |needs: &[Need], stop| allowed(&reader_policy(&needs.iter().copied().collect(), stop));
        assert_eq!(
            of(&[Need::RosOperations], false),
            BTreeSet::from(
                [
                    "ros:GetStackGroupOperation",
                    "ros:ListStackGroupOperationResults"
                ]
                .map(str::to_owned)
            )
        );
        let stopping = of(&[Need::Bpstudio], true);
        assert!(stopping.contains("ros:StopStackGroupOperation"));
        assert!(stopping.contains("bpstudio:GetExecuteOperationResult"));
        assert!(!of(&Need::ALL, false).contains("ros:StopStackGroupOperation"));
    }

    #[test]
    fn resources_are_narrowed_where_ram_can() {
        let policy = reader_policy(&BTreeSet::from([Need::Bpstudio, Need::Alidns]), false);
        assert_eq!(
            policy,
            json!({"Version": "1", "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["bpstudio:GetExecuteOperationResult"],
                    "Resource": ["acs:bpstudio:*:*:bpstudiovirtual/*"]
                },
                {
                    "Effect": "Allow",
                    "Action": ["alidns:DescribeBatchResultCount", "alidns:DescribeBatchResultDetail"],
                    "Resource": ["*"]
                }
            ]})
        );
    }

    #[test]
    fn the_base_identity_may_assume_the_roles_and_nothing_else() {
        let with_role = |id: &str| Account {
            role: Some(Role {
                arn: format!("acs:ram::{id}:role/reader"),
                external_id: None,
                session_name: "optrail".to_owned(),
                duration_seconds: 3_600,
            }),
            ..Account::unnamed(Access::Chain, SignatureVersion::V3)
        };
        let without = Account::unnamed(Access::Chain, SignatureVersion::V3);
        let (one, two) = (with_role("1"), with_role("2"));
        assert_eq!(
            base_policy(&[&two, &without, &one]),
            Some(json!({"Version": "1", "Statement": [{
                "Effect": "Allow",
                "Action": ["sts:AssumeRole"],
                "Resource": ["acs:ram::1:role/reader", "acs:ram::2:role/reader"]
            }]}))
        );
        assert_eq!(base_policy(&[&without]), None);
    }

    #[test]
    fn recorded_watches_are_needs() {
        assert_eq!(need_of("ros", "a"), Some(Need::RosOperations));
        assert_eq!(need_of("ros", ""), Some(Need::RosDiscovery));
        assert_eq!(need_of("alidns", ""), Some(Need::Alidns));
        assert_eq!(need_of("bpstudio", "a"), Some(Need::Bpstudio));
        assert_eq!(need_of("oss", "a"), None);
    }
}
