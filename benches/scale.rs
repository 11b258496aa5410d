//! How a large file serves those who read it: the program over a file of a million or ten million versions of
//! results, which is written here with the recorder's own code.
//!
//! ```text
//! cargo bench --bench scale -- make FILE VERSIONS   writes FILE (a minute and 250 MB for each million), which must not exist
//! cargo bench --bench scale -- measure FILE         measures with FILE, which is left as it is
//! cargo bench --bench scale                         both, with a million versions in a temporary file
//! ```
//! Measured are the export of all versions as CSV beside `sqlite3 -csv` with the same query (where that tool is
//! installed), and the commands by which people look at one operation or at all, as the median of whole
//! processes. It judges nothing: it prints a table with the bar beside each figure.

#[path = "scale/file.rs"]
mod file;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use optrail::store::{Connection, open};

/// Versions of the file that is made where none is named.
const VERSIONS: u64 = 1_000_000;

/// Processes of which the median is told.
const PROCESSES: usize = 20;

/// How often a running process is looked at.
const TICK: Duration = Duration::from_millis(2);

/// What the system's clock ticks are to a second; all Linux systems that people run have this number.
const TICKS_PER_SECOND: f64 = 100.0;

/// Results of the operations that are shown.
const SHOWN_SIZES: [u64; 2] = [20, 2_000];

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            let home = tempfile::tempdir()?;
            let file = home.path().join("scale.db");
            make(&file, VERSIONS)?;
            measure(&file)
        }
        ["make", file, versions] => {
            let versions = versions.replace('_', "");
            make(Path::new(file), versions.parse().context("VERSIONS")?)
        }
        ["measure", file] => measure(Path::new(file)),
        _ => bail!("expected: nothing, make FILE VERSIONS, or measure FILE"),
    }
}

fn make(file: &Path, versions: u64) -> anyhow::Result<()> {
    ensure!(!file.exists(), "{} exists already", file.display());
    let begun = Instant::now();
    // Under another name until it is whole.
    let draft = file.with_extension("draft");
    file::write(&draft, versions)?;
    let connection = open::read_only(&draft)?;
    let versions = count(&connection, "SELECT count(*) FROM result_version")?;
    let operations = count(&connection, "SELECT count(*) FROM operation")?;
    drop(connection);
    std::fs::rename(&draft, file)?;
    let bytes = std::fs::metadata(file)?.len() as f64;
    println!(
        "{}: {versions} versions of results, {operations} operations, {:.0} MB, {:.1} s",
        file.display(),
        bytes / 1e6,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn count(connection: &Connection, sql: &str) -> anyhow::Result<i64> {
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn measure(file: &Path) -> anyhow::Result<()> {
    let connection = open::read_only(file)?;
    let versions = count(&connection, "SELECT count(*) FROM result_version")?;
    println!("{}: {versions} versions of results", file.display());
    println!();
    println!("| what | wall | CPU | peak RSS | bar |");
    println!("|---|---|---|---|---|");
    export(file, &connection)?;
    for size in SHOWN_SIZES {
        let operation_id = operation_of(&connection, size)?;
        people(
            file,
            &format!("show, {size} results"),
            &["show", &operation_id],
        )?;
        people(
            file,
            &format!("export timeline --operation, {size} results"),
            &["export", "timeline", "--operation", &operation_id],
        )?;
    }
    people(file, "status", &["status"])
}

/// The export of all versions, beside the same query in SQLite's own tool.
fn export(file: &Path, connection: &Connection) -> anyhow::Result<()> {
    let own = finish(optrail(file, &["export", "result_history"])?)?;
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
    let mut tool = Command::new("sqlite3");
    tool.args(["-readonly", "-csv", "-header"])
        .arg(file)
        .arg(query);
    let peer = match tool.stdout(Stdio::null()).spawn() {
        Ok(child) => Some(finish((child, Instant::now(), None))?),
        Err(_) => None,
    };
    let bar = match &peer {
        Some(peer) => format!(
            "{:.2} x sqlite3 -csv (at most 1), RSS at most 32 MiB",
            own.wall.as_secs_f64() / peer.wall.as_secs_f64()
        ),
        None => "sqlite3 is not installed; RSS at most 32 MiB".to_owned(),
    };
    line("export result_history as CSV", own, &bar);
    if let Some(peer) = peer {
        line("sqlite3 -csv, the same query", peer, "");
    }
    Ok(())
}

/// A command for people, as often as the median needs.
fn people(file: &Path, what: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let mut runs = Vec::with_capacity(PROCESSES);
    for _ in 0..PROCESSES {
        runs.push(finish(optrail(file, arguments)?)?);
    }
    runs.sort_by_key(|run| run.wall);
    line(what, runs[PROCESSES / 2], "at most 30 ms");
    Ok(())
}

fn line(what: &str, run: Run, bar: &str) {
    let mib = run.peak_kib as f64 / 1024.0;
    let ms = run.wall.as_secs_f64() * 1e3;
    println!(
        "| {what} | {ms:.1} ms | {:.2} s | {mib:.1} MiB | {bar} |",
        run.cpu_s
    );
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

/// One whole process.
#[derive(Clone, Copy)]
struct Run {
    wall: Duration,
    cpu_s: f64,
    /// Most memory resident at once.
    peak_kib: u64,
}

/// A process, when it was begun, and the directory that it may write to.
type Begun = (std::process::Child, Instant, Option<tempfile::TempDir>);

fn optrail(file: &Path, arguments: &[&str]) -> anyhow::Result<Begun> {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_optrail")));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("OPTRAIL_DB", file)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    Ok((command.spawn()?, begun, Some(home)))
}

/// Waits for a process; what it took. CPU and memory are those at the last look before its end.
fn finish((mut child, begun, _home): Begun) -> anyhow::Result<Run> {
    let (mut cpu_s, mut peak_kib) = (0.0, 0);
    let id = child.id();
    let waiting = std::thread::spawn(move || (child.wait(), begun.elapsed()));
    while !waiting.is_finished() {
        cpu_s = cpu(id).unwrap_or(cpu_s);
        peak_kib = peak(id).unwrap_or(peak_kib);
        std::thread::sleep(TICK);
    }
    let (status, wall) = waiting
        .join()
        .map_err(|_| anyhow::anyhow!("the waiting thread died"))?;
    let status = status?;
    ensure!(status.success(), "a measured command ended with {status}");
    Ok(Run {
        wall,
        cpu_s,
        peak_kib,
    })
}

/// CPU of a process and its threads so far, seconds, where the system says it.
fn cpu(process_id: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process_id}/stat")).ok()?;
    // Fields 14 and 15; the second may hold blanks and ends with the last parenthesis.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}

/// The most memory that a process has had so far, where the system says it.
fn peak(process_id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process_id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
