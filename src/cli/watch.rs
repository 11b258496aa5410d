//! `optrail watch`: what to record.

mod add;
mod list;
mod remove;

use clap::{Args, Subcommand};

use super::values::{FileOrStd, instant, region, service, some_text};
use super::{Exit, checked_args};
use crate::config::Config;
use crate::model::{Service, UtcMillis};
use crate::services::alidns::DEFAULT_LANG;

/// Say what to record: add, list and remove watches
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch add ros --region cn-hangzhou 6da106ca-1784-4a6f-a7e1-e723863d0000
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
    List(ListArgs),
    Remove(RemoveArgs),
}

/// Watch operations
///
/// Adding what is watched already changes nothing. Creates the database if there is none, and
/// never waits for a collector that runs.
#[derive(Debug, Args)]
#[command(
    after_help = "\
Examples:
  optrail watch add ros --region cn-hangzhou 6da106ca-1784-4a6f-a7e1-e723863d0000
  optrail watch add cadt op_1a2b3c_ecs_modifyInstanceType
  optrail watch add alidns --task-id 123456
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
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch add alidns --task-id 123456
  optrail watch add alidns --task-id 123456 --task-id 123457 --lang zh")]
pub struct AlidnsArgs {
    /// Task; repeatable
    #[arg(
        long,
        value_name = "N",
        required = true,
        value_parser = clap::value_parser!(i64).range(1..)
    )]
    pub task_id: Vec<i64>,

    /// Only batches of this kind
    #[arg(
        long,
        value_name = "TYPE",
        value_parser = ["DOMAIN_ADD", "DOMAIN_DEL", "RR_ADD", "RR_DEL"]
    )]
    pub batch_type: Option<String>,

    /// Language of reasons; two languages would look like two reasons
    #[arg(long, value_name = "LANG", default_value = DEFAULT_LANG, value_parser = ["en", "zh"])]
    pub lang: String,
}

/// List watches: what, since when, by whom, and their state
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail watch list
  optrail export watches --format json")]
pub struct ListArgs {}

/// Stop watching an operation; what was recorded stays
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
        WatchCommand::List(ListArgs {}) => list::run(config),
        WatchCommand::Remove(args) => remove::run(args, config),
    }
}
