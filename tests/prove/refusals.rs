//! What is not proved, or only as far as something was signed; and that nothing half made is left.

use optrail::evidence::note::VerifierKey;

use crate::checker::check;
use crate::scene::recorded;
use crate::world::World;

const SAMPLE: [&str; 4] = ["--sample", "5", "--seed", "x"];

/// Some of these still change.
const ALL: [&str; 4] = ["--sample", "30", "--seed", "x"];

fn key_path(world: &World) -> std::path::PathBuf {
    let state = world.home().join("state/optrail");
    let log = std::fs::read_dir(state).unwrap().next().unwrap().unwrap();
    log.path().join("key")
}

/// A question that is refused with this status, and leaves no file.
fn refused(world: &World, question: &[&str], code: i32, word: &str) {
    let (ended, path) = world.try_prove(question);
    let said = ended.expect(code).stderr;
    assert!(said.contains(word), "{question:?}: {said}");
    assert!(!path.exists(), "{question:?}");
    let left = std::fs::read_dir(world.home()).unwrap();
    let is_draft = |name: &str| name.starts_with(".bundle");
    let drafts =
        left.filter(|entry| is_draft(entry.as_ref().unwrap().file_name().to_str().unwrap()));
    assert_eq!(drafts.count(), 0, "{question:?}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let world = recorded();
    world.vkey();
    let long = world.file(&"x".repeat(65), "");
    let twice = world.file("twice", "");
    std::fs::create_dir(world.home().join("sub")).unwrap();
    let again = world.file("sub/twice", "");
    let large = world.file("large", vec![0; 1024 * 1024 + 1]);
    let text = world.file("text", "no note\n");
    for (question, code, word) in [
        (&[][..], 2, "required"),
        (&["--sample", "5"], 2, "--seed"),
        (&["--seed", "x"], 2, "required"),
        (&["--sample", "0", "--seed", "x"], 2, "1 to 10000"),
        (&["--sample", "5", "--seed", "a\nb"], 2, "one line"),
        (&["--runs", "4..2"], 2, "100..120"),
        (&["--runs", "0..2"], 2, "100..120"),
        (&["--runs", "99..120"], 1, "no run from 99 to 120"),
        (&["--runs", "1..2", "--all-looks"], 2, "--all-looks"),
        (&["nobody"], 1, "nobody"),
        (
            &["--sample", "5", "--seed", "x", "--attach", &long],
            2,
            "64 letters",
        ),
        (
            &[
                "--sample", "5", "--seed", "x", "--attach", &twice, "--attach", &again,
            ],
            2,
            "two files",
        ),
        (
            &["--sample", "5", "--seed", "x", "--attach", &large],
            1,
            "1048576",
        ),
        (
            &["--sample", "5", "--seed", "x", "--attach", "/dev/null"],
            1,
            "no file",
        ),
        (
            &["--sample", "5", "--seed", "x", "--checkpoint", &text],
            1,
            "text",
        ),
        (
            &["--sample", "5", "--seed", "x", "--checkpoint", "none"],
            1,
            "none",
        ),
    ] {
        refused(&world, question, code, word);
    }
    world.verify();
}

#[test]
fn a_checkpoint_of_another_history_is_bad_news() {
    let world = recorded();
    world.vkey();
    let other = recorded();
    other.vkey();
    let note = other.run(&["checkpoint"]).expect(0).stdout;
    let foreign = world.file("foreign", &note);
    // Both worlds have the same log name and host, so that only the key tells them apart.
    let (ended, path) = world.try_prove(&[&SAMPLE[..], &["--checkpoint", &foreign]].concat());
    assert!(ended.expect(1).stderr.contains("foreign"));
    assert!(!path.exists());

    // The same key signs two histories: only who has the key can do that.
    let kept = world.run(&["checkpoint"]).expect(0).stdout;
    let signer: optrail::evidence::note::SignerKey = std::fs::read_to_string(key_path(&world))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let size: u64 = kept.lines().nth(1).unwrap().parse().unwrap();
    let origin = kept.lines().next().unwrap().to_owned();
    for (size, code, word) in [
        (size, 3, "another history"),
        // Made with the last of these leaves, so that it cannot have signed fewer.
        (size - 1, 1, "its key was made later"),
        (size + 1, 3, "cut off"),
    ] {
        let forged = optrail::evidence::checkpoint::Checkpoint {
            origin: origin.clone(),
            size,
            root: [7; 32],
        };
        let forged = optrail::evidence::checkpoint::sign(&forged, &signer).unwrap();
        let forged = world.file("forged", forged.to_string());
        refused(
            &world,
            &[&SAMPLE[..], &["--checkpoint", &forged]].concat(),
            code,
            word,
        );
    }
}

#[test]
fn without_a_key_what_was_signed_before_is_proved() {
    let world = recorded();
    let key: VerifierKey = world.vkey();
    let whole = world.prove(&ALL);
    let path = key_path(&world);
    let secret = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    // Rows change, and no key signs that.
    world.clock.advance_ms(600_000);
    world.collect();
    world.collect();
    let (ended, bundle) = world.try_prove(&ALL);
    let said = ended.expect(4).stderr;
    assert!(said.contains("nothing can be signed now"), "{said}");
    let kept = std::fs::read(bundle).unwrap();
    assert!(kept == whole, "the rows are not those of the checkpoint");
    check(&kept, &key).unwrap();

    std::fs::write(&path, secret).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let now = world.prove(&ALL);
    let (before, now) = (check(&kept, &key).unwrap(), check(&now, &key).unwrap());
    assert!(before.head.size < now.head.size);
    assert_ne!(before.table("operations"), now.table("operations"));
}

#[test]
fn changed_evidence_is_not_handed_out() {
    let world = recorded();
    world.vkey();
    let connection = rusqlite::Connection::open(world.database()).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER body_template_is_append_only_update;
             UPDATE body_template SET data = replace(CAST(data AS TEXT), 'R', 'S'), codec = 0 WHERE codec = 0;
             UPDATE body_template SET length = length + 1 WHERE codec = 1",
        )
        .unwrap();
    drop(connection);
    let (ended, path) = world.try_prove(&["--sample", "30", "--seed", "x"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("optrail verify"), "{ended:?}");
    assert!(!path.exists());
}

#[test]
fn a_copy_without_its_state_directory_can_prove_what_was_signed() {
    let world = recorded();
    let key = world.vkey();
    let whole = world.prove(&SAMPLE);
    std::fs::rename(world.home().join("state"), world.home().join("away")).unwrap();
    let (ended, bundle) = world.try_prove(&SAMPLE);
    ended.expect(4);
    let kept = std::fs::read(bundle).unwrap();
    assert!(kept == whole, "another checkpoint");
    check(&kept, &key).unwrap();
}
