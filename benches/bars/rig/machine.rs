//! What figures depend on: the machine, the day, the commit, the program.

use std::path::Path;
use std::process::Command;

use optrail::model::{Clock as _, SystemClock};

use super::{files, program};

/// What was there is not known.
const UNKNOWN: &str = "unknown";

/// When, and at which commit: "2026-01-31, 0123456789".
pub fn stamp() -> String {
    format!("{}, {}", day(), commit())
}

/// One line: day, commit, program, machine.
pub fn facts() -> String {
    format!(
        "Measured {} at commit `{}` with the `{}` build ({}); {}, {} cores, {} GB, Linux {}, {}.",
        day(),
        commit(),
        profile(&program::binary()),
        said_by("rustc", &["-V"]).unwrap_or_else(|| UNKNOWN.to_owned()),
        processor(),
        std::thread::available_parallelism().map_or(0, usize::from),
        memory_gb(),
        kernel(),
        file_system().unwrap_or_else(|| UNKNOWN.to_owned()),
    )
}

fn day() -> String {
    SystemClock.now().to_string().chars().take(10).collect()
}

/// The commit, with a mark if the code differs from it; the figures themselves are no code.
fn commit() -> String {
    let root = ["-C", env!("CARGO_MANIFEST_DIR")];
    let git = |arguments: &[&str]| said_by("git", &[&root, arguments].concat());
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else {
        return UNKNOWN.to_owned();
    };
    let figures = [":(exclude)benches/README.md", ":(exclude)benches/results"];
    let changed = git(&[&["status", "--porcelain", "--", "."], &figures[..]].concat());
    match changed {
        Some(changed) if changed.is_empty() => commit,
        _ => format!("{commit} and changes"),
    }
}

/// The profile that a program was built with: cargo names the directory after it.
fn profile(binary: &Path) -> String {
    let parent = binary.parent().and_then(Path::file_name);
    parent.map_or(UNKNOWN.to_owned(), |name| {
        name.to_string_lossy().into_owned()
    })
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}

fn processor() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut lines = cpus.lines().filter(|line| line.starts_with("model name"));
    let model = lines.next().and_then(|line| line.split_once(": "));
    model
        .map_or(std::env::consts::ARCH, |(_, model)| model.trim())
        .to_owned()
}

fn memory_gb() -> u64 {
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|kib| kib.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024 / 1_000_000_000
}

fn kernel() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    release.trim().to_owned()
}

/// The type of the file system that holds the measured files: that of the longest mount point above them.
fn file_system() -> Option<String> {
    let directory = files::directory().ok()?.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let point = mount.split(' ').nth(4)?;
        let kind = system.split(' ').next()?;
        directory.starts_with(point).then_some((point.len(), kind))
    });
    mounts
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind.to_owned())
}
