//! One DNS batch task: its counts as they fill up.
//!
//! Pure: every answer is a function of the task and the instant.

use super::batch_detail::BatchDetail;
use super::rows::Word;
use super::schedule::Schedule;
use crate::model::UtcMillis;
use crate::sandbox::answer::Object;
use crate::sandbox::call::{BatchType, Lang};

/// What DescribeBatchResultCount says at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchState {
    /// `Status`: 0 in progress, 1 completed, 2 failed.
    pub status: i64,
    /// `TotalCount`.
    pub total_count: u32,
    /// `SuccessCount`.
    pub success_count: u32,
    /// `FailedCount`.
    pub failed_count: u32,
    /// `Reason` in Chinese and in English; `None`: the field is absent.
    pub reason: Option<(Word, Word)>,
}

/// What a batch task is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchSpec {
    /// Whose task it is.
    pub account_id: String,
    /// Its id; `None`: a fresh one beyond 2^53, where floating point loses digits.
    pub task_id: Option<i64>,
    /// What it does.
    pub batch_type: BatchType,
    /// Its counts; the beginning is its submission.
    pub states: Schedule<BatchState>,
}

/// A batch task in the world.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchTask {
    /// What it was made from.
    pub spec: BatchSpec,
    /// Its id.
    pub task_id: i64,
    /// Its entries; `None`: made up to fit its counts.
    pub details: Option<Vec<BatchDetail>>,
}

impl BatchTask {
    /// What it says at `now`; `None` before it was submitted.
    pub fn state_at(&self, now: UtcMillis) -> Option<&BatchState> {
        self.spec.states.at(now)
    }

    /// The instant of its submission.
    pub(super) fn submitted_at(&self) -> Option<UtcMillis> {
        self.spec.states.steps().first().map(|(at, _)| *at)
    }

    /// The body of DescribeBatchResultCount for one of its states.
    pub(super) fn answer(&self, state: &BatchState, lang: Lang) -> Object {
        let reason = state.reason.as_ref().map(|(zh, en)| match lang {
            Lang::Zh => zh.clone(),
            Lang::En => en.clone(),
        });
        Object::new()
            .with("Status", state.status)
            .with("TotalCount", state.total_count)
            .with("SuccessCount", state.success_count)
            .with("FailedCount", state.failed_count)
            .with("TaskId", self.task_id)
            .with("BatchType", self.spec.batch_type.as_str())
            .with_some("Reason", reason)
    }
}

/// The body when there is no such task: Status −1. What it holds besides is not documented; here the
/// id that was asked for, or 0, as in one published example.
pub(super) fn answer_no_task(asked: Option<i64>) -> Object {
    Object::new()
        .with("Status", -1_i64)
        .with("TotalCount", 0_i64)
        .with("SuccessCount", 0_i64)
        .with("FailedCount", 0_i64)
        .with("TaskId", asked.unwrap_or(0))
}
