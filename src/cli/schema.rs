//! `optrail schema`: the data dictionary, in the forms that people and their tools read.
//!
//! It is the program's own dictionary, not that of a file: no database is opened.

mod datasette;
mod duckdb;
mod sql;
mod text;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::dataset::{DATASETS, UnknownDataset, find as find_dataset};
use super::output::{DataFormat, to_stdout};
use super::{Exit, UsageError};
use crate::config::Config;
use crate::model::PROGRAM;
use crate::store::dictionary::{self, View};

/// Explain every view and column: meaning, type, unit, values
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  optrail schema                                          all of it, for people
  optrail schema operations results
  optrail schema --format json
  optrail schema --format sql > schema.sql                tables and views, with comments
  optrail schema --format datasette > metadata.json       datasette optrail.db -m metadata.json
  optrail schema --format duckdb > views.sql              typed views; duckdb -init views.sql")]
pub struct SchemaArgs {
    /// Views to explain, by the names that `export` takes [default: all]
    #[arg(value_name = "VIEW", value_parser = view)]
    pub views: Vec<&'static str>,

    /// How to write it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: SchemaFormat,
}

/// Who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SchemaFormat {
    /// For people
    #[default]
    Text,
    /// The statements that make tables and views
    Sql,
    /// One JSON document, for programs
    Json,
    /// metadata.json of Datasette
    Datasette,
    /// Views of DuckDB over the file, with types
    Duckdb,
}

fn view(name: &str) -> Result<&'static str, UnknownDataset> {
    find_dataset(name).map(|dataset| dataset.view)
}

/// Writes it to stdout.
pub fn run(args: &SchemaArgs, config: &Config) -> anyhow::Result<Exit> {
    let views = chosen(&args.views)?;
    let (format, text) = match args.format {
        SchemaFormat::Text => (DataFormat::Raw, text::write(&views)),
        SchemaFormat::Sql => (DataFormat::Raw, sql::write(&views, args.views.is_empty())),
        SchemaFormat::Json => (DataFormat::Json, pretty(&document(&views))?),
        SchemaFormat::Datasette => {
            let name = database_name(&config.database);
            let metadata = datasette::metadata(&views, &name);
            (DataFormat::Json, pretty(&metadata)?)
        }
        SchemaFormat::Duckdb => {
            let file = existing(&config.database)?;
            (DataFormat::Raw, duckdb::write(&views, file.as_deref()))
        }
    };
    to_stdout(format, |out| Ok(out.write_all(text.as_bytes())?))?;
    Ok(Exit::Done)
}

/// The views that were named, in that order; all where none was.
fn chosen(names: &[&'static str]) -> anyhow::Result<Vec<&'static View>> {
    if names.is_empty() {
        return Ok(dictionary::all().iter().collect());
    }
    let views = names.iter().map(|name| {
        dictionary::find(name)
            .ok_or_else(|| UsageError(format!("the dictionary has no view {name}")).into())
    });
    views.collect()
}

/// The dictionary for programs.
fn document(views: &[&View]) -> Value {
    let views: Vec<Value> = views.iter().map(|view| {
        let columns: Vec<Value> = view.columns.iter().map(|column| {
            json!({
                "name": column.name, "type": column.kind.sql_type(), "unit": column.kind.unit(),
                "meaning": column.meaning, "allowed_values": column.kind.values(),
            })
        })
        .collect();
        json!({"name": view.name, "row": view.row, "key": key(view.name), "example": view.example, "columns": columns})
    })
    .collect();
    json!({ "program": PROGRAM, "views": views })
}

/// The columns that tell the rows of a view apart.
fn key(view: &str) -> &'static [&'static str] {
    let dataset = DATASETS.iter().find(|dataset| dataset.view == view);
    dataset.map_or(&[], |dataset| dataset.key)
}

fn pretty(document: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

/// The name by which Datasette calls a database: its file's without the extension.
fn database_name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The database with its whole path; `None` while there is none.
fn existing(file: &Path) -> anyhow::Result<Option<PathBuf>> {
    Ok(match file.exists() {
        true => Some(std::path::absolute(file)?),
        false => None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::WatchState;
    use crate::store::dictionary::Kind;

    #[test]
    fn lists_of_words_are_those_of_the_rules() {
        let words = |view: &str, column: &str| -> Vec<&'static str> {
            let view = dictionary::find(view).unwrap();
            let column = view.columns.iter().find(|known| known.name == column);
            match &column.unwrap().kind {
                Kind::Word(words) => words.clone(),
                other => panic!("{other:?}"),
            }
        };
        let mut states: Vec<_> = WatchState::ALL.map(WatchState::as_str).to_vec();
        states.push(dictionary::REMOVED);
        assert_eq!(words("operations", "watch_state"), states);
        assert_eq!(words("watches", "state"), states);
    }

    #[test]
    fn json_columns_are_the_same_for_exports_and_in_the_dictionary() {
        let mut found: Vec<&str> = dictionary::all()
            .iter()
            .flat_map(|view| &view.columns)
            .filter(|column| column.kind == Kind::Json)
            .map(|column| column.name.as_str())
            .collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, super::super::dataset::JSON_COLUMNS);
    }

    #[test]
    fn a_database_is_called_by_its_file() {
        assert_eq!(
            database_name(Path::new("/var/lib/optrail/optrail.db")),
            "optrail"
        );
        assert_eq!(database_name(Path::new("audit.2026.db")), "audit.2026");
    }
}
