//! One operation or task: what it truly is, and what was seen of it.

use std::collections::{BTreeMap, BTreeSet};

use super::sight::Sight;

/// One day, ms: how often what never came whole is asked for.
const DAY_MS: i64 = 86_400_000;

/// How long a CADT operation can be asked for, ms.
const CADT_LIFETIME_MS: i64 = 3_600_000;

/// The service of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ros,
    Cadt,
    Dns,
}

impl Kind {
    /// The call that looks at it.
    pub fn action(self) -> &'static str {
        match self {
            Self::Ros => "GetStackGroupOperation",
            Self::Cadt => "GetExecuteOperationResult",
            Self::Dns => "DescribeBatchResultCount",
        }
    }
}

/// One target of a stack-group operation.
#[derive(Debug, Clone)]
pub struct Row {
    pub account_id: String,
    pub region_id: &'static str,
    /// From when on it says what; `None`: it is not listed.
    pub states: Vec<(i64, Option<&'static str>)>,
}

/// An operation or task as it truly is.
#[derive(Debug, Clone)]
pub struct Truth {
    pub kind: Kind,
    pub id: String,
    /// From when on it says what; each differs from the one before. None: the cloud does not know it.
    pub states: Vec<(i64, &'static str)>,
    pub rows: Vec<Row>,
    pub page_size: usize,
    /// Whether its listing tells how many rows there are.
    pub has_total: bool,
    /// The stack group that discovery lists it under.
    pub group: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    Settled,
    Unsettled,
    NotFound,
    Expired,
}

/// One result as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub status: &'static str,
    pub version: u32,
    pub is_present: bool,
}

/// A thing, and what was seen of it.
#[derive(Debug)]
pub struct Thing {
    pub truth: Truth,
    /// Whether it is, or ever was, watched.
    pub is_watched: bool,
    pub removed: Option<i64>,
    pub state: State,
    pub seen: Option<usize>,
    pub versions: u32,
    pub final_looks: u32,
    pub not_found_runs: u32,
    pub details_complete: bool,
    pub last_asked: i64,
    pub results: BTreeMap<(String, &'static str), Seen>,
    pub lacked: BTreeSet<(String, &'static str)>,
    pub sight: Sight,
}

impl Thing {
    /// Nothing is known of it yet.
    pub fn new(truth: Truth) -> Self {
        Self {
            truth,
            is_watched: false,
            removed: None,
            state: State::Active,
            seen: None,
            versions: 0,
            final_looks: 0,
            not_found_runs: 0,
            details_complete: false,
            last_asked: 0,
            results: BTreeMap::new(),
            lacked: BTreeSet::new(),
            sight: Sight::default(),
        }
    }

    pub fn index_at(&self, now: i64) -> Option<usize> {
        let begun = self.truth.states.partition_point(|(at, _)| *at <= now);
        let dead = self.truth.kind == Kind::Cadt
            && self
                .truth
                .states
                .first()
                .is_some_and(|(born, _)| now >= born + CADT_LIFETIME_MS);
        if dead { None } else { begun.checked_sub(1) }
    }

    /// The status that was seen last, as sent.
    pub fn status(&self) -> Option<&'static str> {
        self.seen.map(|index| self.truth.states[index].1)
    }

    pub fn has_ended(&self) -> bool {
        self.status().is_some_and(is_final)
    }

    pub fn is_due(&self, now: i64) -> bool {
        let may_be_asked = match self.state {
            State::Active => true,
            State::Unsettled => now - self.last_asked >= DAY_MS,
            State::Settled | State::NotFound | State::Expired => false,
        };
        self.is_watched && self.removed.is_none() && may_be_asked
    }

    /// An answer with its state.
    pub fn observe(&mut self, index: usize) {
        if self.seen != Some(index) {
            if !self.has_ended() {
                self.final_looks = 0;
            }
            self.versions += 1;
            self.seen = Some(index);
        }
        if self.has_ended() {
            self.final_looks += 1;
        }
    }

    /// One reading of its results; whether it was complete, and all of it final.
    pub fn read(&mut self, pages: &[(u32, bool)], now: i64) -> (bool, bool) {
        let visible: Vec<((String, &'static str), &'static str)> = self
            .truth
            .rows
            .iter()
            .filter_map(|row| {
                let begun = row.states.partition_point(|(at, _)| *at <= now);
                let status = row.states[begun.checked_sub(1)?].1?;
                Some(((row.account_id.clone(), row.region_id), status))
            })
            .collect();
        let size = self.truth.page_size;
        let answered = |page: usize| pages.iter().any(|(p, ok)| *p as usize == page && *ok);
        for (place, (target, status)) in visible.iter().enumerate() {
            if answered(place / size + 1) {
                let seen = self.results.entry(target.clone()).or_insert(Seen {
                    status,
                    version: 1,
                    is_present: true,
                });
                // That it is there again is a change like another.
                seen.version += u32::from(seen.status != *status || !seen.is_present);
                (seen.status, seen.is_present) = (status, true);
            }
        }
        let last = visible.len().div_ceil(size).max(1);
        let complete = self.truth.has_total && (1..=last).all(answered);
        if complete {
            for (target, seen) in self.results.iter_mut().filter(|(_, seen)| seen.is_present) {
                if visible.iter().any(|(shown, _)| shown == target) {
                    self.lacked.remove(target);
                } else if !self.lacked.insert(target.clone()) {
                    self.lacked.remove(target);
                    seen.is_present = false;
                    seen.version += 1;
                }
            }
        }
        (complete, visible.iter().all(|(_, status)| is_final(status)))
    }
}

/// Whether a status can change no more.
pub fn is_final(status: &str) -> bool {
    ["SUCCEEDED", "FAILED", "SUCCESS", "FAILURE", "1", "2"].contains(&status)
}
