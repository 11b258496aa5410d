//! How the words and instants of `model` stand in columns: a word as text, an instant as milliseconds since
//! 1970 UTC.
//!
//! A word in a column that the program wrote, and that names nothing, makes its row damage: whoever reads it gets
//! [`super::StoreError::Inconsistent`]. Depends on `model`.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};

use crate::model::{
    Action, Cause, FieldValue, Outcome, Phase, RunKind, RunOutcome, Service, UtcMillis, Verdict,
    WatchState,
};

/// A word that no program wrote into its column.
#[derive(Debug, thiserror::Error)]
#[error("'{word}' is no {names}")]
pub(super) struct UnknownWord {
    word: String,
    names: &'static str,
}

/// Words in columns: the type, how a word is read, and what such a word names.
macro_rules! words {
    ($($word:ty, $read:expr, $names:literal;)+) => {
        $(
            impl ToSql for $word {
                fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                    Ok(ToSqlOutput::from(self.as_str()))
                }
            }

            impl FromSql for $word {
                fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                    let word = value.as_str()?;
                    $read(word).ok_or_else(|| {
                        FromSqlError::Other(Box::new(UnknownWord {
                            word: word.to_owned(),
                            names: $names,
                        }))
                    })
                }
            }
        )+
    };
}

words! {
    Action, Action::from_wire, "action";
    Cause, Cause::from_word, "cause";
    Outcome, Outcome::from_word, "outcome";
    Phase, Phase::from_word, "phase";
    RunKind, RunKind::from_word, "kind of run";
    RunOutcome, RunOutcome::from_word, "outcome of a run";
    Service, |word: &str| word.parse().ok().filter(|service: &Service| service.as_str() == word), "service";
    Verdict, Verdict::from_word, "verdict";
    WatchState, WatchState::from_word, "watch state";
}

/// The phase of a word that is shown: one that this program does not know, and that can only come from a newer
/// one, is unknown.
pub(super) fn shown_phase(word: &str) -> Phase {
    Phase::from_word(word).unwrap_or(Phase::Unknown)
}

impl ToSql for FieldValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

impl ToSql for UtcMillis {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0))
    }
}

impl FromSql for UtcMillis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::StoreError;
    use crate::store::aside::open_aside;

    #[test]
    fn words_come_back_and_one_that_no_program_wrote_is_damage() {
        let connection = open_aside().unwrap();
        let told = |word: &str| -> Result<Phase, StoreError> {
            Ok(connection.query_row("SELECT ?1", [word], |row| row.get(0))?)
        };
        for phase in Phase::ALL {
            assert_eq!(told(phase.as_str()).unwrap(), phase);
        }
        let unknown = told("melting").unwrap_err();
        assert!(matches!(unknown, StoreError::Inconsistent(_)), "{unknown}");
        assert!(
            unknown.to_string().contains("'melting' is no phase"),
            "{unknown}"
        );
        let absent: Option<Phase> = connection
            .query_row("SELECT NULL", [], |row| row.get(0))
            .unwrap();
        assert_eq!(absent, None);
    }
}
