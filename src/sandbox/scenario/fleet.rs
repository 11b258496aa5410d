//! A few accounts as an organisation has them: stack groups in three regions whose operations come
//! over time, a group that is deleted and made again, DNS batches, CADT operations.

use super::accounts::add_readers;
use super::{Entity, alidns_entity, bpstudio_entity, stack_groups_entity};
use crate::model::UtcMillis;
use crate::sandbox::call::BatchType;
use crate::sandbox::world::{
    BatchSpec, BatchState, BpSpec, BpState, GroupDrift, GroupSpec, RosSpec, RowFormula, Rows,
    Schedule, Word, World,
};

/// Where the stack groups of a fleet live.
pub const FLEET_REGIONS: [&str; 3] = ["cn-hangzhou", "cn-beijing", "ap-southeast-1"];

/// Stack groups of each account, over its regions; one of them is deleted and made again.
pub const GROUPS_OF_FLEET: u32 = 40;

/// One minute, in milliseconds.
const MINUTE: u32 = 60_000;

/// One day, in milliseconds.
const DAY: u32 = 24 * 60 * MINUTE;

/// What there is of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetAccount {
    /// The account.
    pub account_id: String,
    /// The role by which users of the first account read it.
    pub role_arn: String,
    /// The name that two groups bear, one after the other.
    pub recreated_group: String,
    /// Ids of its CADT operations.
    pub bpstudio: Vec<String>,
    /// Ids of its DNS batches, those to come included.
    pub batch_task_ids: Vec<i64>,
}

impl FleetAccount {
    /// What to watch.
    pub fn entities(&self) -> Vec<Entity> {
        let groups = stack_groups_entity("40 groups in 3 regions");
        let bpstudio = self.bpstudio.iter();
        let batches = self.batch_task_ids.iter();
        let bpstudio = bpstudio.map(|id| bpstudio_entity("CADT operation", id));
        let batches = batches.map(|id| alidns_entity("DNS batch", *id));
        [groups]
            .into_iter()
            .chain(bpstudio)
            .chain(batches)
            .collect()
    }
}

/// Puts the fleet in, beginning now: 40 stack groups, four DNS batches and two CADT operations for
/// each account, and roles that users of the first account may assume. In the first two hours each
/// third group begins a new operation, and one group is made again.
pub fn fleet(world: &World, account_ids: &[String]) -> Vec<FleetAccount> {
    let readers = add_readers(world, account_ids);
    let accounts = readers.into_iter().map(|reader| {
        let account_id = &*reader.account_id;
        world.set_regions(account_id, &FLEET_REGIONS);
        for number in 0..GROUPS_OF_FLEET {
            add_group(world, account_id, number);
        }
        FleetAccount {
            recreated_group: group_name(RECREATED),
            bpstudio: add_bpstudio(world, account_id),
            batch_task_ids: add_batches(world, account_id),
            role_arn: reader.role_arn,
            account_id: reader.account_id,
        }
    });
    accounts.collect()
}

/// The group that is deleted and made again.
const RECREATED: u32 = 7;

/// When it is deleted, after the beginning, and how long there is none of its name, in milliseconds.
const DELETED_AFTER: u32 = 20 * MINUTE;
const MISSING_FOR: u32 = 10 * MINUTE;

fn group_name(number: u32) -> String {
    const KINDS: [&str; 5] = ["network", "logging", "security", "dns", "backup"];
    let kind = KINDS[(number % 5) as usize];
    format!("{kind}-{number:02}")
}

fn add_group(world: &World, account_id: &str, number: u32) {
    let now = world.now();
    let name = group_name(number);
    let region_id = FLEET_REGIONS[(number % 3) as usize];
    let founded_at = now.plus_ms(-30 * i64::from(DAY) - i64::from(number * MINUTE));
    let mut group = GroupSpec::new(account_id, &name, founded_at);
    group.region_id = region_id.to_owned();
    group.description = number
        .is_multiple_of(2)
        .then(|| format!("Fleet group {number}"));
    group.tags = vec![("team".to_owned(), format!("team-{}", number % 4))];
    group.drift = number.is_multiple_of(6).then(|| {
        let drift = GroupDrift {
            status: "DRIFTED".into(),
            detected_at: now,
        };
        Schedule::starting(now, drift)
    });
    let add = |mut operation: RosSpec| {
        operation.region_id = region_id.to_owned();
        world.add_ros_operation(operation);
    };
    if number == RECREATED {
        let until_deleted = 30 * DAY + number * MINUTE + DELETED_AFTER;
        let reborn_at = now.plus_ms(i64::from(DELETED_AFTER + MISSING_FOR));
        let reborn = GroupSpec {
            status: Schedule::starting(reborn_at, "ACTIVE".into()),
            ..group.clone()
        };
        group.status = group.status.then(until_deleted, "DELETED".into());
        world.add_stack_group(group);
        world.add_stack_group(reborn);
        add(running(
            account_id,
            &name,
            reborn_at.plus_ms(i64::from(MINUTE)),
        ));
    } else {
        world.add_stack_group(group);
    }
    add(ended(account_id, &name, now, 29 * DAY));
    add(ended(account_id, &name, now, DAY + number * MINUTE));
    if number.is_multiple_of(4) {
        add(running(account_id, &name, now));
    }
    if number.is_multiple_of(3) {
        let begins_at = now.plus_ms(i64::from((number + 1) * 3 * MINUTE));
        add(running(account_id, &name, begins_at));
    }
}

/// An operation that began so long ago and had ended ten minutes later.
pub(super) fn ended(account_id: &str, group: &str, now: UtcMillis, ago_ms: u32) -> RosSpec {
    let began_at = now.plus_ms(-i64::from(ago_ms));
    running(account_id, group, began_at)
}

/// An operation that begins then, takes ten minutes, and has sixty results.
fn running(account_id: &str, group: &str, begins_at: UtcMillis) -> RosSpec {
    let status =
        Schedule::starting(begins_at, Word::from("RUNNING")).then(10 * MINUTE, "SUCCEEDED".into());
    let mut spec = RosSpec::new(account_id, status);
    spec.stack_group_name = group.to_owned();
    spec.rows = Rows::Formula(RowFormula {
        wave: 12,
        fails_one_in: 0,
        ..RowFormula::of(60, begins_at)
    });
    spec
}

fn add_bpstudio(world: &World, account_id: &str) -> Vec<String> {
    let operation = |begins_at: UtcMillis| {
        let states = Schedule::starting(begins_at, BpState::of("INIT"))
            .then(MINUTE, BpState::of("RUNNING\n"))
            .then(15 * MINUTE, BpState::of("SUCCESS"));
        world.add_bpstudio(BpSpec {
            account_id: account_id.to_owned(),
            operation_id: None,
            states,
        })
    };
    let now = world.now();
    vec![
        operation(now),
        operation(now.plus_ms(-i64::from(50 * MINUTE))),
    ]
}

fn add_batches(world: &World, account_id: &str) -> Vec<i64> {
    let state = |status, success_count, failed_count| BatchState {
        status,
        total_count: 60,
        success_count,
        failed_count,
        reason: (failed_count > 0).then(|| ("记录冲突".into(), "The record conflicts.".into())),
    };
    let submit = |batch_type, begins_at: UtcMillis| {
        world.add_batch(BatchSpec {
            account_id: account_id.to_owned(),
            task_id: None,
            batch_type,
            states: Schedule::starting(begins_at, state(0, 0, 0))
                .then(2 * MINUTE, state(0, 31, 1))
                .then(3 * MINUTE, state(1, 57, 3)),
        })
    };
    let now = world.now();
    vec![
        submit(BatchType::RrAdd, now.plus_ms(-2 * i64::from(DAY))),
        submit(BatchType::RrDel, now),
        submit(BatchType::DomainAdd, now.plus_ms(i64::from(10 * MINUTE))),
        submit(BatchType::RrAdd, now.plus_ms(i64::from(25 * MINUTE))),
    ]
}
