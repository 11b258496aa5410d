//! What truly happens in a year: accounts, operations of the three services, the rows of their results. Each
//! changes at exact instants. Plain data that knows nothing of the program; only answers tell it of this.

use std::ops::Range;

use super::dice::Dice;

/// The beginning of the world, ms since 1970: 2025-01-01T00:00:00Z.
pub const BEGIN: i64 = 1_735_689_600_000;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// How long a CADT id lives.
const CADT_LIFETIME: i64 = HOUR;

/// Regions of stack groups.
const REGIONS: [&str; 3] = ["cn-hangzhou", "cn-beijing", "eu-central-1"];

/// Regions that are deployed to.
const TARGET_REGIONS: [&str; 10] = [
    "cn-hangzhou",
    "cn-beijing",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-hongkong",
    "ap-southeast-1",
    "ap-northeast-1",
    "eu-central-1",
    "us-west-1",
    "us-east-1",
];

const REASONS: [&str; 4] = [
    "Resource [vpc] quota exceeded, limit is 10",
    "StackAlreadyExists: the stack named \"landing-zone\" exists",
    "权限不足：角色无法扮演",
    "Resource operation timeout",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    Alidns,
    Bpstudio,
    Ros,
}

impl Service {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ros => "ros",
            Self::Bpstudio => "bpstudio",
            Self::Alidns => "alidns",
        }
    }
}

#[derive(Debug)]
pub struct Account {
    pub id: String,
    /// Name of its credentials, and the name that they get in the middle of the year.
    pub labels: [String; 2],
    pub arn: String,
}

impl Account {
    /// The name of the credentials that things watched at an instant are asked with.
    pub fn label(&self, is_second_half: bool) -> &str {
        &self.labels[usize::from(is_second_half)]
    }
}

/// A stack group, by name and id.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub id: String,
    pub account: usize,
    pub region: &'static str,
}

/// The state of an operation as the cloud tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// As sent.
    pub status: &'static str,
    /// ROS: when it ended, ms.
    pub ended_at: Option<i64>,
    /// DNS: total, done, failed.
    pub counts: Option<[i64; 3]>,
    /// DNS: a reason.
    pub reason: Option<&'static str>,
    /// ROS: DriftDetectionStatus, StackGroupDriftStatus, and the six counts.
    pub drift: Option<(&'static str, &'static str, [i64; 6])>,
}

/// A row of an operation's results.
#[derive(Debug)]
pub struct Row {
    pub account_id: String,
    pub region_id: &'static str,
    /// Status and reason from each instant on; the first is the operation's birth.
    pub states: Vec<(i64, &'static str, Option<&'static str>)>,
    /// Since when it is not in the list any more.
    pub gone_at: Option<i64>,
}

impl Row {
    /// What it is at an instant, if it is in the list.
    pub fn at(&self, instant: i64) -> Option<(&'static str, Option<&'static str>)> {
        let begun = self.states.partition_point(|(at, _, _)| *at <= instant);
        let (_, status, reason) = self.states[begun.checked_sub(1)?];
        let is_listed = self.gone_at.is_none_or(|gone_at| instant < gone_at);
        is_listed.then_some((status, reason))
    }
}

#[derive(Debug)]
pub struct Operation {
    pub service: Service,
    pub account: usize,
    /// Empty where the service has none.
    pub region: &'static str,
    pub id: String,
    /// Action or BatchType; none for CADT.
    pub kind: Option<&'static str>,
    pub group: Option<usize>,
    pub born_at: i64,
    /// States from each instant on.
    pub states: Vec<(i64, State)>,
    pub rows: Vec<Row>,
    /// Whether the cloud never heard of it.
    pub is_unknown: bool,
    /// Whether its lists never say how many rows there are.
    pub lacks_total: bool,
    /// Whether its answers bear a field that nobody documented.
    pub has_new_field: bool,
    /// Whether somebody is to stop it, and when.
    pub stopped_at: Option<i64>,
    /// When somebody begins and ceases to watch it.
    pub watched: Range<i64>,
}

impl Operation {
    /// What it is at an instant; `None` where the cloud does not tell.
    pub fn at(&self, instant: i64) -> Option<&State> {
        if self.is_unknown
            || self.service == Service::Bpstudio && instant >= self.born_at + CADT_LIFETIME
        {
            return None;
        }
        let begun = self.states.partition_point(|(at, _)| *at <= instant);
        self.states
            .get(begun.checked_sub(1)?)
            .map(|(_, state)| state)
    }

    /// From now on it is being stopped, and soon will have been.
    pub fn stop(&mut self, at: i64) {
        self.states.retain(|(begun, _)| *begun < at);
        let plain = |status, ended_at| State {
            status,
            ended_at,
            counts: None,
            reason: None,
            drift: None,
        };
        let end = at + 4 * MINUTE;
        self.states.push((at, plain("STOPPING", None)));
        self.states.push((end, plain("STOPPED", Some(end))));
        for row in &mut self.rows {
            row.states.retain(|(begun, _, _)| *begun < at);
            let last = row.states.last().map_or("PENDING", |(_, status, _)| status);
            if !is_final(last) {
                row.states
                    .push((end, "CANCELLED", Some("stopped by the user")));
            }
        }
    }
}

/// Whether nothing more can come after a status.
pub fn is_final(status: &str) -> bool {
    ["succeeded", "failed", "cancelled", "stopped"].contains(&phase(status))
}

/// What a status means, from the words of the promise.
pub fn phase(status: &str) -> &'static str {
    match status.trim().to_uppercase().as_str() {
        "QUEUED" | "PENDING" | "INIT" => "pending",
        "RUNNING" | "0" => "running",
        "STOPPING" => "stopping",
        "SUCCEEDED" | "SUCCESS" | "1" => "succeeded",
        "FAILED" | "FAILURE" | "2" => "failed",
        "CANCELLED" => "cancelled",
        "STOPPED" => "stopped",
        _ => "unknown",
    }
}

/// How much happens.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub days: i64,
    pub operations: usize,
    /// Rows of results, about.
    pub rows: usize,
}

impl Size {
    pub fn end(self) -> i64 {
        BEGIN + self.days * DAY
    }
}

#[derive(Debug)]
pub struct World {
    pub accounts: Vec<Account>,
    pub groups: Vec<Group>,
    /// In the order in which somebody begins to watch them.
    pub operations: Vec<Operation>,
    pub end: i64,
}

impl World {
    pub fn new(dice: &mut Dice, size: Size) -> Self {
        let accounts: Vec<Account> = (0..5).map(account).collect();
        let groups = (0..40)
            .map(|number| Group {
                name: format!("landing-zone-{number:02}"),
                id: format!("fd0ddef9-9540-4b42-a464-{number:012}"),
                account: number % 5,
                region: REGIONS[number % 3],
            })
            .collect();
        let mut world = Self {
            accounts,
            groups,
            operations: Vec::new(),
            end: size.end(),
        };
        let row_mean = size.rows / (size.operations * 17 / 20).max(1);
        for number in 0..size.operations {
            // The last day is left to what goes on.
            let born_at = dice.between(BEGIN + HOUR, size.end() - 6 * HOUR);
            let operation = match dice.below(20) {
                0 | 1 => cadt(dice, number, born_at),
                2 => dns(dice, number, born_at),
                _ => world.ros(dice, number, born_at, row_mean),
            };
            world.operations.push(operation);
        }
        world.operations.sort_by_key(|op| op.watched.start);
        world
    }

    fn ros(&self, dice: &mut Dice, number: usize, born_at: i64, row_mean: usize) -> Operation {
        let group = dice.below(self.groups.len());
        let kind = dice.pick(&["CREATE", "UPDATE", "UPDATE", "DELETE", "DETECT_DRIFT"]);
        let length = ros_length(dice);
        let end = born_at + length;
        let mut operation = Operation {
            region: self.groups[group].region,
            group: Some(group),
            kind: Some(kind),
            lacks_total: dice.one_in(250),
            has_new_field: dice.one_in(60),
            is_unknown: dice.one_in(150),
            ..blank(
                dice,
                Service::Ros,
                self.groups[group].account,
                format!("645d0eed-f1e6-40b0-8e8f-{number:012}"),
                born_at,
            )
        };
        let last = dice.pick(&[
            "SUCCEEDED",
            "SUCCEEDED",
            "SUCCEEDED",
            "SUCCEEDED",
            "FAILED",
            "CANCELLED",
        ]);
        operation.states = ros_states(dice, kind, born_at, end, last);
        let sizes = [
            row_mean / 4,
            row_mean / 2,
            row_mean / 2,
            row_mean,
            row_mean * 3,
        ];
        let count = dice.pick(&sizes).max(1);
        operation.rows = (0..count)
            .map(|row| result_row(dice, row, born_at, end, last))
            .collect();
        if dice.one_in(10) && length > HOUR && !operation.is_unknown {
            operation.stopped_at = Some(born_at + length / 2);
        }
        operation
    }
}

fn account(number: usize) -> Account {
    let id = format!("10000000000000{number:02}");
    let label = format!("team-{number}");
    Account {
        arn: format!("acs:ram::{id}:role/optrail-reader"),
        id,
        labels: match number {
            // One gets other credentials.
            4 => [label, "prod-4".to_owned()],
            _ => [label.clone(), label],
        },
    }
}

/// Watched since some minutes after its birth, mostly for ever.
fn blank(dice: &mut Dice, service: Service, account: usize, id: String, born_at: i64) -> Operation {
    let added_at = born_at + dice.between(MINUTE, 10 * MINUTE);
    let removed_at = match dice.one_in(30) {
        true => added_at + dice.between(HOUR, 5 * HOUR),
        false => i64::MAX,
    };
    Operation {
        service,
        account,
        region: "",
        id,
        kind: None,
        group: None,
        born_at,
        states: Vec::new(),
        rows: Vec::new(),
        is_unknown: false,
        lacks_total: false,
        has_new_field: false,
        stopped_at: None,
        watched: added_at..removed_at,
    }
}

fn ros_length(dice: &mut Dice) -> i64 {
    match dice.below(30) {
        0 => dice.between(6 * HOUR, 2 * DAY),
        1..=6 => dice.between(HOUR, 4 * HOUR),
        _ => dice.between(3 * MINUTE, 40 * MINUTE),
    }
}

fn ros_states(
    dice: &mut Dice,
    kind: &str,
    born_at: i64,
    end: i64,
    last: &'static str,
) -> Vec<(i64, State)> {
    let drift = |status, found, counts| (kind == "DETECT_DRIFT").then_some((status, found, counts));
    let state = |status, ended_at, drift| State {
        status,
        ended_at,
        counts: None,
        reason: None,
        drift,
    };
    let going_on = drift("IN_PROGRESS", "NOT_CHECKED", [6, 0, 0, 6, 0, 0]);
    let mut states = vec![
        (born_at, state("QUEUED", None, going_on)),
        (born_at + 30 * SECOND, state("RUNNING", None, going_on)),
    ];
    if dice.one_in(50) {
        states.push((
            born_at + (end - born_at) / 2,
            state("PAUSED", None, going_on),
        ));
    }
    if !dice.one_in(300) {
        let drifted = i64::try_from(dice.below(3)).expect("small");
        let found = if drifted > 0 { "DRIFTED" } else { "IN_SYNC" };
        let ended = drift("COMPLETED", found, [6, drifted, 6 - drifted, 0, 0, 0]);
        states.push((end, state(last, Some(end / SECOND * SECOND), ended)));
    }
    states
}

fn result_row(dice: &mut Dice, number: usize, born_at: i64, end: i64, last: &str) -> Row {
    let begun = dice.between(born_at + 30 * SECOND, end - SECOND);
    let ended = dice.between(begun, end);
    let (status, reason) = match last {
        "CANCELLED" if dice.one_in(2) => ("CANCELLED", None),
        "FAILED" if dice.one_in(4) => ("FAILED", Some(dice.pick(&REASONS))),
        _ if dice.one_in(60) => ("FAILED", Some(dice.pick(&REASONS))),
        _ => ("SUCCEEDED", None),
    };
    let mut states = vec![(born_at, "PENDING", None), (begun, "RUNNING", None)];
    if ended > begun + 2 && dice.one_in(100) {
        states.push((begun + 1, "WAITING_APPROVAL", None));
    }
    if ended <= begun + 2 {
        states[1] = (begun, status, reason);
    } else if !dice.one_in(3_000) {
        states.push((ended, status, reason));
    } else {
        // It waits for ever.
        states.push((ended, "WAITING_APPROVAL", None));
    }
    Row {
        account_id: format!("2{:015}", number / TARGET_REGIONS.len()),
        region_id: TARGET_REGIONS[number % TARGET_REGIONS.len()],
        states,
        gone_at: dice.one_in(1_000).then_some(ended + MINUTE),
    }
}

fn cadt(dice: &mut Dice, number: usize, born_at: i64) -> Operation {
    let account = dice.below(5);
    let mut operation = blank(
        dice,
        Service::Bpstudio,
        account,
        format!("op_{number:08}"),
        born_at,
    );
    if dice.one_in(15) {
        // Handed over too late.
        operation.watched = born_at + 61 * MINUTE..i64::MAX;
    }
    let state = |status| State {
        status,
        ended_at: None,
        counts: None,
        reason: None,
        drift: None,
    };
    let end = born_at + dice.between(5 * MINUTE, 70 * MINUTE);
    operation.states = vec![
        (born_at, state("INIT\n")),
        (born_at + MINUTE, state("running")),
        (end, state(dice.pick(&["SUCCESS", "SUCCESS", "FAILURE"]))),
    ];
    operation
}

fn dns(dice: &mut Dice, number: usize, born_at: i64) -> Operation {
    let account = dice.below(5);
    // Beyond what a float can hold.
    let id = (9_007_199_254_740_993 + number).to_string();
    let mut operation = blank(dice, Service::Alidns, account, id, born_at);
    operation.kind = Some(dice.pick(&["RR_ADD", "RR_DEL", "DOMAIN_ADD"]));
    operation.is_unknown = dice.one_in(20);
    let total = dice.between(1, 15);
    let failed = if dice.one_in(3) {
        dice.between(1, total)
    } else {
        0
    };
    let state = |status, done: i64, failed: i64| State {
        status,
        ended_at: None,
        counts: Some([total, done, failed]),
        reason: (failed > 0).then_some("记录已存在"),
        drift: None,
    };
    let end = born_at + dice.between(20 * MINUTE, 60 * MINUTE);
    let last = if dice.one_in(8) { "2" } else { "1" };
    operation.states = vec![
        (born_at, state("0", 0, 0)),
        (born_at + 15 * MINUTE, state("0", (total - failed) / 2, 0)),
        (end, state(last, total - failed, failed)),
    ];
    operation
}
