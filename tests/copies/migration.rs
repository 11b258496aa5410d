//! Databases of older programs: each is copied before it is brought up to date.

use std::fs;
use std::path::Path;

use optrail::store::migrate::known_version;
use rusqlite::Connection;

use crate::bench::Bench;
use crate::{assert_no_drafts, assert_plain_file, former, mode, names};

/// A database of that schema with the evidence of the story, as a collector leaves it.
fn older(bench: &Bench, schema: i64) {
    let path = bench.database();
    former::make(bench, &path, schema);
    let connection = Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .unwrap();
    connection.close().unwrap();
}

/// Schema and leaves of a file.
fn held(path: &Path) -> (i64, Vec<String>) {
    let connection = Connection::open(path).unwrap();
    let schema = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    let mut statement = connection
        .prepare("SELECT record FROM leaf ORDER BY sequence")
        .unwrap();
    let leaves = statement.query_map([], |row| row.get(0)).unwrap();
    (schema, leaves.collect::<Result<_, _>>().unwrap())
}

/// Copies beside the database.
fn copies(bench: &Bench) -> Vec<String> {
    let mut names = names(&bench.path(""));
    names.retain(|name| name.contains(".schema-"));
    names
}

#[test]
fn fault_21_every_older_schema_is_copied_before_it_is_brought_up_to_date() {
    for schema in 1..known_version() {
        let bench = Bench::new();
        older(&bench, schema);
        let (_, leaves) = held(&bench.database());
        let said = bench.run(&["watch", "add", "cadt", "op_new"]);
        assert_eq!(said.code, 0, "{said:?}");
        let copy = format!("optrail.db.schema-{schema}");
        let lines: Vec<&str> = said
            .err
            .lines()
            .filter(|line| line.contains(".schema-"))
            .collect();
        assert_eq!(lines.len(), 1, "{said:?}");
        assert!(
            lines[0].contains(&copy) && lines[0].contains("can be removed"),
            "{said:?}"
        );
        assert_eq!(copies(&bench), [copy.as_str()]);
        assert_eq!(mode(&bench.path(&copy)), 0o600);
        assert_plain_file(&bench.path(&copy));
        assert_eq!(held(&bench.path(&copy)), (schema, leaves.clone()));

        let (now, all) = held(&bench.database());
        assert_eq!((now, &all[..leaves.len()]), (known_version(), &leaves[..]));
        bench.verifies();
        // Once is enough.
        bench.out(&["watch", "add", "cadt", "op_newer"]);
        assert_eq!(copies(&bench), [copy.as_str()]);
        // And back again.
        fs::copy(bench.path(&copy), bench.path("back.db")).unwrap();
        let said = bench.run(&["--db", "back.db", "rebuild"]);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(
            said.err.contains(&format!("back.db.schema-{schema}")),
            "{said:?}"
        );
    }
}

#[test]
fn a_current_or_an_empty_database_is_not_copied() {
    let bench = Bench::new();
    older(&bench, known_version());
    bench.out(&["watch", "add", "cadt", "op_new"]);
    assert_eq!(copies(&bench), [""; 0]);

    let bench = Bench::new();
    older(&bench, 2);
    let connection = Connection::open(bench.database()).unwrap();
    connection
        .execute_batch("DROP TRIGGER leaf_is_append_only_delete; DELETE FROM leaf")
        .unwrap();
    drop(connection);
    bench.out(&["rebuild"]);
    assert_eq!(copies(&bench), [""; 0]);
}

#[test]
fn fault_06_without_a_copy_nothing_is_changed() {
    let bench = Bench::new();
    older(&bench, 3);
    for number in 1..=9 {
        let name = if number == 1 {
            String::new()
        } else {
            format!("-{number}")
        };
        fs::write(
            bench.path(&format!("optrail.db.schema-3{name}")),
            "somebody's",
        )
        .unwrap();
    }
    let before = fs::read(bench.database()).unwrap();
    for arguments in [
        &["rebuild"][..],
        &["watch", "add", "cadt", "op_new"],
        &["init"],
    ] {
        let said = bench.run(arguments);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(
            said.err.contains("has schema 3") && said.err.contains("nothing was changed"),
            "{said:?}"
        );
    }
    assert_eq!(fs::read(bench.database()).unwrap(), before);
    assert_no_drafts(&bench.path(""));
}

#[test]
fn fault_06_a_copy_that_an_earlier_attempt_left_will_do_and_another_file_stays() {
    let bench = Bench::new();
    older(&bench, 3);
    fs::write(bench.path("optrail.db.schema-3"), "somebody's").unwrap();
    fs::copy(bench.database(), bench.path("optrail.db.schema-3-2")).unwrap();
    let said = bench.run(&["rebuild"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("optrail.db.schema-3-2"), "{said:?}");
    assert_eq!(
        fs::read(bench.path("optrail.db.schema-3")).unwrap(),
        b"somebody's"
    );
    assert!(!bench.path("optrail.db.schema-3-3").exists());
    assert_eq!(held(&bench.path("optrail.db.schema-3-2")).0, 3);
}

#[test]
fn several_at_once_bring_it_up_to_date_once() {
    let bench = Bench::new();
    older(&bench, 3);
    let (_, leaves) = held(&bench.database());
    std::thread::scope(|scope| {
        for number in 0..4 {
            let bench = &bench;
            scope.spawn(move || {
                let said = bench.run(&["watch", "add", "cadt", &format!("op_{number}")]);
                assert_eq!(said.code, 0, "{said:?}");
            });
        }
    });
    for copy in copies(&bench) {
        assert_eq!(held(&bench.path(&copy)), (3, leaves.clone()), "{copy}");
    }
    assert_eq!(held(&bench.database()).0, known_version());
    assert_no_drafts(&bench.path(""));
    bench.verifies();
}
