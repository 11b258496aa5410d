//! Before the first refusal: only those in flight are limited. Pure, a part of `pace`.

use std::collections::VecDeque;

use super::pace::{SECOND_US, SLACK_US, interval_us};
use super::paced::Paced;

/// Calls in flight at the very start.
const FIRST_IN_FLIGHT: u32 = 3;
/// Calls let through up to the first refusal below which the cloud seems to demand a distance between calls.
const SPACED_BELOW: usize = 3;
/// Where the search for that distance begins, calls a second: in the middle, by factors, of what is likely.
const SPACED_START_PER_SECOND: f64 = 8.0;
/// Share of a measured rate that is used, so that calls a little early are not refused.
const MARGIN: f64 = 0.98;

/// Never refused so far.
#[derive(Debug)]
pub(super) struct Open {
    in_flight: u32,
    allowed_in_flight: u32,
    /// When the calls of the last second that were let through were sent.
    let_through: VecDeque<u64>,
    /// Since the first refusal: when to go on.
    resume_us: Option<u64>,
    refused: u64,
    /// When the first refused call was sent.
    refused_at_us: u64,
}

impl Open {
    pub(super) const fn new() -> Self {
        Self {
            in_flight: 0,
            allowed_in_flight: FIRST_IN_FLIGHT,
            let_through: VecDeque::new(),
            resume_us: None,
            refused: 0,
            refused_at_us: 0,
        }
    }

    /// Since the first refusal: when to go on.
    pub(super) const fn resume_us(&self) -> Option<u64> {
        self.resume_us
    }

    /// The earliest instant from which calls at the rate never come before as many of the first second have
    /// left a window of a second that slides.
    fn window_free_us(&mut self) -> u64 {
        self.let_through.make_contiguous().sort_unstable();
        let interval = interval_us(self.let_through.len() as f64 * MARGIN);
        (self.let_through.iter().zip(0..))
            .map(|(sent, number)| (sent + SECOND_US).saturating_sub(number * interval))
            .max()
            .unwrap_or_default()
    }

    /// Whether an answer must come before the next call.
    pub(super) const fn is_full(&self) -> bool {
        self.in_flight >= self.allowed_in_flight
    }

    /// A call starts.
    pub(super) const fn sent(&mut self) {
        self.in_flight += 1;
    }

    /// Nobody knows what became of a call.
    pub(super) const fn lost(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A call was let through.
    pub(super) fn accepted(&mut self, now_us: u64, sent_us: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.allowed_in_flight = self.allowed_in_flight.saturating_add(1);
        self.let_through.push_back(sent_us);
        if self.resume_us.is_some() {
            self.resume_us = Some(self.free_us(now_us));
        } else {
            let kept_since_us = now_us.saturating_sub(2 * SECOND_US);
            while (self.let_through.front()).is_some_and(|sent| *sent < kept_since_us) {
                self.let_through.pop_front();
            }
        }
    }

    /// A call was refused.
    pub(super) fn refused(&mut self, now_us: u64, sent_us: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.refused += 1;
        if self.resume_us.is_none() {
            self.refused_at_us = sent_us;
            let kept_since_us = sent_us.saturating_sub(SECOND_US);
            self.let_through.retain(|sent| *sent >= kept_since_us);
        }
        self.refused_at_us = self.refused_at_us.min(sent_us);
        self.resume_us = Some(self.free_us(now_us));
    }

    /// From when calls can go on at the rate that will be measured.
    fn free_us(&mut self, now_us: u64) -> u64 {
        if self.is_spaced() {
            let begin_us = self.refused_at_us + interval_us(SPACED_START_PER_SECOND);
            return begin_us.max(now_us);
        }
        self.window_free_us().max(now_us) + SLACK_US
    }

    /// Whether even the first calls at once were refused.
    fn is_spaced(&self) -> bool {
        let at_once = (self.let_through.iter()).filter(|sent| **sent <= self.refused_at_us);
        at_once.count() < SPACED_BELOW
    }

    /// How to go on after the first refusal.
    pub(super) fn measured(&self, now_us: u64) -> Paced {
        if self.is_spaced() {
            let rate = SPACED_START_PER_SECOND;
            Paced::spaced(rate, self.refused_at_us, now_us, self.refused)
        } else {
            let rate = self.let_through.len() as f64 * MARGIN;
            Paced::measured(rate, self.refused_at_us, now_us, self.refused)
        }
    }
}
