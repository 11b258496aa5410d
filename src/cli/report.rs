//! `optrail report`.

mod command;
pub(super) mod making;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::account_words::account_words;
use super::export::moment::{self, Moment, Source};
use super::manifested::{SUMS, digest_of, sums, write_file};
use super::output::{AtomicDirectory, DataFormat, complaint, to_stdout};
use super::values::{FileOrStd, region, service, words};
use super::verify::read_note;
use super::when::{AsOf, When, as_of, when};
use super::{Exit, UsageError, sealing};
use crate::config::Config;
use crate::evidence::note::VerifierKey;
use crate::export::document::{Document, DocumentFormat, Language, files, write};
use crate::model::{Clock as _, Service, SystemClock, UtcMillis};
use crate::report::compliance::{ReportError, Scope};
use crate::report::manifest::{
    COMPLIANCE, Content, Facts, FileDigest, Filters, Keeper, KeptCheckpoint, Manifest,
    OF_DIRECTORY, Report, Wanted,
};
use crate::store::{Connection, open};
use crate::verify::Depth;
use making::Order;

/// Write a report for people who were not there
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail report compliance --output report.html
  optrail report compliance --since 2026-01-01 --until 2026-04-01 --output q1.xlsx")]
pub struct ReportArgs {
    /// Which report.
    #[command(subcommand)]
    pub report: ReportCommand,
}

/// The reports.
#[allow(missing_docs)] // a comment on a variant would hide the help text of its arguments
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ReportCommand {
    Compliance(ComplianceArgs),
}

/// Write a record of operations and of its own completeness
///
/// For an auditor: what was watched and by whom that was changed, runs expected, made and missed, what nobody saw and
/// what cannot be known, identities, operations with their timelines, failures with reasons, durations with the poll
/// interval beside them, drift, DNS batches, stops, and an integrity statement with its limits. Each figure names the
/// leaves of evidence that it was counted from.
///
/// It reads no clock: the same evidence and the same command give the same bytes. Times are UTC.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
A time is 2026-01-31T08:00:00Z, 2026-01-31 or '2026-01-31 08:00' (in --tz), yesterday, today, now, or -7d, -12h. The
global --account narrows the report, too. Runs, the log and its clock are of the recorder, and never narrowed.

Examples:
  optrail report compliance --output report.html
  optrail report compliance --since 2026-01-01 --until 2026-04-01 --output q1.xlsx
  optrail report compliance --lang zh --output report.zh.html
  optrail report compliance --account prod --service ros --format csv --output report.d
  optrail report compliance --as-of 4870 --output again.html          what was known then
  optrail report compliance --checkpoint kept-in-january \\
      --key example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k --output report.html
  optrail report compliance --verify quick --format json
  optrail verify-export report.html                                   whether it still follows from the evidence

Exit status: 0 done, 1 could not go on, 2 usage, 3 the verification found a difference (the report is written, and says
so), or the database is older than its checkpoint.")]
pub struct ComplianceArgs {
    /// Begin of the period [default: the first leaf of evidence]
    #[arg(long, value_name = "TIME", value_parser = when, allow_hyphen_values = true)]
    pub since: Option<When>,

    /// End of the period, this instant excluded [default: just after the newest leaf]
    #[arg(long, value_name = "TIME", value_parser = when, allow_hyphen_values = true)]
    pub until: Option<When>,

    /// What was known at this time, or by so many leaves of evidence [default: all]
    #[arg(long, value_name = "TIME|SIZE", value_parser = as_of, allow_hyphen_values = true)]
    pub as_of: Option<AsOf>,

    /// Write to this file, or of csv into this directory, with a manifest: complete, or not at all
    /// [default: stdout]
    #[arg(short, long, value_name = "FILE|DIR")]
    pub output: Option<FileOrStd>,

    /// Write no manifest
    #[arg(long, requires = "output")]
    pub no_manifest: bool,

    /// How it is written; csv is a directory [default: what --output ends with, else html]
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        value_parser = words(&DocumentFormat::ALL, DocumentFormat::as_str)
    )]
    pub format: Option<DocumentFormat>,

    /// Language of titles and sentences; words of the cloud stay as they are
    #[arg(
        long,
        value_name = "LANGUAGE",
        default_value = Language::En.as_str(),
        value_parser = words(&Language::ALL, Language::as_str)
    )]
    pub lang: Language,

    /// How much is computed again and compared first, as `verify` does it
    #[arg(long, value_name = "LEVEL", default_value = "all", value_parser = words(&LEVELS, level_word))]
    pub verify: Depth,

    /// Checkpoint that was kept elsewhere, to compare the log with; repeatable
    #[arg(long, value_name = "FILE", requires = "key")]
    pub checkpoint: Vec<PathBuf>,

    /// Public key that signs the log's checkpoints, from somewhere else than the database; repeatable
    #[arg(long, value_name = "KEY")]
    pub key: Vec<VerifierKey>,

    /// Only this service: ros, bpstudio (or cadt), alidns; repeatable
    #[arg(long, value_name = "SERVICE", value_parser = service)]
    pub service: Vec<Service>,

    /// Only this region; repeatable
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Vec<String>,
}

/// Levels of verification, the most thorough first.
const LEVELS: [Depth; 3] = [Depth::All, Depth::Leaves, Depth::Quick];

const fn level_word(depth: Depth) -> &'static str {
    match depth {
        Depth::All => "all",
        Depth::Leaves => "leaves",
        Depth::Quick => "quick",
    }
}

/// Where a report goes.
enum Place<'a> {
    Stdout,
    File(&'a Path),
    Directory(&'a Path),
}

/// A report, and what its manifest says of it.
struct Made {
    document: Document,
    /// Whether the verification of the database found that all agrees.
    agrees: bool,
    wanted: Wanted,
    /// `None` where the leaves have no root: of what it was made cannot be said.
    facts: Option<Facts>,
}

/// Writes the report.
pub fn run(args: &ReportArgs, config: &Config) -> anyhow::Result<Exit> {
    let ReportCommand::Compliance(args) = &args.report;
    let format = args.format();
    let place = args.place(format)?;
    args.refuse_quick_copies()?;
    let now = SystemClock.now();
    let source = moment::open(config, args.as_of, now)?;
    let made = source
        .database
        .read(|connection| args.made(connection, &source, format, config, now))?;
    match place {
        Place::Stdout => {
            let data = match format {
                DocumentFormat::Json => DataFormat::Json,
                DocumentFormat::Xlsx => DataFormat::Bytes,
                DocumentFormat::Html | DocumentFormat::Csv => DataFormat::Raw,
            };
            to_stdout(data, |out| Ok(write(&made.document, format, out)?))?;
        }
        Place::File(path) => {
            let document = |out: &mut dyn std::io::Write| write_whole(&made.document, format, out);
            write_file(path, document, |file, ()| {
                args.manifest(&made, vec![file], config)
            })?;
        }
        Place::Directory(path) => {
            let directory = AtomicDirectory::create(path)?;
            let mut digests = Vec::new();
            for (name, bytes) in files(&made.document) {
                directory.write(&name, &bytes)?;
                digests.push(digest_of(&name, &bytes));
            }
            if let Some(manifest) = args.manifest(&made, digests, config) {
                directory.write(OF_DIRECTORY, manifest.to_text()?.as_bytes())?;
            }
            directory.write(SUMS, sums(directory.path())?.as_bytes())?;
            directory.commit()?;
        }
    }
    if made.agrees {
        return Ok(Exit::Done);
    }
    complaint(
        config,
        "the database is not as the recorder wrote it, and the report says so; `optrail verify` tells every difference",
    );
    Ok(Exit::BadNews)
}

fn write_whole(
    document: &Document,
    format: DocumentFormat,
    out: &mut dyn std::io::Write,
) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(out);
    write(document, format, &mut out)?;
    Ok(out.flush()?)
}

fn has_extension(path: &Path, word: &str) -> bool {
    path.extension().is_some_and(|extension| extension == word)
}

impl ComplianceArgs {
    /// The format that was asked for, or what the name of the output says.
    fn format(&self) -> DocumentFormat {
        let path = match &self.output {
            Some(FileOrStd::File(path)) => Some(path),
            _ => None,
        };
        let named = DocumentFormat::ALL.into_iter();
        let named = named.filter(|format| *format != DocumentFormat::Csv);
        let mut named =
            named.filter(|format| path.is_some_and(|path| has_extension(path, format.as_str())));
        let is_directory = path.is_some_and(|path| path.is_dir());
        self.format.or(named.next()).unwrap_or(match is_directory {
            true => DocumentFormat::Csv,
            false => DocumentFormat::Html,
        })
    }

    fn place(&self, format: DocumentFormat) -> Result<Place<'_>, UsageError> {
        match (&self.output, format) {
            (Some(FileOrStd::File(path)), DocumentFormat::Csv) => Ok(Place::Directory(path)),
            (Some(FileOrStd::File(path)), _) if has_extension(path, "csv") => Err(UsageError(
                "csv is a file for each section; name a new directory with --format csv --output DIR"
                    .to_owned(),
            )),
            (Some(FileOrStd::File(path)), _) => Ok(Place::File(path)),
            (_, DocumentFormat::Csv) => Err(UsageError(
                "csv is a file for each section; name a new directory with --output".to_owned(),
            )),
            _ => Ok(Place::Stdout),
        }
    }

    fn refuse_quick_copies(&self) -> Result<(), UsageError> {
        if self.verify == Depth::Quick && !self.checkpoint.is_empty() {
            let refused = "a checkpoint is compared with the leaves; leave --verify quick out";
            return Err(UsageError(refused.to_owned()));
        }
        Ok(())
    }

    fn made(
        &self,
        connection: &Connection,
        source: &Source<'_>,
        format: DocumentFormat,
        config: &Config,
        now: UtcMillis,
    ) -> anyhow::Result<Made> {
        let moment = Moment::of(connection, source)?;
        let filters = self.filters(connection, source, config, now)?;
        let wanted = Wanted {
            name: COMPLIANCE.to_owned(),
            format: format.as_str().to_owned(),
            lang: self.lang.as_str().to_owned(),
            verify: level_word(self.verify).to_owned(),
            account: config.accounts.clone(),
            key: self.key.iter().map(ToString::to_string).collect(),
            compared_with: self.copies(config)?,
        };
        let evidence = match moment.evidence(connection) {
            Ok(evidence) => Some(evidence),
            // What is damaged is among the differences, and the report tells of it.
            Err(error) if error.is_damage() => None,
            Err(error) => return Err(error.into()),
        };
        let order = Order {
            filters: &filters,
            wanted: &wanted,
            size: moment.size,
            root: evidence.as_ref().map(|known| known.evidence_root.clone()),
            leaves_not_derived: moment.leaves_not_derived,
            database: &config.database,
        };
        let (document, agrees) = making::document(connection, config, &order)?;
        let facts = match evidence {
            None => None,
            Some(evidence) => Some(Facts {
                completeness: moment.completeness(connection, &filters)?,
                evidence,
                making: moment::making(connection, config, now)?,
                filters,
            }),
        };
        Ok(Made {
            document,
            agrees,
            wanted,
            facts,
        })
    }

    /// What was typed, resolved; with a period.
    fn filters(
        &self,
        connection: &Connection,
        source: &Source<'_>,
        config: &Config,
        now: UtcMillis,
    ) -> anyhow::Result<Filters> {
        let services = self.service.iter().map(|one| one.as_str().to_owned());
        let scope = Scope {
            since: self.since.map(|when| when.resolve(now, &config.zone)),
            until: self.until.map(|when| when.resolve(now, &config.zone)),
            accounts: account_words(config, connection)?,
            services: services.collect(),
            regions: self.region.clone(),
        };
        let window = scope.window(connection).map_err(usage)?;
        Ok(Filters {
            account: window.accounts,
            service: window.services,
            region: window.regions,
            since: Some(window.since.to_string()),
            until: Some(window.until.to_string()),
            as_of: source.asked,
            ..Filters::default()
        })
    }

    /// Checkpoints to compare the log with: what was handed in, and the newest in the state directory.
    fn copies(&self, config: &Config) -> anyhow::Result<Vec<KeptCheckpoint>> {
        let mut copies = Vec::new();
        for path in &self.checkpoint {
            let (source, bytes) = read_note(path)?;
            let note = String::from_utf8(bytes)
                .with_context(|| format!("cannot read the checkpoint {source}"))?;
            copies.push(KeptCheckpoint {
                by: Keeper::Others,
                source,
                note,
            });
        }
        // All that is asked of the file here is asked as of a stranger's.
        let connection = open::untrusted(&config.database)?;
        if let Some(known) = sealing::known_to_state(&connection, config)? {
            copies.push(KeptCheckpoint {
                by: Keeper::State,
                source: known.path().display().to_string(),
                note: known.note().to_string(),
            });
        }
        Ok(copies)
    }

    /// That of these files, if there is to be one.
    fn manifest(&self, made: &Made, files: Vec<FileDigest>, config: &Config) -> Option<Manifest> {
        if self.no_manifest {
            return None;
        }
        let Some(facts) = &made.facts else {
            complaint(
                config,
                "no manifest is written: the leaves of the database have no root to name",
            );
            return None;
        };
        let report = Report {
            files,
            report: made.wanted.clone(),
        };
        Some(Manifest::of(Content::Report(report), facts.clone()))
    }
}

/// A period without a moment was typed so.
fn usage(error: ReportError) -> anyhow::Error {
    match error {
        ReportError::NoPeriod { .. } => UsageError(error.to_string()).into(),
        ReportError::Store(_) => error.into(),
    }
}
