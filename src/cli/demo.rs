//! `optrail demo`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use super::global::GlobalArgs;
use super::os_user::os_user;
use super::{Exit, asking, log_id, output, rows};
use crate::cloud::{
    Client, ClientConfig, Context, Credentials, Endpoint, Endpoints, Keeper, Secret, Source,
};
use crate::collect::{
    Account, Collector, DEFAULT_LABEL, Progress, RoundOptions, StopOrder, Stopping, host_name,
};
use crate::evidence::leaf::{Watch, WatchChange};
use crate::export::{Format, Layout, encoder};
use crate::model::{Clock, MINUTE_MS, ManualClock, Service, UtcMillis};
use crate::record::Recorder;
use crate::sandbox::scenario::{self, DemoIds};
use crate::sandbox::{
    DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, DEFAULT_ACCOUNT_ID, Sandbox, SandboxConfig,
};
use crate::services::alidns::DEFAULT_LANG;
use crate::store::query::Query;
use crate::store::{Connection, open, story};
use crate::verify::{Depth, verify};

/// Show it all in ten seconds, without an account or a network
///
/// Starts a simulated cloud on loopback, watches a few operations of each service, collects until
/// all has ended, and prints the timeline, some CSV, and what to try next. Records into a new file
/// in the temporary directory unless --db names one; OPTRAIL_DB is not used, so that simulated
/// rows never meet real ones.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail demo
  optrail demo --db demo.db --seed 7
  optrail --db demo.db verify")]
pub struct DemoArgs {
    /// Which story the simulated cloud tells: the same number, the same story
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// When the story begins: fixed, so that the same seed prints the same story.
const STORY_BEGINS: &str = "2026-01-05T08:00:00Z";

/// Virtual minutes between two rounds while things run.
const ROUND_INTERVAL_MIN: i64 = 1;

/// Rounds before the demo gives up: the story ends within half an hour of its clock.
const ROUNDS_MAX: i64 = 40;

/// The round after which one operation is stopped.
const STOP_AFTER_ROUND: i64 = 6;

/// Rows of CSV that are shown.
const CSV_ROWS: usize = 5;

/// Plays the story, and prints what was recorded of it.
pub fn run(args: &DemoArgs, global: &GlobalArgs) -> anyhow::Result<Exit> {
    let database = match &global.db {
        Some(path) => path.clone(),
        None => std::env::temp_dir()
            .join(format!("optrail-demo-{}", std::process::id()))
            .join("optrail.db"),
    };
    if database.exists() {
        bail!(
            "{} exists; the demo writes a new file: name another with --db FILE",
            database.display()
        );
    }
    let story = asking::runtime()?.block_on(record(args, &database))?;
    let report = verify(&database, Depth::All)?;
    if !report.differences.is_empty() {
        bail!(
            "verify found {} differences in the demo's own file {}",
            report.differences.len(),
            database.display()
        );
    }
    tell(&database, &story, report.size)?;
    Ok(Exit::Done)
}

/// What was played.
struct Story {
    rounds: i64,
    minutes: i64,
    stopped: String,
}

async fn record(args: &DemoArgs, database: &Path) -> anyhow::Result<Story> {
    let begins = UtcMillis::parse_rfc3339(STORY_BEGINS).context("the story has no beginning")?;
    let clock = Arc::new(ManualClock::new(begins));
    let config = SandboxConfig {
        seed: args.seed,
        ..SandboxConfig::new(Arc::clone(&clock) as Arc<dyn Clock>)
    };
    let sandbox = Sandbox::start(config)
        .await
        .context("cannot start the simulated cloud")?;
    let ids = scenario::demo(&sandbox.world(), DEFAULT_ACCOUNT_ID);
    // Opening a database waits for the disk.
    let (file, watched) = (database.to_owned(), ids.clone());
    tokio::task::spawn_blocking(move || watch_all(&file, &watched, begins)).await??;
    let collector = Collector {
        database: database.to_owned(),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        accounts: vec![account(&sandbox.endpoint(), &clock)?],
        unmade: BTreeMap::new(),
        every: None,
        endpoint: Some(sandbox.endpoint()),
        simulated: true,
        user: os_user(),
        host: host_name(),
        stopping: Stopping::default(),
        progress: Arc::new(Progress::default()),
    };
    let rounds = play(&collector, &clock, &ids).await?;
    sandbox.shutdown().await;
    Ok(Story {
        rounds,
        minutes: (rounds - 1) * ROUND_INTERVAL_MIN,
        stopped: ids.ros_to_stop,
    })
}

/// The account of the simulated cloud.
fn account(endpoint: &str, clock: &Arc<ManualClock>) -> anyhow::Result<Arc<Account>> {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let config = ClientConfig {
        endpoints: Endpoints::everywhere(Endpoint::parse(endpoint)?),
        ..ClientConfig::default()
    };
    let key = Credentials::new(
        DEFAULT_ACCESS_KEY_ID,
        Secret::new(DEFAULT_ACCESS_KEY_SECRET.to_owned()),
        None,
        "the simulated cloud",
    )?;
    // Nothing of this process's environment has a part in the story.
    let context = Context::new(Arc::new(|_: &str| None), Arc::clone(&clock), config.clone())?;
    Ok(Arc::new(Account {
        label: DEFAULT_LABEL.to_owned(),
        account_ids: Vec::new(),
        keeper: Arc::new(Keeper::new(Source::Fixed(key), Arc::new(context))),
        client: Arc::new(Client::new(config, clock)?),
        caps: BTreeMap::new(),
    }))
}

/// Collects until nothing is due any more; returns the number of rounds.
async fn play(collector: &Collector, clock: &ManualClock, ids: &DemoIds) -> anyhow::Result<i64> {
    let options = RoundOptions {
        services: Vec::new(),
        only_these_accounts: false,
        deadline: Duration::from_secs(10),
        concurrency: 8,
        recheck: false,
    };
    for round in 1..=ROUNDS_MAX {
        let end = collector.round(&options).await?;
        if end.row.watches_due == 0 {
            return Ok(round - 1);
        }
        if round == STOP_AFTER_ROUND {
            let order = StopOrder {
                region_id: ids.region_id.to_owned(),
                operation_id: ids.ros_to_stop.clone(),
                reason: "deletes forwarders that are still in use".to_owned(),
                ticket: Some("CHG-1042".to_owned()),
                wait: false,
                label: DEFAULT_LABEL.to_owned(),
            };
            collector.stop(&order).await?;
        }
        clock.advance_ms(ROUND_INTERVAL_MIN * MINUTE_MS);
    }
    bail!("the story did not end within {ROUNDS_MAX} rounds")
}

fn watch_all(database: &Path, ids: &DemoIds, now: UtcMillis) -> anyhow::Result<()> {
    let recorder = Recorder::create(database, &log_id::random()?, now)?;
    for entity in ids.entities() {
        let service: Service = entity.service.parse()?;
        let watch = Watch {
            service: Some(service),
            label: Some(DEFAULT_LABEL.to_owned()),
            region: entity.region_id.map(str::to_owned),
            operation: Some(entity.id),
            lang: (service == Service::Alidns).then(|| DEFAULT_LANG.to_owned()),
            origin: Some("demo".to_owned()),
            reason: Some(entity.role),
            ..Watch::new(0, WatchChange::Add, os_user(), now)
        };
        recorder.add_watch(watch)?;
    }
    Ok(())
}

fn tell(database: &Path, story: &Story, evidence_size: i64) -> anyhow::Result<()> {
    let connection = open::read_only(database)?;
    let mut out = Vec::new();
    writeln!(
        out,
        "What was seen of each operation, and when (simulated cloud, {} rounds over {} minutes):\n",
        story.rounds, story.minutes
    )?;
    print(&connection, story::TIMELINE, Format::Table, &mut out)?;
    writeln!(
        out,
        "\nseen_from and seen_until are the first and the last look that showed the status. It changed between\ntwo looks, so that it lasted as many seconds as lasted_s says, as far as anybody can know."
    )?;
    writeln!(out, "\nWhat people did, and what came of it:\n")?;
    print(&connection, story::INTERVENTIONS, Format::Table, &mut out)?;
    writeln!(out, "\nSome of its results, failures first, as CSV:\n")?;
    let mut csv = Vec::new();
    print(&connection, story::RESULTS, Format::Csv, &mut csv)?;
    for line in String::from_utf8_lossy(&csv).lines().take(CSV_ROWS) {
        writeln!(out, "{line}")?;
    }
    let file = database.display();
    writeln!(
        out,
        "\n{evidence_size} leaves of evidence, each answer among them; verified, and compared with no external copy."
    )?;
    writeln!(out, "The file: {file}\n\nTry next:")?;
    writeln!(out, "  optrail --db {file} show {}", story.stopped)?;
    writeln!(out, "  optrail --db {file} export history --format jsonl")?;
    writeln!(
        out,
        "  sqlite3 -readonly {file} 'SELECT * FROM status_timeline LIMIT 5'"
    )?;
    output::to_stdout(output::DataFormat::from(Format::Csv), |stdout| {
        Ok(stdout.write_all(&out)?)
    })?;
    Ok(())
}

fn print(
    connection: &Connection,
    sql: &str,
    format: Format,
    out: &mut Vec<u8>,
) -> anyhow::Result<()> {
    let layout = Layout {
        width: output::stdout_width().or(Some(WIDTH)),
        ..Layout::default()
    };
    let mut encoder = encoder(format, &layout)?;
    rows::write_rows(
        &mut Query::prepare(connection, sql)?,
        &[],
        &mut *encoder,
        out,
    )
}

/// Columns of the table where stdout is no terminal.
const WIDTH: usize = 110;
