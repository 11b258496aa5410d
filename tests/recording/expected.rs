//! What must have been recorded: worked out from the world's schedules and from the instants of its log at
//! which it was looked at, in words of the test's own.
//!
//! It holds where every answer reached the collector, and where the world stands still during a run.

#[path = "expected/bpstudio_and_alidns.rs"]
mod bpstudio_and_alidns;
#[path = "expected/ros.rs"]
mod ros;

use optrail::model::UtcMillis;
use optrail::sandbox::{SeenLook, Truth};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::world::{ACCOUNT, REGION, Round, World};

/// Columns whose instant is ours: a look takes milliseconds, so they are compared to the run.
const OUR_INSTANTS: [&str; 4] = ["first_seen_at", "last_seen_at", "replaced_at", "counted_at"];

/// A query and the rows that it must give.
pub struct Expectation {
    pub sql: String,
    pub rows: Vec<Vec<Value>>,
}

/// Compares everything recorded about all operations of the world with the world.
pub fn assert_recorded(world: &World) {
    let truth = world.cloud.truth();
    let mut expectations = ros::expectations(&truth);
    expectations.extend(bpstudio_and_alidns::expectations(&truth));
    for expectation in expectations {
        let actual = seen_to_the_run(world, &expectation.sql);
        assert_same_rows(&expectation, &actual);
    }
}

fn assert_same_rows(expectation: &Expectation, actual: &[Vec<Value>]) {
    let expected = &expectation.rows;
    for (number, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        assert_eq!(actual, expected, "row {number} of {}", expectation.sql);
    }
    assert_eq!(actual.len(), expected.len(), "rows of {}", expectation.sql);
}

/// Rows of a SELECT in which each instant of ours is replaced by the world's at the beginning of that run.
fn seen_to_the_run(world: &World, sql: &str) -> Vec<Vec<Value>> {
    let connection =
        Connection::open_with_flags(world.database(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let statement = connection.prepare(sql).unwrap();
    let ours: Vec<bool> = statement
        .column_names()
        .map(|name| OUR_INSTANTS.contains(&name))
        .collect();
    let rounds = world.rounds();
    let mut rows = world.select(sql);
    for row in &mut rows {
        for (value, _) in row.iter_mut().zip(&ours).filter(|(_, is_ours)| **is_ours) {
            if let Value::Text(written) = value {
                *value = instant(world_instant(written, &rounds));
            }
        }
    }
    rows
}

fn world_instant(written: &str, rounds: &[Round]) -> UtcMillis {
    let seen = UtcMillis::parse_rfc3339(written).unwrap();
    let begun = rounds.partition_point(|round| round.ours <= seen);
    rounds[begun.checked_sub(1).expect("seen before any run")].theirs
}

/// The instants of looks, each once.
fn instants_of<'a>(looks: impl Iterator<Item = &'a SeenLook>) -> Vec<UtcMillis> {
    let mut instants: Vec<_> = looks.map(|look| look.at).collect();
    instants.dedup();
    assert!(instants.is_sorted());
    instants
}

/// The instants at which an operation itself was looked at.
fn instants_of_operation(truth: &Truth, action: &str, operation: &str) -> Vec<UtcMillis> {
    instants_of(truth.looks.iter().filter(|look| {
        look.action == action && look.operation_id.as_deref() == Some(operation) && look.faithful
    }))
}

/// A state, from the first look that showed it to the last, and the look that showed another.
struct Seen<S> {
    state: S,
    first: UtcMillis,
    last: UtcMillis,
    replaced: Option<UtcMillis>,
}

/// Looks at one thing, folded to its versions.
fn versions<S: PartialEq>(looks: impl IntoIterator<Item = (UtcMillis, S)>) -> Vec<Seen<S>> {
    let mut versions: Vec<Seen<S>> = Vec::new();
    for (at, state) in looks {
        match versions.last_mut() {
            Some(current) if current.state == state => current.last = at,
            current => {
                if let Some(current) = current {
                    current.replaced = Some(at);
                }
                versions.push(Seen {
                    state,
                    first: at,
                    last: at,
                    replaced: None,
                });
            }
        }
    }
    versions
}

/// The fields of a service, by the names of their columns.
type Fields = Vec<(&'static str, Value)>;

/// The names of the fields that differ, as a version tells them.
fn changed(before: Option<&Fields>, after: &Fields) -> Value {
    let Some(before) = before else {
        return Value::Null;
    };
    let names = before.iter().zip(after).filter(|(b, a)| b != a);
    let names: Vec<&str> = names.map(|(_, (name, _))| *name).collect();
    Value::Text(serde_json::to_string(&names).unwrap())
}

/// `service, account_id, region_id, operation_id`.
fn key(service: &str, operation: &str) -> Vec<Value> {
    let region = if service == "ros" { REGION } else { "" };
    [service, ACCOUNT, region, operation].map(text).to_vec()
}

/// The history of an operation in the two views that tell it: that of all services, and its service's own.
fn history_of_operation(
    service: &str,
    operation: &str,
    versions: &[Seen<Fields>],
    status: impl Fn(&Fields) -> String,
    phase: impl Fn(&str) -> &'static str,
) -> (Vec<Vec<Value>>, Vec<Vec<Value>>) {
    let (mut common, mut own) = (Vec::new(), Vec::new());
    for (number, seen) in versions.iter().enumerate() {
        let before = number.checked_sub(1).map(|before| &versions[before].state);
        let status = status(&seen.state);
        let mut row = key(service, operation);
        row.extend([
            Value::Integer(i64::try_from(number).unwrap() + 1),
            instant(seen.first),
            seen.replaced.map_or(Value::Null, instant),
            Value::Integer(seen.replaced.is_none().into()),
            changed(before, &seen.state),
            text(phase(&status)),
        ]);
        let mut shared = row.clone();
        shared.extend([instant(seen.last), text(&status)]);
        common.push(shared);
        row.extend(seen.state.iter().map(|(_, value)| value.clone()));
        own.push(row);
    }
    (common, own)
}

/// The history of all services, of one of them.
fn common_history(service: &str, rows: Vec<Vec<Value>>) -> Expectation {
    let sql = format!(
        "SELECT service, account_id, region_id, operation_id, version, first_seen_at, replaced_at, is_current, \
         changed, phase, last_seen_at, status FROM operation_history WHERE service = '{service}' \
         ORDER BY operation_id, version"
    );
    Expectation { sql, rows }
}

/// The history with the fields of a service.
/// The fields as columns of a view: a status as sent stands beside the trimmed one, but for numbers.
fn columns(view: &str, fields: &[&str]) -> String {
    let has_raw = view.starts_with("ros_") || view.starts_with("bpstudio_");
    let column = |field: &&str| match *field {
        "status" if has_raw => "status_raw".to_owned(),
        other => other.to_owned(),
    };
    fields.iter().map(column).collect::<Vec<_>>().join(", ")
}

fn own_history(view: &str, fields: &[&str], rows: Vec<Vec<Value>>) -> Expectation {
    let sql = format!(
        "SELECT service, account_id, region_id, operation_id, version, first_seen_at, replaced_at, is_current, \
         changed, phase, {} FROM {view} ORDER BY operation_id, version",
        columns(view, fields)
    );
    Expectation { sql, rows }
}

/// The newest version with the fields of a service: the last rows of its history, without what only a
/// history has.
fn own_current(view: &str, fields: &[&str], history: &[Vec<Value>]) -> Expectation {
    let sql = format!(
        "SELECT service, account_id, region_id, operation_id, version, first_seen_at, phase, {} FROM {view} \
         ORDER BY operation_id",
        columns(view, fields)
    );
    let current = history.iter().filter(|row| row[6] == Value::Null);
    let rows = current.map(|row| [&row[..6], &row[9..]].concat()).collect();
    Expectation { sql, rows }
}

/// One row of `operations`, of which each service fills in its part.
struct Operation {
    key: Vec<Value>,
    kind: Value,
    resource_id: Value,
    resource_name: Value,
    status: String,
    status_raw: String,
    phase: &'static str,
    has_failures: Value,
    reason: Value,
    started_at: Option<(UtcMillis, String)>,
    ended_at: Option<(UtcMillis, String)>,
    /// Total, succeeded, failed, cancelled.
    counts: [Value; 4],
    counted_at: Value,
    first_seen_at: UtcMillis,
    last_seen_at: UtcMillis,
    version: usize,
    watch_state: &'static str,
}

impl Operation {
    fn row(self) -> Vec<Value> {
        let duration_ms = match (&self.started_at, &self.ended_at) {
            (Some((from, _)), Some((to, _))) => Value::Integer(to.0 - from.0),
            _ => Value::Null,
        };
        let time = |time: Option<(UtcMillis, String)>| match time {
            Some((at, raw)) => [instant(at), Value::Text(raw)],
            None => [Value::Null, Value::Null],
        };
        let mut row = self.key;
        row.extend([self.kind, self.resource_id, self.resource_name]);
        row.extend([
            Value::Text(self.status),
            Value::Text(self.status_raw),
            text(self.phase),
            Value::Integer(is_final(self.phase).into()),
            self.has_failures,
            self.reason,
        ]);
        row.extend(time(self.started_at));
        row.extend(time(self.ended_at));
        row.push(duration_ms);
        row.extend(self.counts);
        row.extend([
            self.counted_at,
            instant(self.first_seen_at),
            instant(self.last_seen_at),
            Value::Integer(i64::try_from(self.version).unwrap()),
            text(self.watch_state),
        ]);
        row
    }
}

/// `operations`, of one service.
fn operations(service: &str, rows: Vec<Vec<Value>>) -> Expectation {
    let sql = format!(
        "SELECT service, account_id, region_id, operation_id, kind, resource_id, resource_name, status, status_raw, \
         phase, is_final, has_failures, reason, cloud_started_at, cloud_started_at_raw, cloud_ended_at, \
         cloud_ended_at_raw, duration_ms, total_count, succeeded_count, failed_count, cancelled_count, counted_at, \
         first_seen_at, last_seen_at, version, watch_state FROM operations WHERE service = '{service}' \
         ORDER BY operation_id"
    );
    Expectation { sql, rows }
}

/// What a trimmed status word means.
fn phase_of(word: &str) -> &'static str {
    match word {
        "QUEUED" | "PENDING" | "INIT" => "pending",
        "RUNNING" => "running",
        "STOPPING" => "stopping",
        "SUCCEEDED" | "SUCCESS" => "succeeded",
        "FAILED" | "FAILURE" => "failed",
        "CANCELLED" => "cancelled",
        "STOPPED" => "stopped",
        _ => "unknown",
    }
}

fn is_final(phase: &str) -> bool {
    matches!(phase, "succeeded" | "failed" | "cancelled" | "stopped")
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn optional_text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.to_owned()))
}

fn number(number: impl Into<i64>) -> Value {
    Value::Integer(number.into())
}

fn instant(at: UtcMillis) -> Value {
    Value::Text(at.to_string())
}
