//! A cloud with a limit, and callers that have always something to ask, in virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::super::pace::{Pace, SECOND_US, Turn};

/// How a cloud counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unlimited,
    /// A bucket of one second's worth, full at first.
    Bucket,
    /// Windows of a second by the cloud's clock.
    Fixed,
    /// The second before the call.
    Sliding,
    /// A distance between calls.
    Leaky,
    Nothing,
}

pub(super) const LIMITED: [Kind; 4] = [Kind::Bucket, Kind::Fixed, Kind::Sliding, Kind::Leaky];

/// A cloud that lets so many calls a second through.
#[derive(Debug)]
pub(super) struct Cloud {
    pub(super) kind: Kind,
    pub(super) per_second: f64,
    phase_us: u64,
    tokens: f64,
    last_us: u64,
    window: u64,
    count: f64,
    recent: VecDeque<u64>,
    next_us: f64,
}

impl Cloud {
    pub(super) fn new(kind: Kind, per_second: f64, random: &mut fastrand::Rng) -> Self {
        Self {
            kind,
            per_second,
            phase_us: random.u64(..SECOND_US),
            tokens: per_second,
            last_us: 0,
            window: 0,
            count: 0.0,
            recent: VecDeque::new(),
            next_us: 0.0,
        }
    }

    pub(super) fn lets_through(&mut self, now_us: u64) -> bool {
        match self.kind {
            Kind::Unlimited => true,
            Kind::Nothing => false,
            Kind::Bucket => {
                let refill = (now_us - self.last_us) as f64 / SECOND_US as f64 * self.per_second;
                self.tokens = (self.tokens + refill).min(self.per_second);
                self.last_us = now_us;
                let is_let = self.tokens >= 1.0;
                self.tokens -= f64::from(u8::from(is_let));
                is_let
            }
            Kind::Fixed => {
                let window = (now_us + self.phase_us) / SECOND_US;
                if window != self.window {
                    self.window = window;
                    self.count = 0.0;
                }
                let is_let = self.count + 1.0 <= self.per_second;
                self.count += f64::from(u8::from(is_let));
                is_let
            }
            Kind::Sliding => {
                while self
                    .recent
                    .front()
                    .is_some_and(|sent| sent + SECOND_US <= now_us)
                {
                    self.recent.pop_front();
                }
                let is_let = self.recent.len() as f64 + 1.0 <= self.per_second;
                if is_let {
                    self.recent.push_back(now_us);
                }
                is_let
            }
            Kind::Leaky => {
                let is_let = now_us as f64 >= self.next_us;
                if is_let {
                    self.next_us = now_us as f64 + SECOND_US as f64 / self.per_second;
                }
                is_let
            }
        }
    }

    /// Calls that could be let through in `elapsed_s` from the first.
    pub(super) fn allows(&self, elapsed_s: f64) -> f64 {
        match self.kind {
            Kind::Bucket => self.per_second * (elapsed_s + 1.0),
            _ => self.per_second * elapsed_s,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A caller wants its turn (again).
    Wants,
    Answered {
        sent_us: u64,
        is_let: bool,
    },
}

/// One client: callers that each have one call in flight, and repeat what was refused after a random while.
pub(super) struct Client {
    pub(super) pace: Pace,
    random: fastrand::Rng,
    latency_us: (u64, u64),
    waiting: u32,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    number: u64,
    pub(super) now_us: u64,
    pub(super) sent: Vec<u64>,
    pub(super) let_through: u64,
    pub(super) refused: u64,
    pub(super) refused_in_first_second: u64,
}

impl Client {
    pub(super) fn new(pace: Pace, seed: u64, callers: u32, latency_us: (u64, u64)) -> Self {
        Self {
            pace,
            random: fastrand::Rng::with_seed(seed),
            latency_us,
            waiting: callers,
            events: BinaryHeap::new(),
            number: 0,
            now_us: 0,
            sent: Vec::new(),
            let_through: 0,
            refused: 0,
            refused_in_first_second: 0,
        }
    }

    fn at(&mut self, at_us: u64, event: Event) {
        self.number += 1;
        self.events.push(Reverse((at_us, self.number, event)));
    }

    /// When something happens next, and whether that is a call.
    pub(super) fn next_us(&mut self) -> (u64, bool) {
        let event_us = self
            .events
            .peek()
            .map_or(u64::MAX, |Reverse(event)| event.0);
        if self.waiting == 0 {
            return (event_us, false);
        }
        match self.pace.turn(self.now_us) {
            Turn::Now => (self.now_us, true),
            Turn::At(at_us) if at_us < event_us => (at_us, false),
            Turn::At(_) | Turn::AfterAnswer => (event_us, false),
        }
    }

    /// Does what happens next.
    pub(super) fn step(&mut self, cloud: &mut Cloud) {
        let (at_us, is_call) = self.next_us();
        assert!(
            at_us < u64::MAX,
            "nothing will ever happen: {:?}",
            self.pace
        );
        self.now_us = at_us;
        if is_call {
            self.waiting -= 1;
            self.pace.sent(at_us);
            self.sent.push(at_us);
            let is_let = cloud.lets_through(at_us);
            let latency_us = self.random.u64(self.latency_us.0..=self.latency_us.1);
            self.at(
                at_us + latency_us,
                Event::Answered {
                    sent_us: at_us,
                    is_let,
                },
            );
            return;
        }
        while let Some(Reverse((_, _, event))) = self
            .events
            .peek()
            .filter(|Reverse(event)| event.0 <= at_us)
            .copied()
        {
            self.events.pop();
            match event {
                Event::Wants => self.waiting += 1,
                Event::Answered {
                    sent_us,
                    is_let: true,
                } => {
                    self.let_through += 1;
                    self.pace.accepted(at_us, sent_us);
                    self.waiting += 1;
                }
                Event::Answered {
                    sent_us,
                    is_let: false,
                } => {
                    self.refused += 1;
                    self.refused_in_first_second += u64::from(sent_us < SECOND_US);
                    self.pace.refused(at_us, sent_us, None);
                    let pause_us = self.random.u64(..500_000);
                    self.at(at_us + pause_us, Event::Wants);
                }
            }
        }
    }

    pub(super) fn run_until(&mut self, cloud: &mut Cloud, end_us: u64) {
        while self.next_us().0 < end_us {
            self.step(cloud);
        }
        self.now_us = end_us;
    }

    pub(super) fn run_calls(&mut self, cloud: &mut Cloud, calls: u64) {
        while self.let_through < calls {
            self.step(cloud);
        }
    }

    pub(super) fn refused_share(&self) -> f64 {
        self.refused as f64 / (self.refused + self.let_through) as f64
    }
}
