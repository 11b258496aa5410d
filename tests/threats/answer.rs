//! The answer for programs, and what hostile checkpoints cost.

use serde_json::{Value, json};

use crate::forger::Forger;
use crate::scene::{Copy, scene};

fn answer(copy: &Copy, arguments: &[&str], code: i32) -> Value {
    let arguments = [&["verify", "--format", "json"], arguments].concat();
    serde_json::from_str(&copy.run(&arguments).expect(code).stdout).unwrap()
}

#[test]
fn the_answer_for_programs_counts_each_kind_apart_and_names_each_copy() {
    let copy = scene().copy();
    let note = scene().note().to_str().unwrap().to_owned();
    let kept = [
        "--checkpoint",
        &note,
        "--key",
        &scene().vkey,
        "--against",
        &scene().line,
    ];
    let said = answer(&copy, &kept, 0);
    let nothing = json!({
        "gap": 0, "missing": 0, "invalid": 0, "extra": 0, "redacted": 0, "bodies_left_out": 0
    });
    assert_eq!(said["counts"], nothing);
    let origin = scene().vkey.split('+').next().unwrap();
    let state = copy.state().join("checkpoint");
    let copies = json!([
        {"source": "the line that was given", "by": "others", "origin": origin, "size": scene().sealed[1], "agrees": true},
        {"source": note, "by": "others", "origin": origin, "size": scene().sealed[1], "agrees": true},
        {"source": state, "by": "state", "origin": origin, "size": scene().sealed[2], "agrees": true},
    ]);
    assert_eq!(said["compared"], copies);
    assert_eq!(said["sealed_with"], json!(scene().vkey));
    assert_eq!(said["sealed_by_key"], json!(scene().sealed[2]));

    let forger = Forger::at(&copy);
    forger.sql(&format!(
        "DELETE FROM leaf WHERE sequence IN ({}, {});
         INSERT INTO body_template (template_id, sha256, length, codec, data) VALUES (1000, zeroblob(32), 0, 0, x'')",
        scene().victim.0,
        scene().victim.0 + 2,
    ));
    let said = answer(&copy, &["--leaves"], 3);
    // Two checkpoints know it in one sentence, and the state directory in another one.
    let counts = json!({
        "gap": 2, "missing": 0, "invalid": 2, "extra": 0, "redacted": 0, "bodies_left_out": 0
    });
    assert_eq!(said["counts"], counts, "{said:#}");
    assert_eq!(said["compared"][0]["agrees"], false);
    let listed = said["differences"].as_array().unwrap().len();
    assert_eq!((listed, &said["agrees"]), (4, &json!(false)));
}

#[test]
fn a_snapshot_without_bodies_says_how_many_it_lacks() {
    let copy = scene().copy();
    copy.run(&[
        "snapshot",
        "--without-bodies",
        &copy.database().with_file_name("s.db").display().to_string(),
    ])
    .expect(0);
    let snapshot = copy.database().with_file_name("s.db");
    let said = answer(&copy, &["--db", snapshot.to_str().unwrap()], 0);
    assert_eq!(said["bodies_left_out"], true);
    assert_eq!(said["bodies_checked"], 0);
    let lacking = said["counts"]["bodies_left_out"].as_i64().unwrap();
    assert_eq!(json!(lacking), answer(&copy, &[], 0)["bodies_checked"]);
}

#[test]
fn fault_72_hostile_checkpoints_are_told_one_by_one_and_bounded() {
    let copy = scene().copy();
    let line = "— a.example AAAAAAAA\n";
    let many = format!("a\n1\n{}=\n\n{}", "A".repeat(43), line.repeat(64));
    Forger::at(&copy).sql(&format!(
        "INSERT INTO checkpoint VALUES (1, 'a', zeroblob(32), printf('%.*c', 9000000, 'x'));
         INSERT INTO checkpoint VALUES (2, 'a', zeroblob(32), '{many}');
         INSERT INTO checkpoint VALUES (3, 'a', zeroblob(32), '');
         INSERT INTO checkpoint VALUES (9223372036854775807, 'a', zeroblob(32), '');
         INSERT INTO checkpoint VALUES (-5, 'a', zeroblob(7), char(27))"
    ));
    let said = copy.run(&["verify", "--leaves"]).expect(3).stdout;
    for beginning in [
        "invalid: checkpoint size=-5: ",
        "invalid: checkpoint size=1: a note of 9000000 bytes is over the limit",
        "invalid: checkpoint size=2: its note bears 64 signatures",
        "invalid: checkpoint size=3: this is no signed note",
        "invalid: checkpoint size=9223372036854775807: this is no signed note",
    ] {
        assert!(
            said.lines().any(|line| line.starts_with(beginning)),
            "{beginning}\n{said}"
        );
    }
    assert!(said.contains("5 differences"), "{said}");
    // The newest alone is looked at, and the state directory.
    let said = copy.run(&["verify", "--quick"]).expect(3).stdout;
    assert!(
        said.contains("\n1 difference: schema, numbering, newest checkpoint\n"),
        "{said}"
    );
}

#[test]
fn quick_looks_at_the_newest_checkpoint_alone() {
    let copy = scene().copy();
    let forger = Forger::at(&copy);
    forger.edit_leaf(scene().victim.0, |record| record.replace(":1", ":2"));
    // No leaf is hashed.
    copy.run(&["verify", "--quick"]).expect(0);
    forger.hash_leaves();
    forger.cache_subtrees();
    let said = copy
        .run_without_state(&["verify", "--quick"])
        .expect(3)
        .stdout;
    let newest = format!("invalid: checkpoint size={}: ", scene().sealed[2]);
    assert!(said.starts_with(&newest), "{said}");
    // It would compare a copy with hashes that nobody has computed again.
    let against = ["verify", "--quick", "--against", &scene().line];
    copy.run(&against).expect(2);
}

#[test]
fn each_of_several_copies_narrows_where_the_change_lies() {
    let copy = scene().copy();
    let forger = Forger::at(&copy);
    forger.write_anew(scene().late.1);
    let key = forger.own_key();
    let said = copy
        .run(&["verify", "--against", &scene().line])
        .expect(3)
        .stdout;
    let [_, second, third] = scene().sealed;
    let at = format!("invalid: leaf sequence={second}..{}: ", third - 1);
    let narrowed = said
        .lines()
        .find(|line| line.starts_with(&at))
        .unwrap_or_else(|| panic!("{said}"));
    let agrees = format!("; the {second} before agree with the line that was given");
    assert!(narrowed.ends_with(&agrees), "{narrowed}");
    // With two keys that are known, one of them suffices.
    let both = [
        "verify",
        "--key",
        &key.verifier().to_string(),
        "--key",
        &scene().vkey,
    ];
    scene().copy().run(&both).expect(0);
    scene().copy().run(&both[..3]).expect(3);
}
