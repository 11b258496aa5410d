//! The file as it was when its evidence ended with a certain leaf: what was derived from later leaves is out of
//! sight.
//!
//! Temporary views stand before the tables and the public views, under the same names, for one connection that
//! reads. The file itself is not touched. Rows are only ever inserted, each with the leaf that first showed it,
//! so what an older size showed is still there.

use std::path::Path;

use rusqlite::Connection;

use super::{StoreError, open, views};
use crate::model::UtcMillis;

/// When a row came to be: with the leaf that the column names.
enum Since {
    /// With that leaf itself.
    Leaf(&'static str),
    /// When the listing closed whose last answer that leaf is.
    Closing(&'static str),
    /// When the listing closed of which that leaf is a page.
    Page(&'static str),
    /// With the end of the run that the column names.
    RunEnd(&'static str),
}
use Since::{Closing, Leaf, Page, RunEnd};

/// The tables that are limited, which are those that [`PUBLIC_VIEWS`] and proofs read. Others (dictionaries, and
/// tables that are joined to a version) hold nothing that could be met without one of these.
const TABLES: &[(&str, Since)] = &[
    ("leaf", Leaf("sequence")),
    ("run", Leaf("start_sequence")),
    ("run_end", Leaf("end_sequence")),
    ("run_clock", RunEnd("run_id")),
    ("run_identity", Leaf("sequence")),
    ("run_note", Leaf("sequence")),
    ("watch", Leaf("add_sequence")),
    ("watch_removal", Leaf("sequence")),
    ("watch_operation", Leaf("from_sequence")),
    ("operation", Leaf("first_sequence")),
    ("operation_state", Leaf("from_sequence")),
    ("operation_version", Leaf("from_sequence")),
    ("exchange", Leaf("sequence")),
    ("exchange_error", Leaf("sequence")),
    ("listing", Leaf("listing_id")),
    ("listing_end", Closing("end_sequence")),
    ("listing_missing", Closing("listing_id")),
    ("result_version", Page("from_sequence")),
    ("page_listing", Leaf("listing_id")),
    ("page_listing_end", Closing("end_sequence")),
    ("batch_detail", Page("sequence")),
    ("intervention", Leaf("sequence")),
    ("intervention_call", Leaf("sequence")),
    ("config", Leaf("sequence")),
    ("key_event", Leaf("sequence")),
    ("restoration", Leaf("sequence")),
];

/// The public views that can be asked about an older size. The others still show the whole file.
pub const PUBLIC_VIEWS: [&str; 11] = [
    "operations",
    "operation_history",
    "operation_timeline",
    "result_timeline",
    "results",
    "result_history",
    "batch_details",
    "interventions",
    "listings",
    "requests",
    "collection_runs",
];

/// Listings that had begun below leaf ?1 and were not closed there: not complete, their run not ended, and no
/// later listing of the same operation begun, which would have closed them.
const STILL_OPEN: &str = "
SELECT l.listing_id FROM main.listing l LEFT JOIN main.listing_end e ON e.listing_id = l.listing_id
WHERE l.listing_id < ?1
    AND NOT coalesce(e.verdict = 'complete' AND e.end_sequence < ?1, 0)
    AND NOT EXISTS (SELECT 1 FROM main.run_end r WHERE r.run_id = l.run_id AND r.end_sequence < ?1)
    AND NOT EXISTS (SELECT 1 FROM main.listing n WHERE n.op = l.op AND n.listing_id > l.listing_id AND n.listing_id < ?1)
UNION ALL
SELECT l.listing_id FROM main.page_listing l LEFT JOIN main.page_listing_end e ON e.listing_id = l.listing_id
WHERE l.listing_id < ?1
    AND NOT coalesce(e.verdict = 'complete' AND e.end_sequence < ?1, 0)
    AND NOT EXISTS (SELECT 1 FROM main.run_end r WHERE r.run_id = l.run_id AND r.end_sequence < ?1)";

/// Where the time stands in a leaf that bears one: of an answer its receipt, of any other event when it was.
/// Leaves that only say what will be asked bear none.
const LEAF_TIME: &str = "
coalesce(record ->> '$.received_at', record ->> '$.at', record ->> '$.started_at', record ->> '$.ended_at',
    record ->> '$.found_at', record ->> '$.created_at', record ->> '$.requested_at')";

/// How many leaves had been kept at an instant: those before the first that is later, so that a clock that
/// jumped ahead cuts early. Reads leaves from the first on.
pub fn size_at(connection: &Connection, at: UtcMillis) -> Result<i64, StoreError> {
    let sql = format!(
        "SELECT coalesce(
            (SELECT sequence FROM main.leaf WHERE {LEAF_TIME} > ?1 ORDER BY sequence LIMIT 1),
            (SELECT max(sequence) + 1 FROM main.leaf), 0)"
    );
    Ok(connection.query_row(&sql, [at.0], |row| row.get(0))?)
}

/// Opens a database for reading as it was when it had `size` leaves.
pub fn open_at(path: &Path, size: i64) -> Result<Connection, StoreError> {
    let connection = open::read_only(path)?;
    limit(&connection, size)?;
    Ok(connection)
}

/// Hides from this connection, which only reads, what came with leaf `size` and later.
pub fn limit(connection: &Connection, size: i64) -> Result<(), StoreError> {
    connection.pragma_update(None, "query_only", false)?;
    let open: Vec<i64> = connection
        .prepare(STILL_OPEN)?
        .query_map([size], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut sql = String::new();
    for (table, since) in TABLES {
        let condition = condition(since, size, &open);
        sql.push_str(&format!(
            "CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} r WHERE {condition};\n"
        ));
    }
    for name in PUBLIC_VIEWS {
        sql.push_str(&views::temporary(name)?);
        sql.push_str(";\n");
    }
    connection.execute_batch(&sql)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(())
}

/// What holds for the rows of a table that were there. `open` are the listings that had not closed.
fn condition(since: &Since, size: i64, open: &[i64]) -> String {
    let open: Vec<String> = open.iter().map(i64::to_string).collect();
    let open = open.join(", ");
    let closed = |listing: &str| match open.is_empty() {
        true => String::new(),
        false => format!(" AND {listing} NOT IN ({open})"),
    };
    match since {
        Leaf(column) => format!("r.{column} < {size}"),
        Closing(column) => format!("r.{column} < {size}{}", closed("r.listing_id")),
        Page(column) => {
            let listing = format!(
                "coalesce((SELECT x.listing_id FROM main.exchange x WHERE x.sequence = r.{column}), -1)"
            );
            format!("r.{column} < {size}{}", closed(&listing))
        }
        RunEnd(column) => format!(
            "r.{column} IN (SELECT e.run_id FROM main.run_end e WHERE e.end_sequence < {size})"
        ),
    }
}
