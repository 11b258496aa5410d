//! `optrail export`.

use std::io::Write;

use anyhow::Context as _;
use clap::Args;

use super::account_words::account_words;
use super::database::{self, Database};
use super::dataset::{self, Dataset};
use super::output::{AtomicFile, stdout_width, to_stdout};
use super::rows::write_rows;
use super::sections::json_layout;
use super::values::{FileOrStd, region, service, some_text, words};
use super::{Exit, UsageError, checked_args};
use crate::config::Config;
use crate::export::{Delimiter, Format, Layout, LayoutError, encoder};
use crate::model::Service;
use crate::store::query::Query;
use crate::store::selection::{Filter, Selection, columns};

/// Write a dataset as CSV, JSON or a table
///
/// Every row and every column, in documented order: the same evidence gives the same bytes. In
/// CSV, NULL is an empty field and an empty text is "".
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = after_help())]
pub struct ExportArgs {
    /// What to export, see below; - and _ are the same
    #[arg(value_name = "DATASET", value_parser = dataset::find)]
    pub dataset: &'static Dataset,

    /// Write to this file: complete, or not at all [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<FileOrStd>,

    /// Which rows.
    #[command(flatten)]
    pub filter: FilterArgs,

    /// How they are written.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Which rows. Values of one option are alternatives, different options narrow each other. With
/// the global `--account`; every filter empty: all rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct FilterArgs {
    /// Only this service: ros, bpstudio (or cadt), alidns; repeatable
    #[arg(long, value_name = "SERVICE", value_parser = service)]
    pub service: Vec<Service>,

    /// Only this region; repeatable
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Vec<String>,

    /// Only this operation; repeatable
    #[arg(long, value_name = "ID", value_parser = some_text)]
    pub operation: Vec<String>,

    /// Only this status, as the cloud spells it; repeatable
    #[arg(long, value_name = "STATUS", value_parser = some_text)]
    pub status: Vec<String>,
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

    /// What stands for NULL (csv, table) [default: nothing in csv, - in a table]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    null: Option<String>,
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

/// Writes the dataset to a file or stdout.
pub fn run(args: &ExportArgs, config: &Config) -> anyhow::Result<Exit> {
    let database = database::to_read(config)?;
    let accounts = account_words(config, &database.connection)?;
    let mut selection = selection(args, accounts);
    let known = columns(&database.connection, selection.view)?;
    narrow(&mut selection, &known)?;
    match &args.output {
        Some(FileOrStd::File(path)) => {
            let mut file = AtomicFile::create(path)?;
            write(&database, &selection, &args.format, None, &mut file)
                .with_context(|| format!("cannot write {}", path.display()))?;
            file.commit()?;
        }
        Some(FileOrStd::Std) | None => {
            let width = stdout_width();
            to_stdout(args.format.format.into(), |out| {
                write(
                    &database,
                    &selection,
                    &args.format,
                    Some((width, config)),
                    out,
                )
            })?;
        }
    }
    Ok(Exit::Done)
}

/// Streams the rows, all of one moment. `terminal` is there for stdout alone: its width, if it is one.
fn write(
    database: &Database<'_>,
    selection: &Selection,
    format: &FormatArgs,
    terminal: Option<(Option<usize>, &Config)>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut layout = Layout {
        json_columns: json_layout().json_columns,
        ..format.layout.clone()
    };
    if let Some((width, config)) = terminal {
        layout.width = width;
        layout.color = config.color.allows(width.is_some());
    }
    let mut encoder = encoder(format.format, &layout)?;
    database.read(|connection| {
        let mut query = Query::prepare(connection, &selection.sql())?;
        write_rows(&mut query, &selection.parameters(), encoder.as_mut(), out)
    })
}

/// The columns that the filters of the command line are about.
const FILTERS: [(&[&str], &str); 5] = [
    // Rows of what was never told whose it is bear the label alone.
    (&["account_id", "label"], "--account"),
    (&["service"], "--service"),
    (&["region_id"], "--region"),
    (&["operation_id"], "--operation"),
    (&["status"], "--status"),
];

fn selection(args: &ExportArgs, accounts: Vec<String>) -> Selection {
    let services = args.filter.service.iter();
    let typed = [
        accounts,
        services
            .map(|service| service.as_str().to_owned())
            .collect(),
        args.filter.region.clone(),
        args.filter.operation.clone(),
        args.filter.status.clone(),
    ];
    let filters = FILTERS
        .into_iter()
        .zip(typed)
        .filter(|(_, values)| !values.is_empty())
        .map(|((columns, _), values)| Filter {
            columns: columns.to_vec(),
            values,
        })
        .collect();
    Selection {
        view: args.dataset.view,
        order: args.dataset.key,
        filters,
    }
}

/// Leaves each filter the columns that the view has.
fn narrow(selection: &mut Selection, known: &[String]) -> Result<(), UsageError> {
    for filter in &mut selection.filters {
        let wanted = filter.columns.clone();
        filter
            .columns
            .retain(|column| known.iter().any(|name| name == column));
        if filter.columns.is_empty() {
            let flag = FILTERS.iter().find(|(columns, _)| *columns == wanted);
            return Err(UsageError(format!(
                "{} has no column {}; leave {} out",
                selection.view,
                wanted.first().unwrap_or(&""),
                flag.map_or("the filter", |(_, flag)| flag)
            )));
        }
    }
    Ok(())
}

fn after_help() -> String {
    format!(
        "\
{}
Examples:
  optrail export operations
  optrail export timeline --format table --operation 6da106ca-1784-4a6f-a7e1-e723863d0000
  optrail export results --status FAILED --output failed.csv
  optrail export batch-counts --service alidns --format jsonl",
        dataset::help()
    )
}
