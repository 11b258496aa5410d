//! P1 to P4: reading operations, beside the time that the answers alone take, a program on the official SDK, and a
//! loop that inserts the same rows.

mod peers;

pub use peers::{INSERT_LOOP, insert_loop};

use anyhow::ensure;
use optrail::sandbox::DEFAULT_ACCOUNT_ID;
use optrail::sandbox::scenario::{MANY_OPERATIONS, MANY_RESULTS, many};
use optrail::store::open;

use crate::rig::process::median;
use crate::rig::program::IN_FLIGHT;
use crate::rig::{Cloud, Measured, Met, Place, Report, Runs, Size, grouped};
use peers::{Sdk, measure_insert_loop};

/// How long an answer takes, ms: as a real one, and as short as possible.
const LATENCY_MS: u64 = 20;
const NO_LATENCY_MS: u64 = 0;

/// Rows on a page.
const PAGE_ROWS: u32 = 50;

/// Each figure is of so many runs, taken in turn with the peers.
const ROUNDS: usize = 3;

/// A run may take so many times what its answers take.
const WALL_FACTOR: f64 = 1.15;

/// CPU of the first run, s.
const CPU_S: f64 = 0.8;

/// Memory of the first run, MB.
const PEAK_MB: f64 = 48.0;

/// Results for each second.
const RESULTS_PER_S: f64 = 100_000.0;

/// What a page that shows nothing new may cost in the file, bytes.
const UNCHANGED_PAGE_BYTES: f64 = 400.0;

/// CPU of a run that finds nothing new, as a share of the first.
const UNCHANGED_CPU_SHARE: f64 = 0.5;

/// Measures all four.
pub fn run(size: Size) -> anyhow::Result<()> {
    let mut report = Report::new("collect", "Collecting (P1 to P4)");
    let sdk = Sdk::at_hand();
    report.paragraph(&format!(
        "Each line is of {ROUNDS} runs: the median of times, the mean of CPU, the most of memory. \"Limit\" is calls x \
         latency / {IN_FLIGHT} in flight. CPU of the cloud is not that of the program: it runs in another process, on one thread.{}",
        match &sdk {
            Ok(_) => String::new(),
            Err(error) => format!(" The SDK was not measured: {error:#}."),
        }
    ));
    let sdk = sdk.ok();
    report.head(&[
        "what",
        "latency",
        "calls",
        "wall",
        "of the limit",
        "CPU",
        "results/s of CPU",
        "peak RSS",
        "the cloud's CPU",
    ]);
    let results = size.pick(100_000, 5_000);
    let slow = large(&mut report, sdk.as_ref(), LATENCY_MS, results)?;
    let fast = large(&mut report, sdk.as_ref(), NO_LATENCY_MS, results)?;
    let operations = size.pick(MANY_OPERATIONS, MANY_OPERATIONS / 20);
    let first = many_operations(&mut report, sdk.as_ref(), operations)?;

    let one = format!(
        "one operation of {} results, {LATENCY_MS} ms",
        grouped(f64::from(results))
    );
    limit_bar(&mut report, "P1", &format!("{one}: wall"), &slow);
    let (cpu_s, peak_mb) = (slow.first.cpu_s, slow.first.peak_mb());
    let peer = |say: &dyn Fn(Measured) -> String| {
        slow.sdk
            .map_or(String::new(), |sdk| format!(" (SDK: {})", say(sdk)))
    };
    report.bar(
        "P1",
        &format!("{one}: CPU"),
        &format!("≤ {CPU_S} s{}", peer(&|sdk| format!("{:.2} s", sdk.cpu_s))),
        &format!("{cpu_s:.2} s"),
        cpu_s <= CPU_S,
    );
    report.bar(
        "P1",
        &format!("{one}: memory"),
        &format!(
            "≤ {PEAK_MB} MB{}",
            peer(&|sdk| format!("{:.0} MB", sdk.peak_mb()))
        ),
        &format!("{peak_mb:.1} MB"),
        peak_mb <= PEAK_MB,
    );
    without_latency(&mut report, &fast);
    unchanged(&mut report, &slow, &fast);
    let what = format!("{operations} operations of {MANY_RESULTS} results, {LATENCY_MS} ms: wall");
    limit_bar(&mut report, "P4", &what, &first);
    report.finish()
}

/// What was measured of the same operations.
struct Figures {
    results: u64,
    latency_ms: u64,
    calls: u64,
    first: Measured,
    /// Wall of the first runs less the cloud's CPU, s.
    own_s: f64,
    /// The run that finds nothing new.
    again: Option<Again>,
    sdk: Option<Measured>,
    insert_loop: Option<Measured>,
}

struct Again {
    run: Measured,
    /// Versions that it added.
    versions: i64,
    /// By how much the file grew for each page, bytes.
    page_bytes: f64,
}

impl Figures {
    /// Seconds that the answers alone take.
    fn limit_s(&self) -> f64 {
        self.calls as f64 * self.latency_ms as f64 / 1e3 / f64::from(IN_FLIGHT)
    }
}

fn limit_bar(report: &mut Report, name: &str, what: &str, figures: &Figures) {
    let limit_s = figures.limit_s();
    let of_limit = |run: Measured| run.wall_s() / limit_s;
    let peer = figures.sdk.map_or(String::new(), |sdk| {
        format!(" (SDK: {:.2} x)", of_limit(sdk))
    });
    report.bar(
        name,
        what,
        &format!(
            "≤ {WALL_FACTOR} x the {limit_s:.2} s of {} calls x {} ms / {IN_FLIGHT}{peer}",
            figures.calls, figures.latency_ms
        ),
        &format!(
            "{:.2} x, {:.2} s",
            of_limit(figures.first),
            figures.first.wall_s()
        ),
        of_limit(figures.first) <= WALL_FACTOR,
    );
}

fn without_latency(report: &mut Report, figures: &Figures) {
    let rate = |seconds: f64| figures.results as f64 / seconds;
    let peers = |of: &dyn Fn(Measured) -> f64| {
        let sdk = figures
            .sdk
            .map(|sdk| format!("SDK: {}", grouped(rate(of(sdk)))));
        let bare = figures
            .insert_loop
            .map(|bare| format!("insert loop: {}", grouped(rate(of(bare)))));
        let peers: Vec<String> = sdk.into_iter().chain(bare).collect();
        peers.join(", ")
    };
    let limit = |peers: String| format!("≥ {} results/s ({peers})", grouped(RESULTS_PER_S));
    let what = format!(
        "one operation of {} results, no latency",
        grouped(figures.results as f64)
    );
    let rate_of_cpu = rate(figures.first.cpu_s);
    report.bar(
        "P2",
        &format!("{what}: results for each second of CPU"),
        &limit(peers(&|run| run.cpu_s)),
        &grouped(rate_of_cpu),
        rate_of_cpu >= RESULTS_PER_S,
    );
    let (figure, met) = match figures.own_s {
        own_s if own_s > 0.0 => (
            grouped(rate(own_s)),
            Met::from(rate(own_s) >= RESULTS_PER_S),
        ),
        _ => ("the cloud was always busy".to_owned(), Met::Yes),
    };
    report.bar(
        "P2",
        &format!("{what}: results for each second of wall less the cloud's CPU"),
        &format!("≥ {} results/s", grouped(RESULTS_PER_S)),
        &figure,
        met,
    );
}

fn unchanged(report: &mut Report, slow: &Figures, fast: &Figures) {
    let both = [slow, fast];
    let agains = || both.iter().filter_map(|figures| figures.again.as_ref());
    let shares = both.iter().filter_map(|figures| {
        let again = figures.again.as_ref()?;
        Some(again.run.cpu_s / figures.first.cpu_s)
    });
    let versions: i64 = agains().map(|again| again.versions).sum();
    let page_bytes = agains().map(|again| again.page_bytes).fold(0.0, f64::max);
    let share = shares.fold(0.0, f64::max);
    let what = "the same again, nothing changed";
    report.bar(
        "P3",
        &format!("{what}: new version rows"),
        "0",
        &versions.to_string(),
        versions == 0,
    );
    report.bar(
        "P3",
        &format!("{what}: growth of the file"),
        &format!("≤ {UNCHANGED_PAGE_BYTES} bytes a page"),
        &format!("{page_bytes:.0} bytes"),
        page_bytes <= UNCHANGED_PAGE_BYTES,
    );
    report.bar(
        "P3",
        &format!("{what}: CPU, the worse of both latencies"),
        &format!("≤ {UNCHANGED_CPU_SHARE} x that of the first run"),
        &format!("{share:.2} x"),
        share <= UNCHANGED_CPU_SHARE,
    );
}

/// One operation of very many results, read, read again, and read by the peers.
fn large(
    report: &mut Report,
    sdk: Option<&Sdk>,
    latency_ms: u64,
    results: u32,
) -> anyhow::Result<Figures> {
    let cloud = Cloud::new(latency_ms)?;
    let ids = [cloud.add_ended(results)];
    let pages = f64::from(results.div_ceil(PAGE_ROWS));
    let mut firsts = Firsts::default();
    let (mut agains, mut sdks, mut loops) = (Vec::new(), Vec::new(), Vec::new());
    let (mut versions, mut page_bytes) = (0, Vec::new());
    for _ in 0..ROUNDS {
        let place = Place::new()?;
        firsts.measure(&cloud, &place, &ids)?;
        let (versions_before, bytes_before) = (version_count(&place)?, place.database_bytes());
        ensure!(
            versions_before == i64::from(results),
            "{versions_before} versions of {results} results"
        );
        agains.push(place.collect(&cloud, &["--recheck"])?);
        versions += version_count(&place)? - versions_before;
        page_bytes.push((place.database_bytes() as f64 - bytes_before as f64) / pages);
        place.verify()?;
        if latency_ms == NO_LATENCY_MS {
            loops.push(measure_insert_loop(&place, u64::from(results))?);
        }
        if let Some(sdk) = sdk {
            sdks.push(sdk.measure(&cloud, &ids, u64::from(results))?);
        }
    }
    let again = Again {
        run: Runs(agains).usual(),
        versions,
        page_bytes: median(page_bytes),
    };
    let figures = Figures {
        results: u64::from(results),
        latency_ms,
        calls: firsts.calls,
        own_s: firsts.own_s(),
        first: Runs(firsts.runs.clone()).usual(),
        again: Some(again),
        sdk: usual(sdks),
        insert_loop: usual(loops),
    };
    let cloud_s = median(firsts.cloud_s);
    rows(report, &format!("{results} results"), &figures, cloud_s);
    Ok(figures)
}

/// 2,000 operations of 20 results: a Get and a page each.
fn many_operations(
    report: &mut Report,
    sdk: Option<&Sdk>,
    operations: u32,
) -> anyhow::Result<Figures> {
    let cloud = Cloud::new(LATENCY_MS)?;
    let mut ids = many(cloud.world(), DEFAULT_ACCOUNT_ID).operations;
    ids.truncate(operations as usize);
    let results = u64::from(operations * MANY_RESULTS);
    let mut firsts = Firsts::default();
    let mut sdks = Vec::new();
    for _ in 0..ROUNDS {
        let place = Place::new()?;
        firsts.measure(&cloud, &place, &ids)?;
        place.verify()?;
        if let Some(sdk) = sdk {
            sdks.push(sdk.measure(&cloud, &ids, results)?);
        }
    }
    let figures = Figures {
        results,
        latency_ms: LATENCY_MS,
        calls: firsts.calls,
        own_s: firsts.own_s(),
        first: Runs(firsts.runs.clone()).usual(),
        again: None,
        sdk: usual(sdks),
        insert_loop: None,
    };
    let cloud_s = median(firsts.cloud_s);
    let what = format!("{operations} operations of {MANY_RESULTS} results");
    rows(report, &what, &figures, cloud_s);
    Ok(figures)
}

/// First runs, each with a database of its own.
#[derive(Default)]
struct Firsts {
    runs: Vec<Measured>,
    /// CPU of the cloud during each, s.
    cloud_s: Vec<f64>,
    /// Calls of one run.
    calls: u64,
}

impl Firsts {
    fn measure(&mut self, cloud: &Cloud, place: &Place, ids: &[String]) -> anyhow::Result<()> {
        place.watch(ids)?;
        let (calls, cloud_s) = (cloud.calls(), cloud.cpu_s()?);
        self.runs.push(place.collect(cloud, &[])?);
        self.cloud_s.push(cloud.cpu_s()? - cloud_s);
        self.calls = cloud.calls() - calls;
        Ok(())
    }

    fn own_s(&self) -> f64 {
        let pairs = self.runs.iter().zip(&self.cloud_s);
        median(pairs.map(|(run, cloud_s)| run.wall_s() - cloud_s))
    }
}

fn usual(runs: Vec<Measured>) -> Option<Measured> {
    (!runs.is_empty()).then(|| Runs(runs).usual())
}

fn rows(report: &mut Report, what: &str, figures: &Figures, cloud_s: f64) {
    let mut row = |who: &str, run: Measured, asks: bool, cloud_s: Option<f64>| {
        let limit_s = figures.limit_s();
        let of_limit = match asks && limit_s > 0.0 {
            true => format!("{:.2} x", run.wall_s() / limit_s),
            false => "-".to_owned(),
        };
        let rate = match run.cpu_s {
            0.0 => "-".to_owned(),
            cpu_s => grouped(figures.results as f64 / cpu_s),
        };
        report.row(&[
            format!("{what}: {who}"),
            format!("{} ms", figures.latency_ms),
            if asks {
                figures.calls.to_string()
            } else {
                "0".to_owned()
            },
            format!("{:.2} s", run.wall_s()),
            of_limit,
            format!("{:.2} s", run.cpu_s),
            rate,
            format!("{:.1} MB", run.peak_mb()),
            cloud_s.map_or("-".to_owned(), |cloud_s| format!("{cloud_s:.2} s")),
        ]);
    };
    row("`optrail collect`", figures.first, true, Some(cloud_s));
    if let Some(again) = &figures.again {
        row(
            "`optrail collect --recheck`, nothing changed",
            again.run,
            true,
            None,
        );
    }
    if let Some(sdk) = figures.sdk {
        row(
            "official Python SDK, 16 threads, rows without versions",
            sdk,
            true,
            None,
        );
    }
    if let Some(bare) = figures.insert_loop {
        row(
            "the same rows from a CSV file, SQLite insert loop",
            bare,
            false,
            None,
        );
    }
}

fn version_count(place: &Place) -> anyhow::Result<i64> {
    let connection = open::read_only(place.database())?;
    Ok(connection.query_row("SELECT count(*) FROM result_version", [], |row| row.get(0))?)
}
