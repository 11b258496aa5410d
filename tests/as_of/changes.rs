//! What changed between two sizes is what a comparison of the whole views at both gives.

use std::collections::{BTreeMap, BTreeSet};

use optrail::report::diff::Diff;
use optrail::store::query::OwnedValue;
use optrail::store::{Connection, StoreError, as_of};

use crate::dice::Dice;

/// Columns of a service's own view that stand for something in this test.
const OWN: [(&str, &[&str]); 3] = [
    ("ros_operations", &["operation_description", "account_ids"]),
    (
        "bpstudio_operations",
        &["message_sha256", "arguments_sha256"],
    ),
    ("batches", &[]),
];

/// What the recorder adds.
const RECORDERS: [&str; 5] = [
    "first_seen_at",
    "last_seen_at",
    "counted_at",
    "version",
    "watch_state",
];

/// Columns of operations of which it is known which leaf first showed them as they are.
const COUNTED: [&str; 4] = [
    "total_count",
    "succeeded_count",
    "failed_count",
    "cancelled_count",
];

/// Leaf, key of the operation, column and value that the leaf is said to have shown first.
type Shown = (i64, Vec<String>, String, String);

/// Rows of a view by key: the columns that are compared, and their values.
type Rows = BTreeMap<Vec<String>, BTreeMap<String, OwnedValue>>;

fn rows(connection: &Connection, view: &str, only: Option<&[&str]>) -> Rows {
    let is_result = view == "results";
    let condition = if is_result { "present" } else { "1" };
    let mut statement = connection
        .prepare(&format!("SELECT * FROM {view} WHERE {condition}"))
        .unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut keys = vec!["service", "account_id", "region_id", "operation_id"];
    if is_result {
        keys.extend(["target_account_id", "target_region_id"]);
    }
    let mut found = statement.query([]).unwrap();
    let mut rows = Rows::new();
    while let Some(row) = found.next().unwrap() {
        let key = keys.iter().map(|key| row.get(*key).unwrap()).collect();
        let of_operation: &[&str] = match is_result {
            true => &["present", "kind", "resource_name"],
            false => &[],
        };
        let left_out = [&RECORDERS[..], &keys, of_operation].concat();
        let is_compared = |name: &&String| match only {
            Some(only) => only.contains(&name.as_str()),
            None => !left_out.contains(&name.as_str()),
        };
        let values = names.iter().filter(is_compared);
        rows.insert(
            key,
            values
                .map(|name| (name.clone(), row.get(name.as_str()).unwrap()))
                .collect(),
        );
    }
    rows
}

/// Key, field, old and new value of everything that differs between two sets of rows.
fn differing(old: &Rows, new: &Rows) -> BTreeSet<String> {
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let mut differing = BTreeSet::new();
    for key in keys {
        let (old, new) = (old.get(key), new.get(key));
        let change = match (old, new) {
            (Some(_), None) => "gone",
            (None, _) => "added",
            _ => "changed",
        };
        let columns: BTreeSet<&String> =
            old.iter().chain(&new).flat_map(|row| row.keys()).collect();
        for column in columns {
            let value = |row: Option<&BTreeMap<String, OwnedValue>>| {
                row.map_or(OwnedValue::Null, |row| row[column].clone())
            };
            let (old, new) = (value(old), value(new));
            if old != new {
                differing.insert(format!("{key:?} {change} {column} {old:?} {new:?}"));
            }
        }
    }
    differing
}

/// The same as `diff` tells it, but for the fields of services' own views that are left out here.
fn told(
    older: &Connection,
    newer: &Connection,
    from: i64,
    left_out: &BTreeSet<String>,
    shown: &mut BTreeSet<Shown>,
) -> BTreeSet<String> {
    let diff = Diff::new(older, newer, from).unwrap();
    let mut told = BTreeSet::new();
    let tally = diff
        .each(&[], |changed| {
            let key = &changed.operation.key;
            let mut parts = vec![
                key.service.as_str().to_owned(),
                key.account_id.clone(),
                key.region_id.clone(),
                key.operation_id.clone(),
            ];
            if let Some((account, region)) = changed.target {
                parts.extend([account.clone(), region.clone()]);
            }
            for field in changed.fields {
                if left_out.contains(&field.field) {
                    continue;
                }
                let change = changed.change.as_str();
                let (name, old, new) = (&field.field, &field.old, &field.new);
                told.insert(format!("{parts:?} {change} {name} {old:?} {new:?}"));
                assert!(field.exchange_id >= 0, "{parts:?} {name}");
                if changed.target.is_none() && COUNTED.contains(&name.as_str()) {
                    let value = format!("{new:?}");
                    shown.insert((field.exchange_id, parts.clone(), name.clone(), value));
                }
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(tally.is_empty(), told.is_empty());
    told
}

/// The file as it was just before a leaf did not say what the leaf is said to have shown first; just after, it did.
fn first_shown(database: &std::path::Path, shown: &BTreeSet<Shown>) {
    let mut around: BTreeMap<i64, [Rows; 2]> = BTreeMap::new();
    for (leaf, key, column, value) in shown {
        let [before, after] = around.entry(*leaf).or_insert_with(|| {
            [*leaf, leaf + 1].map(|size| {
                let then = as_of::open_at(database, size).unwrap();
                rows(&then, "operations", Some(&COUNTED))
            })
        });
        let said = |rows: &Rows| Some(format!("{:?}", rows.get(key)?.get(column)?));
        assert_eq!(said(after).as_ref(), Some(value), "{leaf} {key:?} {column}");
        assert_ne!(
            said(before).as_ref(),
            Some(value),
            "{leaf} {key:?} {column}"
        );
    }
}

/// Columns that services have of their own and that are not compared here.
fn left_out(connection: &Connection) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (view, only) in OWN {
        let statement = connection
            .prepare(&format!("SELECT * FROM {view}"))
            .unwrap();
        let columns = statement.column_names().map(str::to_owned);
        names.extend(columns.filter(|name| !only.contains(&name.as_str())));
    }
    let operations = connection.prepare("SELECT * FROM operations").unwrap();
    for name in operations.column_names() {
        names.remove(name);
    }
    names
}

/// Compares pairs of sizes; the number of changes that they had.
pub fn compare(database: &std::path::Path, sizes: &[i64], pairs: usize, dice: &mut Dice) -> usize {
    let mut changes = 0;
    for _ in 0..pairs {
        let (one, other) = (dice.pick(sizes), dice.pick(sizes));
        let (from, to) = (one.min(other), one.max(other));
        let older = as_of::open_at(database, from).unwrap();
        let newer = as_of::open_at(database, to).unwrap();
        let mut wanted = BTreeSet::new();
        for view in ["operations", "results"] {
            wanted.extend(differing(
                &rows(&older, view, None),
                &rows(&newer, view, None),
            ));
        }
        for (view, only) in OWN {
            let (old, new) = (
                rows(&older, view, Some(only)),
                rows(&newer, view, Some(only)),
            );
            wanted.extend(differing(&old, &new));
        }
        let mut shown = BTreeSet::new();
        let told = told(&older, &newer, from, &left_out(&newer), &mut shown);
        first_shown(database, &shown);
        let (extra, missing): (Vec<_>, Vec<_>) = (
            told.difference(&wanted).collect(),
            wanted.difference(&told).collect(),
        );
        assert!(
            told == wanted,
            "{from} to {to}: extra {extra:#?}, missing {missing:#?}"
        );
        changes += told.len();
    }
    changes
}
