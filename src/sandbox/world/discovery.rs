//! The calls by which operations are found: regions, stack groups, the operations of a group.

use super::group::operation_entry;
use super::pages::Places;
use super::region::{self, DEFAULT_REGIONS};
use super::serve::{Served, count};
use super::stop::is_final;
use super::{State, World};
use crate::model::UtcMillis;
use crate::sandbox::answer::{Object, Value};
use crate::sandbox::call::{GroupFilter, PageRequest, RegionLanguage};
use crate::sandbox::key::Key;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::truth::Answered;

impl World {
    pub(super) fn describe_regions(
        &self,
        language: RegionLanguage,
        key: &Key,
    ) -> (Object, Answered) {
        let region_ids = self.state().regions_of(&key.account_id);
        let body = region::answer(&region_ids, language);
        (body, Answered::Regions { region_ids })
    }

    /// The newest group first, so that a new one moves all others.
    pub(super) fn list_groups(
        &self,
        filter: &GroupFilter,
        key: &Key,
        now: UtcMillis,
        page: PageRequest,
    ) -> Served {
        let mut state = self.state();
        state.check_region(&key.account_id, &filter.region_id)?;
        let (paging, served) = state.next_page("ListStackGroups");
        let groups = state.groups.iter();
        let mut groups: Vec<_> = groups
            .filter(|group| group.matches(filter, &key.account_id, now))
            .cloned()
            .collect();
        drop(state);
        groups.sort_by_key(|group| std::cmp::Reverse(group.created_at()));
        let total = count(&groups);
        let places = Places::of(paging, total, served, true, page);
        let shown = places.pick(&groups);
        let entries = shown.iter().filter_map(|group| group.entry(now));
        let entries = entries.map(Value::from).collect();
        let body = places.head().with("StackGroups", Value::List(entries));
        let shown = shown.iter().map(|group| group.stack_group_id.clone());
        let answered = Answered::Groups {
            total,
            stack_group_ids: shown.collect(),
        };
        Ok((body, answered))
    }

    /// The operations of every group that ever bore the name, the newest first. The order may shift
    /// while one of them runs.
    pub(super) fn list_operations(
        &self,
        (region_id, name): (&str, &str),
        key: &Key,
        now: UtcMillis,
        page: PageRequest,
    ) -> Served {
        let mut state = self.state();
        state.check_region(&key.account_id, region_id)?;
        let mut groups = state.groups.iter();
        let is_known = groups.any(|group| {
            group.spec.account_id == key.account_id
                && group.spec.region_id == region_id
                && group.spec.name == name
                && group.status_at(now).is_some()
        });
        if !is_known {
            return Err(Refusal::group_not_found(name));
        }
        let (paging, served) = state.next_page("ListStackGroupOperations");
        let operations = state.ros.iter().filter(|operation| {
            operation.spec.account_id == key.account_id
                && operation.spec.region_id == region_id
                && operation.spec.stack_group_name == name
                && operation.status_at(now).is_some()
        });
        let mut operations: Vec<_> = operations.cloned().collect();
        drop(state);
        operations.sort_by_key(|operation| {
            let created_at = operation.spec.status.steps().first().map(|(at, _)| *at);
            std::cmp::Reverse(created_at)
        });
        let moves = operations.iter().any(|operation| {
            let status = operation.status_at(now);
            status.is_some_and(|status| !is_final(&status))
        });
        let total = count(&operations);
        let places = Places::of(paging, total, served, moves, page);
        let shown = places.pick(&operations);
        let entries = shown
            .iter()
            .filter_map(|operation| operation_entry(operation, now));
        let entries = entries.map(Value::from).collect();
        let body = places
            .head()
            .with("StackGroupOperations", Value::List(entries));
        let shown = shown.iter().map(|operation| operation.operation_id.clone());
        let answered = Answered::Operations {
            total,
            operation_ids: shown.collect(),
        };
        Ok((body, answered))
    }
}

impl State {
    /// The regions of an account, and those in which it has groups.
    fn regions_of(&self, account_id: &str) -> Vec<String> {
        let told = self.regions.get(account_id).cloned();
        let mut regions = told.unwrap_or_else(|| DEFAULT_REGIONS.map(str::to_owned).to_vec());
        for group in &self.groups {
            let spec = &group.spec;
            if spec.account_id == account_id && !regions.contains(&spec.region_id) {
                regions.push(spec.region_id.clone());
            }
        }
        regions
    }

    fn check_region(&self, account_id: &str, region_id: &str) -> Result<(), Refusal> {
        let regions = self.regions_of(account_id);
        match regions.iter().any(|region| region == region_id) {
            true => Ok(()),
            false => Err(Refusal::invalid(
                "RegionId",
                "it is no region of this account",
            )),
        }
    }
}
