//! `export --output` and `verify-export`: a file, its manifest, and everything that can be wrong with them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::bench::Bench;
use super::story;

fn manifest(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A bench with the story told once, sealed, and its results in a file.
fn exported() -> Bench {
    let bench = Bench::with_story();
    bench.out(&["checkpoint"]);
    bench.out(&["export", "results", "--output", "results.csv"]);
    bench
}

/// What the check of the file says that must find something.
fn differs(bench: &Bench) -> String {
    let said = bench.run(&["verify-export", "results.csv"]);
    assert_eq!((said.code, said.err.as_str()), (3, ""), "{}", said.out);
    assert!(said.out.starts_with("results.csv: DIFFERS"), "{}", said.out);
    said.out
}

fn change(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_manifest_says_what_the_file_is() {
    let bench = Bench::with_story();
    bench.out(&["checkpoint"]);
    bench.out(&[
        "export",
        "results",
        "--status",
        "FAILED",
        "--since",
        "2026-01-31",
        "--endpoint",
        "http://user:pass@127.0.0.1:1",
        "--output",
        "failed.csv",
    ]);
    let text = fs::read_to_string(bench.path("failed.csv.manifest.json")).unwrap();
    assert!(!text.contains("pass"), "{text}");
    let manifest: Value = serde_json::from_str(&text).unwrap();
    let file = fs::read(bench.path("failed.csv")).unwrap();
    for (field, expected) in [
        ("/format", "optrail-export@v1".into()),
        ("/dataset", "results".into()),
        ("/file", "failed.csv".into()),
        ("/bytes", file.len().into()),
        ("/rows", 1.into()),
        ("/filters/status/0", "FAILED".into()),
        ("/filters/since", "2026-01-31T00:00:00.000Z".into()),
        ("/filters/until", Value::Null),
        ("/layout/format", "csv".into()),
        ("/last_run/run_id", 2.into()),
        ("/last_run/outcome", "complete".into()),
        ("/completeness/verdict", "complete".into()),
        ("/os_user", "ann".into()),
        ("/log", "0123456789abcdef0123456789abcdef".into()),
        ("/command/1", "export".into()),
        ("/command/8", "http://***@127.0.0.1:1".into()),
    ] {
        assert_eq!(manifest.pointer(field), Some(&expected), "{field}: {text}");
    }
    let size = manifest["evidence_size"].as_i64().unwrap();
    assert_eq!(manifest["checkpoint"]["size"], size);
    let note = manifest["checkpoint"]["note"].as_str().unwrap();
    assert!(note.contains(&format!("\n{size}\n")), "{note}");
    let json: Value = serde_json::from_str(&bench.out(&["verify", "--format", "json"])).unwrap();
    assert_eq!(manifest["evidence_root"], json["evidence_root"]);
}

#[test]
fn a_file_agrees_also_after_more_was_recorded() {
    let bench = Bench::new();
    story::record_first_run(&bench.database());
    bench.out(&["export", "results", "-o", "results.csv"]);
    bench.out(&[
        "export",
        "operation_history",
        "-o",
        "h.jsonl",
        "--format",
        "jsonl",
    ]);
    let safe = [
        "--spreadsheet-safe",
        "--bom",
        "--delimiter",
        ";",
        "--null",
        "NA",
    ];
    bench.out(&[&["export", "requests", "-o", "safe.csv"][..], &safe].concat());
    story::record_second_run(&bench.database());
    bench.out(&["checkpoint"]);
    let all = ["verify-export", "results.csv", "h.jsonl", "safe.csv"];
    let said = bench.out(&all);
    assert_eq!(said.matches(": agrees (").count(), 3, "{said}");
    assert!(said.contains("2 rows of results, evidence size "), "{said}");
    let json: Value =
        serde_json::from_str(&bench.out(&[&all[..], &["--format", "json"]].concat())).unwrap();
    assert_eq!(
        (&json["agrees"], &json["files"][1]["dataset"]),
        (&true.into(), &"operation_history".into())
    );
    // Which filters there are does not matter, nor does a database that somebody handed on.
    bench.out(&[
        "export",
        "results",
        "--until",
        "2026-01-31T08:06:00Z",
        "-o",
        "r.json",
        "--format",
        "json",
    ]);
    bench.out(&["snapshot", "copy.db"]);
    let said = bench.out(&["--db", "copy.db", "verify-export", "r.json"]);
    assert!(said.contains("r.json: agrees"), "{said}");
}

#[test]
fn one_changed_byte_is_found_and_the_line_is_told() {
    let bench = exported();
    change(&bench.path("results.csv"), "SUCCEEDED", "SUCCEEDEE");
    let said = differs(&bench);
    assert!(said.contains("SHA-256 is "), "{said}");
    assert!(
        said.contains("line 4 differs first; from the evidence: ros,"),
        "{said}"
    );
    assert!(said.contains("SUCCEEDEE"), "{said}");
    let said = bench.run(&["verify-export", "results.csv", "--format", "json"]);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &json["agrees"]), (3, &false.into()));
    assert_eq!(json["files"][0]["differences"][1]["about"], "rows");
}

#[test]
fn rows_that_were_left_out_are_found_though_the_manifest_was_made_to_fit() {
    let bench = exported();
    let path = bench.path("results.csv");
    let text = fs::read_to_string(&path).unwrap();
    let cut: Vec<&str> = text.lines().take(3).collect();
    fs::write(&path, cut.join("\n") + "\n").unwrap();
    let said = differs(&bench);
    assert!(said.contains("line 4 differs first"), "{said}");
    assert!(said.contains("in the file: (nothing)"), "{said}");
}

#[test]
fn a_changed_manifest_is_found() {
    let bench = exported();
    let path = bench.path("results.csv.manifest.json");
    let original = fs::read_to_string(&path).unwrap();
    let root = manifest(&path)["evidence_root"]
        .as_str()
        .unwrap()
        .to_owned();
    for (from, to, said_of_it) in [
        (
            "\"os_user\": \"ann\"",
            "\"os_user\": \"bob\"",
            "the manifest was changed",
        ),
        (
            "\"rows\": 2",
            "\"rows\": 3",
            "the evidence gives 2 rows, the manifest says 3",
        ),
        (
            "\"status\": []",
            "\"status\": [\"FAILED\"]",
            "line 4 differs first",
        ),
        (
            "\"coverage_gaps\": 0",
            "\"coverage_gaps\": 1",
            "the manifest counts 1 gaps",
        ),
        ("\"run_id\": 2", "\"run_id\": 1", "another last run"),
        (root.as_str(), &"0".repeat(64), "the root of the first"),
        (
            "\"dataset\": \"results\"",
            "\"dataset\": \"resluts\"",
            "is no dataset",
        ),
        (
            "\"target_account\": []",
            "\"target_account\": [\"1\"]",
            "line 2 differs first",
        ),
    ] {
        fs::write(&path, &original).unwrap();
        change(&path, from, to);
        let said = differs(&bench);
        assert!(said.contains("the manifest was changed"), "{from}: {said}");
        assert!(said.contains(said_of_it), "{from}: {said}");
    }
    // The signed note inside is checked, too.
    fs::write(&path, &original).unwrap();
    let note = manifest(&path)["checkpoint"]["note"]
        .as_str()
        .unwrap()
        .to_owned();
    let size = note.lines().nth(1).unwrap();
    change(&path, &format!("\\n{size}\\n"), "\\n7\\n");
    assert!(differs(&bench).contains("does not hold"));
}

#[test]
fn another_database_is_told_apart() {
    let bench = exported();
    let other = Bench::new();
    for name in ["results.csv", "results.csv.manifest.json"] {
        fs::copy(bench.path(name), other.path(name)).unwrap();
    }
    // The same log with less, and with another history.
    story::record_first_run(&other.database());
    assert!(differs(&other).contains("leaves of evidence, the manifest says"));
    story::record_second_run(&other.database());
    story::record_second_run(&other.database());
    assert!(differs(&other).contains("the root of the first"));
    // Another log.
    let another = Bench::new();
    for name in ["results.csv", "results.csv.manifest.json"] {
        fs::copy(bench.path(name), another.path(name)).unwrap();
    }
    another.run(&["init"]);
    assert!(differs(&another).contains("is about the log 0123456789abcdef"));
}

#[test]
fn what_cannot_be_checked_is_no_finding() {
    let bench = exported();
    let path = bench.path("results.csv.manifest.json");
    let original = fs::read_to_string(&path).unwrap();
    for (from, to, said) in [
        ("@v1", "@v2", "newer optrail"),
        (
            "\"schema_version\": ",
            "\"schema_version\": 9",
            "use that one or a newer",
        ),
        (
            "\"derive_version\": ",
            "\"derive_version\": 9",
            "use that one or a newer",
        ),
        ("{", "", "no manifest of optrail"),
    ] {
        fs::write(&path, &original).unwrap();
        change(&path, from, to);
        let complaint = bench.complaint(1, &["verify-export", "results.csv"]);
        assert!(complaint.contains(said), "{complaint}");
    }
    fs::remove_file(&path).unwrap();
    let complaint = bench.complaint(1, &["verify-export", "results.csv"]);
    assert!(
        complaint.contains("only what has its manifest"),
        "{complaint}"
    );
    bench.complaint(2, &["verify-export"]);
}

#[test]
fn a_file_without_a_manifest_leaves_none_of_an_earlier_one() {
    let bench = exported();
    bench.out(&["export", "results", "-o", "results.csv", "--no-manifest"]);
    assert!(!bench.path("results.csv.manifest.json").exists());
    // What is not ours stays.
    fs::write(bench.path("results.csv.manifest.json"), "{}").unwrap();
    bench.out(&["export", "results", "-o", "results.csv", "--no-manifest"]);
    assert!(bench.path("results.csv.manifest.json").exists());
    bench.complaint(2, &["export", "results", "--no-manifest"]);
}

#[test]
fn a_failed_export_leaves_neither() {
    let bench = Bench::with_story();
    // A directory where the manifest would be.
    fs::create_dir(bench.path("results.csv.manifest.json")).unwrap();
    bench.complaint(1, &["export", "results", "-o", "results.csv"]);
    assert!(!bench.path("results.csv").exists());
    bench.complaint(2, &["export", "watches", "--status", "x", "-o", "w.csv"]);
    assert!(!bench.path("w.csv").exists() && !bench.path("w.csv.manifest.json").exists());
}

#[test]
fn leaves_that_wait_to_be_derived_are_told_and_do_not_change_the_rows() {
    let bench = Bench::with_story();
    let before = bench.out(&["export", "requests"]);
    // A leaf that was kept by a process that died right after.
    rusqlite::Connection::open(bench.database())
        .unwrap()
        .execute(
            "INSERT INTO leaf (sequence, record, hash) SELECT max(sequence) + 1, '{}', zeroblob(32) FROM leaf",
            [],
        )
        .unwrap();
    let said = bench.run(&["export", "requests", "-o", "requests.csv"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.err
            .contains("rows are derived from the first 24 of 25 leaves"),
        "{}",
        said.err
    );
    assert_eq!(
        fs::read_to_string(bench.path("requests.csv")).unwrap(),
        before
    );
    let manifest = manifest(&bench.path("requests.csv.manifest.json"));
    assert_eq!(manifest["evidence_size"], 24);
    assert_eq!(manifest["completeness"]["leaves_not_derived"], 1);
    assert_eq!(manifest["completeness"]["verdict"], "incomplete");
    let said = bench.run(&["verify-export", "requests.csv"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

#[test]
fn a_spreadsheet_gets_no_formula() {
    let bench = Bench::with_story();
    let exact = bench.out(&["export", "results"]);
    let safe = bench.out(&["export", "results", "--spreadsheet-safe", "--bom"]);
    let lines: Vec<&str> = safe.lines().collect();
    assert!(lines[0].starts_with("\u{feff}service,") && lines[0].ends_with(",present,_escaped"));
    assert!(lines[3].ends_with(",1,"), "{safe}");
    assert!(!exact.contains("_escaped"));
    for option in ["--spreadsheet-safe", "--bom"] {
        let complaint = bench.complaint(2, &["export", "results", "--format", "json", option]);
        assert!(complaint.contains(option), "{complaint}");
    }
}

/// A part of a workbook.
fn part(workbook: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(fs::File::open(workbook).unwrap()).unwrap();
    let mut text = String::new();
    let mut file = archive.by_name(name).unwrap();
    std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    text
}

#[test]
fn a_workbook_has_the_sheet_of_its_dataset_and_ids_as_text() {
    let bench = Bench::new();
    story::record_first_run(&bench.database());
    let export = ["export", "operations", "--format", "xlsx", "-o"];
    bench.out(&[&export[..], &["x.xlsx"]].concat());
    let book = part(&bench.path("x.xlsx"), "xl/workbook.xml");
    assert!(book.contains("<sheet name=\"operations\""), "{book}");
    let sheet = part(&bench.path("x.xlsx"), "xl/worksheets/sheet1.xml");
    // The account of the story has 16 digits: one more than a spreadsheet keeps.
    let account = format!("<is><t>{}</t></is>", story::ACCOUNT);
    assert!(sheet.contains(&account), "{sheet}");
    assert!(
        !sheet.contains(&format!("<v>{}", story::ACCOUNT)),
        "{sheet}"
    );

    bench.out(&[&export[..], &["again.xlsx"]].concat());
    let (one, other) = (bench.path("x.xlsx"), bench.path("again.xlsx"));
    assert!(fs::read(&one).unwrap() == fs::read(other).unwrap());
    let piped = bench.command(&export[..4]).output().unwrap();
    assert!(piped.status.success() && piped.stdout == fs::read(&one).unwrap());

    story::record_second_run(&bench.database());
    let said = bench.out(&["verify-export", "x.xlsx"]);
    assert!(said.starts_with("x.xlsx: agrees ("), "{said}");
    let mut changed = fs::read(&one).unwrap();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    fs::write(&one, changed).unwrap();
    let said = bench.run(&["verify-export", "x.xlsx"]);
    assert_eq!(said.code, 3, "{}", said.err);
    let place = format!("the first byte that differs is number {}", last + 1);
    assert!(said.out.contains(&place), "{}", said.out);
}
