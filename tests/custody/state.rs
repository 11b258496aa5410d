//! Fault 75: the state directory is missing, older, newer, of another history, garbage, or written by two hosts.

use std::fs;

use optrail::model::UtcMillis;
use optrail::record::Recorder;
use optrail::seal::{BadNews, SealError, Who, adopt};
use optrail::verify::rebuild;

use crate::bench::Bench;
use crate::{add_sealed, copy_all, copy_database, leaves, names, refuses_to_write, sealed, state};

#[test]
fn fault_75_a_missing_state_directory_stops_writers_and_no_readers() {
    for with_key in [false, true] {
        let bench = sealed();
        if with_key {
            fs::remove_file(state(&bench).join("checkpoint")).unwrap();
        } else {
            fs::remove_dir_all(bench.path("state")).unwrap();
        }
        refuses_to_write(&bench, "holds no checkpoint of it");
        bench.out(&["status"]);
        bench.out(&["export", "operations"]);
        let said = bench.out(&["verify"]);
        assert!(
            said.ends_with(", compared with no external copy\n"),
            "{said}"
        );
        assert!(!said.contains("state directory"), "{said}");
    }
}

#[test]
fn fault_75_an_older_state_directory_is_caught_up() {
    let bench = sealed();
    let older = bench.path("older");
    copy_all(&state(&bench), &older);
    add_sealed(&bench, "op_2");
    fs::copy(older.join("checkpoint"), state(&bench).join("checkpoint")).unwrap();
    bench.out(&["status"]);
    add_sealed(&bench, "op_3");
    bench.verifies();
}

#[test]
fn fault_75_an_older_state_directory_hides_no_leaves_that_were_cut_off() {
    let bench = sealed();
    let older = bench.path("older");
    copy_all(&state(&bench), &older);
    add_sealed(&bench, "op_2");
    fs::copy(older.join("checkpoint"), state(&bench).join("checkpoint")).unwrap();
    // What the newest checkpoint in the file covers is there no longer.
    let connection = rusqlite::Connection::open(bench.database()).unwrap();
    connection
        .execute_batch("DROP TRIGGER leaf_is_append_only_delete; DELETE FROM leaf WHERE sequence = (SELECT max(sequence) FROM leaf)")
        .unwrap();
    drop(connection);
    refuses_to_write(&bench, "that the newest checkpoint in it covers");
}

#[test]
fn fault_75_a_newer_state_directory_means_an_older_database() {
    let bench = sealed();
    let older = bench.path("older.db");
    copy_database(&bench.database(), &older);
    add_sealed(&bench, "op_2");
    copy_database(&older, &bench.database());
    let (held, signed) = (leaves(&older), leaves(&older) + 1);
    let refused = refuses_to_write(&bench, "is older than its checkpoint");
    let numbers = format!("it holds {held} leaves of evidence");
    assert!(refused[0].err.contains(&numbers), "{refused:?}");
    assert!(
        refused[0].err.contains(&format!("covers {signed}")),
        "{refused:?}"
    );
    // Readers are told, too.
    for reader in [&["status"][..], &["export", "operations"], &["verify"]] {
        assert_eq!(bench.run(reader).code, 3, "{reader:?}");
    }
}

#[test]
fn fault_75_garbage_is_no_checkpoint() {
    let bench = sealed();
    let path = state(&bench).join("checkpoint");
    let good = fs::read(&path).unwrap();
    let half = &good[..good.len() / 2];
    for garbage in [&b""[..], b"garbage\n", half, &[0; 70_000], b"\xff\xfe"] {
        fs::write(&path, garbage).unwrap();
        let said = bench.run(&["watch", "add", "cadt", "op_refused"]);
        assert_eq!(said.code, 3, "{said:?}");
        let text = path.display().to_string();
        assert!(said.err.contains(&text), "{said:?}");
    }
    fs::write(&path, good).unwrap();
    add_sealed(&bench, "op_2");
}

#[test]
fn fault_75_a_checkpoint_that_our_key_did_not_sign_is_not_gone_on_from() {
    let (bench, other) = (sealed(), sealed());
    // Right origin, size and root; another key's signature.
    let path = state(&bench).join("checkpoint");
    let note = fs::read_to_string(&path).unwrap();
    let foreign = fs::read_to_string(state(&other).join("checkpoint")).unwrap();
    let (text, _) = note.split_once("\n\n").unwrap();
    let (_, signature) = foreign.split_once("\n\n").unwrap();
    fs::write(&path, format!("{text}\n\n{signature}")).unwrap();
    refuses_to_write(&bench, "the note bears no signature of key");
}

/// Two hosts with a copy each of database and state directory, which both have added to and sealed.
fn fork() -> (Bench, Bench) {
    let ours = sealed();
    let theirs = Bench::new();
    copy_database(&ours.database(), &theirs.database());
    let log = state(&ours).file_name().unwrap().to_owned();
    copy_all(&state(&ours), &theirs.path("state/optrail").join(log));
    add_sealed(&ours, "op_ours");
    add_sealed(&theirs, "op_theirs");
    (ours, theirs)
}

#[test]
fn fault_75_a_fork_is_found_when_either_meets_the_checkpoint_of_the_other() {
    let (ours, theirs) = fork();
    let vkey = ours.out(&["checkpoint", "--public-key"]);
    let vkey = vkey.trim();
    assert_eq!(theirs.out(&["checkpoint", "--public-key"]).trim(), vkey);
    for (one, other) in [(&ours, &theirs), (&theirs, &ours)] {
        let note = one.path("their-note");
        fs::write(&note, other.out(&["checkpoint"])).unwrap();
        let said = one.run(&["verify", "--checkpoint", "their-note", "--key", vkey]);
        assert_eq!(said.code, 3, "{said:?}");
        assert!(
            said.out
                .contains("do not have the root that their-note states"),
            "{said:?}"
        );
        let line = other.out(&["checkpoint", "--line"]);
        let said = one.run(&["verify", "--against", line.trim()]);
        assert_eq!(said.code, 3, "{said:?}");
        // A state directory on a share that both write to.
        let (path, kept) = (state(one).join("checkpoint"), one.path("kept"));
        fs::copy(&path, &kept).unwrap();
        fs::copy(&note, &path).unwrap();
        refuses_to_write(one, "has another history than its checkpoint");
        fs::copy(&kept, &path).unwrap();
    }
    // One of them goes on with a name of its own.
    fs::copy(theirs.path("their-note"), state(&theirs).join("checkpoint")).unwrap();
    let said = theirs.out(&["restore", "--adopt", "--reason", "two hosts had one log"]);
    assert!(said.contains("public key "), "{said}");
    let new = theirs.out(&["checkpoint", "--public-key"]);
    assert_ne!(new.trim(), vkey);
    theirs.verifies();
    ours.verifies();
}

#[test]
fn a_seal_remembers_where_the_database_is_though_nothing_is_new() {
    let bench = sealed();
    let place = state(&bench).join("database");
    let line = fs::read(&place).unwrap();
    // As a process that died after its checkpoint once left it.
    fs::remove_file(&place).unwrap();
    bench.out(&["checkpoint"]);
    assert_eq!(fs::read(&place).unwrap(), line);
    fs::remove_file(bench.database()).unwrap();
    bench.complaint(3, &["status"]);
}

#[test]
fn a_log_that_contradicts_its_own_checkpoint_begins_no_new_origin() {
    let bench = sealed();
    let connection = rusqlite::Connection::open(bench.database()).unwrap();
    connection
        .execute_batch("DROP TRIGGER leaf_is_append_only_delete; DELETE FROM leaf WHERE sequence = (SELECT max(sequence) FROM leaf)")
        .unwrap();
    drop(connection);
    rebuild(&bench.database()).unwrap();
    let (before, files) = (leaves(&bench.database()), names(&state(&bench)));
    let who = Who {
        user: "ann".to_owned(),
        host: "host".to_owned(),
        at: UtcMillis(1_700_000_000_000),
    };
    let recorder = Recorder::open(&bench.database()).unwrap();
    let states = bench.path("state/optrail");
    let refused = adopt(&recorder, &bench.database(), &states, "host", "x", &who).unwrap_err();
    assert!(
        matches!(refused, SealError::BadNews(BadNews::Contradictory { .. })),
        "{refused:?}"
    );
    drop(recorder);
    // The key is where it was, and no leaf says otherwise.
    assert_eq!(leaves(&bench.database()), before);
    assert_eq!(names(&state(&bench)), files);
}
