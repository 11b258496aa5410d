//! What file, time and memory become when the work grows: each command over files of more and more versions.

use crate::rig::{Measured, Place, Report, grouped, measure_ending};

use super::Made;

/// Characters of the longest bar.
const BAR_CHARS: f64 = 40.0;

/// Measured with each file, in this order: the last two are over what the one before them left.
const COMMANDS: [(&str, &[&str]); 6] = [
    ("export result_history", &["export", "result_history"]),
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

/// A figure of a run over a file of so many versions.
type Figure = fn(&Measured, f64) -> f64;

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
    the_file(report, all);
    let tables: [(&str, Figure); 3] = [
        ("CPU, µs a version", |run, versions| {
            run.cpu_s / versions * 1e6
        }),
        ("wall, µs a version", |run, versions| {
            run.wall_s() / versions * 1e6
        }),
        ("peak RSS, MB", |run, _| run.peak_mb()),
    ];
    for (title, figure) in tables {
        head(report, title, all);
        for line in &lines {
            let runs = line.runs.iter().zip(all);
            let figures: Vec<f64> = runs.map(|(run, made)| figure(run, made.versions)).collect();
            // A figure for each version grows by one power less than the whole.
            let whole = if title.ends_with("a version") {
                1.0
            } else {
                0.0
            };
            let mut cells = vec![line.what.clone()];
            cells.extend(figures.iter().map(|figure| format!("{figure:.2}")));
            cells.push(format!("{:.2}", power(all, &figures) + whole));
            report.row(&cells);
        }
    }
    let mut chart = bars(all, "MB of the file", &megabytes(all));
    for line in &lines {
        let cpu_s: Vec<f64> = line.runs.iter().map(|run| run.cpu_s).collect();
        chart.push_str(&bars(
            all,
            &format!("s of CPU, {}", line.what.replace('`', "")),
            &cpu_s,
        ));
    }
    report.paragraph(&format!(
        "```text\n{}\n```",
        chart.trim_start_matches('\n').trim_end()
    ));
    Ok(())
}

fn megabytes(all: &[Made]) -> Vec<f64> {
    all.iter().map(|made| made.bytes / 1e6).collect()
}

/// The head of a table with a column for each file.
fn head(report: &mut Report, title: &str, all: &[Made]) {
    let mut columns = vec![title.to_owned()];
    columns.extend(all.iter().map(|made| million(made.versions)));
    columns.push("power".to_owned());
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    report.head(&columns);
}

fn the_file(report: &mut Report, all: &[Made]) {
    head(report, "the file", all);
    let mut row = |what: &str, figure: &dyn Fn(&Made) -> String, power: String| {
        let mut cells = vec![what.to_owned()];
        cells.extend(all.iter().map(figure));
        cells.push(power);
        report.row(&cells);
    };
    let growth = format!("{:.2}", power(all, &megabytes(all)));
    row("leaves", &|made| grouped(made.leaves), "-".to_owned());
    row("MB", &|made| format!("{:.0}", made.bytes / 1e6), growth);
    row(
        "bytes a version, all told",
        &|made| format!("{:.1}", made.bytes / made.versions),
        "-".to_owned(),
    );
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

/// The n for which figures grow as versions^n: the slope of the line through their logarithms, by least squares. What
/// is not measurable (0) counts as one thousandth.
fn power(all: &[Made], figures: &[f64]) -> f64 {
    let count = all.len().min(figures.len()) as f64;
    let x: Vec<f64> = all.iter().map(|made| made.versions.max(1.0).ln()).collect();
    let y: Vec<f64> = figures.iter().map(|figure| figure.max(1e-3).ln()).collect();
    let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let both = x.iter().zip(&y);
    let covariance: f64 = both.map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    covariance / variance
}

/// A bar for each file: bars as long as the versions are many mean a straight line.
fn bars(all: &[Made], what: &str, figures: &[f64]) -> String {
    let most = figures.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let mut text = format!("\n{what}\n");
    for (made, figure) in all.iter().zip(figures) {
        let length = (figure / most * BAR_CHARS).round() as usize;
        let bar = "█".repeat(length);
        text.push_str(&format!(
            "{:>8} {bar} {figure:.2}\n",
            million(made.versions)
        ));
    }
    text
}
