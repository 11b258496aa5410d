//! The measured program, in a place where nothing of the person who measures is read or written.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::ensure;
use optrail::sandbox::{DEFAULT_ACCESS_KEY_ID, DEFAULT_ACCESS_KEY_SECRET};
use tempfile::TempDir;

use super::process::{Measured, measure};
use super::{Cloud, files};

/// Names another program than the one that cargo has built for the benchmarks.
const BINARY_VARIABLE: &str = "OPTRAIL_BENCH_BINARY";

/// How many calls are in flight, as the bars have it.
pub const IN_FLIGHT: u32 = 16;

/// The program that is measured.
pub fn binary() -> PathBuf {
    std::env::var_os(BINARY_VARIABLE)
        .map_or_else(|| env!("CARGO_BIN_EXE_optrail").into(), PathBuf::from)
}

/// A home directory that ends with this value, and a database.
pub struct Place {
    home: TempDir,
    database: PathBuf,
}

impl Place {
    /// A home with no database yet.
    pub fn new() -> anyhow::Result<Self> {
        let home = files::temporary()?;
        let database = home.path().join("optrail.db");
        Ok(Self { home, database })
    }

    /// A home for commands over a database that is elsewhere, and stays.
    pub fn over(database: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            home: files::temporary()?,
            database: database.to_owned(),
        })
    }

    /// A home with a copy of that database.
    pub fn with_copy_of(database: &Path) -> anyhow::Result<Self> {
        let place = Self::new()?;
        std::fs::copy(database, &place.database)?;
        // Else the system would write it while something is measured.
        std::fs::File::open(&place.database)?.sync_all()?;
        Ok(place)
    }

    /// Where a file of that name would be in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The database.
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// Bytes of the database and of its log.
    pub fn database_bytes(&self) -> u64 {
        let mut log = self.database.clone().into_os_string();
        log.push("-wal");
        let of = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        of(&self.database) + of(Path::new(&log))
    }

    /// A command of the program; what it prints is thrown away.
    pub fn optrail(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("USER", "bench")
            .env("OPTRAIL_DB", &self.database)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Measures a command, which must end with 0.
    pub fn measure(&self, arguments: &[&str]) -> anyhow::Result<Measured> {
        measure(self.optrail(arguments))
    }

    /// Everything that was recorded is as its evidence says.
    pub fn verify(&self) -> anyhow::Result<()> {
        let output = self
            .optrail(&["verify"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "verify after a measurement: {} {said} {complained}",
            output.status
        );
        Ok(())
    }

    /// Watches stack-group operations, by their ids.
    pub fn watch(&self, ids: &[String]) -> anyhow::Result<()> {
        let mut table = "service,region_id,operation_id\n".to_owned();
        for id in ids {
            // Writing to a String cannot fail.
            let _ = writeln!(table, "ros,{},{id}", super::cloud::REGION);
        }
        let file = self.path("watches.csv");
        std::fs::write(&file, table)?;
        measure(self.optrail(&["watch", "import", &file.to_string_lossy()]))?;
        Ok(())
    }

    /// A run over all watches, against that cloud.
    pub fn collect(&self, cloud: &Cloud, arguments: &[&str]) -> anyhow::Result<Measured> {
        let in_flight = IN_FLIGHT.to_string();
        let mut command = self.optrail(&["collect", "--deadline", "10m"]);
        command
            .args(["--concurrency", &in_flight])
            .args(arguments)
            .env("OPTRAIL_ENDPOINT", cloud.endpoint())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", DEFAULT_ACCESS_KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", DEFAULT_ACCESS_KEY_SECRET);
        measure(command)
    }
}
