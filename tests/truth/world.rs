//! What truly happens: operations of the three services and the rows of their results, with every change
//! at an exact instant. The program under test sees none of this but through answers.

use std::collections::BTreeMap;

use optrail::model::{Service, UtcMillis};
use serde_json::{Value, json};

use super::dice::Dice;
use super::history::History;

/// The account whose credentials ask.
pub const ACCOUNT: &str = "1234567890123456";

/// The beginning of the world, ms since 1970.
pub const BEGIN: i64 = 1_790_000_000_000;

/// Fields by the names that the views have for them; what is not there is null.
pub type Fields = BTreeMap<&'static str, Value>;

/// The state of an operation or of a row of its results.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The fields that make versions.
    pub fields: Fields,
    /// Start as the cloud tells it, ms.
    pub cloud_started_at: Option<i64>,
    /// End as the cloud tells it, ms.
    pub cloud_ended_at: Option<i64>,
}

impl State {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Value {
        self.fields.get(name).cloned().unwrap_or(Value::Null)
    }

    fn set(&mut self, name: &'static str, value: Value) {
        if value.is_null() {
            self.fields.remove(name);
        } else {
            self.fields.insert(name, value);
        }
    }
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// Its service.
    pub service: Service,
    /// Its region; empty where the service has none.
    pub region_id: &'static str,
    /// Its id.
    pub operation_id: String,
    /// What it is; `None` while the cloud does not know it.
    pub state: History<Option<State>>,
    /// Rows of its results, of ROS.
    pub rows: Vec<Row>,
    /// Rows that the cloud puts on a page, whatever is asked for.
    pub page_size: usize,
}

/// A row of an operation's results.
#[derive(Debug)]
pub struct Row {
    /// Account that is deployed to.
    pub account_id: String,
    /// Region that is deployed to.
    pub region_id: String,
    /// What it is; `None` while it is not in the list.
    pub state: History<Option<State>>,
    /// Where it stands in the list: before all with a higher rank.
    pub rank: History<usize>,
}

/// Everything that truly happens in one case.
#[derive(Debug)]
pub struct World {
    /// The operations.
    pub operations: Vec<Operation>,
    /// Nothing changes after this, ms.
    pub end: i64,
}

impl World {
    /// A world of a few operations. `size` from 1 makes it richer.
    pub fn new(dice: &mut Dice, size: usize) -> Self {
        // Minutes in which all moves while it is read, or a day in which little does.
        let length_ms = dice.pick(&[60_000, 200_000, 200_000, 7_200_000, 86_400_000]);
        let end = BEGIN + length_ms;
        let count = 1 + dice.below(size.min(3));
        let operations = (0..count)
            .map(|number| match dice.below(5) {
                0 => bpstudio(dice, number, end),
                1 => alidns(dice, number, end),
                _ => ros(dice, number, end, size),
            })
            .collect();
        Self { operations, end }
    }
}

fn bpstudio(dice: &mut Dice, number: usize, end: i64) -> Operation {
    let mut state = State::default();
    state.set("code", json!("200"));
    state.set("response_message", json!(""));
    state.set("status", json!("INIT\n"));
    let mut history = History::new(BEGIN, Some(state.clone()));
    let changes = dice.below(8);
    for at in dice.instants(changes, BEGIN + 1, end) {
        match dice.below(3) {
            0 => state.set(
                "message",
                dice.pick(&[Value::Null, json!(""), json!("\"[{}]\"")]),
            ),
            1 => state.set("arguments", dice.pick(&[Value::Null, json!("{\"a\": 1}")])),
            // The same word comes in other cases and with blanks: other versions, the same stretch.
            _ => state.set(
                "status",
                dice.pick(&["INIT", "running", "RUNNING\n", "SUCCESS", "FAILURE"].map(Value::from)),
            ),
        }
        history.change(at, Some(state.clone()));
    }
    if dice.one_in(3) {
        history.change(end + 1, None);
    }
    operation(Service::Bpstudio, "", format!("op_{number:08}"), history)
}

fn alidns(dice: &mut Dice, number: usize, end: i64) -> Operation {
    let task_id = 9_007_199_254_740_993 + i64::try_from(number).expect("small");
    let mut state = State::default();
    state.set("task_id", json!(task_id));
    state.set("batch_type", json!("RR_ADD"));
    state.set("status", json!(0));
    state.set("total_count", json!(4));
    let first = if dice.one_in(3) {
        None
    } else {
        Some(state.clone())
    };
    let mut history = History::new(BEGIN, first);
    let changes = dice.below(8);
    for at in dice.instants(changes, BEGIN + 1, end) {
        match dice.below(3) {
            0 => state.set("success_count", json!(dice.below(5))),
            1 => {
                state.set("failed_count", json!(dice.below(3)));
                state.set(
                    "reason",
                    dice.pick(&[Value::Null, json!(""), json!("域名")]),
                );
            }
            _ => state.set("status", json!(dice.pick(&[0, 0, 1, 2]))),
        }
        history.change(at, Some(state.clone()));
    }
    operation(Service::Alidns, "", task_id.to_string(), history)
}

fn operation(
    service: Service,
    region_id: &'static str,
    operation_id: String,
    state: History<Option<State>>,
) -> Operation {
    Operation {
        service,
        region_id,
        operation_id,
        state,
        rows: Vec::new(),
        page_size: 1,
    }
}

/// A time as ROS writes it: no zone, no fraction, one digit where one will do.
fn ros_time(at: i64) -> Value {
    let text = UtcMillis(at).to_string();
    let (minutes, seconds) = text[..19].split_at(17);
    json!(format!(
        "{minutes}{}",
        seconds.trim_start_matches('0').parse().unwrap_or(0)
    ))
}

fn ros(dice: &mut Dice, number: usize, end: i64, size: usize) -> Operation {
    let mut state = State::default();
    state.set("action", json!(dice.pick(&["CREATE", "UPDATE", "DELETE"])));
    state.set("status", json!(dice.pick(&["QUEUED", "RUNNING"])));
    state.set(
        "stack_group_id",
        json!("fd0ddef9-9540-4b42-a464-94f778350000"),
    );
    state.set("stack_group_name", json!("group"));
    // The second was started before the first, and the third at the same time as that.
    let started_at = BEGIN - [0, 7_200_000][number % 2];
    state.set("create_time", ros_time(started_at));
    state.cloud_started_at = Some(started_at / 1000 * 1000);
    let mut history = History::new(BEGIN, Some(state.clone()));
    let changes = dice.below(2 + size);
    for at in dice.instants(changes, BEGIN + 1, end) {
        change_ros(dice, &mut state, at);
        history.change(at, Some(state.clone()));
    }
    let region_id = dice.pick(&["cn-hangzhou", "eu-central-1"]);
    let id = format!("645d0eed-f1e6-40b0-8e8f-{number:012}");
    let mut operation = operation(Service::Ros, region_id, id, history);
    operation.page_size = 1 + dice.below(3);
    operation.rows = rows(dice, end, size);
    operation
}

fn change_ros(dice: &mut Dice, state: &mut State, at: i64) {
    let lists = [Value::Null, json!([]), json!(["a"]), json!(["a", "b", "c"])];
    match dice.below(8) {
        0 => state.set(
            "operation_description",
            dice.pick(&[Value::Null, json!(""), json!("why")]),
        ),
        1 => state.set("account_ids", dice.pick(&lists)),
        2 => state.set(
            "region_ids_order",
            dice.pick(&[lists[3].clone(), json!(["c", "a", "b"])]),
        ),
        3 => state.set("failure_tolerance_count", json!(dice.below(2))),
        _ => {
            let words = [
                "RUNNING",
                "RUNNING ",
                "STOPPING",
                "STOPPED",
                "SUCCEEDED",
                "FAILED",
                "QUEUED",
                "PAUSED",
            ];
            let word = dice.pick(&words);
            state.set("status", json!(word));
            let has_ended = ["STOPPED", "SUCCEEDED", "FAILED"].contains(&word);
            state.set(
                "end_time",
                if has_ended { ros_time(at) } else { Value::Null },
            );
            state.cloud_ended_at = has_ended.then_some(at / 1000 * 1000);
        }
    }
}

/// Rows that change one by one, come, go, take each other's place, and are put into another order.
fn rows(dice: &mut Dice, end: i64, size: usize) -> Vec<Row> {
    let count = size / 2 + dice.below(2 + size / 2);
    let mut rows: Vec<Row> = (0..count)
        .map(|number| {
            let state = (!dice.one_in(3)).then(|| new_row(dice));
            Row {
                account_id: format!("{:016}", number / 2),
                region_id: ["r0", "r1"][number % 2].to_owned(),
                state: History::new(BEGIN, state),
                rank: History::new(BEGIN, number),
            }
        })
        .collect();
    if count == 0 {
        return rows;
    }
    let changes = dice.below(count * 6);
    // In some lists nothing happens but that rows take each other's place.
    let calm = if dice.one_in(3) { 6 } else { 10 };
    for at in dice.instants(changes, BEGIN + 1, end) {
        match dice.below(calm) {
            0 => reorder(dice, &mut rows, at),
            1..=5 => take_place(dice, &mut rows, at),
            _ => {
                let row = &mut rows[dice.below(count)];
                let next = change_row(dice, row.state.last().as_ref());
                row.state.change(at, next);
            }
        }
    }
    rows
}

const ROW_WORDS: [&str; 8] = [
    "PENDING",
    "RUNNING",
    "RUNNING\n",
    "SUCCEEDED",
    "SUCCEEDED",
    "FAILED",
    "CANCELLED",
    "PAUSED",
];

fn new_row(dice: &mut Dice) -> State {
    let mut state = State::default();
    state.set("status", json!(dice.pick(&ROW_WORDS)));
    state
}

fn change_row(dice: &mut Dice, state: Option<&State>) -> Option<State> {
    let Some(state) = state else {
        return Some(new_row(dice));
    };
    let mut state = state.clone();
    match dice.below(10) {
        0 => return None,
        1 | 2 => state.set(
            "status_reason",
            dice.pick(&[Value::Null, json!(""), json!("quota")]),
        ),
        3 => state.set(
            "folder_id",
            dice.pick(&[Value::Null, json!("fd-1"), json!("fd-2")]),
        ),
        4 => state.set("status", Value::Null),
        _ => state.set("status", json!(dice.pick(&ROW_WORDS))),
    }
    Some(state)
}

fn reorder(dice: &mut Dice, rows: &mut [Row], at: i64) {
    let mut ranks: Vec<usize> = (0..rows.len()).collect();
    dice.shuffle(&mut ranks);
    for (row, rank) in rows.iter_mut().zip(ranks) {
        row.rank.change(at, rank);
    }
}

/// One row goes and another comes at the same instant: TotalCount does not tell.
fn take_place(dice: &mut Dice, rows: &mut [Row], at: i64) {
    let (present, absent): (Vec<usize>, Vec<usize>) =
        (0..rows.len()).partition(|index| rows[*index].state.last().is_some());
    if present.is_empty() || absent.is_empty() {
        return;
    }
    // Mostly the first goes and the other comes last, so that those between move up past a reader who has
    // begun.
    let first = present
        .iter()
        .copied()
        .min_by_key(|index| *rows[*index].rank.last());
    let going = if dice.one_in(4) {
        dice.pick(&present)
    } else {
        first.expect("some")
    };
    rows[going].state.change(at, None);
    let last_rank = rows.iter().map(|row| *row.rank.last()).max();
    let coming = &mut rows[dice.pick(&absent)];
    coming.rank.change(at, last_rank.expect("some") + 1);
    coming.state.change(at, Some(new_row(dice)));
}
