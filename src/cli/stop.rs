//! `optrail stop`.

use std::io::{IsTerminal, Write};

use anyhow::{Context, bail};
use clap::Args;

use super::account_words::with_ids;
use super::values::{region as region_text, some_text};
use super::{Exit, asking, output, region, renewal, sealing};
use crate::collect::{Collector, StopEnd, StopOrder, StopResult, Stopping};
use crate::config::Config;
use crate::export::escape::terminal;
use crate::store::watches::WatchTarget;
use crate::store::{Connection, StoreError, open, watches};

/// Stop a stack-group operation, and record who, why, and what came of it
///
/// The only command that changes anything in the cloud. The intent is kept before the call is
/// sent; the call is sent again only where the answer proves that it was not carried out. Works
/// while a collector runs.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail stop 6da106ca-1784-4a6f-a7e1-e723863d0000 --reason 'wrong template'
  optrail stop 6da106ca-1784-4a6f-a7e1-e723863d0000 --region cn-hangzhou \\
      --reason 'wrong template' --ticket CHG-1042 --yes --wait

Exit status: 0 accepted, or it had ended before; 1 not stopped; 4 nothing tells whether the call
arrived.")]
pub struct StopArgs {
    /// Operation to stop
    #[arg(value_name = "ID", value_parser = some_text)]
    pub id: String,

    /// Why; kept for ever
    #[arg(long, value_name = "TEXT", value_parser = some_text)]
    pub reason: String,

    /// Region of the stack group [default: the watch's, else that of the profile or environment]
    #[arg(long, value_name = "REGION", value_parser = region_text)]
    pub region: Option<String>,

    /// Ticket or change that asks for it
    #[arg(long, value_name = "TICKET", value_parser = some_text)]
    pub ticket: Option<String>,

    /// Do not ask for confirmation; required where stdin is no terminal
    #[arg(long)]
    pub yes: bool,

    /// Collect until the operation has ended, and say how
    #[arg(long)]
    pub wait: bool,
}

/// Stops an operation, and says what came of it.
pub fn run(args: &StopArgs, config: &Config) -> anyhow::Result<Exit> {
    sealing::guard_writing(config)?;
    // After an update, too, a stop is urgent.
    renewal::renew_under_lock(config)?;
    let connection = open::read_only(&config.database)?;
    open::refuse_snapshot(&config.database)?;
    let config = &with_ids(config, &connection)?;
    let watched = watched(&args.id, &connection)?;
    drop(connection);
    let region_id = region_of(args, &watched, config)?;
    if !args.yes && !confirmed(&args.id, &region_id)? {
        output::message("Nothing was sent.");
        return Ok(Exit::Failed);
    }
    let stopping = Stopping::default();
    let collector = asking::collector(config, stopping.clone())?;
    let order = StopOrder {
        label: label_of(args, &watched, &region_id, &collector)?,
        region_id,
        operation_id: args.id.clone(),
        reason: args.reason.clone(),
        ticket: args.ticket.clone(),
        wait: args.wait,
    };
    let end = asking::runtime()?.block_on(async {
        stopping.listen()?;
        anyhow::Ok(collector.stop(&order).await?)
    })?;
    let reported = report(args, config, &end);
    let sealed = sealing::seal_run(config).map_err(|error| {
        output::complaint(config, &sealing::unsealed_text(config, &error));
        sealing::exit_unsealed(&error)
    });
    let exit = match (reported, sealed) {
        (_, Err(Exit::BadNews)) => Exit::BadNews,
        (Exit::Done, Err(unsealed)) => unsealed,
        (exit, _) => exit,
    };
    Ok(stopping.signal().map_or(exit, Exit::from))
}

/// What the watches of this operation are about.
fn watched(id: &str, connection: &Connection) -> Result<Vec<WatchTarget>, StoreError> {
    let all = watches::all(connection)?;
    let targets = all.into_iter().map(|watch| watch.target);
    let is_this = |target: &WatchTarget| target.service == "ros" && target.operation_id == id;
    Ok(targets.filter(is_this).collect())
}

/// The account whose credentials stop it: the one there is, else that of the one watch there is.
fn label_of(
    args: &StopArgs,
    watched: &[WatchTarget],
    region_id: &str,
    collector: &Collector,
) -> anyhow::Result<String> {
    // With an account that cannot be asked there are several to mean, and one of them is refused.
    if let [account] = collector.accounts.as_slice()
        && collector.unmade.is_empty()
    {
        return Ok(account.label.clone());
    }
    let is_asked = |label: &String| {
        collector.unmade.contains_key(label) || collector.accounts.iter().any(|a| a.label == *label)
    };
    let of_region = watched
        .iter()
        .filter(|target| target.region_id == region_id);
    let mut labels: Vec<String> = of_region.map(|target| target.label.clone()).collect();
    labels.retain(is_asked);
    labels.sort_unstable();
    labels.dedup();
    match labels.as_slice() {
        [label] => Ok(label.clone()),
        [] => bail!(unwatched_text(args)),
        several => bail!(
            "operation {} is watched with several accounts ({}): name one with --account",
            args.id,
            several.join(", ")
        ),
    }
}

fn unwatched_text(args: &StopArgs) -> String {
    format!(
        "operation {} is not watched with any of the configured accounts: name one with --account",
        args.id
    )
}

/// The region: as typed, else that of the one watch of this operation, else that of the one account's profile, or the environment.
fn region_of(args: &StopArgs, watched: &[WatchTarget], config: &Config) -> anyhow::Result<String> {
    if let Some(region) = &args.region {
        return Ok(region.clone());
    }
    let mut regions: Vec<String> = watched
        .iter()
        .map(|target| target.region_id.clone())
        .collect();
    regions.sort_unstable();
    regions.dedup();
    match regions.as_slice() {
        [region] => Ok(region.clone()),
        [] => {
            let picked = asking::picked(config)?;
            let [account] = picked.as_slice() else {
                bail!(unwatched_text(args));
            };
            region::default_of(account)?.with_context(|| {
                format!(
                    "no stack-group operation {} is watched, and no region is configured: give the whole id, and the region with --region REGION (nothing else can be stopped)",
                    args.id
                )
            })
        }
        several => bail!(
            "operation {} is watched in {}: name one with --region REGION",
            args.id,
            several.join(" and ")
        ),
    }
}

fn confirmed(id: &str, region_id: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("stop asks before it stops anything, and stdin is no terminal: confirm with --yes");
    }
    let mut stderr = std::io::stderr().lock();
    write!(
        stderr,
        "Stop operation {} in {}? This cannot be undone. [y/N] ",
        terminal(id),
        terminal(region_id)
    )?;
    stderr.flush()?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn report(args: &StopArgs, config: &Config, end: &StopEnd) -> Exit {
    for failure in &end.failures {
        output::complaint(config, &asking::failure_line(failure));
    }
    let status = |status: &Option<String>| status.clone().unwrap_or_else(|| "unknown".to_owned());
    match &end.result {
        StopResult::HadEnded { status } => {
            output::message(&format!(
                "Operation {} had ended before: {status}. Nothing was sent.",
                args.id
            ));
            Exit::Done
        }
        StopResult::Accepted {
            before,
            after,
            request_id,
        } => {
            output::message(&format!(
                "Operation {}: the stop was accepted (RequestId {}); it was {}, it is {}.",
                args.id,
                request_id.as_deref().unwrap_or("none"),
                status(before),
                status(after)
            ));
            Exit::Done
        }
        StopResult::NotStopped => {
            output::message(&format!("Operation {} was not stopped.", args.id));
            Exit::Failed
        }
        StopResult::Unknown => {
            output::message(&format!(
                "Whether operation {} was told to stop is not known: no answer came back. It was not sent again; `optrail show {}` tells what is seen.",
                args.id, args.id
            ));
            Exit::Partial
        }
    }
}
