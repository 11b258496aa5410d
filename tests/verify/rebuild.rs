//! Rebuild: the same rows again, from whatever was there before.

use std::path::Path;

use optrail::record::Recorder;
use optrail::store::derived::{TABLES, WATERMARK};
use optrail::store::{StoreError, limits, told};
use optrail::verify::{Depth, rebuild};

use crate::fixture;
use crate::tamper::{Recorded, assert_agrees, open};

/// All derived rows as text.
fn dump(path: &Path) -> String {
    let connection = open(path);
    let mut dump = String::new();
    for table in TABLES.into_iter().chain([WATERMARK]) {
        let read = |order: &str| connection.prepare(&format!("SELECT * FROM {table}{order}"));
        let width = read("").unwrap().column_count();
        let columns: Vec<String> = (1..=width).map(|column| column.to_string()).collect();
        let mut statement = read(&format!(" ORDER BY {}", columns.join(", "))).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<_> = (0..width)
                .map(|column| row.get_ref(column).unwrap())
                .collect();
            dump.push_str(&format!("{table} {values:?}\n"));
        }
    }
    dump
}

#[test]
fn rows_come_back_whatever_happened_to_them() {
    let recorded = Recorded::new();
    let before = dump(&recorded.path());
    let size = recorded.verify(Depth::Quick).size;
    let ruined = Recorded::changed(
        "UPDATE operation_version SET status = 'x'; DELETE FROM result_version WHERE version = 1;
         INSERT INTO target (account_id, region_id) VALUES ('99', 'nowhere'); DELETE FROM run_end;
         UPDATE derivation SET derived_through = 3, derive_version = 99",
    );
    assert!(!ruined.verify(Depth::All).agrees());

    let rebuilt = rebuild(&ruined.path()).unwrap();
    assert_eq!(rebuilt.leaves, size);
    // All but the watermark.
    assert_eq!(rebuilt.rows, before.lines().count() as i64 - 1);
    assert_eq!(dump(&ruined.path()), before);
    assert_agrees(&ruined.verify(Depth::All));

    assert_eq!(rebuild(&ruined.path()).unwrap(), rebuilt);
    assert_eq!(dump(&ruined.path()), before);
}

#[test]
fn what_was_not_derived_yet_is_rebuilt_and_recording_goes_on() {
    let recorded = Recorded::new();
    fixture::record_without_deriving(&recorded.path());
    let report = recorded.verify(Depth::All);
    assert!(report.derived_through < report.size - 1);
    rebuild(&recorded.path()).unwrap();
    let report = recorded.verify(Depth::All);
    assert_eq!(report.derived_through, report.size - 1);
    assert_agrees(&report);
    fixture::record_without_deriving(&recorded.path());
    assert_agrees(&recorded.verify(Depth::All));
}

#[test]
fn evidence_that_cannot_be_derived_leaves_the_rows_as_they_were() {
    let recorded = Recorded::changed("UPDATE leaf SET record = '{}' WHERE sequence = 20");
    let before = dump(&recorded.path());
    let error = rebuild(&recorded.path()).unwrap_err().to_string();
    assert!(error.contains("leaf 20"), "{error}");
    assert_eq!(dump(&recorded.path()), before);
}

#[test]
fn a_file_derived_by_older_rules_says_what_to_do_and_a_rebuild_makes_it_current() {
    let older = Recorded::changed("UPDATE derivation SET derive_version = derive_version - 1");
    let recorder = Recorder::open(&older.path()).unwrap();
    let error = recorder.read_blocking(|_| Ok(())).unwrap_err();
    assert!(matches!(error, StoreError::OtherRules { .. }), "{error}");
    assert!(
        error.to_string().contains("run `optrail rebuild`"),
        "{error}"
    );
    drop(recorder);
    rebuild(&older.path()).unwrap();
    let recorder = Recorder::open(&older.path()).unwrap();
    recorder.read_blocking(|_| Ok(())).unwrap();
    assert_agrees(&older.verify(Depth::All));
}

#[test]
fn what_is_remembered_is_neither_compared_nor_rebuilt_away() {
    let recorded = Recorded::changed(
        "INSERT INTO limit_learned VALUES ('prod', 'GetStackGroupOperation', 7000, 1);
         INSERT INTO told VALUES ('account prod', 'denied', 'NoPermission', 1, 2)",
    );
    assert_agrees(&recorded.verify(Depth::All));
    rebuild(&recorded.path()).unwrap();
    let connection = open(&recorded.path());
    assert_eq!(limits::load(&connection, "prod").unwrap().len(), 1);
    assert_eq!(told::load(&connection).unwrap().len(), 1);
    drop(connection);

    let reshaped = Recorded::changed("DROP TABLE told; CREATE TABLE told (what TEXT)");
    let report = reshaped.verify(Depth::Quick);
    assert!(
        report
            .differences
            .iter()
            .any(|difference| difference.key == "told"),
        "the schema of what is remembered is compared"
    );
}
