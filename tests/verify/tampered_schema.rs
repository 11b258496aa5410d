//! Files whose schema was changed.

use optrail::verify::{Depth, Kind};

use crate::tamper::{Recorded, assert_names, open};

/// What differs after these statements, and at which depth it shows.
fn objects_named(sql: &str) -> Vec<(Kind, String)> {
    let recorded = Recorded::new();
    open(&recorded.path()).execute_batch(sql).unwrap();
    let report = recorded.verify(Depth::Quick);
    assert!(
        report
            .differences
            .iter()
            .all(|d| d.table == "sqlite_schema")
    );
    report
        .differences
        .into_iter()
        .map(|difference| (difference.kind, difference.key))
        .collect()
}

#[test]
fn fault_24_each_object_that_is_not_as_in_a_new_file_is_named() {
    let changed = objects_named(
        "DROP TRIGGER leaf_is_append_only_delete;
         DROP INDEX exchange_by_op; CREATE INDEX exchange_by_op ON exchange (op);
         DROP VIEW results; CREATE VIEW results AS SELECT 1;
         CREATE TRIGGER helpful AFTER INSERT ON leaf BEGIN DELETE FROM run; END;
         ANALYZE;",
    );
    let expected = [
        (Kind::Invalid, "exchange_by_op"),
        (Kind::Missing, "leaf_is_append_only_delete"),
        (Kind::Invalid, "results"),
        (Kind::Extra, "helpful"),
    ];
    assert_eq!(
        changed,
        expected.map(|(kind, name)| (kind, name.to_owned()))
    );
}

#[test]
fn rows_of_other_tables_are_not_believed() {
    for sql in [
        "ALTER TABLE leaf RENAME COLUMN hash TO digest",
        "DROP TABLE unknown_seen",
        "ALTER TABLE run ADD COLUMN note TEXT",
    ] {
        let changed = objects_named(sql);
        assert!(!changed.is_empty(), "{sql}");
        let (_, last) = changed.last().unwrap();
        assert_eq!(last, "", "{sql}: {changed:?}");
    }
}

#[test]
fn an_index_that_disagrees_with_its_table_is_found() {
    let recorded = Recorded::new();
    let connection = open(&recorded.path());
    // The catalogue forgets the index while a row changes, so that the index keeps the old value.
    connection
        .execute_batch(
            "PRAGMA writable_schema = ON;
             CREATE TABLE forgotten AS SELECT * FROM sqlite_schema WHERE name = 'run_plan_by_run';
             DELETE FROM sqlite_schema WHERE name = 'run_plan_by_run';
             PRAGMA writable_schema = RESET;
             UPDATE run_plan SET run_id = 2 WHERE run_id = 1;
             PRAGMA writable_schema = ON;
             INSERT INTO sqlite_schema SELECT * FROM forgotten;
             PRAGMA writable_schema = RESET;
             DROP TABLE forgotten;",
        )
        .unwrap();
    let report = recorded.verify(Depth::All);
    assert_names(&report, Kind::Invalid, "sqlite_schema", "integrity_check");
}

#[test]
fn the_record_of_migrations_is_that_of_the_program() {
    for (sql, kind, key) in [
        (
            "UPDATE refinery_schema_history SET checksum = '1' WHERE version = 2",
            Kind::Invalid,
            "version=2",
        ),
        (
            "DELETE FROM refinery_schema_history WHERE version = 3",
            Kind::Missing,
            "version=3",
        ),
        (
            "INSERT INTO refinery_schema_history (version, name) VALUES (99, 'x')",
            Kind::Extra,
            "version=99",
        ),
    ] {
        let report = Recorded::changed(sql).verify(Depth::Quick);
        assert_names(&report, kind, "refinery_schema_history", key);
    }
}
