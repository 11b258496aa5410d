//! Rebuild: the same rows again, from whatever was there before.

use std::path::Path;

use optrail::store::derived::{TABLES, WATERMARK};
use optrail::verify::{Depth, rebuild};

use crate::fixture;
use crate::tamper::{Recorded, assert_agrees, open};

/// All derived rows as text.
fn dump(path: &Path) -> String {
    let connection = open(path);
    let mut dump = String::new();
    for table in TABLES.into_iter().chain([WATERMARK]) {
        let mut statement = connection
            .prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))
            .unwrap();
        let width = statement.column_count();
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
