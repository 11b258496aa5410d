//! The pace of one action: pure, told the time in microseconds and what came back.
//!
//! It is no queue and has no clock. How it learns, and why:
//!
//! **Open.** Nothing is known, so calls start at once; only those in flight are limited, and each answer
//! allows one more, so that they double with every round trip. A cloud without limits is asked at full speed
//! after a few round trips, and one with limits refuses a handful and not a whole volley.
//!
//! **First refusal.** Clouds count in buckets that refill, in fixed or sliding windows of a second, or
//! they demand a distance between calls. What the first three let through in the second up to the refusal is
//! what they allow in a second, so we wait until that second is over and go on at that rate. If almost nothing
//! came through, the cloud demands a distance: that needs no second to be seen, and the rate is searched from
//! `SPACED_START_PER_SECOND` by doubling or halving.
//!
//! **Search.** A rate is confirmed by a stage of calls that was not refused; the next stage is faster by a
//! step. A refusal in a stage goes back to the last confirmed rate, and the next stage is halfway between the
//! two; when they are close, the confirmed rate is held. If the confirmed rate itself is refused (a bucket's reserve had carried it, or the
//! cloud allows less now), what came through since the last refusal tells the rate: a bucket was empty both
//! times, a window full. If nothing came through, the rate is halved, down to `FLOOR_PER_SECOND`.
//!
//! **Hold.** Each refusal is paid for with `CALLS_PER_REFUSAL` calls at the held rate, which bounds the share
//! of refused calls whatever the cloud is like; but no longer than `HOLD_MAX_US`, so that a cloud that allows
//! more again is noticed. Then the search goes up again in steps that double: near the rate they are small, far
//! above it large.
//!
//! Refusals of calls that were sent before the last change of rate are its echo and change nothing. Stages count
//! only while calls come as fast as the rate allows: a caller with little to ask proves nothing.

use super::open::Open;
use super::paced::Paced;

pub(super) const SECOND_US: u64 = 1_000_000;
/// Lateness of a call against its slot that the next slot makes up for: timers fire up to 1 ms late, and
/// their delays would otherwise add up to a slower pace.
pub(super) const SLACK_US: u64 = 2_000;
/// Lateness that shows that nobody was waiting for the slot.
const IDLE_US: u64 = 20_000;
/// Slowest pace, calls a second: one in 4 s, often enough to see a storm end.
pub(super) const FLOOR_PER_SECOND: f64 = 0.25;
/// Longest wait that an answer can ask for, the official CLI's: more would be a run for nothing.
pub(super) const RETRY_AFTER_MAX_US: u64 = 60 * SECOND_US;
/// Lowest cap, calls a second: below it, a wait would outlast a run by far.
const CAP_LEAST_PER_SECOND: f64 = 0.001;

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

/// The pace of one action.
#[derive(Debug)]
pub(super) struct Pace {
    cap: Option<f64>,
    /// The earliest start of the next call.
    slot_us: u64,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Open(Open),
    Paced(Paced),
}

impl Pace {
    /// Starts open, or from what an earlier run learned. `cap`: calls a second.
    pub(super) fn new(cap: Option<f64>, hint: Option<Hint>) -> Self {
        let mode = match hint {
            None => Mode::Open(Open::new()),
            Some(hint) => Mode::Paced(Paced::from_hint(hint)),
        };
        Self {
            cap: cap.map(|cap| cap.max(CAP_LEAST_PER_SECOND)),
            slot_us: 0,
            mode,
        }
    }

    /// When the next call may start.
    pub(super) fn turn(&mut self, now_us: u64) -> Turn {
        if let Mode::Open(open) = &mut self.mode {
            match open.resume_us() {
                Some(resume_us) if now_us < resume_us => {
                    return Turn::At(resume_us.max(self.slot_us));
                }
                Some(_) => self.mode = Mode::Paced(open.measured(now_us)),
                None if open.is_full() => return Turn::AfterAnswer,
                None => {}
            }
        }
        if now_us >= self.slot_us {
            Turn::Now
        } else {
            Turn::At(self.slot_us)
        }
    }

    /// A call starts.
    pub(super) fn sent(&mut self, now_us: u64) {
        let rate = match &mut self.mode {
            Mode::Open(open) => {
                open.sent();
                self.cap
            }
            Mode::Paced(paced) => {
                if now_us > self.slot_us + IDLE_US {
                    paced.restart_stage(now_us);
                }
                let rate = paced.rate();
                Some(self.cap.map_or(rate, |cap| cap.min(rate)))
            }
        };
        if let Some(rate) = rate {
            self.slot_us = self.slot_us.max(now_us.saturating_sub(SLACK_US)) + interval_us(rate);
        }
    }

    /// A call was let through. `true` where that confirmed a rate.
    pub(super) fn accepted(&mut self, now_us: u64, sent_us: u64) -> bool {
        match &mut self.mode {
            Mode::Open(open) => {
                open.accepted(now_us, sent_us);
                false
            }
            Mode::Paced(paced) => paced.accepted(now_us, sent_us, self.cap),
        }
    }

    /// A call was refused for its rate.
    pub(super) fn refused(&mut self, now_us: u64, sent_us: u64, retry_after_us: Option<u64>) {
        match &mut self.mode {
            Mode::Open(open) => open.refused(now_us, sent_us),
            Mode::Paced(paced) => {
                if let Some(pause_us) = paced.refused(now_us, sent_us, self.cap) {
                    self.slot_us = now_us + pause_us;
                }
            }
        }
        if let Some(asked_us) = retry_after_us {
            self.slot_us = self.slot_us.max(now_us + asked_us.min(RETRY_AFTER_MAX_US));
        }
    }

    /// Nobody knows what became of a call.
    pub(super) fn lost(&mut self) {
        if let Mode::Open(open) = &mut self.mode {
            open.lost();
        }
    }

    /// The rate that throttling has taught, calls a second.
    pub(super) fn learned(&self) -> Option<f64> {
        match &self.mode {
            Mode::Open(open) => open.resume_us().map(|_| open.measured(0).confirmed()),
            Mode::Paced(paced) => Some(paced.confirmed()),
        }
    }
}

/// The distance of calls at a rate.
pub(super) fn interval_us(rate: f64) -> u64 {
    (SECOND_US as f64 / rate).ceil() as u64
}
