//! `optrail watch add`: from what was typed or piped in to watches.

use std::fs::File;
use std::io::{self, Read};

use anyhow::{Context as _, bail};

use super::{AddArgs, Operations};
use crate::cli::from_answer::{self, MAX_ANSWER_BYTES};
use crate::cli::output::{DataFormat, to_stdout};
use crate::cli::values::region as checked_region;
use crate::cli::{Exit, FileOrStd, UsageError, asking, init, os_user};
use crate::cloud::credentials::default_region;
use crate::collect::DEFAULT_LABEL;
use crate::config::Config;
use crate::evidence::leaf::{Watch, WatchChange};
use crate::export::escape::terminal;
use crate::model::{Clock as _, Service, SystemClock, UtcMillis};
use crate::services::alidns::DEFAULT_LANG;
use crate::store::query::Rows;
use crate::store::watches::{self, WatchTarget};

/// Where a watch comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Command,
    Answer,
}

impl Origin {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Answer => "answer",
        }
    }
}

/// A watch that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    service: Service,
    /// Empty where the service has none.
    region: String,
    operation: String,
    batch_type: Option<String>,
    lang: Option<String>,
    resource_group: Option<String>,
    declared_started_at: Option<UtcMillis>,
}

impl Wanted {
    fn new(service: Service, region: String, operation: String) -> Self {
        Self {
            service,
            region,
            operation,
            batch_type: None,
            lang: (service == Service::Alidns).then(|| DEFAULT_LANG.to_owned()),
            resource_group: None,
            declared_started_at: None,
        }
    }

    fn target(&self) -> WatchTarget {
        WatchTarget {
            service: self.service.as_str().to_owned(),
            label: DEFAULT_LABEL.to_owned(),
            region_id: self.region.clone(),
            operation_id: self.operation.clone(),
            batch_type: self
                .batch_type
                .clone()
                .filter(|_| self.operation.is_empty()),
            ..WatchTarget::default()
        }
    }

    /// A watch on the same target that asks with other parameters is not the one that is wanted.
    fn agrees_with(&self, watch_id: i64, there: &Rows) -> anyhow::Result<()> {
        let parameters = [
            ("batch type", &self.batch_type, "batch_type"),
            ("language", &self.lang, "lang"),
            ("resource group", &self.resource_group, "resource_group_id"),
        ];
        for (what, wanted, column) in parameters {
            let there = there.text(column);
            if wanted.as_deref() != there {
                bail!(
                    "watch {watch_id} on {} is there already and asks with {what} {}, not {}; remove it first",
                    name(&self.target()),
                    there.unwrap_or("none"),
                    wanted.as_deref().unwrap_or("none")
                );
            }
        }
        Ok(())
    }

    /// The leaf; its number is given by the recorder.
    fn leaf(&self, origin: Origin, user: &str, at: UtcMillis) -> Watch {
        Watch {
            watch: 0,
            change: WatchChange::Add,
            service: Some(self.service),
            label: Some(DEFAULT_LABEL.to_owned()),
            region: Some(self.region.clone()).filter(|region| !region.is_empty()),
            operation: Some(self.operation.clone()).filter(|id| !id.is_empty()),
            kind: None,
            names: Vec::new(),
            since: None,
            parent: None,
            batch_type: self.batch_type.clone(),
            lang: self.lang.clone(),
            resource_group: self.resource_group.clone(),
            declared_started_at: self.declared_started_at,
            origin: Some(origin.as_str().to_owned()),
            reason: None,
            user: user.to_owned(),
            at,
        }
    }
}

/// Adds the watches that are not there yet, and says which those are.
pub(super) fn run(args: &AddArgs, config: &Config) -> anyhow::Result<Exit> {
    if let Some(account) = config.accounts.iter().find(|name| *name != DEFAULT_LABEL) {
        bail!(UsageError(format!(
            "no account '{account}' is configured; leave --account out, and choose credentials with --profile"
        )));
    }
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
    let recorder = init::open_or_create(&config.database)?;
    let user = os_user::os_user();
    let mut lines = String::new();
    for watch in &wanted {
        let leaf = watch.leaf(origin, &user, SystemClock.now());
        let (watch_id, is_new) = recorder.add_watch(leaf, watch.target())?;
        if !is_new {
            let there = recorder.read_blocking(move |c| watches::asked_with(c, watch_id))?;
            watch.agrees_with(watch_id, &there)?;
        }
        let done = if is_new { "added" } else { "is there already" };
        lines.push_str(&format!(
            "watch {watch_id} {done}: {}\n",
            name(&watch.target())
        ));
    }
    // Derives the rows of what was just kept, so that `watch list` shows it.
    recorder.read_blocking(|_| Ok(()))?;
    to_stdout(DataFormat::Escaped, |out| {
        Ok(out.write_all(lines.as_bytes())?)
    })?;
    Ok(Exit::Done)
}

/// What a watch is about, in a few words that are safe on a terminal.
pub(super) fn name(target: &WatchTarget) -> String {
    let words = [
        target.service.as_str(),
        &target.region_id,
        &target.operation_id,
    ];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    terminal(&words.join(" ")).into_owned()
}

fn of_operations(operations: &Operations, config: &Config) -> anyhow::Result<Vec<Wanted>> {
    Ok(match operations {
        Operations::Ros(args) => {
            let region = region(args.region.as_deref(), config)?;
            let of = |id: &String| Wanted::new(Service::Ros, region.clone(), id.clone());
            args.ids.iter().map(of).collect()
        }
        Operations::Bpstudio(args) => {
            let of = |id: &String| Wanted {
                resource_group: args.resource_group_id.clone(),
                declared_started_at: args.declared_started_at,
                ..Wanted::new(Service::Bpstudio, String::new(), id.clone())
            };
            args.ids.iter().map(of).collect()
        }
        Operations::Alidns(args) => {
            let of = |operation: String| Wanted {
                batch_type: args.batch_type.clone(),
                lang: Some(args.lang.clone()),
                ..Wanted::new(Service::Alidns, String::new(), operation)
            };
            args.task_id.iter().map(|id| of(id.to_string())).collect()
        }
    })
}

fn of_answer(
    answer: &FileOrStd,
    service: Option<Service>,
    typed_region: Option<&str>,
    config: &Config,
) -> anyhow::Result<Wanted> {
    let text = read_answer(answer)?;
    let started = from_answer::read(&text, service)?;
    let region = match started.service {
        Service::Ros => region(typed_region, config)?,
        // These have no region; one that a script always passes is no mistake.
        _ => String::new(),
    };
    Ok(Wanted::new(started.service, region, started.operation_id))
}

fn read_answer(answer: &FileOrStd) -> anyhow::Result<String> {
    let (name, source): (String, Box<dyn Read>) = match answer {
        FileOrStd::Std => ("stdin".to_owned(), Box::new(io::stdin().lock())),
        FileOrStd::File(path) => {
            let name = path.display().to_string();
            let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
            (name, Box::new(file))
        }
    };
    let mut text = String::new();
    source
        .take(MAX_ANSWER_BYTES + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read an answer from {name}"))?;
    if text.len() as u64 > MAX_ANSWER_BYTES {
        bail!("{name} holds more than {MAX_ANSWER_BYTES} bytes; that is no answer of these calls");
    }
    Ok(text)
}

/// The region of a stack group: what was typed, else that of the profile or environment.
fn region(typed: Option<&str>, config: &Config) -> anyhow::Result<String> {
    if let Some(region) = typed {
        return Ok(region.to_owned());
    }
    let Some(found) = default_region(config.profile.as_deref(), &asking::environment) else {
        bail!(
            "in which region is the stack group? name it with --region, or set ALIBABA_CLOUD_REGION_ID or the profile's region_id"
        );
    };
    checked_region(&found).map_err(|reason| {
        anyhow::anyhow!("the profile or environment names the region '{found}': {reason}")
    })
}
