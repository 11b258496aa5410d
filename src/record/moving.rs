//! What the tables know, at the end of a run, of a watch that is about no operation: each entry of the run's
//! plans is one part of it.

use super::deriver::Place;
use super::plan::PlanEntry;
use super::whose::{Failed, Whose, whose};
use crate::derive::discovery::{Part, Whole, judge_parts};
use crate::derive::watching::{Cause, RunEnded};
use crate::model::{ALL_REGIONS, Action, Outcome, Service};
use crate::store::page_listings::ListOf;
use crate::store::{StoreError, exchanges, page_listings};

/// Whether an entry is about no operation.
pub(super) fn is_part(entry: &PlanEntry) -> bool {
    let follows = [Service::Ros, Service::Alidns].map(Service::as_str);
    entry.operation.is_empty() && follows.contains(&entry.service.as_str())
}

/// The verdict on one watch, and the failure that is the reason, if one is.
pub(super) fn look(
    place: Place<'_>,
    run_id: i64,
    ended: RunEnded,
    entries: &[PlanEntry],
) -> Result<(Whole, Option<Failed>), StoreError> {
    let parts = entries
        .iter()
        .map(|entry| part(place, run_id, ended, entry))
        .collect::<Result<Vec<_>, _>>()?;
    let outcomes: Vec<Part> = parts.iter().map(|(part, _)| *part).collect();
    let finds_parts = entries
        .iter()
        .any(|entry| entry.service == Service::Ros.as_str());
    let whole = judge_parts(&outcomes, ended, finds_parts);
    let failed_at = whole.failed_part.and_then(|failed| parts[failed].1);
    Ok((whole, failed_at))
}

/// How one part went, and the exchange that failed.
fn part(
    place: Place<'_>,
    run_id: i64,
    ended: RunEnded,
    entry: &PlanEntry,
) -> Result<(Part, Option<Failed>), StoreError> {
    let (account_id, not_begun) = match whose(place, run_id, &entry.label)? {
        Whose::Account {
            id,
            cut_short: None,
        } => (id, (Part::NotBegun, None)),
        Whose::Account {
            id,
            cut_short: Some((cause, failed)),
        } => (id, (Part::NoIdentity(cause), Some(failed))),
        Whose::Refused(cause, failed) => return Ok((Part::NoIdentity(cause), Some(failed))),
        Whose::Unknown => return Ok((Part::NotBegun, None)),
    };
    let is_call = entry.service == Service::Alidns.as_str()
        || (entry.region == ALL_REGIONS && entry.group.is_none());
    if is_call {
        let newest = exchanges::newest_for_watch(place.derived, run_id, entry.watch)?;
        return Ok(newest.map_or(not_begun, |(sequence, outcome)| {
            (Part::Answered(outcome), Some(Failed::Exchange(sequence)))
        }));
    }
    let list = ListOf {
        run_id,
        action: match entry.group {
            None => Action::ListStackGroups,
            Some(_) => Action::ListStackGroupOperations,
        },
        account_id: &account_id,
        region_id: &entry.region,
        stack_group_name: entry.group.as_deref().unwrap_or_default(),
    };
    let Some(newest) = page_listings::newest_of_run(place.derived, list)? else {
        return Ok(not_begun);
    };
    if newest.is_complete {
        return Ok((Part::Answered(Outcome::Ok), None));
    }
    Ok(
        match exchanges::page_failure(place.derived, newest.listing_id)? {
            // Only a name can be unknown to the cloud; that a region is says that nothing was read.
            Some((_, outcome)) if Cause::of(outcome).is_none() && entry.group.is_none() => {
                (Part::Incomplete, None)
            }
            Some((sequence, outcome)) => {
                (Part::Answered(outcome), Some(Failed::Exchange(sequence)))
            }
            None if !newest.lacks_pages => (Part::Incomplete, None),
            // Of nothing was asked, if there was no time for its first page.
            None if newest.pages == 0 && ended == RunEnded::ByItself => not_begun,
            None => match not_begun {
                (Part::NoIdentity(cause), failed) if ended == RunEnded::ByItself => {
                    (Part::Cut(Some(cause)), failed)
                }
                _ => (Part::Cut(None), None),
            },
        },
    )
}
