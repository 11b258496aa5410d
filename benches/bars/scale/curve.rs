//! What file, time and memory become when the work grows: each command over files of more and more versions.

use crate::rig::{Measured, Place, Report, grouped, measure_ending};

use super::Made;

/// Characters of the longest bar.
const BAR_CHARS: f64 = 40.0;

/// Measured with each file, in this order: the last two are over what the one before them left.
const COMMANDS: [(&str, &[&str]); 7] = [
    ("export result_history", &["export", "result_history"]),
    ("export results", &["export", "results"]),
    ("check", &["check"]),
    ("backup (copies and verifies)", &["backup", BACKUP]),
    ("snapshot", &["snapshot", SNAPSHOT]),
    ("rebuild", &["rebuild"]),
    ("verify", &["verify"]),
];

/// Stand for files in the place of a measurement.
const BACKUP: &str = "{backup}";
const SNAPSHOT: &str = "{snapshot}";

/// Ends with 3 where something needs a person: the files end long ago, so that a run is overdue.
const CODES: [i32; 2] = [0, 3];

/// One line of the curve: a figure for each file.
struct Line {
    what: String,
    runs: Vec<Measured>,
}

/// Measures all files, and prints tables and bars.
pub fn measure(report: &mut Report, all: &[Made]) -> anyhow::Result<()> {
    let mut lines = vec![Line {
        what: "writing the file".to_owned(),
        runs: all.iter().map(|made| made.making).collect(),
    }];
    lines.extend(COMMANDS.map(|(what, _)| Line {
        what: format!("`{what}`"),
        runs: Vec::new(),
    }));
    for made in all {
        // A rebuild writes: it has a copy.
        let place = Place::with_copy_of(&made.file)?;
        for (line, (_, words)) in lines.iter_mut().skip(1).zip(COMMANDS) {
            line.runs.push(once(&place, words)?);
        }
    }
    report.paragraph(&format!(
        "Growth. Each command once over each file; \"power\" is n where the figure grows as versions^n (fitted to all \
         files): 1 is linear, 0 is constant. `rebuild` and `verify` after it are over a copy. The largest file has \
         {} versions of results of {} operations, shown by {} leaves.",
        grouped(last(all, |made| made.versions)),
        grouped(last(all, |made| made.operations)),
        grouped(last(all, |made| made.leaves)),
    ));
    let versions: Vec<f64> = all.iter().map(|made| made.versions).collect();
    let mut columns: Vec<String> = vec!["CPU, µs a version".to_owned()];
    columns.extend(versions.iter().map(|versions| million(*versions)));
    columns.push("power".to_owned());
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    report.head(&columns);
    let each_version = |made: &Made, bytes: f64| format!("{:.1}", bytes / made.versions);
    let mut bytes = vec!["bytes of the file, a version".to_owned()];
    bytes.extend(all.iter().map(|made| each_version(made, made.bytes)));
    let file_bytes: Vec<f64> = all.iter().map(|made| made.bytes).collect();
    bytes.push(format!("{:.2}", power(&versions, &file_bytes)));
    report.row(&bytes);
    let cpu = |line: &Line| line.runs.iter().map(|run| run.cpu_s).collect::<Vec<f64>>();
    for line in &lines {
        let figures = cpu(line);
        let mut cells = vec![line.what.clone()];
        let each = figures.iter().zip(&versions);
        cells.extend(each.map(|(cpu_s, versions)| format!("{:.2}", cpu_s / versions * 1e6)));
        cells.push(format!("{:.2}", power(&versions, &figures)));
        report.row(&cells);
    }
    report.head(&[&["wall, s"], &columns[1..]].concat());
    for line in &lines {
        let figures: Vec<f64> = line.runs.iter().map(Measured::wall_s).collect();
        let mut cells = vec![line.what.clone()];
        cells.extend(figures.iter().map(|wall_s| format!("{wall_s:.2}")));
        cells.push(format!("{:.2}", power(&versions, &figures)));
        report.row(&cells);
    }
    report.head(&[&["peak RSS, MB"], &columns[1..]].concat());
    for line in &lines {
        let figures: Vec<f64> = line.runs.iter().map(Measured::peak_mb).collect();
        let mut cells = vec![line.what.clone()];
        cells.extend(figures.iter().map(|peak_mb| format!("{peak_mb:.1}")));
        cells.push(format!("{:.2}", power(&versions, &figures)));
        report.row(&cells);
    }
    bars(
        report,
        &versions,
        "MB of the file",
        &file_bytes
            .iter()
            .map(|bytes| bytes / 1e6)
            .collect::<Vec<_>>(),
    );
    for line in &lines {
        bars(
            report,
            &versions,
            &format!("s of CPU: {}", line.what),
            &cpu(line),
        );
    }
    Ok(())
}

fn last(all: &[Made], figure: impl Fn(&Made) -> f64) -> f64 {
    all.last().map_or(0.0, figure)
}

fn once(place: &Place, words: &[&str]) -> anyhow::Result<Measured> {
    let copy = place.path("copy.db");
    let named = copy.to_string_lossy();
    let words: Vec<&str> = words
        .iter()
        .map(|word| match *word {
            BACKUP | SNAPSHOT => named.as_ref(),
            word => word,
        })
        .collect();
    let run = match words.first() {
        Some(&"check") => measure_ending(place.optrail(&words), &CODES)?,
        _ => place.measure(&words)?,
    };
    if copy.exists() {
        std::fs::remove_file(&copy)?;
    }
    Ok(run)
}

fn million(versions: f64) -> String {
    format!("{:.2} M", versions / 1e6)
}

/// The n for which figures grow as work^n: the slope of the line through their logarithms, by least squares. What is
/// not measurable (0) counts as one thousandth.
fn power(work: &[f64], figures: &[f64]) -> f64 {
    let count = work.len().min(figures.len()) as f64;
    let x: Vec<f64> = work.iter().map(|work| work.max(1e-3).ln()).collect();
    let y: Vec<f64> = figures.iter().map(|figure| figure.max(1e-3).ln()).collect();
    let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let both = x.iter().zip(&y);
    let covariance: f64 = both.map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    covariance / variance
}

/// A bar for each file, whose place is by its versions: equal steps are a straight line.
fn bars(report: &mut Report, versions: &[f64], what: &str, figures: &[f64]) {
    let most = figures.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let mut text = format!("```text\n{what}\n");
    for (versions, figure) in versions.iter().zip(figures) {
        let length = (figure / most * BAR_CHARS).round() as usize;
        text.push_str(&format!(
            "{:>8} {} {figure:.2}\n",
            million(*versions),
            "█".repeat(length)
        ));
    }
    text.push_str("```");
    report.paragraph(&text);
}
