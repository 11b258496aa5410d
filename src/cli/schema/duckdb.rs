//! Views of DuckDB over the file, with types.
//!
//! DuckDB's SQLite scanner takes types from declared columns of tables alone and reads the text of views in its own
//! grammar, so each view is asked inside SQLite (`sqlite_query`) and each column is cast.

use std::fmt::Write as _;
use std::path::Path;

use crate::store::dictionary::{Kind, View};

/// The name under which DuckDB has the file.
const ATTACHED: &str = "optrail";

/// What stands for the file while there is none.
const PLACEHOLDER: &str = "optrail.db";

/// The statements, over this file.
pub(super) fn write(views: &[&View], file: Option<&Path>) -> String {
    let path = match file {
        Some(path) => path.to_string_lossy().into_owned(),
        None => PLACEHOLDER.to_owned(),
    };
    let mut text = String::from(
        "-- Typed views over the file of optrail, which is only read. Times are UTC.\n\
         -- A condition is not handed to SQLite: for one operation of many ask\n\
         --   sqlite_query('optrail', 'SELECT … WHERE operation_id = ''…''').\n",
    );
    if file.is_none() {
        text.push_str("-- Put the name of your file here:\n");
    }
    // Writing to a String has no way to fail.
    let _ = writeln!(
        text,
        "LOAD sqlite;\nATTACH {} AS {ATTACHED} (TYPE sqlite, READ_ONLY);",
        quoted(&path)
    );
    for view in views {
        let _ = writeln!(
            text,
            "\n-- {}\nCREATE OR REPLACE VIEW {} AS SELECT",
            view.row, view.name
        );
        let columns: Vec<String> = view
            .columns
            .iter()
            .map(|column| {
                format!(
                    "    CAST({0} AS {1}) AS {0}",
                    column.name,
                    duckdb_type(&column.kind)
                )
            })
            .collect();
        let names: Vec<&str> = view
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let asked = format!("SELECT {} FROM {}", names.join(", "), view.name);
        let _ = writeln!(
            text,
            "{}\nFROM sqlite_query('{ATTACHED}', {});",
            columns.join(",\n"),
            quoted(&asked)
        );
    }
    text
}

const fn duckdb_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Word(_) => "VARCHAR",
        Kind::Integer(_) => "BIGINT",
        Kind::Real => "DOUBLE",
        // Without a zone: one with a zone needs another extension to be shown, and all are UTC.
        Kind::Time => "TIMESTAMP",
        Kind::Flag => "BOOLEAN",
        Kind::Json => "JSON",
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::dictionary;

    #[test]
    fn columns_have_types_and_names_are_quoted() {
        let view = dictionary::find("operations").unwrap();
        let text = write(&[view], Some(Path::new("/home/o'brien/optrail.db")));
        assert!(
            text.contains("ATTACH '/home/o''brien/optrail.db' AS optrail"),
            "{text}"
        );
        for line in [
            "    CAST(service AS VARCHAR) AS service,\n",
            "    CAST(is_final AS BOOLEAN) AS is_final,\n",
            "    CAST(duration_ms AS BIGINT) AS duration_ms,\n",
            "    CAST(first_seen_at AS TIMESTAMP) AS first_seen_at,\n",
            "    CAST(watch_state AS VARCHAR) AS watch_state\nFROM sqlite_query('optrail', 'SELECT service, ",
        ] {
            assert!(text.contains(line), "{line}");
        }
        assert!(write(&[view], None).contains("-- Put the name of your file here:\n"));
    }
}
