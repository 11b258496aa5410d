//! The file as it was when its evidence ended with a certain leaf: what was derived from later leaves is out of
//! sight.
//!
//! Temporary views stand before the tables and the public views, under the same names, for one connection that
//! reads. The file itself is not touched. Rows are only ever inserted, each with the leaf that first showed it,
//! so what an older size showed is still there. Every table of the file has a rule, so that a view needs none of
//! its own: it shows what the tables that it reads had by then. Setting this up looks at the runs around that leaf,
//! never at the whole file.

mod closing;
mod size;

use std::path::Path;

use rusqlite::Connection;

use self::closing::OpenLists;
use super::catalogue::Table;
use super::{StoreError, open, views};

pub use self::size::size_at;

/// Which rows of a table were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Those that came with a leaf, which the expression names.
    Leaf(&'static str),
    /// The same, where the leaf is the last answer or the beginning of a listing and the row came when that
    /// listing closed, which may have been later.
    Closing(&'static str),
    /// The same, where the leaf is a page of such a listing.
    Page(&'static str),
    /// Those whose row in another table, with the same values in these columns, was there.
    With(&'static str, &'static [&'static str]),
    /// Heads of no more leaves than there were.
    Head(&'static str),
    /// Those that this SELECT gives, which asks tables that are limited.
    Following(&'static str),
    /// The one row that says how far derivation has come: no farther than there were leaves.
    Watermark,
    /// All. Dictionaries of numbers for words: none of their entries is met but through a row that has a rule.
    Words,
    /// All. What the program remembers between runs has no past: it is overwritten. No view reads it.
    Now,
}
use Rule::{Closing, Following, Head, Leaf, Now, Page, Watermark, With, Words};

/// What makes a version one of an operation.
const VERSION: &[&str] = &["op", "version"];

/// The watches of which something may still come, as the triggers of the table keep them.
const WATCH_OPEN: &str = "
SELECT w.watch_id AS watch_id FROM watch w
WHERE NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)
    AND coalesce((SELECT s.state FROM operation_state s
        WHERE s.op = (SELECT max(o.op) FROM watch_operation o WHERE o.watch_id = w.watch_id)
        ORDER BY s.number DESC LIMIT 1), 'active') IN ('active', 'unsettled')";

/// Every table of the file.
const RULES: &[(&str, Rule)] = &[
    ("leaf", Leaf("sequence")),
    ("body_template", Words),
    ("subtree", Leaf("number * 256 + 255")),
    ("checkpoint", Head("size")),
    ("derivation", Watermark),
    ("run", Leaf("start_sequence")),
    ("run_end", Leaf("end_sequence")),
    ("run_plan", Leaf("sequence")),
    ("run_clock", With("run_end", &["run_id"])),
    ("run_identity", Leaf("sequence")),
    ("run_note", Leaf("sequence")),
    ("run_skipped", Leaf("sequence")),
    ("watch", Leaf("add_sequence")),
    ("watch_open", Following(WATCH_OPEN)),
    ("watch_removal", Leaf("sequence")),
    ("watch_operation", Leaf("from_sequence")),
    ("watch_look", Leaf("sequence")),
    ("missed_look", Leaf("sequence")),
    ("operation", Leaf("first_sequence")),
    ("operation_state", Leaf("from_sequence")),
    ("operation_version", Leaf("from_sequence")),
    ("ros_operation_version", With("operation_version", VERSION)),
    ("ros_operation_list", With("operation_version", VERSION)),
    (
        "bpstudio_operation_version",
        With("operation_version", VERSION),
    ),
    ("alidns_batch_version", With("operation_version", VERSION)),
    ("exchange", Leaf("sequence")),
    ("exchange_error", Leaf("sequence")),
    ("exchange_watch", Leaf("sequence")),
    ("identity_failure", Leaf("sequence")),
    ("listing", Leaf("listing_id")),
    ("listing_end", Closing("end_sequence")),
    ("listing_missing", Closing("listing_id")),
    ("result_version", Page("from_sequence")),
    ("target", Words),
    ("result_status", Words),
    ("result_text", Words),
    ("page_listing", Leaf("listing_id")),
    ("page_listing_end", Closing("end_sequence")),
    ("stack_group", Page("first_sequence")),
    ("stack_group_version", Page("from_sequence")),
    ("stack_group_presence", Closing("listing_id")),
    ("batch_detail", Page("sequence")),
    ("intervention", Leaf("sequence")),
    ("intervention_call", Leaf("sequence")),
    ("unknown", With("unknown_seen", &["unknown_id"])),
    ("unknown_seen", Leaf("sequence")),
    ("gap", Leaf("sequence")),
    ("gap_end", Leaf("sequence")),
    ("account_label", Leaf("first_sequence")),
    ("account_name", Leaf("sequence")),
    ("config", Leaf("sequence")),
    ("credential_call", Leaf("sequence")),
    ("clock_step", Leaf("sequence")),
    ("key_event", Leaf("sequence")),
    ("restoration", Leaf("sequence")),
    ("schema_change", Leaf("sequence")),
    ("limit_learned", Now),
    ("told", Now),
];

/// Opens a database for reading as it was when it had `size` leaves.
pub fn open_at(path: &Path, size: i64) -> Result<Connection, StoreError> {
    let connection = open::read_only(path)?;
    limit(&connection, size)?;
    Ok(connection)
}

/// Hides from this connection, which only reads, what came with leaf `size` and later. Once for a connection.
pub fn limit(connection: &Connection, size: i64) -> Result<(), StoreError> {
    limit_sealed(connection, size, size)
}

/// The same, and of checkpoints those of no more than `sealed` leaves: a head of exactly `size` leaves may be signed
/// long after these were kept, and who wants what was there before says so.
pub fn limit_sealed(connection: &Connection, size: i64, sealed: i64) -> Result<(), StoreError> {
    let open = OpenLists::at(connection, size)?;
    connection.pragma_update(None, "query_only", false)?;
    open.keep(connection)?;
    for (name, rule) in RULES {
        let table = Table::read(connection, name)?;
        let size = match rule {
            Head(_) => sealed.min(size),
            _ => size,
        };
        connection.execute_batch(&limited(&table, *rule, size, &open))?;
    }
    for name in views::names() {
        connection.execute_batch(&views::temporary(name)?)?;
    }
    connection.pragma_update(None, "query_only", true)?;
    Ok(())
}

/// The number of the first leaf of a listing that had begun by `size` and closes later, or `size`: what is known of
/// a listing's rows only since then comes from listings that begin there.
pub fn listed_since(connection: &Connection, size: i64) -> Result<i64, StoreError> {
    Ok(OpenLists::at(connection, size)?.oldest().unwrap_or(size))
}

/// The statement that puts the rows of a table that were there in its place.
fn limited(table: &Table, rule: Rule, size: i64, open: &OpenLists) -> String {
    let columns = table.columns.iter().map(|column| match rule {
        Watermark if column == "derived_through" => {
            format!("min(r.{column}, {size} - 1) AS {column}")
        }
        _ => format!("r.{column} AS {column}"),
    });
    let columns: Vec<String> = columns.collect();
    if let Following(select) = rule {
        return format!("CREATE TEMP VIEW {} AS {select}", table.name);
    }
    let condition = match rule {
        Leaf(leaf) => format!("r.{leaf} < {size}"),
        Closing(leaf) => format!("r.{leaf} < {size}{}", open.without("r.listing_id")),
        Page(leaf) => format!("r.{leaf} < {size}{}", open.without_pages(leaf)),
        With(other, on) => {
            let on: Vec<String> = on.iter().map(|on| format!("w.{on} = r.{on}")).collect();
            format!(
                "EXISTS (SELECT 1 FROM {other} w WHERE {})",
                on.join(" AND ")
            )
        }
        Head(covered) => format!("r.{covered} <= {size}"),
        Watermark | Words | Now | Following(_) => "1".to_owned(),
    };
    format!(
        "CREATE TEMP VIEW {name} AS SELECT {} FROM main.{name} r WHERE {condition}",
        columns.join(", "),
        name = table.name
    )
}

#[cfg(test)]
mod tests;
