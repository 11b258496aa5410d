//! What a world and its life must have met: a figure that is zero everywhere proves nothing.

use super::diary::{Diary, Fate};
use super::oracle::Known;

/// The situations, and how often each was met.
pub fn met(diary: &Diary, known: &Known) -> Vec<(String, usize)> {
    let mut met = Vec::new();
    let mut count = |what: &str, times: usize| met.push((what.to_owned(), times));
    for outcome in ["complete", "partial", "failed", "interrupted", "aborted"] {
        let runs = diary.runs.iter().filter(|run| run.outcome == Some(outcome));
        count(&format!("runs that were {outcome}"), runs.count());
    }
    let fates = || diary.runs.iter().flat_map(|run| &run.fates);
    for cause in [
        "aborted",
        "deferred",
        "unreachable",
        "throttled",
        "denied",
        "credential",
        "invalid_answer",
        "incomplete_listing",
        "expired_unseen",
    ] {
        let is_of =
            |fate: &Fate| matches!(fate, Fate::Missed { cause: known, .. } if *known == cause);
        let times = fates().filter(|(_, fate)| is_of(fate)).count();
        count(&format!("looks missed because of {cause}"), times);
    }
    let unknown = fates().filter(|(_, fate)| *fate == Fate::NotFound);
    count("looks at an id that nobody knows", unknown.count());
    for cause in ["not_run", "disk"] {
        let gaps = known
            .gaps
            .iter()
            .filter(|gap| gap.op.is_none() && gap.cause == cause);
        count(&format!("gaps of the recorder: {cause}"), gaps.count());
    }
    let watches = diary.watches.iter();
    for state in ["active", "settled", "unsettled", "not_found", "expired"] {
        let watches = watches.clone().filter(|watch| watch.state.0 == state);
        count(&format!("watches that are {state}"), watches.count());
    }
    let removed = watches.clone().filter(|watch| watch.removed.is_some());
    count("watches removed", removed.count());
    count(
        "watches found",
        watches.filter(|watch| watch.parent.is_some()).count(),
    );
    let stranger = |id: &str| id == "9999999999999999";
    let strangers = diary
        .identities
        .iter()
        .filter(|one| stranger(&one.account_id));
    count("credentials of a stranger", strangers.count());
    let mut labels: Vec<&str> = diary
        .identities
        .iter()
        .map(|one| one.label.as_str())
        .collect();
    labels.sort_unstable();
    labels.dedup();
    count(
        "second names of credentials",
        labels.len().saturating_sub(5),
    );
    let disks = diary
        .skipped
        .iter()
        .filter(|(_, is_disk, _)| *is_disk)
        .count();
    count("collectors without room", disks);
    count(
        "collectors that were locked out",
        diary.skipped.len() - disks,
    );
    count("steps of the clock", diary.clock_steps.len());
    count("redactions", diary.redactions.len());
    for outcome in ["ok", "denied"] {
        let stops = diary
            .interventions
            .iter()
            .filter(|stop| stop.outcome == outcome);
        count(&format!("stops that were {outcome}"), stops.count());
    }
    for kind in ["word", "field"] {
        let unknowns = diary
            .unknowns
            .iter()
            .filter(|(_, known, _, _, _)| *known == kind);
        count(&format!("unknown {kind}s"), unknowns.count());
    }
    let rows = || known.rows.values().flat_map(|rows| rows.values());
    count(
        "rows that are gone",
        rows().filter(|row| !row.is_present).count(),
    );
    for status in ["SUCCEEDED", "FAILED", "CANCELLED", "WAITING_APPROVAL"] {
        let rows = rows().filter(|row| row.status == status);
        count(&format!("rows that are {status}"), rows.count());
    }
    for (what, wanted) in [("torn", true), ("not the same", false)] {
        let is_such = |torn: bool, complete: bool| !complete && torn == wanted;
        let listings = diary.listings.iter().filter(|one| !one.is_details);
        let listings = listings.filter(|one| is_such(one.is_torn, one.is_complete));
        count(&format!("listings that are {what}"), listings.count());
    }
    met
}

/// Fails if one was never met.
pub fn check(diary: &Diary, known: &Known) {
    let met = met(diary, known);
    let lacking: Vec<&String> = met
        .iter()
        .filter(|(_, times)| *times == 0)
        .map(|(what, _)| what)
        .collect();
    assert!(lacking.is_empty(), "never met: {lacking:?}; met: {met:#?}");
}
