//! `optrail collect --dry-run`: what a run would ask first, as a table.

use super::declared;
use crate::cli::database;
use crate::cli::output::{DataFormat, to_stdout};
use crate::cli::sections::{Column, Look, table};
use crate::collect::{Collector, RoundOptions, Watched, Why};
use crate::config::Config;
use crate::model::{Clock as _, SystemClock};
use crate::seal::SealError;
use crate::store::StoreError;
use crate::store::query::{OwnedValue, Rows};

const COLUMNS: [Column; 6] = [
    ("watch_id", "watch"),
    ("label", "account"),
    ("service", "service"),
    ("region_id", "region"),
    ("operation_id", "operation"),
    ("why", "why"),
];

/// Refuses what a run would refuse: a database that is not the one that was sealed last. Where there is none yet,
/// the configuration alone says what would be asked.
pub(super) fn guard(config: &Config) -> Result<(), SealError> {
    match database::to_read(config) {
        Ok(_) | Err(SealError::Store(StoreError::Missing(_))) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Prints it. Takes no lock and writes nothing.
pub(super) fn print(
    config: &Config,
    collector: &Collector,
    options: &RoundOptions,
) -> anyhow::Result<()> {
    let declared = declared::watches(config, SystemClock.now());
    let preview = collector.preview(options, declared)?;
    let rows = Rows {
        columns: COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        rows: preview.iter().map(row).collect(),
    };
    let text = table(&rows, &COLUMNS, &Look::of_stdout(config))?;
    to_stdout(DataFormat::Escaped, |out| {
        Ok(out.write_all(text.as_bytes())?)
    })?;
    Ok(())
}

fn row((watched, why): &(Watched, Why)) -> Vec<OwnedValue> {
    let target = &watched.row.target;
    let text = |text: &str| match text {
        "" => OwnedValue::Null,
        text => OwnedValue::Text(text.to_owned()),
    };
    vec![
        match watched.row.watch_id {
            0 => OwnedValue::Null,
            watch_id => OwnedValue::Integer(watch_id),
        },
        text(&target.label),
        text(&target.service),
        text(&target.region_id),
        text(&target.operation_id),
        text(&why.to_string()),
    ]
}
