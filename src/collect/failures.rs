//! Calls that failed for good, gathered over all accounts of a run.

use std::sync::{Mutex, PoisonError};

use crate::model::Action;

/// A call that failed for good, for messages and summaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Name of the account in the configuration.
    pub label: String,
    /// The account, where it was known.
    pub account_id: Option<String>,
    /// The call; `None` where none could be made.
    pub action: Option<Action>,
    /// The region asked for.
    pub region_id: Option<String>,
    /// The operation or task asked for.
    pub operation_id: Option<String>,
    /// Name of the stack group whose operations were asked for.
    pub stack_group_name: Option<String>,
    /// What became of it: a request's outcome, or `incomplete` of a list of which every page was answered.
    pub outcome: &'static str,
    /// Code of the answer.
    pub code: Option<String>,
    /// Message of the answer, or why there was none.
    pub message: Option<String>,
    /// RequestId of the answer.
    pub request_id: Option<String>,
}

/// The failures of a run so far, in the order in which they were noticed.
#[derive(Default)]
pub(super) struct Failures(Mutex<Vec<Failure>>);

impl Failures {
    pub(super) fn note(&self, failure: Failure) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(failure);
    }

    pub(super) fn take(&self) -> Vec<Failure> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
