//! `optrail verify`.

mod document;
mod held;
mod text;

use std::path::PathBuf;

use clap::Args;

use super::output::{DataFormat, to_stdout};
use super::values::{ReportFormat, some_text};
use super::{Exit, sealing};
use crate::config::Config;
use crate::evidence::note::VerifierKey;
use crate::seal::SealError;
use crate::store::{custody, open};
use crate::verify::{Depth, Difference, HeldBy, Kind, Report, verify_against};
pub(super) use document::Document;
pub(super) use held::{kept_by_program, of_state, read_note, signed};
pub(super) use text::text;

/// What verification within one file cannot see.
const NO_EXTERNAL_COPY: &str = "compared with no external copy";

/// Compute everything again from the evidence and compare
///
/// Each difference is named by table and key. The database is compared with its newest checkpoint in the state
/// directory, too. Someone who can write both, and holds the key, can still write all of it anew: only a
/// checkpoint that was kept elsewhere shows that (--checkpoint, --against). The file may
/// come from anybody: what it can make this program do is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail verify
  optrail verify --quick
  optrail verify --checkpoint checkpoint-2026-11-22 \\
      --key example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
  optrail verify --against 'host/optrail/9f2c… 4870 kQx…= 2026-11-22T03:00:00.000Z'
  optrail verify --format json
  optrail verify --db ./snapshot.db                       one that somebody handed over

Of a snapshot without bodies, schema, leaves and tree are checked, and the answer says so.

Exit status: 0 all agrees, 1 the database or a checkpoint cannot be read, 3 something differs.")]
pub struct VerifyArgs {
    /// Schema, numbering and newest checkpoint alone: that no leaf is missing, and how far rows are derived
    #[arg(long, conflicts_with_all = ["leaves", "checkpoint", "key", "against"])]
    pub quick: bool,

    /// Those, and each leaf with its hash, and all checkpoints; bodies and derived rows are not read
    #[arg(long)]
    pub leaves: bool,

    /// Checkpoint that was kept elsewhere: the log must go on from it; repeatable
    #[arg(long, value_name = "FILE", requires = "key")]
    pub checkpoint: Vec<PathBuf>,

    /// Public key that signs the log's checkpoints, as `init` printed it; from somewhere else than the database.
    /// Repeatable, if it was taken up again with a new one: each checkpoint must be signed with one of them
    #[arg(long, value_name = "KEY")]
    pub key: Vec<VerifierKey>,

    /// The line about a checkpoint that was kept elsewhere: origin, size, root, time (origin and time may be
    /// left out); repeatable
    #[arg(long, value_name = "LINE", value_parser = some_text)]
    pub against: Vec<String>,

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

/// What a verification came to.
pub(super) struct Verified {
    report: Report,
    /// How often the log was taken up again from a copy, or without the state directory.
    restores: i64,
}

impl Verified {
    /// Of a file that was compared with itself alone.
    pub(super) fn alone(report: Report) -> Self {
        Self {
            report,
            restores: 0,
        }
    }

    /// Of a file that says of itself how often its log was taken up again.
    pub(super) fn with_restores(report: Report, restores: i64) -> Self {
        Self { report, restores }
    }

    pub(super) fn agrees(&self) -> bool {
        self.report.agrees()
    }

    /// What the log was compared with, in a sentence; never silent about its limit.
    fn limits(&self) -> String {
        let copies = |by: HeldBy| {
            let copies = self
                .report
                .compared
                .iter()
                .filter(move |copy| copy.by == by);
            copies.map(|copy| {
                let name = match copy.by {
                    HeldBy::State => "the checkpoint in the state directory",
                    HeldBy::Others => &copy.source,
                };
                let differs = if copy.agrees { "" } else { ", differs" };
                format!("{name} ({} leaves{differs})", copy.size)
            })
        };
        let mut with: Vec<String> = copies(HeldBy::Others).collect();
        let has_external = !with.is_empty();
        with.extend(copies(HeldBy::State));
        let with = format!("compared with {}", with.join(", "));
        match (has_external, with.as_str()) {
            (true, _) => with,
            (false, "compared with ") => NO_EXTERNAL_COPY.to_owned(),
            (false, _) => format!("{with}, {NO_EXTERNAL_COPY}"),
        }
    }
}

/// Verifies, and tells every difference.
pub fn run(args: &VerifyArgs, config: &Config) -> anyhow::Result<Exit> {
    let verified = verified(args, config)?;
    match args.format {
        ReportFormat::Text => {
            let text = text(&verified, args.depth());
            to_stdout(DataFormat::Escaped, |out| {
                Ok(out.write_all(text.as_bytes())?)
            })?;
        }
        ReportFormat::Json => {
            let text = serde_json::to_string_pretty(&Document::from(&verified))?;
            to_stdout(DataFormat::Json, |out| Ok(writeln!(out, "{text}")?))?;
        }
    }
    Ok(if verified.agrees() {
        Exit::Done
    } else {
        Exit::BadNews
    })
}

/// Verifies the configured database against all that was handed in, and against the state directory.
fn verified(args: &VerifyArgs, config: &Config) -> anyhow::Result<Verified> {
    let mut held = held::read(args)?;
    // All that is asked of the file here is asked as of a stranger's.
    let connection = open::untrusted(&config.database)?;
    // Before the leaves are read: a collector may seal more in between.
    let known = sealing::known_to_state(&connection, config);
    if let Ok(Some(known)) = &known {
        held.heads.push(of_state(known));
    }
    let mut report = verify_against(&config.database, args.depth(), &held.heads, &args.key)?;
    held.refused
        .into_iter()
        .for_each(|refused| report.add(refused));
    match known {
        Ok(_) => {}
        Err(SealError::BadNews(news)) => report.add(Difference {
            kind: Kind::Invalid,
            table: "checkpoint".to_owned(),
            key: "state directory".to_owned(),
            what: news.to_string(),
        }),
        // The file could be read a moment ago; what of it is damaged has been told.
        Err(error) if report.agrees() => return Err(error.into()),
        Err(_) => {}
    }
    Ok(Verified {
        report,
        // Where it cannot be told, why that is so is among the differences.
        restores: custody::restorations(&connection).unwrap_or_default(),
    })
}
