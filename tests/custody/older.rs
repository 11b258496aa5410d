//! A database of the schema before keys and checkpoints.

use optrail::evidence::leaf::SchemaChange;
use optrail::model::UtcMillis;
use optrail::record::Recorder;
use optrail::store::migrate::known_version;
use rusqlite::Connection;

use crate::bench::{Bench, said};
use crate::{former, leaves, number};

const FORMER: i64 = 4;

#[test]
fn fault_21_a_database_of_the_former_schema_is_sealed_by_its_next_run() {
    let bench = Bench::new();
    former::make(&bench, &bench.path("optrail.db"), FORMER);
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
fn fault_21_stop_and_prove_bring_a_database_of_the_former_schema_up_to_date() {
    let stop = [
        "stop",
        "id",
        "--region",
        "cn-hangzhou",
        "--reason",
        "x",
        "--yes",
    ];
    // Nobody gives a key: nothing is stopped.
    for (arguments, code) in [
        (&stop[..], 1),
        (&["prove", "--runs", "1", "-o", "runs.tar"][..], 0),
    ] {
        let bench = Bench::new();
        former::make(&bench, &bench.path("optrail.db"), FORMER);
        let mut command = bench.command(arguments);
        let said = said(command.env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"));
        assert_eq!(said.code, code, "{said:?}");
        assert!(said.err.contains(".schema-4"), "{said:?}");
        let schema = number(&bench.database(), "PRAGMA user_version");
        assert_eq!(schema, known_version());
        let changes = number(&bench.database(), "SELECT count(*) FROM schema_change");
        assert_eq!(changes, 1);
    }
}

#[test]
fn fault_21_a_backup_of_the_former_schema_is_restored_and_brought_up_to_date() {
    let bench = Bench::new();
    former::make(&bench, &bench.path("backup.db"), FORMER);
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
fn fault_21_a_newer_schema_is_refused() {
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

#[test]
fn fault_21_every_command_that_brings_it_up_to_date_says_so_once_in_the_log() {
    for command in ["checkpoint", "init"] {
        let bench = Bench::new();
        former::make(&bench, &bench.path("optrail.db"), FORMER);
        let said = bench.run(&[command]);
        assert_eq!(said.code, 0, "{command}: {said:?}");
        let told = said.err.matches("optrail.db.schema-4").count();
        assert_eq!(told, 1, "{command}: {said:?}");
        let changes = || number(&bench.database(), "SELECT count(*) FROM schema_change");
        assert_eq!(changes(), 1, "{command}");
        // Another process that found the older file says it again.
        let recorder = Recorder::open(&bench.database()).unwrap();
        recorder
            .keep_schema_change(SchemaChange {
                at: UtcMillis(1_790_000_000_000),
                from: FORMER,
                to: known_version(),
                program: String::new(),
                copy: None,
            })
            .unwrap();
        drop(recorder);
        assert_eq!(changes(), 1, "{command}");
        bench.verifies();
    }
}

#[test]
fn fault_21_an_older_backup_that_cannot_be_derived_leaves_nothing_behind() {
    let bench = Bench::new();
    former::make(&bench, &bench.path("backup.db"), FORMER);
    let connection = Connection::open(bench.path("backup.db")).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER leaf_is_append_only_update;
             UPDATE leaf SET record = '{}' WHERE sequence = 10;",
        )
        .unwrap();
    connection.close().unwrap();
    let said = bench.run(&["restore", "backup.db", "--reason", "x"]);
    assert_eq!(said.code, 3, "{said:?}");
    let beside = crate::names(&bench.path(""));
    assert!(
        !beside.iter().any(|name| name.contains(".tmp")),
        "{beside:?}"
    );
}
