//! What is typed: the commands, their arguments and help texts, and how a command speaks back.
//!
//! It holds no logic of the product. One file a command says what may be typed and passes it on; what
//! was typed is checked here, so that a command gets no arguments that contradict each other. May use
//! every room below it.

mod account_words;
pub mod asking;
pub mod backup;
pub mod check;
pub mod checkpoint;
pub mod collect;
pub mod completions;
pub mod config;
mod database;
pub mod dataset;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod exit;
pub mod export;
pub mod from_answer;
pub mod global;
mod hook;
pub mod init;
pub mod log_id;
mod manifested;
pub mod os_user;
pub mod output;
pub mod policy;
mod process;
pub mod prove;
mod read;
pub mod rebuild;
mod region;
mod renewal;
pub mod report;
pub mod restore;
mod rows;
mod run;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod schedule;
pub mod schema;
mod sealing;
mod sections;
pub mod show;
pub mod snapshot;
pub mod sql;
pub mod status;
pub mod stop;
mod usage;
mod values;
pub mod verify;
pub mod verify_export;
pub mod watch;
pub mod when;

use clap::{Parser, Subcommand};

pub use exit::Exit;
pub use run::run;
pub use usage::UsageError;
pub use values::{FileOrStd, ReportFormat};

/// Records what Alibaba Cloud says about its operations, and keeps the proof
///
/// optrail asks about stack-group operations (ROS), CADT operations (BPStudio) and DNS batch tasks
/// (AliDNS), keeps every answer as evidence, and derives versioned rows from it: one SQLite file
/// that you can query, export and verify.
#[derive(Debug, Parser)]
#[command(name = "optrail", version, max_term_width = 100, after_help = after_help())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// What holds for every command.
    #[command(flatten, next_help_heading = "Global options")]
    pub global: global::GlobalArgs,
}

/// Examples and exit codes; the demo stands there only where it is built in.
fn after_help() -> String {
    let demo = if cfg!(feature = "sandbox") {
        "  optrail demo                                            see it work, without an account\n"
    } else {
        ""
    };
    format!(
        "\
Examples:
{demo}  optrail watch add ros --region cn-hangzhou 6da106ca-1784-4a6f-a7e1-e723863d0000
  optrail collect                                         ask about everything that is due
  optrail export timeline --format table                  what was seen, and when
  */5 * * * * optrail collect                             the line for a crontab

Exit status:
  0    done
  1    could not go on: configuration, credentials, database
  2    usage
  3    bad news: check found what needs a person, verify or verify-export a difference, diff a
       change (--exit-code), doctor something to mend; the database is older than its checkpoint
  4    partial: something due was not, or not wholly, answered
  5    another collector holds the lock
  130  ended by SIGINT, what was answered is kept
  143  ended by SIGTERM, what was answered is kept"
    )
}

/// The commands, in the order in which help texts name them. Each is documented, and its help text
/// written, where its arguments are.
#[allow(missing_docs)] // a comment on a variant would hide the help text of its arguments
#[allow(clippy::large_enum_variant)] // a process has one
#[derive(Debug, Subcommand)]
pub enum Command {
    #[cfg(feature = "sandbox")]
    Demo(demo::DemoArgs),
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::SandboxArgs),
    Init(init::InitArgs),
    Watch(watch::WatchArgs),
    Collect(collect::CollectArgs),
    Stop(stop::StopArgs),
    Check(check::CheckArgs),
    Status(status::StatusArgs),
    Show(show::ShowArgs),
    Diff(diff::DiffArgs),
    Export(export::ExportArgs),
    VerifyExport(verify_export::VerifyExportArgs),
    Report(report::ReportArgs),
    #[command(visible_alias = "query")]
    Sql(sql::SqlArgs),
    Schema(schema::SchemaArgs),
    Verify(verify::VerifyArgs),
    Checkpoint(checkpoint::CheckpointArgs),
    Prove(prove::ProveArgs),
    Rebuild(rebuild::RebuildArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Snapshot(snapshot::SnapshotArgs),
    Doctor(doctor::DoctorArgs),
    Policy(policy::PolicyArgs),
    Config(config::ConfigArgs),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
}

/// Gives a type checked arguments: clap reads `$raw`, and `$checked` is made from it by `TryFrom`,
/// whose error becomes a usage error like clap's own.
macro_rules! checked_args {
    ($checked:ty, $raw:ty) => {
        impl clap::FromArgMatches for $checked {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                let raw = <$raw as clap::FromArgMatches>::from_arg_matches(matches)?;
                Self::try_from(raw).map_err(|error| {
                    clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, error)
                })
            }

            fn update_from_arg_matches(
                &mut self,
                matches: &clap::ArgMatches,
            ) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl clap::Args for $checked {
            fn augment_args(command: clap::Command) -> clap::Command {
                <$raw as clap::Args>::augment_args(command)
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                <$raw as clap::Args>::augment_args_for_update(command)
            }
        }
    };
}
use checked_args;

#[cfg(test)]
mod tests;
