//! Compares a report with the oracle: every section, row and column that the oracle names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::oracle::{Cell, Section};

/// Differences of one report that are told before the rest is left out.
const TOLD: usize = 12;

/// The differences between a report (its JSON) and what it must say; and evidence that is no leaf of the log.
pub fn differences(report: &Value, expected: &[Section], leaves: i64) -> Vec<String> {
    let mut differences = Vec::new();
    let sections = report["sections"].as_array().expect("sections");
    for section in expected {
        match sections.iter().find(|shown| shown["id"] == section.id) {
            Some(shown) => compare(shown, section, &mut differences),
            None => differences.push(format!("{}: the section is missing", section.id)),
        }
    }
    for section in sections {
        check_evidence(section, leaves, &mut differences);
    }
    let more = differences.len().saturating_sub(TOLD);
    differences.truncate(TOLD);
    if more > 0 {
        differences.push(format!("and {more} more"));
    }
    differences
}

fn compare(shown: &Value, expected: &Section, differences: &mut Vec<String>) {
    let id = expected.id;
    let mut rows: BTreeMap<String, &Value> = BTreeMap::new();
    for row in shown["rows"].as_array().into_iter().flatten() {
        let key: Vec<&Value> = expected.key.iter().map(|column| &row[*column]).collect();
        let key = serde_json::to_string(&key).expect("JSON");
        if rows.insert(key.clone(), row).is_some() {
            differences.push(format!("{id} {key}: comes twice"));
        }
    }
    for wanted in &expected.rows {
        let key = serde_json::to_string(&wanted.key).expect("JSON");
        let Some(row) = rows.remove(&key) else {
            differences.push(format!("{id} {key}: the row is missing"));
            continue;
        };
        for (column, cell) in &wanted.cells {
            let Some(shown) = row.get(*column) else {
                differences.push(format!("{id}: no column {column}"));
                continue;
            };
            let is_same = match cell {
                Cell::Is(value) => shown == value,
                Cell::Leaves(leaves) => ranges(shown).is_some_and(|shown| shown == *leaves),
            };
            if !is_same {
                differences.push(format!(
                    "{id} {key} {column}: {shown}, expected {}",
                    said(cell)
                ));
            }
        }
    }
    for key in rows.keys() {
        differences.push(format!("{id} {key}: a row that is not expected"));
    }
}

fn said(cell: &Cell) -> String {
    match cell {
        Cell::Is(value) => value.to_string(),
        Cell::Leaves(leaves) => {
            let some: Vec<String> = leaves.iter().take(30).map(i64::to_string).collect();
            format!("{} leaves: {}", leaves.len(), some.join(" "))
        }
    }
}

/// The numbers of `12-15 88 91`.
fn ranges(text: &Value) -> Option<BTreeSet<i64>> {
    let mut leaves = BTreeSet::new();
    for range in text.as_str()?.split_whitespace() {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        leaves.extend(first.parse::<i64>().ok()?..=last.parse().ok()?);
    }
    Some(leaves)
}

/// Every row that says something has leaves, and all of them are of this log.
fn check_evidence(section: &Value, leaves: i64, differences: &mut Vec<String>) {
    let id = section["id"].as_str().unwrap_or_default();
    for row in section["rows"].as_array().into_iter().flatten() {
        let Some(evidence) = row.get("evidence") else {
            continue;
        };
        let is_nothing = matches!(&row["value"], Value::Number(n) if n.as_i64() == Some(0))
            || row.get("value").is_some_and(Value::is_null);
        match ranges(evidence) {
            Some(shown) if shown.is_empty() && !is_nothing && id != "integrity" => {
                differences.push(format!("{id}: a row without evidence: {row}"));
            }
            Some(shown) if shown.iter().any(|leaf| !(0..leaves).contains(leaf)) => {
                differences.push(format!("{id}: evidence that is not in the log: {row}"));
            }
            Some(_) => {}
            None => differences.push(format!("{id}: evidence that does not read: {row}")),
        }
    }
}
