//! `export --all`: every dataset of one moment, and the check of the directory.

use std::fs;
use std::process::Command;

use optrail::cli::dataset::DATASETS;
use serde_json::Value;

use super::bench::Bench;
use super::story;

/// A sealed story, and all of it in `out`.
fn handed_over() -> Bench {
    let bench = Bench::with_story();
    bench.out(&["checkpoint"]);
    bench.out(&["export", "--all", "--output", "out"]);
    bench
}

fn names(bench: &Bench, directory: &str) -> Vec<String> {
    let entries = fs::read_dir(bench.path(directory)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn every_dataset_is_there_with_what_checks_it() {
    let bench = handed_over();
    let mut expected: Vec<String> = DATASETS
        .iter()
        .flat_map(|dataset| {
            let file = format!("{}.csv", dataset.view);
            [format!("{file}.manifest.json"), file]
        })
        .chain(
            [
                "SHA256SUMS",
                "checkpoint.txt",
                "index.json",
                "public-key.txt",
            ]
            .map(str::to_owned),
        )
        .collect();
    expected.sort();
    assert_eq!(names(&bench, "out"), expected);
    for dataset in &DATASETS {
        let file = fs::read_to_string(bench.path(&format!("out/{}.csv", dataset.view))).unwrap();
        assert_eq!(
            file,
            bench.out(&["export", dataset.view]),
            "{}",
            dataset.view
        );
    }
    let index: Value =
        serde_json::from_str(&fs::read_to_string(bench.path("out/index.json")).unwrap()).unwrap();
    assert_eq!(index["files"].as_array().unwrap().len(), DATASETS.len());
    let note = fs::read_to_string(bench.path("out/checkpoint.txt")).unwrap();
    assert_eq!(
        note.lines().nth(1).unwrap(),
        index["evidence_size"].to_string()
    );
    // What lies there is enough for `verify`.
    let key = fs::read_to_string(bench.path("out/public-key.txt")).unwrap();
    let said = bench.out(&[
        "verify",
        "--checkpoint",
        "out/checkpoint.txt",
        "--key",
        key.trim(),
    ]);
    assert!(said.starts_with("all agrees"), "{said}");
    let sums = Command::new("sha256sum")
        .args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(bench.path("out"))
        .status();
    assert!(sums.is_ok_and(|status| status.success()));
}

#[test]
fn a_directory_agrees_until_something_in_it_is_touched() {
    let bench = handed_over();
    let said = bench.out(&["verify-export", "out"]);
    assert_eq!(
        said.matches(": agrees").count(),
        DATASETS.len() + 1,
        "{said}"
    );

    let path = |name: &str| bench.path(&format!("out/{name}"));
    let finds = |what: &str| missed(&bench, what);
    fs::write(path("more.csv"), "x").unwrap();
    finds("more.csv is not in SHA256SUMS");
    fs::remove_file(path("more.csv")).unwrap();

    let results = fs::read_to_string(path("results.csv")).unwrap();
    fs::write(path("results.csv"), results.replace("FAILED", "CANCELLED")).unwrap();
    finds("results.csv is not as SHA256SUMS says");
    finds("line 2 differs first");
    fs::write(path("results.csv"), &results).unwrap();

    let index = fs::read_to_string(path("index.json")).unwrap();
    fs::write(
        path("index.json"),
        index.replace("\"rows\": 2", "\"rows\": 3"),
    )
    .unwrap();
    finds("index.json is not what the manifests say");
    fs::write(path("index.json"), &index).unwrap();

    fs::write(path("public-key.txt"), "x\n").unwrap();
    finds("public-key.txt is no key of the log");
    fs::remove_file(path("public-key.txt")).unwrap();
    finds("public-key.txt is not there");
}

#[test]
fn nothing_is_replaced_and_nothing_half_is_left() {
    let bench = handed_over();
    let complaint = bench.complaint(1, &["export", "--all", "--output", "out"]);
    assert!(complaint.contains("is not empty"), "{complaint}");
    fs::create_dir(bench.path("empty")).unwrap();
    bench.out(&["export", "--all", "--output", "empty", "--format", "jsonl"]);
    assert!(bench.path("empty/results.jsonl").exists());
    bench.complaint(1, &["export", "--all", "--output", "no/such/place"]);
    for arguments in [
        &["export", "--all"][..],
        &["export", "--all", "--output", "-"],
        &["export", "results", "--all", "--output", "x"],
        &["export", "--all", "--output", "x", "--status", "FAILED"],
        &["export", "--all", "--output", "x", "--account", "default"],
        &["export"],
    ] {
        bench.complaint(2, arguments);
    }
    let left = names(&bench, "");
    assert!(
        !left.iter().any(|name| name.contains("tmp") || name == "x"),
        "{left:?}"
    );
}

#[test]
fn every_dataset_agrees_after_more_was_recorded() {
    let bench = Bench::new();
    story::record_first_run(&bench.database());
    bench.out(&["checkpoint"]);
    for (directory, format) in [("csv", "csv"), ("xlsx", "xlsx")] {
        bench.out(&["export", "--all", "--format", format, "--output", directory]);
    }
    let before = bench.out(&["export", "operation_history"]);
    story::record_second_run(&bench.database());
    bench.out(&["checkpoint"]);
    assert_ne!(bench.out(&["export", "operation_history"]), before);
    for directory in ["csv", "xlsx"] {
        let said = bench.out(&["verify-export", directory]);
        assert_eq!(
            said.matches(": agrees").count(),
            DATASETS.len() + 1,
            "{said}"
        );
    }
}

/// The directory is told to differ, and why.
fn missed(bench: &Bench, what: &str) {
    let said = bench.run(&["verify-export", "out"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.out.contains(what), "{what}: {}", said.out);
}

#[test]
fn what_was_taken_out_of_a_directory_is_missed() {
    let bench = handed_over();
    for name in ["coverage_gaps.csv", "coverage_gaps.csv.manifest.json"] {
        fs::remove_file(bench.path(&format!("out/{name}"))).unwrap();
    }
    // Its lists are made to agree, as somebody would who hides a dataset.
    let sums = bench.path("out/SHA256SUMS");
    let kept = fs::read_to_string(&sums).unwrap();
    let kept: Vec<&str> = kept
        .lines()
        .filter(|line| !line.contains("coverage_gaps"))
        .collect();
    fs::write(&sums, kept.join("\n") + "\n").unwrap();
    missed(&bench, "coverage_gaps is not there");
}

#[test]
fn a_checkpoint_that_is_none_of_the_manifests_is_told() {
    let bench = handed_over();
    fs::write(bench.path("out/checkpoint.txt"), "garbage\n").unwrap();
    missed(&bench, "checkpoint.txt is not the checkpoint");
}

#[test]
fn a_head_that_is_signed_later_changes_no_earlier_export() {
    let bench = Bench::with_story();
    bench.out(&["export", "--all", "--output", "out"]);
    bench.out(&["checkpoint"]);
    bench.out(&["verify-export", "out"]);
}
