//! `optrail verify`.

use clap::Args;
use serde::Serialize;

use super::Exit;
use super::output::{DataFormat, to_stdout};
use super::values::ReportFormat;
use crate::config::Config;
use crate::evidence::digest::Digest;
use crate::export::escape::terminal;
use crate::verify::{Depth, Report, verify};

/// What verification within one file cannot see.
const NO_EXTERNAL_COPY: &str = "compared with no external copy";

/// Compute everything again from the evidence and compare
///
/// Each difference is named by table and key. Compared with no external copy: someone who can
/// write the file can re-write all of it. The file may come from anybody: what it can make this
/// program do is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail verify
  optrail verify --quick
  optrail verify --format json
  optrail verify --db ./snapshot.db                       one that somebody handed over

Of a snapshot without bodies, schema, leaves and tree are checked, and the answer says so.

Exit status: 0 all agrees, 1 the database cannot be read, 3 something differs.")]
pub struct VerifyArgs {
    /// Schema and numbering alone: that no leaf is missing, and how far rows are derived
    #[arg(long, conflicts_with = "leaves")]
    pub quick: bool,

    /// Those, and each leaf with its hash; bodies and derived rows are not read
    #[arg(long)]
    pub leaves: bool,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,
}

impl VerifyArgs {
    /// How much to compare.
    pub const fn depth(&self) -> Depth {
        match (self.quick, self.leaves) {
            (true, _) => Depth::Quick,
            (false, true) => Depth::Leaves,
            (false, false) => Depth::All,
        }
    }
}

/// Verifies, and tells every difference.
pub fn run(args: &VerifyArgs, config: &Config) -> anyhow::Result<Exit> {
    let report = verify(&config.database, args.depth())?;
    match args.format {
        ReportFormat::Text => {
            let text = text(&report, args.depth());
            to_stdout(DataFormat::Escaped, |out| {
                Ok(out.write_all(text.as_bytes())?)
            })?;
        }
        ReportFormat::Json => {
            let text = serde_json::to_string_pretty(&Document::from(&report))?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        }
    }
    Ok(if report.agrees() {
        Exit::Done
    } else {
        Exit::BadNews
    })
}

/// The answer for people: a line for each difference, then what was compared.
pub(super) fn text(report: &Report, depth: Depth) -> String {
    let mut text = String::new();
    for difference in &report.differences {
        text.push_str(&terminal(&difference.to_string()));
        text.push('\n');
    }
    if report.more > 0 {
        text.push_str(&format!("and {} differences more\n", report.more));
    }
    let found = match report.differences.len() as i64 + report.more {
        0 => "all agrees".to_owned(),
        1 => "1 difference".to_owned(),
        several => format!("{several} differences"),
    };
    let checked = match depth {
        Depth::Quick => "schema and numbering".to_owned(),
        Depth::All if report.bodies_left_out => format!("{} leaves", report.leaves_checked),
        Depth::Leaves => format!("{} leaves", report.leaves_checked),
        Depth::All => format!(
            "{} leaves, {} bodies, {} templates, {} derived rows",
            report.leaves_checked,
            report.bodies_checked,
            report.templates_checked,
            report.rows_compared
        ),
    };
    text.push_str(&format!("{found}: {checked}\n"));
    if report.bodies_left_out {
        text.push_str(
            "bodies were left out of this snapshot: neither they nor the rows that follow from them were compared\n",
        );
    }
    if report.redacted > 0 {
        text.push_str(&format!(
            "secrets were cut out of {} bodies before they were kept\n",
            report.redacted
        ));
    }
    let behind = report.size - 1 - report.derived_through;
    if behind > 0 {
        text.push_str(&format!(
            "no rows are derived from the last {behind} leaves yet\n"
        ));
    }
    text.push_str(&format!(
        "evidence of {} leaves with root {}, {NO_EXTERNAL_COPY}\n",
        report.size,
        Digest(report.root)
    ));
    text
}

/// The answer for programs.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    agrees: bool,
    evidence_size: i64,
    evidence_root: String,
    derived_through: i64,
    leaves_checked: i64,
    bodies_checked: i64,
    templates_checked: i64,
    rows_compared: i64,
    bodies_left_out: bool,
    redacted: i64,
    differences: Vec<DifferenceDocument<'a>>,
    /// Beyond those listed.
    differences_more: i64,
    limits: &'static str,
}

#[derive(Serialize)]
struct DifferenceDocument<'a> {
    kind: &'static str,
    table: &'a str,
    key: &'a str,
    what: &'a str,
}

impl<'a> From<&'a Report> for Document<'a> {
    fn from(report: &'a Report) -> Self {
        let differences = report.differences.iter();
        Self {
            agrees: report.agrees(),
            evidence_size: report.size,
            evidence_root: Digest(report.root).to_string(),
            derived_through: report.derived_through,
            leaves_checked: report.leaves_checked,
            bodies_checked: report.bodies_checked,
            templates_checked: report.templates_checked,
            rows_compared: report.rows_compared,
            bodies_left_out: report.bodies_left_out,
            redacted: report.redacted,
            differences: differences
                .map(|difference| DifferenceDocument {
                    kind: difference.kind.as_str(),
                    table: &difference.table,
                    key: &difference.key,
                    what: &difference.what,
                })
                .collect(),
            differences_more: report.more,
            limits: NO_EXTERNAL_COPY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{Difference, Kind};

    #[test]
    fn every_statement_ends_with_its_limit() {
        let agrees = Report {
            size: 5,
            derived_through: 3,
            redacted: 2,
            ..Report::default()
        };
        let differs = Report {
            differences: vec![Difference {
                kind: Kind::Missing,
                table: "run".to_owned(),
                key: "run_id=1\u{1b}".to_owned(),
                what: "x".to_owned(),
            }],
            more: 2,
            ..Report::default()
        };
        for depth in [Depth::Quick, Depth::Leaves, Depth::All] {
            let good = text(&agrees, depth);
            assert!(good.starts_with("all agrees: "), "{good}");
            assert!(good.contains("the last 1 leaves"), "{good}");
            let bad = text(&differs, depth);
            assert!(
                bad.starts_with("missing: run run_id=1\\u{1b}: x\nand 2 "),
                "{bad}"
            );
            assert!(bad.contains("3 differences: "), "{bad}");
            for statement in [good, bad] {
                assert!(statement.ends_with("compared with no external copy\n"));
            }
        }
    }
}
