//! metadata.json of Datasette: views with descriptions, units and questions; tables out of the way.

use serde_json::{Map, Value, json};

use crate::store::dictionary::{Column, Kind, Unit, View};
use crate::store::migrate;

/// What stands in an example for a value of the reader's, and the parameter that Datasette asks for instead.
const PARAMETERS: [(&str, &str); 3] = [
    ("'OPERATION_ID'", ":operation_id"),
    ("'TASK_ID'", ":task_id"),
    ("'NAME'", ":name"),
];

/// The document, for a database of this name.
pub(super) fn metadata(views: &[&View], database: &str) -> Value {
    let mut tables = Map::new();
    let mut queries = Map::new();
    for view in views {
        tables.insert(view.name.to_owned(), table(view));
        let question = json!({"title": format!("Example: {}", view.name), "description": view.row, "sql": parameterized(&view.example)});
        queries.insert(format!("example_{}", view.name), question);
    }
    for table in migrate::tables() {
        tables.insert(table, json!({"hidden": true}));
    }
    json!({
        "title": "optrail",
        "description": "What Alibaba Cloud said about its operations, and when. All times are UTC.",
        "databases": { database: {
            "description": "Views are the public face of the file; data_dictionary explains them. Tables are hidden.",
            "tables": tables,
            "queries": queries,
        }},
    })
}

fn table(view: &View) -> Value {
    let columns: Map<String, Value> = view
        .columns
        .iter()
        .map(|column| (column.name.clone(), json!(column.meaning)))
        .collect();
    let units: Map<String, Value> = view
        .columns
        .iter()
        .filter_map(|column| Some((column.name.clone(), json!(unit(column)?))))
        .collect();
    let sortable: Vec<&String> = view.columns.iter().map(|column| &column.name).collect();
    json!({"description": view.row, "columns": columns, "units": units, "sortable_columns": sortable})
}

/// The unit as Datasette's library of units knows it.
fn unit(column: &Column) -> Option<&'static str> {
    match column.kind {
        Kind::Integer(Some(Unit::Milliseconds)) => Some("ms"),
        Kind::Integer(Some(Unit::Seconds)) => Some("s"),
        Kind::Integer(Some(Unit::Bytes)) => Some("byte"),
        _ => None,
    }
}

fn parameterized(example: &str) -> String {
    PARAMETERS
        .iter()
        .fold(example.to_owned(), |sql, (placeholder, parameter)| {
            sql.replace(placeholder, parameter)
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::dictionary;

    #[test]
    fn views_are_explained_and_tables_hidden() {
        let views: Vec<&View> = dictionary::all().iter().collect();
        let document = metadata(&views, "audit");
        let database = &document["databases"]["audit"];
        assert_eq!(database["tables"]["leaf"]["hidden"], true);
        assert_eq!(
            database["tables"]["operations"]["units"]["duration_ms"],
            "ms"
        );
        assert!(database["tables"]["operations"]["hidden"].is_null());
        let asked = database["queries"]["example_results"]["sql"]
            .as_str()
            .unwrap();
        assert!(asked.contains("operation_id = :operation_id"), "{asked}");
        let placeholder = |sql: &str| sql.contains("_ID'") || sql.contains("'NAME'");
        let queries = database["queries"].as_object().unwrap();
        assert_eq!(queries.len(), views.len());
        assert!(
            queries
                .values()
                .all(|query| !placeholder(query["sql"].as_str().unwrap()))
        );
    }
}
