//! What is not seen: ids that were lost, watches that fail, stretches without runs; and what was seen and is not
//! understood.

use std::collections::BTreeSet;

use super::{Finding, Key, Kind, Quote, Scope, Status, resource};
use crate::model::UtcMillis;
use crate::store::check::{self, Blind, Lost, Unknown};
use crate::store::{Connection, StoreError};

/// What was found of lost ids.
pub(super) struct LostIds {
    pub(super) findings: Vec<Finding>,
    /// Service, account, region and id of all of them, also of those lost before the scope begins.
    pub(super) keys: BTreeSet<[String; 4]>,
}

/// Ids that nobody asks about any more. That one expired is a point in the past, since nothing brings it back; one
/// that the cloud does not know is a watch that is wrong, until somebody removes it.
pub(super) fn ids(connection: &Connection, scope: &Scope) -> Result<LostIds, StoreError> {
    let lost = check::lost(connection, &scope.accounts)?;
    let mut findings: Vec<Finding> = lost
        .iter()
        .filter(|lost| !lost.is_expired || lost.since.is_none_or(|at| at >= scope.since))
        .map(id)
        .collect();
    let keys = lost
        .into_iter()
        .map(|lost| of_key(&Key::from(&lost.key)))
        .collect();
    if findings.is_empty() {
        let well = "none expired unseen, the cloud knows all";
        findings.push(Finding::well(Kind::IdExpired, "ids", well));
    }
    Ok(LostIds { findings, keys })
}

fn of_key(key: &Key) -> [String; 4] {
    let key = key.clone();
    [key.service, key.account_id, key.region_id, key.operation_id]
}

fn id(lost: &Lost) -> Finding {
    let key = &lost.key;
    let resource = resource(
        key.service,
        &key.region_id,
        lost.resource_name.as_deref(),
        &key.operation_id,
    );
    let last = match &lost.last_status {
        Some(status) => format!("last seen {}", Quote(status)),
        None => "it was never seen".to_owned(),
    };
    let (kind, what) = match lost.is_expired {
        true => (Kind::IdExpired, "its id died before its end was seen"),
        false => (
            Kind::IdNotFound,
            "the cloud does not know the id, and it is not asked about any more",
        ),
    };
    let finding = Finding::new(kind, Status::Alarm, resource, format!("{what}; {last}"))
        .of_operation(key)
        .shown_by(lost.since, [lost.sequence]);
    match lost.last_status {
        Some(_) => finding,
        None => finding.see("optrail watch list"),
    }
}

/// What nobody sees now, and when the recorder did not run.
pub(super) fn blind(
    connection: &Connection,
    scope: &Scope,
    lost: &BTreeSet<[String; 4]>,
) -> Result<Vec<Finding>, StoreError> {
    let (mut watches, mut recorder) = (Vec::new(), Vec::new());
    for gap in check::blind(connection, &scope.accounts, scope.since)? {
        match gap.watch_id {
            Some(watch_id) if !lost.contains(&of_key(&key(&gap))) => {
                watches.push(unseen(&gap, watch_id));
            }
            // Of a lost id its own finding tells.
            Some(_) => {}
            None => recorder.push(without_runs(&gap)),
        }
    }
    recorder.extend(scope.overdue_since.map(overdue));
    if watches.is_empty() {
        let well = "all that is due is seen";
        watches.push(Finding::well(Kind::WatchFailing, "watches", well));
    }
    if recorder.is_empty() {
        let well = "it ran whenever it was due";
        recorder.push(Finding::well(Kind::RecorderBlind, "recorder", well));
    }
    watches.extend(recorder);
    Ok(watches)
}

fn key(gap: &Blind) -> Key {
    Key {
        service: gap.service.clone(),
        account_id: gap.account_id.clone(),
        region_id: gap.region_id.clone(),
        operation_id: gap.operation_id.clone(),
    }
}

fn unseen(gap: &Blind, watch_id: i64) -> Finding {
    let mut words = vec![format!("watch {watch_id}")];
    let label = gap.label.as_deref().unwrap_or_default();
    for word in [gap.service.as_str(), &gap.region_id, &gap.operation_id] {
        words.extend(Some(word.to_owned()).filter(|word| !word.is_empty()));
    }
    if gap.operation_id.is_empty() && !label.is_empty() {
        words.push(format!("of {label}"));
    }
    let reason = format!("not seen: {}; {}", gap.cause, Quote(&gap.detail));
    let mut finding = Finding::new(Kind::WatchFailing, Status::Alarm, words.join(" "), reason)
        .shown_by(Some(gap.from), [gap.sequence])
        .see("optrail status");
    finding.key = Some(key(gap));
    finding
}

fn without_runs(gap: &Blind) -> Finding {
    let length = match gap.until {
        Some(until) => format!("for {} s", (until.0 - gap.from.0).max(0) / 1000),
        None => "and it lasts".to_owned(),
    };
    let reason = format!("blind {length}: {}; {}", gap.cause, Quote(&gap.detail));
    Finding::new(Kind::RecorderBlind, Status::Alarm, "recorder", reason)
        .shown_by(Some(gap.from), [gap.sequence])
        .see("optrail export gaps --format table")
}

fn overdue(last_run: UtcMillis) -> Finding {
    let reason = "the next run is overdue: see whether its timer or crontab line still starts it";
    Finding::new(Kind::RecorderBlind, Status::Alarm, "recorder", reason)
        .shown_by(Some(last_run), [])
        .see("optrail doctor")
}

/// Words and fields that are new to this program: what they mean, a person has to find out.
pub(super) fn unknown(connection: &Connection, scope: &Scope) -> Result<Vec<Finding>, StoreError> {
    let mut findings: Vec<Finding> = check::unknown(connection, &scope.accounts, scope.since)?
        .iter()
        .map(word)
        .collect();
    if findings.is_empty() {
        let well = "no word or field was new";
        findings.push(Finding::well(Kind::Unknown, "words and fields", well));
    }
    Ok(findings)
}

fn word(unknown: &Unknown) -> Finding {
    let (name, value) = (Quote(&unknown.name), Quote(&unknown.value));
    let reason = match unknown.is_field {
        true => format!("the field {name} ({value}) is not known; it is kept in the answers"),
        false => format!(
            "the word '{value}' in {name} is not known; it counts as unknown, and never as an end"
        ),
    };
    Finding::new(Kind::Unknown, Status::Alarm, unknown.action.clone(), reason)
        .shown_by(Some(unknown.first_seen), [unknown.sequence])
        .see("optrail export unknowns --format table")
}
