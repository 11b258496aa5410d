//! `optrail watch list`.

use crate::cli::account_words::account_words;
use crate::cli::output::{DataFormat, notice, to_stdout};
use crate::cli::sections::{Column, Look, table};
use crate::cli::{Exit, database};
use crate::config::Config;
use crate::store::query::Rows;
use crate::store::watches;

const COLUMNS: [Column; 5] = [
    ("watch_id", "watch"),
    ("what", "service"),
    ("target", "operation"),
    ("state", "state"),
    ("origin", "from"),
];

/// Where there are several.
const ACCOUNT: Column = ("label", "account");

/// Lists the watches that have not been given up.
pub(super) fn run(config: &Config) -> anyhow::Result<Exit> {
    let database = database::to_read(config)?;
    let rows = database.read(|connection| -> anyhow::Result<Rows> {
        let accounts = account_words(config, connection)?;
        Ok(watches::listed(connection, &accounts)?)
    })?;
    if rows.rows.is_empty() {
        notice(
            config,
            "nothing is watched; `optrail watch add` says what to record",
        );
        return Ok(Exit::Done);
    }
    let mut columns = COLUMNS.to_vec();
    if config.has_accounts() {
        columns.insert(1, ACCOUNT);
    }
    let text = table(&rows, &columns, &Look::of_stdout(config))?;
    to_stdout(DataFormat::Escaped, |out| {
        Ok(out.write_all(text.as_bytes())?)
    })?;
    Ok(Exit::Done)
}
