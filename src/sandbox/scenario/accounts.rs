//! Many accounts, each with little to see, all to be read by a role of the same name.

use super::fleet::ended;
use crate::sandbox::call::BatchType;
use crate::sandbox::key::Key;
use crate::sandbox::world::{
    BatchSpec, BatchState, BpSpec, BpState, Role, RowFormula, Rows, Schedule, World,
};

/// The role by which an account of a scenario is read.
pub const READER_ROLE: &str = "optrail-reader";

/// An account and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderAccount {
    /// The account.
    pub account_id: String,
    /// The role that every user of the first account may assume.
    pub role_arn: String,
}

impl ReaderAccount {
    pub(super) fn of(account_id: &str) -> Self {
        Self {
            account_id: account_id.to_owned(),
            role_arn: format!("acs:ram::{account_id}:role/{READER_ROLE}"),
        }
    }
}

/// Adds the role of every account, to be assumed by users of the first one.
pub(super) fn add_readers(world: &World, account_ids: &[String]) -> Vec<ReaderAccount> {
    let own = Key::default().account_id;
    let base = account_ids.first().unwrap_or(&own);
    let readers = account_ids.iter().map(|account_id| {
        world.add_role(Role::new(account_id, READER_ROLE, base));
        ReaderAccount::of(account_id)
    });
    readers.collect()
}

/// Half an hour, in milliseconds.
const HALF_HOUR: u32 = 30 * 60_000;

/// Puts a stack group with one operation, a CADT operation and a DNS batch into each account, and a
/// role that users of the first one may assume.
pub fn accounts(world: &World, account_ids: &[String]) -> Vec<ReaderAccount> {
    let now = world.now();
    for account_id in account_ids {
        let mut operation = ended(account_id, "baseline", now, HALF_HOUR);
        operation.rows = Rows::Formula(RowFormula::of(12, now.plus_ms(-i64::from(HALF_HOUR))));
        world.add_ros_operation(operation);
        world.add_bpstudio(BpSpec {
            account_id: account_id.clone(),
            operation_id: None,
            states: Schedule::starting(now, BpState::of("RUNNING\n"))
                .then(HALF_HOUR, BpState::of("SUCCESS")),
        });
        let state = |status, success_count| BatchState {
            status,
            total_count: 6,
            success_count,
            failed_count: 0,
            reason: None,
        };
        world.add_batch(BatchSpec {
            account_id: account_id.clone(),
            task_id: None,
            batch_type: BatchType::RrAdd,
            states: Schedule::starting(now, state(0, 2)).then(HALF_HOUR / 10, state(1, 6)),
        });
    }
    add_readers(world, account_ids)
}
