//! Answers of another shape than the documented one, lists without an end, ids that would break what takes them for
//! harmless. Numbers in the names are rows of `tests/FAULTS.md`.

use std::collections::BTreeSet;
use std::fs;

use optrail::collect::RoundEnd;
use optrail::sandbox::{Fault, FaultKind, RosSpec, RowState, Rows, Schedule};
use rusqlite::types::Value;
use serde_json::json;

use crate::oracle::{assert_complete_means_complete, assert_nothing_gone, assert_ros};
use crate::scene::{OWN, patient};
use crate::wire::{Rewrite, Wire};
use crate::world::{MINUTE_MS, World, row, running};

/// Rows of the operation that is looked at: two pages.
const ROWS: u32 = 70;

/// Requests of a run that reads the list three times: twenty pages each time, and what comes before.
const REQUESTS_MAX: i64 = 3 * 20 + 10;

/// A world that was recorded well, with a wire to write answers anew on.
fn recorded(seed: u64) -> (World, Wire) {
    let world = World::new(seed);
    world.add_ros(running(&world, ROWS));
    assert_eq!(collect(&world, None).row.outcome.as_str(), "complete");
    let wire = Wire::to(&world.endpoint());
    (world, wire)
}

fn collect(world: &World, wire: Option<&Wire>) -> RoundEnd {
    world.clock.advance_ms(i64::from(MINUTE_MS));
    let mut collector = world.collector();
    if let Some(wire) = wire {
        collector = world.collector_with(|config| {
            let endpoint = optrail::cloud::Endpoint::parse(&wire.endpoint()).unwrap();
            config.endpoints = optrail::cloud::Endpoints::everywhere(endpoint);
        });
    }
    world.collect_within(&collector, &patient())
}

/// Expects that nothing was concluded from the answers that were written anew, and that all is well again after them.
fn assert_harmless(world: &World, what: &str) {
    assert_nothing_gone(world);
    assert_complete_means_complete(world);
    let present = world.number("SELECT count(*) FROM results WHERE present = 1");
    assert_eq!(present, i64::from(ROWS), "{what}");
    assert_eq!(
        collect(world, None).row.outcome.as_str(),
        "complete",
        "{what}"
    );
    assert_ros(world, OWN, |_| true);
    world.verify();
}

/// The page that a body holds, with other rows and another count.
fn page(body: &str, rows: serde_json::Value, total_count: Option<u32>) -> String {
    let mut page: serde_json::Value = serde_json::from_str(body).unwrap();
    page["StackGroupOperationResults"] = rows;
    match total_count {
        Some(count) => page["TotalCount"] = count.into(),
        None => drop(page.as_object_mut().unwrap().remove("TotalCount")),
    }
    page.to_string()
}

/// The first fifty rows, whatever the page.
fn first_rows() -> serde_json::Value {
    let account = |number: u64| (1_600_000_000_000_000 + number).to_string();
    let row = |number| json!({"AccountId": account(number), "RegionId": "cn-hangzhou", "Status": "RUNNING"});
    (0..50).map(row).collect()
}

#[test]
fn fault_39_a_list_that_repeats_itself_or_never_ends_is_given_up_and_not_called_whole() {
    let endless: [(&str, Rewrite); 3] = [
        ("the same page, and no count", |body| {
            page(body, first_rows(), None)
        }),
        ("the same page of twenty", |body| {
            page(body, first_rows(), Some(1_000))
        }),
        ("empty pages of two", |body| page(body, json!([]), Some(70))),
    ];
    for (seed, (what, rewrite)) in (130..).zip(endless) {
        let (world, wire) = recorded(seed);
        wire.rewrite_all(rewrite, "ListStackGroupOperationResults");
        let end = collect(&world, Some(&wire));
        assert_eq!(end.row.outcome.as_str(), "partial", "{what}");
        assert!(
            end.row.counts.requests <= REQUESTS_MAX,
            "{what}: {:?}",
            end.row
        );
        let last = "SELECT DISTINCT verdict FROM listings WHERE run_id = 2";
        assert_eq!(world.lines(last), ["incomplete"], "{what}");
        assert_harmless(&world, what);
    }
}

#[test]
fn fault_46_a_request_whose_answer_was_lost_is_sent_again_with_a_nonce_of_its_own() {
    let world = World::new(133);
    world.add_ros(running(&world, 3));
    // The cloud has taken the first one's nonce, and refuses it from whoever comes with it again.
    let lost = Fault::once(FaultKind::Disconnect { carried_out: true });
    world.cloud.script(lost.on_action("GetStackGroupOperation"));
    let used = Fault::once(FaultKind::Error {
        http_status: 400,
        code: "SignatureNonceUsed".to_owned(),
        message: "made up".to_owned(),
    });
    world
        .cloud
        .script(used.on_action("ListStackGroupOperationResults"));
    assert_eq!(collect(&world, None).row.outcome.as_str(), "complete");
    let attempts = |action: &str| {
        let sql = format!(
            "SELECT outcome, error_code FROM requests WHERE action = '{action}' ORDER BY exchange_id"
        );
        world.lines(&sql)
    };
    assert_eq!(
        attempts("GetStackGroupOperation"),
        ["unreachable,-", "ok,-"]
    );
    assert_eq!(
        attempts("ListStackGroupOperationResults"),
        ["invalid_request,SignatureNonceUsed", "ok,-"]
    );
    assert_ros(&world, OWN, |_| true);
    world.verify();
}

/// Shapes that a list of results may drift into, how the run then ends, and which statuses the rows then show.
fn shapes() -> Vec<(&'static str, Rewrite, &'static str)> {
    const STATUS: &str = r#""Status":"RUNNING""#;
    const COUNT: &str = r#""TotalCount":70"#;
    vec![
        (
            "a status that is a number",
            |body| body.replacen(STATUS, r#""Status":7"#, 1),
            "complete: 7 RUNNING",
        ),
        (
            "a status that is an object",
            |body| body.replacen(STATUS, r#""Status":{"Is":"RUNNING"}"#, 1),
            "partial: RUNNING",
        ),
        (
            "a status that is null",
            |body| body.replacen(STATUS, r#""Status":null"#, 1),
            "complete: nothing RUNNING",
        ),
        (
            "no account",
            |body| body.replacen(r#""AccountId":"#, r#""Account":"#, 1),
            "partial: RUNNING",
        ),
        (
            "a count that is text",
            |body| body.replace(COUNT, r#""TotalCount":"70""#),
            "complete: RUNNING",
        ),
        (
            "a count beyond every number",
            |body| body.replace(COUNT, r#""TotalCount":1e400"#),
            "partial: RUNNING",
        ),
        (
            "a count beyond 63 bits",
            |body| body.replace(COUNT, r#""TotalCount":9223372036854775808"#),
            "partial: RUNNING",
        ),
        (
            "a count below zero",
            |body| body.replace(COUNT, r#""TotalCount":-1"#),
            "partial: RUNNING",
        ),
        (
            "a count and a half",
            |body| body.replace(COUNT, r#""TotalCount":70.5"#),
            "partial: RUNNING",
        ),
        (
            "ten thousand levels",
            |body| {
                let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
                body.replace(COUNT, &format!(r#""Deep":{deep},{COUNT}"#))
            },
            "partial: RUNNING",
        ),
        (
            "half of a surrogate pair",
            |body| body.replacen(STATUS, r#""Status":"RUNNING","StatusReason":"\ud800""#, 1),
            "partial: RUNNING",
        ),
        (
            "a NUL in a text",
            |body| body.replacen(STATUS, r#""Status":"RUNNING","StatusReason":"a\u0000b""#, 1),
            "complete: RUNNING",
        ),
    ]
}

#[test]
fn fault_47_an_answer_of_another_shape_is_kept_and_read_without_loss_or_not_at_all() {
    let mut wrong = Vec::new();
    for (seed, (what, rewrite, expected)) in (140..).zip(shapes()) {
        let (world, wire) = recorded(seed);
        wire.rewrite_all(rewrite, "ListStackGroupOperationResults");
        let end = collect(&world, Some(&wire));
        let shown = "SELECT group_concat(DISTINCT coalesce(status, 'nothing') ORDER BY status) FROM results";
        let shown = world.lines(shown).concat().replace(',', " ");
        let became = format!("{}: {shown}", end.row.outcome);
        if became != expected {
            wrong.push(format!("{what}: {became:?}"));
        }
        assert_harmless(&world, what);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Ids that break what takes an id for harmless.
const HOSTILE_IDS: [&str; 8] = [
    "../../../../tmp/optrail-was-here",
    "/etc/passwd",
    "quo\"te and 'quote'",
    "line\nbreak",
    "=cmd|' /C calc'!A0",
    "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}",
    "\u{202e}gnp.exe\u{2066}",
    "'; DROP TABLE results; --",
];

#[test]
fn fault_48_hostile_ids_are_values_and_neither_paths_nor_formulas_nor_commands() {
    let world = World::for_program(134);
    let rows = HOSTILE_IDS.iter().map(|id| optrail::sandbox::Row {
        account_id: (*id).to_owned(),
        ..row(&world, 0)
    });
    world.add_ros(RosSpec {
        rows: Rows::Listed(rows.collect()),
        ..running(&world, 0)
    });
    world.run(&["collect"]).expect_silence();
    let recorded: BTreeSet<String> = world
        .select("SELECT target_account_id FROM results")
        .into_iter()
        .map(|row| match &row[..] {
            [Value::Text(id)] => id.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(recorded, HOSTILE_IDS.map(str::to_owned).into());
    let directory = world.home().join("out");
    let name = directory.to_str().unwrap();
    world.run(&["export", "--all", "--output", name]).expect(0);
    for entry in fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_ours = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        assert!(name.bytes().all(is_ours), "{name:?}");
    }
    assert!(!std::path::Path::new("/tmp/optrail-was-here").exists());
    let safe = world
        .run(&["export", "results", "--spreadsheet-safe"])
        .expect(0);
    assert!(safe.stdout.contains("'=cmd|"), "{}", safe.stdout);
    for arguments in [&["export", "results", "--format", "table"][..], &["status"]] {
        let shown = world.run(arguments).expect(0).stdout;
        let obeyed = |c: char| c == '\u{1b}' || c == '\u{7}' || c == '\u{202e}' || c == '\u{2066}';
        assert!(!shown.contains(obeyed), "{arguments:?}: {shown:?}");
    }
    world.verify();
}

#[test]
fn fault_48_two_rows_of_one_id_that_differ_are_not_believed() {
    let world = World::new(135);
    let other = optrail::sandbox::Row {
        history: Schedule::starting(world.cloud.now(), Some(RowState::of("FAILED"))),
        ..row(&world, 0)
    };
    world.add_ros(RosSpec {
        rows: Rows::Listed(vec![row(&world, 0), other, row(&world, 1)]),
        ..running(&world, 0)
    });
    assert_eq!(collect(&world, None).row.outcome.as_str(), "partial");
    let verdicts = "SELECT DISTINCT verdict FROM listings";
    assert_eq!(world.lines(verdicts), ["incomplete"]);
    let believed = "SELECT target_account_id FROM results";
    assert_eq!(world.lines(believed), ["1600000000000001"]);
    world.verify();
}
