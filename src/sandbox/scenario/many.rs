//! Very many operations with few results each: what a first run after a long time meets.

use super::fleet::ended;
use super::{Entity, stack_groups_entity};
use crate::sandbox::world::{RowFormula, Rows, World};

/// How many operations.
pub const MANY_OPERATIONS: u32 = 2_000;

/// How many results each has.
pub const MANY_RESULTS: u32 = 20;

/// Operations of one stack group.
const OPERATIONS_OF_GROUP: u32 = 100;

/// One day, in milliseconds.
const DAY_MS: u32 = 24 * 3_600_000;

/// The operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManyIds {
    /// Their ids, all in cn-hangzhou.
    pub operations: Vec<String>,
}

impl ManyIds {
    /// What to watch: the groups, which name the operations.
    pub fn entities(&self) -> Vec<Entity> {
        let role = format!("{} operations", self.operations.len());
        vec![stack_groups_entity(&role)]
    }
}

/// Puts the operations in, for that account. All have ended, the last one a day ago.
pub fn many(world: &World, account_id: &str) -> ManyIds {
    let now = world.now();
    let operations = (0..MANY_OPERATIONS).map(|number| {
        let group = format!("many-{:02}", number / OPERATIONS_OF_GROUP);
        let ago_ms = DAY_MS + (MANY_OPERATIONS - number) * 60_000;
        let mut operation = ended(account_id, &group, now, ago_ms);
        let began_at = now.plus_ms(-i64::from(ago_ms));
        operation.rows = Rows::Formula(RowFormula::of(MANY_RESULTS, began_at));
        world.add_ros_operation(operation)
    });
    ManyIds {
        operations: operations.collect(),
    }
}
