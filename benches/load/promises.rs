//! What must be true when it is over.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use optrail::store::open;

use crate::Load;
use crate::cloud::{Cloud, Served, Truth};
use crate::process::{Site, Tally};
use crate::readers::{self, EXPORTS};
use crate::sizes::{Sizes, wal_bytes};

/// The longest that a reader may have waited for disk and locks.
const WAIT_LONGEST: Duration = Duration::from_secs(5);

/// The largest write-ahead log: at 17 MB (`store::fold`) a run that ends begins to wait for readers, 10 s at most, and what
/// is written until one of these runs has met a moment without old ones comes on top. Ten minutes took 27 MB; without
/// that wait they took 163.
const WAL_LARGEST_BYTES: u64 = 64_000_000;

/// The most memory of any command. A year of many accounts needs no more.
const PEAK_KIB: u64 = 128 * 1024;

/// What a command may take more in the second half than in the first: caches fill.
const PEAK_GROWTH_KIB: u64 = 16 * 1024;

/// Files open at once.
const FILES: usize = 128;

/// How much more a leaf may cost in the last third than in the second: trees get deeper.
const GROWTH: f64 = 1.5;

/// Below so many bytes a leaf, whole pages are more than what is measured.
const GROWTH_BYTES: f64 = 512.0;

/// Prints the table and what was found; an error names the promises that are broken.
pub fn judge(load: &Load<'_>, cloud: &Cloud, served: Served, sizes: &Sizes) -> anyhow::Result<()> {
    table(load.tally);
    let mut broken = Vec::new();
    let mut promise = |what: &str, kept: anyhow::Result<String>| match kept {
        Ok(figure) => println!("kept: {what}: {figure}"),
        Err(error) => {
            println!("BROKEN: {what}: {error:#}");
            broken.push(what.to_owned());
        }
    };
    promise(
        "each answer is in one database, once",
        answers(load, cloud, &served),
    );
    promise("exports say what is true", truth(load, cloud));
    promise("databases verify", verify(load));
    promise("exports can be made again", again(load));
    promise("no reader is blocked", waits(load.tally));
    promise("the log has a bound", wal(load, sizes));
    promise("memory and open files have a bound", memory(load.tally));
    promise("a leaf costs the same", growth(sizes));
    promise("no file is left", left(load));
    if !broken.is_empty() {
        bail!("broken: {}", broken.join("; "));
    }
    Ok(())
}

fn table(tally: &Tally) {
    println!(
        "\n| command | runs | longest, s | waited, s | peak, MiB | second half, MiB | files |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, line) in tally.lines() {
        println!(
            "| {name} | {} | {:.2} | {:.2} | {:.1} | {:.1} | {} |",
            line.runs,
            line.most.wall.as_secs_f64(),
            line.most.waited.as_secs_f64(),
            line.most.peak_kib as f64 / 1024.0,
            line.halves[1].peak_kib as f64 / 1024.0,
            line.most.files
        );
    }
    println!();
}

/// The RequestIds that the cloud gave to a key are those that its database has.
fn answers(load: &Load<'_>, cloud: &Cloud, served: &Served) -> anyhow::Result<String> {
    ensure!(served.is_whole(cloud), "requests were not counted");
    ensure!(served.failed == 0, "{} requests failed", served.failed);
    let mut count = 0;
    for (site, account) in load.sites.iter().zip(&cloud.accounts) {
        let wanted = &served.by_key[&account.key.access_key_id];
        let connection = open::read_only(&site.database)?;
        let mut statement = connection.prepare("SELECT request_id FROM requests")?;
        let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0))?;
        let kept = rows.collect::<Result<Vec<_>, _>>()?;
        let kept: Vec<String> = kept.into_iter().flatten().collect();
        let set = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
        let (kept_set, wanted_set) = (set(&kept), set(wanted));
        ensure!(kept_set.len() == kept.len(), "an answer is there twice");
        let lost = wanted_set.difference(&kept_set).count();
        let strange = kept_set.difference(&wanted_set).count();
        ensure!(lost == 0, "{lost} of {} answers are lost", wanted.len());
        ensure!(strange == 0, "{strange} answers are of nobody");
        count += kept.len();
    }
    Ok(format!("{count} answers in {} databases", load.sites.len()))
}

/// What the exports of each database say is what the cloud has.
fn truth(load: &Load<'_>, cloud: &Cloud) -> anyhow::Result<String> {
    let mut rows = 0;
    for (site, account) in load.sites.iter().zip(&cloud.accounts) {
        let found = Truth {
            operations: exported(site, "operations", &["operation_id", "status"])?,
            results: exported(
                site,
                "results",
                &[
                    "operation_id",
                    "target_account_id",
                    "target_region_id",
                    "status",
                ],
            )?,
        };
        let wanted = cloud.truth(account);
        ensure!(found.operations == wanted.operations, "operations differ");
        let missing = wanted.results.difference(&found.results).count();
        let wrong = found.results.difference(&wanted.results).count();
        ensure!(
            missing + wrong == 0,
            "{missing} results are missing, {wrong} are not true"
        );
        rows += found.operations.len() + found.results.len();
    }
    Ok(format!("{rows} rows"))
}

/// These columns of a dataset, as a set.
fn exported(site: &Site, dataset: &str, columns: &[&str]) -> anyhow::Result<BTreeSet<Vec<String>>> {
    let path = site.output("truth.csv");
    site.done(&[
        "export",
        dataset,
        "--no-manifest",
        "--output",
        &path.to_string_lossy(),
    ])?;
    let mut reader = csv::Reader::from_path(&path)?;
    let header = reader.headers()?.clone();
    let place = |name: &&str| header.iter().position(|column| column == *name);
    let places: Option<Vec<usize>> = columns.iter().map(place).collect();
    let places = places.context("a column is missing")?;
    let mut rows = BTreeSet::new();
    for record in reader.records() {
        let record = record?;
        let row: Vec<String> = places.iter().map(|at| record[*at].to_owned()).collect();
        ensure!(rows.insert(row), "a row of {dataset} is there twice");
    }
    fs::remove_file(path)?;
    Ok(rows)
}

fn verify(load: &Load<'_>) -> anyhow::Result<String> {
    for site in load.sites {
        site.done(&["verify"])?;
    }
    Ok(format!("{}", load.sites.len()))
}

/// What was exported in between is exported again, as of the evidence that there was, byte for byte.
fn again(load: &Load<'_>) -> anyhow::Result<String> {
    let site = &load.sites[0];
    let mut count = 0;
    for dataset in EXPORTS {
        for kept in readers::kept(site, dataset) {
            let size = readers::evidence_size(&kept)?.to_string();
            let path = site.output("again.csv");
            let output = path.to_string_lossy();
            site.done(&[
                "export",
                dataset,
                "--as-of",
                &size,
                "--no-manifest",
                "--output",
                &output,
            ])?;
            let is_same = fs::read(&kept)? == fs::read(&path)?;
            ensure!(is_same, "{} differs as of {size}", kept.display());
            site.done(&["verify-export", &kept.to_string_lossy()])?;
            fs::remove_file(path)?;
            count += 1;
        }
    }
    ensure!(count > 0, "none was kept");
    Ok(format!("{count} exports, byte for byte"))
}

fn waits(tally: &Tally) -> anyhow::Result<String> {
    let mut longest = Duration::ZERO;
    for (name, line) in tally.lines() {
        // A collector waits for the cloud, and what makes a file for the disk.
        if name.starts_with("collect") || name.starts_with("backup") {
            continue;
        }
        let waited = line.most.waited;
        ensure!(
            waited <= WAIT_LONGEST,
            "{name}: {:.1} s",
            waited.as_secs_f64()
        );
        longest = longest.max(waited);
    }
    Ok(format!("{:.2} s at most", longest.as_secs_f64()))
}

fn wal(load: &Load<'_>, sizes: &Sizes) -> anyhow::Result<String> {
    let largest = sizes.wal_largest;
    ensure!(largest <= WAL_LARGEST_BYTES, "{largest} bytes");
    let now = wal_bytes(&load.sites[0].database);
    Ok(format!(
        "{:.1} MB at most, {:.1} MB at the end",
        largest as f64 / 1e6,
        now as f64 / 1e6
    ))
}

fn memory(tally: &Tally) -> anyhow::Result<String> {
    let (mut most, mut files) = (0, 0);
    for (name, line) in tally.lines() {
        let [first, second] = line.halves.map(|half| half.peak_kib);
        ensure!(
            line.most.peak_kib <= PEAK_KIB,
            "{name}: {} KiB",
            line.most.peak_kib
        );
        ensure!(
            first == 0 || second <= first + PEAK_GROWTH_KIB,
            "{name}: {first} KiB in the first half, {second} KiB in the second"
        );
        ensure!(
            line.most.files <= FILES,
            "{name}: {} files",
            line.most.files
        );
        most = most.max(line.most.peak_kib);
        files = files.max(line.most.files);
    }
    Ok(format!(
        "{:.1} MiB, {files} files at most",
        most as f64 / 1024.0
    ))
}

fn growth(sizes: &Sizes) -> anyhow::Result<String> {
    let Some([before, after]) = sizes.growth() else {
        return Ok("too short to tell".to_owned());
    };
    ensure!(
        after <= before * GROWTH + GROWTH_BYTES,
        "{before:.0} bytes, then {after:.0}"
    );
    Ok(format!("{before:.0} bytes, then {after:.0}"))
}

/// No temporary file, and beside the database only what SQLite and the locks keep there.
fn left(load: &Load<'_>) -> anyhow::Result<String> {
    for site in load.sites {
        let temporary = names(&site.temporary)?;
        ensure!(
            temporary.is_empty(),
            "temporary files are left: {temporary:?}"
        );
        let data = site.database.parent().context("a directory")?;
        for name in names(data)? {
            let rest = name.strip_prefix("optrail.db");
            let is_known = matches!(rest, Some("" | "-wal" | "-shm" | ".lock" | ".stop.lock"));
            ensure!(is_known, "{name} is left beside the database");
        }
    }
    Ok("none".to_owned())
}

fn names(directory: &Path) -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(directory)?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        Ok(entry?.file_name().to_string_lossy().into_owned())
    };
    entries.map(name).collect()
}
