//! The world behind the gateway: operations and tasks that move on a clock of their own.
//!
//! What an entity says is a pure function of the entity and the instant; the only thing that a
//! call changes is a stop. Everything served is logged for [`World::truth`].

mod access;
mod alidns;
mod batch_detail;
mod bpstudio;
mod discovery;
mod group;
mod identity;
mod keyring;
mod listing;
mod log;
mod pages;
mod region;
mod role;
mod ros;
mod rows;
mod schedule;
mod serve;
mod stop;

pub(super) use role::credentials;

pub use alidns::{BatchSpec, BatchState, BatchTask};
pub use batch_detail::BatchDetail;
pub use bpstudio::{BPSTUDIO_LIFETIME_MS, BpOperation, BpSpec, BpState};
pub use group::{AutoDeployment, GroupDrift, GroupSpec, StackGroup};
pub use pages::{Paging, TotalCount};
pub use region::DEFAULT_REGIONS;
pub use role::{OidcTrust, Role};
pub use ros::{Amount, DeploymentTargets, DriftDetail, Preferences, RosOperation, RosSpec};
pub use rows::{Row, RowFormula, RowState, Rows, Word};
pub use schedule::Schedule;
pub use stop::Stop;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::DateTime;

use super::chance::Chance;
use super::fault::{Fault, Script};
use super::metadata::{Metadata, SeenMetadataRequest};
use super::rate::Rates;
use super::truth::{SeenLook, SeenRequest, Truth};
use crate::model::{Clock, UtcMillis};
use keyring::{Issued, KeyRing};
use log::Log;

/// Every entity, and the log of what was served.
pub struct World {
    clock: Arc<dyn Clock>,
    /// By how much the world is ahead of its clock, in milliseconds.
    ahead_ms: AtomicI64,
    state: Mutex<State>,
}

struct State {
    random: fastrand::Rng,
    groups: Vec<Arc<StackGroup>>,
    ros: Vec<Arc<RosOperation>>,
    /// Position in `ros` by account, region and id.
    ros_index: HashMap<(String, String, String), usize>,
    /// How many pages of its results were served, by position in `ros`.
    pages_served: HashMap<usize, u32>,
    /// How many pages of other listings were served, by action.
    list_pages_served: HashMap<&'static str, u32>,
    /// How those listings behave, by action.
    list_paging: HashMap<String, Paging>,
    /// The regions of accounts that have not the default ones.
    regions: HashMap<String, Vec<String>>,
    bpstudio: Vec<Arc<BpOperation>>,
    batches: Vec<Arc<BatchTask>>,
    keys: KeyRing,
    roles: Vec<Role>,
    rates: Rates,
    metadata: Option<Metadata>,
    /// What the metadata service handed out last, by role, and until when it does again.
    handed_out: HashMap<String, (Issued, UtcMillis)>,
    /// Tokens of the metadata service and when they end.
    metadata_tokens: HashMap<String, UtcMillis>,
    metadata_requests: Vec<SeenMetadataRequest>,
    script: Script,
    chance: Option<Chance>,
    looks: Log<SeenLook>,
    requests: Log<SeenRequest>,
    /// Requests by the account of the key and the action; exact, whatever the log keeps.
    counts: BTreeMap<(String, String), u64>,
}

/// Task ids begin here: beyond 2^53, where a number that passed through floating point is wrong.
const FIRST_TASK_ID: i64 = 9_007_199_254_740_993;

impl World {
    /// An empty world on that clock. Ids that it makes up come from the seed.
    pub fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            clock,
            ahead_ms: AtomicI64::new(0),
            state: Mutex::new(State {
                random: fastrand::Rng::with_seed(seed),
                groups: Vec::new(),
                ros: Vec::new(),
                ros_index: HashMap::new(),
                pages_served: HashMap::new(),
                list_pages_served: HashMap::new(),
                list_paging: HashMap::new(),
                regions: HashMap::new(),
                bpstudio: Vec::new(),
                batches: Vec::new(),
                keys: KeyRing::new(seed),
                roles: Vec::new(),
                rates: Rates::default(),
                metadata: None,
                handed_out: HashMap::new(),
                metadata_tokens: HashMap::new(),
                metadata_requests: Vec::new(),
                script: Script::default(),
                chance: None,
                looks: Log::new(),
                requests: Log::new(),
                counts: BTreeMap::new(),
            }),
        }
    }

    /// The present instant of the world.
    pub fn now(&self) -> UtcMillis {
        self.clock.now().plus_ms(self.ahead_ms())
    }

    /// Puts the world this far ahead of its clock, in milliseconds (may be negative): everything in
    /// it follows, the `Date` header and the check of timestamps too.
    pub fn shift_clock_ms(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::SeqCst);
    }

    /// By how much the world is ahead of its clock, in milliseconds.
    pub(super) fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::SeqCst)
    }

    /// Adds a stack group, or replaces the one of the same account, region and id. Gives its id.
    pub fn add_stack_group(&self, spec: GroupSpec) -> String {
        let mut state = self.state();
        let stack_group_id = spec
            .stack_group_id
            .clone()
            .unwrap_or_else(|| uuid(&mut state.random));
        state.put_group(StackGroup {
            spec,
            stack_group_id: stack_group_id.clone(),
        });
        stack_group_id
    }

    /// Adds a stack-group operation, or replaces the one of the same account, region and id. It
    /// belongs to the group of its `stack_group_id`, or else to the one that bears its name when it
    /// is created; if there is none, that group is made along with it. Gives its id.
    pub fn add_ros_operation(&self, spec: RosSpec) -> String {
        let mut state = self.state();
        let operation_id = spec
            .operation_id
            .clone()
            .unwrap_or_else(|| uuid(&mut state.random));
        let stack_group_id = spec.stack_group_id.clone().unwrap_or_else(|| {
            let fresh = uuid(&mut state.random);
            state.group_of(&spec).unwrap_or(fresh)
        });
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
        state.found_group(&operation);
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
        state.batches.push(Arc::new(BatchTask {
            spec,
            task_id,
            details: None,
        }));
        task_id
    }

    /// Says what the entries of a batch task are, in order; without it they are made up to fit its
    /// counts. An unknown task has none.
    pub fn set_batch_details(&self, task_id: i64, details: Vec<BatchDetail>) {
        let mut state = self.state();
        let mut tasks = state.batches.iter_mut();
        if let Some(task) = tasks.find(|task| task.task_id == task_id) {
            *task = Arc::new(BatchTask {
                details: Some(details),
                ..(**task).clone()
            });
        }
    }

    /// The regions of an account; those with stack groups are among them in any case.
    pub fn set_regions(&self, account_id: &str, regions: &[&str]) {
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        self.state().regions.insert(account_id.to_owned(), regions);
    }

    /// How a listing behaves: ListStackGroups, ListStackGroupOperations or DescribeBatchResultDetail.
    /// Results of an operation have it in [`RosSpec::paging`].
    pub fn set_list_paging(&self, action: &str, paging: Paging) {
        self.state().list_paging.insert(action.to_owned(), paging);
    }

    /// Scripts a failure. Of several that match a call, the first one scripted strikes.
    pub fn script(&self, fault: Fault) {
        self.state().script.add(fault);
    }

    /// The world as it stands, and every look so far.
    pub fn truth(&self) -> Truth {
        let state = self.state();
        Truth {
            at: self.now(),
            groups: state.groups.clone(),
            ros: state.ros.clone(),
            bpstudio: state.bpstudio.clone(),
            batches: state.batches.clone(),
            looks: state.looks.to_vec(),
        }
    }

    /// Every request so far, refused ones included; of very many the newest, unless all are kept.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.state().requests.to_vec()
    }

    /// The requests that came after the first `count`, as far as they are kept.
    pub fn requests_since(&self, count: u64) -> Vec<SeenRequest> {
        self.state().requests.since(count)
    }

    /// How many requests there ever were, refused ones included.
    pub fn request_count(&self) -> u64 {
        self.state().requests.written()
    }

    /// How many requests there ever were, by account and action; those without a known key count for
    /// the account "".
    pub fn counts(&self) -> BTreeMap<(String, String), u64> {
        self.state().counts.clone()
    }

    /// Keeps every request and look from now on, however many they become.
    pub fn keep_all_logs(&self) {
        let mut state = self.state();
        state.looks.keep_all();
        state.requests.keep_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is a single push or replacement: a panic leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put_group(&mut self, group: StackGroup) {
        let mut groups = self.groups.iter_mut();
        let same = groups.find(|other| {
            other.stack_group_id == group.stack_group_id
                && other.spec.account_id == group.spec.account_id
                && other.spec.region_id == group.spec.region_id
        });
        match same {
            Some(other) => *other = Arc::new(group),
            None => self.groups.push(Arc::new(group)),
        }
    }

    /// The group that bears the operation's name when the operation is created.
    fn group_of(&self, spec: &RosSpec) -> Option<String> {
        let (created_at, _) = spec.status.steps().first()?;
        let mut groups = self.groups.iter().rev();
        let found = groups.find(|group| {
            group.spec.account_id == spec.account_id
                && group.spec.region_id == spec.region_id
                && group.spec.name == spec.stack_group_name
                && group
                    .status_at(*created_at)
                    .is_some_and(|status| status == "ACTIVE")
        });
        found.map(|group| group.stack_group_id.clone())
    }

    /// Makes the group of an operation if there is none of its id.
    fn found_group(&mut self, operation: &RosOperation) {
        if self.groups.iter().any(|group| group.owns(operation)) {
            return;
        }
        let spec = &operation.spec;
        let created_at = spec
            .status
            .steps()
            .first()
            .map_or(UtcMillis(0), |(at, _)| *at);
        self.put_group(StackGroup {
            spec: GroupSpec {
                region_id: spec.region_id.clone(),
                ..GroupSpec::new(&spec.account_id, &spec.stack_group_name, created_at)
            },
            stack_group_id: operation.stack_group_id.clone(),
        });
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
