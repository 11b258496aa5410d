//! A database of the schema before keys and checkpoints.

use optrail::store::open::APPLICATION_ID;
use rusqlite::Connection;

use crate::bench::Bench;
use crate::{leaves, number};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// A file of that schema with the evidence of the story.
fn older(bench: &Bench, name: &str, schema: i64) {
    let told = bench.path("story.db");
    crate::story::record(&told);
    let mut connection = Connection::open(bench.path(name)).unwrap();
    for (pragma, value) in [("application_id", APPLICATION_ID), ("user_version", schema)] {
        connection.pragma_update(None, pragma, value).unwrap();
    }
    embedded::migrations::runner()
        .set_target(refinery::Target::Version(schema.try_into().unwrap()))
        .run(&mut connection)
        .unwrap();
    connection
        .execute_batch(&format!(
            "ATTACH '{}' AS told;
             INSERT INTO body_template SELECT * FROM told.body_template;
             INSERT INTO leaf SELECT * FROM told.leaf;
             INSERT INTO subtree SELECT * FROM told.subtree;",
            told.display()
        ))
        .unwrap();
    connection.close().unwrap();
    std::fs::remove_file(told).unwrap();
}

const FORMER: i64 = 4;

#[test]
fn case_21_a_database_of_the_former_schema_is_sealed_by_its_next_run() {
    let bench = Bench::new();
    older(&bench, "optrail.db", FORMER);
    let said = bench.run(&["collect"]);
    assert_eq!(said.code, 0, "{said:?}");
    let (size, covered) = (
        leaves(&bench.database()),
        number(&bench.database(), "SELECT max(size) FROM checkpoint"),
    );
    assert!(size > 24);
    assert_eq!(covered, size);
    bench.verifies();
    bench.out(&["checkpoint", "--public-key"]);
}

#[test]
fn case_21_a_backup_of_the_former_schema_is_restored_and_brought_up_to_date() {
    let bench = Bench::new();
    older(&bench, "backup.db", FORMER);
    let said = bench.run(&["restore", "backup.db", "--reason", "moved"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("holds 24 leaves"), "{said:?}");
    assert_eq!(
        number(&bench.path("backup.db"), "PRAGMA user_version"),
        FORMER
    );
    bench.verifies();
    let beside = crate::names(&bench.path(""));
    let copies = beside.iter().filter(|name| name.contains(".schema-"));
    assert_eq!(copies.count(), 1, "{beside:?}");
    assert!(
        !beside.iter().any(|name| name.contains(".tmp")),
        "{beside:?}"
    );
}

#[test]
fn case_21_a_newer_schema_is_refused() {
    let bench = crate::sealed();
    bench.out(&["backup", "copy.db"]);
    let connection = Connection::open(bench.path("copy.db")).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    drop(connection);
    let arguments = [
        "restore",
        "copy.db",
        "--replace",
        "--adopt",
        "--reason",
        "x",
    ];
    let said = bench.complaint(1, &arguments);
    assert!(said.contains("newer optrail"), "{said}");
    bench.verifies();
}
