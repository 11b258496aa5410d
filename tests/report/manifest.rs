//! A report beside its manifest: checked after the database has grown, elsewhere, and after somebody touched it.

use std::fs;

use serde_json::Value;

use super::bench::Bench;
use super::scene::{self, Scene};
use super::story;

/// A database that is sealed, and has recorded more since each of these reports was written.
fn reported() -> Bench {
    let bench = Bench::new();
    let mut scene = Scene::until_the_gap(&bench.database());
    scene.settle();
    bench.out(&["checkpoint"]);
    let key = bench.out(&["checkpoint", "--public-key"]);
    fs::write(bench.path("kept"), bench.out(&["checkpoint"])).unwrap();
    for (name, more) in [
        ("report.html", &[][..]),
        ("report.xlsx", &["--lang", "zh", "--service", "ros"]),
        (
            "report.json",
            &["--checkpoint", "kept", "--key", key.trim()],
        ),
        ("report.d", &["--format", "csv", "--verify", "leaves"]),
    ] {
        bench.out(&[&["report", "compliance", "--output", name], more].concat());
    }
    scene.after_the_gap();
    scene.close();
    bench.out(&["checkpoint"]);
    bench
}

const ALL: [&str; 5] = [
    "verify-export",
    "report.html",
    "report.xlsx",
    "report.json",
    "report.d",
];

fn manifest(bench: &Bench, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(bench.path(name)).unwrap()).unwrap()
}

/// What the check says that must find something.
fn differs(bench: &Bench, name: &str) -> String {
    let said = bench.run(&["verify-export", name]);
    assert_eq!((said.code, said.err.as_str()), (3, ""), "{}", said.out);
    assert!(
        said.out.starts_with(&format!("{name}: DIFFERS")),
        "{}",
        said.out
    );
    said.out
}

#[test]
fn reports_agree_after_more_was_recorded_and_beside_a_copy() {
    let bench = reported();
    let said = bench.out(&ALL);
    assert_eq!(
        said.matches(": agrees (report compliance, evidence size ")
            .count(),
        4,
        "{said}"
    );
    // Without the state directory, and the checkpoint that was handed in.
    bench.out(&["snapshot", "copy.db"]);
    fs::remove_dir_all(bench.path("state")).unwrap();
    fs::remove_file(bench.path("kept")).unwrap();
    let said = bench.out(&[&["--db", "copy.db"], &ALL[..]].concat());
    assert_eq!(said.matches(": agrees (").count(), 4, "{said}");
}

#[test]
fn a_manifest_says_what_the_report_is() {
    let bench = reported();
    let json = manifest(&bench, "report.json.manifest.json");
    let told = manifest(&bench, "report.json");
    let length = fs::metadata(bench.path("report.json")).unwrap().len();
    for (field, expected) in [
        ("/kind", "report".into()),
        ("/files/0/file", "report.json".into()),
        ("/files/0/bytes", length.into()),
        ("/report/name", "compliance".into()),
        ("/report/format", "json".into()),
        ("/report/lang", "en".into()),
        ("/report/verify", "all".into()),
        ("/report/compared_with/0/by", "others".into()),
        ("/report/compared_with/0/source", "kept".into()),
        ("/report/compared_with/1/by", "state".into()),
        ("/completeness/verdict", "incomplete".into()),
        ("/os_user", "ann".into()),
    ] {
        assert_eq!(json.pointer(field), Some(&expected), "{field}: {json}");
    }
    // The period is that of the report, though none was typed.
    let said = told.to_string();
    for field in ["since", "until"] {
        let at = json["filters"][field].as_str().unwrap();
        assert!(said.contains(at), "{field}: {at}");
    }
    let directory = manifest(&bench, "report.d/manifest.json");
    let files = directory["files"].as_array().unwrap().len();
    // The manifest and the list of digests are no files of the report.
    assert_eq!(
        fs::read_dir(bench.path("report.d")).unwrap().count(),
        files + 2
    );
    assert_eq!(directory["report"]["verify"], "leaves");
}

#[test]
fn one_changed_byte_of_file_or_manifest_is_found() {
    let bench = reported();
    let change = |name: &str, from: &str, to: &str| {
        let path = bench.path(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        text
    };
    let html = change(
        "report.html",
        "Record of operations",
        "Record of 0perations",
    );
    let said = differs(&bench, "report.html");
    assert!(
        said.contains("SHA-256") && said.contains("differs first"),
        "{said}"
    );
    fs::write(bench.path("report.html"), html).unwrap();

    let name = "report.html.manifest.json";
    for (from, to, found) in [
        ("\"lang\": \"en\"", "\"lang\": \"zh\"", "differs first"),
        ("\"lang\": \"en\"", "\"lang\": \"de\"", "knows no 'de'"),
        ("\"service\": []", "\"service\": [\"ros\"]", "differs first"),
        (
            "\"verdict\": \"incomplete\"",
            "\"verdict\": \"complete\"",
            "the manifest counts ",
        ),
    ] {
        let text = change(name, from, to);
        let said = differs(&bench, "report.html");
        assert!(said.contains("the manifest was changed"), "{from}: {said}");
        assert!(said.contains(found), "{from}: {said}");
        fs::write(bench.path(name), text).unwrap();
    }
    bench.out(&["verify-export", "report.html"]);

    let facts = change("report.d/00-facts.csv", "optrail", "0ptrail");
    let said = differs(&bench, "report.d");
    assert!(
        said.contains("00-facts.csv is not as SHA256SUMS says"),
        "{said}"
    );
    assert!(
        said.contains("00-facts.csv: line 2 differs first"),
        "{said}"
    );
    fs::write(bench.path("report.d/00-facts.csv"), facts).unwrap();
    fs::remove_file(bench.path("report.d/00-statements.csv")).unwrap();
    let said = differs(&bench, "report.d");
    assert!(
        said.contains("a file 00-statements.csv, which is not there"),
        "{said}"
    );
}

#[test]
fn a_report_of_another_program_cannot_be_checked() {
    let bench = reported();
    let path = bench.path("report.html.manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let program = concat!("\"program\": \"optrail ", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(program), "{text}");
    fs::write(&path, text.replace(program, "\"program\": \"optrail 0.0.0")).unwrap();
    // The changed text is found first, by its digest; one whose digest fits would be refused alone.
    let said = bench.run(&["verify-export", "report.html"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.err.contains("only the same program"), "{}", said.err);
}

#[test]
fn without_a_manifest_none_is_left() {
    let bench = Bench::new();
    story::record(&bench.database());
    let report = ["report", "compliance", "--output", "report.html"];
    bench.out(&report);
    assert!(bench.path("report.html.manifest.json").exists());
    bench.out(&[&report[..], &["--no-manifest"]].concat());
    assert!(!bench.path("report.html.manifest.json").exists());
    let complaint = bench.complaint(1, &["verify-export", "report.html"]);
    assert!(
        complaint.contains("only what has its manifest"),
        "{complaint}"
    );
    let csv = ["report", "compliance", "--format", "csv", "--no-manifest"];
    bench.out(&[&csv[..], &["--output", "report.d"]].concat());
    assert!(!bench.path("report.d/manifest.json").exists());
    bench.complaint(2, &["report", "compliance", "--no-manifest"]);
}

#[test]
fn a_database_that_differs_gives_a_report_that_says_so_and_still_agrees() {
    let bench = Bench::new();
    scene::record(&bench.database());
    let connection = rusqlite::Connection::open(bench.database()).unwrap();
    connection
        .execute_batch(
            "UPDATE operation_version SET phase = 'failed' WHERE op = 1 AND version = 1;",
        )
        .unwrap();
    drop(connection);
    let said = bench.run(&["report", "compliance", "--output", "report.json"]);
    assert_eq!(said.code, 3, "{}", said.err);
    let said = bench.out(&["verify-export", "report.json"]);
    assert!(said.starts_with("report.json: agrees"), "{said}");
}
