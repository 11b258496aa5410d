//! What a file may ask of SQLite when somebody else handed it over: a file is a program too, by its views,
//! triggers, generated columns and checks, and by lengths that it merely states.
//!
//! `quick_check` is not asked first: it reads every page, as the full `integrity_check` of a complete
//! verification does once more, and what is read in between is bounded here whatever the pages say.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

/// The longest row, in bytes. An answer has 16 MiB at most and stands in a row once, packed, or a few times,
/// taken apart; more was not written by this program.
const ROW_LONGEST_BYTES: i32 = 64 * 1024 * 1024;

/// The longest statement, in bytes, that of a table or view in the file too; ours have 5,000, and the view of the data
/// dictionary 60,000.
const STATEMENT_LONGEST_BYTES: i32 = 256 * 1024;

/// Terms that an expression nests; ours nest 20.
const EXPRESSION_DEEPEST: i32 = 100;

/// Tables, indexes, views and triggers; we have about 150.
const OBJECTS_MAX: i32 = 1_000;

/// Columns of a table or an answer; ours have 50 at most.
const COLUMNS_MAX: i32 = 200;

/// SELECTs that one statement joins by UNION and its like; ours join 10.
const COMPOUND_MAX: i32 = 50;

/// Instructions of one statement. `integrity_check` over our schema is the longest, with some 10,000.
const INSTRUCTIONS_MAX: i32 = 250_000;

/// Bytes that SQLite may hold in memory, of all connections of the process together and for as long as it
/// lives (SQLite lowers it only): the longest row, in the few places through which it passes. What a file of
/// ours takes is a tenth of that.
const HEAP_BYTES: i64 = 256 * 1024 * 1024;

/// Bounds what the file behind this connection can do. Before the first question: the schema is read then.
pub(super) fn bound(connection: &Connection) -> rusqlite::Result<()> {
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, ROW_LONGEST_BYTES),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, STATEMENT_LONGEST_BYTES),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, EXPRESSION_DEEPEST),
        (Limit::SQLITE_LIMIT_SCHEMA, OBJECTS_MAX),
        (Limit::SQLITE_LIMIT_COLUMN, COLUMNS_MAX),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, COMPOUND_MAX),
        (Limit::SQLITE_LIMIT_VDBE_OP, INSTRUCTIONS_MAX),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, most)?;
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.query_row(
        &format!("PRAGMA hard_heap_limit = {HEAP_BYTES}"),
        [],
        |_| Ok(()),
    )
}

/// The same for a connection that copies the file, for which SQLite attaches the copy.
pub(super) fn bound_to_copy(connection: &Connection) -> rusqlite::Result<()> {
    bound(connection)?;
    connection
        .set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1)
        .map(drop)
}
