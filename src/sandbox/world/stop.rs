//! What a stop does to the history of an operation and of its rows.
//!
//! Pure: the past stays, the planned future is replaced. The documentation names the words
//! (STOPPING, STOPPED, CANCELLED) and not their order in time; the order here is the plausible one.

use super::rows::{RowState, Word};
use super::schedule::Schedule;
use crate::model::UtcMillis;

/// One stop that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// From when on the operation is STOPPING.
    pub requested_at: UtcMillis,
    /// From when on it is STOPPED.
    pub stopped_at: UtcMillis,
}

/// Whether an operation in this status can be stopped.
pub(super) fn can_be_stopped(status: &str) -> bool {
    matches!(status, "QUEUED" | "RUNNING")
}

/// Whether nothing more happens to an operation or a row of this status.
pub(super) fn is_final(status: &str) -> bool {
    matches!(status, "SUCCEEDED" | "FAILED" | "STOPPED" | "CANCELLED")
}

/// The history of an operation that is stopped.
pub(super) fn stop_operation(mut history: Schedule<Word>, stop: Stop) -> Schedule<Word> {
    history.cut_after(stop.requested_at);
    history.push_at(stop.requested_at, "STOPPING".into());
    history.push_at(stop.stopped_at, "STOPPED".into());
    history
}

/// The history of a row of an operation that is stopped: what waits is cancelled at once, what
/// runs either ends by itself before the stop is through or is stopped with it, what has ended
/// stays, what is not listed stays away.
pub(super) fn stop_row(
    mut history: Schedule<Option<RowState>>,
    stop: Stop,
) -> Schedule<Option<RowState>> {
    let status = match history.at(stop.requested_at) {
        Some(Some(state)) => state.status.clone(),
        Some(None) | None => {
            history.cut_after(stop.requested_at);
            return history;
        }
    };
    if is_final(&status) {
        history.cut_after(stop.requested_at);
    } else if status == "PENDING" {
        history.cut_after(stop.requested_at);
        let cancelled = RowState::because("CANCELLED", "The operation was stopped.");
        history.push_at(stop.requested_at, Some(cancelled));
    } else {
        history.cut_after(stop.stopped_at);
        let ended_by_itself = history
            .at(stop.stopped_at)
            .is_some_and(|state| state.as_ref().is_some_and(|s| is_final(&s.status)));
        if !ended_by_itself {
            let stopped = RowState::because("STOPPED", "The operation was stopped.");
            history.push_at(stop.stopped_at, Some(stopped));
        }
    }
    history
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Stop = Stop {
        requested_at: UtcMillis(1_000),
        stopped_at: UtcMillis(3_000),
    };

    fn row(runs_at: u32, ends_after: u32) -> Schedule<Option<RowState>> {
        Schedule::starting(UtcMillis(0), Some(RowState::of("PENDING")))
            .then(runs_at, Some(RowState::of("RUNNING")))
            .then(ends_after, Some(RowState::of("SUCCEEDED")))
    }

    fn words(history: &Schedule<Option<RowState>>) -> Vec<(i64, String)> {
        let word = |state: &Option<RowState>| match state {
            Some(state) => state.status.to_string(),
            None => "absent".to_owned(),
        };
        let steps = history.steps().iter();
        steps.map(|(at, state)| (at.0, word(state))).collect()
    }

    fn expect(history: Schedule<Option<RowState>>, expected: &[(i64, &str)]) {
        let stopped = words(&stop_row(history, STOP));
        let stopped: Vec<_> = stopped.iter().map(|(at, word)| (*at, &**word)).collect();
        assert_eq!(stopped, expected);
    }

    #[test]
    fn rows_end_as_they_stand_at_the_stop() {
        expect(row(2_000, 500), &[(0, "PENDING"), (1_000, "CANCELLED")]);
        expect(
            row(500, 9_000),
            &[(0, "PENDING"), (500, "RUNNING"), (3_000, "STOPPED")],
        );
        expect(
            row(500, 1_000),
            &[(0, "PENDING"), (500, "RUNNING"), (1_500, "SUCCEEDED")],
        );
        expect(
            row(100, 200),
            &[(0, "PENDING"), (100, "RUNNING"), (300, "SUCCEEDED")],
        );
        let vanished = Schedule::starting(UtcMillis(0), Some(RowState::of("RUNNING")))
            .then(500, None)
            .then(5_000, Some(RowState::of("SUCCEEDED")));
        expect(vanished, &[(0, "RUNNING"), (500, "absent")]);
    }

    #[test]
    fn the_operation_goes_through_stopping() {
        let history = Schedule::starting(UtcMillis(0), Word::from("RUNNING"))
            .then(9_000, Word::from("SUCCEEDED"));
        let stopped = stop_operation(history, STOP);
        assert_eq!(stopped.at(UtcMillis(999)).map(|w| &**w), Some("RUNNING"));
        assert_eq!(stopped.at(UtcMillis(1_000)).map(|w| &**w), Some("STOPPING"));
        assert_eq!(stopped.at(UtcMillis(9_999)).map(|w| &**w), Some("STOPPED"));
    }
}
