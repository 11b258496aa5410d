//! Processes of the program: where they work, how they end, what they take.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::Load;
use crate::cloud::Account;

/// How often a running process is looked at.
const TICK: Duration = Duration::from_millis(5);

/// A database and its surroundings.
pub struct Site {
    /// The home directory of whoever works with it.
    pub directory: PathBuf,
    /// The database.
    pub database: PathBuf,
    /// Directory for temporary files.
    pub temporary: PathBuf,
    endpoint: String,
    key: (String, String),
}

impl Site {
    /// One without a database yet.
    pub fn make(home: &Path, account: &Account, endpoint: &str) -> anyhow::Result<Self> {
        let directory = home.join(&account.key.account_id);
        let site = Self {
            database: directory.join("data/optrail.db"),
            temporary: directory.join("tmp"),
            endpoint: endpoint.to_owned(),
            key: (
                account.key.access_key_id.clone(),
                account.key.access_key_secret.clone(),
            ),
            directory,
        };
        for made in ["data", "tmp", "out"] {
            fs::create_dir_all(site.directory.join(made))?;
        }
        Ok(site)
    }

    /// A file that a command is to write.
    pub fn output(&self, name: &str) -> PathBuf {
        self.directory.join("out").join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optrail"));
        command
            .env_clear()
            .env("HOME", &self.directory)
            .env("XDG_CONFIG_HOME", self.directory.join("config"))
            .env("XDG_STATE_HOME", self.directory.join("state"))
            .env("XDG_DATA_HOME", self.directory.join("data"))
            .env("TMPDIR", &self.temporary)
            .env("OPTRAIL_DB", &self.database)
            .env("OPTRAIL_ENDPOINT", &self.endpoint)
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", &self.key.0)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &self.key.1)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command that must succeed, and that nobody measures.
    pub fn done(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let output = self.command(arguments).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{arguments:?}: {} {said}",
            output.status
        );
        Ok(())
    }
}

/// What a process took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Taken {
    /// From start to end.
    pub wall: Duration,
    /// The part of it in which it neither ran nor waited for a core: disk, and locks. Where the system does not say, all.
    pub waited: Duration,
    /// The other part, of all its threads.
    busy: Duration,
    /// Most memory resident at once.
    pub peak_kib: u64,
    /// Most files open at once.
    pub files: usize,
}

impl Taken {
    fn look(&mut self, id: u32, begun: Instant) {
        if let Some(kib) = peak_kib(id) {
            self.peak_kib = kib;
        }
        if let Ok(open) = fs::read_dir(format!("/proc/{id}/fd")) {
            self.files = self.files.max(open.count());
        }
        // Threads that have ended are not counted any more.
        self.busy = self.busy.max(busy(id).unwrap_or_default());
        self.waited = begun.elapsed().saturating_sub(self.busy);
    }

    /// The most of both.
    fn most(self, other: Self) -> Self {
        Self {
            wall: self.wall.max(other.wall),
            waited: self.waited.max(other.waited),
            busy: self.busy.max(other.busy),
            peak_kib: self.peak_kib.max(other.peak_kib),
            files: self.files.max(other.files),
        }
    }
}

/// The most memory that a process has had so far.
fn peak_kib(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// How long its threads have run, or waited for a core.
fn busy(id: u32) -> Option<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{id}/task")).ok()? {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        let numbers = text.split_ascii_whitespace().take(2);
        total += numbers.filter_map(|n| n.parse::<u64>().ok()).sum::<u64>();
    }
    Some(Duration::from_nanos(total))
}

/// How the processes of one command went.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// How many there were.
    pub runs: usize,
    /// The most that one took.
    pub most: Taken,
    /// The same of those that began in the first and in the second half.
    pub halves: [Taken; 2],
}

/// How all went, by command.
#[derive(Default)]
pub struct Tally(Mutex<BTreeMap<String, Line>>);

impl Tally {
    /// Runs a command that has to end with 0 and has no complaint about a lock.
    pub fn run(&self, load: &Load<'_>, site: &Site, arguments: &[&str]) -> anyhow::Result<()> {
        let begun = Instant::now();
        let half = usize::from(load.begun.elapsed() * 2 >= load.lasts);
        let child = site
            .command(arguments)
            .spawn()
            .context("cannot start optrail")?;
        let (taken, status, said) = finish(child, begun)?;
        let name = name(arguments);
        ensure!(
            status.success() && !said.contains("busy") && !said.contains("locked"),
            "{name}: {status} after {:.1} s: {said}",
            taken.wall.as_secs_f64()
        );
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(name).or_default();
        line.runs += 1;
        line.most = line.most.most(taken);
        line.halves[half] = line.halves[half].most(taken);
        Ok(())
    }

    /// All lines, by command.
    pub fn lines(&self) -> BTreeMap<String, Line> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The command with what tells it from others.
fn name(arguments: &[&str]) -> String {
    let told = |word: &&&str| !word.contains(['/', '*']) && word.len() < 24;
    let words: Vec<&str> = arguments.iter().filter(told).copied().take(2).collect();
    words.join(" ")
}

fn finish(
    mut child: Child,
    begun: Instant,
) -> anyhow::Result<(Taken, std::process::ExitStatus, String)> {
    let mut taken = Taken::default();
    let id = child.id();
    let status = loop {
        taken.look(id, begun);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(TICK);
    };
    taken.wall = begun.elapsed();
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut said)?;
    }
    Ok((taken, status, said))
}
