//! The judge: what the timelines claim, against what truly happened.
//!
//! # What is promised, and what cannot be
//! A stretch is a run of looks that found one status. Call *p* the true, uninterrupted period of that status
//! in which the first of these looks falls, and *q* the one in which the last falls. Then
//! - *p* began within [entered_earliest, entered_latest], or before entered_latest where the former is NULL
//!   (the first stretch, or a row that came back: nobody knows since when);
//! - *q* ended within [left_earliest, left_latest], or after left_earliest where the latter is NULL (it lasts,
//!   or the row is gone: nobody knows since when);
//! - from the beginning of *p* to the end of *q* it took at least min and at most max.
//!
//! Where the status did not leave in between, *p* and *q* are one, and the third line is about the true
//! duration of that period. Where it left and came back between two looks, no poller can know: the looks are
//! the same. Then the ends are still sound, but min and max bound the time between them, not the time spent
//! in the status. `widest_look_gap_seconds` tells how long such an absence may have been.
//! Likewise a change between two stretches shown may have been several, with statuses that nobody saw; all of
//! them lie between the end of *q* of the one and the beginning of *p* of the next.

use optrail::model::UtcMillis;
use serde_json::Value;

use super::coverage::Coverage;
use super::history::{History, Period};
use super::oracle::{Chronicle, Oracle, trimmed};
use super::world::{State, World};

/// Judges both timelines.
pub fn judge(
    world: &World,
    oracle: &Oracle,
    timelines: (&[Value], &[Value]),
    coverage: &mut Coverage,
) -> Result<(), String> {
    for (number, operation) in &oracle.operations {
        let truth = &world.operations[*number];
        let of_operation = |row: &&Value| row["operation_id"] == truth.operation_id.as_str();
        let own: Vec<&Value> = timelines.0.iter().filter(of_operation).collect();
        judge_one(&truth.state, &operation.own, &own, coverage)?;
        for row in &truth.rows {
            let target = (row.account_id.clone(), row.region_id.clone());
            let Some(chronicle) = operation.results.get(&target) else {
                continue;
            };
            let of_row = |shown: &&Value| {
                of_operation(shown)
                    && shown["target_account_id"] == target.0.as_str()
                    && shown["target_region_id"] == target.1.as_str()
            };
            let own: Vec<&Value> = timelines.1.iter().filter(of_row).collect();
            judge_one(&row.state, chronicle, &own, coverage)?;
            for (_, from, until) in operation
                .lacks
                .iter()
                .filter(|(lacked, ..)| *lacked == target)
            {
                let there = row.state.period(*from, |a, b| a.is_some() == b.is_some());
                if row.state.at(*from).is_some() && there.end.is_none_or(|end| end > *until) {
                    coverage.saw("row lacked falsely");
                }
            }
        }
    }
    Ok(())
}

/// Judges the stretches of one thing; the chronicle lends the instants of the looks.
fn judge_one(
    truth: &History<Option<State>>,
    chronicle: &Chronicle,
    shown: &[&Value],
    coverage: &mut Coverage,
) -> Result<(), String> {
    let same_status = |a: &Option<State>, b: &Option<State>| status(a) == status(b);
    for (stretch, row) in chronicle.stretches.iter().zip(shown) {
        let first = truth.period(stretch.shown.instant, same_status);
        let last = truth.period(stretch.last_instant(), same_status);
        if first != last {
            coverage.saw("status that left and returned unseen");
        }
        if stretch.looks.is_empty() {
            coverage.saw("stretch of a row without a look");
        }
        judge_stretch(row, first, last).map_err(|claim| {
            format!("{claim} is not true of\n{row:#}\ntrue are {first:?} … {last:?}")
        })?;
    }
    Ok(())
}

/// Which claim of a stretch is false.
fn judge_stretch(row: &Value, first: Period, last: Period) -> Result<(), &'static str> {
    let holds = |claim, is_true: bool| if is_true { Ok(()) } else { Err(claim) };
    let end = last.end.unwrap_or(i64::MAX);
    let at = |column: &str| {
        row[column]
            .as_str()
            .map(|text| UtcMillis::parse_rfc3339(text).expect("a time").0)
    };
    let seconds_ms = |column: &str| row[column].as_i64().map(|seconds| seconds * 1000);
    if let Some(earliest) = at("entered_earliest_at") {
        holds("entered_earliest_at", earliest <= first.begin)?;
    }
    holds(
        "entered_latest_at",
        at("entered_latest_at").is_some_and(|latest| first.begin <= latest),
    )?;
    holds(
        "left_earliest_at",
        at("left_earliest_at").is_some_and(|earliest| earliest <= end),
    )?;
    if let Some(latest) = at("left_latest_at") {
        holds("left_latest_at", end <= latest)?;
    }
    let span_ms = end.saturating_sub(first.begin);
    holds(
        "min_duration_seconds",
        seconds_ms("min_duration_seconds").is_some_and(|min| min <= span_ms),
    )?;
    if let Some(max) = seconds_ms("max_duration_seconds") {
        holds("max_duration_seconds", span_ms <= max)?;
    }
    Ok(())
}

fn status(state: &Option<State>) -> Option<Value> {
    state.as_ref().map(|state| trimmed(&state.field("status")))
}
