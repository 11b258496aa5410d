//! Files that nobody changed: verification finds nothing, whatever they hold and whoever writes to them.

use optrail::model::UtcMillis;
use optrail::record::Recorder;
use optrail::store::open::{create, for_writing};
use optrail::verify::{Depth, verify};

use crate::fixture;
use crate::tamper::{Recorded, assert_agrees, open};

#[test]
fn a_recorded_file_agrees_at_every_depth() {
    let recorded = Recorded::new();
    let all = recorded.verify(Depth::All);
    assert_agrees(&all);
    let connection = open(&recorded.path());
    let count = |sql: &str| -> i64 { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    let leaves = count("SELECT count(*) FROM leaf");
    let bodies = count("SELECT count(template_id) FROM leaf");
    let templates = count("SELECT count(*) FROM body_template");
    assert!(leaves > 256, "{leaves} leaves make no subtree");
    assert!(templates * 2 < bodies, "bodies share templates");
    assert_eq!((all.size, all.leaves_checked), (leaves, leaves));
    assert_eq!(all.derived_through, leaves - 1);
    assert_eq!(
        (all.bodies_checked, all.templates_checked),
        (bodies, templates)
    );
    assert!(all.rows_compared > leaves / 2);
    assert_eq!(all.redacted, 1);

    let leaves = recorded.verify(Depth::Leaves);
    let quick = recorded.verify(Depth::Quick);
    assert!(leaves.agrees() && quick.agrees());
    assert_eq!((leaves.root, quick.root), (all.root, all.root));
    assert_eq!(
        (leaves.leaves_checked, leaves.bodies_checked),
        (all.size, 0)
    );
    assert_eq!((quick.size, quick.leaves_checked), (all.size, 0));
}

#[test]
fn an_empty_database_and_a_genesis_alone_agree() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    drop(create(&path).unwrap());
    let report = verify(&path, Depth::All).unwrap();
    assert_agrees(&report);
    assert_eq!((report.size, report.derived_through), (0, -1));
    drop(Recorder::create(&path, "log", UtcMillis(0)).unwrap());
    let report = verify(&path, Depth::All).unwrap();
    assert_agrees(&report);
    assert_eq!((report.size, report.leaves_checked), (1, 1));
}

#[test]
fn leaves_that_are_not_derived_yet_are_no_difference() {
    let recorded = Recorded::new();
    fixture::record_without_deriving(&recorded.path());
    let report = recorded.verify(Depth::All);
    assert_agrees(&report);
    assert!(report.derived_through < report.size - 1);
}

#[test]
fn a_writer_may_be_in_the_middle_of_something() {
    let recorded = Recorded::new();
    let writer = for_writing(&recorded.path()).unwrap().connection;
    writer
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM run_end")
        .unwrap();
    assert_agrees(&recorded.verify(Depth::All));
}
