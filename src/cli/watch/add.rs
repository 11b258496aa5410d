//! `optrail watch add`: from what was typed or piped in to watches.

use std::fs::File;
use std::io::{self, Read};

use anyhow::{Context as _, bail};

use super::wanted::{Origin, Wanted};
use super::{AddArgs, AlidnsArgs, Operations, StackGroupsArgs, accounts, adding};
use crate::cli::from_answer::{self, MAX_ANSWER_BYTES};
use crate::cli::read;
use crate::cli::region::default_of;
use crate::cli::when::When;
use crate::cli::{Exit, FileOrStd, UsageError};
use crate::config::{ALL_REGIONS, Account, Config};
use crate::model::{Clock as _, Service, SystemClock};

/// Adds the watches that are not there yet, and says which those are.
pub(super) fn run(args: &AddArgs, config: &Config) -> anyhow::Result<Exit> {
    let (origin, wanted) = match args {
        AddArgs::Operations(operations) => (Origin::Command, of_operations(operations, config)?),
        AddArgs::FromAnswer {
            answer,
            service,
            region,
        } => {
            let wanted = of_answer(answer, *service, region.as_deref(), config)?;
            (Origin::Answer, vec![wanted])
        }
    };
    adding::add(&wanted, origin, config)?;
    Ok(Exit::Done)
}

fn of_operations(operations: &Operations, config: &Config) -> anyhow::Result<Vec<Wanted>> {
    Ok(match operations {
        Operations::Ros(args) => {
            let account = accounts::one(config)?;
            let region = region(args.region.as_deref(), account)?;
            if region == ALL_REGIONS {
                bail!(UsageError(
                    "an operation lives in one region; name it with --region".to_owned()
                ));
            }
            let label = &account.label;
            let of = |id: &String| Wanted::new(Service::Ros, label, region.clone(), id.clone());
            args.ids.iter().map(of).collect()
        }
        Operations::RosStackGroups(args) => of_stack_groups(args, config)?,
        Operations::Bpstudio(args) => {
            let label = &accounts::one(config)?.label;
            let of = |id: &String| Wanted {
                resource_group: args.resource_group_id.clone(),
                declared_started_at: args.declared_started_at,
                ..Wanted::new(Service::Bpstudio, label, String::new(), id.clone())
            };
            args.ids.iter().map(of).collect()
        }
        Operations::Alidns(args) if args.task_id.is_empty() => {
            of_last_tasks(args, &accounts::picked(config)?)
        }
        Operations::Alidns(args) => of_tasks(args, accounts::one(config)?)?,
    })
}

fn of_stack_groups(args: &StackGroupsArgs, config: &Config) -> anyhow::Result<Vec<Wanted>> {
    let now = SystemClock.now();
    let since = args.since.map(|since| since.resolve(now, &config.zone));
    let of = |account: &&Account| {
        let region = region(args.region.as_deref(), account)?;
        Ok(Wanted {
            since,
            is_since_relative: args.since.is_some_and(When::is_relative),
            ..Wanted::stack_groups(&account.label, region, &args.name)
        })
    };
    accounts::picked(config)?.iter().map(of).collect()
}

fn of_tasks(args: &AlidnsArgs, account: &Account) -> anyhow::Result<Vec<Wanted>> {
    let batch_type = match args.batch_type.as_slice() {
        [] => None,
        [batch_type] => Some(batch_type.clone()),
        _ => bail!(UsageError(
            "a task is of one kind: with --task-id, say --batch-type once".to_owned()
        )),
    };
    let of = |id: &i64| Wanted {
        batch_type: batch_type.clone(),
        lang: Some(args.lang.clone()),
        ..Wanted::new(
            Service::Alidns,
            &account.label,
            String::new(),
            id.to_string(),
        )
    };
    Ok(args.task_id.iter().map(of).collect())
}

/// Of each account its last task, or that of each kind.
fn of_last_tasks(args: &AlidnsArgs, picked: &[&Account]) -> Vec<Wanted> {
    let mut kinds: Vec<Option<String>> = args.batch_type.iter().cloned().map(Some).collect();
    if kinds.is_empty() {
        kinds.push(None);
    }
    let of = |account: &&Account| {
        let label = account.label.clone();
        kinds.clone().into_iter().map(move |batch_type| Wanted {
            batch_type,
            lang: Some(args.lang.clone()),
            ..Wanted::new(Service::Alidns, &label, String::new(), String::new())
        })
    };
    picked.iter().flat_map(of).collect()
}

fn of_answer(
    answer: &FileOrStd,
    service: Option<Service>,
    typed_region: Option<&str>,
    config: &Config,
) -> anyhow::Result<Wanted> {
    let account = accounts::one(config)?;
    let text = read_text(answer, MAX_ANSWER_BYTES, "an answer of these calls")?;
    let started = from_answer::read(&text, service)?;
    let region = match started.service {
        Service::Ros => region(typed_region, account)?,
        // These have no region; one that a script always passes is no mistake.
        _ => String::new(),
    };
    Ok(Wanted::new(
        started.service,
        &account.label,
        region,
        started.operation_id,
    ))
}

/// The text of a file or of stdin, which holds `what`.
pub(super) fn read_text(source: &FileOrStd, bytes_max: u64, what: &str) -> anyhow::Result<String> {
    let (name, source): (String, Box<dyn Read>) = match source {
        FileOrStd::Std => ("stdin".to_owned(), Box::new(io::stdin().lock())),
        FileOrStd::File(path) => {
            let name = path.display().to_string();
            let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
            (name, Box::new(file))
        }
    };
    read::text(source, bytes_max).with_context(|| format!("cannot read {what} from {name}"))
}

/// The region of a stack group: what was typed, else that of the account's profile or of the environment.
pub(super) fn region(typed: Option<&str>, account: &Account) -> anyhow::Result<String> {
    if let Some(region) = typed {
        return Ok(region.to_owned());
    }
    default_of(account)?.context(
        "in which region is the stack group? name it with --region, or set ALIBABA_CLOUD_REGION_ID or the profile's region_id",
    )
}
