//! P6 and P7, and the curve: how a large file serves those who read it, and what file, time and memory become when
//! the work grows tenfold.

mod curve;
mod file;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use optrail::store::{Connection, open};

use crate::rig::process::Measured;
use crate::rig::{Met, Place, Report, Runs, Size, files, grouped, measure};

/// The word by which this program writes a file, as a process of its own.
pub const MAKE: &str = "make";

/// Versions of the files: those of P6 are of the first, those of P7 of the last.
const VERSIONS: [u64; 4] = [1_000_000, 2_000_000, 5_000_000, 10_000_000];
const QUICK_VERSIONS: [u64; 4] = [50_000, 100_000, 150_000, 200_000];

/// Processes of which the median is told.
const PROCESSES: usize = 20;

/// Fewer of those that read the disk first.
const COLD_PROCESSES: usize = 5;

/// Rounds of the export and of its peer.
const EXPORT_ROUNDS: usize = 3;

/// The export may take so many times what SQLite's own tool takes.
const EXPORT_FACTOR: f64 = 1.0;

/// Memory of the export, MB.
const EXPORT_PEAK_MB: f64 = 32.0;

/// What people wait for, ms.
const PEOPLE_MS: f64 = 30.0;

/// Results of the operations that are shown.
const SHOWN_SIZES: [u64; 2] = [20, 2_000];

/// A file of so many versions.
struct Made {
    file: PathBuf,
    versions: f64,
    leaves: f64,
    operations: f64,
    bytes: f64,
    /// The process that wrote it, perhaps another day.
    making: Measured,
}

/// Measures everything.
pub fn run(size: Size) -> anyhow::Result<()> {
    let mut report = Report::new("scale", "Large files (P6, P7, growth)");
    let mut all = Vec::new();
    for versions in size.pick(VERSIONS, QUICK_VERSIONS) {
        all.push(made(versions)?);
    }
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        bail!("no file");
    };
    export(&mut report, first)?;
    people(&mut report, last)?;
    curve::measure(&mut report, &all)?;
    report.finish()
}

/// Writes a file, which must not exist.
pub fn make(file: &Path, versions: &str) -> anyhow::Result<()> {
    let versions = versions.replace('_', "").parse().context("VERSIONS")?;
    ensure!(!file.exists(), "{} exists already", file.display());
    // Under another name until it is whole.
    let mut draft = file.as_os_str().to_owned();
    draft.push(".draft");
    let draft = PathBuf::from(draft);
    files::remove_database(&draft);
    file::write(&draft, versions)?;
    std::fs::rename(&draft, file)?;
    println!("{}: {versions} versions of results", file.display());
    Ok(())
}

/// The kept file, made by a process of its own if it is not there.
fn made(versions: u64) -> anyhow::Result<Made> {
    let note = |file: &Path| file.with_file_name(format!("scale-{versions}.made"));
    let file = files::kept(&format!("scale-{versions}.db"), |draft| {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(MAKE).arg(draft).arg(versions.to_string());
        let run = measure(quiet(command))?;
        let words = format!("{} {} {}", run.wall_s(), run.cpu_s, run.peak_bytes);
        Ok(std::fs::write(note(draft), words)?)
    })?;
    let words = std::fs::read_to_string(note(&file))?;
    let numbers: Vec<f64> = words.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [wall_s, cpu_s, peak_bytes] = numbers[..] else {
        bail!(
            "{} is damaged; remove it and its database",
            note(&file).display()
        );
    };
    let connection = open::read_only(&file)?;
    Ok(Made {
        versions: count(&connection, "SELECT count(*) FROM result_version")?,
        leaves: count(&connection, "SELECT count(*) FROM leaf")?,
        operations: count(&connection, "SELECT count(*) FROM operation")?,
        bytes: std::fs::metadata(&file)?.len() as f64,
        making: Measured {
            wall: std::time::Duration::from_secs_f64(wall_s),
            cpu_s,
            peak_bytes: peak_bytes as u64,
        },
        file,
    })
}

fn quiet(mut command: Command) -> Command {
    command.stdout(Stdio::null());
    command
}

fn count(connection: &Connection, sql: &str) -> anyhow::Result<f64> {
    Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))? as f64)
}

/// The export of all versions, beside the same query in SQLite's own tool.
fn export(report: &mut Report, made: &Made) -> anyhow::Result<()> {
    let place = Place::over(&made.file)?;
    let connection = open::read_only(&made.file)?;
    let mut statement =
        connection.prepare("SELECT name FROM pragma_table_info('result_history') ORDER BY cid")?;
    let columns: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let query = format!(
        "SELECT {} FROM result_history ORDER BY service, account_id, region_id, operation_id,
         target_account_id, target_region_id, version",
        columns.join(", ")
    );
    let has_tool = Command::new("sqlite3")
        .arg("-version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    let (mut own, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..EXPORT_ROUNDS {
        own.push(place.measure(&["export", "result_history"])?);
        if has_tool {
            let mut tool = Command::new("sqlite3");
            tool.args(["-readonly", "-csv", "-header"])
                .arg(&made.file)
                .arg(&query);
            peer.push(measure(quiet(tool))?);
        }
    }
    let own = Runs(own).usual();
    report.head(&["all versions as CSV", "wall", "CPU", "peak RSS"]);
    let mut row = |what: &str, run: Measured| {
        report.row(&[
            format!("{what}, {} versions", grouped(made.versions)),
            format!("{:.2} s", run.wall_s()),
            format!("{:.2} s", run.cpu_s),
            format!("{:.1} MB", run.peak_mb()),
        ]);
    };
    row("`optrail export result_history`", own);
    let what = format!("export of {} versions as CSV", grouped(made.versions));
    let limit = format!("≤ {EXPORT_FACTOR} x `sqlite3 -csv`");
    if peer.is_empty() {
        report.bar(
            "P6",
            &format!("{what}: wall"),
            &limit,
            "sqlite3 is not installed",
            Met::NotMeasured,
        );
    } else {
        let peer = Runs(peer).usual();
        row("`sqlite3 -csv`, the same query", peer);
        let factor = own.wall_s() / peer.wall_s();
        report.bar(
            "P6",
            &format!("{what}: wall"),
            &format!("{limit} ({:.2} s)", peer.wall_s()),
            &format!("{factor:.2} x, {:.2} s", own.wall_s()),
            factor <= EXPORT_FACTOR,
        );
    }
    report.bar(
        "P6",
        &format!("{what}: memory"),
        &format!("≤ {EXPORT_PEAK_MB} MB"),
        &format!("{:.1} MB", own.peak_mb()),
        own.peak_mb() <= EXPORT_PEAK_MB,
    );
    Ok(())
}

/// What people ask for, with the largest file; as it is usually, and with nothing of it in memory.
fn people(report: &mut Report, made: &Made) -> anyhow::Result<()> {
    let place = Place::over(&made.file)?;
    let connection = open::read_only(&made.file)?;
    report.paragraph(&format!(
        "What people ask for, with {} versions in the file: the median of {PROCESSES} whole processes. Cold: the \
         file's pages were taken out of the system's memory before each (below a virtual machine another system may \
         hold them still).",
        grouped(made.versions)
    ));
    report.head(&["command", "wall", "CPU", "peak RSS", "cold wall"]);
    let mut asks = vec![("`status`".to_owned(), vec!["status".to_owned()])];
    for size in SHOWN_SIZES {
        let id = operation_of(&connection, size)?;
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        asks.push((format!("`show`, {size} results"), words(&["show", &id])));
        asks.push((
            format!("`export timeline --operation`, {size} results"),
            words(&["export", "timeline", "--operation", &id]),
        ));
    }
    // Another connection to the file would keep pages of its index.
    drop(connection);
    for (what, words) in asks {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = Runs::of(PROCESSES, || place.measure(&words))?.usual();
        let cold = || {
            files::forget(&made.file)?;
            place.measure(&words)
        };
        let cold = Runs::of(COLD_PROCESSES, cold)?.usual();
        report.row(&[
            what.clone(),
            format!("{:.1} ms", run.wall_ms()),
            format!("{:.1} ms", run.cpu_s * 1e3),
            format!("{:.1} MB", run.peak_mb()),
            format!("{:.1} ms", cold.wall_ms()),
        ]);
        report.bar(
            "P7",
            &format!("{what}, {} versions in the file", grouped(made.versions)),
            &format!("≤ {PEOPLE_MS} ms"),
            &format!("{:.1} ms ({:.1} ms of CPU)", run.wall_ms(), run.cpu_s * 1e3),
            run.wall_ms() <= PEOPLE_MS,
        );
    }
    Ok(())
}

/// The id of an operation of so many results.
fn operation_of(connection: &Connection, size: u64) -> anyhow::Result<String> {
    let sql = "SELECT operation_id FROM operation WHERE operation_id LIKE ?1 ORDER BY op LIMIT 1 OFFSET 1";
    let pattern = file::pattern(size);
    connection
        .query_row(sql, [pattern], |row| row.get(0))
        .with_context(|| {
            format!("an operation of {size} results: was the file made by this program?")
        })
}
