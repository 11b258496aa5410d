//! What the program is compared with: a program on the official SDK, and a loop that inserts the same rows.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use optrail::sandbox::{DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET};
use rusqlite::{Connection, params_from_iter};

use crate::rig::program::IN_FLIGHT;
use crate::rig::{Cloud, Measured, Place, cloud, files, measure};

/// The word by which this program runs the loop, as a process of its own.
pub const INSERT_LOOP: &str = "insert-loop";

/// What is installed, at versions that are known to speak to the simulated cloud.
const PACKAGES: [&str; 3] = [
    "alibabacloud-ros20190910==3.7.0",
    "alibabacloud-sts20150401==1.2.0",
    "alibabacloud-tea-openapi==0.4.6",
];

/// The program on the official SDK.
pub struct Sdk {
    python: PathBuf,
}

impl Sdk {
    /// Installs the SDK into an environment of its own, unless it is there; an error says why it cannot be measured.
    pub fn at_hand() -> anyhow::Result<Self> {
        let environment = files::directory()?.join("sdk");
        let python = environment.join("bin/python");
        let installed = environment.join("installed");
        let wanted = PACKAGES.join("\n");
        if std::fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
            return Ok(Self { python });
        }
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&environment);
        succeed(venv)?;
        let mut pip = Command::new(environment.join("bin/pip"));
        pip.args(["install", "-q", "--disable-pip-version-check"])
            .args(PACKAGES);
        succeed(pip)?;
        std::fs::write(&installed, wanted)?;
        Ok(Self { python })
    }

    /// One run over these operations, which must give so many rows.
    pub fn measure(&self, cloud: &Cloud, ids: &[String], rows: u64) -> anyhow::Result<Measured> {
        let place = Place::new()?;
        let list = place.path("ids");
        std::fs::write(&list, ids.join("\n"))?;
        let script = place.path("sdk.py");
        std::fs::write(&script, include_str!("sdk.py"))?;
        let database = place.path("sdk.db");
        let mut command = Command::new(&self.python);
        command
            .env_clear()
            .env("HOME", place.path("home"))
            .env("OPTRAIL_ENDPOINT", cloud.endpoint())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", DEFAULT_ACCESS_KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", DEFAULT_ACCESS_KEY_SECRET)
            .arg(&script)
            .arg(&database)
            .args([&IN_FLIGHT.to_string(), cloud::REGION])
            .arg(&list)
            .stdout(Stdio::null());
        let run = measure(command)?;
        expect_rows(&database, rows)?;
        Ok(run)
    }
}

fn succeed(mut command: Command) -> anyhow::Result<()> {
    let output = command
        .output()
        .with_context(|| format!("{command:?} cannot be started"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(())
}

/// Measures the loop over the rows that the program exports from a database.
pub fn measure_insert_loop(from: &Place, rows: u64) -> anyhow::Result<Measured> {
    let place = Place::new()?;
    let table = place.path("rows.csv");
    let mut export = from.optrail(&["export", "results"]);
    export.stdout(std::fs::File::create(&table)?);
    measure(export)?;
    let database = place.path("loop.db");
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(INSERT_LOOP)
        .args([&table, &database])
        .stdout(Stdio::null());
    let run = measure(command)?;
    expect_rows(&database, rows)?;
    Ok(run)
}

/// The loop itself: rows of a CSV file into a new SQLite file, in one transaction, which is synced.
pub fn insert_loop(table: &Path, database: &Path) -> anyhow::Result<()> {
    let mut rows = csv::Reader::from_path(table)?;
    let columns = rows.headers()?.clone();
    let names: Vec<String> = columns
        .iter()
        .map(|name| format!("\"{name}\" TEXT"))
        .collect();
    let mut connection = Connection::open(database)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(&format!(
        "CREATE TABLE result ({}, PRIMARY KEY (operation_id, target_account_id, target_region_id)) STRICT",
        names.join(", ")
    ))?;
    let transaction = connection.transaction()?;
    {
        let places = vec!["?"; names.len()].join(", ");
        let mut insert = transaction.prepare(&format!("INSERT INTO result VALUES ({places})"))?;
        let mut row = csv::StringRecord::new();
        while rows.read_record(&mut row)? {
            insert.execute(params_from_iter(row.iter()))?;
        }
    }
    transaction.commit()?;
    Ok(std::io::stdout().flush()?)
}

fn expect_rows(database: &Path, rows: u64) -> anyhow::Result<()> {
    let connection = Connection::open(database)?;
    let found: i64 = connection.query_row("SELECT count(*) FROM result", [], |row| row.get(0))?;
    ensure!(
        u64::try_from(found)? == rows,
        "{}: {found} rows instead of {rows}",
        database.display()
    );
    Ok(())
}
