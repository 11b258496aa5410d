//! `optrail verify-export`.

mod directory;
mod evidence;
mod file;
mod report;
mod rows;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::Exit;
use super::output::{DataFormat, complaint, to_stdout};
use super::values::ReportFormat;
use crate::config::Config;
use crate::export::escape::terminal;

/// Check exported files against their manifests and the database
///
/// Reads FILE.manifest.json, checks size and SHA-256 of the file, looks whether the database has
/// that tree of evidence, and writes the export or report again as of that size: each byte has to be
/// the same. It may have recorded more since. Of a directory that `export --all` or `report` made,
/// everything is checked.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail verify-export failed.csv
  optrail verify-export report.html
  optrail verify-export ./handed-over --format json
  optrail --db ./snapshot.db verify-export failed.csv      against a copy that somebody handed over

Whether the database is what was recorded, `verify` tells: --checkpoint compares it with one that was kept.
A manifest is signed by nobody. What it says of command line, host, user and time rests on whoever kept it.

Exit status: 0 all agrees, 1 it could not be checked (no manifest, one of a newer program, a report
of another version), 3 something differs.")]
pub struct VerifyExportArgs {
    /// Files, each with its manifest beside it, or directories of `export --all` or `report`
    #[arg(value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum About {
    /// The file, as its manifest or the list of digests describes it.
    File,
    /// The manifest itself.
    Manifest,
    /// The database: another log, or another history.
    Evidence,
    /// The rows, written again.
    Rows,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Difference {
    about: About,
    /// In words.
    what: String,
}

/// What became of one file, or of a directory as such.
#[derive(Debug, Default, Serialize)]
struct Checked {
    file: String,
    dataset: Option<String>,
    report: Option<String>,
    rows: Option<u64>,
    evidence_size: Option<i64>,
    evidence_root: Option<String>,
    agrees: bool,
    differences: Vec<Difference>,
}

impl Checked {
    fn of(path: &Path) -> Self {
        Self {
            file: path.display().to_string(),
            agrees: true,
            ..Self::default()
        }
    }

    fn differs(&mut self, about: About, what: impl Into<String>) {
        self.agrees = false;
        self.differences.push(Difference {
            about,
            what: what.into(),
        });
    }

    fn text(&self) -> String {
        let of = match (self.rows, &self.dataset, &self.report) {
            (Some(rows), Some(dataset), _) => Some(format!("{rows} rows of {dataset}")),
            (_, _, Some(report)) => Some(format!("report {report}")),
            _ => None,
        };
        let what = match (of, self.evidence_size) {
            (Some(of), Some(size)) => format!(" ({}, evidence size {size})", terminal(&of)),
            _ => String::new(),
        };
        let verdict = if self.agrees { "agrees" } else { "DIFFERS" };
        let mut text = format!("{}: {verdict}{what}\n", terminal(&self.file));
        for difference in &self.differences {
            text.push_str(&format!("  {}\n", terminal(&difference.what)));
        }
        text
    }
}

#[derive(Serialize)]
struct Document<'a> {
    agrees: bool,
    files: &'a [Checked],
}

/// Checks everything that is named, and tells of each.
pub fn run(args: &VerifyExportArgs, config: &Config) -> anyhow::Result<Exit> {
    let mut checked = Vec::new();
    let mut failed = None;
    for path in &args.files {
        let done = match path.is_dir() {
            true if report::is_one(path) => report::check(path, config),
            true => directory::check(path, config),
            false => file::check(path, config).map(|(checked, _)| vec![checked]),
        };
        match done {
            Ok(done) => checked.extend(done),
            Err(error) => {
                // Of the last one the command tells as it ends.
                if let Some(earlier) = failed.replace(error) {
                    complaint(config, &format!("{earlier:#}"));
                }
            }
        }
    }
    let agrees = checked.iter().all(|checked| checked.agrees);
    tell(args.format, &checked, agrees && failed.is_none())?;
    match (agrees, failed) {
        (true, None) => Ok(Exit::Done),
        (true, Some(error)) => Err(error),
        (false, failed) => {
            if let Some(error) = failed {
                complaint(config, &format!("{error:#}"));
            }
            Ok(Exit::BadNews)
        }
    }
}

fn tell(format: ReportFormat, checked: &[Checked], agrees: bool) -> anyhow::Result<()> {
    match format {
        ReportFormat::Text => {
            let text: String = checked.iter().map(Checked::text).collect();
            to_stdout(DataFormat::Escaped, |out| {
                Ok(out.write_all(text.as_bytes())?)
            })?;
        }
        ReportFormat::Json => {
            let files = checked;
            let text = serde_json::to_string_pretty(&Document { agrees, files })?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        }
    }
    Ok(())
}
