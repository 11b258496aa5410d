//! What really was, and what was served: the other half of a test that compares a recording with
//! the world it was made of.

use std::sync::Arc;

use super::world::{BatchState, BatchTask, BpOperation, RosOperation, RowState, StackGroup, Word};
use crate::model::UtcMillis;

/// The world as it stands: every entity with the exact instants of all its changes, and every look
/// that was served.
#[derive(Debug, Clone)]
pub struct Truth {
    /// When this was taken. A schedule also holds steps to come: [`super::Schedule::until`] tells.
    pub at: UtcMillis,
    /// Stack groups, deleted ones included.
    pub groups: Vec<Arc<StackGroup>>,
    /// Stack-group operations, stops included.
    pub ros: Vec<Arc<RosOperation>>,
    /// CADT operations.
    pub bpstudio: Vec<Arc<BpOperation>>,
    /// DNS batch tasks.
    pub batches: Vec<Arc<BatchTask>>,
    /// Every look that was answered from the world, in order; of very many the newest, unless all
    /// are kept ([`super::World::keep_all_logs`]).
    pub looks: Vec<SeenLook>,
}

/// One answer that the world gave.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenLook {
    /// The action.
    pub action: &'static str,
    /// Whose key asked.
    pub account_id: String,
    /// The operation, task, stack group (by name) or role (by ARN) that was asked for.
    pub operation_id: Option<String>,
    /// The page that was asked for.
    pub page: Option<u32>,
    /// The instant whose state was answered.
    pub at: UtcMillis,
    /// What the world said.
    pub answered: Answered,
    /// Whether that reached the client unchanged, as far as the sandbox has to do with it; `false`
    /// where a scripted fault broke, altered or withheld the answer.
    pub faithful: bool,
}

/// What the world said in one look.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// A stack-group operation of this status.
    Operation {
        /// Its status.
        status: Word,
    },
    /// A page of results.
    Rows {
        /// How many rows there truly were.
        total: u32,
        /// Those of the page: number of the row in the operation, and what it said.
        rows: Vec<(u32, RowState)>,
    },
    /// A stop that was carried out.
    Stopped,
    /// A CADT operation of this status as sent.
    BpOperation {
        /// Its status.
        status: Word,
    },
    /// A CADT answer without Data.
    NoData,
    /// A DNS batch task.
    Task {
        /// Its id.
        task_id: i64,
        /// Its counts.
        state: BatchState,
    },
    /// No such DNS batch task.
    NoTask,
    /// A page of stack groups.
    Groups {
        /// How many there truly were.
        total: u32,
        /// Ids of those on the page.
        stack_group_ids: Vec<String>,
    },
    /// A page of the operations of the stack groups of one name.
    Operations {
        /// How many there truly were.
        total: u32,
        /// Ids of those on the page.
        operation_ids: Vec<String>,
    },
    /// The regions of the account.
    Regions {
        /// Their ids.
        region_ids: Vec<String>,
    },
    /// A page of the entries of a DNS batch task.
    Details {
        /// The task, if there is one.
        task_id: Option<i64>,
        /// How many entries there truly were.
        total: u32,
        /// Those on the page, by their places from 0 among all that are done.
        places: Vec<u32>,
    },
    /// Whose key it is.
    Identity,
    /// Temporary credentials.
    Credentials {
        /// Their key's id.
        access_key_id: String,
        /// When they end.
        expires_at: UtcMillis,
    },
    /// An error of the service, by its Code.
    Refused {
        /// The code.
        code: String,
    },
}

/// One request that reached the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// The action that it claims.
    pub action: String,
    /// Business parameters, those of the query first.
    pub parameters: Vec<(String, String)>,
    /// When it came, by the sandbox's clock.
    pub at: UtcMillis,
    /// Status of the answer; `None`: the connection ended without one.
    pub http_status: Option<u16>,
    /// RequestId of the answer.
    pub request_id: String,
    /// The key that it claims.
    pub access_key_id: String,
}
