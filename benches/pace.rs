//! How near the program comes to the pace that a cloud allows, and how many of its calls are refused on the way:
//! the installed program against the simulated cloud with its limits, twice for each limit, first without
//! knowing it and then with what it has learned. And a first run over very many operations against the shortest
//! time that their answers take.
//!
//! `cargo bench --bench pace` measures everything (a quarter of an hour); words pick: rates (`7`, `20`, `90`),
//! kinds (`token`, `fixed`, `sliding`, `leaky`), `many`. It judges nothing: it prints a table.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use optrail::evidence::leaf::{Watch, WatchChange};
use optrail::model::{Clock, Service, SystemClock};
use optrail::record::Recorder;
use optrail::sandbox::scenario::{MANY_OPERATIONS, many};
use optrail::sandbox::{
    DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET, DEFAULT_ACCOUNT_ID, RateKind, RateLimit,
    RosSpec, Sandbox, SandboxConfig, Schedule, Word, World,
};
use optrail::store::watches::WatchTarget;

/// Calls a second that the clouds allow.
const RATES: [u32; 3] = [7, 20, 90];

/// Seconds that a run at the full pace takes: learning must be a small part of it.
const RUN_S: u32 = 30;

/// How long an answer takes in the run over many operations, and how many are asked at the same time.
const LATENCY_MS: u64 = 20;
const IN_FLIGHT: u64 = 16;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|w| !w.starts_with('-'))
        .collect();
    let is_rate = |word: &&&str| word.parse::<u32>().is_ok();
    let rates: Vec<u32> = words
        .iter()
        .filter(is_rate)
        .map(|w| w.parse())
        .collect::<Result<_, _>>()?;
    let rates = if rates.is_empty() {
        RATES.to_vec()
    } else {
        rates
    };
    let kinds: Vec<RateKind> = RateKind::ALL
        .into_iter()
        .filter(|kind| words.contains(&kind.as_str()))
        .collect();
    let is_many_alone = words == ["many"];
    let runtime = tokio::runtime::Runtime::new()?;
    if !is_many_alone {
        println!("| calls/s | kind | run | passed | refused | of the limit | refused |");
        println!("|---|---|---|---|---|---|---|");
        for rate in rates {
            for kind in if kinds.is_empty() {
                RateKind::ALL.to_vec()
            } else {
                kinds.clone()
            } {
                pace(&runtime, rate, kind)?;
            }
        }
    }
    if words.is_empty() || words.contains(&"many") {
        many_operations(&runtime)?;
    }
    Ok(())
}

/// A cloud by the machine's clock, and what records it.
struct Bench {
    sandbox: Sandbox,
    world: Arc<World>,
    home: tempfile::TempDir,
}

impl Bench {
    fn new(runtime: &tokio::runtime::Runtime, latency_ms: u64) -> anyhow::Result<Self> {
        let config = SandboxConfig {
            latency_ms,
            ..SandboxConfig::new(Arc::new(SystemClock))
        };
        let sandbox = runtime.block_on(Sandbox::start(config))?;
        let world = sandbox.world();
        let home = tempfile::tempdir()?;
        Ok(Self {
            sandbox,
            world,
            home,
        })
    }

    fn database(&self) -> std::path::PathBuf {
        self.home.path().join("optrail.db")
    }

    /// Watches operations, by their ids.
    fn watch(&self, ids: &[String]) -> anyhow::Result<()> {
        let log = "0123456789abcdef0123456789abcdef";
        let recorder = Recorder::create(&self.database(), log, SystemClock.now())?;
        for id in ids {
            let target = WatchTarget {
                service: "ros".to_owned(),
                label: "default".to_owned(),
                region_id: "cn-hangzhou".to_owned(),
                operation_id: id.clone(),
                ..WatchTarget::default()
            };
            recorder.add_watch(leaf(&target), target)?;
        }
        Ok(())
    }

    /// One run of the program; how long it took.
    fn collect(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let output = Command::new(Path::new(env!("CARGO_BIN_EXE_optrail")))
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path())
            .env("XDG_STATE_HOME", self.home.path())
            .env("OPTRAIL_DB", self.database())
            .env("OPTRAIL_ENDPOINT", self.sandbox.endpoint())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", DEFAULT_ACCESS_KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", DEFAULT_ACCESS_KEY_SECRET)
            .args(["collect", "--recheck", "--deadline", "10m"])
            .args(["--concurrency", &IN_FLIGHT.to_string()])
            .output()?;
        let took = begun.elapsed();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "collect: {} {said}", output.status);
        Ok(took)
    }
}

/// What evidence says of a watch.
fn leaf(target: &WatchTarget) -> Watch {
    Watch {
        watch: 0,
        change: WatchChange::Add,
        service: Some(Service::Ros),
        label: Some(target.label.clone()),
        region: Some(target.region_id.clone()),
        operation: Some(target.operation_id.clone()),
        kind: None,
        names: Vec::new(),
        since: None,
        parent: None,
        batch_type: None,
        lang: None,
        resource_group: None,
        declared_started_at: None,
        origin: Some("bench".to_owned()),
        reason: None,
        user: "bench".to_owned(),
        at: SystemClock.now(),
    }
}

/// Two runs at one limit, a line of the table for each and each action.
fn pace(runtime: &tokio::runtime::Runtime, rate: u32, kind: RateKind) -> anyhow::Result<()> {
    let bench = Bench::new(runtime, 0)?;
    bench.world.keep_all_logs();
    bench.world.limit(RateLimit::new(rate, kind));
    let began = bench.world.now().plus_ms(-7_200_000);
    let ids: Vec<String> = (0..rate * RUN_S)
        .map(|_| {
            let status =
                Schedule::starting(began, Word::from("RUNNING")).then(60_000, "SUCCEEDED".into());
            bench
                .world
                .add_ros_operation(RosSpec::new(DEFAULT_ACCOUNT_ID, status))
        })
        .collect();
    bench.watch(&ids)?;
    let mut seen = 0;
    let mut before = counts(&bench.world);
    for run in ["first", "second"] {
        bench.collect()?;
        let requests = bench.world.requests();
        let after = counts(&bench.world);
        let action = "GetStackGroupOperation";
        let times: Vec<i64> = requests[seen..]
            .iter()
            .filter(|request| request.action == action)
            .map(|request| request.at.0)
            .collect();
        let first = times.iter().min().context("nothing was asked")?;
        let last = times.iter().max().context("nothing was asked")?;
        let span_s = ((last - first) as f64 / 1000.0).max(0.001);
        let of =
            |counts: &BTreeMap<String, (u64, u64)>| counts.get(action).copied().unwrap_or_default();
        let (passed, refused) = (of(&after).0 - of(&before).0, of(&after).1 - of(&before).1);
        println!(
            "| {rate} | {} | {run} | {passed} | {refused} | {:.1} % | {:.2} % |",
            kind.as_str(),
            passed as f64 / (span_s * f64::from(rate)) * 100.0,
            refused as f64 / (passed + refused) as f64 * 100.0,
        );
        (seen, before) = (requests.len(), after);
    }
    Ok(())
}

/// Calls let through and refused, by action.
fn counts(world: &World) -> BTreeMap<String, (u64, u64)> {
    let counts = world.rate_counts().into_iter();
    counts
        .map(|count| (count.action, (count.allowed, count.refused)))
        .collect()
}

/// 2,000 operations of 20 results: a Get and a page each.
fn many_operations(runtime: &tokio::runtime::Runtime) -> anyhow::Result<()> {
    let bench = Bench::new(runtime, LATENCY_MS)?;
    let ids = many(&bench.world, DEFAULT_ACCOUNT_ID);
    bench.watch(&ids.operations)?;
    let calls = u64::from(MANY_OPERATIONS) * 2;
    let limit = Duration::from_millis(calls.div_ceil(IN_FLIGHT) * LATENCY_MS);
    let took = bench.collect()?;
    println!(
        "{calls} calls of {LATENCY_MS} ms, {IN_FLIGHT} in flight: {:.2} s, {:.3} times the {:.2} s that the answers take",
        took.as_secs_f64(),
        took.as_secs_f64() / limit.as_secs_f64(),
        limit.as_secs_f64(),
    );
    Ok(())
}
