//! The world of `optrail demo`: a few operations of each service, one for each thing worth seeing.
//!
//! All that runs ends within a quarter of an hour of its clock; the one that is there to be
//! stopped would run for hours, and the CADT id that is there to expire has twenty minutes left.

use super::{Entity, REGION_ID, alidns_entity, bpstudio_entity, ros_entity};
use crate::model::UtcMillis;
use crate::sandbox::call::BatchType;
use crate::sandbox::world::{
    Amount, BPSTUDIO_LIFETIME_MS, BatchSpec, BatchState, BpSpec, BpState, DriftDetail, Preferences,
    RosSpec, Row, RowState, Rows, Schedule, Word, World,
};

/// The ids of the demo world, by what they are there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoIds {
    /// Where the stack groups live.
    pub region_id: &'static str,
    /// Succeeds on 3 accounts in 4 regions each.
    pub ros_succeeding: String,
    /// Fails, with reasons.
    pub ros_failing: String,
    /// A drift detection.
    pub ros_drift: String,
    /// Runs for hours unless it is stopped.
    pub ros_to_stop: String,
    /// Succeeds.
    pub bpstudio_succeeding: String,
    /// Is still running when its hour is over.
    pub bpstudio_expiring: String,
    /// A batch with failures.
    pub batch_task_id: i64,
}

impl DemoIds {
    /// The same as a list.
    pub fn entities(&self) -> Vec<Entity> {
        vec![
            ros_entity("succeeds", &self.ros_succeeding),
            ros_entity("fails, with reasons", &self.ros_failing),
            ros_entity("drift detection", &self.ros_drift),
            ros_entity("runs until it is stopped", &self.ros_to_stop),
            bpstudio_entity("succeeds", &self.bpstudio_succeeding),
            bpstudio_entity("expires unseen", &self.bpstudio_expiring),
            alidns_entity("batch with failures", self.batch_task_id),
        ]
    }
}

const TARGET_ACCOUNTS: [&str; 3] = ["1754580903490001", "1512666876910002", "1412613871910003"];
const TARGET_REGIONS: [&str; 4] = ["cn-hangzhou", "cn-beijing", "cn-shanghai", "ap-southeast-1"];

/// One minute, in milliseconds.
const MINUTE: u32 = 60_000;

/// Puts the demo world in, for that account, beginning now.
pub fn demo(world: &World, account_id: &str) -> DemoIds {
    let now = world.now();
    DemoIds {
        region_id: REGION_ID,
        ros_succeeding: world.add_ros_operation(succeeding(account_id, now)),
        ros_failing: world.add_ros_operation(failing(account_id, now)),
        ros_drift: world.add_ros_operation(drift(account_id, now)),
        ros_to_stop: world.add_ros_operation(to_stop(account_id, now)),
        bpstudio_succeeding: world.add_bpstudio(bpstudio_succeeding(account_id, now)),
        bpstudio_expiring: world.add_bpstudio(bpstudio_expiring(account_id, now)),
        batch_task_id: world.add_batch(batch(account_id, now)),
    }
}

fn preferences() -> Preferences {
    Preferences {
        failure_tolerance: Amount::Count(1),
        max_concurrent: Amount::Count(2),
        region_ids_order: TARGET_REGIONS.map(str::to_owned).to_vec(),
    }
}

/// A row for every target account and region, region by region: `history` is handed the number of
/// the row.
fn rows(history: impl Fn(u32) -> Schedule<Option<RowState>>) -> Rows {
    let targets = TARGET_REGIONS
        .iter()
        .flat_map(|region| TARGET_ACCOUNTS.iter().map(move |account| (account, region)));
    let rows = (0..).zip(targets).map(|(number, (account, region))| Row {
        account_id: (*account).to_owned(),
        region_id: (*region).to_owned(),
        folder_id: None,
        history: history(number),
    });
    Rows::Listed(rows.collect())
}

fn succeeding(account_id: &str, now: UtcMillis) -> RosSpec {
    let status = Schedule::starting(now, Word::from("QUEUED"))
        .then(MINUTE / 2, "RUNNING".into())
        .then(11 * MINUTE, "SUCCEEDED".into());
    let mut spec = RosSpec::new(account_id, status);
    spec.stack_group_name = "landing-zone-network".to_owned();
    spec.description = Some("Create VPCs in four regions".to_owned());
    spec.preferences = Some(preferences());
    spec.rows = rows(|number| {
        // One region after the other; the accounts of a region begin twenty seconds apart.
        let waits = MINUTE / 2 + number / 3 * 150_000 + number % 3 * 20_000;
        Schedule::starting(now, Some(RowState::of("PENDING")))
            .then(waits, Some(RowState::of("RUNNING")))
            .then(100_000, Some(RowState::because("SUCCEEDED", "")))
    });
    spec
}

fn failing(account_id: &str, now: UtcMillis) -> RosSpec {
    let status = Schedule::starting(now, Word::from("RUNNING")).then(6 * MINUTE, "FAILED".into());
    let mut spec = RosSpec::new(account_id, status);
    spec.action = "UPDATE".into();
    spec.stack_group_name = "security-baseline".to_owned();
    spec.description = Some("Rotate the log buckets".to_owned());
    spec.preferences = Some(preferences());
    spec.rows = rows(|number| {
        let pending = Schedule::starting(now, Some(RowState::of("PENDING")));
        let running = |waits| pending.clone().then(waits, Some(RowState::of("RUNNING")));
        match number {
            0 | 1 => running(10_000).then(2 * MINUTE, Some(RowState::because("SUCCEEDED", ""))),
            2 => running(10_000).then(
                3 * MINUTE,
                Some(RowState::because(
                    "FAILED",
                    "Role AliyunROSStackGroupExecutionRole does not exist.",
                )),
            ),
            3 => running(4 * MINUTE).then(
                MINUTE,
                Some(RowState::because(
                    "FAILED",
                    "QuotaExceeded.Bucket: at most 100 buckets, \"log-0007\" was refused",
                )),
            ),
            // Two failures are more than are tolerated: the rest is never begun.
            _ => pending.then(
                6 * MINUTE,
                Some(RowState::because(
                    "CANCELLED",
                    "Cancelled since the failure tolerance was exceeded",
                )),
            ),
        }
    });
    spec
}

fn drift(account_id: &str, now: UtcMillis) -> RosSpec {
    let status =
        Schedule::starting(now, Word::from("RUNNING")).then(5 * MINUTE, "SUCCEEDED".into());
    let mut spec = RosSpec::new(account_id, status);
    spec.action = "DETECT_DRIFT".into();
    spec.stack_group_name = "landing-zone-network".to_owned();
    let detail = |words: (&'static str, &'static str), drifted, in_sync, in_progress| DriftDetail {
        detection_status: words.0.into(),
        drift_status: words.1.into(),
        detection_time: Some(now),
        drifted,
        in_sync,
        in_progress,
        failed: 0,
        cancelled: 0,
    };
    let in_progress = ("IN_PROGRESS", "NOT_CHECKED");
    spec.drift = Some(
        Schedule::starting(now, detail(in_progress, 0, 0, 12))
            .then(2 * MINUTE, detail(in_progress, 0, 5, 7))
            .then(3 * MINUTE, detail(("COMPLETED", "DRIFTED"), 2, 10, 0)),
    );
    spec.rows = rows(|number| {
        Schedule::starting(now, Some(RowState::of("RUNNING"))).then(
            MINUTE + number * 20_000,
            Some(RowState::because("SUCCEEDED", "")),
        )
    });
    spec
}

fn to_stop(account_id: &str, now: UtcMillis) -> RosSpec {
    let status =
        Schedule::starting(now, Word::from("RUNNING")).then(300 * MINUTE, "SUCCEEDED".into());
    let mut spec = RosSpec::new(account_id, status);
    spec.action = "DELETE".into();
    spec.retain_stacks = Some(true);
    spec.stack_group_name = "legacy-dns-forwarders".to_owned();
    spec.preferences = Some(preferences());
    spec.rows = rows(|number| {
        Schedule::starting(now, Some(RowState::of("PENDING")))
            .then(number / 2 * 25 * MINUTE, Some(RowState::of("RUNNING")))
            .then(24 * MINUTE, Some(RowState::because("SUCCEEDED", "")))
    });
    spec
}

fn bpstudio_succeeding(account_id: &str, now: UtcMillis) -> BpSpec {
    let mut succeeded = BpState::of("SUCCESS");
    succeeded.message =
        "\"[{\\\"instanceId\\\":\\\"i-demo0001\\\",\\\"status\\\":\\\"running\\\"}]\"".into();
    succeeded.arguments = "{\"tagMap\":{\"cadt\":[\"i-demo0001\"]}}".into();
    BpSpec {
        account_id: account_id.to_owned(),
        operation_id: None,
        states: Schedule::starting(now, BpState::of("INIT"))
            .then(MINUTE, BpState::of("RUNNING\n"))
            .then(3 * MINUTE, succeeded),
    }
}

fn bpstudio_expiring(account_id: &str, now: UtcMillis) -> BpSpec {
    let left_ms = i64::from(20 * MINUTE);
    let created_at = now.plus_ms(left_ms - BPSTUDIO_LIFETIME_MS);
    BpSpec {
        account_id: account_id.to_owned(),
        operation_id: None,
        states: Schedule::starting(created_at, BpState::of("INIT"))
            .then(MINUTE, BpState::of("RUNNING")),
    }
}

fn batch(account_id: &str, now: UtcMillis) -> BatchSpec {
    let state = |status, success_count, failed_count| BatchState {
        status,
        total_count: 40,
        success_count,
        failed_count,
        reason: (failed_count > 0).then(|| {
            (
                "解析记录冲突".into(),
                "The DNS record conflicts with another.".into(),
            )
        }),
    };
    BatchSpec {
        account_id: account_id.to_owned(),
        task_id: None,
        batch_type: BatchType::RrAdd,
        states: Schedule::starting(now, state(0, 0, 0))
            .then(MINUTE, state(0, 14, 0))
            .then(2 * MINUTE, state(0, 29, 2))
            .then(2 * MINUTE, state(1, 37, 3)),
    }
}
