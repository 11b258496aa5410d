//! What may be said of one thing, an operation or a row, from the looks at it: versions and stretches, by
//! the words of the promise and one look after the other.

use serde_json::Value;

use super::words::{Phase, trimmed};
use crate::log::Answered;
use crate::world::State;

/// A look: for an operation an answer, for a row a complete listing that held it.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The request, or the start of the listing, ms.
    pub requested_at: i64,
    /// The receipt, or the end of the listing, ms.
    pub received_at: i64,
    /// When the cloud looked at the thing itself, ms.
    pub instant: i64,
}

/// One version.
#[derive(Debug, Clone)]
pub struct Version {
    /// The fields; of a row that is gone the last ones.
    pub state: State,
    /// Whether it is there.
    pub is_present: bool,
    /// The answer that first showed it.
    pub shown: Answered,
    /// The listing that first showed it.
    pub listing_id: Option<i64>,
    /// Receipt of the last look that showed it, ms.
    pub last_seen_at: i64,
    /// Receipt of the first look that showed another, ms.
    pub replaced_at: Option<i64>,
    /// Names of the fields that changed, in order of name; `None` for the first.
    pub changed: Option<Vec<&'static str>>,
}

/// One stretch of one status.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// The status, trimmed.
    pub status: Value,
    /// What it means.
    pub phase: Phase,
    /// The last version's fields.
    pub state: State,
    /// The answer that first showed the status.
    pub shown: Answered,
    /// From when on it may have been entered; `None` if nothing is known, ms.
    pub entered_earliest: Option<i64>,
    /// Until when it must have been left; `None` if nothing is known, ms.
    pub left_latest: Option<i64>,
    /// The looks within.
    pub looks: Vec<Look>,
    /// Whether it is a row's, which an answer may show without being a look.
    pub is_row: bool,
}

impl Stretch {
    /// Request of the last look with this status; for a row that of the answer that showed it if it is later.
    pub fn left_earliest(&self) -> i64 {
        let shown = self.shown.requested_at;
        match self.looks.last() {
            Some(look) if !self.is_row => look.requested_at,
            Some(look) => look.requested_at.max(shown),
            None => shown,
        }
    }

    /// It lasted at least, s.
    pub fn min_duration_seconds(&self) -> i64 {
        (self.left_earliest() - self.shown.received_at).max(0) / 1000
    }

    /// It lasted at most, s.
    pub fn max_duration_seconds(&self) -> Option<i64> {
        Some(seconds_up(self.left_latest? - self.entered_earliest?))
    }

    /// The longest time between two looks, s.
    pub fn widest_look_gap_seconds(&self) -> Option<i64> {
        let pairs = self.looks.windows(2);
        pairs
            .map(|pair| seconds_up(pair[1].received_at - pair[0].requested_at))
            .max()
    }

    /// When the cloud looked the last time and found this status, ms.
    pub fn last_instant(&self) -> i64 {
        self.looks
            .last()
            .map_or(i64::MIN, |look| look.instant)
            .max(self.shown.instant)
    }
}

/// Rounded up. Where a clock was set back no time has passed, rather than less than none.
fn seconds_up(ms: i64) -> i64 {
    (ms.max(0) + 999) / 1000
}

/// All that may be said of one thing.
#[derive(Debug, Clone, Default)]
pub struct Chronicle {
    /// Its versions.
    pub versions: Vec<Version>,
    /// Its stretches.
    pub stretches: Vec<Stretch>,
}

impl Chronicle {
    /// The newest version.
    pub fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// Whether it is there as far as is known.
    pub fn is_present(&self) -> bool {
        self.newest().is_some_and(|version| version.is_present)
    }

    /// Whether a status changed in its form alone.
    pub fn is_reworded(&self) -> bool {
        self.versions.windows(2).any(|pair| {
            let [before, after] = [0, 1].map(|index: usize| pair[index].state.field("status"));
            before != after && trimmed(&before) == trimmed(&after)
        })
    }

    /// An answer that can be believed shows it.
    pub fn show(&mut self, state: &State, shown: Answered, listing_id: Option<i64>) {
        let has_returned = !self.is_present() && !self.versions.is_empty();
        let changed = self.newest().map(|before| {
            let mut changed = differing(&before.state, state);
            changed.extend(has_returned.then_some("present"));
            changed.sort_unstable();
            changed
        });
        if changed.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        self.add(Version {
            state: state.clone(),
            is_present: true,
            shown,
            listing_id,
            last_seen_at: shown.received_at,
            replaced_at: None,
            changed,
        });
        let status = trimmed(&state.field("status"));
        if let Some(stretch) = self.stretches.last_mut()
            && stretch.status == status
            && !has_returned
        {
            stretch.state = state.clone();
            return;
        }
        let former = self.stretches.last_mut().filter(|_| !has_returned);
        let entered_earliest = former.map(|former| {
            former.left_latest = Some(shown.received_at);
            former.left_earliest()
        });
        self.stretches.push(Stretch {
            phase: Phase::of(&status),
            status,
            state: state.clone(),
            shown,
            entered_earliest,
            left_latest: None,
            looks: Vec::new(),
            is_row: listing_id.is_some(),
        });
    }

    /// A look finds it as it was shown last.
    pub fn confirm(&mut self, look: Look) {
        self.stretches.last_mut().expect("shown").looks.push(look);
        self.confirm_version(look.received_at);
    }

    /// A look finds the newest version unchanged, be it that the thing is gone.
    pub fn confirm_version(&mut self, received_at: i64) {
        let newest = self.versions.last_mut().expect("shown");
        newest.last_seen_at = newest.last_seen_at.max(received_at);
    }

    /// It is gone. When it went is not known, so its stretch stays open for ever.
    pub fn retire(&mut self, shown: Answered, listing_id: i64) {
        let state = self.newest().expect("shown").state.clone();
        self.add(Version {
            state,
            is_present: false,
            shown,
            listing_id: Some(listing_id),
            last_seen_at: shown.received_at,
            replaced_at: None,
            changed: Some(vec!["present"]),
        });
    }

    fn add(&mut self, version: Version) {
        if let Some(before) = self.versions.last_mut() {
            before.replaced_at = Some(version.shown.received_at);
        }
        self.versions.push(version);
    }
}

fn differing(before: &State, after: &State) -> Vec<&'static str> {
    let names = before.fields.keys().chain(after.fields.keys());
    let mut names: Vec<_> = names.copied().collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| before.field(name) != after.field(name));
    names
}
