//! Whether the schedule of runs is kept: one judgement for all who tell it.
//!
//! No words for people, and nothing that asks the clock or the configuration: its caller names both.

use std::time::Duration;

use super::is_late;
use crate::model::{UtcMillis, millis};
use crate::store::status::LastCollect;

/// A schedule that is declared, and the last run over everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// From the start of one run to that of the next, ms.
    pub every_ms: u64,
    /// When the last run began; `None` where there was none.
    pub last_run_at: Option<UtcMillis>,
    /// How long ago that was, ms.
    pub since_last_run_ms: Option<i64>,
    /// Whether a run that began now would leave a gap of the recorder. Where no run ever was, none is late.
    pub is_overdue: bool,
}

impl Schedule {
    /// `configured` is what the configuration declares; without it counts what the newest run was told.
    /// `None` where nothing is declared.
    pub fn of(last: LastCollect, configured: Option<Duration>, now: UtcMillis) -> Option<Self> {
        let every_ms = configured.map(millis).or(last.every_ms)?;
        let since_ms = last.started_at.map(|at| now.0.saturating_sub(at.0).max(0));
        Some(Self {
            every_ms,
            last_run_at: last.started_at,
            since_last_run_ms: since_ms,
            is_overdue: since_ms.is_some_and(|since_ms| is_late(since_ms, every_ms)),
        })
    }

    /// When the next run is due: at once where there was none.
    pub fn next_run_at(&self) -> Option<UtcMillis> {
        let every_ms = i64::try_from(self.every_ms).unwrap_or(i64::MAX);
        self.last_run_at.map(|at| at.plus_ms(every_ms))
    }
}
