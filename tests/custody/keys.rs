//! Fault 76: the key is missing, wrong, unreadable, open to others, or of another origin; and a wrong public key.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use optrail::model::Service;

use crate::bench::Bench;
use crate::world::{World, running};
use crate::{add, sealed, state};

/// A world whose log was sealed by a run, and its part of the state directory.
fn recorded() -> (World, std::path::PathBuf) {
    let world = World::for_program(76);
    world.add_ros(running(&world, 2));
    world.run(&["collect"]).expect_silence();
    let states = world.home().join("state/optrail");
    let log = fs::read_dir(&states).unwrap().next().unwrap().unwrap();
    (world, log.path())
}

/// Makes a key one that cannot be used.
type Spoiler = fn(&Path);

#[test]
fn fault_76_without_a_usable_key_a_run_is_recorded_and_not_sealed() {
    let spoilers: [(&str, Spoiler); 4] = [
        ("it is not there", |key| fs::remove_file(key).unwrap()),
        ("chmod 600", |key| {
            fs::set_permissions(key, Permissions::from_mode(0o644)).unwrap();
        }),
        ("cannot be used", |key| fs::write(key, "garbage\n").unwrap()),
        ("cannot read", |key| {
            fs::remove_file(key).unwrap();
            fs::create_dir(key).unwrap();
        }),
    ];
    let (world, log) = recorded();
    let key = log.join("key");
    let text = fs::read_to_string(&key).unwrap();
    let unusable = "SELECT count(*) FROM signing_keys WHERE change = 'unusable'";
    for (number, (words, spoil)) in (1..).zip(spoilers) {
        let sealed_before = world.number("SELECT max(size) FROM checkpoint");
        spoil(&key);
        for repeat in ["first", "again"] {
            let ended = world.run(&["collect", "--recheck"]).expect(4);
            match repeat {
                "first" => assert!(ended.stderr.contains(words), "{ended:?}"),
                _ => assert_eq!(ended.stderr, "", "told once a day"),
            }
            assert!(!ended.stderr.contains(text.trim()), "{ended:?}");
            assert_eq!(world.number(unusable), number, "said once");
        }
        world
            .run(&["collect", "--recheck", "--allow-partial"])
            .expect(0);
        assert_eq!(world.run(&["checkpoint"]).code, Some(1));
        assert_eq!(
            world.number("SELECT max(size) FROM checkpoint"),
            sealed_before
        );
        world.verify();
        let doctor = world.run(&["doctor"]);
        assert!(doctor.stdout.contains("error    seal "), "{doctor:?}");
        let _ = fs::remove_dir(&key);
        fs::write(&key, &text).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        world.run(&["collect", "--recheck"]).expect(0);
        assert!(world.number("SELECT max(size) FROM checkpoint") > sealed_before);
    }
    world.verify();
}

#[test]
fn fault_76_the_key_of_another_origin_signs_nothing() {
    let (bench, other) = (sealed(), sealed());
    let key = state(&bench).join("key");
    fs::copy(state(&other).join("key"), &key).unwrap();
    add(&bench, "op_2");
    let said = bench.run(&["checkpoint"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("this log is signed with"), "{said:?}");
    assert!(!said.err.contains("PRIVATE"), "{said:?}");
    // Lost for good: a new one is adopted, and the wrong one is kept under its own name.
    let old = bench.out(&["sql", "SELECT vkey FROM signing_keys WHERE change = 'made'"]);
    let said = bench.out(&["restore", "--adopt", "--reason", "key lost"]);
    let vkey = said
        .lines()
        .find_map(|line| line.strip_prefix("public key "))
        .unwrap();
    assert!(!old.contains(vkey), "{old}");
    assert_eq!(bench.out(&["checkpoint", "--public-key"]).trim(), vkey);
    bench.verifies();
    let former = crate::names(&state(&bench).join("former"));
    assert_eq!(former.len(), 2, "{former:?}");
}

#[test]
fn fault_76_verify_says_which_key_did_not_sign() {
    let (bench, other) = (sealed(), sealed());
    let wrong = other.out(&["checkpoint", "--public-key"]);
    let right = bench.out(&["checkpoint", "--public-key"]);
    fs::write(bench.path("note"), bench.out(&["checkpoint"])).unwrap();
    bench.out(&["verify", "--checkpoint", "note", "--key", right.trim()]);
    for arguments in [
        &["verify", "--key", wrong.trim()][..],
        &["verify", "--checkpoint", "note", "--key", wrong.trim()],
    ] {
        let said = bench.run(arguments);
        assert_eq!(said.code, 3, "{said:?}");
        let name = wrong.split('+').next().unwrap();
        assert!(said.out.contains(name), "{said:?}");
    }
}

#[test]
fn a_key_that_the_log_does_not_name_never_signs() {
    let bench = Bench::with_story();
    bench.out(&["checkpoint"]);
    let first = bench.out(&["checkpoint", "--public-key"]);
    // A copy from before the key, whose checkpoint was removed: what the key has signed nobody can tell.
    crate::story::record(&bench.path("before.db"));
    fs::remove_file(state(&bench).join("checkpoint")).unwrap();
    fs::rename(bench.path("before.db"), bench.database()).unwrap();
    let second = bench.out(&["checkpoint", "--public-key"]);
    assert_ne!(first, second);
    let name = |vkey: &str| vkey.split('+').next().unwrap().to_owned();
    assert_ne!(name(&first), name(&second));
    bench.verifies();
}

#[test]
fn a_first_run_makes_a_key_and_seals() {
    let world = World::for_program(77);
    world.watch(Service::Alidns, "77");
    assert_eq!(world.number("SELECT count(*) FROM checkpoint"), 0);
    world.run(&["collect"]);
    assert_eq!(world.number("SELECT count(*) FROM checkpoint"), 1);
    assert_eq!(
        world.number("SELECT max(size) FROM checkpoint"),
        world.number("SELECT count(*) FROM leaf")
    );
    world.verify();
}
