//! Worlds made up from a seed: operations of every service with histories, texts and lists of all kinds.

use fastrand::Rng;
use optrail::model::Service;
use optrail::sandbox::scenario::HOSTILE_TEXTS;
use optrail::sandbox::{
    Amount, BatchSpec, BatchState, BatchType, BpSpec, BpState, DeploymentTargets, DriftDetail,
    Preferences, RosSpec, Row, RowState, Rows, Schedule, Word,
};

use crate::world::{ACCOUNT, MINUTE_MS, World};

/// Numbers of results around every limit of paging that a small world can have.
const ROW_COUNTS: [u32; 8] = [0, 1, 2, 10, 49, 50, 51, 101];

/// How long a status lasts at most, in minutes.
const STEP_MINUTES: u32 = 15;

/// Puts operations of all services into the world; tells what can be watched.
pub fn populate(world: &World, random: &mut Rng) -> Vec<(Service, String)> {
    let mut made = Vec::new();
    for _ in 0..6 {
        let id = world.cloud.add_ros_operation(ros(world, random));
        made.push((Service::Ros, id));
    }
    for _ in 0..4 {
        let id = world.cloud.add_bpstudio(bpstudio(world, random));
        made.push((Service::Bpstudio, id));
        let id = world.cloud.add_batch(batch(world, random));
        made.push((Service::Alidns, id.to_string()));
    }
    made
}

fn delay_ms(random: &mut Rng) -> u32 {
    random.u32(1..=STEP_MINUTES * MINUTE_MS)
}

fn word(random: &mut Rng, words: &[&'static str]) -> Word {
    Word::from(words[random.usize(..words.len())])
}

fn hostile(random: &mut Rng) -> Word {
    word(random, &HOSTILE_TEXTS)
}

fn some<T>(random: &mut Rng, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    random.bool().then(|| make(random))
}

fn ros(world: &World, random: &mut Rng) -> RosSpec {
    let mut status = Schedule::starting(world.cloud.now(), word(random, &["QUEUED", "RUNNING"]));
    if random.bool() {
        status = status.then(
            delay_ms(random),
            word(random, &["RUNNING", "RUNNING\n", "DREAMING"]),
        );
    }
    if random.u8(..4) > 0 {
        let end = word(random, &["SUCCEEDED", "FAILED", "STOPPED", "CANCELLED"]);
        status = status.then(delay_ms(random), end);
    }
    let mut spec = RosSpec::new(ACCOUNT, status);
    spec.action = word(random, &["CREATE", "UPDATE", "DELETE", "DETECT_DRIFT"]);
    spec.stack_group_name = hostile(random).into_owned();
    spec.description = some(random, |random| hostile(random).into_owned());
    spec.retain_stacks = some(random, Rng::bool);
    spec.administration_role_name = some(random, |_| "Admin".to_owned());
    spec.execution_role_name = some(random, |_| "Execution".to_owned());
    spec.preferences = some(random, preferences);
    spec.deployment_targets = some(random, targets);
    spec.drift = some(random, |random| drift(world, random));
    spec.one_digit_seconds = random.bool();
    let count = ROW_COUNTS[random.usize(..ROW_COUNTS.len())];
    spec.rows = Rows::Listed(
        (0..count)
            .map(|number| row(world, random, number))
            .collect(),
    );
    spec
}

fn preferences(random: &mut Rng) -> Preferences {
    let amount = |random: &mut Rng| match random.bool() {
        true => Amount::Count(random.u32(..20)),
        false => Amount::Percentage(random.u32(..=100)),
    };
    Preferences {
        failure_tolerance: amount(random),
        max_concurrent: amount(random),
        region_ids_order: (0..random.usize(..4))
            .map(|n| format!("region-{n}"))
            .collect(),
    }
}

fn targets(random: &mut Rng) -> DeploymentTargets {
    DeploymentTargets {
        account_ids: (0..random.usize(..3)).map(|n| n.to_string()).collect(),
        folder_ids: (0..random.usize(..3)).map(|n| format!("fd-{n}")).collect(),
    }
}

fn drift(world: &World, random: &mut Rng) -> Schedule<DriftDetail> {
    let detail = |random: &mut Rng, status| DriftDetail {
        detection_status: status,
        drift_status: word(random, &["DRIFTED", "IN_SYNC", "NOT_CHECKED"]),
        detection_time: some(random, |_| world.cloud.now()),
        drifted: random.u32(..9),
        in_sync: random.u32(..9),
        in_progress: random.u32(..9),
        failed: random.u32(..9),
        cancelled: random.u32(..9),
    };
    Schedule::starting(world.cloud.now(), detail(random, "IN_PROGRESS".into()))
        .then(delay_ms(random), detail(random, "COMPLETED".into()))
}

/// A row that waits, runs and ends; some are listed late, some go, and some of these come back.
fn row(world: &World, random: &mut Rng, number: u32) -> Row {
    let now = world.cloud.now();
    let mut history = match random.u8(..6) {
        0 => Schedule::starting(now, None).then(delay_ms(random), Some(RowState::of("PENDING"))),
        _ => Schedule::starting(now, Some(RowState::of("PENDING"))),
    };
    if random.bool() {
        let running = word(random, &["RUNNING", "RUNNING\n", "WAITING_FOR_GODOT"]);
        history = history.then(delay_ms(random), Some(RowState::of(running)));
    }
    if random.u8(..6) == 0 {
        history = history.then(delay_ms(random), None);
        if random.bool() {
            history = history.then(delay_ms(random), Some(RowState::of("RUNNING")));
        }
    }
    if random.u8(..8) > 0 {
        let end = word(random, &["SUCCEEDED", "FAILED", "CANCELLED", "STOPPED"]);
        let state = RowState::because(end, hostile(random));
        history = history.then(delay_ms(random), Some(state));
    }
    Row {
        account_id: (1_600_000_000_000_000 + u64::from(number / 3)).to_string(),
        region_id: ["cn-hangzhou", "eu-central-1", "us-west-1"][number as usize % 3].to_owned(),
        folder_id: some(random, |_| format!("fd-{number}")),
        history,
    }
}

fn bpstudio(world: &World, random: &mut Rng) -> BpSpec {
    let state = |random: &mut Rng, words: &[&'static str]| BpState {
        status: word(random, words),
        message: hostile(random),
        arguments: hostile(random),
    };
    let mut states = Schedule::starting(world.cloud.now(), state(random, &["INIT", "init\n"]));
    for _ in 0..random.u8(..4) {
        states = states.then(
            delay_ms(random),
            state(random, &["RUNNING", "running\n", "HALF"]),
        );
    }
    if random.bool() {
        states = states.then(delay_ms(random), state(random, &["SUCCESS\n", "FAILURE"]));
    }
    BpSpec {
        account_id: ACCOUNT.to_owned(),
        operation_id: None,
        states,
    }
}

fn batch(world: &World, random: &mut Rng) -> BatchSpec {
    let state = |random: &mut Rng, status| BatchState {
        status,
        total_count: 40,
        success_count: random.u32(..20),
        failed_count: random.u32(..2),
        reason: some(random, |random| (hostile(random), hostile(random))),
    };
    let mut states = Schedule::starting(world.cloud.now(), state(random, 0));
    for _ in 0..random.u8(..4) {
        states = states.then(delay_ms(random), state(random, 0));
    }
    let end = random.i64(0..=3);
    states = states.then(delay_ms(random), state(random, end));
    BatchSpec {
        account_id: ACCOUNT.to_owned(),
        task_id: None,
        batch_type: [BatchType::RrAdd, BatchType::DomainDel][random.usize(..2)],
        states,
    }
}
