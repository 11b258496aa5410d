//! One reading of all pages, and what may be believed of it.

use std::collections::BTreeMap;

use super::words::{Phase, trimmed};
use crate::answers::Page;
use crate::log::Answered;
use crate::world::State;

/// Account and region of a row.
pub type Target = (String, String);

/// A listing, from its beginning.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Its number.
    pub listing_id: i64,
    /// The run that reads it.
    pub run_id: i64,
    /// The operation's number in the world.
    pub op: usize,
    /// The pages that were answered while it was open.
    pub pages: Vec<(Answered, Page)>,
    /// Whether it is closed.
    pub is_closed: bool,
}

impl Listing {
    /// Whether it is whole: TotalCount on all pages, the same on all, and exactly as many different keys, of
    /// which none says two things.
    pub fn is_complete(&self) -> bool {
        let totals: Vec<_> = self
            .pages
            .iter()
            .map(|(_, page)| page.total_count)
            .collect();
        let states = self.states();
        let keys = i64::try_from(states.len()).expect("few");
        !totals.is_empty()
            && totals.iter().all(|total| *total == Some(keys))
            && states.values().all(|said| agree(said))
    }

    /// Everything that it says of each key, in the order in which it was said.
    pub fn states(&self) -> BTreeMap<Target, Vec<(Answered, &State)>> {
        let mut states: BTreeMap<Target, Vec<_>> = BTreeMap::new();
        for (at, page) in &self.pages {
            for (account_id, region_id, state) in &page.rows {
                let target = (account_id.clone(), region_id.clone());
                states.entry(target).or_default().push((*at, state));
            }
        }
        states
    }

    /// The rows that can be believed, with the page that first held each.
    pub fn believed(&self) -> BTreeMap<Target, (Answered, State)> {
        let states = self.states().into_iter().filter(|(_, said)| agree(said));
        states
            .map(|(target, said)| (target, (said[0].0, said[0].1.clone())))
            .collect()
    }

    /// Keys that say two things.
    pub fn conflicts(&self) -> usize {
        self.states().values().filter(|said| !agree(said)).count()
    }

    /// Rows, each counted once, in a phase.
    pub fn count(&self, phase: &str) -> usize {
        let is_counted = |state: &State| phase_of(state) == phase;
        self.believed()
            .values()
            .filter(|(_, state)| is_counted(state))
            .count()
    }

    /// Whether it showed a failed row, be it in conflict with itself.
    pub fn showed_failure(&self) -> bool {
        let mut rows = self.pages.iter().flat_map(|(_, page)| &page.rows);
        rows.any(|(.., state)| phase_of(state) == "failed")
    }

    /// Whether a row was failed in neither of the first two states that it had here, and in another was.
    pub fn third_state_failed(&self) -> bool {
        self.states().values().any(|said| {
            let second = said.iter().position(|(_, state)| *state != said[0].1);
            let failed = said
                .iter()
                .position(|(_, state)| phase_of(state) == "failed");
            second
                .zip(failed)
                .is_some_and(|(second, failed)| failed > second)
                && phase_of(said[0].1) != "failed"
        })
    }

    /// Request of the first answer, ms.
    pub fn started_at(&self) -> Option<i64> {
        self.pages.iter().map(|(at, _)| at.requested_at).min()
    }

    /// Receipt of the last answer, ms.
    pub fn ended_at(&self) -> Option<i64> {
        self.pages.iter().map(|(at, _)| at.received_at).max()
    }
}

fn agree(said: &[(Answered, &State)]) -> bool {
    said.iter().all(|(_, state)| *state == said[0].1)
}

fn phase_of(state: &State) -> &'static str {
    Phase::of(&trimmed(&state.field("status"))).0
}
