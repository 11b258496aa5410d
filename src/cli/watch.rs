//! `optrail watch`: what to record.

mod accounts;
mod add;
mod adding;
pub mod import;
mod list;
mod remove;
pub mod wanted;

use clap::{Args, Subcommand};

use super::values::{FileOrStd, instant, region, service, some_text};
use super::when::{When, when};
use super::{Exit, checked_args};
use crate::config::Config;
use crate::model::{BATCH_TYPES, REASON_LANGS, Service, UtcMillis};
use crate::services::alidns::DEFAULT_LANG;

/// Bad lines or contradictions that are listed; a wrong column makes one of each line.
const LINES_SHOWN: usize = 20;

/// Say what to record: add, list and remove watches
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch add ros --region cn-hangzhou 6da106ca-1784-4a6f-a7e1-e723863d0000
  optrail watch add ros-stack-groups --region all --since 30d
  optrail watch import watches.csv
  optrail watch list
  optrail watch remove 6da106ca-1784-4a6f-a7e1-e723863d0000 --reason 'test run'")]
pub struct WatchArgs {
    /// What to do with watches.
    #[command(subcommand)]
    pub command: WatchCommand,
}

/// The commands of `watch`.
#[allow(missing_docs)] // a comment on a variant would hide the help text of its arguments
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum WatchCommand {
    Add(AddArgs),
    Import(ImportArgs),
    List(ListArgs),
    Remove(RemoveArgs),
}

/// Watch operations, or what finds them
///
/// Adding what is watched already changes nothing. Creates the database if there is none, and
/// never waits for a collector that runs. With several accounts in the configuration, an operation that
/// is named by its id needs --account; stack groups and last tasks are watched in every account, or in
/// those that --account names.
#[derive(Debug, Args)]
#[command(
    after_help = "\
Examples:
  optrail watch add ros --region cn-hangzhou 6da106ca-1784-4a6f-a7e1-e723863d0000
  optrail watch add cadt op_1a2b3c_ecs_modifyInstanceType
  optrail watch add alidns --task-id 123456
  optrail watch add ros-stack-groups --region all --name 'prod-*' --since 30d
  optrail watch add alidns
  aliyun ros CreateStackInstances … | optrail watch add --from-answer - --region cn-hangzhou",
    subcommand_negates_reqs = true
)]
pub(super) struct TypedAdd {
    /// Watch the operation that a call started, from the JSON of its answer (OperationId, Data or
    /// TaskId) in a file or on stdin (-)
    #[arg(long, value_name = "FILE|-", required = true)]
    from_answer: Option<FileOrStd>,

    /// With --from-answer: whose answer it is, where it has ids of several
    #[arg(long, value_name = "SERVICE", value_parser = service)]
    service: Option<Service>,

    /// With --from-answer: region of the stack group [default: that of the profile or environment]
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<String>,

    #[command(subcommand)]
    operations: Option<Operations>,
}

/// What to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddArgs {
    /// Operations named by their ids.
    Operations(Operations),
    /// The operation that an answer names.
    FromAnswer {
        /// Where the answer is.
        answer: FileOrStd,
        /// Whose answer it is.
        service: Option<Service>,
        /// Region of the stack group.
        region: Option<String>,
    },
}

/// Ids and an answer at once, or neither.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddError {
    /// `--from-answer` and friends before a service.
    #[error(
        "--from-answer, and --service and --region with it, cannot be used with ids; put --region after `ros`"
    )]
    Both,
    /// Nothing to watch.
    #[error("name a service and ids, or --from-answer")]
    Neither,
}

impl TryFrom<TypedAdd> for AddArgs {
    type Error = AddError;

    fn try_from(typed: TypedAdd) -> Result<Self, AddError> {
        match typed {
            TypedAdd {
                from_answer: None,
                service: None,
                region: None,
                operations: Some(operations),
            } => Ok(Self::Operations(operations)),
            TypedAdd {
                operations: Some(_),
                ..
            } => Err(AddError::Both),
            TypedAdd {
                from_answer: Some(answer),
                service,
                region,
                operations: None,
            } => Ok(Self::FromAnswer {
                answer,
                service,
                region,
            }),
            TypedAdd { .. } => Err(AddError::Neither),
        }
    }
}

checked_args!(AddArgs, TypedAdd);

/// Operations of one service.
#[allow(missing_docs)] // a comment on a variant would hide the help text of its arguments
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Operations {
    Ros(RosArgs),
    RosStackGroups(StackGroupsArgs),
    #[command(visible_alias = "cadt")]
    Bpstudio(BpstudioArgs),
    Alidns(AlidnsArgs),
}

/// Watch stack-group operations and their results
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch add ros --region cn-hangzhou 6da106ca-1784-4a6f-a7e1-e723863d0000")]
pub struct RosArgs {
    /// Operations
    #[arg(value_name = "ID", required = true, value_parser = some_text)]
    pub ids: Vec<String>,

    /// Region where the stack group lives, not that of its stacks [default: that of the profile or
    /// environment]
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Option<String>,
}

/// Find the operations of stack groups, and watch each
///
/// Every run lists the stack groups and their operations and watches those that are new; what has
/// ended already is looked at once, completely.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch add ros-stack-groups --region cn-hangzhou
  optrail watch add ros-stack-groups --region all --name 'prod-*' --name shared --since 30d")]
pub struct StackGroupsArgs {
    /// Region where the stack groups live, or all [default: that of the profile or environment]
    #[arg(long, value_name = "REGION|all", value_parser = region)]
    pub region: Option<String>,

    /// Only groups of such a name, * for any text and ? for any one character; repeatable
    #[arg(long, value_name = "PATTERN", value_parser = some_text)]
    pub name: Vec<String>,

    /// Only operations created since then: 2026-01-31T08:00:00Z, 2026-01-31, yesterday, or 30d and 12h
    /// before now
    #[arg(long, value_name = "TIME", value_parser = when, allow_hyphen_values = true)]
    pub since: Option<When>,
}

/// Watch CADT operations; an id can be asked about for one hour only
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch add bpstudio op_1a2b3c_ecs_modifyInstanceType
  optrail watch add cadt op_1a2b3c --declared-started-at 2026-01-31T08:00:00Z")]
pub struct BpstudioArgs {
    /// Operations
    #[arg(value_name = "ID", required = true, value_parser = some_text)]
    pub ids: Vec<String>,

    /// Resource group, where permission depends on it
    #[arg(long, value_name = "ID", value_parser = some_text)]
    pub resource_group_id: Option<String>,

    /// When they were started, if you know: those that expire first are asked about first
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub declared_started_at: Option<UtcMillis>,
}

/// Watch DNS batch tasks
///
/// Without --task-id, every run asks for the account's last task, or the last of each --batch-type, and
/// watches each task that it meets. A task between two runs that another follows is not met.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch add alidns --task-id 123456
  optrail watch add alidns --task-id 123456 --task-id 123457 --lang zh
  optrail watch add alidns
  optrail watch add alidns --batch-type RR_ADD --batch-type RR_DEL")]
pub struct AlidnsArgs {
    /// Task; repeatable [default: the last one, whichever that is]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub task_id: Vec<i64>,

    /// Only batches of this kind; repeatable without --task-id
    #[arg(long, value_name = "TYPE", value_parser = BATCH_TYPES)]
    pub batch_type: Vec<String>,

    /// Language of reasons; two languages would look like two reasons
    #[arg(long, value_name = "LANG", default_value = DEFAULT_LANG, value_parser = REASON_LANGS)]
    pub lang: String,
}

/// Watch what a table names
///
/// The header is service,region_id,operation_id,batch_type,account: columns in any order, those that
/// would be empty may be missing. service is ros, bpstudio (or cadt), alidns (without operation_id: the
/// last task), or ros-stack-groups (never with operation_id; region_id may be all). account is a name or
/// id of the configuration. If one line cannot be used, nothing is added and each such line is named.
/// Importing again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch import watches.csv
  optrail watch import -")]
pub struct ImportArgs {
    /// Table as CSV, or stdin
    #[arg(value_name = "FILE|-")]
    pub table: FileOrStd,
}

/// List watches: what, their state, and where they come from
///
/// A watch comes from a command, an answer, an import, the configuration, or another watch that found
/// it. By whom and when it was added stands in `export watches`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch list
  optrail export watches --format json")]
pub struct ListArgs {}

/// Stop watching; what was recorded stays
///
/// What a watch of stack groups or last tasks has found is recorded on until it has ended. What the
/// configuration declares is removed there.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch remove 6da106ca-1784-4a6f-a7e1-e723863d0000 --reason 'test run'")]
pub struct RemoveArgs {
    /// Watch, or the operation it watches, as `watch list` shows it; watch:N is always a watch
    #[arg(value_name = "ID", value_parser = some_text)]
    pub id: String,

    /// Why; kept for ever
    #[arg(long, value_name = "TEXT", value_parser = some_text)]
    pub reason: String,
}

/// Adds, lists or removes watches.
pub fn run(args: &WatchArgs, config: &Config) -> anyhow::Result<Exit> {
    match &args.command {
        WatchCommand::Add(args) => add::run(args, config),
        WatchCommand::Import(args) => import::run(args, config),
        WatchCommand::List(ListArgs {}) => list::run(config),
        WatchCommand::Remove(args) => remove::run(args, config),
    }
}

/// Some lines for a message, and how many more there are.
fn listed(lines: &[String]) -> String {
    let mut text = lines[..lines.len().min(LINES_SHOWN)].join("\n");
    if lines.len() > LINES_SHOWN {
        text.push_str(&format!("\n… and {} more", lines.len() - LINES_SHOWN));
    }
    text
}
