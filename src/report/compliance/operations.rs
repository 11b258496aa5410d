//! Sections about operations: by status, each with its timeline, failures, results by target.

use std::collections::BTreeMap;

use super::table::{evidence, key, known, number, section, text, time};
use super::words::columns as col;
use super::words::{sentences as say, titles};
use super::{Report, TargetCounts};
use crate::export::document::{Blind, Section, Stretch, Timeline, Value};
use crate::model::Phase;
use crate::store::report::Key;
use crate::store::report::gaps::Gap;
use crate::store::report::operations::Operation;
use crate::store::report::results::Target;

/// Operations of one kind and status.
#[derive(Default)]
struct ByStatus {
    operations: i64,
    with_failures: i64,
    leaves: Vec<i64>,
}

impl Report<'_> {
    pub(super) fn operations_by_status(&self) -> Section {
        let mut groups: BTreeMap<_, ByStatus> = BTreeMap::new();
        for operation in &self.facts.operations {
            let Operation {
                key,
                kind,
                status,
                phase,
                ..
            } = operation;
            let group = groups
                .entry((&key.service, kind, status, phase.as_str()))
                .or_default();
            group.operations += 1;
            group.with_failures += i64::from(operation.has_failures == Some(true));
            group.leaves.extend(operation.current());
        }
        let rows = groups
            .into_iter()
            .map(|((service, kind, status, phase), group)| {
                vec![
                    known(service),
                    text(kind),
                    text(status),
                    known(phase),
                    Value::Integer(group.operations),
                    Value::Integer(group.with_failures),
                    evidence(group.leaves),
                ]
            });
        let columns = [
            col::SERVICE,
            col::KIND,
            col::STATUS,
            col::PHASE,
            col::OPERATION_COUNT,
            col::WITH_FAILURES,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_BY_STATUS.of(self.language);
        section(
            self.language,
            "operations_by_status",
            titles::OPERATIONS_BY_STATUS,
            about,
            &columns,
            rows.collect(),
        )
    }

    pub(super) fn operations(&self) -> Section {
        let columns = [
            col::SERVICE,
            col::ACCOUNT_ID,
            col::REGION_ID,
            col::OPERATION_ID,
            col::KIND,
            col::RESOURCE_NAME,
            col::STATUS,
            col::PHASE,
            col::HAS_FAILURES,
            col::REASON,
            col::FIRST_SEEN_AT,
            col::LAST_SEEN_AT,
            col::CLOUD_STARTED_AT,
            col::CLOUD_ENDED_AT,
            col::DURATION_MS,
            col::LOOKS,
            col::WIDEST_LOOK_GAP_SECONDS,
            col::EVIDENCE,
        ];
        let rows = self.facts.operations.iter().map(operation_row);
        let about = say::ABOUT_OPERATIONS.of(self.language);
        Section {
            timelines: self.timelines(),
            ..section(
                self.language,
                "operations",
                titles::OPERATIONS,
                about,
                &columns,
                rows.collect(),
            )
        }
    }

    fn timelines(&self) -> Vec<Timeline> {
        let mut blind: BTreeMap<Key, Vec<Blind>> = BTreeMap::new();
        for gap in &self.facts.gaps {
            if let Some(key) = subject(gap) {
                blind.entry(key).or_default().push(blind_stretch(gap));
            }
        }
        let of_recorder: Vec<&Gap> = self
            .facts
            .gaps
            .iter()
            .filter(|gap| !gap.is_of_watch())
            .collect();
        let operations = self.facts.operations.iter();
        operations
            .filter(|operation| !operation.stretches.is_empty())
            .map(|operation| {
                let mut gaps = blind.remove(&operation.key).unwrap_or_default();
                let blind_to_all = of_recorder.iter().copied();
                gaps.extend(
                    blind_to_all
                        .filter(|gap| hides(gap, operation))
                        .map(blind_stretch),
                );
                gaps.sort_by_key(|gap| gap.from);
                timeline(operation, gaps)
            })
            .collect()
    }

    pub(super) fn failures(&self) -> Section {
        let failed = self.facts.operations.iter();
        let failed = failed.filter(|operation| operation.phase == Phase::Failed);
        let operations = failed.map(|operation| {
            let begin = operation.stretch_begin();
            let at = begin.and_then(|sequence| self.facts.received.get(&sequence));
            let [service, account, region, id] = key(&operation.key);
            vec![
                known("operation"),
                service,
                account,
                region,
                id,
                Value::Null,
                Value::Null,
                text(&operation.status),
                text(&operation.reason),
                time(at.copied()),
                evidence(begin.into_iter().chain(operation.current())),
            ]
        });
        let results = self.facts.failed.iter().map(|result| {
            let [service, account, region, id] = key(&result.key);
            vec![
                known("result"),
                service,
                account,
                region,
                id,
                known(&result.target.account_id),
                known(&result.target.region_id),
                text(&result.status),
                text(&result.reason),
                time(result.entered_latest_at),
                evidence(result.leaves),
            ]
        });
        let columns = [
            col::SCOPE,
            col::SERVICE,
            col::ACCOUNT_ID,
            col::REGION_ID,
            col::OPERATION_ID,
            col::TARGET_ACCOUNT_ID,
            col::TARGET_REGION_ID,
            col::STATUS,
            col::REASON,
            col::ENTERED_LATEST_AT,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_FAILURES.of(self.language);
        section(
            self.language,
            "failures",
            titles::FAILURES,
            about,
            &columns,
            operations.chain(results).collect(),
        )
    }

    pub(super) fn results_by_target(&self, targets: Vec<(Target, TargetCounts)>) -> Section {
        let rows = targets.into_iter().map(|(target, counts)| {
            vec![
                known(target.account_id),
                known(target.region_id),
                Value::Integer(counts.results),
                Value::Integer(counts.succeeded),
                Value::Integer(counts.failed),
                Value::Integer(counts.cancelled),
                Value::Integer(counts.other),
                Value::Integer(counts.operations),
                evidence(counts.leaves),
            ]
        });
        let columns = [
            col::TARGET_ACCOUNT_ID,
            col::TARGET_REGION_ID,
            col::RESULT_COUNT,
            col::SUCCEEDED,
            col::FAILED,
            col::CANCELLED,
            col::OTHER,
            col::OPERATION_COUNT,
            col::EVIDENCE,
        ];
        let about = say::ABOUT_TARGETS.of(self.language);
        section(
            self.language,
            "results_by_target",
            titles::RESULTS_BY_TARGET,
            about,
            &columns,
            rows.collect(),
        )
    }
}

fn operation_row(operation: &Operation) -> Vec<Value> {
    let [service, account, region, id] = key(&operation.key);
    vec![
        service,
        account,
        region,
        id,
        text(&operation.kind),
        text(&operation.resource_name),
        text(&operation.status),
        known(operation.phase.as_str()),
        operation.has_failures.map_or(Value::Null, Value::Flag),
        text(&operation.reason),
        known(&operation.first_seen_at),
        known(&operation.last_seen_at),
        text(&operation.cloud_started_at),
        text(&operation.cloud_ended_at),
        number(operation.duration_ms),
        Value::Integer(operation.looks()),
        number(operation.widest_look_gap_seconds()),
        evidence(operation.versions.iter().map(|version| version.sequence)),
    ]
}

/// The operation that a gap is about, where it is about one.
fn subject(gap: &Gap) -> Option<Key> {
    let is_operation = gap.is_of_watch() && !gap.operation_id.is_empty();
    Some(Key {
        service: gap.service.clone().filter(|_| is_operation)?,
        account_id: gap.account_id.clone()?,
        region_id: gap.region_id.clone(),
        operation_id: gap.operation_id.clone(),
    })
}

fn blind_stretch(gap: &Gap) -> Blind {
    Blind {
        from: gap.gap_from,
        until: gap.gap_until,
        cause: gap.cause.clone(),
    }
}

/// Whether a gap has a moment in common with the time in which an operation may have changed unseen: from the first
/// look at it to the last one where that showed its end, else without an end.
fn hides(gap: &Gap, operation: &Operation) -> bool {
    let (Some(first), Some(last)) = (operation.stretches.first(), operation.stretches.last())
    else {
        return false;
    };
    let end = match last.phase.is_final() {
        true => Some(last.entered_latest),
        false => last.left_latest,
    };
    end.is_none_or(|end| gap.gap_from < end)
        && gap
            .gap_until
            .is_none_or(|until| until > first.entered_latest)
}

fn timeline(operation: &Operation, gaps: Vec<Blind>) -> Timeline {
    let named = [&operation.kind, &operation.resource_name];
    let named: Vec<&str> = named.into_iter().flatten().map(String::as_str).collect();
    let stretches = operation.stretches.iter().map(|stretch| Stretch {
        status: stretch.status.clone().unwrap_or_default(),
        phase: stretch.phase,
        entered_earliest: stretch.entered_earliest,
        entered_latest: stretch.entered_latest,
        left_earliest: stretch.left_earliest,
        left_latest: stretch.left_latest,
    });
    Timeline {
        label: match named.is_empty() {
            true => operation.key.service.clone(),
            false => named.join(" "),
        },
        id: operation.key.operation_id.clone(),
        stretches: stretches.collect(),
        gaps,
    }
}
