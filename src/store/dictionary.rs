//! The data dictionary: what each view and column means, in which type and unit, and which values it can have.
//!
//! It is no list of its own: it is read from the comments of the view files, so that nothing can be said in two
//! ways. The lines above `CREATE VIEW` say what a row is, and give an example after `Example:`. Behind each column
//! stands what it means, and before that, in brackets, what it is where it is no plain text:
//! `[integer]`, `[integer ms]` (with a unit), `[real]`, `[time]` (UTC, as `utc()` writes it), `[flag]` (0 or 1), `[json]`,
//! `[word NAME]` (a vocabulary, below) or `[word = a b c]` (one of its own). Depends on `model` for the words.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::views;
use crate::model::{Cause, Outcome, Phase, RunOutcome, Service, Verdict, WatchState};

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub row: String,
    /// One SELECT that can be asked of it.
    pub example: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub meaning: String,
}

/// What the values of a column are. Any may be NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text that is not of our choosing.
    Text,
    /// A whole number, with the unit that it counts where its name has one.
    Integer(Option<Unit>),
    /// A number with a fraction.
    Real,
    /// An instant: UTC, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    Time,
    /// 1 for yes, 0 for no.
    Flag,
    /// A JSON array or object.
    Json,
    /// One of these words.
    Word(Vec<&'static str>),
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Hundredths.
    Percent,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 4] = [
        Self::Milliseconds,
        Self::Seconds,
        Self::Bytes,
        Self::Percent,
    ];

    /// The word of the dictionary, which ends the names of columns, too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Percent => "percent",
        }
    }
}

/// The state of a watch that was given up, whatever became of its operation.
pub const REMOVED: &str = "removed";
/// How a time is written.
const UTC_TIME: &str = "UTC time";
/// How a flag is written.
const BOOLEAN: &str = "boolean";
/// How a list or an object is written.
const JSON: &str = "JSON";

impl Kind {
    /// The type as SQLite names it.
    pub const fn sql_type(&self) -> &'static str {
        match self {
            Self::Text | Self::Time | Self::Json | Self::Word(_) => "TEXT",
            Self::Integer(_) | Self::Flag => "INTEGER",
            Self::Real => "REAL",
        }
    }

    /// What a number counts, or how a text is written; `None` where that needs no word.
    pub const fn unit(&self) -> Option<&'static str> {
        match self {
            Self::Integer(Some(unit)) => Some(unit.as_str()),
            Self::Time => Some(UTC_TIME),
            Self::Flag => Some(BOOLEAN),
            Self::Json => Some(JSON),
            Self::Text | Self::Integer(None) | Self::Real | Self::Word(_) => None,
        }
    }

    /// All values besides NULL, where they are of our choosing.
    pub fn values(&self) -> Option<Value> {
        match self {
            Self::Flag => Some(json!([0, 1])),
            Self::Word(words) => Some(json!(words)),
            _ => None,
        }
    }

    /// Reads what stands in brackets; `None` where it means nothing.
    fn parse(text: &'static str) -> Option<Self> {
        Some(match text.split_once(' ') {
            None => match text {
                "integer" => Self::Integer(None),
                "real" => Self::Real,
                "time" => Self::Time,
                "flag" => Self::Flag,
                "json" => Self::Json,
                _ => return None,
            },
            Some(("integer", unit)) => {
                let found = Unit::ALL.into_iter().find(|known| known.as_str() == unit);
                Self::Integer(Some(found?))
            }
            Some(("word", words)) => Self::Word(match words.strip_prefix("= ") {
                Some(own) => own.split(' ').collect(),
                None => vocabulary(words)?,
            }),
            Some(_) => return None,
        })
    }
}

/// The words of a vocabulary that several columns share.
fn vocabulary(name: &str) -> Option<Vec<&'static str>> {
    Some(match name {
        "service" => [Service::Ros, Service::Bpstudio, Service::Alidns]
            .map(Service::as_str)
            .to_vec(),
        "phase" => Phase::ALL.map(Phase::as_str).to_vec(),
        "outcome" => Outcome::ALL.map(Outcome::as_str).to_vec(),
        "verdict" => Verdict::ALL.map(Verdict::as_str).to_vec(),
        "cause" => Cause::ALL.map(Cause::as_str).to_vec(),
        "watch_state" => {
            let states = WatchState::ALL.into_iter().map(WatchState::as_str);
            states.chain([REMOVED]).collect()
        }
        "run_outcome" => RunOutcome::ALL.map(RunOutcome::as_str).to_vec(),
        "effect" => vec!["stopping", "stopped", "ended_otherwise", "none_seen"],
        "unit" => {
            let units = Unit::ALL.into_iter().map(Unit::as_str);
            units.chain([UTC_TIME, BOOLEAN, JSON]).collect()
        }
        _ => return None,
    })
}

/// All views, in the order of the documentation.
pub fn all() -> &'static [View] {
    static ALL: OnceLock<Vec<View>> = OnceLock::new();
    ALL.get_or_init(|| {
        views::texts()
            .map(|(name, text)| view(name, text))
            .collect()
    })
}

/// Names of the columns that hold instants, in any view.
pub fn time_columns() -> impl Iterator<Item = &'static str> {
    let columns = all().iter().flat_map(|view| &view.columns);
    let times = columns.filter(|column| column.kind == Kind::Time);
    times.map(|column| column.name.as_str())
}

/// One view.
pub fn find(name: &str) -> Option<&'static View> {
    all().iter().find(|view| view.name == name)
}

/// Reads a view file.
fn view(name: &'static str, text: &'static str) -> View {
    let mut row: Vec<&str> = Vec::new();
    let mut example = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        let Some(said) = line.strip_prefix("-- ") else {
            break;
        };
        match said.strip_prefix("Example: ") {
            Some(sql) => sql.clone_into(&mut example),
            None => row.push(said),
        }
    }
    View {
        name,
        row: row.join(" "),
        example,
        columns: lines.filter_map(column).collect(),
    }
}

/// Reads the line that ends a column: `… AS name, -- [kind] meaning`.
fn column(line: &'static str) -> Option<Column> {
    let (code, said) = line.split_once(" -- ")?;
    let (_, name) = code.trim_end_matches(',').rsplit_once(" AS ")?;
    let bracketed = said
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .and_then(|(kind, meaning)| Some((Kind::parse(kind)?, meaning)));
    // A bracket that means nothing stays where everybody sees it, a test first.
    let (kind, meaning) = bracketed.unwrap_or((Kind::Text, said));
    Some(Column {
        name: name.to_owned(),
        kind,
        meaning: meaning.to_owned(),
    })
}

/// The dictionary as an SQL literal: a JSON array of [view, row, example, [[column, type, unit, meaning, values]…]].
/// One literal is read in a tenth of the time that SQLite takes for as many rows of VALUES, by everybody who opens
/// the file.
pub(super) fn literal() -> String {
    let views = all().iter().map(|view| {
        let columns = view.columns.iter().map(|column| {
            let kind = &column.kind;
            json!([
                column.name,
                kind.sql_type(),
                kind.unit(),
                column.meaning,
                kind.values()
            ])
        });
        let columns: Vec<Value> = columns.collect();
        json!([view.name, view.row, view.example, columns])
    });
    let text = Value::Array(views.collect()).to_string();
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::{Connection, open, selection};

    fn fresh() -> (tempfile::TempDir, Connection) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("optrail.db");
        (home, open::create(&path).unwrap().connection)
    }

    #[test]
    fn every_column_of_every_view_is_in_it_in_order() {
        let (_home, connection) = fresh();
        for view in all() {
            let columns = selection::columns(&connection, view.name).unwrap();
            let explained: Vec<&String> = view.columns.iter().map(|column| &column.name).collect();
            assert_eq!(
                explained,
                columns.iter().collect::<Vec<_>>(),
                "{}",
                view.name
            );
        }
    }

    #[test]
    fn every_view_says_what_a_row_is_and_every_bracket_means_something() {
        for view in all() {
            assert!(view.row.len() > 10 && view.row.ends_with('.'), "{view:?}");
            for column in &view.columns {
                let meaning = &column.meaning;
                assert!(
                    !meaning.starts_with('[') && !meaning.is_empty(),
                    "{}.{}: {meaning}",
                    view.name,
                    column.name
                );
            }
        }
    }

    #[test]
    fn units_and_times_are_those_of_the_names() {
        for view in all() {
            for column in &view.columns {
                let (name, unit) = (&column.name, column.kind.unit());
                let place = format!("{}.{name}", view.name);
                let suffix = |word: &str| name.ends_with(&format!("_{word}"));
                for word in ["ms", "seconds", "bytes"] {
                    assert!(!suffix(word) || unit == Some(word), "{place}: {unit:?}");
                }
                assert!(!suffix("percentage") || unit == Some("percent"), "{place}");
                assert!(!suffix("at") || unit == Some(UTC_TIME), "{place}: {unit:?}");
                assert!(!suffix("raw") || unit.is_none(), "{place}: {unit:?}");
                let is_flag = name.starts_with("is_") || name.starts_with("has_");
                assert!(!is_flag || unit == Some(BOOLEAN), "{place}: {unit:?}");
                assert!(
                    !suffix("count") || column.kind == Kind::Integer(None),
                    "{place}"
                );
                assert!(!suffix("json") || unit == Some(JSON), "{place}");
                let is_word = matches!(
                    name.as_str(),
                    "phase" | "service" | "verdict" | "watch_state"
                );
                assert!(!is_word || matches!(column.kind, Kind::Word(_)), "{place}");
            }
        }
    }

    #[test]
    fn every_example_can_be_asked_and_is_about_its_view() {
        let (_home, connection) = fresh();
        for view in all() {
            let example = &view.example;
            assert!(
                example.contains(&format!(" FROM {}", view.name)),
                "{view:?}"
            );
            let mut statement = connection.prepare(example).unwrap();
            assert!(statement.column_count() > 0 && statement.readonly());
            // It runs to its end, too.
            let mut rows = statement.query([]).unwrap();
            while rows.next().unwrap().is_some() {}
        }
    }

    /// What ANALYZE would say of a file with ten million versions of results.
    const STATISTICS: &str = "
        ANALYZE;
        INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
            ('leaf', NULL, '434884'), ('exchange', NULL, '319415'), ('exchange', 'exchange_by_op', '110000 3 1'),
            ('exchange', 'exchange_by_look', '110000 3 1 1 1'), ('operation', NULL, '36365'),
            ('operation', 'operation_by_id', '36365 1'), ('operation_version', 'operation_version', '72730 2 1'),
            ('result_version', 'result_version', '10000000 275 2 1'), ('target', NULL, '25000'),
            ('listing_end', NULL, '76367'), ('listing_end', 'listing_end_by_look', '76367 3 1 1 1 1');
        ANALYZE sqlite_schema;";

    #[test]
    fn what_is_asked_of_one_operation_is_sought_and_not_walked_through() {
        let (_home, connection) = fresh();
        let mut asked = 0;
        for has_statistics in [false, true] {
            if has_statistics {
                connection.execute_batch(STATISTICS).unwrap();
            }
            for view in all() {
                let example = &view.example;
                if !example.contains("operation_id = ") {
                    continue;
                }
                asked += 1;
                let sql = format!("EXPLAIN QUERY PLAN {example}");
                let mut statement = connection.prepare(&sql).unwrap();
                let steps = statement.query_map([], |row| row.get::<_, String>(3));
                for step in steps.unwrap() {
                    let step = step.unwrap();
                    // The union itself is a table to walk, both of its arms are sought; and so is the list of the
                    // fields that changed, made of constants.
                    let is_made = step.starts_with("SCAN (subquery-")
                        || ["SCAN CONSTANT ROW", "SCAN c"].contains(&step.as_str());
                    assert!(!step.starts_with("SCAN") || is_made, "{example}: {step}");
                }
            }
        }
        assert!(asked > 16, "{asked}");
    }

    #[test]
    fn the_view_in_the_file_says_the_same() {
        let (_home, connection) = fresh();
        let mut statement = connection
            .prepare(
                "SELECT view_name, view_row, position, column_name, type, unit, meaning, allowed_values, example
                 FROM data_dictionary",
            )
            .unwrap();
        let mut rows = statement.query([]).unwrap();
        for view in all() {
            for (column, position) in view.columns.iter().zip(1_i64..) {
                let row = rows.next().unwrap().unwrap();
                let text = |index| row.get::<_, Option<String>>(index).unwrap();
                assert_eq!(text(0).as_deref(), Some(view.name));
                assert_eq!(text(1).as_deref(), Some(view.row.as_str()));
                assert_eq!(row.get::<_, i64>(2).unwrap(), position);
                assert_eq!(text(3).as_ref(), Some(&column.name));
                assert_eq!(text(4).as_deref(), Some(column.kind.sql_type()));
                assert_eq!(text(5).as_deref(), column.kind.unit());
                assert_eq!(text(6).as_ref(), Some(&column.meaning));
                assert_eq!(
                    text(7),
                    column.kind.values().map(|values| values.to_string())
                );
                assert_eq!(text(8).as_ref(), Some(&view.example));
            }
        }
        assert!(rows.next().unwrap().is_none());
    }
}
