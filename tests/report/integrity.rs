//! What the integrity statement says: good, compared with what, and bad.

use std::fs;

use rusqlite::Connection;

use super::bench::Bench;
use super::scene;
use super::told::Told;

#[test]
fn it_names_its_level_and_that_no_copy_was_compared() {
    let bench = Bench::new();
    scene::record(&bench.database());
    for (level, said) in [
        ("all", "every derived row"),
        ("leaves", "--verify leaves"),
        ("quick", "--verify quick"),
    ] {
        let told = Told::ask(&bench, &["--verify", level]);
        let paragraphs = told.paragraphs("integrity");
        assert_eq!(paragraphs[0].0, "good");
        assert!(paragraphs[0].1.contains(said), "{paragraphs:?}");
        assert_eq!(paragraphs[1].0, "unknown");
        assert!(
            paragraphs[1].1.contains("compared with no external copy"),
            "{paragraphs:?}"
        );
    }
    let told = Told::ask(&bench, &[]);
    let size = told.fact("evidence_size");
    let rows = told.values("integrity", &["statement", "result"]);
    let hashes = format!(r#""Leaves whose hash was computed again" "{size} of {size}""#);
    assert!(rows.contains(&hashes), "{rows:?}");
}

#[test]
fn it_names_the_copy_that_it_was_compared_with() {
    let bench = Bench::new();
    scene::record(&bench.database());
    let key = bench.out(&["checkpoint", "--public-key"]);
    let note = bench.out(&["checkpoint"]);
    let kept = bench.path("kept-in-march");
    fs::write(&kept, note).unwrap();
    let copy = ["--checkpoint", kept.to_str().unwrap(), "--key", key.trim()];
    let told = Told::ask(&bench, &copy);
    let paragraphs = told.paragraphs("integrity");
    assert_eq!(paragraphs[1].0, "good");
    let rows = told.values("integrity", &["statement", "result"]);
    let row = rows
        .iter()
        .find(|row| row.contains("kept-in-march"))
        .unwrap();
    assert!(
        row.starts_with(r#""External copy kept-in-march" "agrees, "#),
        "{row}"
    );
    assert!(
        rows.iter()
            .any(|row| row.contains("state directory") && row.contains("agrees"))
    );
    bench.complaint(2, &["report", "compliance", "--checkpoint", "x"]);
    let quick = [&["report", "compliance", "--verify", "quick"], &copy[..]].concat();
    bench.complaint(2, &quick);
}

#[test]
fn a_difference_is_told_in_the_report_which_is_written_nevertheless() {
    let bench = Bench::new();
    let known = scene::record(&bench.database());
    let key = bench.out(&["checkpoint", "--public-key"]);
    let note = bench.out(&["checkpoint"]);
    let kept = bench.path("kept-in-march");
    fs::write(&kept, note).unwrap();
    let connection = Connection::open(bench.database()).unwrap();
    connection
        .execute_batch(&format!(
            "DROP TRIGGER leaf_is_append_only_update;
             UPDATE leaf SET record = replace(record, '\"ann\"', '\"eve\"') WHERE sequence = {};",
            known.starts[0]
        ))
        .unwrap();
    drop(connection);
    let path = bench.path("report.json");
    let copy = ["--checkpoint", kept.to_str().unwrap(), "--key", key.trim()];
    let output = ["--output", path.to_str().unwrap()];
    let said = bench.run(&[&["report", "compliance"], &output[..], &copy].concat());
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("optrail verify"), "{}", said.err);
    let told = Told::of(&fs::read_to_string(path).unwrap());
    let (tone, text) = told.paragraphs("integrity")[0];
    assert!(
        tone == "bad" && text.starts_with("Differences found: "),
        "{text}"
    );
    let rows = told.values("integrity", &["statement", "result"]);
    assert!(
        rows.iter().any(|row| row.starts_with(r#""Difference" "#)),
        "{rows:?}"
    );
    let place = kept.parent().unwrap().to_str().unwrap();
    let is_named = |row: &String| row.contains("Difference") && row.contains("kept-in-march");
    assert!(rows.iter().any(is_named), "{rows:?}");
    assert!(!rows.iter().any(|row| row.contains(place)), "{rows:?}");
    let checks = told.values("integrity", &["check", "result"]);
    assert!(
        checks.contains(&r#""hashes" "differs""#.to_owned()),
        "{checks:?}"
    );
}
