//! Operations that come to be by chance: the same to the cloud and to the model.

use optrail::model::{Service, UtcMillis};
use optrail::sandbox::{
    BatchSpec, BatchState, BatchType, BpSpec, BpState, DEFAULT_ACCOUNT_ID, GroupSpec, Paging,
    RosSpec, Row as CloudRow, RowState, Rows, Schedule, TotalCount,
};

use super::desk::{Desk, EVERY_MS};
use super::dice::Dice;
use super::model::{Kind, Model, Row, Truth};

/// Operations that discovery finds in one stack group: they fit on one page.
const OPERATIONS_OF_A_GROUP: usize = 40;

/// Most results of an operation.
const ROWS_MAX: usize = 50;

/// Target regions.
const REGIONS: [&str; 2] = ["cn-hangzhou", "eu-central-1"];

/// Who brings operations into the world.
#[derive(Debug, Default)]
pub struct Births {
    /// Operations that the newest stack group has.
    in_group: usize,
    made: usize,
}

impl Births {
    /// What comes to be in the time before the run at `now`.
    pub fn happen(&mut self, dice: &mut Dice, desk: &Desk, model: &mut Model, now: i64) {
        if dice.one_in(22) {
            self.ros(dice, desk, model, now);
        }
        if dice.one_in(24) {
            let number = cadt(dice, desk, model, now);
            // The pipeline that started it hands its id over, sometimes too late.
            watch(desk, model, number, Service::Bpstudio);
        }
        if dice.one_in(48) {
            let number = dns(dice, desk, model, now);
            if dice.one_in(3) {
                watch(desk, model, number, Service::Alidns);
            }
        }
        if dice.one_in(1_000) {
            // A mistake in typing: the cloud never knew it.
            self.made += 1;
            let id = format!("00000000-0000-4000-8000-{:012}", self.made);
            let number = model.add(truth(Kind::Ros, id, Vec::new()));
            watch(desk, model, number, Service::Ros);
        }
    }

    fn ros(&mut self, dice: &mut Dice, desk: &Desk, model: &mut Model, now: i64) {
        self.made += 1;
        let is_found = dice.one_in(2);
        let born = now - dice.between(1, EVERY_MS - 1);
        if is_found && (self.in_group == 0 || self.in_group == OPERATIONS_OF_A_GROUP) {
            self.in_group = 0;
            new_group(desk, model, born);
        }
        let (mut at, mut states) = (born, vec![(born, "QUEUED")]);
        for status in ["RUNNING", dice.pick(&["SUCCEEDED", "FAILED"])] {
            at += dice.between(60_000, 4 * EVERY_MS);
            states.push((at, status));
        }
        let rows = (0..1 + dice.below(ROWS_MAX))
            .map(|number| row(dice, number, born, at))
            .collect();
        let group = match is_found {
            true => model.groups.last().map(|group| group.name.clone()),
            false => None,
        };
        self.in_group += usize::from(is_found);
        let truth = Truth {
            rows,
            page_size: dice.pick(&[10, 50]),
            has_total: !dice.one_in(60),
            group,
            ..truth(
                Kind::Ros,
                format!("6da106ca-1784-4a6f-a7e1-{:012x}", self.made),
                states,
            )
        };
        desk.cloud.add_ros_operation(spec(&truth));
        let number = model.add(truth);
        if !is_found {
            watch(desk, model, number, Service::Ros);
        }
    }
}

/// The next stack group; the one before is deleted, which discovery has to see, too.
fn new_group(desk: &Desk, model: &mut Model, born: i64) {
    if let Some(old) = model.groups.last_mut() {
        old.deleted_at = Some(born);
        let groups = desk.cloud.truth().groups;
        let there = groups.iter().find(|group| group.spec.name == old.name);
        let there = there.expect("it was made");
        let mut spec = there.spec.clone();
        spec.stack_group_id = Some(there.stack_group_id.clone());
        let age_ms = u32::try_from(born - there.spec.status.steps()[0].0.0);
        spec.status = spec
            .status
            .then(age_ms.expect("less than 49 days"), "DELETED".into());
        desk.cloud.add_stack_group(spec);
    }
    let name = format!("prod-{:03}", model.groups.len());
    let spec = GroupSpec::new(DEFAULT_ACCOUNT_ID, &name, UtcMillis(born));
    desk.cloud.add_stack_group(spec);
    model.add_group(name);
}

fn watch(desk: &Desk, model: &mut Model, number: usize, service: Service) {
    desk.watch(service, Some(&model.things[number].truth.id));
    model.watch(number, desk.clock_ms());
}

fn truth(kind: Kind, id: String, states: Vec<(i64, &'static str)>) -> Truth {
    Truth {
        kind,
        id,
        states,
        rows: Vec::new(),
        page_size: 50,
        has_total: true,
        group: None,
    }
}

/// A result that has ended when its operation has; some come late, some vanish, and some of these return.
fn row(dice: &mut Dice, number: usize, born: i64, ended: i64) -> Row {
    let mut instants = dice.instants(4, born + 1, ended);
    instants.insert(0, born);
    let mut states = Vec::new();
    for (place, at) in instants.into_iter().enumerate() {
        let status = match place {
            0 if dice.one_in(4) => None,
            0 => Some("PENDING"),
            _ if dice.one_in(12) => None,
            _ => Some("RUNNING"),
        };
        if states.last().is_none_or(|(_, last)| *last != status) {
            states.push((at, status));
        }
    }
    let end = dice.pick(&["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]);
    if !dice.one_in(20) {
        states.push((ended, Some(end)));
    }
    if let Some((_, last)) = states.last_mut()
        && last.is_some()
    {
        *last = Some(end);
    }
    Row {
        account_id: (1_600_000_000_000_000 + number / REGIONS.len()).to_string(),
        region_id: REGIONS[number % REGIONS.len()],
        states,
    }
}

fn spec(truth: &Truth) -> RosSpec {
    let rows = truth.rows.iter().map(|row| CloudRow {
        account_id: row.account_id.clone(),
        region_id: row.region_id.to_owned(),
        folder_id: None,
        history: schedule(&row.states, |status| status.map(RowState::of)),
    });
    let group = truth.group.clone();
    RosSpec {
        operation_id: Some(truth.id.clone()),
        stack_group_name: group.unwrap_or_else(|| "by-hand".to_owned()),
        rows: Rows::Listed(rows.collect()),
        paging: Paging {
            page_size_cap: u32::try_from(truth.page_size).ok(),
            total_count: match truth.has_total {
                true => TotalCount::Number,
                false => TotalCount::Missing,
            },
            ..Paging::default()
        },
        ..RosSpec::new(
            DEFAULT_ACCOUNT_ID,
            schedule(&truth.states, |status| status.into()),
        )
    }
}

fn cadt(dice: &mut Dice, desk: &Desk, model: &mut Model, now: i64) -> usize {
    let is_late = dice.one_in(12);
    let age_max_ms = if is_late { 5 * EVERY_MS } else { EVERY_MS - 1 };
    let born = now - dice.between(1, age_max_ms);
    let (mut at, mut states) = (born, vec![(born, "INIT")]);
    for status in ["RUNNING", dice.pick(&["SUCCESS", "FAILURE"])] {
        at += dice.between(60_000, 3 * EVERY_MS / 2);
        states.push((at, status));
    }
    let id = desk.cloud.add_bpstudio(BpSpec {
        account_id: DEFAULT_ACCOUNT_ID.to_owned(),
        operation_id: None,
        states: schedule(&states, BpState::of),
    });
    model.add(truth(Kind::Cadt, id, states))
}

fn dns(dice: &mut Dice, desk: &Desk, model: &mut Model, now: i64) -> usize {
    let born = now - dice.between(1, EVERY_MS - 1);
    let (mut at, mut states) = (born, vec![(born, "0")]);
    if dice.one_in(2) {
        at += dice.between(60_000, 4 * EVERY_MS);
        states.push((at, "0"));
    }
    at += dice.between(60_000, 4 * EVERY_MS);
    states.push((at, dice.pick(&["1", "1", "2"])));
    let mut done = 0;
    let task_id = desk.cloud.add_batch(BatchSpec {
        account_id: DEFAULT_ACCOUNT_ID.to_owned(),
        task_id: None,
        batch_type: BatchType::RrAdd,
        states: schedule(&states, |status| {
            done += 1;
            BatchState {
                status: status.parse().expect("a number"),
                total_count: 5,
                success_count: done,
                failed_count: 0,
                reason: None,
            }
        }),
    });
    model.add(truth(Kind::Dns, task_id.to_string(), states))
}

fn schedule<S: Copy, T>(states: &[(i64, S)], mut make: impl FnMut(S) -> T) -> Schedule<T> {
    let mut states = states.iter();
    let (born, first) = states.next().expect("it begins");
    let mut before = *born;
    states.fold(
        Schedule::starting(UtcMillis(*born), make(*first)),
        |schedule, (at, state)| {
            let delay_ms = u32::try_from(at - before).expect("days");
            before = *at;
            schedule.then(delay_ms, make(*state))
        },
    )
}
