//! Changing a file behind the program's back, as somebody with its password would.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use optrail::verify::{Depth, Difference, Kind, Report, verify};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

/// The file that the recorder wrote, once for all tests.
static RECORDED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("optrail.db");
    crate::fixture::record(&path);
    // Into one file, so that its bytes are all of it.
    open(&path)
        .pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
    std::fs::read(&path).unwrap()
});

/// A copy of the recorded file in a directory of its own.
pub struct Recorded {
    home: tempfile::TempDir,
}

impl Recorded {
    pub fn new() -> Self {
        let recorded = Self {
            home: tempfile::tempdir().unwrap(),
        };
        std::fs::write(recorded.path(), &*RECORDED).unwrap();
        recorded
    }

    /// A copy on which `sql` was run with the triggers gone.
    pub fn changed(sql: &str) -> Self {
        let recorded = Self::new();
        change(&recorded.path(), sql);
        recorded
    }

    pub fn path(&self) -> PathBuf {
        self.home.path().join("optrail.db")
    }

    pub fn verify(&self, depth: Depth) -> Report {
        verify(&self.path(), depth).unwrap()
    }
}

/// A connection without any of the program's settings.
pub fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)
        .unwrap();
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;")
        .unwrap();
    connection
}

/// Runs `sql` with all triggers dropped, puts them back word for word, and tells how many rows the last
/// statement changed.
pub fn change(path: &Path, sql: &str) -> u64 {
    let connection = open(path);
    let triggers: Vec<(String, String)> = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let run = |sql: &str| {
        connection
            .execute_batch(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    };
    run("BEGIN");
    for (name, _) in &triggers {
        run(&format!("DROP TRIGGER {name}"));
    }
    run(sql);
    let changed = connection.changes();
    for (_, trigger) in &triggers {
        run(trigger);
    }
    run("COMMIT");
    changed
}

/// Fails unless nothing differs.
#[track_caller]
pub fn assert_agrees(report: &Report) {
    assert!(report.agrees(), "{}", list(&report.differences));
}

/// Fails unless one of the differences is of this kind, table and key.
#[track_caller]
pub fn assert_names(report: &Report, kind: Kind, table: &str, key: &str) {
    let named = report
        .differences
        .iter()
        .any(|d| d.kind == kind && d.table == table && d.key == key);
    assert!(named, "{}", list(&report.differences));
}

/// The differences, one a line.
pub fn list(differences: &[Difference]) -> String {
    let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
