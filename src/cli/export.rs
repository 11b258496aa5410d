//! `optrail export`.

pub(super) mod all;
pub(super) mod file;
pub(super) mod filter;
pub(super) mod moment;

use std::path::Path;

use clap::Args;

use super::account_words::account_words;
use super::dataset::{self, Dataset};
use super::output::{stdout_width, to_stdout};
use super::rows::write_selection;
use super::sections::json_layout;
use super::values::{FileOrStd, words};
use super::{Exit, UsageError, checked_args};
use crate::config::Config;
use crate::export::{Delimiter, Format, Layout, LayoutError, encoder};
use crate::model::{Clock as _, SystemClock, UtcMillis};
use crate::report::manifest::{Facts, Filters};
pub use filter::FilterArgs;
use moment::{Moment, Source};

/// Write a dataset as CSV, JSON, a table or a workbook
///
/// Every row and every column, in documented order: the same evidence gives the same bytes. In
/// CSV, NULL is an empty field and an empty text is "". A workbook (xlsx) has ids as text and times
/// as dates, never a formula, and more sheets where rows are too many. Beside a file stands its manifest,
/// FILE.manifest.json: what it holds, from which evidence, what may be missing; `verify-export`
/// checks both.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = after_help())]
pub struct ExportArgs {
    /// What to export, see below; - and _ are the same
    #[arg(
        value_name = "DATASET",
        value_parser = dataset::find,
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub dataset: Option<&'static Dataset>,

    /// Every dataset, all of one moment, into a new directory
    #[arg(
        long,
        requires = "output",
        conflicts_with_all = [
            "no_manifest", "service", "region", "operation", "target_account", "target_region", "status", "since",
            "until",
        ]
    )]
    pub all: bool,

    /// Write to this file, with its manifest beside it: complete, or not at all; with --all a
    /// directory, new or empty [default: stdout]
    #[arg(short, long, value_name = "FILE|DIR")]
    pub output: Option<FileOrStd>,

    /// Write no manifest
    #[arg(long, requires = "output")]
    pub no_manifest: bool,

    /// Which rows.
    #[command(flatten)]
    pub filter: FilterArgs,

    /// How they are written.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// What was typed about the format.
#[derive(Debug, Args)]
pub(super) struct TypedFormat {
    /// How to write rows
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = Format::Csv.as_str(),
        value_parser = words(&Format::ALL, Format::as_str)
    )]
    format: Format,

    /// Leave the header line out (csv, table)
    #[arg(long)]
    no_header: bool,

    /// Between two fields (csv): one punctuation mark, or tab [default: ,]
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<Delimiter>,

    /// What stands for NULL (csv, table); name a text where there is one column: many readers of CSV skip empty lines
    /// [default: nothing in csv, - in a table]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    null: Option<String>,

    /// Begin with a byte order mark, by which spreadsheets know UTF-8 (csv)
    #[arg(long)]
    bom: bool,

    /// Put ' before text that a spreadsheet would run as a formula, and name the columns changed
    /// in a last one, _escaped (csv); not the exact text
    #[arg(long)]
    spreadsheet_safe: bool,
}

/// A format and options that fit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatArgs {
    /// How rows are written.
    pub format: Format,
    /// Its options. JSON columns, width and color are not typed: the caller adds them.
    pub layout: Layout,
}

impl TryFrom<TypedFormat> for FormatArgs {
    type Error = LayoutError;

    fn try_from(typed: TypedFormat) -> Result<Self, LayoutError> {
        let layout = Layout {
            no_header: typed.no_header,
            delimiter: typed.delimiter,
            null: typed.null,
            bom: typed.bom,
            spreadsheet_safe: typed.spreadsheet_safe,
            ..Layout::default()
        };
        encoder(typed.format, &layout)?;
        Ok(Self {
            format: typed.format,
            layout,
        })
    }
}

checked_args!(FormatArgs, TypedFormat);

/// Writes the dataset to a file or stdout, or all datasets into a directory.
pub fn run(args: &ExportArgs, config: &Config) -> anyhow::Result<Exit> {
    let now = SystemClock.now();
    let source = moment::open(config, args.filter.as_of, now)?;
    match (args.dataset, &args.output) {
        (Some(dataset), Some(FileOrStd::File(path))) => {
            let filters = resolve(args, config, &source, now)?;
            source.database.read(|connection| {
                let moment = Moment::of(connection, &source)?;
                let selection = filter::selection(connection, dataset, &filters)?;
                let facts = match args.no_manifest {
                    true => None,
                    false => Some(Facts {
                        completeness: moment.completeness(connection, &filters)?,
                        filters,
                        evidence: moment.evidence(connection)?,
                        making: moment::making(connection, config, now)?,
                    }),
                };
                let facts = facts.as_ref();
                file::write_file(connection, path, dataset, &selection, &args.format, facts)
            })?;
        }
        (Some(dataset), Some(FileOrStd::Std) | None) => {
            to_stream(args, config, &source, now, dataset)?
        }
        (None, Some(FileOrStd::File(directory))) => {
            write_all(args, config, &source, now, directory)?;
        }
        (None, _) => {
            let what = "--all writes files: name a directory with --output".to_owned();
            return Err(UsageError(what).into());
        }
    }
    Ok(Exit::Done)
}

/// What the filters mean now.
fn resolve(
    args: &ExportArgs,
    config: &Config,
    source: &Source<'_>,
    now: UtcMillis,
) -> anyhow::Result<Filters> {
    let accounts = account_words(config, &source.database.connection)?;
    Ok(args
        .filter
        .resolve(accounts, source.asked, now, &config.zone)?)
}

/// Writes to stdout, as wide and as colored as it can be.
fn to_stream(
    args: &ExportArgs,
    config: &Config,
    source: &Source<'_>,
    now: UtcMillis,
    dataset: &Dataset,
) -> anyhow::Result<()> {
    let filters = resolve(args, config, source, now)?;
    let width = stdout_width();
    let layout = Layout {
        json_columns: json_layout().json_columns,
        time_columns: json_layout().time_columns,
        sheet: Some(dataset.view.to_owned()),
        width,
        color: config.color.allows(width.is_some()),
        ..args.format.layout.clone()
    };
    let format = args.format.format;
    let mut encoder = encoder(format, &layout)?;
    source.database.read(|connection| {
        Moment::of(connection, source)?;
        // Before anything is written: a mistake is told alone.
        let selection = filter::selection(connection, dataset, &filters)?;
        to_stdout(format.into(), |out| {
            write_selection(connection, &selection, encoder.as_mut(), out)
        })
    })?;
    Ok(())
}

fn write_all(
    args: &ExportArgs,
    config: &Config,
    source: &Source<'_>,
    now: UtcMillis,
    directory: &Path,
) -> anyhow::Result<()> {
    if !config.accounts.is_empty() {
        let what = "--all is every row of every dataset; leave --account out".to_owned();
        return Err(UsageError(what).into());
    }
    let filters = resolve(args, config, source, now)?;
    source.database.read(|connection| {
        let moment = Moment::of(connection, source)?;
        let facts = Facts {
            completeness: moment.completeness(connection, &filters)?,
            filters,
            evidence: moment.evidence(connection)?,
            making: moment::making(connection, config, now)?,
        };
        all::write(connection, directory, &args.format, &facts)
    })
}

fn after_help() -> String {
    format!(
        "\
{}
A time is 2026-01-31T08:00:00Z, a day, 'yesterday', or so long ago: -7d (days are those of --tz). An instant
belongs to a period if since <= t < until; a stretch if it overlaps it, an end that is not known being open:
operations, results, stack groups, accounts, unknowns from first_seen_at to last_seen_at; histories from
first_seen_at to replaced_at; timelines from the earliest moment of entering to the latest of leaving; gaps, watches
from beginning to end. Of operations with every field, and of batches, it is first_seen_at of the present
version; of all others the one time that a row has, and a row without it belongs to no period.

Examples:
  optrail export operations
  optrail export timeline --format table --operation 6da106ca-1784-4a6f-a7e1-e723863d0000
  optrail export results --status FAILED --output failed.csv
  optrail export requests --since 2026-01-01 --until 2026-02-01 --tz +08:00 --output january.csv
  optrail export results --as-of yesterday
  optrail export results --spreadsheet-safe --bom --output for-a-spreadsheet.csv
  optrail export operations --format xlsx --output operations.xlsx
  optrail export --all --output ./handed-over
  optrail export batch-counts --service alidns --format jsonl",
        dataset::help()
    )
}
