//! Operations by status and each, failures, results by target, durations.

use std::collections::BTreeMap;

use serde_json::Value;

use super::known::status_of;
use super::{Cell, Groups, Oracle, Section, is, leaves, time};
use crate::diary::Look;
use crate::life::EVERY;
use crate::truth::{self, SECOND, Service};

impl Oracle<'_> {
    fn last(&self, op: usize) -> &Look {
        self.known.looks[&op].last().unwrap()
    }

    /// The leaf that first showed an operation as it is.
    fn current(&self, op: usize) -> i64 {
        self.known.versions(op).last().unwrap().leaf
    }

    fn phase(&self, op: usize) -> &'static str {
        truth::phase(self.last(op).state.status)
    }

    /// Between start and end as the cloud tells them in full seconds, ms.
    fn duration_ms(&self, op: usize) -> Option<i64> {
        let begun = self.truth(op).born_at / SECOND * SECOND;
        let ended = self.last(op).state.ended_at? / SECOND * SECOND;
        Some(ended - begun)
    }

    pub fn operations_by_status(&self) -> Section {
        let key = &["service", "kind", "status", "phase"];
        let mut section = Section::new("operations_by_status", key);
        let mut groups: Groups<_, Vec<usize>> = BTreeMap::new();
        for op in self.seen() {
            let truth = self.truth(op);
            let group = (
                truth.service,
                truth.kind,
                status_of(self.last(op)),
                self.phase(op),
            );
            groups.entry(group).or_default().push(op);
        }
        for ((service, kind, status, phase), ops) in groups {
            let failed = ops
                .iter()
                .filter(|op| self.has_failures(**op) == Some(1))
                .count();
            let cells = vec![
                ("operations", is(ops.len())),
                ("with_failures", is(failed)),
                ("evidence", leaves(ops.iter().map(|op| self.current(*op)))),
            ];
            let key = [
                service.word().into(),
                kind.into(),
                status.into(),
                phase.into(),
            ];
            section.push(cells, key);
        }
        section
    }

    fn has_failures(&self, op: usize) -> Option<i64> {
        self.known.has_failures(op)
    }

    pub fn operations(&self) -> Section {
        let key = &["service", "account_id", "region_id", "operation_id"];
        let mut section = Section::new("operations", key);
        for op in self.seen() {
            let (truth, looks) = (self.truth(op), &self.known.looks[&op]);
            let last = self.last(op);
            let is_ros = truth.service == Service::Ros;
            let group = truth
                .group
                .map(|group| self.world.groups[group].name.clone());
            let begun = is_ros.then_some(truth.born_at / SECOND * SECOND);
            let ended = last.state.ended_at.map(|at| at / SECOND * SECOND);
            let versions = self.known.versions(op);
            let cells = vec![
                ("kind", is(truth.kind)),
                ("resource_name", is(group)),
                ("status", is(status_of(last))),
                ("phase", is(self.phase(op))),
                ("has_failures", is(self.has_failures(op))),
                ("reason", is(last.state.reason)),
                ("first_seen_at", time(Some(looks[0].received_at))),
                ("last_seen_at", time(Some(last.received_at))),
                ("cloud_started_at", time(begun)),
                ("cloud_ended_at", time(ended)),
                ("duration_ms", is(self.duration_ms(op))),
                ("looks", is(looks.len())),
                (
                    "widest_look_gap_seconds",
                    is(self.known.widest_look_gap_seconds(op)),
                ),
                ("evidence", leaves(versions.iter().map(|look| look.leaf))),
            ];
            section.push(cells, self.key(op));
        }
        section
    }

    pub fn failures(&self) -> Section {
        let key = &[
            "scope",
            "operation_id",
            "target_account_id",
            "target_region_id",
        ];
        let mut section = Section::new("failures", key);
        for op in self.seen() {
            let [service, account, region, id] = self.key(op);
            let common = [
                ("service", Cell::Is(service)),
                ("account_id", Cell::Is(account)),
                ("region_id", Cell::Is(region)),
            ];
            if self.phase(op) == "failed" {
                let entered = self.known.entered(op);
                let mut cells = common.to_vec();
                cells.extend([
                    ("status", is(status_of(self.last(op)))),
                    ("reason", is(self.last(op).state.reason)),
                    ("entered_latest_at", time(Some(entered.received_at))),
                    ("evidence", leaves([entered.leaf, self.current(op)])),
                ]);
                section.push(
                    cells,
                    ["operation".into(), id.clone(), Value::Null, Value::Null],
                );
            }
            for (number, row) in self.known.rows.get(&op).into_iter().flatten() {
                if !row.is_present || truth::phase(row.status) != "failed" {
                    continue;
                }
                let target = &self.truth(op).rows[*number];
                let mut cells = common.to_vec();
                cells.extend([
                    ("status", is(row.status)),
                    ("reason", is(row.reason)),
                    ("entered_latest_at", time(Some(row.since))),
                    ("evidence", leaves([row.leaf])),
                ]);
                let (account, region) = (target.account_id.clone(), target.region_id);
                section.push(
                    cells,
                    ["result".into(), id.clone(), account.into(), region.into()],
                );
            }
        }
        section
    }

    pub fn results_by_target(&self) -> Section {
        let key = &["target_account_id", "target_region_id"];
        let mut section = Section::new("results_by_target", key);
        let mut groups: Groups<_, Vec<(&'static str, i64)>> = BTreeMap::new();
        for op in self.seen() {
            for (number, row) in self.known.rows.get(&op).into_iter().flatten() {
                if row.is_present {
                    let target = &self.truth(op).rows[*number];
                    let key = (target.account_id.as_str(), target.region_id);
                    let phase = truth::phase(row.status);
                    groups.entry(key).or_default().push((phase, row.leaf));
                }
            }
        }
        for ((account, region), rows) in groups {
            let of = |phase: &str| rows.iter().filter(|(known, _)| *known == phase).count();
            let (succeeded, failed, cancelled) = (of("succeeded"), of("failed"), of("cancelled"));
            let cells = vec![
                ("results", is(rows.len())),
                ("succeeded", is(succeeded)),
                ("failed", is(failed)),
                ("cancelled", is(cancelled)),
                ("other", is(rows.len() - succeeded - failed - cancelled)),
                // Each operation has a target once.
                ("operations", is(rows.len())),
                ("evidence", leaves(rows.iter().map(|(_, leaf)| *leaf))),
            ];
            section.push(cells, [account.into(), region.into()]);
        }
        section
    }

    pub fn durations(&self) -> Section {
        let mut section = Section::new("durations", &["service", "kind"]);
        let mut groups: Groups<_, Vec<usize>> = BTreeMap::new();
        for op in self
            .seen()
            .filter(|op| truth::is_final(self.last(*op).state.status))
        {
            let truth = self.truth(op);
            groups
                .entry((truth.service, truth.kind))
                .or_default()
                .push(op);
        }
        for ((service, kind), ops) in groups {
            let mut lengths: Vec<i64> = ops.iter().filter_map(|op| self.duration_ms(*op)).collect();
            lengths.sort_unstable();
            // Nearest rank: the value at ceil(p * n).
            let rank = |percent: usize| {
                let place = (percent * lengths.len()).div_ceil(100);
                lengths.get(place.checked_sub(1)?).copied()
            };
            let longest = lengths.last().copied();
            let longest_ids = ops.iter().filter(|op| self.duration_ms(**op) == longest);
            let longest_id = longest_ids
                .map(|op| &self.truth(*op).id)
                .collect::<Vec<_>>();
            let widest = ops
                .iter()
                .filter_map(|op| self.known.widest_look_gap_seconds(*op));
            let mut cells = vec![
                ("operations", is(ops.len())),
                ("with_duration", is(lengths.len())),
                ("median_ms", is(rank(50))),
                ("p95_ms", is(rank(95))),
                ("longest_ms", is(longest)),
                ("schedule_seconds", is(EVERY / SECOND)),
                ("widest_look_gap_seconds", is(widest.max())),
                ("evidence", leaves(ops.iter().map(|op| self.current(*op)))),
            ];
            if let ([id], Some(_)) = (&longest_id[..], longest) {
                cells.push(("longest_operation_id", is(id.as_str())));
            }
            section.push(cells, [service.word().into(), kind.into()]);
        }
        section
    }
}
