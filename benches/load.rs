//! Three collectors on three databases, and on one of them everybody who reads at once: nothing is lost or wrong, nobody
//! waits for another, nothing grows without end.
//!
//! ```text
//! cargo bench --bench load              ten minutes
//! cargo bench --bench load -- 20        twenty seconds
//! ```
//! Real processes of the program ask a simulated cloud in which operations move: each database is collected over and
//! over. On the first there are people, scripts and auditors: `show`, `status`, `sql`, exports, `verify`, `backup`, and
//! somebody who holds a snapshot of the file open for long. It prints a line of sizes every ten seconds and a table at
//! the end, and judges: a broken promise is named and ends it with exit status 1.

#[path = "load/cloud.rs"]
mod cloud;
#[path = "load/process.rs"]
mod process;
#[path = "load/promises.rs"]
mod promises;
#[path = "load/readers.rs"]
mod readers;
#[path = "load/sizes.rs"]
mod sizes;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use cloud::{Account, Cloud, Served};
use process::{Site, Tally};
use sizes::Sizes;

/// How long where nothing else is asked for.
const DEFAULT_S: u64 = 600;

/// Shorter, operations would not move between two looks.
const SHORTEST_S: u64 = 10;

/// From the end of one run of a collector to the start of the next.
const PAUSE: Duration = Duration::from_secs(1);

/// Databases, each of an account of its own.
const DATABASES: usize = 3;

/// What all threads share.
struct Load<'l> {
    /// Where the databases are, the busy one first.
    sites: &'l [Site],
    /// What was run, and how it went.
    tally: &'l Tally,
    /// When it began.
    begun: Instant,
    /// How long it lasts.
    lasts: Duration,
    /// Set when nothing new is to begin.
    is_over: &'l AtomicBool,
}

impl Load<'_> {
    /// Does it again and again, with a pause, until it is over or fails.
    fn repeat(
        &self,
        pause: Duration,
        mut what: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        while !self.is_over() {
            let done = what();
            if done.is_err() {
                // Nobody waits for the end of a load that has failed.
                self.is_over.store(true, Ordering::Relaxed);
            }
            done?;
            self.sleep(pause);
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed) || self.begun.elapsed() >= self.lasts
    }

    /// Sleeps, but not beyond the end.
    fn sleep(&self, long: Duration) {
        let until = Instant::now() + long;
        while Instant::now() < until && !self.is_over() {
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn main() -> anyhow::Result<()> {
    let words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let words: Vec<String> = words.collect();
    let seconds = match words.as_slice() {
        [] => DEFAULT_S,
        [seconds] => seconds.parse().context("expected: seconds, or nothing")?,
        _ => bail!("expected: seconds, or nothing"),
    };
    ensure!(seconds >= SHORTEST_S, "{SHORTEST_S} seconds at least");
    let lasts = Duration::from_secs(seconds);
    let runtime = tokio::runtime::Runtime::new()?;
    let cloud = runtime.block_on(Cloud::start(DATABASES, lasts))?;
    let home = tempfile::tempdir()?;
    let sites = cloud
        .accounts
        .iter()
        .map(|account| prepare(home.path(), account, &cloud))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let tally = Tally::default();
    let load = Load {
        sites: &sites,
        tally: &tally,
        begun: Instant::now(),
        lasts,
        is_over: &AtomicBool::new(false),
    };
    let (served, sizes) = run(&load, &cloud)?;
    promises::judge(&load, &cloud, served, &sizes)
}

/// A database that knows what to watch.
fn prepare(home: &std::path::Path, account: &Account, cloud: &Cloud) -> anyhow::Result<Site> {
    let site = Site::make(home, account, &cloud.endpoint())?;
    site.done(&["init"])?;
    let mut table = "service,region_id,operation_id\n".to_owned();
    for id in &account.operations {
        table.push_str(&format!("ros,cn-hangzhou,{id}\n"));
    }
    let path = site.directory.join("watches.csv");
    std::fs::write(&path, table)?;
    site.done(&["watch", "import", &path.to_string_lossy()])?;
    std::fs::remove_file(path)?;
    // Who reads finds something from the beginning on.
    site.done(&["collect"])?;
    Ok(site)
}

/// The load itself; what the cloud has served, and how large everything was.
fn run(load: &Load<'_>, cloud: &Cloud) -> anyhow::Result<(Served, Sizes)> {
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for site in load.sites {
            threads.push(scope.spawn(move || load.repeat(PAUSE, || collect(load, site))));
        }
        for reader in readers::all(load, &cloud.accounts[0].operations[0]) {
            threads.push(scope.spawn(reader));
        }
        let sizes = scope.spawn(|| Sizes::watch(load));
        let mut served = Served::default();
        while !load.is_over() {
            thread::sleep(Duration::from_millis(500));
            served.take(cloud);
        }
        for thread in threads {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread died"))??;
        }
        // What has ended in the cloud has ended in each database.
        for site in load.sites {
            collect(load, site)?;
        }
        served.take(cloud);
        let sizes = sizes
            .join()
            .map_err(|_| anyhow::anyhow!("a thread died"))??;
        Ok((served, sizes))
    })
}

fn collect(load: &Load<'_>, site: &Site) -> anyhow::Result<()> {
    load.tally.run(load, site, &["collect", "--recheck"])
}
