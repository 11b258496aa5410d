//! The walk: every column of every evidence and derived table is changed once or more, and verification
//! must name the table and the row each time.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use optrail::store::derived::{OPERATIONAL, TABLES};
use optrail::store::evidence;
use optrail::verify::Depth;
use rusqlite::Connection;

use crate::tamper::{Recorded, change, list, open};

/// Where the migrations are recorded: neither evidence nor derived.
const NOT_OURS: &str = "refinery_schema_history";

/// Columns that only earlier programs filled.
const FORMER: [(&str, &str); 1] = [("config", "bpstudio_offset_minutes")];

/// One change of one value.
#[derive(Debug)]
struct Case {
    table: String,
    /// The row, as verification names it.
    key: String,
    is_key: bool,
    sql: String,
}

struct Column {
    name: String,
    kind: String,
    is_nullable: bool,
    key_rank: i64,
}

#[test]
fn fault_17_every_change_of_every_column_is_found_and_named() {
    let cases = cases(&open(&Recorded::new().path()));
    let tables: BTreeSet<&str> = cases.iter().map(|case| case.table.as_str()).collect();
    assert_eq!(tables.len(), TABLES.len() + 1 + evidence::TABLES.len());

    let next = AtomicUsize::new(0);
    let unseen = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(complaint) = try_case(case) {
                        unseen.lock().unwrap().push(complaint);
                    }
                }
            });
        }
    });
    let unseen = unseen.into_inner().unwrap();
    assert!(
        unseen.is_empty(),
        "{} of {} changes were not named:\n{}",
        unseen.len(),
        cases.len(),
        unseen.join("\n")
    );
}

fn try_case(case: &Case) -> Option<String> {
    let recorded = Recorded::new();
    assert_eq!(change(&recorded.path(), &case.sql), 1, "{case:?}");
    let report = recorded.verify(Depth::All);
    let is_named = report.differences.iter().any(|difference| {
        difference.table == case.table && (case.is_key || difference.key == case.key)
    });
    (!is_named).then(|| format!("{}:\n{}", case.sql, list(&report.differences)))
}

/// All cases, from the catalogue. A table without rows, and a column that is NULL in all of them, is a hole
/// in the fixture.
fn cases(connection: &Connection) -> Vec<Case> {
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ?1 ORDER BY name")
        .unwrap()
        .query_map([NOT_OURS], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut cases = Vec::new();
    for table in tables {
        if OPERATIONAL.contains(&table.as_str()) {
            continue;
        }
        let columns = columns(connection, &table);
        for column in &columns {
            let before = cases.len();
            for (condition, value) in changes(column) {
                cases.extend(case(
                    connection, &table, &columns, column, &condition, &value,
                ));
            }
            let has_value = cases[before..]
                .iter()
                .any(|case| !case.sql.contains(" IS NULL"));
            let is_former = FORMER.contains(&(table.as_str(), column.name.as_str()));
            assert!(
                has_value || is_former,
                "{table}.{} has no value anywhere",
                column.name
            );
        }
    }
    cases
}

fn columns(connection: &Connection, table: &str) -> Vec<Column> {
    connection
        .prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1) ORDER BY cid")
        .unwrap()
        .query_map([table], |row| {
            let key_rank: i64 = row.get(3)?;
            Ok(Column {
                name: row.get(0)?,
                kind: row.get(1)?,
                is_nullable: !row.get::<_, bool>(2)? && key_rank == 0,
                key_rank,
            })
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// How a column is changed: for which rows, and to which value.
fn changes(column: &Column) -> Vec<(String, String)> {
    let name = &column.name;
    let (other, some) = match column.kind.as_str() {
        "INTEGER" => (format!("{name} + 1"), "1"),
        "TEXT" => (format!("{name} || 'x'"), "'x'"),
        "BLOB" => {
            let first =
                format!("CASE hex(substr({name}, 1, 1)) WHEN '00' THEN x'01' ELSE x'00' END");
            (
                format!("CAST({first} || substr({name}, 2) AS BLOB)"),
                "x'00'",
            )
        }
        other => panic!("a column of type {other}"),
    };
    let mut changes = vec![(format!("{name} IS NOT NULL"), other)];
    if column.is_nullable {
        changes.push((format!("{name} IS NOT NULL"), "NULL".to_owned()));
        changes.push((format!("{name} IS NULL"), some.to_owned()));
    }
    changes
}

/// The change of one row: the last one, where the key itself changes (the changed key is free then), else
/// one in the middle.
fn case(
    connection: &Connection,
    table: &str,
    columns: &[Column],
    column: &Column,
    condition: &str,
    value: &str,
) -> Option<Case> {
    let mut key: Vec<&Column> = columns.iter().filter(|c| c.key_rank > 0).collect();
    key.sort_by_key(|column| column.key_rank);
    let is_key = column.key_rank > 0;
    let names: Vec<&str> = key.iter().map(|column| column.name.as_str()).collect();
    let text: Vec<String> = names
        .iter()
        .map(|name| format!("'{name}=' || {name}"))
        .collect();
    let terms: Vec<String> = names
        .iter()
        .map(|name| format!("'{name} = ' || quote({name})"))
        .collect();
    let count = format!("SELECT count(*) FROM {table} WHERE {condition}");
    let rows: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
    if rows == 0 {
        return None;
    }
    let offset = if is_key { rows - 1 } else { rows / 2 };
    let pick = format!(
        "SELECT {}, {} FROM {table} WHERE {condition} ORDER BY {} LIMIT 1 OFFSET {offset}",
        text.join(" || ', ' || "),
        terms.join(" || ' AND ' || "),
        names.join(", "),
    );
    let (key, this_row): (String, String) = connection
        .query_row(&pick, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let name = &column.name;
    Some(Case {
        table: table.to_owned(),
        key,
        is_key,
        sql: format!("UPDATE {table} SET {name} = {value} WHERE {this_row} AND {condition}"),
    })
}
