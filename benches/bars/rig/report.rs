//! What a part found: a line for each bar, and tables. Printed as it grows, and written into a file from which the
//! README of the benchmarks is composed.
//!
//! The file begins with the lines of the bars; an empty line ends them.

use std::fmt::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::machine;

/// Names the directory of the files; without it nothing is written.
const RESULTS_VARIABLE: &str = "OPTRAIL_BENCH_RESULTS";

/// Whether a bar is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    Yes,
    No,
    /// The peer is not installed, or the figure cannot be had.
    NotMeasured,
}

impl From<bool> for Met {
    fn from(is_met: bool) -> Self {
        if is_met { Self::Yes } else { Self::No }
    }
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::No => "**no**",
            Self::NotMeasured => "not measured",
        })
    }
}

/// A number without decimals, its digits in groups of three.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let count = digits.len();
    let mut text = String::with_capacity(count + count / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (count - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What one part of the benchmarks found.
pub struct Report {
    part: &'static str,
    stamp: String,
    bars: String,
    text: String,
}

impl Report {
    /// Of that part, under that title.
    pub fn new(part: &'static str, title: &str) -> Self {
        let mut report = Self {
            part,
            stamp: machine::stamp(),
            bars: String::new(),
            text: String::new(),
        };
        report.line(&format!("### {title}"));
        report.line("");
        report.line(&machine::facts());
        report
    }

    /// A bar: its name, what is measured, what it must be, what it is.
    pub fn bar(&mut self, name: &str, what: &str, limit: &str, figure: &str, met: impl Into<Met>) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.bars,
            "| {name} | {what} | {limit} | {figure} | {} | {} |",
            met.into(),
            self.stamp
        );
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.line("");
        self.line(text);
    }

    /// The head of a table.
    pub fn head(&mut self, columns: &[&str]) {
        self.line("");
        self.row(columns);
        self.line(&format!("|{}", "---|".repeat(columns.len())));
    }

    /// A row of it.
    pub fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    fn line(&mut self, line: &str) {
        println!("{line}");
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Prints the bars, and writes the file.
    pub fn finish(self) -> anyhow::Result<()> {
        println!();
        println!("| bar | what | limit or peer | figure | met | measured |");
        println!("|---|---|---|---|---|---|");
        println!("{}", self.bars);
        if let Some(directory) = std::env::var_os(RESULTS_VARIABLE) {
            let file = Path::new(&directory).join(format!("{}.md", self.part));
            std::fs::write(&file, format!("{}\n{}", self.bars, self.text))
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        Ok(())
    }
}
