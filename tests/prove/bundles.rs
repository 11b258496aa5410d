//! Bundles that hold: what is in them, and that nothing can be changed.

use std::collections::BTreeSet;

use optrail::evidence::digest::Digest;
use optrail::prove::{README, VERIFIER};
use optrail::sandbox::{Fault, FaultKind};
use rustix::fs::{CWD, Mode, mkfifoat};

use crate::checker::{Checked, check};
use crate::scene::{ROUNDS, recorded};
use crate::world::{Ended, World, running, wait_until};

const SAMPLE: [&str; 4] = ["--sample", "25", "--seed", "2026-Q4"];

/// Each number in these columns must be that of a leaf in the bundle.
const EVIDENCE: [&str; 7] = [
    "exchange_id",
    "last_exchange_id",
    "next_exchange_id",
    "listing_id",
    "intervention_id",
    "run_start_id",
    "run_end_id",
];

fn rests_on_its_leaves(checked: &Checked) {
    let tables = checked
        .files
        .keys()
        .filter_map(|name| name.strip_suffix(".csv"));
    let mut named = 0;
    for table in tables {
        for row in checked.table(table) {
            for number in EVIDENCE.iter().filter_map(|column| row.get(*column)) {
                if !number.is_empty() {
                    assert!(
                        checked.leaves.contains_key(&number.parse().unwrap()),
                        "{table}: {row:?}"
                    );
                    named += 1;
                }
            }
        }
    }
    assert!(named > 5, "{named}");
}

/// What `export` writes of the operations in the bundle, with what the bundle adds to each row taken away.
fn are_rows_of_the_views(world: &World, checked: &Checked) {
    let ids: BTreeSet<String> = checked
        .table("operations")
        .into_iter()
        .map(|row| row["operation_id"].clone())
        .collect();
    for table in [
        "operations",
        "operation_history",
        "operation_timeline",
        "results",
        "result_history",
        "result_timeline",
    ] {
        let exported = world.run(&["export", table]).expect(0).stdout;
        let mut reader = csv::Reader::from_reader(exported.as_bytes());
        let columns = reader.headers().unwrap().clone();
        let rows: Vec<Vec<String>> = reader
            .records()
            .map(|record| {
                record
                    .unwrap()
                    .iter()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .filter(|row: &Vec<String>| ids.contains(&row[3]))
            .collect();
        let there: Vec<Vec<String>> = checked
            .table(table)
            .iter()
            .map(|row| columns.iter().map(|column| row[column].clone()).collect())
            .collect();
        assert_eq!(there, rows, "{table}");
        assert!(!rows.is_empty(), "{table}");
    }
}

#[test]
fn a_sample_holds_and_the_same_question_gives_the_same_bytes() {
    let world = recorded();
    let key = world.vkey();
    let tar = world.prove(&SAMPLE);
    assert!(tar == world.prove(&SAMPLE), "other bytes");
    let checked = check(&tar, &key).unwrap();
    rests_on_its_leaves(&checked);
    are_rows_of_the_views(&world, &checked);

    // Taken again from the population.
    let population = String::from_utf8(checked.files["population.txt"].clone()).unwrap();
    let sql =
        "SELECT service, account_id, region_id, operation_id FROM operations ORDER BY 1, 2, 3, 4";
    let exported = world.run(&["sql", sql, "--format", "csv"]).expect(0).stdout;
    assert_eq!(population, exported.split_once('\n').unwrap().1);
    let mut ranked: Vec<(Digest, &str)> = population
        .split_inclusive('\n')
        .map(|line| (Digest::of(format!("2026-Q4\n{line}").as_bytes()), line))
        .collect();
    assert_eq!(ranked.len(), 30);
    ranked.sort();
    let mut expected: Vec<&str> = ranked[..25]
        .iter()
        .map(|(_, line)| line.trim_end())
        .collect();
    expected.sort();
    let rows = checked.table("operations");
    let found: Vec<&str> = rows
        .iter()
        .map(|row| row["operation_id"].as_str())
        .collect();
    let expected: Vec<&str> = expected
        .iter()
        .map(|line| line.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(found, expected);
    let asked = &checked.statement["asked"];
    assert_eq!(
        asked["population_sha256"],
        Digest::of(population.as_bytes()).to_string()
    );

    let other = check(&world.prove(&["--sample", "25", "--seed", "2026-Q3"]), &key).unwrap();
    assert_ne!(other.table("operations"), rows);
    let all = check(&world.prove(&["--sample", "99", "--seed", "x"]), &key).unwrap();
    assert_eq!(all.table("operations").len(), 30);
    world.verify();
}

#[test]
fn no_byte_can_be_changed() {
    let world = recorded();
    let key = world.vkey();
    let id = world.lines("SELECT operation_id FROM operations WHERE service = 'alidns'");
    let tar = world.prove(&[&id[0]]);
    check(&tar, &key).unwrap();
    // Each header, each file, each padding and the end have places among these.
    for at in (0..tar.len()).step_by(97) {
        let mut changed = tar.clone();
        changed[at] ^= 1;
        assert!(check(&changed, &key).is_err(), "byte {at}");
    }
    for end in [tar.len() - 1, tar.len() - 512, tar.len() - 1024] {
        assert!(check(&tar[..end], &key).is_err());
    }
    assert!(check(&[&tar[..], &[0; 512]].concat(), &key).is_err());
}

#[test]
fn each_operation_can_be_proved_with_every_look() {
    let world = recorded();
    let key = world.vkey();
    let mut more = 0;
    for line in world.lines("SELECT op, operation_id FROM operation ORDER BY op LIMIT 9") {
        let (op, id) = line.split_once(',').unwrap();
        let some = check(&world.prove(&[id]), &key).unwrap();
        rests_on_its_leaves(&some);
        let all = check(&world.prove(&[id, "--all-looks"]), &key).unwrap();
        let sql = format!(
            "SELECT sequence FROM exchange WHERE op = {op} OR listing_id IN (SELECT listing_id FROM listing WHERE op = {op})
             UNION SELECT listing_id FROM listing WHERE op = {op}"
        );
        for sequence in world.lines(&sql) {
            assert!(
                all.leaves.contains_key(&sequence.parse().unwrap()),
                "{id} {sequence}"
            );
        }
        assert!(some.leaves.len() <= all.leaves.len(), "{id}");
        more += all.leaves.len() - some.leaves.len();
        for failure in world.lines(&format!(
            "SELECT e.sequence FROM exchange e LEFT JOIN listing l ON l.listing_id = e.listing_id
             WHERE coalesce(e.op, l.op) = {op} AND e.outcome <> 'ok'"
        )) {
            assert!(
                some.leaves.contains_key(&failure.parse().unwrap()),
                "{id} {failure}"
            );
        }
    }
    assert!(more > 5, "{more} looks more");
}

#[test]
fn runs_are_proved_without_a_gap() {
    let world = recorded();
    let key = world.vkey();
    let checked = check(&world.prove(&["--runs", "2..4"]), &key).unwrap();
    rests_on_its_leaves(&checked);
    let bounds = "SELECT (SELECT start_sequence FROM run WHERE run_id = 2), (SELECT end_sequence FROM run_end WHERE run_id = 4)";
    let bounds = world.lines(bounds);
    let (first, last) = bounds[0].split_once(',').unwrap();
    for sequence in first.parse().unwrap()..=last.parse::<i64>().unwrap() {
        assert!(checked.leaves.contains_key(&sequence), "{sequence}");
    }
    let runs: Vec<String> = checked
        .table("collection_runs")
        .iter()
        .map(|row| row["run_id"].clone())
        .collect();
    assert_eq!(runs, ["2", "3", "4"]);
    assert!(!checked.files.contains_key("operations.csv"));
    assert!(checked.leaves[&0]["t"] == "genesis");
    let beyond = format!("3..{}", ROUNDS + 5);
    let (ended, path) = world.try_prove(&["--runs", &beyond]);
    assert!(ended.expect(4).stderr.contains("not all of these runs"));
    check(&std::fs::read(path).unwrap(), &key).unwrap();
}

/// A list is begun while a stop runs, and answered after the stop has ended: its rows are of no leaf of that run.
#[test]
fn runs_that_overlap_hold_no_row_of_a_leaf_outside() {
    let world = World::for_program(5);
    let id = world.add_ros(running(&world, 3));
    let get = Fault::once(FaultKind::Hang { ms: 1_500 }).on_action("GetStackGroupOperation");
    let list =
        Fault::once(FaultKind::Hang { ms: 4_000 }).on_action("ListStackGroupOperationResults");
    world.cloud.script(get);
    world.cloud.script(list);
    let stop = world.start(&[
        "stop",
        &id,
        "--region",
        "cn-hangzhou",
        "--reason",
        "x",
        "--yes",
    ]);
    wait_until("the stop asks", || {
        world.requests_of("GetStackGroupOperation") > 0
    });
    world.run(&["collect"]).expect(0);
    Ended::of(stop.wait_with_output().unwrap()).expect(0);
    let outside = "SELECT count(*) FROM run_end r JOIN run b ON b.run_id = r.run_id JOIN result_version v
         JOIN exchange e ON e.sequence = v.from_sequence
         WHERE e.listing_id BETWEEN b.start_sequence AND r.end_sequence AND v.from_sequence > r.end_sequence";
    assert!(world.number(outside) > 0, "the runs do not overlap");
    let key = world.vkey();
    for runs in ["1", "2", "1..2"] {
        rests_on_its_leaves(&check(&world.prove(&["--runs", runs]), &key).unwrap());
    }
}

#[test]
fn the_log_goes_on_from_what_somebody_kept_and_attachments_go_along() {
    let world = recorded();
    let key = world.vkey();
    let first = world.run(&["checkpoint"]).expect(0).stdout;
    let kept = world.file("kept", &first);
    world.collect();
    let second = world.file("second", world.run(&["checkpoint"]).expect(0).stdout);
    world.collect();
    let token = world.file("token.tsr", b"not looked at");
    // What comes through a pipe is a checkpoint as good as any.
    let pipe = format!("{kept}-pipe");
    mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
    let (to, note) = (pipe.clone(), first.clone());
    let writer = std::thread::spawn(move || std::fs::write(to, note).unwrap());
    let question = [
        &SAMPLE[..],
        &[
            "--checkpoint",
            &kept,
            "--checkpoint",
            &second,
            "--checkpoint",
            &pipe,
            "--attach",
            &token,
        ],
    ];
    let checked = check(&world.prove(&question.concat()), &key).unwrap();
    writer.join().unwrap();
    let held = checked
        .files
        .keys()
        .filter(|name| name.starts_with("checkpoints/"));
    assert_eq!(held.count(), 2);
    assert_eq!(checked.files["attachments/token.tsr"], b"not looked at");
    let size = first.lines().nth(1).unwrap();
    assert_eq!(
        checked.files[&format!("checkpoints/{size}")],
        first.as_bytes()
    );
}

/// The header of a table as `verify.py` knows it: pieces of text under the name, up to a comma.
fn columns_of(table: &str) -> Vec<&'static str> {
    let (_, rest) = VERIFIER.split_once(&format!("\n    \"{table}\":")).unwrap();
    let (pieces, _) = rest.split_once("\",\n").unwrap();
    pieces
        .split(['"', '\n', ' '])
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn what_checks_it_is_the_programs_own() {
    assert!(VERIFIER.contains(&format!("\"{}\"", Digest::of(README.as_bytes()))));
    let world = recorded();
    assert_eq!(
        world.run(&["prove", "--verifier"]).expect(0).stdout,
        VERIFIER
    );
    let digest = Digest::of(VERIFIER.as_bytes()).to_string();
    assert!(
        world
            .run(&["prove", "--help"])
            .expect(0)
            .stdout
            .contains(&digest)
    );
    let key = world.vkey();
    let checked = check(&world.prove(&["--sample", "1", "--seed", "x"]), &key).unwrap();
    assert_eq!(checked.files["verify.py"], VERIFIER.as_bytes());
    assert_eq!(checked.files["README"], README.as_bytes());
    assert_eq!(checked.statement["verifier_sha256"], digest);
    let tables = checked.files.iter().filter_map(|(name, data)| {
        let table = name.strip_suffix(".csv")?;
        Some((table, std::str::from_utf8(data).unwrap().lines().next()?))
    });
    let mut known = 0;
    for (table, header) in tables {
        assert_eq!(columns_of(table), header.split(',').collect::<Vec<_>>());
        known += 1;
    }
    assert_eq!(known, 11);
    // No clock and no host stand in what the bundle says of itself.
    let said = String::from_utf8(checked.files["statement.json"].clone()).unwrap();
    assert!(!said.contains("20:") && !said.contains("T0"), "{said}");
    assert_eq!(checked.statement["evidence_size"], checked.head.size);
}
