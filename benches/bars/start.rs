//! P10: how large the program is, and how long it takes to begin.

use std::path::Path;
use std::process::{Command, Stdio};

use optrail::model::UtcMillis;
use optrail::record::Recorder;

use crate::rig::program::binary;
use crate::rig::{Place, Report, Runs, Size, files};

/// Processes of which the median is told.
const PROCESSES: usize = 100;

/// Fewer of those that read the disk first.
const COLD_PROCESSES: usize = 11;

/// Bytes of the program without symbols, MB.
const SIZE_MB: f64 = 15.0;

/// From nothing to the version, ms.
const START_MS: f64 = 5.0;

/// Measures both.
pub fn run(size: Size) -> anyhow::Result<()> {
    let mut report = Report::new("start", "The program (P10)");
    report.paragraph(
        "Whole processes: the median of wall, the mean of CPU. Cold: the program's pages were taken out of the \
         system's memory before each start (below a virtual machine another system may hold them still).",
    );
    report.head(&["what", "wall", "CPU", "peak RSS"]);
    let place = Place::new()?;
    let log = "0123456789abcdef0123456789abcdef";
    drop(Recorder::create(place.database(), log, UtcMillis(0))?);
    let count = size.pick(PROCESSES, COLD_PROCESSES);
    let mut row = |what: &str, runs: Runs| {
        let run = runs.usual();
        report.row(&[
            what.to_owned(),
            format!("{:.1} ms", run.wall_ms()),
            format!("{:.1} ms", run.cpu_s * 1e3),
            format!("{:.1} MB", run.peak_mb()),
        ]);
        run.wall_ms()
    };
    let version_ms = row(
        "--version",
        Runs::of(count, || place.measure(&["--version"]))?,
    );
    let cold = || {
        files::forget(&binary())?;
        place.measure(&["--version"])
    };
    row("--version, cold", Runs::of(COLD_PROCESSES, cold)?);
    row("--help", Runs::of(count, || place.measure(&["--help"]))?);
    row(
        "status, an empty database",
        Runs::of(count, || place.measure(&["status"]))?,
    );
    let (mb, how) = stripped_mb(&place)?;
    report.bar(
        "P10",
        "the program without symbols",
        &format!("≤ {SIZE_MB} MB"),
        &format!("{mb:.1} MB{how}"),
        mb <= SIZE_MB,
    );
    report.bar(
        "P10",
        "`--version`, whole process",
        &format!("≤ {START_MS} ms"),
        &format!("{version_ms:.1} ms"),
        version_ms <= START_MS,
    );
    place.verify()?;
    report.finish()
}

/// The size without symbols, and a remark; a release build has none, of others they are removed from a copy.
fn stripped_mb(place: &Place) -> anyhow::Result<(f64, &'static str)> {
    let mb = |file: &Path| anyhow::Ok(std::fs::metadata(file)?.len() as f64 / 1e6);
    let copy = place.path("stripped");
    let mut strip = Command::new("strip");
    strip
        .arg("-o")
        .arg(&copy)
        .arg(binary())
        .stdout(Stdio::null());
    match strip.status() {
        Ok(status) if status.success() => Ok((mb(&copy)?, "")),
        _ => Ok((mb(&binary())?, " (as it is; strip is not installed)")),
    }
}
