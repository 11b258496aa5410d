//! Whose credentials a label stood for in a run, or why that account could not be asked.

use super::deriver::{Place, leaf_at};
use crate::derive::watching::Cause;
use crate::evidence::leaf::Leaf;
use crate::store::{StoreError, exchanges, life, runs};

/// What evidence has for a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// An exchange, by its leaf.
    Exchange(i64),
    /// A note, by the time that it names, ms.
    Noted(i64),
}

impl Failed {
    /// The exchange, if it is one.
    pub(super) fn exchange(self) -> Option<i64> {
        match self {
            Self::Exchange(sequence) => Some(sequence),
            Self::Noted(_) => None,
        }
    }

    /// When the failure was there, ms.
    pub(super) fn at(self, place: Place<'_>) -> Result<i64, StoreError> {
        match self {
            Self::Exchange(sequence) => received_at(place, sequence),
            Self::Noted(at) => Ok(at),
        }
    }
}

/// What a run knew of the account behind a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// It was asked.
    Account {
        /// The account.
        id: String,
        /// Why it could not be asked to the end, if so.
        cut_short: Option<(Cause, Failed)>,
    },
    /// It was not asked.
    Refused(Cause, Failed),
    /// It was not its turn.
    Unknown,
}

/// Looks a label up in the tables of a run.
pub(super) fn whose(place: Place<'_>, run_id: i64, label: &str) -> Result<Whose, StoreError> {
    let identity = runs::identity(place.derived, run_id, label)?;
    let note = match life::note(place.derived, run_id, label)? {
        Some(note) => {
            // Of an account other than the run began with, it came in the middle.
            let is_refusal = note.account_id.is_some() && note.account_id == identity;
            Some((is_refusal, note.cause, Failed::Noted(note.at)))
        }
        None => None,
    };
    Ok(match (identity, note) {
        (Some(id), None) => Whose::Account {
            id,
            cut_short: None,
        },
        (Some(id), Some((false, cause, failed))) => Whose::Account {
            id,
            cut_short: Some((cause, failed)),
        },
        (_, Some((_, cause, failed))) => Whose::Refused(cause, failed),
        (None, None) => match exchanges::identity_failure(place.derived, run_id, label)? {
            Some((sequence, outcome)) => Whose::Refused(
                Cause::of(outcome).unwrap_or(Cause::InvalidAnswer),
                Failed::Exchange(sequence),
            ),
            None => Whose::Unknown,
        },
    })
}

/// When the answer of an exchange, or its failure, was there, ms.
fn received_at(place: Place<'_>, sequence: i64) -> Result<i64, StoreError> {
    match leaf_at(place.evidence, sequence)?.1 {
        Leaf::Exchange(exchange) => Ok(exchange.received_at.0),
        Leaf::NoAnswer(no_answer) => Ok(no_answer.received_at.0),
        _ => Err(StoreError::Inconsistent(format!(
            "leaf {sequence} is no exchange"
        ))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::aside::open_aside;

    #[test]
    fn a_word_that_no_program_wrote_is_damage() {
        let connection = open_aside().unwrap();
        let place = Place {
            evidence: &connection,
            derived: &connection,
        };
        connection
            .execute_batch("INSERT INTO run_note VALUES (5, 1, 'prod', NULL, 'credential', 9)")
            .unwrap();
        let refused = Whose::Refused(Cause::Credential, Failed::Noted(9));
        assert_eq!(whose(place, 1, "prod").unwrap(), refused);
        connection
            .execute_batch("UPDATE run_note SET cause = 'weather'")
            .unwrap();
        let error = whose(place, 1, "prod").unwrap_err();
        assert!(
            error.is_damage() && error.to_string().contains("'weather'"),
            "{error}"
        );
    }
}
