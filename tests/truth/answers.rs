//! What the cloud answers at an instant: a function of the world, written down with the liberties that the
//! cloud takes. A null may be left out, sets have any order, a field that nobody documented may appear.

use optrail::model::Service;
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::world::{Operation, State};

/// A page as it was answered.
#[derive(Debug, Clone)]
pub struct Page {
    /// TotalCount, if it was there.
    pub total_count: Option<i64>,
    /// PageSize.
    pub page_size: i64,
    /// Account, region and state of each row, in the order sent.
    pub rows: Vec<(String, String, State)>,
}

/// Where the services have the fields that do not simply bear their view's name in camel case.
const PLACES: [(&str, &str); 8] = [
    ("account_ids", "DeploymentTargets.AccountIds"),
    ("region_ids_order", "OperationPreferences.RegionIdsOrder"),
    (
        "failure_tolerance_count",
        "OperationPreferences.FailureToleranceCount",
    ),
    ("code", "Code"),
    ("response_message", "Message"),
    ("folder_id", "RdFolderId"),
    ("message", "Data.Message"),
    ("arguments", "Data.Arguments"),
];

/// The answer about an operation at an instant. An id that the cloud does not know is told by BPStudio with
/// a success without Data, by AliDNS with status −1; ROS knows all of this world.
pub fn operation(dice: &mut Dice, operation: &Operation, instant: i64) -> Vec<u8> {
    let state = operation.state.at(instant).as_ref();
    let entity = match operation.service {
        Service::Ros => "StackGroupOperation.",
        Service::Bpstudio => "Data.",
        Service::Alidns | Service::Sts => "",
    };
    let mut body = Map::new();
    put(&mut body, "RequestId", json!(request_id(dice)));
    match (operation.service, state) {
        (Service::Bpstudio, None) => put(&mut body, "Code", json!("200")),
        (Service::Alidns, None) => put(&mut body, "Status", json!(-1)),
        (Service::Ros | Service::Sts, None) => unreachable!("known from the beginning"),
        (service, Some(state)) => {
            if service != Service::Alidns {
                put(
                    &mut body,
                    &format!("{entity}OperationId"),
                    json!(operation.operation_id),
                );
            }
            fields(dice, &mut body, entity, state);
        }
    }
    if state.is_some() && dice.one_in(12) {
        put(
            &mut body,
            &format!("{entity}Undocumented"),
            json!(dice.below(9)),
        );
    }
    Value::Object(body).to_string().into_bytes()
}

/// The answer about a page of an operation's results at an instant.
pub fn page(
    dice: &mut Dice,
    operation: &Operation,
    number: usize,
    instant: i64,
) -> (Vec<u8>, Page) {
    let mut listed: Vec<_> = operation
        .rows
        .iter()
        .filter_map(|row| row.state.at(instant).as_ref().map(|state| (row, state)))
        .collect();
    listed.sort_by_key(|(row, _)| *row.rank.at(instant));
    let mut total_count = Some(i64::try_from(listed.len()).expect("few"));
    let mut rows: Vec<_> = listed
        .into_iter()
        .skip((number - 1) * operation.page_size)
        .take(operation.page_size)
        .map(|(row, state)| (row.account_id.clone(), row.region_id.clone(), state.clone()))
        .collect();
    misprint(dice, &mut total_count, &mut rows);
    let page_size = i64::try_from(operation.page_size).expect("few");
    let mut body = Map::new();
    put(&mut body, "RequestId", json!(request_id(dice)));
    put(&mut body, "PageSize", json!(page_size));
    if let Some(total_count) = total_count {
        put(&mut body, "TotalCount", json!(total_count));
    }
    if !dice.one_in(10) {
        put(&mut body, "PageNumber", json!(number));
    }
    let written = rows.iter().map(|(account_id, region_id, state)| {
        let mut row = Map::new();
        put(&mut row, "AccountId", json!(account_id));
        put(&mut row, "RegionId", json!(region_id));
        fields(dice, &mut row, "", state);
        Value::Object(row)
    });
    let written: Vec<Value> = written.collect();
    put(
        &mut body,
        "StackGroupOperationResults",
        Value::Array(written),
    );
    let page = Page {
        total_count,
        page_size,
        rows,
    };
    (Value::Object(body).to_string().into_bytes(), page)
}

/// What goes wrong within an answer: no TotalCount or a wrong one, a row twice, a row twice and differently.
fn misprint(
    dice: &mut Dice,
    total_count: &mut Option<i64>,
    rows: &mut Vec<(String, String, State)>,
) {
    if dice.one_in(50) {
        *total_count = None;
    } else if dice.one_in(50) {
        *total_count = total_count.map(|count| count + 1);
    }
    if !rows.is_empty() && dice.one_in(12) {
        let again = dice.pick(rows);
        for _ in 0..=dice.below(3) {
            let mut copy = again.clone();
            if dice.one_in(2) {
                let other = dice.pick(&["RUNNING", "FAILED", "PENDING"]);
                copy.2.fields.insert("status", json!(other));
            }
            rows.push(copy);
        }
    }
}

/// A refusal, as the gateway words it.
pub fn refusal(dice: &mut Dice, code: &str) -> Vec<u8> {
    json!({"RequestId": request_id(dice), "Code": code, "Message": "refused"})
        .to_string()
        .into_bytes()
}

/// Whose credentials ask.
pub fn identity(dice: &mut Dice, account_id: &str) -> Vec<u8> {
    json!({"RequestId": request_id(dice), "AccountId": account_id, "IdentityType": "Account"})
        .to_string()
        .into_bytes()
}

fn fields(dice: &mut Dice, body: &mut Map<String, Value>, entity: &str, state: &State) {
    for (name, value) in &state.fields {
        let mut value = value.clone();
        if *name == "account_ids"
            && let Value::Array(items) = &mut value
        {
            dice.shuffle(items);
        }
        put(body, &place(entity, name), value);
    }
    let nullable = match entity {
        "" => "status_reason",
        "Data." => "message",
        _ => "end_time",
    };
    if !state.fields.contains_key(nullable) && dice.one_in(3) {
        put(body, &place(entity, nullable), Value::Null);
    }
}

fn place(entity: &str, name: &str) -> String {
    let camel = || -> String {
        name.split('_')
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect()
    };
    let place = PLACES.iter().find(|(field, _)| *field == name);
    match place {
        Some((_, place)) if entity == "Data." || entity.is_empty() => (*place).to_owned(),
        Some((_, place)) => format!("{entity}{place}"),
        None => format!("{entity}{}", camel()),
    }
}

/// Puts a value at a path of names with dots between.
fn put(body: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            body.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = body
                .entry(first)
                .or_insert_with(|| Value::Object(Map::new()));
            put(inner.as_object_mut().expect("an object"), rest, value);
        }
    }
}

fn request_id(dice: &mut Dice) -> String {
    format!("{:032X}", dice.between(0, i64::MAX))
}
