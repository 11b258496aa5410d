//! Reading for people: any SELECT, row by row, without knowing its columns.

use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Params, Statement, params_from_iter};

use super::StoreError;

/// One value of a row that is kept.
pub use rusqlite::types::Value as OwnedValue;

/// One value of a row, borrowed from SQLite while the row is visited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(&'a str),
    /// BLOB.
    Blob(&'a [u8]),
}

/// Why a statement cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// More than one.
    #[error("only one statement can be asked at a time; leave out what follows the first ';'")]
    Several,
    /// It would write, attach, or change a setting; or there is nothing to ask.
    #[error("only a SELECT can be asked: this file is read, never written")]
    NotASelect,
    /// SQLite does not understand it.
    #[error("the statement cannot be read: {0}")]
    Invalid(String),
}

/// A SELECT that is ready to be asked.
pub struct Query<'c> {
    statement: Statement<'c>,
}

/// Why the reading of rows ends early.
enum Stop<E> {
    Enough,
    Failed(E),
}

impl<E: From<StoreError>> From<StoreError> for Stop<E> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl<'c> Query<'c> {
    /// Prepares one statement that answers with rows.
    ///
    /// # Errors
    /// [`SelectError`], by what is wrong with the text.
    pub fn prepare(connection: &'c Connection, sql: &str) -> Result<Self, SelectError> {
        let statement = connection.prepare(sql).map_err(select_error)?;
        if statement.column_count() == 0 || !statement.readonly() {
            return Err(SelectError::NotASelect);
        }
        Ok(Self { statement })
    }

    /// Names of the columns.
    pub fn columns(&self) -> Vec<String> {
        let names = self.statement.column_names();
        names.map(str::to_owned).collect()
    }

    /// Asks, with a text for each parameter, and calls `visit` with each row; its first error ends the
    /// reading.
    ///
    /// # Errors
    /// [`StoreError`], and whatever `visit` returns.
    pub fn each_row<E: From<StoreError>>(
        &mut self,
        parameters: &[&str],
        visit: impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_row_of(params_from_iter(parameters), visit)
    }

    /// Asks without parameters, and calls `visit` with the first rows, `limit` at most where there is one; whether
    /// those were all.
    ///
    /// # Errors
    /// As [`Query::each_row`].
    pub fn first_rows<E: From<StoreError>>(
        &mut self,
        limit: Option<u64>,
        mut visit: impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut visited = 0;
        let read = self.each_row(&[], |values| {
            if limit == Some(visited) {
                return Err(Stop::Enough);
            }
            visited += 1;
            visit(values).map_err(Stop::Failed)
        });
        match read {
            Ok(()) => Ok(true),
            Err(Stop::Enough) => Ok(false),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// [`Query::each_row`] with parameters of any type.
    pub(super) fn each_row_of<E: From<StoreError>>(
        &mut self,
        parameters: impl Params,
        mut visit: impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let width = self.statement.column_count();
        let mut rows = self.statement.query(parameters).map_err(StoreError::from)?;
        // One allocation for all rows.
        let mut room: Vec<Value<'static>> = Vec::with_capacity(width);
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let mut values = emptied(room);
            for column in 0..width {
                let value = row.get_ref(column).map_err(StoreError::from)?;
                values.push(borrowed(column, value)?);
            }
            visit(&values)?;
            room = emptied(values);
        }
        Ok(())
    }
}

/// The room of a list, empty, for values that live as long as another row.
pub fn emptied<A, B>(mut values: Vec<A>) -> Vec<B> {
    values.clear();
    // Nothing is left to be mapped; collecting a vector into one of the same layout takes its room over.
    values.into_iter().filter_map(|_| None).collect()
}

fn select_error(error: rusqlite::Error) -> SelectError {
    match error {
        rusqlite::Error::MultipleStatement => SelectError::Several,
        error if error.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied) => {
            SelectError::NotASelect
        }
        rusqlite::Error::SqlInputError { msg, offset, .. } => match offset {
            0.. => SelectError::Invalid(format!("{msg} (at byte {offset})")),
            _ => SelectError::Invalid(msg),
        },
        other => SelectError::Invalid(other.to_string()),
    }
}

fn borrowed(column: usize, value: ValueRef<'_>) -> Result<Value<'_>, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|_| {
            StoreError::Inconsistent(format!("column {column} holds text that is not UTF-8"))
        })?),
        ValueRef::Blob(bytes) => Value::Blob(bytes),
    })
}

/// The longest value, in bytes, that a typed statement may make. An answer of the cloud has 16 MiB at most.
const VALUE_LONGEST_BYTES: i32 = 64 * 1024 * 1024;

/// Bytes that SQLite may hold in memory for typed statements, of all connections of the process together: what
/// needs more to be sorted goes to a temporary file. It ends in an error, not in the machine's want of memory.
const HEAP_BYTES: i64 = 512 * 1024 * 1024;

/// Instructions of SQLite between two looks at the clock: about a tenth of a millisecond.
const INSTRUCTIONS_BETWEEN_LOOKS: i32 = 10_000;

/// From now on this connection answers SELECT alone, whatever the statement says: nothing is written,
/// attached, loaded or set, and memory has a bound.
pub fn restrict_to_select(connection: &mut Connection) -> Result<(), StoreError> {
    connection.query_row(
        &format!("PRAGMA hard_heap_limit = {HEAP_BYTES}"),
        [],
        |_| Ok(()),
    )?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_LONGEST_BYTES)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Function {
            function_name: "load_extension",
        } => Authorization::Deny,
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Function { .. }
        | AuthAction::Recursive => Authorization::Allow,
        _ => Authorization::Deny,
    }))?;
    Ok(())
}

/// Ends whatever this connection is doing when the time is over ([`StoreError::is_interrupted`]).
pub fn end_after(connection: &mut Connection, timeout: Duration) -> Result<(), StoreError> {
    let begun = Instant::now();
    let is_over = move || begun.elapsed() >= timeout;
    connection.progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, Some(is_over))?;
    Ok(())
}

/// From now on all answers of this connection are of one moment, until it is closed.
pub fn stay(connection: &Connection) -> Result<(), StoreError> {
    // The moment is that of the first answer.
    connection.execute_batch("BEGIN DEFERRED; SELECT count(*) FROM sqlite_schema")?;
    Ok(())
}

/// A few rows, kept: for answers that a person reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, each as wide as there are columns.
    pub rows: Vec<Vec<rusqlite::types::Value>>,
}

impl Rows {
    /// Asks a question whose answer is small.
    ///
    /// # Errors
    /// [`StoreError`], also where the text is no SELECT, since it is ours.
    pub fn ask(
        connection: &Connection,
        sql: &str,
        parameters: &[&str],
    ) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached(sql)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let width = columns.len();
        let rows = statement
            .query_map(params_from_iter(parameters), |row| {
                (0..width).map(|column| row.get(column)).collect()
            })?
            .collect::<Result<_, _>>()?;
        Ok(Self { columns, rows })
    }

    /// Place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The text in a column of the first row; `None` where there is none, or another kind of value.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.first(name)? {
            rusqlite::types::Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number in a column of the first row; `None` as for [`Rows::text`].
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.first(name)? {
            rusqlite::types::Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    fn first(&self, name: &str) -> Option<&rusqlite::types::Value> {
        self.rows.first()?.get(self.column(name)?)
    }
}

impl<'a> From<&'a rusqlite::types::Value> for Value<'a> {
    fn from(value: &'a rusqlite::types::Value) -> Self {
        use rusqlite::types::Value as Owned;
        match value {
            Owned::Null => Self::Null,
            Owned::Integer(number) => Self::Integer(*number),
            Owned::Real(number) => Self::Real(*number),
            Owned::Text(text) => Self::Text(text),
            Owned::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn restricted() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2)")
            .unwrap();
        restrict_to_select(&mut connection).unwrap();
        connection
    }

    #[test]
    fn what_reads_is_answered() {
        let connection = restricted();
        for sql in [
            "SELECT sum(a), 'x', NULL, x'ab', 0.5 FROM t;  -- done",
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n",
            "SELECT value FROM json_each('[1, 2]')",
            "VALUES (1)",
            "EXPLAIN QUERY PLAN SELECT * FROM t",
        ] {
            let mut seen = 0;
            let mut query = Query::prepare(&connection, sql).unwrap();
            query
                .each_row(&[], |_| -> Result<(), StoreError> {
                    seen += 1;
                    Ok(())
                })
                .unwrap();
            assert!(seen > 0, "{sql}");
        }
    }

    #[test]
    fn what_does_not_read_is_refused() {
        let connection = restricted();
        for sql in [
            "INSERT INTO t VALUES (3)",
            "UPDATE t SET a = 3 RETURNING a",
            "DELETE FROM t",
            "CREATE TEMP TABLE u (a)",
            "DROP TABLE t",
            "ATTACH ':memory:' AS other",
            "VACUUM INTO 'copy.db'",
            "PRAGMA query_only = 0",
            "PRAGMA writable_schema = 1",
            "BEGIN IMMEDIATE",
            "SAVEPOINT s",
            "REINDEX",
            "ANALYZE",
            "",
            "-- nothing",
        ] {
            let refused = Query::prepare(&connection, sql).err();
            assert_eq!(refused, Some(SelectError::NotASelect), "{sql}");
        }
        let load = Query::prepare(&connection, "SELECT load_extension('x')").err();
        assert!(load.is_some_and(|refused| refused.to_string().contains("load_extension")));
        let two = Query::prepare(&connection, "SELECT 1; SELECT 2").err();
        assert_eq!(two, Some(SelectError::Several));
        let unknown = Query::prepare(&connection, "SELECT b FROM t")
            .err()
            .unwrap();
        assert!(
            unknown.to_string().contains("no such column: b"),
            "{unknown}"
        );
    }

    #[test]
    fn a_statement_without_an_end_is_ended() {
        let mut connection = restricted();
        end_after(&mut connection, Duration::from_millis(20)).unwrap();
        let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let mut query = Query::prepare(&connection, endless).unwrap();
        let ended = query.each_row(&[], |_| Ok::<_, StoreError>(()));
        assert!(ended.unwrap_err().is_interrupted());
    }

    #[test]
    fn a_value_has_a_greatest_length() {
        let connection = restricted();
        let mut query = Query::prepare(&connection, "SELECT zeroblob(100000000)").unwrap();
        let refused = query.each_row(&[], |_| Ok::<_, StoreError>(()));
        assert!(refused.is_err());
    }

    #[test]
    fn settings_cannot_be_reached_through_a_table() {
        let connection = restricted();
        let sql = "SELECT * FROM pragma_query_only";
        let asked = Query::prepare(&connection, sql)
            .map(|mut query| query.each_row(&[], |_| Ok::<_, StoreError>(())));
        assert!(!matches!(asked, Ok(Ok(()))));
    }

    #[test]
    fn an_error_of_the_visitor_ends_the_reading() {
        let connection = restricted();
        let mut query = Query::prepare(&connection, "SELECT a FROM t WHERE a >= ?1").unwrap();
        let mut seen = 0;
        let ended = query.each_row(&["1"], |_| {
            seen += 1;
            Err(StoreError::WriterGone)
        });
        assert!(matches!(ended, Err(StoreError::WriterGone)));
        assert_eq!(seen, 1);
    }
}
