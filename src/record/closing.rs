//! From a closed listing to versions of its rows, some thousand rows at a time: what is known of an operation
//! and what a listing says of it are read side by side, in the order of their targets.

use super::deriver::{Deriver, Place};
use crate::derive::listed_rows::ListedRow;
use crate::derive::listing::Closed;
use crate::derive::results::compare;
use crate::model::Phase;
use crate::store::{StoreError, listings, results};

/// Rows that are compared at once: half a megabyte of them, known and listed.
const ROWS_AT_ONCE: usize = 4_096;

/// Status words whose meaning is remembered. The services have a dozen; more cost a look-up each.
const STATUSES_REMEMBERED: usize = 1_000;

/// What a listing has told.
#[derive(Default)]
pub(super) struct Told {
    /// Versions that it showed first.
    pub(super) versions_new: i64,
    /// Known rows that it lacked for the first time, by target.
    pub(super) missing: Vec<i64>,
    /// Rows of phase succeeded.
    pub(super) succeeded: i64,
    /// Rows of phase failed. A row that came twice and once as failed was seen failed, whatever it is
    /// otherwise.
    pub(super) failed: i64,
    /// Rows of phase cancelled.
    pub(super) cancelled: i64,
    /// Rows of a final phase.
    pub(super) finals: i64,
}

/// Keeps the versions that a listing shows first, and counts its rows.
pub(super) fn keep_versions(
    deriver: &mut Deriver,
    place: Place<'_>,
    op: i64,
    closed: &Closed,
    end_sequence: i64,
) -> Result<Told, StoreError> {
    let mut told = Told::default();
    let mut listed = closed.rows.iter().peekable();
    let mut rows: Vec<ListedRow> = Vec::new();
    let mut after = i64::MIN;
    loop {
        let mut known = results::newest(place.derived, op, after, ROWS_AT_ONCE)?;
        // Up to where all that is known has been read; then up to where all that is listed has.
        let mut last = match known.last() {
            Some(row) if known.len() == ROWS_AT_ONCE => row.target,
            _ => i64::MAX,
        };
        rows.clear();
        while let Some(row) = listed.next_if(|row| row.target <= last) {
            rows.push(row);
            if rows.len() == ROWS_AT_ONCE && listed.peek().is_some() {
                last = row.target;
            }
        }
        known.retain(|row| row.target <= last);
        let statuses = known.iter().map(|row| row.status_no);
        remember_statuses(
            deriver,
            place,
            statuses.chain(rows.iter().map(|row| row.status_no)),
        )?;
        let lacked_before = listings::lacked(place.derived, op, after, last)?;
        let words = &deriver.statuses;
        let same_status =
            |a: i64, b: i64| a == b || words.get(&a).map(|s| &s.0) == words.get(&b).map(|s| &s.0);
        let verdict = closed.verdict;
        let changes = compare(
            &known,
            &rows,
            verdict,
            &lacked_before,
            end_sequence,
            same_status,
        );
        results::insert(place.derived, op, &changes.versions)?;
        told.versions_new += i64::try_from(changes.versions.len()).unwrap_or(i64::MAX);
        told.missing.extend(changes.missing);
        rows.iter()
            .for_each(|row| told.count(phase(deriver, row.status_no)));
        if last == i64::MAX {
            break;
        }
        after = last;
    }
    for words in &closed.disputed {
        remember_statuses(deriver, place, words.iter().copied())?;
        let is_failed = |word: &i64| phase(deriver, *word) == Phase::Failed;
        told.failed += i64::from(words.iter().any(is_failed));
    }
    Ok(told)
}

impl Told {
    fn count(&mut self, phase: Phase) {
        self.succeeded += i64::from(phase == Phase::Succeeded);
        self.failed += i64::from(phase == Phase::Failed);
        self.cancelled += i64::from(phase == Phase::Cancelled);
        self.finals += i64::from(phase.is_final());
    }
}

fn phase(deriver: &Deriver, status_no: i64) -> Phase {
    let status = deriver.statuses.get(&status_no);
    status.map_or(Phase::Unknown, |status| status.1)
}

/// Learns what these words mean; forgets others before, where there are very many.
fn remember_statuses(
    deriver: &mut Deriver,
    place: Place<'_>,
    status_nos: impl Iterator<Item = i64>,
) -> Result<(), StoreError> {
    if deriver.statuses.len() >= STATUSES_REMEMBERED {
        deriver.statuses.clear();
    }
    for status_no in status_nos {
        remember_status(deriver, place, status_no)?;
    }
    Ok(())
}

fn remember_status(
    deriver: &mut Deriver,
    place: Place<'_>,
    status_no: i64,
) -> Result<(), StoreError> {
    if deriver.statuses.contains_key(&status_no) {
        return Ok(());
    }
    let known = results::status_word(place.derived, status_no)?;
    deriver.statuses.insert(status_no, known);
    Ok(())
}
