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
    let note = life::note(place.derived, run_id, label)?.map(|note| {
        let cause = Cause::from_word(&note.cause).unwrap_or(Cause::InvalidAnswer);
        // Of an account other than the run began with, it came in the middle.
        let is_refusal = note.account_id.is_some() && note.account_id == identity;
        (is_refusal, cause, Failed::Noted(note.at))
    });
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
