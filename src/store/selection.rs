//! Rows of a view: which, and in which order.
//!
//! The text of the statement is made of names that the program holds; what a user types is bound.

use std::fmt::Write as _;

use rusqlite::Connection;

use super::StoreError;

/// Which rows of a view, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The view.
    pub view: &'static str,
    /// Columns that order the rows.
    pub order: &'static [&'static str],
    /// What the rows must meet, all of it.
    pub filters: Vec<Filter>,
}

/// Columns and the values of which one of them must have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The columns; never none.
    pub columns: Vec<&'static str>,
    /// Any of these.
    pub values: Vec<String>,
}

impl Selection {
    /// The statement, with a parameter for each of [`Selection::parameters`].
    pub fn sql(&self) -> String {
        let mut sql = format!("SELECT * FROM {}", self.view);
        let mut number = 0;
        for (index, filter) in self.filters.iter().enumerate() {
            let word = if index == 0 { "WHERE" } else { "AND" };
            let places: Vec<String> = filter
                .values
                .iter()
                .map(|_| {
                    number += 1;
                    format!("?{number}")
                })
                .collect();
            let places = places.join(", ");
            let choices = filter.columns.iter();
            let choices: Vec<String> = choices
                .map(|column| format!("{column} IN ({places})"))
                .collect();
            // Writing to a String has no way to fail.
            let _ = match choices.as_slice() {
                [choice] => write!(sql, " {word} {choice}"),
                several => write!(sql, " {word} ({})", several.join(" OR ")),
            };
        }
        let _ = write!(sql, " ORDER BY {}", self.order.join(", "));
        sql
    }

    /// The values, in the order of the parameters.
    pub fn parameters(&self) -> Vec<&str> {
        let values = self.filters.iter().flat_map(|filter| &filter.values);
        values.map(String::as_str).collect()
    }
}

/// Names of a view's columns, in order.
pub fn columns(connection: &Connection, view: &'static str) -> Result<Vec<String>, StoreError> {
    let statement = connection.prepare(&format!("SELECT * FROM {view}"))?;
    let names = statement.column_names();
    Ok(names.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bound_and_never_written() {
        let filter = |columns: &[&'static str], values: &[&str]| Filter {
            columns: columns.to_vec(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        };
        let selection = Selection {
            view: "results",
            order: &["operation_id", "target_region_id"],
            filters: vec![
                filter(&["status"], &["FAILED", "' OR 1=1 --"]),
                filter(&["region_id", "target_region_id"], &["cn-x"]),
            ],
        };
        assert_eq!(
            selection.sql(),
            "SELECT * FROM results WHERE status IN (?1, ?2) AND (region_id IN (?3) OR target_region_id IN (?3)) \
             ORDER BY operation_id, target_region_id"
        );
        assert_eq!(selection.parameters(), ["FAILED", "' OR 1=1 --", "cn-x"]);
    }
}
