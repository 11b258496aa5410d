//! Operations that failed, and whether that was mended since.
//!
//! Of stack groups it is known what came later. A failure for a target is told until a later operation of the same
//! group ended for it, well or badly: a later failure is told in its place. Of other services nothing later is about
//! the same thing, so a failure is a point in the past.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Finding, Kind, Quote, Scope, Status, resource};
use crate::model::{Phase, Service, UtcMillis};
use crate::store::check::{self, FailedTarget, Failure, OfGroup, Place};
use crate::store::{Connection, StoreError, leaf_time};

/// Reasons that are told of one operation, the most frequent first.
const REASONS_TOLD: usize = 3;

/// Single results of one group that are asked one by one, a few microseconds each: in most groups the newest operations
/// are about all targets. Beyond, all results of the group are read once: else the time would grow with failures times
/// operations.
const PROBES_MAX: usize = 2_000;

/// Leaves that a finding names: the pages of a long listing are many, and one of them shows the way to the others. How
/// many are left out, is told.
const LEAVES_NAMED_MAX: usize = 20;

/// Operations of one stack group, newest first, by account, region and id of the group.
type Groups = HashMap<(String, String, String), Group>;

#[derive(Default)]
struct Group {
    operations: Vec<OfGroup>,
    /// Single results that were asked so far.
    probes: usize,
    /// For each kind of failed operation and each target, the newest operation that has ended for it and says how it is
    /// now: as far as was asked.
    asked: HashMap<Option<String>, HashMap<i64, Option<Place>>>,
    /// For each kind of operation, the newest one that has ended for a target; known once too many were asked.
    newest: Option<BTreeMap<Option<String>, HashMap<i64, Place>>>,
    /// It was deleted: nothing of it can be mended, and nothing has to be.
    is_gone: bool,
}

/// Failures that were not mended.
pub(super) fn look(connection: &Connection, scope: &Scope) -> Result<Vec<Finding>, StoreError> {
    let mut groups = Groups::new();
    let mut findings = Vec::new();
    for failure in check::failures(connection, &scope.accounts)? {
        let found = match failure.key.service {
            Service::Ros => of_stack_group(connection, &mut groups, &failure)?,
            Service::Bpstudio | Service::Alidns | Service::Sts => of_the_past(&failure, scope),
        };
        findings.extend(found);
    }
    if findings.is_empty() {
        let well = "none failed without a later one that ended";
        findings.push(Finding::well(Kind::OperationFailed, "operations", well));
    }
    Ok(findings)
}

/// A failure of a service whose operations have nothing to do with each other.
fn of_the_past(failure: &Failure, scope: &Scope) -> Option<Finding> {
    let failed_records = failure.failed_count.filter(|count| *count > 0);
    if failure.since < scope.since || (failure.phase != Phase::Failed && failed_records.is_none()) {
        return None;
    }
    let mut parts = vec![whole(failure)];
    if let (Some(failed), Some(total)) = (failed_records, failure.total_count) {
        parts.push(format!("{failed} of {total} records failed"));
    }
    parts.extend(
        failure
            .reason
            .as_deref()
            .map(|text| Quote(text).to_string()),
    );
    Some(finding(
        failure,
        &parts,
        Some(failure.since),
        [failure.sequence],
    ))
}

fn of_stack_group(
    connection: &Connection,
    groups: &mut Groups,
    failure: &Failure,
) -> Result<Option<Finding>, StoreError> {
    let mut alone = Group::default();
    let group = match &failure.resource_id {
        Some(id) => group(connection, groups, failure, id)?,
        None => &mut alone,
    };
    if group.is_gone {
        return Ok(None);
    }
    let failed = check::failed_targets(connection, failure.op)?;
    let had_failed_targets = !failed.is_empty();
    let open = group.still_failed(connection, failure, failed)?;
    let is_whole = failure.phase == Phase::Failed;
    if open.is_empty() {
        // One that failed before it had a result is over when a later one has ended.
        let has_ended = |other: &&OfGroup| matches!(other.phase, Phase::Succeeded | Phase::Failed);
        if !is_whole || had_failed_targets || group.later(failure).any(|other| has_ended(&other)) {
            return Ok(None);
        }
    }
    let mut parts = Vec::new();
    if is_whole || open.is_empty() {
        parts.push(whole(failure));
    }
    parts.extend(results(&open, failure));
    let first = open.iter().map(|target| target.sequence).min();
    let since = match first {
        Some(sequence) if !is_whole => leaf_time::received_at(connection, sequence)?,
        _ => Some(failure.since),
    };
    let own = is_whole.then_some(failure.sequence);
    let (leaves, left_out) = leaves_named(own, &open);
    let mut finding = finding(failure, &parts, since, leaves);
    finding.evidence_left_out = left_out;
    Ok(Some(finding))
}

/// The leaves that a finding names, and how many it does not: the answer about the operation itself before those
/// about its results.
fn leaves_named(own: Option<i64>, open: &[FailedTarget]) -> (Vec<i64>, usize) {
    let of_results: BTreeSet<i64> = open
        .iter()
        .map(|target| target.sequence)
        .filter(|sequence| Some(*sequence) != own)
        .collect();
    let mut leaves: Vec<i64> = own.into_iter().chain(of_results).collect();
    let left_out = leaves.len().saturating_sub(LEAVES_NAMED_MAX);
    leaves.truncate(LEAVES_NAMED_MAX);
    (leaves, left_out)
}

fn group<'g>(
    connection: &Connection,
    groups: &'g mut Groups,
    failure: &Failure,
    id: &str,
) -> Result<&'g mut Group, StoreError> {
    let (account, region) = (&failure.key.account_id, &failure.key.region_id);
    let key = (account.clone(), region.clone(), id.to_owned());
    Ok(match groups.entry(key) {
        std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
        std::collections::hash_map::Entry::Vacant(new) => new.insert(Group {
            operations: check::of_group(connection, account, region, id)?,
            probes: 0,
            asked: HashMap::new(),
            newest: None,
            is_gone: check::is_group_gone(connection, account, region, id)?,
        }),
    })
}

/// Whether what a later operation did to a target says how the target is now, after one that failed. What could not
/// be deployed may have been deployed since, or deleted; what could not be deleted has to be deleted.
fn answers(failed: Option<&str>, later: Option<&str>) -> bool {
    match (failed, later) {
        (Some("CREATE" | "UPDATE"), Some(later)) => matches!(later, "CREATE" | "UPDATE" | "DELETE"),
        (failed, later) => failed == later,
    }
}

impl Group {
    /// The operations that say how targets are after a failure, newest first.
    fn later<'g>(&'g self, failure: &'g Failure) -> impl Iterator<Item = &'g OfGroup> {
        let newer = self
            .operations
            .iter()
            .take_while(|other| other.place > failure.place);
        newer.filter(|other| answers(failure.kind.as_deref(), other.kind.as_deref()))
    }

    /// The targets for which no later operation has ended.
    fn still_failed(
        &mut self,
        connection: &Connection,
        failure: &Failure,
        failed: Vec<FailedTarget>,
    ) -> Result<Vec<FailedTarget>, StoreError> {
        let mut open = Vec::new();
        for target in failed {
            let newest = self.newest_of(connection, failure, target.target)?;
            if newest.is_none_or(|place| place <= failure.place) {
                open.push(target);
            }
        }
        Ok(open)
    }

    /// The newest operation that has ended for a target and says how it is now, after a failure of that kind.
    fn newest_of(
        &mut self,
        connection: &Connection,
        failure: &Failure,
        target: i64,
    ) -> Result<Option<Place>, StoreError> {
        let kind = failure.kind.as_deref();
        if self.newest.is_none() && self.probes > PROBES_MAX {
            self.newest = Some(newest(connection, &self.operations)?);
        }
        if let Some(known) = &self.newest {
            let answering = known
                .iter()
                .filter(|(later, _)| answers(kind, later.as_deref()));
            let places = answering.filter_map(|(_, newest)| newest.get(&target));
            return Ok(places.max().copied());
        }
        let asked = self.asked.entry(failure.kind.clone()).or_default();
        if let Some(place) = asked.get(&target) {
            return Ok(*place);
        }
        let mut found = None;
        for other in &self.operations {
            if !answers(kind, other.kind.as_deref()) {
                continue;
            }
            self.probes += 1;
            let phase = check::phase_of(connection, other.op, target)?;
            if matches!(phase, Some(Phase::Succeeded | Phase::Failed)) {
                found = Some(other.place);
                break;
            }
        }
        asked.insert(target, found);
        Ok(found)
    }
}

/// For each kind of operation and each target, the newest operation that has ended for it.
fn newest(
    connection: &Connection,
    newest_first: &[OfGroup],
) -> Result<BTreeMap<Option<String>, HashMap<i64, Place>>, StoreError> {
    let mut newest: BTreeMap<Option<String>, HashMap<i64, Place>> = BTreeMap::new();
    for operation in newest_first {
        let of_kind = newest.entry(operation.kind.clone()).or_default();
        for target in check::ended_targets(connection, operation.op)? {
            of_kind.entry(target).or_insert(operation.place);
        }
    }
    Ok(newest)
}

/// `UPDATE FAILED`, `RR_ADD ended as 1`.
fn whole(failure: &Failure) -> String {
    let kind = failure.kind.as_deref().unwrap_or("operation");
    let status = failure.status.as_deref().unwrap_or("without a status");
    let meaning = match failure.phase {
        phase if phase.as_str().eq_ignore_ascii_case(status) => String::new(),
        phase => format!(" ({phase})"),
    };
    format!("{} {}{meaning}", Quote(kind), Quote(status))
}

/// `3 results of UPDATE failed: 2 "quota exceeded", 1 without a reason`; what failed as a whole was named before.
fn results(open: &[FailedTarget], failure: &Failure) -> Option<String> {
    if open.is_empty() {
        return None;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for target in open {
        *counts
            .entry(target.reason.as_deref().unwrap_or_default())
            .or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let mut told: Vec<String> = counts
        .iter()
        .take(REASONS_TOLD)
        .map(|&(reason, count)| match reason {
            "" => format!("{count} without a reason"),
            reason => format!("{count} \"{}\"", Quote(reason)),
        })
        .collect();
    if counts.len() > REASONS_TOLD {
        told.push(format!("{} other reasons", counts.len() - REASONS_TOLD));
    }
    let noun = if open.len() == 1 { "result" } else { "results" };
    let of = match (&failure.kind, failure.phase) {
        (Some(kind), phase) if phase != Phase::Failed => format!(" of {}", Quote(kind)),
        _ => String::new(),
    };
    let (number, told) = (open.len(), told.join(", "));
    Some(format!("{number} {noun}{of} failed: {told}"))
}

fn finding(
    failure: &Failure,
    parts: &[String],
    since: Option<UtcMillis>,
    evidence: impl IntoIterator<Item = i64>,
) -> Finding {
    let key = &failure.key;
    let name = failure.resource_name.as_deref();
    let resource = resource(key.service, &key.region_id, name, &key.operation_id);
    Finding::new(
        Kind::OperationFailed,
        Status::Alarm,
        resource,
        parts.join("; "),
    )
    .of_operation(key)
    .shown_by(since, evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OperationKey;

    fn failure(phase: Phase, status: &str) -> Failure {
        Failure {
            op: 1,
            key: OperationKey {
                service: Service::Alidns,
                account_id: "1".to_owned(),
                region_id: String::new(),
                operation_id: "12".to_owned(),
            },
            kind: Some("RR_ADD".to_owned()),
            resource_id: None,
            resource_name: None,
            status: Some(status.to_owned()),
            phase,
            reason: Some("conflict".to_owned()),
            place: Place {
                cloud_started_ms: -1,
                first_sequence: 1,
            },
            sequence: 9,
            since: UtcMillis(1_000),
            failed_count: Some(2),
            total_count: Some(3),
        }
    }

    fn scope(since: i64) -> Scope {
        Scope {
            accounts: Vec::new(),
            now: UtcMillis(9_000),
            since: UtcMillis(since),
            drift_max_ms: None,
            overdue_since: None,
        }
    }

    #[test]
    fn a_batch_that_ended_with_failures_is_told_while_it_is_young() {
        let found = of_the_past(&failure(Phase::Succeeded, "1"), &scope(1_000));
        let found = found.map(|finding| (finding.resource, finding.reason));
        let expected = "RR_ADD 1 (succeeded); 2 of 3 records failed; conflict";
        assert_eq!(found, Some(("alidns 12".to_owned(), expected.to_owned())));
        assert_eq!(
            of_the_past(&failure(Phase::Failed, "2"), &scope(1_001)),
            None
        );
        let mended = Failure {
            failed_count: Some(0),
            ..failure(Phase::Succeeded, "1")
        };
        assert_eq!(of_the_past(&mended, &scope(0)), None);
    }

    #[test]
    fn of_very_many_leaves_the_operations_own_is_named() {
        let open: Vec<FailedTarget> = (0..30)
            .map(|target| FailedTarget {
                target,
                reason: None,
                sequence: 100 + target / 2 * 2,
            })
            .collect();
        assert_eq!(leaves_named(None, &open[..4]), (vec![100, 102], 0));
        assert_eq!(leaves_named(Some(102), &open[..4]), (vec![102, 100], 0));
        let open: Vec<FailedTarget> = (0..30)
            .map(|target| FailedTarget {
                target,
                reason: None,
                sequence: 100 + target,
            })
            .collect();
        let (leaves, left_out) = leaves_named(Some(900), &open);
        assert_eq!(
            (leaves[0], leaves[1], leaves.len(), left_out),
            (900, 100, 20, 11)
        );
    }

    #[test]
    fn what_answers_a_failure() {
        for (failed, later, expected) in [
            ("CREATE", "UPDATE", true),
            ("UPDATE", "CREATE", true),
            ("UPDATE", "DELETE", true),
            ("UPDATE", "DETECT_DRIFT", false),
            ("DELETE", "UPDATE", false),
            ("DELETE", "DELETE", true),
            ("DETECT_DRIFT", "DETECT_DRIFT", true),
        ] {
            assert_eq!(
                answers(Some(failed), Some(later)),
                expected,
                "{failed} {later}"
            );
        }
    }

    #[test]
    fn reasons_are_counted_the_most_frequent_first() {
        let target = |reason: Option<&str>| FailedTarget {
            target: 1,
            reason: reason.map(str::to_owned),
            sequence: 1,
        };
        let open = [Some("a"), Some("b"), None, Some("b"), Some("c"), Some("")].map(target);
        assert_eq!(
            results(&open, &failure(Phase::Running, "RUNNING")).as_deref(),
            Some(
                "6 results of RR_ADD failed: 2 without a reason, 2 \"b\", 1 \"a\", 1 other reasons"
            )
        );
    }
}
