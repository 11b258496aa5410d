//! Drift, DNS batches, interventions, unknown words, requests.

use std::collections::BTreeMap;

use super::{Cell, Groups, Oracle, Section, is, leaves, time};
use crate::diary::Request;
use crate::truth::{self, SECOND, Service};

const KEY: &[&str] = &["service", "account_id", "region_id", "operation_id"];

impl Oracle<'_> {
    pub fn drift_checks(&self) -> Section {
        let mut section = Section::new("drift_checks", KEY);
        for op in self.seen() {
            let current = *self.known.versions(op).last().unwrap();
            let Some((status, found, counts)) = current.state.drift.or_else(|| {
                // Of one that was stopped the cloud tells no more.
                let is_drift = self.truth(op).kind == Some("DETECT_DRIFT");
                is_drift.then_some(("", "", [0; 6]))
            }) else {
                continue;
            };
            let group = &self.world.groups[self.truth(op).group.unwrap()];
            let mut cells = vec![
                ("resource_name", is(group.name.clone())),
                ("evidence", leaves([current.leaf])),
            ];
            if current.state.drift.is_some() {
                let [total, drifted, in_sync, in_progress, failed, cancelled] = counts;
                let begun = self.truth(op).born_at / SECOND * SECOND;
                cells.extend([
                    ("drift_detection_status", is(status)),
                    ("stack_group_drift_status", is(found)),
                    ("total_stack_instances_count", is(total)),
                    ("drifted_stack_instances_count", is(drifted)),
                    ("in_sync_stack_instances_count", is(in_sync)),
                    ("in_progress_stack_instances_count", is(in_progress)),
                    ("failed_stack_instances_count", is(failed)),
                    ("cancelled_stack_instances_count", is(cancelled)),
                    ("drift_detection_time", time(Some(begun))),
                ]);
            }
            section.push(cells, self.key(op));
        }
        section
    }

    pub fn batches(&self) -> Section {
        let mut section = Section::new("batches", KEY);
        for op in self
            .seen()
            .filter(|op| self.truth(*op).service == Service::Alidns)
        {
            let current = *self.known.versions(op).last().unwrap();
            let [total, done, failed] = current.state.counts.unwrap();
            let cells = vec![
                ("batch_type", is(self.truth(op).kind)),
                ("status", is(current.state.status.parse::<i64>().unwrap())),
                ("phase", is(truth::phase(current.state.status))),
                ("total_count", is(total)),
                ("success_count", is(done)),
                ("failed_count", is(failed)),
                ("reason", is(current.state.reason)),
                ("evidence", leaves([current.leaf])),
            ];
            section.push(cells, self.key(op));
        }
        section
    }

    pub fn interventions(&self) -> Section {
        let mut section = Section::new("interventions", &["operation_id", "requested_at"]);
        for stop in &self.diary.interventions {
            if !self.holds(stop.requested_at) || !self.is_of_account(self.truth(stop.op).account) {
                continue;
            }
            let later = |wanted: &[&str]| {
                let mut versions = self.known.versions(stop.op).into_iter();
                versions.find(|look| {
                    look.leaf > stop.leaf && wanted.contains(&truth::phase(look.state.status))
                })
            };
            let effects = [
                ("stopped", later(&["stopped"])),
                (
                    "ended_otherwise",
                    later(&["succeeded", "failed", "cancelled"]),
                ),
                ("stopping", later(&["stopping"])),
            ];
            let mut seen = effects.into_iter().filter(|(_, look)| look.is_some());
            let (effect, look) = match stop.outcome {
                "ok" => seen.next().unwrap_or(("none_seen", None)),
                _ => ("none_seen", None),
            };
            let [service, account, region, id] = self.key(stop.op);
            let cells = vec![
                ("service", Cell::Is(service)),
                ("account_id", Cell::Is(account.clone())),
                ("region_id", Cell::Is(region)),
                ("os_user", is(stop.user)),
                ("reason", is(stop.reason)),
                ("ticket", is("OPS-7")),
                ("status_before", is(stop.status_before)),
                ("outcome", is(stop.outcome)),
                ("effect", is(effect)),
                ("effect_seen_at", time(look.map(|look| look.received_at))),
                (
                    "caller_arn",
                    is(self.world.accounts[self.truth(stop.op).account].arn.clone()),
                ),
            ];
            section.push(cells, [id, crate::answers::utc(stop.requested_at).into()]);
        }
        section
    }

    pub fn unknowns(&self) -> Section {
        let key = &["action", "kind", "name", "value"];
        let mut section = Section::new("unknowns", key);
        let answers: BTreeMap<i64, &Request> = self
            .diary
            .requests
            .iter()
            .map(|one| (one.leaf, one))
            .collect();
        let mut groups: Groups<_, i64> = BTreeMap::new();
        for (action, kind, name, value, leaf) in &self.diary.unknowns {
            let answer = answers[leaf];
            if self.holds(answer.received_at) && self.is_requested(answer) {
                *groups.entry((*action, *kind, *name, *value)).or_default() += 1;
            }
        }
        for ((action, kind, name, value), count) in groups {
            let key = [action.into(), kind.into(), name.into(), value.into()];
            section.push(vec![("answers", is(count))], key);
        }
        section
    }

    fn is_requested(&self, request: &Request) -> bool {
        self.scope.account.is_none_or(|account| {
            let identities = &self.diary.identities;
            let first = identities.partition_point(|one| one.run < request.run);
            // A call that asks whose the credentials are is of the account that its run was told.
            let mut of_run = identities[first..]
                .iter()
                .take_while(|one| one.run == request.run);
            let told = of_run.find(|one| Some(&one.label) == request.label.as_ref());
            let asked = request.account_id.as_ref();
            asked.or(told.map(|one| &one.account_id)) == Some(&self.world.accounts[account].id)
        })
    }

    /// Requests sent in the period, and in scope.
    pub fn requested(&self) -> Vec<&Request> {
        let requests = self.diary.requests.iter();
        requests
            .filter(|one| self.holds(one.requested_at) && self.is_requested(one))
            .collect()
    }

    pub fn requests(&self) -> Section {
        let mut section = Section::new("requests", &["service", "action", "outcome"]);
        let mut groups: Groups<_, Vec<&Request>> = BTreeMap::new();
        for request in self.requested() {
            let key = (request.service, request.action, request.outcome);
            groups.entry(key).or_default().push(request);
        }
        for ((service, action, outcome), requests) in groups {
            let times = || requests.iter().map(|one| one.requested_at);
            let numbers = || requests.iter().map(|one| one.leaf);
            let (first, last) = (numbers().min().unwrap(), numbers().max().unwrap());
            let cells = vec![
                ("requests", is(requests.len())),
                ("first_at", time(times().min())),
                ("last_at", time(times().max())),
                ("evidence", leaves(first..=last)),
            ];
            section.push(cells, [service.into(), action.into(), outcome.into()]);
        }
        section
    }
}
