//! Files that somebody hands over: verification ends, soon and in little memory, with differences or a message.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use optrail::evidence::codec::compress;
use rusqlite::{Connection, params};

use crate::bench::{Bench, Said, said};

/// Longest that a verification of a small hostile file may take.
const SOON: Duration = Duration::from_secs(30);

/// Address space that it may take, KiB: of a debug build, whose own needs are far below.
const MEMORY_KIB: u32 = 1024 * 1024;

/// Verifies a file within bounds; returns what was said, which is bad news or a refusal.
fn verify_bounded(bench: &Bench, file: &str) -> Said {
    let script = format!("ulimit -v {MEMORY_KIB}; exec \"$0\" --db {file} verify");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_optrail")])
        .env_clear()
        .env("HOME", bench.path(""))
        .env("XDG_STATE_HOME", bench.path("state"))
        .env("XDG_CONFIG_HOME", bench.path("config"))
        .current_dir(bench.path(""));
    let begun = Instant::now();
    let said = said(&mut command.into());
    assert!(begun.elapsed() < SOON, "{file}: {:?}", begun.elapsed());
    assert!(!said.err.contains("panicked"), "{file}: {said:?}");
    assert!(matches!(said.code, 1 | 3), "{file}: {said:?}");
    assert!(said.code == 3 || !said.err.is_empty(), "{file}: {said:?}");
    said
}

/// A story changed by these statements, with nothing on guard.
fn changed(sql: &str) -> Bench {
    let bench = Bench::with_story();
    let connection = Connection::open(bench.database()).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; {sql}"
        ))
        .unwrap();
    bench
}

#[test]
fn fault_72_a_file_that_was_cut_off_anywhere() {
    let bench = changed("");
    let whole = fs::read(bench.database()).unwrap();
    let length = whole.len();
    for end in [
        0,
        1,
        15,
        16,
        99,
        100,
        512,
        4095,
        4096,
        4097,
        length / 3,
        length / 2,
        length - 4096,
        length - 1,
    ] {
        fs::write(bench.path("cut.db"), &whole[..end]).unwrap();
        verify_bounded(&bench, "cut.db");
    }
}

#[test]
fn fault_72_garbage_with_and_without_our_header() {
    let bench = changed("");
    let whole = fs::read(bench.database()).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for kept in [0, 16, 100, 4096, 8192] {
        let mut bytes = whole.clone();
        random.fill(&mut bytes[kept..]);
        fs::write(bench.path("garbage.db"), &bytes).unwrap();
        verify_bounded(&bench, "garbage.db");
    }
}

#[test]
fn fault_72_flipped_bits_end_in_no_panic() {
    let bench = changed("");
    let whole = fs::read(bench.database()).unwrap();
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..40 {
        let mut bytes = whole.clone();
        // Many at once: one alone may fall where nothing is.
        for _ in 0..50 {
            let at = random.usize(100..bytes.len());
            bytes[at] ^= 1 << random.u8(0..8);
        }
        fs::write(bench.path("flipped.db"), &bytes).unwrap();
        verify_bounded(&bench, "flipped.db");
    }
}

#[test]
fn fault_72_views_that_never_end_are_not_read() {
    let mut sql = "CREATE VIEW bomb_0 AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;".to_owned();
    for level in 1..40 {
        let below = level - 1;
        sql += &format!(
            "CREATE VIEW bomb_{level} AS SELECT a.i FROM bomb_{below} a, bomb_{below} b, bomb_{below} c;"
        );
    }
    sql += "DROP VIEW operations; CREATE VIEW operations AS SELECT * FROM bomb_39;";
    let said = verify_bounded(&changed(&sql), "optrail.db");
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.out.contains("no new file has this view"), "{said:?}");

    let endless = "CREATE VIEW leaf AS WITH RECURSIVE n (sequence, record, hash, template_id, request_id_offset, request_id)
        AS (SELECT 0, '', x'', 1, 1, '' UNION ALL SELECT sequence + 1, '', x'', 1, 1, '' FROM n) SELECT * FROM n";
    for table in [
        "leaf",
        "body_template",
        "derivation",
        "run",
        "restoration",
        "key_event",
        "checkpoint",
    ] {
        let sql = format!(
            "PRAGMA legacy_alter_table = ON; ALTER TABLE {table} RENAME TO old; {}",
            endless.replace("VIEW leaf", &format!("VIEW {table}"))
        );
        let said = verify_bounded(&changed(&sql), "optrail.db");
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.out.contains("their rows were not read"), "{said:?}");
    }
}

#[test]
fn expressions_that_the_file_brings_are_not_evaluated() {
    let heavy = vec!["length(hex(zeroblob(30000000)))"; 60].join(" + ");
    for object in [
        format!(
            "CREATE TABLE more (a INTEGER, b INTEGER GENERATED ALWAYS AS ({heavy}) VIRTUAL NOT NULL CHECK (b > 0))"
        ),
        format!("CREATE TABLE more (a INTEGER CHECK ({heavy} > 0))"),
        format!(
            "CREATE TABLE more (a INTEGER); CREATE INDEX more_by ON more ({heavy} + a) WHERE a < 0"
        ),
    ] {
        let rows = "PRAGMA ignore_check_constraints = ON;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO more (a) SELECT i FROM n";
        let said = verify_bounded(&changed(&format!("{object}; {rows}")), "optrail.db");
        assert_eq!(said.code, 3, "{said:?}");
        assert!(said.out.contains("integrity_check: not asked"), "{said:?}");
    }
    let own = "DROP INDEX run_plan_by_run; CREATE INDEX run_plan_by_run ON run_plan (length(hex(zeroblob(run_id))))";
    let said = verify_bounded(&changed(own), "optrail.db");
    assert!(said.out.contains("integrity_check: not asked"), "{said:?}");
}

#[test]
fn more_objects_or_longer_statements_than_we_have() {
    let views: String = (0..3_000)
        .map(|i| format!("CREATE VIEW v{i} AS SELECT {i};"))
        .collect();
    verify_bounded(&changed(&views), "optrail.db");
    let long = format!("CREATE VIEW v AS SELECT '{}'", "x".repeat(3_000_000));
    verify_bounded(&changed(&long), "optrail.db");
    let deep = format!(
        "CREATE VIEW v AS SELECT {}1{}",
        "(1+".repeat(400),
        ")".repeat(400)
    );
    verify_bounded(&changed(&deep), "optrail.db");
    // What passes for statistics and is none.
    let hidden = "CREATE TABLE t (a); PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET name = 'sqlite_stat_x', tbl_name = 'sqlite_stat_x', sql = 'CREATE TABLE sqlite_stat_x(a)' WHERE name = 't'";
    let said = verify_bounded(&changed(hidden), "optrail.db");
    assert!(
        said.code == 1 || said.out.contains("sqlite_stat_x"),
        "{said:?}"
    );
}

#[test]
fn a_row_that_is_longer_than_any_of_ours() {
    let own = "DROP TRIGGER body_template_is_append_only_update; DROP TRIGGER leaf_is_append_only_update;";
    let said = verify_bounded(
        &changed(&format!(
            "{own} UPDATE body_template SET data = zeroblob(80000000) WHERE template_id = 2"
        )),
        "optrail.db",
    );
    assert_eq!(said.code, 3, "{said:?}");
    let said = verify_bounded(
        &changed(&format!(
            "{own} UPDATE leaf SET record = hex(zeroblob(40000000)) WHERE sequence = 3"
        )),
        "optrail.db",
    );
    assert_eq!(said.code, 3, "{said:?}");
}

#[test]
fn fault_72_templates_that_unpack_to_much_more_than_they_are() {
    let bench = changed("DROP TRIGGER body_template_is_append_only_update");
    let connection = Connection::open(bench.database()).unwrap();
    let (codec, data) = compress(&vec![0; 60_000_000]);
    assert!(data.len() < 10_000);
    for length in [60_000_000_i64, 1 << 40] {
        connection
            .execute(
                "UPDATE body_template SET codec = ?1, data = ?2, length = ?3",
                params![codec.number(), data, length],
            )
            .unwrap();
        let said = verify_bounded(&bench, "optrail.db");
        assert_eq!(said.code, 3, "{said:?}");
    }
}
