//! Those who only look: status, doctor, metrics, init again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use rusqlite::Connection;
use serde_json::Value;

use crate::bench::Bench;
use crate::{add, add_sealed, copy_database, leaves, sealed, state};

/// What doctor says of the seal.
fn seal(bench: &Bench) -> Vec<Value> {
    of_doctor(bench, "seal")
}

/// What doctor says of a topic.
fn of_doctor(bench: &Bench, topic: &str) -> Vec<Value> {
    let said = bench.run(&["doctor", "--format", "json"]);
    let all: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    all.into_iter()
        .filter(|check| check["check"] == topic)
        .collect()
}

#[test]
fn doctor_tells_how_the_seal_stands_and_what_to_do() {
    let bench = sealed();
    let told = seal(&bench);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["status"], "ok");
    let size = leaves(&bench.database());
    let detail = told[0]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with(&format!("{size} of {size} leaves are sealed by ")),
        "{detail}"
    );
    add(&bench, "op_2");
    let detail = seal(&bench)[0]["detail"].to_string();
    assert!(
        detail.contains("the next run seals the 1 since then"),
        "{detail}"
    );

    fs::set_permissions(state(&bench), Permissions::from_mode(0o755)).unwrap();
    let told = of_doctor(&bench, "files");
    let open = told
        .iter()
        .find(|check| check["advice"].to_string().contains("chmod 700"));
    assert_eq!(open.unwrap()["status"], "warning", "{told:?}");
    fs::set_permissions(state(&bench), Permissions::from_mode(0o700)).unwrap();

    fs::remove_file(state(&bench).join("key")).unwrap();
    let told = seal(&bench);
    assert_eq!(told[0]["status"], "error", "{told:?}");
    assert!(
        told[0]["advice"].to_string().contains("restore --adopt"),
        "{told:?}"
    );

    fs::remove_dir_all(bench.path("state")).unwrap();
    let told = seal(&bench);
    assert_eq!(told[0]["status"], "error", "{told:?}");
    assert!(
        told[0]["detail"]
            .to_string()
            .contains("holds no checkpoint"),
        "{told:?}"
    );

    let told = seal(&Bench::with_story());
    assert_eq!(told[0]["status"], "skipped", "{told:?}");
}

#[test]
fn status_and_metrics_tell_how_far_it_is_sealed() {
    let bench = sealed();
    let size = leaves(&bench.database());
    add(&bench, "op_2");
    let origin = bench.out(&["sql", "SELECT origin FROM checkpoints LIMIT 1"]);
    let origin = origin.lines().last().unwrap();
    let line = format!(
        "Sealed    up to {size} of {} leaves, by {origin}\n",
        size + 1
    );
    let said = bench.out(&["status"]);
    assert!(said.contains(&line), "{said}");
    let json: Value = serde_json::from_str(&bench.out(&["status", "--format", "json"])).unwrap();
    assert_eq!(
        (&json["sealed_size"], &json["sealed_by"]),
        (&size.into(), &origin.into())
    );
    // There are no credentials; the run is recorded and sealed all the same.
    bench.run(&["collect", "--metrics", "optrail.prom"]);
    let metrics = fs::read_to_string(bench.path("optrail.prom")).unwrap();
    let size = leaves(&bench.database());
    assert!(
        metrics.contains(&format!("\noptrail_evidence_sealed_leaves {size}\n")),
        "{metrics}"
    );
    let unsealed = Bench::with_story();
    assert!(unsealed.out(&["status"]).contains("Sealed    not yet\n"));
}

#[test]
fn a_checkpoint_that_somebody_put_into_the_file_is_no_fact_and_in_nobodys_way() {
    let bench = sealed();
    let size = leaves(&bench.database());
    Connection::open(bench.database())
        .unwrap()
        .execute_batch("INSERT INTO checkpoint VALUES (3000, 'evil/x', zeroblob(32), 'garbage')")
        .unwrap();
    let said = bench.out(&["status"]);
    assert!(said.contains(&format!("up to {size} of")), "{said}");
    assert!(!said.contains("evil/x"), "{said}");
    bench.run(&["collect", "--metrics", "optrail.prom"]);
    let metrics = fs::read_to_string(bench.path("optrail.prom")).unwrap();
    let size = leaves(&bench.database());
    assert!(
        metrics.contains(&format!("\noptrail_evidence_sealed_leaves {size}\n")),
        "{metrics}"
    );
    add_sealed(&bench, "op_2");
    // Who has the file alone is told what it is worth.
    fs::remove_dir_all(bench.path("state")).unwrap();
    let said = bench.out(&["status"]);
    assert!(said.contains("Sealed    nobody has checked it"), "{said}");
    let json: Value = serde_json::from_str(&bench.out(&["status", "--format", "json"])).unwrap();
    assert_eq!(json["seal_checked"], false);
    assert_eq!(bench.run(&["verify"]).code, 3);
}

#[test]
fn a_damaged_row_of_the_key_stops_neither_status_nor_its_own_cure() {
    for damage in [
        "UPDATE key_event SET sequence = 77",
        "DELETE FROM key_event",
    ] {
        let bench = sealed();
        Connection::open(bench.database())
            .unwrap()
            .execute_batch(damage)
            .unwrap();
        bench.out(&["status"]);
        assert_eq!(bench.run(&["verify"]).code, 3, "{damage}");
        bench.run(&["rebuild"]);
        bench.verifies();
        add_sealed(&bench, "op_2");
    }
}

#[test]
fn metrics_of_a_collect_that_refused_tell_its_exit_code() {
    let bench = sealed();
    fs::remove_dir_all(bench.path("state")).unwrap();
    assert_eq!(bench.run(&["collect", "--metrics", "optrail.prom"]).code, 3);
    let metrics = fs::read_to_string(bench.path("optrail.prom")).unwrap();
    assert!(
        metrics.contains("\noptrail_last_collect_exit_code 3\n"),
        "{metrics}"
    );
}

#[test]
fn init_prints_the_same_key_again() {
    let bench = Bench::new();
    let key = |said: String| -> String {
        let line = said.lines().find(|line| line.starts_with("public key "));
        line.unwrap().to_owned()
    };
    let first = key(bench.out(&["init", "--origin-prefix", "audit.example.com"]));
    assert!(
        first.starts_with("public key audit.example.com/optrail/"),
        "{first}"
    );
    let size = leaves(&bench.database());
    assert_eq!(
        key(bench.out(&["init", "--origin-prefix", "other.example.com"])),
        first
    );
    assert_eq!(leaves(&bench.database()), size);
}

#[cfg(feature = "sandbox")]
#[test]
fn the_demo_makes_no_state_directory() {
    let bench = Bench::new();
    bench.out(&["demo", "--db", "demo.db"]);
    assert!(!bench.path("state").exists());
}

#[test]
fn who_copies_or_previews_a_database_that_was_rolled_back_is_told() {
    let bench = sealed();
    bench.out(&["backup", "older.db"]);
    add_sealed(&bench, "op_2");
    copy_database(&bench.path("older.db"), &bench.database());
    for command in [
        &["backup", "copy.db"][..],
        &["snapshot", "copy.db"],
        &["collect", "--dry-run"],
    ] {
        let said = bench.complaint(3, command);
        assert!(said.contains("is older than its checkpoint"), "{said}");
    }
    assert!(!bench.path("copy.db").exists());
    assert!(!bench.path("copy.db.differs").exists());
}

#[test]
fn a_backup_tells_with_what_it_was_compared_and_how_often_the_log_was_restored() {
    let bench = sealed();
    bench.out(&["backup", "older.db"]);
    bench.out(&["restore", "older.db", "--replace", "--reason", "x"]);
    let said = bench.out(&["backup", "copy.db", "--format", "json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["restores"], 1, "{said}");
    assert_eq!(said["compared"].as_array().unwrap().len(), 1, "{said}");
    assert_eq!(said["agrees"], true, "{said}");
}
