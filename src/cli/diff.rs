//! `optrail diff`.

mod text;

use std::cell::Cell;
use std::io::Write;

use clap::{Args, ValueEnum};

use self::text::Text;
use super::account_words::account_words;
use super::database;
use super::output::{DataFormat, to_stdout};
use super::sections::{Look, cell};
use super::when::{AsOf, as_of};
use super::{Exit, UsageError};
use crate::config::Config;
use crate::export::{Cell as Field, Encoder, Format, Layout, encoder};
use crate::model::{Clock as _, SystemClock};
use crate::report::diff::{Changed, Diff};
use crate::store::StoreError;
use crate::store::query::Value;

/// Show what changed in operations and results between two moments
///
/// Two states of what was known are compared, so a change that was taken back in between is none: `optrail export
/// history` has every version. What the recorder adds (when it looked, states of watches) is left out, and so are
/// the texts of CADT operations, of which the digest is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail diff --from yesterday
  optrail diff --from 2026-01-31 --to 2026-02-01 --tz Asia/Shanghai
  optrail diff --from 4870113 --to 4901228 --format csv
  optrail diff --from -1h --exit-code --quiet")]
pub struct DiffArgs {
    /// The earlier moment: a time (2026-01-31T08:00:00Z, 2026-01-31, yesterday, -7d), or a number of
    /// leaves of evidence
    #[arg(long, value_name = "TIME|SIZE", value_parser = as_of, allow_hyphen_values = true)]
    pub from: AsOf,

    /// The later moment [default: all that is known]
    #[arg(long, value_name = "TIME|SIZE", value_parser = as_of, allow_hyphen_values = true)]
    pub to: Option<AsOf>,

    /// Exit with 3 if anything changed
    #[arg(long)]
    pub exit_code: bool,

    /// How to answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: DiffFormat,
}

/// How `diff` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DiffFormat {
    /// For people
    #[default]
    Text,
    /// A row for each field
    Csv,
    /// The same, one JSON array
    Json,
    /// The same, one object a line
    Jsonl,
}

impl DiffFormat {
    /// The encoder's format; `None` for people.
    const fn of_rows(self) -> Option<Format> {
        match self {
            Self::Text => None,
            Self::Csv => Some(Format::Csv),
            Self::Json => Some(Format::Json),
            Self::Jsonl => Some(Format::Jsonl),
        }
    }
}

/// Compares, and writes what differs to stdout.
pub fn run(args: &DiffArgs, config: &Config) -> anyhow::Result<Exit> {
    let now = SystemClock.now();
    let mut newer = database::to_read(config)?;
    let from = newer.moment(args.from, now, None)?;
    let to = newer.moment(
        args.to.unwrap_or(AsOf::Size(newer.size()?)),
        now,
        Some(&from),
    )?;
    let is_backward = from.at.zip(to.at).is_some_and(|(from, to)| from > to);
    if is_backward || from.size > to.size {
        return Err(UsageError(
            "--from is later than --to; exchange them to see the change".to_owned(),
        )
        .into());
    }
    let older = newer.again_at(from.size)?;
    newer.limit(to.size)?;
    newer.tell("from", &from);
    newer.tell("to", &to);
    let accounts = account_words(config, &newer.connection)?;
    // Known even where the reader of stdout leaves before the end.
    let is_changed = Cell::new(false);
    newer.read(|newer| -> anyhow::Result<()> {
        let older = older.unchecked_transaction().map_err(StoreError::from)?;
        let diff = Diff::new(&older, newer, from.size)?;
        match args.format.of_rows() {
            None => to_stdout(DataFormat::Escaped, |out| {
                let mut text = Text::new(Look::of_stdout(config));
                let tally = diff.each(&accounts, |changed| {
                    is_changed.set(true);
                    text.write(changed, out)
                })?;
                text.finish(&tally, (&from, &to), out)
            })?,
            Some(format) => to_stdout(format.into(), |out| {
                let mut encoder = encoder(format, &Layout::default())?;
                encoder.header(&COLUMNS, out)?;
                diff.each(&accounts, |changed| {
                    is_changed.set(true);
                    write_rows(changed, encoder.as_mut(), out)
                })?;
                Ok(encoder.finish(out)?)
            })?,
        };
        Ok(())
    })?;
    Ok(match args.exit_code && is_changed.get() {
        true => Exit::BadNews,
        false => Exit::Done,
    })
}

/// The columns of a row.
const COLUMNS: [&str; 12] = [
    "scope",
    "service",
    "account_id",
    "region_id",
    "operation_id",
    "target_account_id",
    "target_region_id",
    "change",
    "field",
    "old_value",
    "new_value",
    "exchange_id",
];

/// Writes a row for each field.
fn write_rows(
    changed: &Changed<'_>,
    encoder: &mut dyn Encoder,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let key = &changed.operation.key;
    let (scope, account, region) = match changed.target {
        None => ("operation", Field::Null, Field::Null),
        Some((account, region)) => ("result", Field::Text(account), Field::Text(region)),
    };
    for field in changed.fields {
        encoder.row(
            &[
                Field::Text(scope),
                Field::Text(key.service.as_str()),
                Field::Text(&key.account_id),
                Field::Text(&key.region_id),
                Field::Text(&key.operation_id),
                account,
                region,
                Field::Text(changed.change.as_str()),
                Field::Text(&field.field),
                cell(Value::from(&field.old)),
                cell(Value::from(&field.new)),
                Field::Integer(field.exchange_id),
            ],
            out,
        )?;
    }
    Ok(())
}
