//! The world is a function of its clock, and its log tells what was served.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::model::ManualClock;
use crate::sandbox::call::{Call, Lang, PageRequest, RosTarget, TaskFilter};
use crate::sandbox::scenario::{demo, hostile, long_text};
use crate::sandbox::{Answered, BatchType, Key};

const NOW: UtcMillis = UtcMillis(1_767_323_045_000);
const MINUTE: i64 = 60_000;

fn world() -> (Arc<ManualClock>, World) {
    let clock = Arc::new(ManualClock::new(NOW));
    let world = World::new(Arc::<ManualClock>::clone(&clock), 7);
    (clock, world)
}

fn target(operation_id: &str) -> RosTarget {
    RosTarget {
        region_id: "cn-hangzhou".to_owned(),
        operation_id: operation_id.to_owned(),
    }
}

fn look(world: &World, call: &Call) -> Answered {
    // What was answered stands in the log, refusals included.
    let _ = world.answer(call, &Key::default(), true);
    world.truth().looks.pop().unwrap().answered
}

#[test]
fn the_same_seed_makes_the_same_ids() {
    let account_id = Key::default().account_id;
    let ids = || demo(&world().1, &account_id);
    assert_eq!(ids(), ids());
}

#[test]
fn every_look_says_what_the_truth_says_of_that_instant() {
    let (clock, world) = world();
    let ids = demo(&world, &Key::default().account_id);
    let operations = [&ids.ros_succeeding, &ids.ros_failing, &ids.ros_to_stop];
    for minute in 0..14 {
        for id in operations {
            look(&world, &Call::GetStackGroupOperation(target(id)));
            look(
                &world,
                &Call::ListStackGroupOperationResults {
                    target: target(id),
                    page: PageRequest {
                        number: 1,
                        size: 50,
                    },
                },
            );
        }
        if minute == 7 {
            clock.advance_ms(1);
            look(
                &world,
                &Call::StopStackGroupOperation(target(&ids.ros_to_stop)),
            );
        }
        clock.advance_ms(MINUTE);
    }
    let truth = world.truth();
    assert_eq!(truth.looks.len(), 14 * 6 + 1);
    for look in &truth.looks {
        let id = look.operation_id.as_deref().unwrap();
        let operation = truth.ros.iter().find(|op| op.operation_id == id).unwrap();
        match &look.answered {
            Answered::Operation { status } => {
                assert_eq!(operation.status_at(look.at).as_ref(), Some(status));
            }
            Answered::Rows { total, rows } => {
                assert_eq!(*total as usize, rows.len());
                for (number, state) in rows {
                    let row = operation.row(*number).unwrap();
                    assert_eq!(row.history.at(look.at), Some(&Some(state.clone())));
                }
            }
            Answered::Stopped => assert!(operation.stop.is_some()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_demo_ends_as_it_promises() {
    let (clock, world) = world();
    let account_id = Key::default().account_id;
    let ids = demo(&world, &account_id);
    let status = |id: &str| match look(&world, &Call::GetStackGroupOperation(target(id))) {
        Answered::Operation { status } => status.into_owned(),
        other => panic!("{other:?}"),
    };
    let cadt = |id: &str| {
        let operation_id = id.to_owned();
        look(&world, &Call::GetExecuteOperationResult { operation_id })
    };
    let running = Answered::BpOperation {
        status: "RUNNING".into(),
    };
    assert_eq!(cadt(&ids.bpstudio_expiring), running);
    clock.advance_ms(15 * MINUTE);
    assert_eq!(status(&ids.ros_succeeding), "SUCCEEDED");
    assert_eq!(status(&ids.ros_failing), "FAILED");
    assert_eq!(status(&ids.ros_drift), "SUCCEEDED");
    assert_eq!(status(&ids.ros_to_stop), "RUNNING");
    let succeeded = Answered::BpOperation {
        status: "SUCCESS".into(),
    };
    assert_eq!(cadt(&ids.bpstudio_succeeding), succeeded);
    clock.advance_ms(5 * MINUTE);
    assert_eq!(cadt(&ids.bpstudio_expiring), Answered::NoData);
    let truth = world.truth();
    for id in [&ids.ros_succeeding, &ids.ros_failing, &ids.ros_drift] {
        let operation = truth.ros.iter().find(|op| op.operation_id == **id).unwrap();
        assert_eq!(operation.row_count(), 12);
        let ended_at = operation.ended_at(truth.at).unwrap();
        for number in 0..12 {
            let state = operation.row(number).unwrap().history.at(ended_at).cloned();
            let state = state.flatten().unwrap();
            assert!(
                stop::is_final(&state.status),
                "{id} row {number}: {state:?}"
            );
        }
    }
}

#[test]
fn nothing_is_there_before_it_was_created() {
    let (clock, world) = world();
    let later = NOW.plus_ms(MINUTE);
    let account_id = Key::default().account_id;
    let status = Schedule::starting(later, Word::from("RUNNING"));
    let id = world.add_ros_operation(RosSpec::new(account_id.clone(), status));
    let state = BatchState {
        status: 0,
        total_count: 1,
        success_count: 0,
        failed_count: 0,
        reason: None,
    };
    let task_id = world.add_batch(BatchSpec {
        account_id,
        task_id: None,
        batch_type: BatchType::RrAdd,
        states: Schedule::starting(later, state.clone()),
    });
    let get = Call::GetStackGroupOperation(target(&id));
    let count = Call::DescribeBatchResultCount(TaskFilter {
        task_id: None,
        batch_type: None,
        lang: Lang::Zh,
    });
    let code = "StackGroupOperationNotFound".to_owned();
    assert_eq!(look(&world, &get), Answered::Refused { code });
    assert_eq!(look(&world, &count), Answered::NoTask);
    clock.advance_ms(MINUTE);
    let status = "RUNNING".into();
    assert_eq!(look(&world, &get), Answered::Operation { status });
    assert_eq!(look(&world, &count), Answered::Task { task_id, state });
}

#[test]
fn hostile_texts_reach_the_answer() {
    let (clock, world) = world();
    let key = Key::default();
    let ids = hostile(&world, &key.account_id);
    clock.advance_ms(MINUTE);
    let call = Call::ListStackGroupOperationResults {
        target: target(&ids.ros),
        page: PageRequest {
            number: 1,
            size: 50,
        },
    };
    let body = world.answer(&call, &key, true).unwrap();
    let text = crate::sandbox::answer::write_json(&body);
    let body: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = body["StackGroupOperationResults"].as_array().unwrap();
    assert_eq!(
        rows[9]["StatusReason"],
        "\"quoted\", and 'quoted', and \\ \"\""
    );
    assert_eq!(rows[20]["StatusReason"], long_text());
    assert_eq!(long_text().len(), 40_000);
}

#[test]
fn without_an_id_the_task_submitted_last_is_answered() {
    let (_, world) = world();
    let submit = |at_ms, batch_type| {
        let state = BatchState {
            status: 1,
            total_count: 1,
            success_count: 1,
            failed_count: 0,
            reason: None,
        };
        world.add_batch(BatchSpec {
            account_id: Key::default().account_id,
            task_id: None,
            batch_type,
            states: Schedule::starting(NOW.plus_ms(at_ms), state),
        })
    };
    let last = submit(-1_000, BatchType::RrAdd);
    let earlier = submit(-2_000, BatchType::RrDel);
    let asked = |batch_type| {
        let call = Call::DescribeBatchResultCount(TaskFilter {
            task_id: None,
            batch_type,
            lang: Lang::Zh,
        });
        match look(&world, &call) {
            Answered::Task { task_id, .. } => Some(task_id),
            _ => None,
        }
    };
    assert_ne!(last, earlier);
    assert_eq!(asked(None), Some(last), "added first, submitted last");
    assert_eq!(asked(Some(BatchType::RrDel)), Some(earlier));
    assert_eq!(asked(Some(BatchType::DomainAdd)), None);
}
