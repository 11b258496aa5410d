//! Reads views and compares them with what is expected, row by row and column by column.

use std::collections::BTreeMap;

use optrail::store::query::{Query, Value as Stored};
use optrail::store::{Connection, StoreError};
use serde_json::{Map, Value};

/// The columns by which a row is known, in this order, where the view has them.
const KEY: [&str; 11] = [
    "service",
    "account_id",
    "region_id",
    "operation_id",
    "scope",
    "target_account_id",
    "target_region_id",
    "version",
    "sequence",
    "listing_id",
    "run_id",
];

/// All rows of a view, or of a table.
pub fn rows(connection: &Connection, view: &str) -> Vec<Value> {
    let sql = format!("SELECT * FROM {view}");
    let mut query = Query::prepare(connection, &sql).expect("a view");
    let columns = query.columns();
    let mut rows = Vec::new();
    query
        .each_row(&[], |values| -> Result<(), StoreError> {
            let row = columns.iter().cloned().zip(values.iter().map(value));
            rows.push(Value::Object(row.collect::<Map<_, _>>()));
            Ok(())
        })
        .expect("readable");
    rows
}

fn value(stored: &Stored<'_>) -> Value {
    match stored {
        Stored::Null => Value::Null,
        Stored::Integer(number) => Value::from(*number),
        Stored::Real(number) => Value::from(*number),
        Stored::Text(text) => Value::from(*text),
        Stored::Blob(bytes) => Value::from(bytes.to_vec()),
    }
}

/// The difference between what a view shows and what it should, in the columns that are expected.
pub fn compare(view: &str, mut shown: Vec<Value>, mut expected: Vec<Value>) -> Result<(), String> {
    for row in &mut shown {
        order_changed(row);
    }
    shown.sort_by_key(key);
    expected.sort_by_key(key);
    for (shown, expected) in shown.iter().zip(&expected) {
        let wanted = expected.as_object().expect("an object");
        let differing: BTreeMap<_, _> = wanted
            .iter()
            .filter(|(column, value)| shown.get(column) != Some(value))
            .map(|(column, value)| (column, (shown.get(column), value)))
            .collect();
        if !differing.is_empty() {
            return Err(format!(
                "{view}, column: (shown, expected)\n{differing:#?}\nin the row\n{shown:#}\nexpected\n{expected:#}"
            ));
        }
    }
    if shown.len() != expected.len() {
        let surplus = shown
            .iter()
            .chain(&expected)
            .nth(shown.len().min(expected.len()));
        return Err(format!(
            "{view} has {} rows, expected are {}; for one: {surplus:?}",
            shown.len(),
            expected.len()
        ));
    }
    Ok(())
}

/// The difference between two tables in all columns.
pub fn compare_whole(
    table: &str,
    mut one: Vec<Value>,
    mut other: Vec<Value>,
) -> Result<(), String> {
    let text = |row: &Value| row.to_string();
    one.sort_by_key(text);
    other.sort_by_key(text);
    match one.iter().zip(&other).find(|(one, other)| one != other) {
        Some((one, other)) => Err(format!("{table} differs:\n{one}\n{other}")),
        None if one.len() != other.len() => {
            Err(format!("{table}: {} rows, {}", one.len(), other.len()))
        }
        None => Ok(()),
    }
}

fn key(row: &Value) -> Vec<String> {
    KEY.iter()
        .map(|column| match &row[column] {
            Value::Number(number) => format!("{number:>20}"),
            other => other.to_string(),
        })
        .collect()
}

/// `changed` names fields in the order of the service; here it is a set.
fn order_changed(row: &mut Value) {
    if let Some(changed) = row.get_mut("changed")
        && let Value::String(text) = changed
    {
        let mut names: Vec<String> = serde_json::from_str(text).expect("a JSON array");
        names.sort_unstable();
        *changed = Value::from(names);
    }
}
