//! Operations of every size at which paging can go wrong.

use super::{Entity, ros_entity};
use crate::sandbox::world::{RosSpec, RowFormula, Rows, Schedule, Word, World};

/// How many results the operations have: none, one, a default page, a largest page, one more, many,
/// very many.
pub const PAGING_COUNTS: [u32; 7] = [0, 1, 10, 50, 51, 1_000, 100_000];

/// The operations, each with the number of its results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagingIds {
    /// Number of results and operation id, in the order of [`PAGING_COUNTS`].
    pub operations: Vec<(u32, String)>,
}

impl PagingIds {
    /// The same as a list.
    pub fn entities(&self) -> Vec<Entity> {
        let operations = self.operations.iter();
        operations
            .map(|(count, id)| ros_entity(format!("{count} results"), id))
            .collect()
    }
}

/// Puts the operations in, for that account. They begin now and end with their last row.
pub fn paging(world: &World, account_id: &str) -> PagingIds {
    let now = world.now();
    let operations = PAGING_COUNTS.into_iter().map(|count| {
        let formula = RowFormula::of(count, now);
        let status = Schedule::starting(now, Word::from("RUNNING"))
            .then(formula.takes_ms().max(1), "SUCCEEDED".into());
        let mut spec = RosSpec::new(account_id, status);
        spec.stack_group_name = format!("paging-{count}");
        spec.rows = Rows::Formula(formula);
        (count, world.add_ros_operation(spec))
    });
    PagingIds {
        operations: operations.collect(),
    }
}
