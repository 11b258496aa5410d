//! Since the first refusal: a rate, the search for a better one, and rest. Pure, a part of `pace`, which
//! tells how it learns.

use super::pace::{FLOOR_PER_SECOND, Hint, SECOND_US, SLACK_US, interval_us};

/// Calls at the held rate that pay for one refusal: 1 % is refused in the long run, half of what is tolerable.
const CALLS_PER_REFUSAL: u64 = 100;
/// Shortest and longest hold.
const HOLD_MIN_US: u64 = 5 * SECOND_US;
const HOLD_MAX_US: u64 = 50 * SECOND_US;
/// A stage lasts longer than the windows in which clouds count; if the cloud demands a distance, a few calls do.
const STAGE_S: f64 = 1.1;
const STAGE_MAX_S: f64 = 10.0;
const SPACED_STAGE_S: f64 = 0.15;
/// Fewest calls of a stage, and all of one after which the rate doubles: of calls that come too close to one
/// another, every other is let through, so that one proves nothing.
const STAGE_CALLS_MIN: u64 = 2;
const DOUBLING_STAGE_CALLS: u64 = 2;
/// The search ends when the confirmed rate and the refused one are this close, as a share.
const CLOSE: f64 = 0.035;
/// How long to wait once for a full window to end, when the wait for it was too short.
const WINDOW_REST_US: u64 = 500_000;
/// First step up after a hold, from a measured rate, and from an old hint; the largest.
const STEP_FIRST: f64 = 0.02;
const STEP_MEASURED: f64 = 0.03;
const STEP_OLD_HINT: f64 = 0.16;
const STEP_MAX: f64 = 1.0;
/// A search that came this far above its start shows that the cloud allows more, not that it had a reserve.
const FAR: f64 = 1.5;
/// Share of a measured rate that is used, so that calls a little early are not refused.
const MARGIN: f64 = 0.98;
/// Bounds of one way down, as shares of the refused rate.
const DOWN_MOST: f64 = 0.5;
const DOWN_LEAST: f64 = 0.95;
/// Rates in a row at which nothing came through, after which none that was refused says anything: a storm.
const STORM: u32 = 3;

/// A pace at a rate, calls a second.
#[derive(Debug)]
pub(super) struct Paced {
    rate: f64,
    /// The last rate that was confirmed; `rate` is this or above.
    confirmed: f64,
    /// The rate above that was refused since the search began.
    refused_rate: Option<f64>,
    /// Where none was: the step up, twice as large each time.
    step: f64,
    /// Whether the cloud seems to demand a distance between calls.
    is_spaced: bool,
    /// The rate from which the search began, or began anew; it had been held, or was measured.
    from_rate: f64,
    /// While no better rate is sought: since when.
    hold_since_us: Option<u64>,
    stage_since_us: u64,
    stage_calls: u64,
    /// When the rate last went down; refusals of what was sent before are echoes.
    lowered_us: u64,
    /// When the last refused call that was no echo was sent, and how many were let through since.
    refused_at_us: u64,
    let_through: u64,
    /// When the pause after it ended.
    resumed_us: u64,
    /// Rates in a row at which nothing came through.
    fruitless: u32,
    /// Calls to be made before the next search.
    debt_calls: u64,
}

impl Paced {
    /// From a rate that was measured between full and full; it is held first.
    pub(super) fn measured(rate: f64, refused_at_us: u64, now_us: u64, refused: u64) -> Self {
        Self {
            rate,
            confirmed: rate,
            refused_rate: None,
            step: STEP_FIRST,
            is_spaced: false,
            from_rate: rate,
            hold_since_us: Some(now_us),
            stage_since_us: now_us,
            stage_calls: 0,
            lowered_us: now_us,
            refused_at_us,
            let_through: 0,
            resumed_us: now_us,
            fruitless: 0,
            debt_calls: refused * CALLS_PER_REFUSAL,
        }
    }

    /// From a guess, for a cloud that seems to demand a distance between calls.
    pub(super) fn spaced(rate: f64, refused_at_us: u64, now_us: u64, refused: u64) -> Self {
        Self {
            step: STEP_MAX,
            is_spaced: true,
            hold_since_us: None,
            ..Self::measured(rate, refused_at_us, now_us, refused)
        }
    }

    /// From an earlier run.
    pub(super) fn from_hint(hint: Hint) -> Self {
        let rate = hint.per_second.max(FLOOR_PER_SECOND);
        let held = Self::measured(rate, 0, 0, 0);
        if hint.is_fresh {
            return held;
        }
        Self {
            step: STEP_OLD_HINT,
            hold_since_us: None,
            ..held
        }
    }

    /// Calls a second.
    pub(super) const fn rate(&self) -> f64 {
        self.rate
    }

    /// The last rate that was found to be allowed, calls a second.
    pub(super) const fn confirmed(&self) -> f64 {
        self.confirmed
    }

    /// Begins to count anew: calls did not come as fast as they might.
    pub(super) const fn restart_stage(&mut self, now_us: u64) {
        self.stage_since_us = now_us;
        self.stage_calls = 0;
    }

    /// A call was let through. `true` where that confirmed the rate.
    pub(super) fn accepted(&mut self, now_us: u64, sent_us: u64, cap: Option<f64>) -> bool {
        if sent_us > self.refused_at_us {
            self.let_through += 1;
        }
        self.debt_calls = self.debt_calls.saturating_sub(1);
        if sent_us < self.stage_since_us {
            return false;
        }
        self.stage_calls += 1;
        if self.stage_calls < self.stage_calls_needed() {
            return false;
        }
        match self.hold_since_us {
            Some(since_us) => {
                let held_us = now_us.saturating_sub(since_us);
                let is_over =
                    held_us >= HOLD_MIN_US && self.debt_calls == 0 || held_us >= HOLD_MAX_US;
                if is_over && cap.is_none_or(|cap| self.rate < cap) {
                    self.hold_since_us = None;
                    self.begin_search(now_us);
                    self.fruitless = 0;
                    self.refused_rate = None;
                    self.step = STEP_FIRST;
                    self.climb(now_us);
                }
            }
            None => {
                self.confirmed = self.rate;
                self.climb(now_us);
                if cap.is_some_and(|cap| self.confirmed >= cap) {
                    self.hold(now_us);
                }
            }
        }
        true
    }

    fn stage_calls_needed(&self) -> u64 {
        let is_doubling = self.step >= STEP_MAX;
        if is_doubling && self.refused_rate.is_none() && (self.is_spaced || self.is_storm()) {
            return DOUBLING_STAGE_CALLS;
        }
        let excess = self.rate - self.confirmed;
        let stage_s = if self.is_spaced {
            SPACED_STAGE_S
        } else if excess > 0.0 {
            // Until the excess over a rate that is just allowed would add up to a call.
            (1.0 / excess).clamp(STAGE_S, STAGE_MAX_S)
        } else {
            STAGE_S
        };
        ((self.rate * stage_s).ceil() as u64).max(STAGE_CALLS_MIN)
    }

    const fn is_storm(&self) -> bool {
        self.fruitless >= STORM
    }

    fn begin_search(&mut self, now_us: u64) {
        self.from_rate = self.rate;
        self.restart_stage(now_us);
    }

    /// The next stage above the confirmed rate, or rest if there is nothing worth the refusals.
    fn climb(&mut self, now_us: u64) {
        self.restart_stage(now_us);
        match self.refused_rate {
            Some(refused) if refused < self.confirmed * (1.0 + CLOSE) => self.hold(now_us),
            Some(refused) => self.rate = (refused * self.confirmed).sqrt(),
            None => {
                self.rate = self.confirmed * (1.0 + self.step);
                self.step = (2.0 * self.step).min(STEP_MAX);
            }
        }
    }

    fn hold(&mut self, now_us: u64) {
        self.rate = self.confirmed;
        self.hold_since_us = Some(now_us);
        self.restart_stage(now_us);
    }

    /// A call was refused. Tells how long to pause, unless it is an echo.
    pub(super) fn refused(&mut self, now_us: u64, sent_us: u64, cap: Option<f64>) -> Option<u64> {
        self.debt_calls += CALLS_PER_REFUSAL;
        if sent_us < self.lowered_us {
            return None;
        }
        if let Some(cap) = cap {
            // Above the cap nothing was asked.
            self.rate = self.rate.min(cap);
            self.confirmed = self.confirmed.min(cap);
        }
        let refused_rate = self.rate;
        let since_lowered_us = sent_us - self.lowered_us;
        self.lowered_us = now_us;
        if !self.is_spaced
            && self.stage_calls == 0
            && since_lowered_us < WINDOW_REST_US
            && self.fruitless == 0
        {
            // Nothing since the last way down: the window that was full then has not ended.
            self.fruitless += 1;
            self.resumed_us = now_us + WINDOW_REST_US;
            return Some(WINDOW_REST_US);
        }
        if self.rate > self.confirmed {
            self.refused_rate = Some(refused_rate);
            if self.is_spaced {
                self.climb(now_us);
            } else {
                self.rate = self.confirmed;
                self.restart_stage(now_us);
            }
        } else {
            self.lower(now_us, sent_us);
        }
        self.refused_at_us = sent_us;
        self.let_through = 0;
        // What was too much in a window of a second is over by its end.
        let window_us = if self.is_spaced {
            0.0
        } else {
            (1.0 - self.rate / refused_rate).max(0.0) * SECOND_US as f64
        };
        let pause_us = window_us as u64 + SLACK_US + interval_us(self.rate);
        self.resumed_us = now_us + pause_us;
        Some(pause_us)
    }

    /// What came through since the last refusal, a second. A bucket fills while we pause, a window that has
    /// not ended does not: the truth is between counting the pause and not.
    fn measure(&self, sent_us: u64) -> f64 {
        let rate_since = |since_us: u64| {
            let elapsed_us = sent_us.saturating_sub(since_us).max(interval_us(self.rate));
            self.let_through as f64 * SECOND_US as f64 / elapsed_us as f64
        };
        (rate_since(self.refused_at_us) * rate_since(self.resumed_us)).sqrt()
    }

    /// The confirmed rate was refused: it was confirmed by a reserve, or the cloud allows less now.
    fn lower(&mut self, now_us: u64, sent_us: u64) {
        self.hold_since_us = None;
        let (most, least) = (self.rate * DOWN_MOST, self.rate * DOWN_LEAST);
        if self.let_through == 0 {
            self.fruitless += 1;
            self.refused_rate = (self.fruitless < STORM).then_some(self.rate);
            // Distance does not explain that nothing comes through however slow the calls are.
            self.is_spaced &= !self.is_storm();
            self.step = STEP_MAX;
            self.rate = most.max(FLOOR_PER_SECOND);
        } else {
            self.fruitless = 0;
            self.refused_rate = None;
            self.step = STEP_MEASURED;
            let from_rate = self.from_rate;
            let measured = self.measure(sent_us) * MARGIN;
            if from_rate < self.rate && self.rate < from_rate * FAR {
                // What had been held for long is better known than what was measured in a moment.
                self.rate = measured.clamp(from_rate, self.rate);
                self.confirmed = self.rate;
                self.begin_search(now_us);
                self.hold(now_us);
                return;
            }
            self.rate = measured.clamp(most, least).max(FLOOR_PER_SECOND);
        }
        self.confirmed = self.rate;
        self.begin_search(now_us);
    }
}
