//! What must stand in the file: worked out from the world's schedules as they are now.
//!
//! It holds where the last run saw everything and the world has stood still since, or moves no more.

use optrail::sandbox::{RosOperation, RowState, Truth};

use crate::world::World;

/// A word as a cell.
fn cell(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

/// The operations of an account that are there and that a test means, in the order of their ids.
fn operations(
    truth: &Truth,
    account_id: &str,
    is_meant: impl Fn(&RosOperation) -> bool,
) -> Vec<RosOperation> {
    let mut meant: Vec<RosOperation> = truth
        .ros
        .iter()
        .filter(|operation| {
            operation.spec.account_id == account_id
                && operation.status_at(truth.at).is_some()
                && is_meant(operation)
        })
        .map(|operation| (**operation).clone())
        .collect();
    meant.sort_by(|a, b| a.operation_id.cmp(&b.operation_id));
    meant
}

fn rows(truth: &Truth, operation: &RosOperation) -> Vec<String> {
    let mut lines: Vec<String> = (0..operation.row_count())
        .filter_map(|number| {
            let row = operation.row(number)?;
            let state: &RowState = row.history.at(truth.at)?.as_ref()?;
            Some(format!(
                "{},{},{},{},{}",
                operation.operation_id,
                row.account_id,
                row.region_id,
                state.status.trim(),
                cell(state.reason.as_deref()),
            ))
        })
        .collect();
    lines.sort();
    lines
}

/// Expects that the stack-group operations recorded for an account are those that a test means, no others, as
/// they are, with every result.
pub fn assert_ros(world: &World, account_id: &str, is_meant: impl Fn(&RosOperation) -> bool) {
    let truth = world.cloud.truth();
    let meant = operations(&truth, account_id, is_meant);
    let expected: Vec<String> = meant
        .iter()
        .map(|operation| {
            format!(
                "{},{},{},{},{}",
                operation.operation_id,
                operation.spec.region_id,
                operation.status_at(truth.at).unwrap().trim(),
                operation.spec.stack_group_name,
                operation.stack_group_id,
            )
        })
        .collect();
    let recorded = world.lines(&format!(
        "SELECT operation_id, region_id, status, resource_name, resource_id FROM operations \
         WHERE service = 'ros' AND account_id = '{account_id}' ORDER BY operation_id"
    ));
    assert_same(&recorded, &expected, "operations");

    let expected: Vec<String> = meant.iter().flat_map(|o| rows(&truth, o)).collect();
    let recorded = world.lines(&format!(
        "SELECT operation_id, target_account_id, target_region_id, status, status_reason FROM results \
         WHERE account_id = '{account_id}' AND present = 1 ORDER BY 1, 2, 3"
    ));
    let mut expected = expected;
    expected.sort();
    let mut recorded = recorded;
    recorded.sort();
    assert_same(&recorded, &expected, "results");
    assert_nothing_gone(world);
}

/// Compares lines, and tells the first that differ: there may be a hundred thousand.
fn assert_same(recorded: &[String], expected: &[String], what: &str) {
    for (recorded, expected) in recorded.iter().zip(expected) {
        assert_eq!(recorded, expected, "{what}");
    }
    assert_eq!(recorded.len(), expected.len(), "{what}");
}

/// Expects that nothing was ever taken for gone: for worlds in which no result ever goes.
pub fn assert_nothing_gone(world: &World) {
    for gone in [
        "SELECT count(*) FROM result_history WHERE present = 0",
        "SELECT count(*) FROM results WHERE present = 0",
    ] {
        assert_eq!(world.number(gone), 0, "{gone}");
    }
}

/// Expects the stack groups of an account as they are, deleted ones included.
pub fn assert_groups(world: &World, account_id: &str) {
    let truth = world.cloud.truth();
    let mut expected: Vec<String> = truth
        .groups
        .iter()
        .filter(|group| group.spec.account_id == account_id)
        .filter_map(|group| {
            let status = group.status_at(truth.at)?;
            Some(format!(
                "{},{},{},{},1",
                group.stack_group_id, group.spec.region_id, group.spec.name, status
            ))
        })
        .collect();
    expected.sort();
    let recorded = world.lines(&format!(
        "SELECT stack_group_id, region_id, stack_group_name, status, present FROM stack_groups \
         WHERE account_id = '{account_id}' ORDER BY stack_group_id"
    ));
    assert_eq!(recorded, expected);
}

/// Expects the CADT operations of an account that live still as they are.
pub fn assert_cadt(world: &World, account_id: &str) {
    let truth = world.cloud.truth();
    let living = truth
        .bpstudio
        .iter()
        .filter(|operation| operation.spec.account_id == account_id);
    for operation in living {
        let Some(state) = operation.state_at(truth.at) else {
            continue;
        };
        let recorded = world.lines(&format!(
            "SELECT status FROM operations WHERE service = 'bpstudio' AND account_id = '{account_id}' \
             AND operation_id = '{}'",
            operation.operation_id
        ));
        assert_eq!(recorded, [state.status.trim().to_uppercase()]);
    }
}

/// Expects these DNS tasks of an account, no others, as they are.
pub fn assert_batches(world: &World, account_id: &str, tasks: &[i64]) {
    let truth = world.cloud.truth();
    let mut expected: Vec<String> = truth
        .batches
        .iter()
        .filter(|task| task.spec.account_id == account_id && tasks.contains(&task.task_id))
        .map(|task| {
            let state = task.state_at(truth.at).unwrap();
            format!(
                "{},{},{},{},{}",
                task.task_id,
                state.status,
                state.total_count,
                state.success_count,
                state.failed_count
            )
        })
        .collect();
    expected.sort();
    let mut recorded = world.lines(&format!(
        "SELECT operation_id, status, total_count, success_count, failed_count FROM batches \
         WHERE account_id = '{account_id}'"
    ));
    recorded.sort();
    assert_eq!(recorded, expected);
}

/// Expects the rows of a DNS task that has ended, in their order.
pub fn assert_details(world: &World, task_id: i64) {
    let truth = world.cloud.truth();
    let task = truth.batches.iter().find(|task| task.task_id == task_id);
    let details = task.unwrap().details_at(truth.at);
    let expected: Vec<String> = (1..)
        .zip(&details)
        .map(|(position, detail)| {
            format!(
                "{position},{},{},{},{}",
                detail.domain,
                cell(detail.rr.as_deref()),
                detail.value,
                u8::from(detail.succeeded)
            )
        })
        .collect();
    let recorded = world.lines(&format!(
        "SELECT position, domain, rr, value, status FROM batch_details WHERE operation_id = '{task_id}' \
         ORDER BY position"
    ));
    assert_eq!(recorded, expected, "details of {task_id}");
    assert!(!expected.is_empty(), "a task without rows shows nothing");
}

/// Expects that each listing of results that calls itself complete holds as many as there were.
pub fn assert_complete_means_complete(world: &World) {
    let truth = world.cloud.truth();
    let complete = world.lines(
        "SELECT operation_id, distinct_keys FROM listings \
         WHERE action = 'ListStackGroupOperationResults' AND verdict = 'complete'",
    );
    for line in complete {
        let (id, keys) = line.split_once(',').unwrap();
        let operation = truth.ros.iter().find(|o| o.operation_id == id).unwrap();
        assert_eq!(keys, operation.row_count().to_string(), "results of {id}");
    }
}
