//! How fast one account may ask: a limiter for each action, which learns from throttling.
//!
//! It says when a call may start. It sends nothing, repeats nothing (`retry` says when) and stores nothing:
//! what it learned is handed out and given back by its caller. It depends on `model` and tokio's clock.
//!
//! How it learns is told in `pace`; here is the shell around it: who waits, in which order, until when.
//! A caller asks [`Limiter::admit`] for a [`Permit`] before each attempt, and hands it back with what came
//! to [`Limiter::answered`]. Actions don't know of one another; within an action, first come is first served.

mod open;
mod pace;
mod paced;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::model::{Action, Clock, Service, UtcMillis};
use pace::{Hint, Pace, Turn};

/// What was learned longer ago is a hint only: quotas are raised and services move.
const FRESH_MS: i64 = 24 * 3600 * 1000;

/// The limits of one account. Shared by all who call for it.
pub struct Limiter {
    lanes: BTreeMap<Action, Arc<Lane>>,
    clock: Arc<dyn Clock>,
}

/// The rate that the cloud was found to allow for an action, to be kept from run to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learned {
    /// The action.
    pub action: Action,
    /// Calls in 1,000 seconds.
    pub per_second_milli: i64,
    /// When the cloud last showed that it is so.
    pub learned_at: UtcMillis,
}

/// The right to send one call, now. Dropped without [`Limiter::answered`], it says that nothing came back, and
/// nothing is learned from it.
#[must_use = "a permit that is dropped was a turn for nothing"]
pub struct Permit {
    lane: Arc<Lane>,
    sent_us: u64,
    is_open: bool,
}

/// One action.
struct Lane {
    action: Action,
    started: Instant,
    /// Who holds it is the next to go; the others wait for it in the order in which they came.
    queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// An answer moved the next turn.
    moved: Notify,
}

struct State {
    pace: Pace,
    learned_at: Option<UtcMillis>,
}

impl Limiter {
    /// A limiter for one account. `caps` are requests a second for each of the service's actions; `learned` is
    /// what [`Limiter::learned`] said at the end of an earlier run.
    ///
    /// In any `t` seconds, at most `1 + cap * (t + 0.002)` calls of an action start: they are spread evenly,
    /// there is no burst, and the 2 ms make up for timers that fire late.
    pub fn new(caps: &BTreeMap<Service, f64>, learned: &[Learned], clock: Arc<dyn Clock>) -> Self {
        let now = clock.now();
        let started = Instant::now();
        let lane = |action: Action| {
            let known = learned.iter().find(|known| known.action == action);
            let hint = known.map(|known| Hint {
                per_second: known.per_second_milli as f64 / 1000.0,
                is_fresh: now.0.saturating_sub(known.learned_at.0) <= FRESH_MS,
            });
            let cap = caps.get(&action.service()).copied();
            let lane = Lane {
                action,
                started,
                queue: tokio::sync::Mutex::new(()),
                state: Mutex::new(State {
                    pace: Pace::new(cap, hint),
                    learned_at: known.map(|known| known.learned_at),
                }),
                moved: Notify::new(),
            };
            (action, Arc::new(lane))
        };
        Self {
            lanes: Action::ALL.into_iter().map(lane).collect(),
            clock,
        }
    }

    /// Waits for the turn of one call. `None` where it would come after `until`. Dropping the future gives
    /// the place in the queue up and costs nobody anything.
    pub async fn admit(&self, action: Action, until: Option<Instant>) -> Option<Permit> {
        // There is a lane for every action.
        let lane = self.lanes.get(&action)?;
        match until {
            // A turn that is free already is taken even at the last instant: `timeout_at` polls it first.
            Some(until) => timeout_at(until, lane.turn(Some(until)))
                .await
                .ok()
                .flatten(),
            None => lane.turn(None).await,
        }
    }

    /// Tells what came of a call: whether it was refused for its rate, and the time that the answer asked to
    /// wait. Whatever else the cloud answers, an error too, it has let the call through.
    pub fn answered(&self, mut permit: Permit, throttled: bool, retry_after: Option<Duration>) {
        permit.is_open = false;
        let lane = &permit.lane;
        let now_us = lane.now_us();
        let mut state = lane.state();
        let retry_after_us =
            retry_after.map(|wait| u64::try_from(wait.as_micros()).unwrap_or(u64::MAX));
        let confirmed = if throttled {
            state.pace.refused(now_us, permit.sent_us, retry_after_us);
            true
        } else {
            state.pace.accepted(now_us, permit.sent_us)
        };
        if confirmed {
            state.learned_at = Some(self.clock.now());
        }
        drop(state);
        lane.moved.notify_one();
    }

    /// The rates that throttling taught, in this run or an earlier one. Actions that were never throttled are
    /// not among them.
    pub fn learned(&self) -> Vec<Learned> {
        let learned = |lane: &Arc<Lane>| {
            let state = lane.state();
            Some(Learned {
                action: lane.action,
                per_second_milli: (state.pace.learned()? * 1000.0).round() as i64,
                learned_at: state.learned_at?,
            })
        };
        self.lanes.values().filter_map(learned).collect()
    }
}

impl Lane {
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits in line, then for the instant.
    async fn turn(self: &Arc<Self>, until: Option<Instant>) -> Option<Permit> {
        let _first = self.queue.lock().await;
        loop {
            let turn = {
                let now_us = self.now_us();
                let mut state = self.state();
                let turn = state.pace.turn(now_us);
                if matches!(turn, Turn::Now) {
                    if until.is_some_and(|until| Instant::now() > until) {
                        return None;
                    }
                    state.pace.sent(now_us);
                    return Some(Permit {
                        lane: Arc::clone(self),
                        sent_us: now_us,
                        is_open: true,
                    });
                }
                turn
            };
            match turn {
                Turn::Now => {}
                Turn::AfterAnswer => self.moved.notified().await,
                Turn::At(at_us) => {
                    let at = self.started + Duration::from_micros(at_us);
                    if until.is_some_and(|until| at > until) {
                        return None;
                    }
                    tokio::select! {
                        () = sleep_until(at) => {}
                        () = self.moved.notified() => {}
                    }
                }
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_open {
            self.lane.state().pace.lost();
            self.lane.moved.notify_one();
        }
    }
}
