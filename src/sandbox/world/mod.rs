//! The world behind the gateway: operations and tasks that move on a clock of their own.
//!
//! What an entity says is a pure function of the entity and the instant; the only thing that a
//! call changes is a stop. Everything served is logged for [`World::truth`].

mod alidns;
mod bpstudio;
mod identity;
mod listing;
mod ros;
mod rows;
mod schedule;
mod stop;

pub use alidns::{BatchSpec, BatchState, BatchTask};
pub use bpstudio::{BPSTUDIO_LIFETIME_MS, BpOperation, BpSpec, BpState};
pub use listing::{Paging, TotalCount};
pub use ros::{Amount, DeploymentTargets, DriftDetail, Preferences, RosOperation, RosSpec};
pub use rows::{Row, RowFormula, RowState, Rows, Word};
pub use schedule::Schedule;
pub use stop::Stop;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::DateTime;

use super::answer::Object;
use super::call::{BatchType, Call, Lang, RosTarget};
use super::fault::{Fault, FaultKind, Script};
use super::key::Key;
use super::refusal::Refusal;
use super::truth::{Answered, SeenLook, SeenRequest, Truth};
use crate::model::{Clock, UtcMillis};

/// Every entity, and the log of what was served.
pub struct World {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    random: fastrand::Rng,
    ros: Vec<Arc<RosOperation>>,
    /// Position in `ros` by account, region and id.
    ros_index: HashMap<(String, String, String), usize>,
    /// How many pages of its results were served, by position in `ros`.
    pages_served: HashMap<usize, u32>,
    bpstudio: Vec<Arc<BpOperation>>,
    batches: Vec<Arc<BatchTask>>,
    script: Script,
    looks: Vec<SeenLook>,
    requests: Vec<SeenRequest>,
}

/// Task ids begin here: beyond 2^53, where a number that passed through floating point is wrong.
const FIRST_TASK_ID: i64 = 9_007_199_254_740_993;

impl World {
    /// An empty world on that clock. Ids that it makes up come from the seed.
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            clock,
            state: Mutex::new(State {
                random: fastrand::Rng::with_seed(seed),
                ros: Vec::new(),
                ros_index: HashMap::new(),
                pages_served: HashMap::new(),
                bpstudio: Vec::new(),
                batches: Vec::new(),
                script: Script::default(),
                looks: Vec::new(),
                requests: Vec::new(),
            }),
        }
    }

    /// The present instant of the world.
    pub fn now(&self) -> UtcMillis {
        self.clock.now()
    }

    /// Adds a stack-group operation, or replaces the one of the same account, region and id.
    /// Gives its id.
    pub fn add_ros_operation(&self, spec: RosSpec) -> String {
        let mut state = self.state();
        let operation_id = spec
            .operation_id
            .clone()
            .unwrap_or_else(|| uuid(&mut state.random));
        let stack_group_id = spec
            .stack_group_id
            .clone()
            .unwrap_or_else(|| uuid(&mut state.random));
        let key = (
            spec.account_id.clone(),
            spec.region_id.clone(),
            operation_id.clone(),
        );
        let operation = Arc::new(RosOperation {
            spec,
            operation_id: operation_id.clone(),
            stack_group_id,
            stop: None,
        });
        match state.ros_index.get(&key).copied() {
            Some(position) => state.ros[position] = operation,
            None => {
                let position = state.ros.len();
                state.ros_index.insert(key, position);
                state.ros.push(operation);
            }
        }
        operation_id
    }

    /// Adds a CADT operation. Gives its id.
    pub fn add_bpstudio(&self, spec: BpSpec) -> String {
        let mut state = self.state();
        let operation_id = spec.operation_id.clone().unwrap_or_else(|| {
            let unique = uuid(&mut state.random);
            format!("op_{unique}_ecs_modifyInstanceType")
        });
        state.bpstudio.push(Arc::new(BpOperation {
            spec,
            operation_id: operation_id.clone(),
        }));
        operation_id
    }

    /// Adds a DNS batch task. Gives its id.
    pub fn add_batch(&self, spec: BatchSpec) -> i64 {
        let mut state = self.state();
        let fresh = state.batches.iter().map(|task| task.task_id + 1).max();
        let fresh = fresh.unwrap_or(FIRST_TASK_ID).max(FIRST_TASK_ID);
        let task_id = spec.task_id.unwrap_or(fresh);
        state.batches.push(Arc::new(BatchTask { spec, task_id }));
        task_id
    }

    /// Scripts a failure. Of several that match a call, the first one scripted strikes.
    pub fn script(&self, fault: Fault) {
        self.state().script.add(fault);
    }

    /// The world as it stands, and every look so far.
    pub fn truth(&self) -> Truth {
        let state = self.state();
        Truth {
            at: self.clock.now(),
            ros: state.ros.clone(),
            bpstudio: state.bpstudio.clone(),
            batches: state.batches.clone(),
            looks: state.looks.clone(),
        }
    }

    /// Every request so far, refused ones included.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.state().requests.clone()
    }

    pub(super) fn log_request(&self, request: SeenRequest) {
        self.state().requests.push(request);
    }

    /// The scripted fault that strikes this call, if any.
    pub(super) fn strike(&self, call: &Call) -> Option<FaultKind> {
        self.state().script.strike(call)
    }

    /// Carries out a call for the owner of a key. `faithful` goes to the log.
    pub(super) fn answer(&self, call: &Call, key: &Key, faithful: bool) -> Result<Object, Refusal> {
        let now = self.clock.now();
        let result = match call {
            Call::GetStackGroupOperation(target) => self.get_operation(target, key, now),
            Call::ListStackGroupOperationResults {
                target,
                page_number,
                page_size,
            } => self.list_results(target, key, now, *page_number, *page_size),
            Call::StopStackGroupOperation(target) => self.stop_operation(target, key, now),
            Call::GetExecuteOperationResult { operation_id } => {
                Ok(self.get_bpstudio(operation_id, key, now))
            }
            Call::DescribeBatchResultCount {
                task_id,
                batch_type,
                lang,
            } => Ok(self.count_batch(*task_id, *batch_type, *lang, key, now)),
            Call::GetCallerIdentity => Ok((identity::answer(key), Answered::Identity)),
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
        page_number: u32,
        page_size: u32,
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
        let page = listing::Page::of(&operation, now, served, page_number, page_size);
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

    fn count_batch(
        &self,
        task_id: Option<i64>,
        batch_type: Option<BatchType>,
        lang: Lang,
        key: &Key,
        now: UtcMillis,
    ) -> (Object, Answered) {
        let state = self.state();
        let candidates = state.batches.iter().filter(|task| {
            task.spec.account_id == key.account_id
                && task_id.is_none_or(|id| id == task.task_id)
                && batch_type.is_none_or(|kind| kind == task.spec.batch_type)
                && task.state_at(now).is_some()
        });
        // Of tasks submitted at one instant, the one added last is the last.
        let last = candidates.max_by_key(|task| task.submitted_at());
        let found = last.and_then(|task| Some((task, task.state_at(now)?)));
        match found {
            Some((task, state)) => (
                task.answer(state, lang),
                Answered::Task {
                    task_id: task.task_id,
                    state: state.clone(),
                },
            ),
            None => (alidns::answer_no_task(task_id), Answered::NoTask),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is a single push or replacement: a panic leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of an answer, and what goes to the log.
type Served = Result<(Object, Answered), Refusal>;

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
}

/// A time as a service writes it: no zone, by the pattern of `chrono`.
fn written(at: UtcMillis, pattern: &str) -> String {
    let instant = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    instant.format(pattern).to_string()
}

/// A random UUID (version 4), lower case.
pub(super) fn uuid(random: &mut fastrand::Rng) -> String {
    let bits = random.u128(..);
    let bits = bits & !(0xf << 76) | (0x4 << 76);
    let bits = bits & !(0x3 << 62) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let groups = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    groups.join("-")
}

#[cfg(test)]
mod tests;
