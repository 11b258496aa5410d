//! A list of accounts, one a row: CSV with a header, `account_id,name,owner,environment`.
//!
//! It is not what is asked of them; the `[[account]]` that names the list says that. Depends on nothing of ours.

use std::path::{Component, Path};

use csv::{ReaderBuilder, StringRecord, Trim};

use super::around::Surroundings;
use super::error::ConfigError;
use super::origin::Place;
use super::section::{Located, Section};
use super::values::{nearest, repeatable_key};

/// The columns; `account_id` must be there.
const COLUMNS: [&str; 4] = ["account_id", "name", "owner", "environment"];

/// Digits of an account id at most. Those of today have 16; this leaves room and refuses a pasted list.
const ID_DIGITS_MAX: usize = 32;

/// One account of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) account_id: String,
    pub(super) name: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) environment: Option<String>,
}

/// Reads the list that `ids_file` of a table names.
pub(super) fn read(
    section: &Section<'_>,
    path: &str,
    around: &Surroundings<'_>,
) -> Result<Vec<Located<Row>>, ConfigError> {
    let climbs = Path::new(path)
        .components()
        .any(|part| part == Component::ParentDir);
    if climbs {
        let help = "'..' leaves the configuration's directory; write the whole path of the list";
        return Err(section.wrong("ids_file", help));
    }
    let path = section.below(path);
    let named_by = format!(
        "the list that ids_file at {} names,",
        section.place_of("ids_file")
    );
    let Some(text) = around.file(&path, &named_by)? else {
        return Err(ConfigError::Unreadable {
            named_by,
            path,
            reason: "there is no such file".to_owned(),
        });
    };
    let rows = rows(&path, &text)?;
    if rows.is_empty() {
        return Err(section.wrong("ids_file", "the list names no account"));
    }
    Ok(rows)
}

fn rows(path: &Path, text: &str) -> Result<Vec<Located<Row>>, ConfigError> {
    let place = |line| Place {
        file: path.to_owned(),
        line,
    };
    let mut reader = ReaderBuilder::new()
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let syntax = |error: csv::Error| ConfigError::Syntax {
        place: place(error.position().map_or(1, csv::Position::line)),
        key: None,
        message: match error.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!("the header has {expected_len} columns, this row {len}"),
            _ => "this is no CSV".to_owned(),
        },
    };
    let header = reader.headers().map_err(syntax)?.clone();
    let columns = columns(&header, &place(1))?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(syntax)?;
        let place = place(record.position().map_or(1, csv::Position::line));
        rows.push(Located {
            value: row(&record, &columns, &place)?,
            place,
        });
    }
    Ok(rows)
}

/// Which field each of [`COLUMNS`] is.
type Fields = [Option<usize>; COLUMNS.len()];

fn columns(header: &StringRecord, place: &Place) -> Result<Fields, ConfigError> {
    let mut fields = Fields::default();
    for (index, name) in header.iter().enumerate() {
        let Some(column) = COLUMNS.iter().position(|column| *column == name) else {
            return Err(ConfigError::UnknownKey {
                place: place.clone(),
                key: repeatable_key(name).map(str::to_owned),
                nearest: nearest(&name.to_ascii_lowercase(), COLUMNS).map(str::to_owned),
            });
        };
        if let Some(field) = fields.get_mut(column)
            && field.replace(index).is_some()
        {
            return Err(wrong(place, name, "the header names this column twice"));
        }
    }
    if fields.first().is_some_and(Option::is_none) {
        let help =
            "the header does not name it; the first line is account_id,name,owner,environment";
        return Err(wrong(place, "account_id", help));
    }
    Ok(fields)
}

fn row(record: &StringRecord, fields: &Fields, place: &Place) -> Result<Row, ConfigError> {
    let mut values = fields.map(|field| {
        let text = field
            .and_then(|index| record.get(index))
            .unwrap_or_default();
        (!text.is_empty()).then(|| text.to_owned())
    });
    let holds_controls = |text: &String| text.chars().any(char::is_control);
    for (column, value) in COLUMNS.into_iter().zip(&values) {
        if value.as_ref().is_some_and(holds_controls) {
            return Err(wrong(place, column, "the text holds a control character"));
        }
    }
    let [id, name, owner, environment] = values.each_mut().map(Option::take);
    let account_id = account_id(id.as_deref().unwrap_or_default())
        .map_err(|reason| wrong(place, "account_id", &reason))?;
    Ok(Row {
        account_id,
        name,
        owner,
        environment,
    })
}

/// An account id: digits, kept as text.
pub(super) fn account_id(text: &str) -> Result<String, String> {
    let fits =
        !text.is_empty() && text.len() <= ID_DIGITS_MAX && text.bytes().all(|b| b.is_ascii_digit());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("an account id is digits only, as in 1234567890123456 (spreadsheets like to round it: format the column as text)".to_owned())
    }
}

fn wrong(place: &Place, column: &str, reason: &str) -> ConfigError {
    ConfigError::Value {
        place: place.clone(),
        key: column.to_owned(),
        reason: reason.to_owned(),
    }
}
