//! Whether the views show what the data dictionary says: types, forms, and words.

use optrail::store::dictionary::{self, Column, Kind};
use optrail::store::query::{Query, Value};
use optrail::store::{Connection, StoreError};

/// The first value of any view that is not what the dictionary says.
pub fn check(connection: &Connection) -> Result<(), String> {
    for view in dictionary::all() {
        let sql = format!("SELECT * FROM {}", view.name);
        let mut query = Query::prepare(connection, &sql).expect("a view");
        let mut wrong = None;
        query
            .each_row(&[], |values| -> Result<(), StoreError> {
                let pairs = view.columns.iter().zip(values);
                let strange = pairs.filter(|(column, value)| !fits(column, value));
                for (column, value) in strange {
                    wrong = Some(format!("{}.{}: {value:?}", view.name, column.name));
                }
                Ok(())
            })
            .expect("readable");
        if let Some(wrong) = wrong {
            return Err(format!("{wrong} is not what the dictionary says"));
        }
    }
    Ok(())
}

fn fits(column: &Column, value: &Value<'_>) -> bool {
    match (&column.kind, value) {
        (_, Value::Null)
        | (Kind::Text, Value::Text(_))
        | (Kind::Integer(_), Value::Integer(_))
        | (Kind::Real, Value::Real(_))
        | (Kind::Flag, Value::Integer(0 | 1)) => true,
        (Kind::Time, Value::Text(text)) => {
            optrail::model::UtcMillis::parse_rfc3339(text).is_some_and(|at| at.to_string() == *text)
        }
        (Kind::Json, Value::Text(text)) => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        (Kind::Word(words), Value::Text(word)) => words.contains(word),
        _ => false,
    }
}
