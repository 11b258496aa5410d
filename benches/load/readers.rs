//! Everybody who reads the first database while it is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use optrail::store::open;

use crate::Load;
use crate::process::Site;

/// From the end of one command to the start of the next of its kind.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a snapshot is held, and how long not.
const SNAPSHOT_HELD: Duration = Duration::from_secs(20);

/// What is exported, over and over.
pub const EXPORTS: [&str; 3] = ["results", "timeline", "result_history"];

/// Of the exports of a dataset so many are kept, one after the other, to be made again at the end.
const KEPT: u32 = 6;

/// What a reader does until the end.
pub type Reader<'l> = Box<dyn FnOnce() -> anyhow::Result<()> + Send + 'l>;

/// All readers; `operation` is one that they look at.
pub fn all<'l>(load: &'l Load<'l>, operation: &'l str) -> Vec<Reader<'l>> {
    let site = &load.sites[0];
    let mut readers: Vec<Reader<'l>> = Vec::new();
    let by_status = "select status, count(*) from results group by status";
    let commands = [
        vec!["show", "--format", "json", operation],
        vec!["status"],
        vec!["sql", by_status],
        vec!["verify", "--quick"],
        vec!["verify"],
    ];
    for arguments in commands {
        readers.push(Box::new(move || {
            load.repeat(PAUSE, || load.tally.run(load, site, &arguments))
        }));
    }
    for dataset in EXPORTS {
        readers.push(Box::new(move || export(load, site, dataset)));
    }
    readers.push(Box::new(move || backup(load, site)));
    readers.push(Box::new(move || hold_snapshot(load, site)));
    readers
}

/// Exports with their manifests. Some are kept; their names end in a number.
fn export(load: &Load<'_>, site: &Site, dataset: &str) -> anyhow::Result<()> {
    let mut kept = 0;
    load.repeat(PAUSE, || {
        let is_due = load.begun.elapsed() >= load.lasts / (KEPT + 1) * (kept + 1);
        let path = match is_due && kept < KEPT {
            true => {
                kept += 1;
                kept_path(site, dataset, kept)
            }
            false => site.output(&format!("{dataset}.csv")),
        };
        let output = path.to_string_lossy();
        load.tally
            .run(load, site, &["export", dataset, "--output", &output])
    })
}

fn kept_path(site: &Site, dataset: &str, number: u32) -> PathBuf {
    site.output(&format!("{dataset}-{number}.csv"))
}

/// The exports of a dataset that were kept.
pub fn kept(site: &Site, dataset: &str) -> Vec<PathBuf> {
    let paths = (1..=KEPT).map(|number| kept_path(site, dataset, number));
    paths.filter(|path| path.exists()).collect()
}

/// The leaves of evidence from which an export was made: its manifest says it.
pub fn evidence_size(export: &Path) -> anyhow::Result<i64> {
    let manifest = export.with_extension("csv.manifest.json");
    let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    let manifest: serde_json::Value = serde_json::from_str(&text)?;
    manifest["evidence_size"]
        .as_i64()
        .context("no evidence_size")
}

fn backup(load: &Load<'_>, site: &Site) -> anyhow::Result<()> {
    load.repeat(PAUSE, || {
        let path = site.output("backup.db");
        load.tally
            .run(load, site, &["backup", &path.to_string_lossy()])?;
        Ok(fs::remove_file(path)?)
    })
}

/// What any tool of SQLite's does that leaves a transaction open: the log cannot be folded into the file meanwhile.
fn hold_snapshot(load: &Load<'_>, site: &Site) -> anyhow::Result<()> {
    let held = SNAPSHOT_HELD.min(load.lasts / 4);
    load.repeat(held / 2, || {
        let connection = open::read_only(&site.database)?;
        connection.execute_batch("BEGIN")?;
        let count = || connection.query_row("SELECT count(*) FROM leaf", [], |row| row.get(0));
        let before: i64 = count()?;
        load.sleep(held);
        let after: i64 = count()?;
        ensure!(
            before == after,
            "a snapshot of {before} leaves became one of {after}"
        );
        Ok(connection.execute_batch("COMMIT")?)
    })
}
