//! What a recorder could know at the end of the year: looks by operation, rows of results as last seen, gaps.

use std::collections::{BTreeMap, BTreeSet};

use crate::diary::{Diary, Fate, Look};
use crate::life::EVERY;
use crate::truth;

/// A row of results as last seen.
#[derive(Debug, Clone)]
pub struct SeenRow {
    pub status: &'static str,
    pub reason: Option<&'static str>,
    pub is_present: bool,
    /// The page that first showed this state, and when it was there.
    pub leaf: i64,
    pub since: i64,
}

/// A stretch in which something due was not seen.
#[derive(Debug, Clone)]
pub struct Gap {
    /// `None`: the recorder itself.
    pub op: Option<usize>,
    pub cause: &'static str,
    pub from: i64,
    pub until: Option<i64>,
    /// The leaves with which it became known, and its end.
    pub leaf: i64,
    pub end_leaf: Option<i64>,
}

#[derive(Debug, Default)]
pub struct Known {
    /// Answers that showed an operation, by operation.
    pub looks: BTreeMap<usize, Vec<Look>>,
    /// Rows of results by operation and number.
    pub rows: BTreeMap<usize, BTreeMap<usize, SeenRow>>,
    pub gaps: Vec<Gap>,
    /// Operations that a run asked for which has ended.
    pub asked: BTreeSet<usize>,
    /// Of each operation: which of its listings was complete last, and whether each showed a failure.
    failures: BTreeMap<usize, (Option<usize>, Vec<bool>)>,
}

impl Known {
    pub fn of(diary: &Diary) -> Self {
        let mut known = Self::default();
        for look in &diary.looks {
            known.looks.entry(look.op).or_default().push(look.clone());
        }
        known.read_listings(diary);
        known.find_failures(diary);
        let ended = diary.runs.iter().filter(|run| run.end.is_some());
        let asked = ended
            .flat_map(|run| &run.fates)
            .filter(|(_, fate)| match fate {
                Fate::Missed { was_asked, .. } => *was_asked,
                Fate::Good { .. } | Fate::NotFound | Fate::Expired => true,
            });
        known.asked = asked.map(|(op, _)| *op).collect();
        known.find_gaps(diary);
        known.find_gaps_of_recorder(diary);
        known
    }

    fn read_listings(&mut self, diary: &Diary) {
        let mut lacked: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for listing in diary.listings.iter().filter(|listing| !listing.is_details) {
            let rows = self.rows.entry(listing.op).or_default();
            let mut listed = BTreeSet::new();
            for page in &listing.pages {
                for (number, status, reason) in &page.rows {
                    listed.insert(*number);
                    let seen = SeenRow {
                        status,
                        reason: *reason,
                        is_present: true,
                        leaf: page.leaf,
                        since: page.received_at,
                    };
                    let is_same = rows.get(number).is_some_and(|known| {
                        known.is_present && (known.status, known.reason) == (*status, *reason)
                    });
                    if !is_same {
                        rows.insert(*number, seen);
                    }
                }
            }
            if listing.is_complete {
                let lacked = lacked.entry(listing.op).or_default();
                for (number, row) in rows.iter_mut().filter(|(_, row)| row.is_present) {
                    if listed.contains(number) {
                        lacked.remove(number);
                    } else if !lacked.insert(*number) {
                        row.is_present = false;
                    }
                }
            }
        }
    }

    fn find_failures(&mut self, diary: &Diary) {
        for listing in diary.listings.iter().filter(|listing| !listing.is_details) {
            let mut rows = listing.pages.iter().flat_map(|page| &page.rows);
            let (last, showed) = self.failures.entry(listing.op).or_default();
            if listing.is_complete {
                *last = Some(showed.len());
            }
            showed.push(rows.any(|(_, status, _)| truth::phase(status) == "failed"));
        }
    }

    /// Each run in its order, what people gave up between them.
    fn find_gaps(&mut self, diary: &Diary) {
        let added: BTreeMap<usize, i64> = diary
            .watches
            .iter()
            .filter_map(|watch| Some((watch.op?, watch.added_at)))
            .collect();
        let mut removals: Vec<(i64, usize, i64)> = diary
            .watches
            .iter()
            .filter_map(|watch| {
                let (at, _, _, leaf) = watch.removed?;
                Some((leaf, watch.op?, at))
            })
            .collect();
        removals.sort_unstable();
        let mut removals = removals.into_iter().peekable();
        let mut since = added.clone();
        let mut open: BTreeMap<usize, Gap> = BTreeMap::new();
        for run in diary.runs.iter().filter(|run| run.is_collect) {
            while let Some((leaf, op, at)) = removals.next_if(|(leaf, _, _)| *leaf < run.start) {
                self.close(open.remove(&op), at, leaf);
            }
            let Some(end) = run.end else {
                continue;
            };
            for (op, fate) in &run.fates {
                match fate {
                    Fate::Good {
                        requested_at,
                        received_at,
                    } => {
                        self.close(open.remove(op), *received_at, end);
                        since.insert(*op, *requested_at);
                    }
                    Fate::Missed { cause, .. } => {
                        open.entry(*op).or_insert_with(|| Gap {
                            op: Some(*op),
                            cause,
                            from: since[op],
                            until: None,
                            leaf: end,
                            end_leaf: None,
                        });
                    }
                    Fate::NotFound | Fate::Expired => {}
                }
            }
        }
        for (leaf, op, at) in removals {
            self.close(open.remove(&op), at, leaf);
        }
        self.gaps.extend(open.into_values());
    }

    fn close(&mut self, gap: Option<Gap>, until: i64, leaf: i64) {
        if let Some(gap) = gap {
            self.gaps.push(Gap {
                until: Some(until),
                end_leaf: Some(leaf),
                ..gap
            });
        }
    }

    fn find_gaps_of_recorder(&mut self, diary: &Diary) {
        let runs = diary.runs.iter();
        let runs: Vec<_> = runs
            .filter(|run| run.is_collect && !run.is_limited)
            .collect();
        let recorder = |cause, from, leaf| Gap {
            op: None,
            cause,
            from,
            until: None,
            leaf,
            end_leaf: None,
        };
        for pair in runs.windows(2) {
            let (before, next) = (pair[0], pair[1]);
            let gaps = self.gaps.len();
            let full = diary
                .skipped
                .iter()
                .find(|(_, is_disk, leaf)| *is_disk && (before.start..next.start).contains(leaf));
            if let Some((_, _, leaf)) = full {
                // Such a stretch begins with the run before, limited or not.
                let mut earlier = diary.runs.iter().rev();
                let last = earlier.find(|run| run.is_collect && run.start < *leaf);
                let from = last.unwrap_or(before).started_at;
                self.gaps.push(recorder("disk", from, *leaf));
            }
            if 2 * (next.started_at - before.started_at) > 3 * EVERY {
                let gap = recorder("not_run", before.started_at, next.start);
                self.gaps.push(gap);
            }
            for gap in &mut self.gaps[gaps..] {
                gap.until = Some(next.started_at);
                gap.end_leaf = Some(next.start);
            }
        }
    }

    /// The looks at an operation that showed another state than the one before.
    pub fn versions(&self, op: usize) -> Vec<&Look> {
        let looks = &self.looks[&op];
        let mut versions: Vec<&Look> = Vec::new();
        for look in looks {
            if versions.last().is_none_or(|last| last.state != look.state) {
                versions.push(look);
            }
        }
        versions
    }

    /// The look with which its present status began.
    pub fn entered(&self, op: usize) -> &Look {
        let looks = &self.looks[&op];
        let status = looks.last().map(status_of);
        let same = looks
            .iter()
            .rev()
            .take_while(|look| Some(status_of(look)) == status);
        same.last().expect("seen")
    }

    /// The longest time between two looks with the same status, seconds.
    pub fn widest_look_gap_seconds(&self, op: usize) -> Option<i64> {
        let pairs = self.looks[&op].windows(2);
        let within = pairs.filter(|pair| status_of(&pair[0]) == status_of(&pair[1]));
        within
            .map(|pair| super::seconds(pair[1].received_at - pair[0].requested_at))
            .max()
    }

    /// Whether something in an operation failed; `None` where nobody knows.
    pub fn has_failures(&self, op: usize) -> Option<i64> {
        let state = &self.looks[&op].last().expect("seen").state;
        if truth::phase(state.status) == "failed" {
            return Some(1);
        }
        if let Some([_, _, failed]) = state.counts {
            return Some(i64::from(failed > 0));
        }
        let (last, showed) = self.failures.get(&op)?;
        match last {
            _ if showed[last.unwrap_or(0)..].contains(&true) => Some(1),
            Some(_) => Some(0),
            None => None,
        }
    }
}

/// A status as the views show it.
pub fn status_of(look: &Look) -> String {
    let status = look.state.status.trim();
    match status {
        // CADT alone writes in small letters.
        "running" => "RUNNING".to_owned(),
        other => other.to_owned(),
    }
}
