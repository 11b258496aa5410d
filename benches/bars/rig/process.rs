//! A whole process, measured from outside: how long it took, its CPU, the most memory that it had.
//!
//! CPU is exact: what the system added for the child when it was reaped, all its threads and children, in ticks of
//! 10 ms. Memory is the high-water mark that the system keeps of the process, read every 2 ms: what is claimed in the
//! last 2 ms before the end is missed. (`getrusage` would say it, and needs `unsafe`.)

use std::io::{Read as _, Seek as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// How often a running process is looked at.
const TICK: Duration = Duration::from_millis(2);

/// What the system's clock ticks are to a second; all Linux systems that people run have this number.
const TICKS_PER_SECOND: f64 = 100.0;

/// One whole process, or several that were joined by pipes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    /// From before it was started until it was reaped.
    pub wall: Duration,
    /// User and system, seconds.
    pub cpu_s: f64,
    /// Most memory resident at once, bytes.
    pub peak_bytes: u64,
}

impl Measured {
    /// Wall time in seconds.
    pub fn wall_s(&self) -> f64 {
        self.wall.as_secs_f64()
    }

    /// Wall time in milliseconds.
    pub fn wall_ms(&self) -> f64 {
        self.wall_s() * 1e3
    }

    /// Peak memory in MB (10^6 bytes).
    pub fn peak_mb(&self) -> f64 {
        self.peak_bytes as f64 / 1e6
    }
}

/// The same process again and again.
#[derive(Debug, Clone, Default)]
pub struct Runs(pub Vec<Measured>);

impl Runs {
    /// Measures so many times.
    pub fn of(
        count: usize,
        mut once: impl FnMut() -> anyhow::Result<Measured>,
    ) -> anyhow::Result<Self> {
        (0..count)
            .map(|_| once())
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The median of the times, the mean of CPU (its ticks are coarse beside a short process), the most of memory.
    pub fn usual(&self) -> Measured {
        let mut walls: Vec<Duration> = self.0.iter().map(|run| run.wall).collect();
        walls.sort();
        let count = walls.len().max(1);
        Measured {
            wall: walls.get(walls.len() / 2).copied().unwrap_or_default(),
            cpu_s: self.0.iter().map(|run| run.cpu_s).sum::<f64>() / count as f64,
            peak_bytes: self.0.iter().map(|run| run.peak_bytes).max().unwrap_or(0),
        }
    }
}

/// The middle one of some numbers; 0 of none.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}

/// Runs a command to its end, which must be exit code 0. Its standard output is the caller's to say.
pub fn measure(command: Command) -> anyhow::Result<Measured> {
    measure_ending(command, &[0])
}

/// The same, of a command that may end in several ways.
pub fn measure_ending(mut command: Command, codes: &[i32]) -> anyhow::Result<Measured> {
    let mut said = tempfile::tempfile()?;
    command.stderr(Stdio::from(said.try_clone()?));
    let cpu_before = reaped_cpu_s()?;
    let begun = Instant::now();
    let child = command
        .spawn()
        .with_context(|| format!("{command:?} cannot be started"))?;
    let (code, wall, peak_bytes) = watch(child, begun)?;
    if !code.is_some_and(|code| codes.contains(&code)) {
        let mut text = String::new();
        said.rewind()?;
        said.read_to_string(&mut text)?;
        bail!("{command:?} ended with {code:?}: {text}");
    }
    Ok(Measured {
        wall,
        cpu_s: reaped_cpu_s()? - cpu_before,
        peak_bytes,
    })
}

/// Two commands, the output of the first piped into the second; `None` where one is not installed. Memory is not
/// measured.
pub fn measure_pipe(mut first: Command, mut second: Command) -> anyhow::Result<Option<Measured>> {
    let cpu_before = reaped_cpu_s()?;
    let begun = Instant::now();
    let Ok(mut from) = first.stdout(Stdio::piped()).spawn() else {
        return Ok(None);
    };
    let bytes = from.stdout.take().context("a pipe was asked for")?;
    let to = second.stdin(bytes).stdout(Stdio::null()).status();
    let from = from.wait()?;
    let wall = begun.elapsed();
    let Ok(to) = to else {
        return Ok(None);
    };
    ensure!(
        from.success() && to.success(),
        "{first:?} | {second:?}: {from}, {to}"
    );
    Ok(Some(Measured {
        wall,
        cpu_s: reaped_cpu_s()? - cpu_before,
        peak_bytes: 0,
    }))
}

/// Waits for a process in a thread of its own, so that its end is seen at once, and reads its memory meanwhile.
fn watch(mut child: Child, begun: Instant) -> anyhow::Result<(Option<i32>, Duration, u64)> {
    let id = child.id();
    let waiting = std::thread::spawn(move || (child.wait(), begun.elapsed()));
    let mut peak_bytes = 0;
    while !waiting.is_finished() {
        peak_bytes = peak(id).unwrap_or(peak_bytes);
        std::thread::sleep(TICK);
    }
    let (status, wall) = waiting
        .join()
        .map_err(|_| anyhow::anyhow!("the waiting thread died"))?;
    Ok((status?.code(), wall, peak_bytes))
}

/// CPU of all children that were reaped so far, seconds.
fn reaped_cpu_s() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")
        .context("CPU is read from /proc, which only Linux has")?;
    // Fields 16 and 17, cutime and cstime; the second field may hold blanks and ends with the last parenthesis.
    let rest = stat.rsplit_once(") ").context("/proc/self/stat")?.1;
    let mut fields = rest.split(' ').skip(13);
    let mut ticks = || {
        fields
            .next()
            .context("/proc/self/stat")?
            .parse::<f64>()
            .context("/proc/self/stat")
    };
    Ok((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

/// The most memory that a process has had so far, bytes; `None` once it has ended.
fn peak(process_id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process_id}/status")).ok()?;
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}
