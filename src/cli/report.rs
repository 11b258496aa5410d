//! `optrail report`.

mod command;
mod directory;

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::account_words::account_words;
use super::database::{self, Database};
use super::output::{AtomicFile, DataFormat, complaint, to_stdout};
use super::values::{FileOrStd, ReportFormat, region, service, words};
use super::verify::{VerifyArgs, verified};
use super::when::{AsOf, When, as_of, when};
use super::{Exit, UsageError};
use crate::config::Config;
use crate::evidence::digest::Digest;
use crate::evidence::note::VerifierKey;
use crate::export::document::{Document, DocumentFormat, Language, write};
use crate::model::{Clock as _, Service, SystemClock, UtcMillis};
use crate::record::root_at;
use crate::report::compliance::{IntegrityFacts, Made, ReportError, Scope, compliance};
use crate::store::Connection;
use crate::store::progress::Progress;
use crate::verify::Depth;

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

    /// Write to this file, or of csv into this directory: complete, or not at all [default: stdout]
    #[arg(short, long, value_name = "FILE|DIR")]
    pub output: Option<FileOrStd>,

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

/// Writes the report.
pub fn run(args: &ReportArgs, config: &Config) -> anyhow::Result<Exit> {
    let ReportCommand::Compliance(args) = &args.report;
    let format = args.format();
    let place = args.place(format)?;
    let (document, agrees) = args.document(format, config)?;
    match place {
        Place::Stdout => {
            let data = match format {
                DocumentFormat::Json => DataFormat::Json,
                DocumentFormat::Xlsx => DataFormat::Bytes,
                DocumentFormat::Html | DocumentFormat::Csv => DataFormat::Raw,
            };
            to_stdout(data, |out| Ok(write(&document, format, out)?))?;
        }
        Place::File(path) => write_file(path, &document, format)?,
        Place::Directory(path) => directory::write(path, &document)?,
    }
    if agrees {
        return Ok(Exit::Done);
    }
    complaint(
        config,
        "the database is not as the recorder wrote it, and the report says so; `optrail verify` tells every difference",
    );
    Ok(Exit::BadNews)
}

fn write_file(path: &Path, document: &Document, format: DocumentFormat) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file = AtomicFile::create(path)?;
    let mut out = BufWriter::new(&mut file);
    write(document, format, &mut out).with_context(cannot)?;
    out.flush().with_context(cannot)?;
    drop(out);
    Ok(file.commit()?)
}

impl ComplianceArgs {
    /// The format that was asked for, or what the name of the output says.
    fn format(&self) -> DocumentFormat {
        let path = match &self.output {
            Some(FileOrStd::File(path)) => Some(path),
            _ => None,
        };
        let extension = path.and_then(|path| path.extension()?.to_str());
        let named = DocumentFormat::ALL.into_iter();
        let named = named.filter(|format| *format != DocumentFormat::Csv);
        let mut named = named.filter(|format| extension == Some(format.as_str()));
        let is_directory = path.is_some_and(|path| path.is_dir());
        self.format.or(named.next()).unwrap_or(match is_directory {
            true => DocumentFormat::Csv,
            false => DocumentFormat::Html,
        })
    }

    fn place(&self, format: DocumentFormat) -> Result<Place<'_>, UsageError> {
        match (&self.output, format) {
            (Some(FileOrStd::File(path)), DocumentFormat::Csv) => Ok(Place::Directory(path)),
            (Some(FileOrStd::File(path)), _) => Ok(Place::File(path)),
            (_, DocumentFormat::Csv) => Err(UsageError(
                "csv is a file for each section; name a new directory with --output".to_owned(),
            )),
            _ => Ok(Place::Stdout),
        }
    }

    /// The document, and whether the verification found that all agrees.
    fn document(
        &self,
        format: DocumentFormat,
        config: &Config,
    ) -> anyhow::Result<(Document, bool)> {
        let now = SystemClock.now();
        let (database, asked_size) = opened(config, self.as_of, now)?;
        let accounts = account_words(config, &database.connection)?;
        let scope = Scope {
            since: self.since.map(|when| when.resolve(now, &config.zone)),
            until: self.until.map(|when| when.resolve(now, &config.zone)),
            accounts,
            services: self
                .service
                .iter()
                .map(|one| one.as_str().to_owned())
                .collect(),
            regions: self.region.clone(),
        };
        database.read(|connection| {
            let size = Progress::read(connection)?.evidence_size;
            let window = scope.window(connection).map_err(usage)?;
            // After the moment of the report is fixed: what is verified is that, and maybe more.
            let integrity = self.integrity(connection, size, config)?;
            let name = config.database.file_name().unwrap_or_default();
            let made = Made {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                command: command::again(self, &config.accounts, &window, size, format),
                accounts: config.accounts.clone(),
                database: name.to_string_lossy().into_owned(),
                size,
                leaves_not_derived: asked_size.map_or(0, |asked| asked - size),
            };
            let document = compliance(connection, &window, &made, &integrity, self.lang)?;
            Ok((document, integrity.found.agrees()))
        })
    }

    fn integrity(
        &self,
        connection: &Connection,
        size: i64,
        config: &Config,
    ) -> anyhow::Result<IntegrityFacts> {
        if self.verify == Depth::Quick && !self.checkpoint.is_empty() {
            let refused = "a checkpoint is compared with the leaves; leave --verify quick out";
            return Err(UsageError(refused.to_owned()).into());
        }
        let asked = VerifyArgs {
            quick: self.verify == Depth::Quick,
            leaves: self.verify == Depth::Leaves,
            checkpoint: self.checkpoint.clone(),
            key: self.key.clone(),
            against: Vec::new(),
            format: ReportFormat::Json,
        };
        Ok(IntegrityFacts {
            depth: self.verify,
            found: verified(&asked, config)?.into_report(),
            root: match root_at(connection, size) {
                Ok(root) => Some(Digest(root).to_string()),
                // What is damaged is among the differences, and the report tells of it.
                Err(error) if error.is_damage() => None,
                Err(error) => return Err(error.into()),
            },
        })
    }
}

/// The database as of what was asked for, or of the last leaf from which rows are derived; and the size that was
/// asked for, where that is more.
fn opened(
    config: &Config,
    as_of: Option<AsOf>,
    now: UtcMillis,
) -> anyhow::Result<(Database<'_>, Option<i64>)> {
    let database = database::to_read_as_of(config, as_of, now)?;
    let progress = Progress::read(&database.connection)?;
    let derived = progress.derived_through + 1;
    let asked = database.as_of_size.unwrap_or(progress.evidence_size);
    if asked <= derived {
        return Ok((database, None));
    }
    let database = database::to_read_as_of(config, Some(AsOf::Size(derived)), now)?;
    Ok((database, Some(asked)))
}

/// A period without a moment was typed so.
fn usage(error: ReportError) -> anyhow::Error {
    match error {
        ReportError::NoPeriod { .. } => UsageError(error.to_string()).into(),
        ReportError::Store(_) => error.into(),
    }
}
