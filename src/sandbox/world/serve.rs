//! Carries out calls: looks up what is asked for, lets it answer, and logs what it said.

use std::sync::Arc;

use super::keyring::Issued;
use super::pages::{Paging, Places};
use super::{BatchTask, Role, RosOperation, State, Stop, World};
use super::{alidns, batch_detail, bpstudio, identity, listing, role, stop};
use crate::model::UtcMillis;
use crate::sandbox::answer::Object;
use crate::sandbox::call::{Call, OidcProof, PageRequest, RoleRequest, RosTarget, TaskFilter};
use crate::sandbox::key::Key;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::truth::{Answered, SeenLook, SeenRequest};

/// The body of an answer, and what goes to the log.
pub(super) type Served = Result<(Object, Answered), Refusal>;

/// How many there are; no listing has more than four thousand million.
pub(super) fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

impl World {
    pub(in crate::sandbox) fn log_request(&self, request: SeenRequest) {
        let mut state = self.state();
        let key = state.keys.get(&request.access_key_id);
        let account_id = key.map(|key| key.account_id).unwrap_or_default();
        let counted = (account_id, request.action.clone());
        *state.counts.entry(counted).or_insert(0) += 1;
        state.requests.push(request);
    }

    /// Carries out a call for the owner of a key. `faithful` goes to the log.
    pub(in crate::sandbox) fn answer(
        &self,
        call: &Call,
        key: &Key,
        faithful: bool,
    ) -> Result<Object, Refusal> {
        let now = self.now();
        let result = match call {
            Call::GetStackGroupOperation(target) => self.get_operation(target, key, now),
            Call::ListStackGroupOperationResults { target, page } => {
                self.list_results(target, key, now, *page)
            }
            Call::StopStackGroupOperation(target) => self.stop_operation(target, key, now),
            Call::GetExecuteOperationResult { operation_id } => {
                Ok(self.get_bpstudio(operation_id, key, now))
            }
            Call::DescribeBatchResultCount(task) => Ok(self.count_batch(*task, key, now)),
            Call::DescribeBatchResultDetail {
                task,
                succeeded,
                page,
            } => Ok(self.list_details(*task, *succeeded, key, now, *page)),
            Call::DescribeRegions(language) => Ok(self.describe_regions(*language, key)),
            Call::ListStackGroups { filter, page } => self.list_groups(filter, key, now, *page),
            Call::ListStackGroupOperations {
                region_id,
                stack_group_name,
                page,
            } => self.list_operations((region_id, stack_group_name), key, now, *page),
            Call::GetCallerIdentity => Ok((identity::answer(key), Answered::Identity)),
            Call::AssumeRole {
                request,
                external_id,
            } => self.assume_role(request, now, |role| {
                role.admit(key, external_id.as_deref(), request)
            }),
            Call::AssumeRoleWithOidc { request, proof } => {
                self.assume_role_with_oidc(request, proof, now)
            }
        };
        let (result, answered) = match result {
            Ok((body, answered)) => (Ok(body), answered),
            Err(refusal) => {
                let code = refusal.code.clone();
                (Err(refusal), Answered::Refused { code })
            }
        };
        self.state().looks.push(SeenLook {
            action: call.action(),
            account_id: key.account_id.clone(),
            operation_id: call.operation(),
            page: call.page(),
            at: now,
            answered,
            faithful,
        });
        result
    }

    fn get_operation(&self, target: &RosTarget, key: &Key, now: UtcMillis) -> Served {
        let (_, operation) = self.state().find_ros(target, key)?;
        let not_found = || Refusal::operation_not_found(&target.operation_id);
        let status = operation.status_at(now).ok_or_else(not_found)?;
        let body = operation.answer(now).ok_or_else(not_found)?;
        Ok((body, Answered::Operation { status }))
    }

    fn list_results(
        &self,
        target: &RosTarget,
        key: &Key,
        now: UtcMillis,
        asked: PageRequest,
    ) -> Served {
        let (operation, served) = {
            let mut state = self.state();
            let (position, operation) = state.find_ros(target, key)?;
            let counter = state.pages_served.entry(position).or_insert(0);
            let served = *counter;
            *counter = counter.wrapping_add(1);
            (operation, served)
        };
        // Outside the lock: a page of a large operation is work.
        if operation.status_at(now).is_none() {
            return Err(Refusal::operation_not_found(&target.operation_id));
        }
        let page = listing::Page::of(&operation, now, served, asked);
        let body = page.answer();
        let total = page.total;
        let rows = page.rows.into_iter();
        let rows = rows.map(|(number, _, state)| (number, state)).collect();
        Ok((body, Answered::Rows { total, rows }))
    }

    /// Documented are InvalidParameter and StackGroupOperationNotFound only; an operation that has
    /// ended, or is being stopped already, is answered with the former.
    fn stop_operation(&self, target: &RosTarget, key: &Key, now: UtcMillis) -> Served {
        let mut state = self.state();
        let (position, operation) = state.find_ros(target, key)?;
        let status = operation
            .status_at(now)
            .ok_or_else(|| Refusal::operation_not_found(&target.operation_id))?;
        if !stop::can_be_stopped(&status) {
            let reason = format!("an operation whose status is {status} cannot be stopped");
            return Err(Refusal::invalid("OperationId", &reason));
        }
        let mut stopped = (*operation).clone();
        stopped.stop = Some(Stop {
            requested_at: now,
            stopped_at: now.plus_ms(i64::from(stopped.spec.stop_takes_ms)),
        });
        state.ros[position] = Arc::new(stopped);
        Ok((Object::new(), Answered::Stopped))
    }

    fn get_bpstudio(&self, operation_id: &str, key: &Key, now: UtcMillis) -> (Object, Answered) {
        let state = self.state();
        let mut operations = state.bpstudio.iter();
        let found = operations
            .find(|op| op.operation_id == operation_id && op.spec.account_id == key.account_id);
        let Some(operation) = found else {
            return (bpstudio::answer_unknown(), Answered::NoData);
        };
        let answered = match operation.state_at(now) {
            Some(state) => Answered::BpOperation {
                status: state.status.clone(),
            },
            None => Answered::NoData,
        };
        (operation.answer(now), answered)
    }

    fn count_batch(&self, asked: TaskFilter, key: &Key, now: UtcMillis) -> (Object, Answered) {
        let task = self.state().find_batch(asked, key, now);
        let found = task.and_then(|task| Some((task.state_at(now)?.clone(), task)));
        match found {
            Some((state, task)) => (
                task.answer(&state, asked.lang),
                Answered::Task {
                    task_id: task.task_id,
                    state,
                },
            ),
            None => (alidns::answer_no_task(asked.task_id), Answered::NoTask),
        }
    }

    /// A task that is not there has no entries; whether the service says so otherwise is not
    /// documented.
    fn list_details(
        &self,
        asked: TaskFilter,
        succeeded: Option<bool>,
        key: &Key,
        now: UtcMillis,
        page: PageRequest,
    ) -> (Object, Answered) {
        let (task, paging, served) = {
            let mut state = self.state();
            let (paging, served) = state.next_page("DescribeBatchResultDetail");
            (state.find_batch(asked, key, now), paging, served)
        };
        let details = task.as_ref().map(|task| task.details_at(now));
        let details = details.unwrap_or_default();
        let matching = (0_u32..)
            .zip(&details)
            .filter(|(_, detail)| succeeded.is_none_or(|wanted| wanted == detail.succeeded));
        let matching: Vec<_> = matching.map(|(place, _)| place).collect();
        let total = count(&matching);
        let is_running = task
            .as_ref()
            .and_then(|task| task.state_at(now))
            .is_some_and(|state| state.status == 0);
        let places = Places::of(paging, total, served, is_running, page);
        let shown = places.pick(&matching);
        let entries = shown.iter().filter_map(|place| {
            let detail = details.get(*place as usize)?;
            Some(task.as_ref()?.detail_entry(detail, asked.lang))
        });
        let entries = batch_detail::wrapped(entries.collect());
        let answered = Answered::Details {
            task_id: task.as_ref().map(|task| task.task_id),
            total,
            places: shown,
        };
        (places.head().with("BatchResultDetails", entries), answered)
    }

    fn assume_role(
        &self,
        request: &RoleRequest,
        now: UtcMillis,
        admit: impl Fn(&Role) -> Result<(), Refusal>,
    ) -> Served {
        let issued = self.state().issue(request, now, admit)?;
        Ok((role::answer(&issued), credentials_of(&issued)))
    }

    fn assume_role_with_oidc(
        &self,
        request: &RoleRequest,
        proof: &OidcProof,
        now: UtcMillis,
    ) -> Served {
        let admit = |role: &Role| role.admit_token(proof, request);
        let issued = self.state().issue(request, now, admit)?;
        Ok((role::answer_oidc(&issued), credentials_of(&issued)))
    }
}

fn credentials_of(issued: &Issued) -> Answered {
    Answered::Credentials {
        access_key_id: issued.key.access_key_id.clone(),
        expires_at: issued.expires_at,
    }
}

impl State {
    fn find_ros(
        &self,
        target: &RosTarget,
        key: &Key,
    ) -> Result<(usize, Arc<RosOperation>), Refusal> {
        let index = (
            key.account_id.clone(),
            target.region_id.clone(),
            target.operation_id.clone(),
        );
        let position = self.ros_index.get(&index).copied();
        position
            .map(|position| (position, Arc::clone(&self.ros[position])))
            .ok_or_else(|| Refusal::operation_not_found(&target.operation_id))
    }

    fn find_batch(&self, asked: TaskFilter, key: &Key, now: UtcMillis) -> Option<Arc<BatchTask>> {
        let candidates = self.batches.iter().filter(|task| {
            task.spec.account_id == key.account_id
                && asked.task_id.is_none_or(|id| id == task.task_id)
                && asked
                    .batch_type
                    .is_none_or(|kind| kind == task.spec.batch_type)
                && task.state_at(now).is_some()
        });
        // Of tasks submitted at one instant, the one added last is the last.
        candidates.max_by_key(|task| task.submitted_at()).cloned()
    }

    /// How a listing behaves, and how many of its pages were served before the next one.
    pub(super) fn next_page(&mut self, action: &'static str) -> (Paging, u32) {
        let paging = self.list_paging.get(action).copied().unwrap_or_default();
        let counter = self.list_pages_served.entry(action).or_insert(0);
        let served = *counter;
        *counter = counter.wrapping_add(1);
        (paging, served)
    }

    fn issue(
        &mut self,
        request: &RoleRequest,
        now: UtcMillis,
        admit: impl Fn(&Role) -> Result<(), Refusal>,
    ) -> Result<Issued, Refusal> {
        let arn = &request.role_arn;
        let mut roles = self.roles.iter();
        let role = roles
            .find(|role| role.arn() == *arn)
            .ok_or_else(|| role::unknown(arn))?;
        admit(role)?;
        let expires_at = role::expiry(now, request.duration_s);
        let account_id = &role.account_id;
        Ok(self
            .keys
            .issue(arn, account_id, &request.session_name, now, expires_at))
    }
}
