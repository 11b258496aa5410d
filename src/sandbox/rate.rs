//! Limits of calls per second, in the four ways in which services limit them, and how many calls
//! they let through.
//!
//! Pure: a meter is handed the instant. It knows accounts and actions by name alone.

use std::collections::{BTreeMap, VecDeque};
use std::str::FromStr;

use crate::model::UtcMillis;

/// How calls are counted against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateKind {
    /// Tokens come evenly, as many as are allowed in a second can be saved up.
    TokenBucket,
    /// So many in each second of the clock: twice as many around its turn.
    FixedWindow,
    /// So many in any second.
    SlidingWindow,
    /// Calls drain evenly, a tenth of a second's worth may wait: almost no bursts.
    LeakyBucket,
}

impl RateKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::TokenBucket,
        Self::FixedWindow,
        Self::SlidingWindow,
        Self::LeakyBucket,
    ];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenBucket => "token",
            Self::FixedWindow => "fixed",
            Self::SlidingWindow => "sliding",
            Self::LeakyBucket => "leaky",
        }
    }
}

/// A limit for every account and action that it is about; each pair of them is counted on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Whose calls; `None`: of each account.
    pub account_id: Option<String>,
    /// Which calls; `None`: of each action.
    pub action: Option<String>,
    /// How many calls a second.
    pub calls_per_s: u32,
    /// How they are counted.
    pub kind: RateKind,
    /// One refusal in so many says with `x-acs-retry-after` when to come again; 0: none does.
    pub hint_one_in: u32,
}

impl RateLimit {
    /// A limit for each account and action; every third refusal says when to come again.
    pub fn new(calls_per_s: u32, kind: RateKind) -> Self {
        Self {
            account_id: None,
            action: None,
            calls_per_s: calls_per_s.max(1),
            kind,
            hint_one_in: 3,
        }
    }

    /// Only for this account.
    pub fn of_account(mut self, account_id: impl Into<String>) -> Self {
        self.account_id = Some(account_id.into());
        self
    }

    /// Only for this action.
    pub fn on_action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    fn is_about(&self, account_id: &str, action: &str) -> bool {
        self.account_id.as_deref().is_none_or(|id| id == account_id)
            && self.action.as_deref().is_none_or(|name| name == action)
    }

    /// Limits that name more win over those that name less.
    fn rank(&self) -> u32 {
        u32::from(self.account_id.is_some()) + u32::from(self.action.is_some())
    }
}

/// A text that is no limit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "'{0}' is no limit; write calls per second, perhaps with a kind: 20, 20/token, 20/fixed, 20/sliding, 20/leaky"
)]
pub struct NoRateLimit(String);

impl FromStr for RateLimit {
    type Err = NoRateLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NoRateLimit(text.to_owned());
        let (number, kind) = text.split_once('/').unwrap_or((text, "token"));
        let kind = RateKind::ALL.into_iter().find(|k| k.as_str() == kind);
        let number = number.parse().ok().filter(|number| *number > 0);
        Ok(Self::new(
            number.ok_or_else(wrong)?,
            kind.ok_or_else(wrong)?,
        ))
    }
}

/// How many calls of one account and action a limit let through and refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateCount {
    /// Whose calls.
    pub account_id: String,
    /// Which calls.
    pub action: String,
    /// How many were let through.
    pub allowed: u64,
    /// How many were refused.
    pub refused: u64,
}

/// A call that a limit refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    /// When to come again, in milliseconds, if the answer is to say so.
    pub(super) retry_after_ms: Option<u64>,
}

/// One second, in milliseconds.
const SECOND_MS: i64 = 1000;

/// What is kept of the calls of one account and action.
#[derive(Debug)]
enum Meter {
    /// Calls that wait or were spent, in thousandths, at an instant: both buckets fill and drain evenly.
    Bucket {
        level: i64,
        at: UtcMillis,
    },
    Fixed {
        second: i64,
        calls: u32,
    },
    Sliding(VecDeque<UtcMillis>),
}

impl Meter {
    fn new(kind: RateKind, now: UtcMillis) -> Self {
        match kind {
            RateKind::TokenBucket | RateKind::LeakyBucket => Self::Bucket { level: 0, at: now },
            RateKind::FixedWindow => Self::Fixed {
                second: i64::MIN,
                calls: 0,
            },
            RateKind::SlidingWindow => Self::Sliding(VecDeque::new()),
        }
    }

    /// Lets a call through, or says after how many milliseconds one would be.
    fn admit(&mut self, limit: &RateLimit, now: UtcMillis) -> Result<(), u64> {
        let rate = i64::from(limit.calls_per_s);
        match self {
            Self::Bucket { level, at } => {
                // A clock that steps back drains nothing.
                let elapsed_ms = (now.0 - at.0).max(0);
                // Calls a second are thousandths of a call a millisecond.
                *level = (*level - elapsed_ms.saturating_mul(rate)).max(0);
                *at = now;
                let capacity = match limit.kind {
                    RateKind::LeakyBucket => (rate * SECOND_MS / 10).max(SECOND_MS),
                    _ => rate * SECOND_MS,
                };
                let over = *level + SECOND_MS - capacity;
                if over > 0 {
                    return Err(over.unsigned_abs().div_ceil(rate.unsigned_abs()));
                }
                *level += SECOND_MS;
                Ok(())
            }
            Self::Fixed { second, calls } => {
                let this_second = now.unix_seconds();
                if *second != this_second {
                    (*second, *calls) = (this_second, 0);
                }
                if *calls == limit.calls_per_s {
                    return Err((SECOND_MS - now.0.rem_euclid(SECOND_MS)).unsigned_abs());
                }
                *calls += 1;
                Ok(())
            }
            Self::Sliding(instants) => {
                while instants
                    .front()
                    .is_some_and(|at| at.plus_ms(SECOND_MS) <= now)
                {
                    instants.pop_front();
                }
                if let Some(first) = instants.front()
                    && instants.len() >= limit.calls_per_s as usize
                {
                    return Err((first.0 + SECOND_MS - now.0).unsigned_abs());
                }
                instants.push_back(now);
                Ok(())
            }
        }
    }
}

#[derive(Debug)]
struct Counted {
    limit: RateLimit,
    meter: Meter,
    allowed: u64,
    refused: u64,
}

/// The limits of one sandbox, and the calls so far. What no limit is about is not counted.
#[derive(Debug, Default)]
pub(super) struct Rates {
    limits: Vec<RateLimit>,
    counted: BTreeMap<(String, String), Counted>,
}

impl Rates {
    /// Adds a limit; of several that name as much, the last one counts. What was counted stays.
    pub(super) fn add(&mut self, limit: RateLimit, now: UtcMillis) {
        self.limits.push(limit);
        let limits = &self.limits;
        for ((account_id, action), counted) in &mut self.counted {
            if let Some(limit) = most_specific(limits, account_id, action)
                && *limit != counted.limit
            {
                counted.limit = limit.clone();
                counted.meter = Meter::new(limit.kind, now);
            }
        }
    }

    /// Takes all limits and counts away.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts a call, and lets it through or refuses it.
    pub(super) fn admit(
        &mut self,
        account_id: &str,
        action: &str,
        now: UtcMillis,
    ) -> Result<(), Refused> {
        let Some(limit) = most_specific(&self.limits, account_id, action) else {
            return Ok(());
        };
        let pair = (account_id.to_owned(), action.to_owned());
        let counted = self.counted.entry(pair).or_insert_with(|| Counted {
            meter: Meter::new(limit.kind, now),
            limit: limit.clone(),
            allowed: 0,
            refused: 0,
        });
        match counted.meter.admit(&counted.limit, now) {
            Ok(()) => {
                counted.allowed += 1;
                Ok(())
            }
            Err(wait_ms) => {
                counted.refused += 1;
                let one_in = u64::from(counted.limit.hint_one_in);
                let says_when = one_in > 0 && counted.refused.is_multiple_of(one_in);
                Err(Refused {
                    retry_after_ms: says_when.then_some(wait_ms.max(1)),
                })
            }
        }
    }

    pub(super) fn counts(&self) -> Vec<RateCount> {
        let counted = self.counted.iter();
        let count = |((account_id, action), counted): (&(String, String), &Counted)| RateCount {
            account_id: account_id.clone(),
            action: action.clone(),
            allowed: counted.allowed,
            refused: counted.refused,
        };
        counted.map(count).collect()
    }
}

fn most_specific<'a>(
    limits: &'a [RateLimit],
    account_id: &str,
    action: &str,
) -> Option<&'a RateLimit> {
    let about = limits.iter().filter(|l| l.is_about(account_id, action));
    about.max_by_key(|limit| limit.rank())
}

#[cfg(test)]
mod tests;
