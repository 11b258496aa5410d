//! Rows of a view: which, and in which order.
//!
//! The text of the statement is made of names that the program holds; what a user types is bound.

use std::fmt::Write as _;

use rusqlite::Connection;

use super::StoreError;
use super::query::{Query, Value};

/// The key of an operation, with which the keys of its rows begin.
pub const OPERATION_KEY: [&str; 4] = ["service", "account_id", "region_id", "operation_id"];

/// The account of a row of the view `requests` that asked whose the credentials are and so bears their label alone:
/// what its run was told. It is read as a column of that view, the leaves of which say no such thing.
pub const ACCOUNT_TOLD: &str = "(SELECT i.account_id FROM run_identity i WHERE i.run_id = requests.run_id AND i.label = requests.label)";

/// Which rows of a view, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The view.
    pub view: &'static str,
    /// Its columns, in order: [`columns`].
    pub columns: Vec<String>,
    /// Columns that order the rows.
    pub order: &'static [&'static str],
    /// Whether each row is about one operation, whose key [`Selection::order`] begins with. Rows are then read one
    /// operation after the other, by seeks, and never sorted as a whole.
    pub is_by_operation: bool,
    /// What the rows must meet, all of it.
    pub filters: Vec<Filter>,
    /// When they must have been.
    pub period: Option<Period>,
}

/// Columns and the values of which one of them must have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The columns, or what is read as one; never none.
    pub columns: Vec<&'static str>,
    /// Any of these.
    pub values: Vec<String>,
}

/// What the time of a row is. The columns hold instants as text of fixed width, or NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// One instant. A row without one is in no period.
    Point(&'static str),
    /// From the first of `from` that is known until `until`, both at the earliest and the latest that they can
    /// have been. An end that is not known is open: the row is not left out because of it.
    Stretch {
        /// When it began: the first of these that is not NULL.
        from: &'static [&'static str],
        /// When it ended.
        until: &'static str,
    },
}

/// A stretch of time that rows must be of: points in it, stretches that overlap it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// What the time of a row is.
    pub time: Time,
    /// The first instant of it, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub since: Option<String>,
    /// The first instant after it.
    pub until: Option<String>,
}

/// A part of a statement after `WHERE`, and what is bound in it.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    sql: String,
    parameters: Vec<String>,
}

impl Conditions {
    /// The conditions of these filters and this period.
    pub(super) fn of<'f>(
        filters: impl IntoIterator<Item = &'f Filter>,
        period: Option<&Period>,
    ) -> Self {
        let mut conditions = Self::default();
        filters
            .into_iter()
            .for_each(|filter| conditions.add_filter(filter));
        if let Some(period) = period {
            conditions.add_period(period);
        }
        conditions
    }

    /// Binds a value, and gives the word that stands for it.
    fn bind(&mut self, value: &str) -> String {
        self.parameters.push(value.to_owned());
        format!("?{}", self.parameters.len())
    }

    /// One more condition, of the program's own text.
    pub(super) fn add(&mut self, condition: &str) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(condition);
    }

    fn add_filter(&mut self, filter: &Filter) {
        let places: Vec<String> = filter.values.iter().map(|value| self.bind(value)).collect();
        let places = places.join(", ");
        let choices = filter.columns.iter();
        let choices: Vec<String> = choices
            .map(|column| format!("{column} IN ({places})"))
            .collect();
        match choices.as_slice() {
            [choice] => self.add(choice),
            several => self.add(&format!("({})", several.join(" OR "))),
        }
    }

    fn add_period(&mut self, period: &Period) {
        let since = period.since.as_deref().map(|since| self.bind(since));
        let until = period.until.as_deref().map(|until| self.bind(until));
        match period.time {
            Time::Point(column) => {
                if let Some(since) = since {
                    self.add(&format!("{column} >= {since}"));
                }
                if let Some(until) = until {
                    self.add(&format!("{column} < {until}"));
                }
            }
            Time::Stretch { from, until: end } => {
                if let Some(since) = since {
                    self.add(&format!("({end} >= {since} OR {end} IS NULL)"));
                }
                if let Some(until) = until {
                    let begin = match from {
                        [begin] => (*begin).to_owned(),
                        several => format!("coalesce({})", several.join(", ")),
                    };
                    self.add(&format!("({begin} < {until} OR {begin} IS NULL)"));
                }
            }
        }
    }

    /// `WHERE` and the conditions; nothing where there are none.
    pub(super) fn where_clause(&self) -> String {
        match self.sql.as_str() {
            "" => String::new(),
            conditions => format!(" WHERE {conditions}"),
        }
    }

    /// The values, in the order of the parameters.
    pub(super) fn parameters(&self) -> Vec<&str> {
        self.parameters.iter().map(String::as_str).collect()
    }
}

impl Selection {
    /// Calls `visit` with each row, in order.
    ///
    /// # Errors
    /// [`StoreError`], and whatever `visit` returns.
    pub fn each_row<E: From<StoreError>>(
        &self,
        connection: &Connection,
        mut visit: impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.is_by_operation {
            let conditions = Conditions::of(&self.filters, self.period.as_ref());
            let sql = self.sql(&conditions, self.order);
            return prepare(connection, &sql)?.each_row(&conditions.parameters(), visit);
        }
        let (of_operation, of_row): (Vec<&Filter>, Vec<&Filter>) =
            self.filters.iter().partition(|filter| {
                let mut columns = filter.columns.iter();
                columns.all(|column| OPERATION_KEY.contains(column))
            });
        let which = Conditions::of(of_operation, None);
        // Bound first, so that these are its first parameters: the key of an operation.
        let mut conditions = Conditions::default();
        for column in OPERATION_KEY {
            let place = conditions.bind("");
            conditions.add(&format!("{column} = {place}"));
        }
        of_row
            .into_iter()
            .for_each(|filter| conditions.add_filter(filter));
        if let Some(period) = &self.period {
            conditions.add_period(period);
        }
        let sql = self.sql(&conditions, &self.order[OPERATION_KEY.len()..]);
        let mut rows = prepare(connection, &sql)?;
        prepare(connection, &operations(&which))?.each_row(&which.parameters(), |operation| {
            let mut parameters = conditions.parameters();
            for (place, value) in parameters.iter_mut().zip(operation) {
                let Value::Text(value) = value else {
                    let what = "an operation whose key is no text".to_owned();
                    return Err(StoreError::Inconsistent(what).into());
                };
                *place = value;
            }
            rows.each_row(&parameters, &mut visit)
        })
    }

    fn sql(&self, conditions: &Conditions, order: &[&str]) -> String {
        let columns = self.columns.join(", ");
        let mut sql = format!(
            "SELECT {columns} FROM {}{}",
            self.view,
            conditions.where_clause()
        );
        if !order.is_empty() {
            // Writing to a String has no way to fail.
            let _ = write!(sql, " ORDER BY {}", order.join(", "));
        }
        sql
    }
}

/// The statement for the keys of operations, in order.
fn operations(which: &Conditions) -> String {
    let key = OPERATION_KEY.join(", ");
    let conditions = which.where_clause();
    format!("SELECT {key} FROM operation{conditions} ORDER BY {key}")
}

/// A statement of the program's own text.
fn prepare<'c>(connection: &'c Connection, sql: &str) -> Result<Query<'c>, StoreError> {
    Query::prepare(connection, sql).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

/// Names of a view's columns, in order.
pub fn columns(connection: &Connection, view: &'static str) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    let names = statement.query_map([view], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
