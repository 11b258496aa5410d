//! Files whose leaves were removed, exchanged, forged or added.

use optrail::evidence::tree::leaf_hash;
use optrail::verify::{DIFFERENCES_LISTED, Depth, Kind};

use crate::tamper::{Recorded, assert_agrees, assert_names, list, open};

/// Exchanges two leaves.
fn swap(a: i64, b: i64) -> String {
    let mv =
        |from: i64, to: i64| format!("UPDATE leaf SET sequence = {to} WHERE sequence = {from};");
    mv(a, -1) + &mv(b, a) + &mv(-1, b)
}

/// Replaces a part of a leaf's record, and the hash with it, as somebody would who knows what is checked.
fn forge(sequence: i64, from: &str, to: &str) -> String {
    let record: String = open(&Recorded::new().path())
        .query_row(
            "SELECT record FROM leaf WHERE sequence = ?1",
            [sequence],
            |row| row.get(0),
        )
        .unwrap();
    let forged = record.replace(from, to);
    assert_ne!(forged, record);
    let hash: String = leaf_hash(forged.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("UPDATE leaf SET record = '{forged}', hash = x'{hash}' WHERE sequence = {sequence}")
}

#[test]
fn removed_leaves_are_gaps() {
    let recorded = Recorded::changed("DELETE FROM leaf WHERE sequence IN (0, 40, 41, 42)");
    for depth in [Depth::Quick, Depth::Leaves, Depth::All] {
        let report = recorded.verify(depth);
        assert_names(&report, Kind::Gap, "leaf", "sequence=0");
        assert_names(&report, Kind::Gap, "leaf", "sequence=40..42");
    }
}

#[test]
fn a_last_leaf_that_was_cut_off_was_derived() {
    let last = Recorded::new().verify(Depth::Quick).size - 1;
    let recorded = Recorded::changed(&format!("DELETE FROM leaf WHERE sequence = {last}"));
    let report = recorded.verify(Depth::Quick);
    assert_names(&report, Kind::Invalid, "derivation", "id=1");
    let report = recorded.verify(Depth::All);
    assert!(
        report
            .differences
            .iter()
            .any(|d| d.kind == Kind::Extra && d.table == "run_end"),
        "{}",
        list(&report.differences)
    );
}

#[test]
fn fault_17_a_tail_that_was_cut_off_leaves_its_subtree_behind() {
    let recorded = Recorded::changed(
        "DELETE FROM leaf WHERE sequence >= 200; UPDATE derivation SET derived_through = 199",
    );
    let report = recorded.verify(Depth::Quick);
    assert_eq!(report.differences.len(), 1, "{}", list(&report.differences));
    assert_names(&report, Kind::Extra, "subtree", "number=0");
    assert_eq!(report.root, recorded.verify(Depth::Leaves).root);
}

#[test]
fn a_subtree_without_its_root_is_told() {
    let report = Recorded::changed("DELETE FROM subtree").verify(Depth::Quick);
    assert_eq!(report.differences.len(), 1, "{}", list(&report.differences));
    assert_names(&report, Kind::Missing, "subtree", "number=0");
    assert_eq!(report.root, Recorded::new().verify(Depth::Quick).root);
}

#[test]
fn a_leaf_with_an_absurd_number_is_told_in_no_time() {
    let forged = |sequence: i64| {
        format!(
            r#"INSERT INTO leaf (sequence, record, hash) VALUES ({sequence}, '{{"t":"x","v":1}}', zeroblob(32))"#
        )
    };
    let report = Recorded::changed(&forged(i64::MAX - 1)).verify(Depth::All);
    assert!(report.differences.len() < DIFFERENCES_LISTED);
    assert_names(
        &report,
        Kind::Missing,
        "subtree",
        "number=1..36028797018963966",
    );
    // With the last number of all the size of the tree is none.
    let report = Recorded::changed(&forged(i64::MAX)).verify(Depth::All);
    assert_names(&report, Kind::Invalid, "leaf", "");
}

#[test]
fn leaves_that_changed_places_are_found() {
    let report = Recorded::changed(&swap(12, 13)).verify(Depth::Leaves);
    assert_names(&report, Kind::Invalid, "subtree", "number=0");
    // Every later checkpoint knows it, which is said once, and nothing else does.
    let others = report.differences.iter();
    let others: Vec<_> = others.filter(|d| d.table != "checkpoint").collect();
    assert_eq!(others.len(), 1, "{}", list(&report.differences));
    assert_eq!(report.differences.len(), 2, "{}", list(&report.differences));
    // Behind the last subtree no cached root knows them, but what was derived from them does.
    let recorded = Recorded::changed(&swap(262, 263));
    assert_agrees(&recorded.verify(Depth::Leaves));
    assert!(!recorded.verify(Depth::All).agrees());
}

#[test]
fn a_leaf_with_a_right_hash_and_another_story_is_found() {
    let answer: i64 = open(&Recorded::new().path())
        .query_row(
            "SELECT max(sequence) FROM exchange WHERE look IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let key = format!("sequence={answer}");
    // An earlier request: each hash is right, the look is not as long as the row says.
    let forged = forge(answer, r#""received_at":"#, r#""received_at":1"#);
    let recorded = Recorded::changed(&forged);
    assert_agrees(&recorded.verify(Depth::Leaves));
    let report = recorded.verify(Depth::All);
    assert_names(&report, Kind::Invalid, "exchange", &key);
    // Lengths whose sum is more than any number.
    let forged = forge(answer, r#""length":"#, r#""length":900000000000000"#);
    let recorded = Recorded::changed(&forged);
    assert_names(&recorded.verify(Depth::All), Kind::Invalid, "leaf", &key);
    // What is no digest cannot be read.
    let forged = forge(answer, r#""body":""#, r#""body":"A"#);
    let report = Recorded::changed(&forged).verify(Depth::Leaves);
    assert_names(&report, Kind::Invalid, "leaf", &key);
}

#[test]
fn rows_and_templates_that_nothing_explains_are_extra() {
    let report = Recorded::changed(
        "INSERT INTO result_version
             SELECT op, target, version + 9, from_sequence, stretch, flags, status_no, reason_no, folder_no
             FROM result_version WHERE op = 1 AND target = 1 AND version = 1;
         INSERT INTO body_template (template_id, sha256, length, codec, data)
             VALUES (1000, zeroblob(32), 0, 0, x'')",
    )
    .verify(Depth::All);
    assert_eq!(report.differences.len(), 2, "{}", list(&report.differences));
    let key = "op=1, target=1, version=10";
    assert_names(&report, Kind::Extra, "result_version", key);
    assert_names(&report, Kind::Extra, "body_template", "template_id=1000");
}

#[test]
fn rows_that_are_gone_are_missing() {
    let report = Recorded::changed("DELETE FROM operation_state WHERE op = 1 AND number = 1")
        .verify(Depth::All);
    assert_eq!(report.differences.len(), 1, "{}", list(&report.differences));
    assert_names(&report, Kind::Missing, "operation_state", "op=1, number=1");
}

#[test]
fn bytes_that_are_no_text_are_told_and_the_rest_is_read() {
    let recorded = Recorded::changed(
        "UPDATE leaf SET record = CAST(x'ff' AS TEXT) WHERE sequence = 30;
         UPDATE leaf SET request_id = CAST(x'ff' AS TEXT) WHERE sequence = 12",
    );
    let report = recorded.verify(Depth::All);
    assert_names(&report, Kind::Invalid, "leaf", "sequence=30");
    assert_names(&report, Kind::Invalid, "leaf", "sequence=12");
    assert_eq!(report.leaves_checked, report.size);
}

#[test]
fn a_flood_of_differences_is_counted() {
    let report = Recorded::changed(
        "WITH RECURSIVE n (n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM n LIMIT 2500)
         INSERT INTO run_plan (sequence, run_id) SELECT n, 1 FROM n",
    )
    .verify(Depth::All);
    assert_eq!(report.differences.len(), DIFFERENCES_LISTED);
    assert_eq!(report.more, 1500);
}
