//! `optrail doctor`.

mod seal;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value as Json, json};

use super::output::{DataFormat, to_stdout};
use super::policy::{Need, declared, need_of};
use super::values::ReportFormat;
use super::{Exit, asking};
use crate::cloud::credentials;
use crate::collect::Account;
use crate::collect::doctor::{
    Check, DatabaseState, Patient, Places, Topic, examine_accounts, examine_database,
    examine_places,
};
use crate::config::{self, ALL_REGIONS, Config, DeclaredWatch};
use crate::model::{Action, Clock as _, SystemClock};
use crate::store::watches::WatchRow;
use crate::store::{StoreError, open, runs, watches};
use crate::verify::{Depth, verify};

/// Where an account is asked that watches no region: stack groups can be in any.
const REGION: &str = "cn-hangzhou";

/// Look at everything a run needs, and say what to do where something is wrong
///
/// Configuration, files and their modes, disk, database and its seal; for each account its credentials, whose they are, what
/// they allow, endpoints and clock. It asks the cloud a few harmless questions for each account: about ids that
/// cannot exist, and for the first entry of a list. They are a diagnosis and no collection: nothing of them is
/// recorded, nothing is changed, and no secret is shown.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail doctor
  optrail doctor --account prod
  optrail doctor --format json

Exit status: 0 all is well, 1 nothing could be looked at (the message says why), 3 something is to be
mended (a line that begins with warning or error).")]
pub struct DoctorArgs {
    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// Looks at everything, and tells it in the order in which a run needs it.
pub fn run(args: &DoctorArgs, config: &Config) -> anyhow::Result<Exit> {
    let made = asking::each_account(config)?;
    let mut checks = vec![configuration(config, made.len())];
    checks.extend(examine_places(&places(config)));
    let (of_database, state) = examine_database(&config.database, config.every, SystemClock.now());
    checks.extend(of_database);
    checks.push(evidence(config, state));
    checks.push(seal::examine(config, state, SystemClock.now()));
    let known = match state {
        DatabaseState::Current => Known::read(config, &made)?,
        DatabaseState::Older | DatabaseState::Unusable => Known::default(),
    };
    checks.extend(accounts(made, &known)?);
    match args.format {
        ReportFormat::Text => {
            let text = text::text(&checks);
            to_stdout(DataFormat::Escaped, |out| {
                Ok(out.write_all(text.as_bytes())?)
            })?;
        }
        ReportFormat::Json => {
            let document: Vec<Json> = checks.iter().map(document).collect();
            let text = serde_json::to_string_pretty(&document)?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        }
    }
    Ok(match checks.iter().any(|check| check.health.is_finding()) {
        true => Exit::BadNews,
        false => Exit::Done,
    })
}

fn document(check: &Check) -> Json {
    let mut document = json!({
        "check": check.topic.as_str(),
        "status": check.health.as_str(),
        "detail": check.detail,
    });
    if let Some(account) = &check.account {
        document["account"] = json!(account);
    }
    if let Some(advice) = &check.advice {
        document["advice"] = json!(advice);
    }
    document
}

/// It could be read, else nothing would be looked at.
fn configuration(config: &Config, accounts: usize) -> Check {
    let found = match &config.file {
        Some(file) => file.display().to_string(),
        None => "no file, so defaults hold".to_owned(),
    };
    let accounts = match (config.has_accounts(), accounts) {
        (false, _) => "the account of the default credentials".to_owned(),
        (true, 1) => "1 account".to_owned(),
        (true, several) => format!("{several} accounts"),
    };
    Check::ok(Topic::Configuration, format!("{found}; {accounts}"))
}

fn places(config: &Config) -> Places {
    Places {
        config_file: config.file.clone(),
        credential_files: credentials::files(&asking::environment),
        state_directory: config.state_directory.clone(),
        database: config.database.clone(),
    }
}

/// Schema and numbering, as `verify --quick` compares them: a glance, which large files have time for.
fn evidence(config: &Config, state: DatabaseState) -> Check {
    if state != DatabaseState::Current {
        return Check::skipped(
            Topic::Evidence,
            "not before the database is of this program",
        );
    }
    let advice = "run `optrail verify`, and keep a copy of the file as it is";
    match verify(&config.database, Depth::Quick) {
        Ok(report) => match report.differences.first() {
            None => Check::ok(Topic::Evidence, "schema and numbering agree"),
            Some(first) => Check::error(Topic::Evidence, first.to_string(), advice),
        },
        Err(error) => Check::failed(Topic::Evidence, &error.to_string()),
    }
}

/// What the database knows of accounts, by label.
#[derive(Default)]
struct Known {
    watches: BTreeMap<String, Vec<WatchRow>>,
    /// Whose the credentials were in the last run.
    identities: BTreeMap<String, String>,
}

impl Known {
    fn read(config: &Config, made: &[asking::Made<'_>]) -> Result<Self, StoreError> {
        let connection = open::read_only(&config.database)?;
        let mut known = Self::default();
        for watch in watches::all(&connection)? {
            let of_label = known.watches.entry(watch.target.label.clone());
            of_label.or_default().push(watch);
        }
        let next = runs::next_id(&connection)?;
        for (account, _) in made {
            if let Some(id) = runs::last_identity(&connection, &account.label, next)? {
                known.identities.insert(account.label.clone(), id);
            }
        }
        Ok(known)
    }

    /// What recording this account takes; everything where nothing is watched yet.
    fn actions(&self, account: &config::Account) -> BTreeSet<Action> {
        let mut needs = declared(&[account]);
        let recorded = self.watches.get(&account.label).into_iter().flatten();
        needs.extend(
            recorded.filter_map(|row| need_of(&row.target.service, &row.target.operation_id)),
        );
        if needs.is_empty() {
            needs.extend(Need::ALL);
        }
        let actions = needs.iter().flat_map(|need| need.actions());
        actions.copied().collect()
    }

    /// A region that is watched.
    fn region(&self, account: &config::Account) -> String {
        let declared = account.watches.iter().filter_map(|watch| match watch {
            DeclaredWatch::Ros { region, .. } | DeclaredWatch::RosStackGroups { region, .. } => {
                Some(region)
            }
            DeclaredWatch::Bpstudio { .. } | DeclaredWatch::Alidns { .. } => None,
        });
        let recorded = self.watches.get(&account.label).into_iter().flatten();
        declared
            .chain(recorded.map(|row| &row.target.region_id))
            .find(|region| !region.is_empty() && *region != ALL_REGIONS)
            .map_or(REGION, String::as_str)
            .to_owned()
    }
}

/// Each account in its order, whether it could be made or not.
fn accounts(made: Vec<asking::Made<'_>>, known: &Known) -> anyhow::Result<Vec<Check>> {
    let mut unmade = BTreeMap::new();
    let mut order = Vec::new();
    let mut patients = Vec::new();
    for (account, result) in made {
        order.push(account.label.as_str());
        match result {
            Ok(ready) => patients.push(patient(account, ready, known)),
            Err(error) => {
                let check = Check::failed(Topic::Endpoints, &format!("{error:#}"));
                unmade.insert(account.label.as_str(), check.of_account(&account.label));
            }
        }
    }
    let looked = asking::runtime()?
        .block_on(examine_accounts(patients))
        .context("a look at an account ended early")?;
    let mut told: BTreeMap<&str, Vec<&Check>> = BTreeMap::new();
    for check in looked.iter().chain(unmade.values()) {
        let label = check.account.as_deref().unwrap_or_default();
        told.entry(label).or_default().push(check);
    }
    let in_order = order.iter().filter_map(|label| told.get(label));
    Ok(in_order.flatten().map(|check| (*check).clone()).collect())
}

fn patient(account: &config::Account, ready: Arc<Account>, known: &Known) -> Patient {
    Patient {
        account: ready,
        actions: known.actions(account),
        region_id: known.region(account),
        before: known.identities.get(&account.label).cloned(),
    }
}
