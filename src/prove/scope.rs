//! Which leaves and which rows a question is about.

use super::{Asked, LEAVES_MAX, ProveError, Request, SAMPLE_MAX, is_seed, sample};
use crate::model::OperationKey;
use crate::store::proving::{self, Leaves};
use crate::store::{Connection, StoreError, operations};

/// What goes into a bundle.
#[derive(Debug)]
pub(super) struct Scope {
    /// The leaves.
    pub(super) leaves: Leaves,
    /// The operations whose rows go in, with our numbers, in the order of their keys.
    pub(super) operations: Vec<(OperationKey, i64)>,
    /// The leaves that these rows may come from, first and last.
    pub(super) between: (i64, i64),
    /// Whether operations are proved as they are now, and not only what some runs saw of them.
    pub(super) is_about_operations: bool,
    /// Whether all that was asked for is covered by the checkpoint.
    pub(super) is_whole: bool,
}

impl Scope {
    /// Gathers it from a connection that shows what the checkpoint covers.
    pub(super) fn gather(connection: &Connection, request: &Request) -> Result<Self, ProveError> {
        let mut scope = match &request.asked {
            Asked::Operation(key) => {
                Self::of_operations(connection, vec![key.clone()], request.all_looks)?
            }
            Asked::Sample { count, seed } => {
                if !(1..=SAMPLE_MAX).contains(count) || !is_seed(seed) {
                    return Err(ProveError::Sample);
                }
                let taken = sample::take(connection, *count, seed)?;
                if taken.is_empty() {
                    return Err(ProveError::NoPopulation);
                }
                Self::of_operations(connection, taken, request.all_looks)?
            }
            Asked::Runs { first, last } => Self::of_runs(connection, *first, *last)?,
        };
        // The genesis, which names the log.
        scope.leaves.insert(0);
        proving::add_custody(connection, &mut scope.leaves)?;
        let mut around = Leaves::new();
        for (first, last) in scope.stretches() {
            proving::add_around(connection, first, last, &mut around)?;
        }
        scope.leaves.extend(around);
        scope.refuse_too_many()?;
        Ok(scope)
    }

    fn of_operations(
        connection: &Connection,
        keys: Vec<OperationKey>,
        all_looks: bool,
    ) -> Result<Self, ProveError> {
        let mut scope = Self {
            leaves: Leaves::new(),
            operations: Vec::new(),
            between: (0, i64::MAX),
            is_about_operations: true,
            is_whole: true,
        };
        for key in keys {
            let op = operations::find(connection, &key)?
                .ok_or_else(|| ProveError::NotCovered(key.operation_id.clone()))?;
            proving::add_operation(connection, op, all_looks, &mut scope.leaves)?;
            scope.refuse_too_many()?;
            scope.operations.push((key, op));
        }
        Ok(scope)
    }

    fn of_runs(connection: &Connection, first: i64, last: i64) -> Result<Self, ProveError> {
        let found = proving::leaves_of_runs(connection, first, last)?;
        let (begin, end, is_whole) = found.ok_or(ProveError::NoRuns { first, last })?;
        let leaves = usize::try_from(end - begin + 1).unwrap_or(usize::MAX);
        if leaves > LEAVES_MAX {
            return Err(ProveError::TooMany { leaves });
        }
        let mut operations = Vec::new();
        for key in proving::operations_between(connection, begin, end)? {
            let op = operations::find(connection, &key)?.ok_or_else(|| {
                StoreError::Inconsistent(format!("operation {} has no number", key.operation_id))
            })?;
            operations.push((key, op));
        }
        Ok(Self {
            leaves: (begin..=end).collect(),
            operations,
            between: (begin, end),
            is_about_operations: false,
            is_whole,
        })
    }

    fn refuse_too_many(&self) -> Result<(), ProveError> {
        match self.leaves.len() {
            leaves if leaves > LEAVES_MAX => Err(ProveError::TooMany { leaves }),
            _ => Ok(()),
        }
    }

    /// The leaves as stretches without a gap: first and last of each.
    pub(super) fn stretches(&self) -> Vec<(i64, i64)> {
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        for &leaf in &self.leaves {
            match stretches.last_mut() {
                Some((_, last)) if *last + 1 == leaf => *last = leaf,
                _ => stretches.push((leaf, leaf)),
            }
        }
        stretches
    }
}
