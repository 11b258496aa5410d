//! Pure: the pace of one action, told the time in microseconds.

/// Lateness of a call against its slot that the next slot makes up for: timers fire up to 1 ms late, and
/// their delays would otherwise add up to a slower pace.
const SLACK_US: u64 = 2_000;
/// Slowest pace, calls a second: one in 4 s, often enough to see a storm end.
pub(super) const FLOOR_PER_SECOND: f64 = 0.25;
const SECOND_US: f64 = 1e6;

/// What an earlier run learned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hint {
    pub(super) per_second: f64,
    /// Whether it may be taken as it is.
    pub(super) is_fresh: bool,
}

/// When the next call may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Now,
    /// At that instant, unless an answer changes it.
    At(u64),
    /// Once another answer is there.
    AfterAnswer,
}

#[derive(Debug)]
pub(super) struct Pace {
    cap: Option<f64>,
    hint: Option<Hint>,
    slot_us: u64,
}

impl Pace {
    pub(super) fn new(cap: Option<f64>, hint: Option<Hint>) -> Self {
        Self {
            cap: cap.map(|cap| cap.max(FLOOR_PER_SECOND)),
            hint,
            slot_us: 0,
        }
    }
    pub(super) fn turn(&mut self, now_us: u64) -> Turn {
        if now_us >= self.slot_us {
            Turn::Now
        } else {
            Turn::At(self.slot_us)
        }
    }
    pub(super) fn sent(&mut self, now_us: u64) {
        if let Some(cap) = self.cap {
            self.slot_us =
                self.slot_us.max(now_us.saturating_sub(SLACK_US)) + (SECOND_US / cap) as u64;
        }
    }
    pub(super) fn accepted(&mut self, _now_us: u64, _sent_us: u64) -> bool {
        false
    }
    pub(super) fn refused(&mut self, _now_us: u64, _sent_us: u64, _retry_after_us: Option<u64>) {}
    pub(super) fn lost(&mut self) {}
    pub(super) fn learned(&self) -> Option<f64> {
        self.hint
            .filter(|hint| hint.is_fresh)
            .map(|hint| hint.per_second)
    }
}
